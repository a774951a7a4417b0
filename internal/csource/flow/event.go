package flow

import (
	"slices"

	"gordian/internal/csource/ir"
	"gordian/internal/csource/lockapi"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// seenKey tells emissions apart that several states make.
type seenKey struct {
	kind string
	line int32
	a, b string
	p    ir.PathID
}

func (r *run) once(k seenKey) bool {
	if r.seen[k] {
		return false
	}
	r.seen[k] = true
	return true
}

// slip writes down a broken rule.
func (r *run) slip(s *state, sl *Slip) {
	if !r.emit || !r.once(seenKey{kind: sl.Kind, line: sl.Line, a: sl.Lock.Class, b: sl.Lock.Expr}) {
		return
	}
	if HandedOn(&sl.Lock) && sl.Kind != string(srcfact.SlipReacquire) && sl.Kind != string(srcfact.SlipSleep) {
		sl.Conf = model.Low
	}
	if s.lost && sl.Conf == model.High {
		sl.Conf = model.Medium
		sl.Why = append(slices.Clip(sl.Why), "the path calls a function that calls back in a circle: what it does to locks is not all known")
	}
	sl.Trace = s.trace
	sl.Locks = s.held[:len(s.held):len(s.held)]
	r.sum.Slips = append(r.sum.Slips, sl)
}

// addEvent adds an event to a list of the summary, the nearest first kept.
func (r *run) addEvent(list *[]*Event, e *Event) {
	for _, x := range *list {
		if x.alike(e) {
			if x.Depth > e.Depth || x.Depth == e.Depth && len(x.When)+len(x.Dropped) > len(e.When)+len(e.Dropped) {
				*x = *e
			}
			return
		}
	}
	if len(*list) < maxEvents && (e.Lock.Path != 0 || e.Depth <= 1 || len(*list) < maxDistant) {
		*list = append(*list, e)
		return
	}
	deepest := 0
	for i, x := range *list {
		if x.Depth > (*list)[deepest].Depth {
			deepest = i
		}
	}
	if (*list)[deepest].Depth > e.Depth {
		(*list)[deepest] = e
	}
}

// alike reports whether two events are the same to a caller.
func (e *Event) alike(f *Event) bool {
	if e.Lock.Class != f.Lock.Class || e.Lock.Path != f.Lock.Path || e.Lock.Mode != f.Lock.Mode || e.Lock.Sub != f.Lock.Sub ||
		e.Try != f.Try || e.Hard != f.Hard || e.GFP != f.GFP || e.Wait != f.Wait || e.InCtx != f.InCtx || e.NotIRQ != f.NotIRQ || e.OnlyOff != f.OnlyOff || len(e.Dropped) != len(f.Dropped) || len(e.When) != len(f.When) {
		return false
	}
	for i := range e.When {
		if e.When[i] != f.When[i] {
			return false
		}
	}
	return e.BH == f.BH && e.Left == f.Left && e.Lost == f.Lost
}

func (r *run) newEvent(s *state, line int32, api string) *Event {
	asked, gfp := r.context(s)
	return &Event{Fn: r.fn, Line: line, Must: r.must[r.at], API: api, Dropped: s.freed, Hard: s.hard, BH: s.bh > 0, When: r.guards(s), InCtx: asked, GFP: gfp, Last: r.last(s) || r.dropping, Left: s.left(), Lost: s.lost}
}

func (r *run) acquireEvent(s *state, l *Lock, try bool) *Event {
	if !r.emit {
		return nil
	}
	e := r.newEvent(s, l.Line, l.API)
	e.Lock, e.Try = *l, try
	return e
}

// emitAcquire writes down what an acquisition means with what is held.
func (r *run) emitAcquire(s *state, e *Event) {
	if (e.Lock.Sleeps || e.Lock.Type.Sleeps() && e.Lock.Type != model.BitLock && e.Lock.Type != model.SRCU) && !e.Try {
		r.sleep(s, &Event{Fn: e.Fn, Line: e.Line, API: e.API, Dropped: e.Dropped, Hard: e.Hard, Left: e.Left, When: e.When, InCtx: e.InCtx, GFP: -1, Text: e.API + "()"})
	}
	r.nest(s, e, nil)
	if e.Lock.Class != "" || visible(r.fn, e.Lock.Path) {
		r.addEvent(&r.sum.Acquires, e)
	}
}

// nest compares an acquisition with every lock that is held around it.
func (r *run) nest(s *state, e *Event, dropped []ir.PathID) {
	for i := range s.held {
		h := &s.held[i]
		if h.Path != 0 && h.Path == e.Lock.Path && !e.Try && !contains(dropped, h.Path) && !s.isUnsure(h.Class) {
			r.recursion(s, h, e)
			return // what else is held around it says nothing of orders
		}
	}
	if r.inited[e.Lock.Path] {
		return // nobody else knows it yet
	}
	for i := range s.held {
		h := &s.held[i]
		if contains(dropped, h.Path) || s.isUnsure(h.Class) {
			continue
		}
		if h.Path != 0 && h.Path == e.Lock.Path && !e.Try {
			r.recursion(s, h, e)
			continue
		}
		if !e.Try && h.Class == e.Lock.Class && backPointer(r.fn, h.Path, e.Lock.Path) {
			r.recursion(s, h, e)
			continue
		}
		twins := h.Class == e.Lock.Class && h.Sub == e.Lock.Sub && !e.Lock.Nest && !e.Try
		if (h.Class == "" || e.Lock.Class == "" || twins) && r.once(seenKey{kind: "unnamed", line: e.Line, p: h.Path<<16 | e.Lock.Path}) {
			r.unnamed(Pair{From: *h, To: e, Hard: s.hard})
		}
		if h.Type == model.WWMutex && e.Lock.Type == model.WWMutex {
			continue // one of them backs off
		}
		if h.Class == "" || e.Lock.Class == "" || !r.once(seenKey{kind: "pair", line: e.Line, a: h.Class + "/" + h.Sub + string(h.Mode), b: e.Lock.Class + "/" + e.Lock.Sub + string(e.Lock.Mode), p: h.Path}) {
			continue
		}
		var gates []Lock
		for j := range s.held {
			if j != i {
				gates = append(gates, s.held[j])
			}
		}
		r.sum.Orders = append(r.sum.Orders, Pair{From: *h, To: e, Gates: gates, Trace: s.trace, Hard: s.hard})
	}
}

// maxPairs bounds the orders that callers must name.
const maxPairs = 8

// unnamed leaves the order of two locks to callers, if those can name both.
func (r *run) unnamed(p Pair) {
	if len(r.sum.Pairs) < maxPairs && p.To.Depth < maxDeep && visible(r.fn, p.From.Path) && visible(r.fn, p.To.Lock.Path) {
		r.sum.Pairs = append(r.sum.Pairs, p)
	}
}

// calleePairs states the orders of locks that the callee could not name.
func (r *run) calleePairs(g *Summary, in *ir.Instr, s *state, indirect bool) {
	for i := range g.Pairs {
		from := r.rebased(g, g.Pairs[i].From, in)
		to, _, ok := r.lift(g.Pairs[i].To, in, s, indirect)
		switch {
		case !ok || from.Path == 0 || to.Lock.Path == 0 || from.Path == to.Lock.Path:
		case from.Class == to.Lock.Class && bothWays(g.Pairs, &g.Pairs[i]):
		case from.Class == "" || to.Lock.Class == "":
			r.unnamed(Pair{From: from, To: to, Hard: s.hard})
		case r.once(seenKey{kind: "pair", line: in.Line, a: from.Class, b: to.Lock.Class, p: from.Path}):
			r.sum.Orders = append(r.sum.Orders, Pair{From: from, To: to, Gates: append([]Lock(nil), s.held...), Trace: s.trace, Hard: s.hard})
		}
	}
}

// bothWays reports whether a function takes the locks of a pair in the other
// order too: it compares the two objects, and all its callers agree.
func bothWays(pairs []Pair, p *Pair) bool {
	return slices.ContainsFunc(pairs, func(q Pair) bool { return q.From.Path == p.To.Lock.Path && q.To.Lock.Path == p.From.Path })
}

// backPointer reports whether b is the member of an object that is reached
// from a's object through another kind of object, and back: wdev->netdev->
// ieee80211_ptr is taken to be wdev. One step (dev->parent) is another object.
func backPointer(f *ir.Func, a, b ir.PathID) bool {
	if a == 0 || b == 0 || f.Paths[a].Kind != ir.FieldPath || f.Paths[b].Kind != ir.FieldPath || f.Paths[a].Name != f.Paths[b].Name {
		return false
	}
	obj := f.Paths[a].Base
	owner := f.Paths[a].Owner
	if owner == "" || f.Paths[b].Owner != owner {
		return false
	}
	other := false
	id := f.Paths[b].Base
	for n := 0; id != 0 && n < 6; n++ {
		if id == obj {
			return other
		}
		p := &f.Paths[id]
		if p.Kind != ir.FieldPath {
			return false
		}
		other = other || p.Owner != owner && p.Owner != ""
		id = p.Base
	}
	return false
}

func contains(ids []ir.PathID, id ir.PathID) bool {
	for _, x := range ids {
		if x == id && id != 0 {
			return true
		}
	}
	return false
}

// recursion is an acquisition of what is held.
func (r *run) recursion(s *state, h *Lock, e *Event) {
	if e.Lock.Sub != h.Sub || e.Lock.Nest || root(r.fn, h.Path).Kind == ir.CallPath && s.isUnsure(h.Class) {
		return
	}
	kind, conf := srcfact.SlipReacquire, model.High
	why := "both name the same object: " + r.fn.Paths[h.Path].Text
	if h.Mode.Shared() && e.Lock.Mode.Shared() {
		if h.Type != model.RWSem && h.Type != model.PercpuRWSem {
			return
		}
		conf, why = model.Medium, why+"; a reader that waits behind a writer which waits for the first reader"
	} else if h.Mode != e.Lock.Mode {
		kind = srcfact.SlipUpgrade
	}
	if e.InCtx || e.Indirect > 0 || e.Lost || s.lost || e.Via != nil && !e.Via.Must {
		conf = model.Medium
	}
	if e.Last || e.Depth > 3 && !e.Via.Must {
		conf = model.Low // who holds the lock has a reference
	}
	if h.Type == model.Semaphore {
		if h.Line == e.Line {
			return // it counts: a loop takes all of it
		}
		conf = lower(conf)
	}
	if HandedOn(h) {
		conf = lower(conf) // loops lock one page after the other under one name
	}
	if h.Path != e.Lock.Path {
		conf, why = model.Medium, r.fn.Paths[e.Lock.Path].Text+" leads back to the object of "+r.fn.Paths[h.Path].Text
	}
	if p := root(r.fn, h.Path); p.Kind == ir.CallPath || p.Kind == ir.FreshPath {
		conf = model.Medium
	}
	r.slip(s, &Slip{Kind: string(kind), Line: e.Line, Lock: *h, Event: e, Conf: conf, Why: []string{why}})
}

func (r *run) addTake(s *state, l Lock, try bool) {
	if !r.once(seenKey{kind: "take" + string(rune('0'+s.hard)), line: l.Line, a: l.Class, p: l.Path}) {
		return
	}
	r.sum.Takes = append(r.sum.Takes, Take{Lock: l, When: r.guards(s), Hard: s.hard, BH: s.bh > 0 || s.soft, Try: try, Quiet: s.quiet > 0})
}

func (r *run) site(g *Summary, in *ir.Instr, s *state, indirect bool) {
	why, _ := r.atomic(s, nil, AsEntry, false)
	k := seenKey{kind: "site", line: in.Line, a: g.Fn.Name, b: string(rune('0' + s.hard)), p: ir.PathID(len(s.held))}
	if s.bh > 0 || s.soft {
		k.b += "b"
	}
	if !r.once(k) {
		return
	}
	r.sum.Calls = append(r.sum.Calls, Site{Callee: g.Fn, Line: in.Line, Hard: s.hard, BH: s.bh > 0 || s.soft, Atomic: why != "", Quiet: s.quiet > 0,
		Held: s.held[:len(s.held):len(s.held)], Indirect: indirect})
}

// atomic says why this state must not sleep, "" if it may. Locks that the
// sleeper dropped do not count, nor sections that it left.
func (r *run) atomic(s *state, dropped []ir.PathID, hard Hard, left bool) (string, *Lock) {
	for i := range s.held {
		h := &s.held[i]
		if spins(h.Type) && !h.Sleeps && !contains(dropped, h.Path) && !s.isUnsure(h.Class) {
			return string(h.Type) + " " + h.Expr + " is held", h
		}
	}
	if len(dropped) > 0 || hard == On || hard == Restored || left {
		return "", nil
	}
	switch {
	case s.hard == Off:
		return "interrupts are off", nil
	case s.bh > 0:
		return "softirqs are off", nil
	case s.preempt > 0:
		return "preemption is off", nil
	case s.rcu > 0:
		return "inside an RCU read-side critical section", nil
	}
	return "", nil
}

// sleep is something that may sleep, here or in a callee.
func (r *run) sleep(s *state, e *Event) {
	if !r.emit {
		return
	}
	if e.GFP < 0 && !e.InCtx {
		r.sleepSlip(s, e, nil)
	}
	r.addEvent(&r.sum.Sleeps, e)
}

func (r *run) sleepSlip(s *state, e *Event, dropped []ir.PathID) {
	why, l := r.atomic(s, dropped, e.Hard0(), e.Via != nil && e.Left)
	if why == "" || e.NotIRQ && (s.bh > 0 || e.BH) || e.OnlyOff && s.hard != Off {
		return
	}
	sl := &Slip{Kind: string(srcfact.SlipSleep), Line: e.Line, Event: e, Atomic: why, Conf: model.High}
	if l != nil {
		sl.Lock = *l
	}
	if e.Indirect > 0 {
		sl.Conf = model.Medium
	}
	if e.Depth > 3 || e.Depth > 1 && !e.Via.Must || e.NotIRQ || e.Last || e.Lost || s.lost {
		sl.Conf = model.Medium
	}
	r.slip(s, sl)
}

// Hard0 is the interrupt state that a callee left its caller's in; for an
// event of the function itself the state tells.
func (e *Event) Hard0() Hard {
	if e.Via == nil {
		return AsEntry
	}
	return e.Hard
}

// apiSleep is a call that may sleep by the table.
func (r *run) apiSleep(e *lockapi.Effect, name string, in *ir.Instr, s *state) {
	if !r.emit {
		return
	}
	ev := r.newEvent(s, in.Line, name)
	ev.Text = name + "()"
	if r.unless(e, s) || !r.asked(e, in, s, ev) {
		return
	}
	ev.NotIRQ, ev.OnlyOff = e.Unless == unlessIRQ, e.Unless == unlessOn
	if e.GFP >= 0 {
		blocks, param := r.gfp(s, in, e.GFP)
		if !blocks && param < 0 {
			return
		}
		ev.GFP = param
		ev.Text = name + "(" + gfpText(in, e.GFP) + ")"
	}
	r.sleep(s, ev)
}

// unlessIRQ marks what does not sleep in interrupts and with softirqs off.
const unlessIRQ = "in_interrupt"

// unlessOn marks what is wrong only with interrupts off.
const unlessOn = "irqs_enabled"

// unless reports whether something is so that an effect does not happen.
func (r *run) unless(e *lockapi.Effect, s *state) bool {
	switch e.Unless {
	case "", unlessIRQ, unlessOn:
		return false
	case "pagefault_disable":
		return s.nofault > 0
	}
	return r.res.Marked(r.fn, e.Unless)
}

// asked reports whether the argument that decides about an effect asks for
// it. If that is a parameter, callers decide; what is not known says nothing.
func (r *run) asked(e *lockapi.Effect, in *ir.Instr, s *state, ev *Event) bool {
	if e.If < 0 || e.If >= len(in.Call.Args) {
		return true
	}
	a := in.Call.Args[e.If]
	switch v := r.value(s, a); {
	case v.bits&ir.Zero == 0:
		return true
	case v.bits == ir.Zero || r.vals.eq(v) == "0" || r.vals.eq(v) == "false":
		return false
	}
	if a.Path == 0 || a.Kind != ir.PathVal || r.fn.Paths[a.Path].Kind != ir.ParamPath {
		return false
	}
	g := Guard{Param: r.fn.Paths[a.Path].Index, Bits: ir.Neg | ir.Pos}
	if !slices.ContainsFunc(ev.When, func(o Guard) bool { return o.Param == g.Param }) {
		ev.When = append(ev.When[:len(ev.When):len(ev.When)], g)
	}
	return true
}

func gfpText(in *ir.Instr, arg int) string {
	if arg < len(in.Call.Args) && in.Call.Args[arg].Text != "" {
		return in.Call.Args[arg].Text
	}
	return "gfp"
}

// gfp decides whether an argument with GFP flags allows to sleep, or which
// parameter does.
func (r *run) gfp(s *state, in *ir.Instr, arg int) (blocks bool, param int32) {
	if arg >= len(in.Call.Args) {
		return in.Call.Name != "" && r.tab.Call(in.Call.Name) != nil, -1 // it has no such argument: GFP_KERNEL is meant
	}
	a := in.Call.Args[arg]
	if a.Path != 0 {
		if p := &r.fn.Paths[a.Path]; p.Kind == ir.ParamPath {
			if v := r.value(s, a); r.vals.eq(v) == "" {
				return false, p.Index
			}
		}
	}
	text := a.Text
	if a.Atom != 0 && a.Kind != ir.AtomVal {
		v := r.value(s, a)
		text = r.vals.eq(v)
	}
	known, blocks := r.tab.GFP(text)
	return known && blocks, -1
}

// wait is a call that waits for a callback, a thread or a grace period.
func (r *run) wait(e *lockapi.Effect, name string, in *ir.Instr, s *state) {
	if !r.emit {
		return
	}
	ev := r.newEvent(s, in.Line, name)
	ev.Lock = r.lockOf(e, in, name)
	if !r.asked(e, in, s, ev) {
		return
	}
	ev.Wait, ev.Spin, ev.Timeout, ev.Text = e.Target, e.Spin, e.Timeout, name+"()"
	ev.InCtx = false
	r.waited(s, ev, nil)
	r.addEvent(&r.sum.Waits, ev)
	if !e.Spin {
		sl := *ev
		sl.Lock, sl.Wait, sl.GFP = Lock{}, "", -1
		r.sleep(s, &sl)
	}
}

func (r *run) waited(s *state, e *Event, dropped []ir.PathID) {
	if s.rcu > 0 && e.Wait == lockapi.TargetRCU {
		r.slip(s, &Slip{Kind: string(srcfact.SlipWait), Line: e.Line, Event: e, Conf: model.High, Atomic: "inside an RCU read-side critical section",
			Why: []string{"the grace period cannot end before this reader does"}})
	}
	for i := range s.held {
		h := &s.held[i]
		if contains(dropped, h.Path) || s.isUnsure(h.Class) {
			continue
		}
		if r.once(seenKey{kind: "wait", line: e.Line, a: h.Class, b: e.Lock.Class + e.API, p: h.Path}) {
			r.sum.Waited = append(r.sum.Waited, Pair{From: *h, To: e, Trace: s.trace, Hard: s.hard})
		}
	}
}

// complete lets a waiter go on; what was taken before matters to it.
func (r *run) complete(e *lockapi.Effect, name string, in *ir.Instr, s *state) {
	if !r.emit {
		return
	}
	ev := r.newEvent(s, in.Line, name)
	ev.Lock = r.lockOf(e, in, name)
	ev.Past = append(append([]Lock(nil), s.past...), s.held...)
	r.addEvent(&r.sum.Completes, ev)
}

// free is the end of an object's memory, or of a lock.
func (r *run) free(e *lockapi.Effect, name string, in *ir.Instr, s *state) {
	l := r.lockOf(e, in, name)
	if l.Path == 0 {
		return
	}
	for i := range s.held {
		h := &s.held[i]
		if h.Path == 0 || h.Entry || !within(r.fn, h.Path, l.Path) {
			continue
		}
		r.slip(s, &Slip{Kind: string(srcfact.SlipFreeHeld), Line: in.Line, Lock: *h, Conf: model.Medium,
			Why: []string{name + "() frees what the lock lies in"}})
	}
}

// within reports whether an object lies inside another by value.
func within(f *ir.Func, id, outer ir.PathID) bool {
	if id == outer {
		return true
	}
	p := &f.Paths[id]
	return p.Kind == ir.FieldPath && p.Base == outer && p.Type != nil && p.Type.Kind != 3
}

// callback is a call through a parameter: the caller may know what it is.
func (r *run) callback(in *ir.Instr, s *state) {
	if !r.emit || in.Call.Through == 0 {
		return
	}
	if p := &r.fn.Paths[in.Call.Through]; p.Kind == ir.ParamPath {
		ev := r.newEvent(s, in.Line, p.Name)
		ev.Lock.Path, ev.Lock.Fn = in.Call.Through, r.fn
		ev.Past = append([]Lock(nil), s.held...)
		for _, a := range in.Call.Args {
			ev.Args = append(ev.Args, ir.Val{Kind: a.Kind, Path: a.Path, Num: a.Num, Text: a.Text})
		}
		r.addEvent(&r.sum.Callbacks, ev)
	}
}

// passedArgs expresses a callee's arguments in terms of this function.
func (r *run) passedArgs(g *Summary, e *Event, in *ir.Instr) []ir.Val {
	out := make([]ir.Val, len(e.Args))
	for i, a := range e.Args {
		switch id := r.book.rebase(g.Fn, a.Path, in.Call.Args, 0); {
		case id != 0:
			out[i] = ir.Val{Kind: a.Kind, Path: id}
		case a.Kind == ir.NumberVal || a.Kind == ir.SymbolVal:
			out[i] = a
		}
	}
	return out
}
