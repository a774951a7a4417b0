package flow

import (
	"slices"
	"strings"

	"gordian/internal/csource/ir"
	"gordian/internal/csource/lockapi"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// instr runs one instruction; a call whose outcome decides about a lock gives
// several states.
func (r *run) instr(in *ir.Instr, s *state) []*state {
	r.steps++
	if in.Call == nil {
		r.assign(in, s)
		return []*state{s}
	}
	c := in.Call
	r.kept = 0
	switch c.Name {
	case "pagefault_disable", "kmap_atomic":
		s.nofault++
	case "pagefault_enable", "kunmap_atomic":
		s.nofault--
	}
	switch {
	case c.Undo && c.Macro == "__free":
		return []*state{s}
	case c.Undo:
		r.undo(r.tab.Guard(c.Name), in, s)
		return []*state{s}
	case c.Guard:
		return r.effects(r.tab.Guard(c.Name), in, s)
	case c.Name != "":
		if api := r.tab.Call(c.Name); api != nil && !r.res.Own(r.fn, c.Name) {
			return r.effects(api, in, s)
		}
	}
	return r.callFunc(in, s)
}

// calls follows a call that runs callbacks: one that is passed, or those that
// were registered before.
func (r *run) calls(e *lockapi.Effect, name string, in *ir.Instr, s *state) {
	if !r.emit {
		return
	}
	var sums []*Summary
	if a := e.Callback; a >= 0 && a < len(in.Call.Args) && in.Call.Args[a].Kind == ir.FuncVal {
		if g := r.res.Func(r.fn, in.Call.Args[a].Text); g != nil {
			sums = append(sums, g)
		}
	} else if e.Arg >= 0 && e.Arg < len(in.Call.Args) {
		sums = r.res.Invokes(e.Target, r.lockOf(e, in, name).Class)
	}
	via := *in
	via.Call = &ir.Call{Name: name}
	if e.Arg2 >= 0 && e.Arg2 < len(in.Call.Args) {
		via.Call.Args = in.Call.Args[e.Arg2 : e.Arg2+1]
	}
	t := s
	if e.Context == model.Hardirq || e.IRQsOff {
		t = s.clone() // it runs with interrupts off
		t.hard = Off
	}
	for _, g := range sums {
		r.site(g, &via, t, true)
		r.calleeEvents(g, &via, t, true)
	}
}

// effects applies what the table says of a call.
func (r *run) effects(api *lockapi.API, in *ir.Instr, s *state) []*state {
	states := []*state{s}
	r.result(in, s)
	for i := range api.Effects {
		var next []*state
		for _, t := range states {
			next = append(next, r.effect(&api.Effects[i], api.Name, in, t)...)
		}
		states = next
	}
	return states
}

// result forgets what was known of a variable that takes a call's result. The
// same call in two conditions is taken to have the same outcome.
func (r *run) result(in *ir.Instr, s *state) {
	if in.Dst != 0 || in.Atom != 0 && r.fn.Atoms[in.Atom].Call == "" {
		r.set(s, in.Atom, val{bits: ir.Any})
	}
	for i := range in.Call.Args {
		a := &in.Call.Args[i]
		if a.Kind == ir.AddrVal && a.Atom != 0 && r.fn.Atoms[a.Atom].Param < 0 {
			r.set(s, a.Atom, val{bits: ir.Any})
			r.forget(s, r.fn.Atoms[a.Atom].Text, a.Atom)
		}
	}
}

func (r *run) effect(e *lockapi.Effect, name string, in *ir.Instr, s *state) []*state {
	r.quiesce(name, s)
	if e.Type == model.Semaphore && r.notMutex(e, name, in, s) {
		return []*state{s}
	}
	switch e.Kind {
	case lockapi.Acquire:
		return r.tryAcquire(e, name, in, s)
	case lockapi.Release:
		r.release(s, r.lockOf(e, in, name))
	case lockapi.Downgrade:
		r.downgrade(s, r.lockOf(e, in, name))
	case lockapi.AssertHeld:
		r.assertHeld(s, r.lockOf(e, in, name))
	case lockapi.Sleep, lockapi.MightSleep:
		r.apiSleep(e, name, in, s)
	case lockapi.Wait:
		r.wait(e, name, in, s)
	case lockapi.Calls:
		r.calls(e, name, in, s)
	case lockapi.Complete:
		r.complete(e, name, in, s)
	case lockapi.Init:
		if l := r.lockOf(e, in, name); l.Path != 0 {
			r.inited[l.Path] = true
		}
	case lockapi.Free, lockapi.Destroy:
		r.free(e, name, in, s)
	case lockapi.Alloc:
		r.set(s, in.Atom, val{bits: ir.Pos | ir.Zero | ir.Neg})
	case lockapi.NoReturn:
		r.drop(s)
		return nil
	default:
		r.switches(e, name, in, s)
	}
	return []*state{s}
}

// notMutex handles a semaphore that starts with another count than 1: nobody
// owns it. One that starts at 0 is waited for and posted. It reports whether
// it was one of these.
func (r *run) notMutex(e *lockapi.Effect, name string, in *ir.Instr, s *state) bool {
	if e.Kind != lockapi.Acquire && e.Kind != lockapi.Release {
		return false
	}
	l := r.lockOf(e, in, name)
	if l.Class == "" {
		return false
	}
	signal := r.res.Marked(r.fn, ir.Signal+l.Class)
	if !signal && !r.res.Marked(r.fn, ir.Counting+l.Class) {
		return false
	}
	x := *e
	x.Target, x.If, x.GFP = lockapi.TargetCompletion, -1, -1
	switch {
	case e.Kind == lockapi.Release && signal:
		r.complete(&x, name, in, s)
	case e.Kind == lockapi.Acquire && e.Try:
	case e.Kind == lockapi.Acquire && signal:
		r.wait(&x, name, in, s)
	case e.Kind == lockapi.Acquire:
		r.apiSleep(&x, name, in, s)
	}
	return true
}

// quiesce follows the code that keeps an interrupt handler from running, so
// that its lock may be taken with interrupts on.
func (r *run) quiesce(name string, s *state) {
	switch name {
	case "disable_irq", "disable_irq_nosync", "disable_irq_lockdep", "disable_irq_nosync_lockdep", "free_irq", "devm_free_irq":
		s.quiet++
	case "enable_irq", "enable_irq_lockdep", "request_irq", "request_threaded_irq", "devm_request_irq", "devm_request_threaded_irq":
		s.quiet--
	}
}

// switches are the effects on interrupts, softirqs and preemption.
func (r *run) switches(e *lockapi.Effect, name string, in *ir.Instr, s *state) {
	var flags ir.AtomID
	if e.Flags >= 0 && e.Flags < len(in.Call.Args) {
		flags = in.Call.Args[e.Flags].Atom
	} else if e.Arg >= 0 && e.Arg < len(in.Call.Args) {
		flags = in.Call.Args[e.Arg].Atom
	}
	switch e.Kind {
	case lockapi.IRQOff:
		r.irqOff(s, 0, in.Line, name)
	case lockapi.IRQOn:
		r.irqOn(s, in.Line, name, nil)
	case lockapi.IRQSave:
		r.irqOff(s, flags, in.Line, name)
	case lockapi.IRQRestore:
		r.irqRestore(s, flags, in.Line, name)
	case lockapi.BHOff:
		s.bh++
	case lockapi.BHOn:
		s.bh--
	case lockapi.PreemptOff, lockapi.NoSleep:
		s.preempt++
	case lockapi.PreemptOn:
		s.preempt--
	default:
		return
	}
	s.note(string(srcfact.StepIRQ), in.Line, name+"()", nil)
}

// tryAcquire takes a lock, or fails to.
func (r *run) tryAcquire(e *lockapi.Effect, name string, in *ir.Instr, s *state) []*state {
	l := r.lockOf(e, in, name)
	if e.On == lockapi.Always {
		r.acquire(s, l, e.Try)
		return []*state{s}
	}
	r.dropping = e.Callback >= 0
	defer func() { r.dropping = false }()
	win, lose := outcome(e.On, e.Try)
	if in.Atom == 0 || r.slot[in.Atom] < 0 {
		r.acquire(s, l, e.Try) // nobody looks: taken as if it worked
		r.handOver(e, l, in, s)
		return []*state{s}
	}
	known := r.value(s, ir.Val{Atom: in.Atom}).bits
	if in.Dst == 0 && r.fn.Atoms[in.Atom].Call != "" {
		known = ir.Any // each try has its own outcome
	}
	var out []*state
	if known&lose != 0 {
		f := r.fork(s)
		r.set(f, in.Atom, val{bits: lose})
		out = append(out, f)
	}
	if known&win != 0 {
		r.set(s, in.Atom, val{bits: win})
		r.acquire(s, l, e.Try)
		r.handOver(e, l, in, s)
		out = append(out, s)
	}
	return out
}

// handOver is a callback that is called with the lock that its caller has just
// taken: kref_put_lock(). It may release it. Nobody knows of one that is not seen.
func (r *run) handOver(e *lockapi.Effect, l Lock, in *ir.Instr, s *state) {
	if e.Callback < 0 || e.Callback >= len(in.Call.Args) {
		return
	}
	g := r.res.Func(r.fn, in.Call.Args[e.Callback].Text)
	frees := func(x Exit) bool {
		return slices.ContainsFunc(x.Freed, func(f Lock) bool { return f.Type == l.Type && (f.Class == l.Class || f.Class == "" || l.Class == "") })
	}
	if g != nil && !g.Pending && !slices.ContainsFunc(g.Exits, frees) {
		return
	}
	if i := r.match(s, &l); i >= 0 {
		s.held = append(append([]Lock(nil), s.held[:i]...), s.held[i+1:]...)
	}
	if g == nil || g.Pending || slices.ContainsFunc(g.Exits, func(x Exit) bool { return !frees(x) }) {
		s.makeUnsure(l.Class)
	}
}

func outcome(o lockapi.Outcome, try bool) (win, lose ir.Bits) {
	switch o {
	case lockapi.IfZero:
		if !try {
			return ir.Zero, ir.Neg // -EINTR
		}
		return ir.Zero, ir.Neg | ir.Pos
	case lockapi.IfNonNull:
		return ir.Pos, ir.Zero
	}
	return ir.Neg | ir.Pos, ir.Zero
}

// undo is a guard's destructor.
func (r *run) undo(api *lockapi.API, in *ir.Instr, s *state) {
	if api == nil {
		return
	}
	for i := len(api.Effects) - 1; i >= 0; i-- {
		e := &api.Effects[i]
		switch e.Kind {
		case lockapi.Acquire:
			l := r.lockOf(e, in, api.Name)
			if e.On != lockapi.Always && l.Type != model.RCU && r.match(s, &l) < 0 {
				continue // it had failed
			}
			if n := len(s.regions); e.IRQ == lockapi.IRQFlags && n > 0 {
				l.Flags = s.regions[n-1].flags
			}
			l.Line = 0
			r.release(s, l)
		case lockapi.IRQOff:
			r.irqOn(s, in.Line, api.Name, nil)
		case lockapi.IRQSave:
			r.irqRestore(s, 0, in.Line, api.Name)
		case lockapi.BHOff:
			s.bh--
		case lockapi.PreemptOff:
			s.preempt--
		}
	}
}

// callFunc is a call of a function whose body is known, or of one that is not.
func (r *run) callFunc(in *ir.Instr, s *state) []*state {
	if in.Call.Name == "" {
		r.callback(in, s)
	}
	sums, indirect := r.res.Callees(r.fn, in.Call)
	if len(sums) == 0 {
		s.hidden = s.hidden || locks(in.Call.Name)
		r.result(in, s)
		return []*state{s}
	}
	for _, g := range sums {
		s.hidden, s.lost = s.hidden || g.Pending, s.lost || g.Pending
	}
	if r.emit {
		for _, g := range sums {
			if !g.Boring {
				r.site(g, in, s, indirect)
				r.calleeEvents(g, in, s, indirect)
			}
		}
	}
	if len(sums) > 1 {
		r.result(in, s)
		return []*state{s}
	}
	return r.apply(sums[0], in, s)
}

// locks reports whether the name of a function that nobody knows says that it
// returns with a lock.
func locks(name string) bool {
	return strings.Contains(name, "lock") && !strings.Contains(name, "unlock") && !strings.Contains(name, "block") && !strings.Contains(name, "clock")
}

func (e *Exit) effect() bool {
	return e.Hidden || len(e.Held)+len(e.Freed)+len(e.Unsure) > 0 || e.Hard != AsEntry || e.Quiet != 0 || e.BH != 0 || e.Preempt != 0 || e.RCU != 0
}

// apply gives the states after a call, one for each way out of the callee
// that the arguments allow.
func (r *run) apply(g *Summary, in *ir.Instr, s *state) []*state {
	if g.NoReturn {
		return nil
	}
	var ways []*Exit
	effects := false
	for i := range g.Exits {
		e := &g.Exits[i]
		if r.possible(e.When, in, s) {
			ways = append(ways, e)
			effects = effects || e.effect()
		}
	}
	if len(ways) == 0 || !effects {
		r.plainResult(g, ways, in, s)
		return []*state{s}
	}
	if len(ways) > 1 && r.ambiguous(g, ways, in, s) {
		for _, e := range ways {
			r.unsureOf(g, e, in, s)
		}
		r.least(g, ways, in, s)
		r.plainResult(g, ways, in, s)
		return []*state{s}
	}
	var out []*state
	for _, e := range ways {
		t := s
		if len(ways) > 1 {
			t = r.fork(s)
		}
		old := before(g, t)
		r.result(in, t)
		r.written(g, []*Exit{e}, in, t, old)
		r.leaveBy(g, e, in, t)
		out = append(out, t)
	}
	if len(ways) > 1 {
		r.drop(s)
	}
	return out
}

// plainResult is the result of a call that does nothing to locks.
func (r *run) plainResult(g *Summary, ways []*Exit, in *ir.Instr, s *state) {
	old := before(g, s)
	r.result(in, s)
	r.written(g, ways, in, s, old)
	if len(ways) == 0 || in.Dst == 0 && r.fn.Atoms[in.Atom].Call != "" {
		return
	}
	v := val{eqs: r.vals.only(ways[0].Eq)}
	for _, e := range ways {
		v.bits |= e.Ret
		v.eqs = r.vals.union(v.eqs, r.vals.only(e.Eq))
	}
	if v.bits != 0 {
		r.set(s, in.Atom, v)
	}
}

// ambiguous reports whether the caller cannot tell from the result which way
// the callee went.
func (r *run) ambiguous(g *Summary, ways []*Exit, in *ir.Instr, s *state) bool {
	if len(ways) > 6 {
		return true
	}
	deaf := in.Atom == 0 || r.slot[in.Atom] < 0 // nobody looks at the result
	for i, a := range ways {
		for _, b := range ways[i+1:] {
			if (deaf || a.Ret&b.Ret != 0) && (deaf || a.Eq == "" || b.Eq == "" || a.Eq == b.Eq) && !r.outsDiffer(g, a, b, in, s) {
				return true
			}
		}
	}
	return false
}

// outsDiffer reports whether two ways leave different values in a variable of
// the caller that it follows.
func (r *run) outsDiffer(g *Summary, a, b *Exit, in *ir.Instr, s *state) bool {
	for _, p := range g.Writes {
		if at := r.outAtom(Guard{Param: p}, in); at != 0 {
			old := s.vals[r.slot[at]]
			if v, w := r.left(a, p, old), r.left(b, p, old); v.bits&w.bits == 0 {
				return true
			}
		}
	}
	return false
}

// before keeps what was known before a call, if the callee may leave it so.
func before(g *Summary, s *state) []val {
	if len(g.Writes) == 0 {
		return nil
	}
	return slices.Clone(s.vals)
}

// written sets the caller's variables, which the call may have changed, to what
// the callee is known to have left there on these ways: old is what they were.
func (r *run) written(g *Summary, ways []*Exit, in *ir.Instr, s *state, old []val) {
	for _, p := range g.Writes {
		a := r.outAtom(Guard{Param: p}, in)
		if a == 0 || len(ways) == 0 {
			continue
		}
		v := r.left(ways[0], p, old[r.slot[a]])
		for _, e := range ways[1:] {
			w := r.left(e, p, old[r.slot[a]])
			v = val{bits: v.bits | w.bits, eqs: r.vals.union(v.eqs, w.eqs)}
		}
		r.set(s, a, v)
	}
}

// left is what a way out of a callee leaves where a parameter points to.
func (r *run) left(e *Exit, param int32, old val) val {
	for _, o := range e.Outs {
		if o.Param == param {
			return val{bits: o.Bits, eqs: r.vals.only(o.Eq)}
		}
	}
	return old
}

// outAtom is the caller's variable that a callee wrote through a pointer.
func (r *run) outAtom(g Guard, in *ir.Instr) ir.AtomID {
	if int(g.Param) >= len(in.Call.Args) {
		return 0
	}
	switch a := in.Call.Args[g.Param]; {
	case a.Kind == ir.AddrVal && a.Atom != 0 && r.slot[a.Atom] >= 0:
		return a.Atom
	case a.Kind == ir.PathVal && a.Path != 0 && r.fn.Paths[a.Path].Kind == ir.ParamPath:
		for _, o := range r.outs {
			if o.param == r.fn.Paths[a.Path].Index {
				return o.atom
			}
		}
	}
	return 0
}

// least applies what all ways out of a callee allow: interrupts, softirqs or
// preemption that it turns on. What it may have turned off is not counted on.
func (r *run) least(g *Summary, ways []*Exit, in *ir.Instr, s *state) {
	x := *ways[0]
	for _, e := range ways[1:] {
		x.BH, x.Preempt, x.RCU = min(x.BH, e.BH), min(x.Preempt, e.Preempt), min(x.RCU, e.RCU)
		if e.Hard != x.Hard {
			x.Hard = Restored
		}
	}
	if s.hard == Off && (x.Hard == On || x.Hard == Restored) {
		r.hardAfter(x.Hard, in, s)
	}
	s.bh += min(x.BH, 0)
	s.opened(g, x.BH)
	s.preempt += min(x.Preempt, 0)
	s.rcu += min(x.RCU, 0)
}

// opened notes that softirqs may still be off after a callee that seems to turn
// them on, though its name does not say that it does.
func (s *state) opened(g *Summary, bh int8) {
	if bh < 0 && !closes(g.Fn.Name) {
		s.soft = true
	}
}

// unsureOf stops following the locks that an exit may or may not change.
func (r *run) unsureOf(g *Summary, e *Exit, in *ir.Instr, s *state) {
	drop := func(l Lock) {
		l = r.rebased(g, l, in)
		s.makeUnsure(l.Class)
		if i := r.match(s, &l); i >= 0 {
			s.held = append(append([]Lock(nil), s.held[:i]...), s.held[i+1:]...)
		}
	}
	for _, l := range e.Held {
		drop(l)
	}
	for _, l := range e.Freed {
		drop(l)
	}
	for _, c := range e.Unsure {
		s.makeUnsure(c)
	}
	s.hidden = s.hidden || e.Hidden
}

// leaveBy applies one exit of a callee.
func (r *run) leaveBy(g *Summary, e *Exit, in *ir.Instr, s *state) {
	for _, l := range e.Freed {
		l = r.rebased(g, l, in)
		l.IRQ = lockapi.NoIRQ
		r.release(s, l)
	}
	if r.book.from, r.book.to = e.Obj, in.Obj; e.Obj != 0 && in.Obj != 0 && r.fn.Paths[in.Obj].Kind == ir.LocalPath {
		r.detach(s, in.Obj) // from here it is the new object
		r.kept = in.Obj
	}
	defer func() { r.book.from, r.book.to = 0, 0 }()
	for _, l := range e.Held {
		n := r.rebased(g, l, in)
		if e.Self != 0 && l.Path == e.Self {
			r.nameResult(&n, in, s)
		}
		n.IRQ = lockapi.NoIRQ
		s.note(string(srcfact.StepAcquire), in.Line, "", &n)
		if i := findFreed(s, &n); i >= 0 && s.freed[i].Mode == n.Mode {
			s.freed = append(append([]Lock(nil), s.freed[:i]...), s.freed[i+1:]...)
			continue
		}
		r.takesIt(s, &n)
		if detached(s.held, &n) < 2 {
			s.held = append(s.held[:len(s.held):len(s.held)], n)
		}
	}
	for _, c := range e.Unsure {
		s.makeUnsure(c)
	}
	s.hidden = s.hidden || e.Hidden
	r.hardAfter(e.Hard, in, s)
	s.bh += e.BH
	s.opened(g, e.BH)
	// A callee that seems to return inside such a section has more often left
	// it where that was not seen.
	s.preempt += min(e.Preempt, 0)
	s.rcu += min(e.RCU, 0)
	s.quiet += e.Quiet
	r.assumeGuards(e.When, in, s)
	r.set(s, in.Atom, val{bits: e.Ret, eqs: r.vals.only(e.Eq)})
}

// nameResult gives a lock that a call returned the name that the code after the
// call has for it.
func (r *run) nameResult(l *Lock, in *ir.Instr, s *state) {
	to := in.Obj
	if in.Dst != 0 && (to == 0 || r.fn.Paths[in.Dst].Kind != ir.LocalPath) {
		to = in.Dst
	}
	if to == 0 {
		return
	}
	if r.fn.Paths[to].Kind == ir.LocalPath {
		r.detach(s, to)
		r.kept = to
	}
	l.Path = to
}

func findFreed(s *state, l *Lock) int {
	for i := range s.freed {
		if same(&s.freed[i], l) {
			return i
		}
	}
	return -1
}

// foreign marks a region whose saved state another function keeps.
const foreign ir.AtomID = -1

func (r *run) hardAfter(h Hard, in *ir.Instr, s *state) {
	n := len(s.regions)
	switch h {
	case Off:
		if n < 8 {
			s.regions = append(s.regions[:n:n], region{flags: foreign, prev: s.hard, line: in.Line, api: in.Call.Name})
		}
		s.hard = Off
	case On:
		if n > 0 {
			s.regions = append([]region(nil), s.regions[:n-1]...)
		}
		s.hard = On
	case Restored:
		r.irqRestore(s, foreign, in.Line, in.Call.Name)
	}
}

// possible reports whether the arguments of a call allow what a callee does
// under a condition.
func (r *run) possible(when []Guard, in *ir.Instr, s *state) bool {
	for _, g := range when {
		if int(g.Param) >= len(in.Call.Args) {
			continue
		}
		if g.Mask != "" {
			if r.maskValue(s, in.Call.Args[g.Param], g.Mask)&g.Bits == 0 {
				return false
			}
			continue
		}
		v := r.value(s, in.Call.Args[g.Param])
		if v.bits&g.Bits == 0 || g.Eq != "" && !slices.ContainsFunc(OneOf(g.Eq), func(c string) bool { return r.vals.may(v, c) }) || g.Ne != "" && r.vals.eq(v) == g.Ne {
			return false
		}
	}
	return true
}

// maskValue is what is known of some bits of an argument: a constant has those
// that it names, and not others of their family.
func (r *run) maskValue(s *state, v ir.Val, name string) ir.Bits {
	if name == target && v.Kind == ir.AddrVal {
		if v.Atom != 0 && r.slot[v.Atom] >= 0 {
			return s.vals[r.slot[v.Atom]].bits
		}
		return ir.Any
	}
	switch v.Kind {
	case ir.NumberVal:
		if v.Num == 0 {
			return ir.Zero
		}
	case ir.SymbolVal:
		switch {
		case hasWord(v.Text, name):
			return ir.Neg | ir.Pos
		case kin(v.Text, name):
			return ir.Zero
		}
	case ir.PathVal:
		if p := &r.fn.Paths[v.Path]; p.Kind == ir.ParamPath {
			for a, m := range r.masks {
				if m.name == name && m.param == p.Index && r.slot[a] >= 0 {
					return s.vals[r.slot[a]].bits
				}
			}
		}
	}
	return ir.Any
}

// kin reports whether all names of a constant begin as a flag's does, up to
// its last word: then each is a flag too.
func kin(text, flag string) bool {
	i := strings.LastIndexByte(flag, '_')
	if i <= 0 {
		return false
	}
	for _, w := range strings.Split(text, "|") {
		if !strings.HasPrefix(strings.Trim(w, " ()"), flag[:i+1]) {
			return false
		}
	}
	return true
}

// assumeGuards takes over what a callee's exit says of its arguments.
func (r *run) assumeGuards(when []Guard, in *ir.Instr, s *state) {
	for _, g := range when {
		if int(g.Param) >= len(in.Call.Args) {
			continue
		}
		a := in.Call.Args[g.Param]
		if g.Mask != "" || a.Kind != ir.PathVal || a.Atom == 0 || r.slot[a.Atom] < 0 {
			continue
		}
		v := &s.vals[r.slot[a.Atom]]
		if v.bits &= g.Bits; v.bits == 0 {
			v.bits = g.Bits
		}
		if g.Eq != "" && v.eqs == anyOf {
			v.eqs = r.vals.these(g.Eq)
		}
	}
}

// lifted turns a callee's conditions on its parameters into conditions on the
// caller's, where it passes them on.
func (r *run) lifted(when []Guard, in *ir.Instr, own []Guard) []Guard {
	out := own
	for _, g := range when {
		if int(g.Param) >= len(in.Call.Args) {
			continue
		}
		a := in.Call.Args[g.Param]
		if a.Kind != ir.PathVal && a.Kind != ir.SignVal || a.Path == 0 {
			continue
		}
		p := &r.fn.Paths[a.Path]
		if p.Kind != ir.ParamPath {
			continue
		}
		n := Guard{Param: p.Index, Mask: g.Mask, Bits: g.Bits, Eq: g.Eq, Ne: g.Ne}
		if a.Kind == ir.SignVal {
			var ok bool
			if n, ok = signGuard(p.Index, a, g); !ok {
				continue
			}
		}
		if i := slices.IndexFunc(out, func(o Guard) bool { return o.Param == n.Param && o.Mask == n.Mask }); i >= 0 {
			out = slices.Clone(out)
			if out[i].Bits &= n.Bits; out[i].Eq == "" {
				out[i].Eq = n.Eq
			}
			if out[i].Ne == "" {
				out[i].Ne = n.Ne
			}
		} else if len(out) < 4 {
			out = append(out[:len(out):len(out)], n)
		}
	}
	return out
}

// signGuard turns a callee's condition on the outcome of a comparison into one
// on the parameter that is compared.
func signGuard(param int32, a ir.Val, g Guard) (Guard, bool) {
	if g.Mask != "" || g.Eq != "" || g.Bits != ir.Zero && g.Bits&ir.Zero != 0 {
		return Guard{}, false
	}
	n := Guard{Param: param, Bits: ir.Bits(a.Num)}
	if g.Bits == ir.Zero {
		n.Bits = ir.Any &^ n.Bits
	}
	if a.Text != "" {
		n = Guard{Param: param, Bits: ir.Any, Eq: a.Text}
		if (a.Num == 1) == (g.Bits == ir.Zero) {
			n.Eq, n.Ne = "", a.Text
		}
	}
	return n, true
}

// rebased expresses a callee's lock in terms of the caller.
func (r *run) rebased(g *Summary, l Lock, in *ir.Instr) Lock {
	via := l.Via
	line := l.Line
	l.Path = r.named(r.book.rebase(l.Fn, l.Path, in.Call.Args, 0))
	ev := &Event{Fn: l.Fn, Line: line, API: l.API, Via: via}
	if l.Path != 0 {
		if c := classOf(r.fn, l.Path); c != "" {
			l.Class, l.Decl = c, r.fn.Paths[l.Path].Decl
		}
		l.Expr = r.fn.Paths[l.Path].Text
	}
	l.Fn, l.Line, l.Via = r.fn, in.Line, ev
	l.Flags = 0
	return l
}
