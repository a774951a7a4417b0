package flow

import (
	"slices"

	"gordian/internal/csource/ir"
	"gordian/internal/csource/lockapi"
	"gordian/internal/srcfact"
)

// effect reports whether a way out changes anything for the caller.
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
