package check

import (
	"cmp"
	"slices"
	"strings"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// classPair names the ends of an edge of the order graph.
type classPair struct{ from, to model.Ref }

// useKey names a usage state of a class.
type useKey struct {
	class   model.Ref
	context model.Context
	enabled bool
	shared  bool
}

// SourceFacts states the facts of source in the words of the engine: one
// Before edge for each pair of classes, modes and gates, on the best evidence
// that there is, and the irq usage states. Orders that can support no finding
// (fresh objects, init code) are left out.
func SourceFacts(s *srcfact.Facts) *model.Facts {
	v := &srcView{s: s}
	v.indexOrders()
	v.indexUses()
	return v.engineFacts(model.Low)
}

// engineFacts is SourceFacts restricted to orders that are at least that sure.
func (v *srcView) engineFacts(least model.Confidence) *model.Facts {
	f := &model.Facts{}
	for _, c := range v.s.Classes {
		f.Locks = append(f.Locks, model.Lock{Ref: c.Ref, Class: c.Ref, Type: c.Type})
	}
	for _, k := range sortedPairs(v.byPair) {
		seen := map[orderVariant]bool{}
		for _, o := range v.byPair[k] {
			if x := variantOf(o); grade(o).Rank() >= least.Rank() && !seen[x] {
				seen[x] = true
				f.Edges = append(f.Edges, orderEdge(o))
			}
		}
	}
	for i := range v.s.Uses {
		f.Uses = append(f.Uses, contextUse(&v.s.Uses[i]))
	}
	return f
}

// orderVariant tells apart orders of one pair of classes that the engine treats
// differently.
type orderVariant struct {
	from, to model.Mode
	gates    string
}

func variantOf(o *srcfact.Order) orderVariant {
	if len(o.Gates) == 0 {
		return orderVariant{from: o.From.Mode, to: o.To.Mode}
	}
	return orderVariant{o.From.Mode, o.To.Mode, strings.Join(sortedCopy(refNames(o.Gates)), "\x00")}
}

// node is the class of a lock as the order graph knows it: a nesting subclass
// is a class of its own, as for lockdep.
func node(l *srcfact.Lock) model.Ref {
	sub := l.Subclass
	class := model.Ref(strings.TrimSuffix(string(l.Class), "/"+sub))
	switch sub {
	case "", "0":
		return class
	case "SINGLE_DEPTH_NESTING":
		sub = "1"
	}
	return class + model.Ref("/"+sub)
}

// indexOrders sorts the usable orders under their classes, the best evidence
// first.
func (v *srcView) indexOrders() {
	v.byPair = map[classPair][]*srcfact.Order{}
	for i := range v.s.Orders {
		o := &v.s.Orders[i]
		if !usable(o) {
			continue
		}
		k := classPair{node(&o.From), node(&o.To)}
		v.byPair[k] = append(v.byPair[k], o)
	}
	for _, list := range v.byPair {
		slices.SortStableFunc(list, compareOrders)
	}
}

func sortedPairs(m map[classPair][]*srcfact.Order) []classPair {
	out := make([]classPair, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b classPair) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	return out
}

// usable reports whether an order may support a finding. A trylock cannot
// wait; nobody else can hold the lock of an object that was just allocated,
// nor any lock while init code runs alone; a nest lock vouches for its order.
func usable(o *srcfact.Order) bool {
	switch o.Relation {
	case srcfact.RelFreshObj, srcfact.RelSingle:
		return false
	}
	return !o.Try && len(o.Path) > 0 && o.To.Subclass != "nest"
}

// cost is how much there is to doubt about an order, 0 for the best.
func cost(o *srcfact.Order) int {
	n := o.Depth + 4*o.Indirect
	switch o.Relation {
	case srcfact.RelSame:
	case srcfact.RelLinked, srcfact.RelGlobal:
		n += 2
	default:
		n += 8
	}
	return n
}

func compareOrders(a, b *srcfact.Order) int {
	return cmp.Or(cmp.Compare(grade(b).Rank(), grade(a).Rank()), cmp.Compare(cost(a), cost(b)),
		cmp.Compare(len(a.Gates), len(b.Gates)), compareSteps(a.Path, b.Path))
}

// compareSteps orders paths: short ones first, then by place.
func compareSteps(a, b []srcfact.Step) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), slices.CompareFunc(a, b, func(x, y srcfact.Step) int {
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Func, y.Func))
	}))
}

// grade says how sure a deadlock is that an order takes part in.
func grade(o *srcfact.Order) model.Confidence {
	known := o.Relation == srcfact.RelSame || o.Relation == srcfact.RelGlobal
	switch {
	case known && o.Indirect == 0 && o.Depth <= 3:
		return model.High
	case (known || o.Relation == srcfact.RelLinked) && o.Indirect <= 1:
		return model.Medium
	}
	return model.Low
}

// orderEdge states an order as an edge. An order that is not sure counts as
// inferred, so that the engine prefers those that are.
func orderEdge(o *srcfact.Order) model.Edge {
	first, last := heldAt(o), o.Path[len(o.Path)-1]
	e := model.Edge{Kind: model.Before, From: node(&o.From), To: node(&o.To), FromMode: o.From.Mode, Mode: o.To.Mode,
		Gate: o.Gates, Func: last.Func, Stack: stackTo(o.Path), FromStack: stackTo(o.Path[:first+1])}
	for _, st := range []srcfact.Step{o.Path[first], last} {
		e.Why = append(e.Why, model.Provenance{Locator: placeText(st), Excerpt: stepNote(&st), Derived: grade(o) == model.Low})
	}
	return e
}

// heldAt returns the step of an order's path that takes From: the last
// acquisition of it before the one of To.
func heldAt(o *srcfact.Order) int { return acquiredAt(o.Path[:len(o.Path)-1], &o.From) }

// acquiredAt returns the last step that takes the lock, or 0.
func acquiredAt(path []srcfact.Step, l *srcfact.Lock) int {
	for i := len(path) - 1; i >= 0; i-- {
		if s := &path[i]; s.Kind == srcfact.StepAcquire && s.Lock != nil && node(s.Lock) == node(l) {
			return i
		}
	}
	return 0
}

func contextUse(u *srcfact.Use) model.ContextUse {
	c := model.ContextUse{Class: node(&u.Lock), Context: u.Context, Enabled: u.Enabled, Mode: u.Lock.Mode, Stack: stackTo(u.Path)}
	why := model.Provenance{Derived: u.Sure == model.Low}
	if n := len(u.Path); n > 0 {
		why.Locator, why.Excerpt = placeText(u.Path[n-1]), stepNote(&u.Path[n-1])
	}
	c.Why = []model.Provenance{why}
	return c
}

// indexUses sorts the uses of each class and state, the surest and most
// direct first.
func (v *srcView) indexUses() {
	v.uses = map[useKey][]*srcfact.Use{}
	for i := range v.s.Uses {
		u := &v.s.Uses[i]
		if len(u.Path) == 0 {
			continue
		}
		k := useKey{node(&u.Lock), u.Context, u.Enabled, u.Lock.Mode.Shared()}
		v.uses[k] = append(v.uses[k], u)
	}
	for _, list := range v.uses {
		slices.SortStableFunc(list, func(a, b *srcfact.Use) int {
			return cmp.Or(cmp.Compare(b.Sure.Rank(), a.Sure.Rank()), compareSteps(a.Path, b.Path))
		})
	}
}

// stackTo is the call stack at the end of a path, innermost first: the calls
// that have not returned by then.
func stackTo(path []srcfact.Step) []model.Frame {
	var out []model.Frame
	for i := range path {
		s := &path[i]
		fr := model.Frame{Func: s.Func, File: s.File, Line: s.Line}
		if at := slices.IndexFunc(out, func(f model.Frame) bool { return f.Func == s.Func }); at >= 0 {
			out = append(out[:at], fr) // same function, further on; what it called has returned
			continue
		}
		out = append(out, fr)
	}
	slices.Reverse(out)
	return out
}
