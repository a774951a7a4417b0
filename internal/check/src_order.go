package check

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"gordian/internal/engine"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// maxCycle is the longest cycle that is reported when the least sure of its
// orders is that sure: each doubtful edge more makes it less likely.
func maxCycle(least model.Confidence) int {
	switch least {
	case model.High:
		return 8
	case model.Medium:
		return 3
	}
	return 2
}

// orders reports the cycles of the order graph. Sure orders alone are searched
// first, so that no doubtful edge takes the place of a sure one in a cycle, or
// uses up the engine's budget.
func (v *srcView) orders() []model.Finding {
	var out []model.Finding
	var seen [][]model.Ref // classes of the cycles reported
	for _, least := range []model.Confidence{model.High, model.Medium, model.Low} {
		for _, c := range engine.NewOrderGraph(v.engineFacts(least)).Cycles() {
			// A cycle that has a smaller one in it goes away with that, most
			// often; if it does not, it shows up then.
			if len(c.Classes) > maxCycle(least) || slices.ContainsFunc(seen, func(s []model.Ref) bool { return within(s, c.Classes) }) {
				continue
			}
			seen = append(seen, c.Classes)
			if cycle := v.evidence(c.Edges); cycle != nil {
				out = append(out, v.inversion(cycle))
			}
		}
	}
	return out
}

// within reports whether all of a are in b.
func within(a, b []model.Ref) bool {
	return !slices.ContainsFunc(a, func(r model.Ref) bool { return !slices.Contains(b, r) })
}

// evidence chooses for each edge of a cycle the best order that keeps the
// cycle one on which all tasks can wait at once.
func (v *srcView) evidence(edges []model.Edge) []*srcfact.Order {
	cycle := make([]*srcfact.Order, len(edges))
	for i, e := range edges {
		cycle[i] = v.orderOf(e)
		if cycle[i] == nil {
			return nil
		}
	}
	for i, e := range edges {
		for _, o := range v.byPair[classPair{e.From, e.To}] {
			old := cycle[i]
			if cost(o) >= cost(old) {
				continue
			}
			if cycle[i] = o; possible(cycle) {
				break
			}
			cycle[i] = old
		}
	}
	return cycle
}

// orderOf returns the order that an edge was made of.
func (v *srcView) orderOf(e model.Edge) *srcfact.Order {
	for _, o := range v.byPair[classPair{e.From, e.To}] {
		if o.From.Mode == e.FromMode && o.To.Mode == e.Mode && setEqual(o.Gates, e) {
			return o
		}
	}
	return nil
}

// setEqual compares the gates of an order with those of its edge, which the
// engine has sorted and freed of the edge's ends.
func setEqual(gates []model.Ref, e model.Edge) bool {
	var left []model.Ref
	for _, g := range gates {
		if g != e.From && g != e.To {
			left = append(left, g)
		}
	}
	slices.Sort(left)
	return slices.Equal(slices.Compact(left), e.Gate)
}

// possible reports whether all tasks of a cycle can wait at once: no two under
// a common gate, none under a gate that another holds, no recursive reader
// behind a reader.
func possible(cycle []*srcfact.Order) bool {
	for i, a := range cycle {
		next := cycle[(i+1)%len(cycle)]
		if a.To.Mode == model.RecursiveRead && next.From.Mode.Shared() {
			return false
		}
		for j, b := range cycle {
			if i == j {
				continue
			}
			for _, g := range a.Gates {
				if g != node(&b.To) && (slices.Contains(b.Gates, g) || (g == node(&b.From) && !b.From.Mode.Shared() && g != node(&a.From) && g != node(&a.To))) {
					return false
				}
			}
		}
	}
	return true
}

// inversion reports a cycle of orders.
func (v *srcView) inversion(cycle []*srcfact.Order) model.Finding {
	cycle = distinctNames(cycle)
	odd := v.oddOne(cycle)
	rule := "lock-order-inversion"
	if len(cycle) == 1 {
		rule = "recursive-lock"
	}
	f := v.finding(rule, model.CouldDeadlock, afterAcquire(odd.Path, &odd.From))
	var names []string
	for i, o := range cycle {
		from := lockNode(&o.From)
		names = append(names, from)
		f.Locks = append(f.Locks, model.LockInfo{Name: from, Type: o.From.Type})
		f.Path = append(f.Path, model.PathStep{Kind: model.Before, From: from, To: lockNode(&o.To), Mode: o.To.Mode,
			At: whereText(o.Path[len(o.Path)-1]), Why: v.whys(o.Path[heldAt(o):])})
		v.addPath(&f, pathTitle(i, o), o.Path)
	}
	f.Confidence, f.Reasons = v.cycleConfidence(cycle)
	f.Fingerprint = model.Fingerprint(rule, sortedCopy(names)...)
	if len(cycle) == 1 {
		nestedText(&f, odd)
	} else {
		cycleText(&f, cycle, names)
		v.otherPlaces(&f, odd)
		orderAdvice(&f, cycle, odd)
		f.Fix = append(v.swapFixes(append([]*srcfact.Order{odd}, cycle...)), f.Fix...)
	}
	return f
}

// distinctNames calls locks by their class, which has the file in it, where
// two classes of a cycle have one name: static locks of two files.
func distinctNames(cycle []*srcfact.Order) []*srcfact.Order {
	class := map[string]model.Ref{}
	clash := false
	for _, o := range cycle {
		old, ok := class[lockNode(&o.From)]
		clash = clash || ok && old != node(&o.From)
		class[lockNode(&o.From)] = node(&o.From)
	}
	if !clash {
		return cycle
	}
	out := make([]*srcfact.Order, len(cycle))
	for i, o := range cycle {
		c := *o
		c.From.Name, c.To.Name = fileName(&o.From), fileName(&o.To)
		out[i] = &c
	}
	return out
}

// fileName names a lock with the file of its class: "lock (rx.c)".
func fileName(l *srcfact.Lock) string {
	class, _, _ := strings.Cut(l.Class.Name(), "@")
	if file, short, ok := strings.Cut(class, ":"); ok {
		return short + " (" + path.Base(file) + ")"
	}
	_, dir, _ := strings.Cut(l.Class.Name(), "@")
	return lockNode(l) + pick(dir == "", "", " ("+dir+")")
}

// oddOne returns the order that is most likely the wrong one: the one that
// the fewest functions make, and of these the one that a person sees at a
// glance.
func (v *srcView) oddOne(cycle []*srcfact.Order) *srcfact.Order {
	return slices.MinFunc(cycle, func(a, b *srcfact.Order) int {
		return cmp.Or(cmp.Compare(max(len(v.makers(a)), 1), max(len(v.makers(b)), 1)), cmp.Compare(a.Depth+4*a.Indirect, b.Depth+4*b.Indirect),
			cmp.Compare(cost(a), cost(b)), compareSteps(a.Path, b.Path))
	})
}

// maker is the function in which the holder of From goes on to To.
func maker(o *srcfact.Order) string { return afterAcquire(o.Path, &o.From).Func }

// makers are the functions that take the locks of an order in that order.
func (v *srcView) makers(o *srcfact.Order) []string {
	var out []string
	for _, x := range v.byPair[classPair{node(&o.From), node(&o.To)}] {
		if grade(x) != model.Low {
			out = append(out, maker(x))
		}
	}
	return uniq(out)
}

// maxOthers bounds the further functions that a cycle names.
const maxOthers = 8

// otherPlaces adds the other functions that make the odd order.
func (v *srcView) otherPlaces(f *model.Finding, odd *srcfact.Order) {
	seen := map[string]bool{maker(odd): true}
	for _, o := range v.byPair[classPair{node(&odd.From), node(&odd.To)}] {
		fn := maker(o)
		if seen[fn] || grade(o) == model.Low || len(seen) > maxOthers {
			continue
		}
		seen[fn] = true
		v.addPath(f, "also in this order: "+fn+"() holds "+lockNode(&o.From)+" and takes "+lockNode(&o.To),
			[]srcfact.Step{o.Path[heldAt(o)], afterAcquire(o.Path, &o.From)})
	}
}

// lockNode names a lock with its subclass, as a node of the order graph.
func lockNode(l *srcfact.Lock) string {
	name := strings.TrimSuffix(lockName(l), "/"+l.Subclass)
	switch l.Subclass {
	case "", "0":
		return name
	case "SINGLE_DEPTH_NESTING":
		return name + "/1"
	}
	return name + "/" + l.Subclass
}

func pathTitle(cpu int, o *srcfact.Order) string {
	first := afterAcquire(o.Path, &o.From)
	return cpuName(cpu) + ": " + first.Func + "() holds " + lockNode(&o.From) + " and takes " + lockNode(&o.To)
}
