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
