package check

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"gordian/internal/engine"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// irqUses reports locks that an interrupt takes and that are held elsewhere
// with that interrupt enabled: for one class by function, since each function
// has to be changed; through the order graph by conflict.
func (v *srcView) irqUses() []model.Finding {
	var out []model.Finding
	hard := map[string]bool{} // class and function of what hardirqs already show
	g := engine.NewOrderGraph(v.engineFacts(model.Medium))
	for _, c := range g.IRQConflicts() {
		switch {
		case len(c.Path) == 0:
			for _, f := range v.inconsistentUses(c) {
				// Who keeps hardirqs out keeps softirqs out as well.
				k := string(c.Safe) + " " + f.Function
				if c.Context == model.Hardirq {
					hard[k] = hard[k] || f.Confidence != model.Low
				} else if hard[k] {
					continue
				}
				out = append(out, f)
			}
		case !c.Implied:
			if f, ok := v.irqThroughGraph(c); ok {
				out = append(out, f)
			}
		}
	}
	return out
}

// usesOf returns the uses of a class in one state, the surest first.
func (v *srcView) usesOf(class model.Ref, context model.Context, enabled bool) []*srcfact.Use {
	var out []*srcfact.Use
	for _, shared := range []bool{false, true} {
		out = append(out, v.uses[useKey{class, context, enabled, shared}]...)
	}
	slices.SortStableFunc(out, func(a, b *srcfact.Use) int {
		return cmp.Or(cmp.Compare(b.Sure.Rank(), a.Sure.Rank()), compareSteps(a.Path, b.Path))
	})
	return out
}

// inconsistentUses makes one finding for each function that holds the lock
// with the interrupt enabled.
func (v *srcView) inconsistentUses(c engine.IRQConflict) []model.Finding {
	in := v.usesOf(c.Safe, c.Context, false)
	byFunc := map[string][]*srcfact.Use{}
	for _, u := range v.usesOf(c.Safe, c.Context, true) {
		fn := u.Path[len(u.Path)-1].Func
		byFunc[fn] = append(byFunc[fn], u)
	}
	var out []model.Finding
	for _, fn := range slices.Sorted(maps.Keys(byFunc)) {
		for _, u := range byFunc[fn] {
			h := interrupter(in, u)
			if h == nil {
				continue
			}
			f := v.inconsistentUse(h, u)
			if len(byFunc) >= manyHolders {
				f.Confidence = lowered(f.Confidence)
				f.Reasons = append(f.Reasons, itoa(len(byFunc))+" functions hold it with "+string(c.Context)+"s enabled: if they are right, the way into the "+string(c.Context)+" does not exist")
			}
			out = append(out, f)
		}
	}
	return out
}

// interrupter returns the use in the interrupt that the holder keeps waiting:
// one of the same driver if there is, then the surest. A reader in the
// interrupt does not wait for a reader.
func interrupter(in []*srcfact.Use, holder *srcfact.Use) *srcfact.Use {
	var best *srcfact.Use
	most := -1
	for _, h := range in {
		if h.Lock.Mode.Shared() && holder.Lock.Mode.Shared() {
			continue
		}
		if n := shared(h.Path, holder.Path); n > most {
			best, most = h, n
		}
	}
	return best
}

func (v *srcView) inconsistentUse(h, u *srcfact.Use) model.Finding {
	irq, name := string(h.Context), lockNode(&h.Lock)
	last, inIRQ := u.Path[len(u.Path)-1], h.Path[len(h.Path)-1]
	f := v.finding("irq-unsafe-lock", model.CouldDeadlock, last)
	f.Locks = lockInfos(&h.Lock)
	f.Confidence = lower(h.Sure, u.Sure)
	f.Reasons = uniq(append(slices.Clone(h.Reasons), u.Reasons...))
	if !shareFile(h.Path, u.Path) && (v.public(h.Lock.Class) || v.decls[h.Lock.Class] == "") {
		f.Confidence = lowered(f.Confidence)
		f.Reasons = append(f.Reasons, "the handler and the holder are in different files, and may be of different drivers")
	}
	if strings.Contains(h.Lock.Name, ".") && apart(h, u) {
		f.Confidence = lowered(f.Confidence)
		f.Reasons = append(f.Reasons, "the handler and the holder are of different drivers, which may never share one such lock")
	}
	f.Path = []model.PathStep{{Kind: model.Before, From: name, To: name, Mode: h.Lock.Mode, At: whereText(inIRQ),
		Why: append(v.whys(u.Path), v.whys(h.Path)...)}}
	v.addPath(&f, "CPU0: "+last.Func+"() holds "+name+" with "+irq+"s enabled", u.Path)
	v.addPath(&f, irq+" on CPU0: takes "+name, h.Path)
	f.Fingerprint = model.Fingerprint(f.Rule, irq, string(node(&h.Lock)), last.Func)
	f.Title = name + " is held with " + irq + "s enabled" + inFn(last.Func) + ", and taken in a " + irq + inFn(inIRQ.Func)
	f.Explanation = sentences(
		last.Func+"() takes "+name+" ("+baseName(last)+") while "+irq+"s are enabled"+from(u.Path)+". "+inIRQ.Func+"() takes it in "+irq+" context ("+baseName(inIRQ)+")"+from(h.Path)+".",
		"If the "+irq+" arrives on the CPU that holds the lock, the handler waits for a holder that cannot go on before the handler returns.")
	f.Interleaving = []model.Moment{
		{Actor: "CPU0", Does: lockCall(&u.Lock), Note: "gets " + name + inFn(last.Func) + ", " + irq + "s stay enabled"},
		{Actor: irq + " on CPU0", Does: "interrupts the holder", Note: "the lock stays held"},
		{Actor: irq + " on CPU0", Does: lockCall(&h.Lock), Note: "waits for ever" + inFn(inIRQ.Func) + ": the holder runs again only when the " + irq + " has ended"}}
	f.Fix = slices.DeleteFunc(f.Fix, func(x model.Fix) bool { return strings.HasPrefix(x.Title, "For two locks") })
	f.Fix = append(v.irqFixes(h, &u.Lock, last), f.Fix...)
	return f
}

// apart reports whether two drivers, none of which is the lock's own code, come
// to a lock through a library: each has its own object.
func apart(h, u *srcfact.Use) bool {
	return h.Driver != u.Driver && h.Driver != "" && u.Driver != "" && h.Driver != h.Home && u.Driver != u.Home
}

// from says where a path into another function starts.
func from(path []srcfact.Step) string {
	if first, last := path[0].Func, path[len(path)-1].Func; first != last {
		return ", called from " + first + "()"
	}
	return ""
}

// bestOf returns the best order with the ends and modes of an edge. Gates do
// not matter to an interrupt: it does not wait for them.
func (v *srcView) bestOf(e model.Edge) *srcfact.Order {
	var best *srcfact.Order
	for _, o := range v.byPair[classPair{e.From, e.To}] {
		if o.From.Mode == e.FromMode && o.To.Mode == e.Mode && (best == nil || cost(o) < cost(best)) {
			best = o
		}
	}
	return best
}

// irqThroughGraph reports a class that an interrupt takes and under which
// another is taken that is held elsewhere with the interrupt enabled.
func (v *srcView) irqThroughGraph(c engine.IRQConflict) (model.Finding, bool) {
	safe, unsafe := v.usesOf(c.Safe, c.Context, false), v.usesOf(c.Unsafe, c.Context, true)
	var orders []*srcfact.Order
	for _, e := range c.Path {
		o := v.bestOf(e)
		if o == nil {
			return model.Finding{}, false
		}
		orders = append(orders, o)
	}
	if len(safe) == 0 || len(unsafe) == 0 {
		return model.Finding{}, false
	}
	h, u, irq := safe[0], unsafe[0], string(c.Context)
	last := u.Path[len(u.Path)-1]
	f := v.finding("irq-unsafe-lock", model.CouldDeadlock, last)
	f.Confidence = lower(lower(h.Sure, u.Sure), model.Medium)
	f.Reasons = uniq(append(slices.Clone(h.Reasons), u.Reasons...))
	inner, outer := lockNode(&u.Lock), lockNode(&h.Lock)
	v.addPath(&f, "CPU0: "+last.Func+"() holds "+inner+" with "+irq+"s enabled", u.Path)
	for _, o := range orders {
		f.Confidence = lower(f.Confidence, grade(o))
		f.Reasons = append(f.Reasons, orderReason(o))
		f.Locks = append(f.Locks, model.LockInfo{Name: lockNode(&o.From), Type: o.From.Type})
		f.Path = append(f.Path, model.PathStep{Kind: model.Before, From: lockNode(&o.From), To: lockNode(&o.To), Mode: o.To.Mode,
			At: whereText(o.Path[len(o.Path)-1]), Why: v.whys(o.Path[heldAt(o):])})
		v.addPath(&f, pathTitle(1, o), o.Path)
	}
	f.Locks = append(f.Locks, model.LockInfo{Name: inner, Type: u.Lock.Type})
	v.addPath(&f, irq+" on CPU0: takes "+outer, h.Path)
	f.Fingerprint = model.Fingerprint(f.Rule, irq, string(c.Safe), string(c.Unsafe))
	f.Title = irq + "-safe " + outer + " leads to " + irq + "-unsafe " + inner + inFn(last.Func)
	f.Explanation = sentences(
		outer+" is taken in "+irq+" context"+inFn(h.Path[len(h.Path)-1].Func)+". "+inner+" is held with "+irq+"s enabled"+inFn(last.Func)+".",
		inner+" is also taken while "+outer+" is held"+inFn(orders[len(orders)-1].Path[len(orders[len(orders)-1].Path)-1].Func)+".",
		"CPU0 holds "+inner+" with "+irq+"s enabled; CPU1 holds "+outer+" and waits for "+inner+"; the "+irq+" on CPU0 asks for "+outer+": CPU0 waits for CPU1 and CPU1 for CPU0.")
	f.Interleaving = []model.Moment{
		{Actor: "CPU0", Does: lockCall(&u.Lock), Note: "gets " + inner + inFn(last.Func) + ", " + irq + "s stay enabled"},
		{Actor: "CPU1", Does: lockCall(&orders[0].From), Note: "gets " + outer},
		{Actor: "CPU1", Does: lockCall(&orders[len(orders)-1].To), Note: "waits for CPU0"},
		{Actor: irq + " on CPU0", Does: lockCall(&h.Lock), Note: "waits for CPU1: neither can go on"}}
	return f, true
}
