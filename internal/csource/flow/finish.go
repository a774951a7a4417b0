package flow

import (
	"slices"
	"strings"

	"gordian/internal/csource/ctype"
	"gordian/internal/csource/ir"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// exitState is one way out of the function.
type exitState struct {
	s    *state
	ret  val
	text string
	line int32
	obj  ir.PathID // what is returned
}

// leave is a return.
func (r *run) leave(s *state, b *ir.Block) {
	v := val{bits: ir.Any}
	if b.Ret.Kind != ir.UnknownVal || b.Ret.Atom != 0 {
		v = r.value(s, b.Ret)
	}
	if r.fn.Void {
		v = val{}
	}
	if (locksIn(r.fn, s.held, b.Ret.Path) || r.returnsLock(s, b.Ret.Path)) && v.bits&ir.Pos != 0 {
		v.bits = ir.Pos // its lock was taken, so it exists
	}
	if len(s.unsure) > 0 {
		unsure := func(l Lock) bool { return s.isUnsure(l.Class) }
		s.held, s.past, s.freed = drop(s.held, unsure), drop(s.past, unsure), drop(s.freed, unsure)
	}
	r.retPath(b)
	if n := len(s.regions); n > 0 && s.hard == Off {
		r.irqLeft(s, b)
	}
	text := b.Ret.Text
	if text == "" && b.Ret.Kind == ir.NumberVal {
		text = "0"
	}
	r.exits = append(r.exits, exitState{s: s, ret: v, text: text, line: b.Line, obj: b.Ret.Path})
}

// drop copies a list without some of its locks: others share it.
func drop(ls []Lock, which func(Lock) bool) []Lock {
	if !slices.ContainsFunc(ls, which) {
		return ls
	}
	return slices.DeleteFunc(slices.Clone(ls), which)
}

// locksIn reports whether one of the locks lies in an object that callers
// cannot name but by the result.
func locksIn(f *ir.Func, held []Lock, obj ir.PathID) bool {
	if obj == 0 {
		return false
	}
	switch f.Paths[obj].Kind {
	case ir.LocalPath, ir.FreshPath, ir.CallPath:
	default:
		return false
	}
	return slices.ContainsFunc(held, func(l Lock) bool { return l.Path != 0 && l.Path != obj && rootID(f, l.Path) == obj })
}

// returnsLock reports whether what is returned is a lock that is held.
func (r *run) returnsLock(s *state, obj ir.PathID) bool {
	return obj != 0 && r.fn.Pointer && r.heldPath(s, obj) >= 0
}

// retPath keeps the object that every return gives.
func (r *run) retPath(b *ir.Block) {
	p := b.Ret.Path
	if p == 0 || !visible(r.fn, p) || r.sum.Ret != 0 && r.sum.Ret != p {
		r.sum.Ret = -1
		return
	}
	r.sum.Ret = p
}

// leavesOff reports whether a function's name says that it returns with
// interrupts off.
func leavesOff(name string) bool {
	return strings.Contains(name, "lock_irq") || strings.Contains(name, "save") || strings.Contains(name, "disable")
}

// irqLeft is a return with interrupts off that were turned off here.
func (r *run) irqLeft(s *state, b *ir.Block) {
	top := s.regions[len(s.regions)-1]
	if r.byValue(top.flags) && top.prev != Off {
		r.slip(s, &Slip{Kind: string(srcfact.SlipIRQLeft), Line: b.Line, Lock: pastAt(s, top.line), Conf: model.Medium, Ret: r.fn.Atoms[top.flags].Text,
			Why: []string{top.api + "() saves the state in the parameter " + r.fn.Atoms[top.flags].Text + ", which the caller has passed by value"}})
		return
	}
	if !r.ownFlags(top.flags) || top.prev == Off || leavesOff(r.fn.Name) || lockAt(s, top.line).Line != 0 {
		return // the caller gets the flags, or restores by itself; or the lock is still held, and that decides
	}
	r.slip(s, &Slip{Kind: string(srcfact.SlipIRQLeft), Line: b.Line, Lock: pastAt(s, top.line), Conf: model.High, Ret: r.fn.Atoms[top.flags].Text,
		Why: []string{"the state that " + top.api + "() saved in " + r.fn.Atoms[top.flags].Text + " is never restored on this path"}})
}

// byValue reports whether a flags variable is a plain parameter.
func (r *run) byValue(a ir.AtomID) bool {
	if a <= 0 || r.given[a] || r.fn.Atoms[a].Param < 0 || int(r.fn.Atoms[a].Param) >= len(r.fn.Params) {
		return false
	}
	p := &r.fn.Params[r.fn.Atoms[a].Param]
	return p.Name == r.fn.Atoms[a].Text && p.Type != nil && p.Type.Kind == ctype.Scalar
}

// pastAt finds the lock that was taken at a line.
func pastAt(s *state, line int32) Lock {
	for n := s.trace; n != nil; n = n.Prev {
		if n.Lock != nil && n.Line == line {
			return *n.Lock
		}
	}
	return Lock{}
}

// finish turns the ways out into exits, and decides which of them are wrong.
func (r *run) finish() {
	if r.sum.Ret < 0 {
		r.sum.Ret = 0
	}
	if len(r.exits) == 0 {
		r.sum.NoReturn = !r.sum.Overflow
		return
	}
	bad := map[lockKey]bool{}
	for _, k := range r.leftLocks() {
		if r.judgeHeld(k) {
			bad[k] = true
		}
	}
	for _, k := range r.freedLocks() {
		if r.judgeFreed(k) {
			bad[k] = true
		}
	}
	r.judgeRCU()
	r.judgeReleases()
	for i := range r.exits {
		r.addExit(&r.exits[i], bad)
	}
}

// opens reports whether a function's name says that it returns inside the
// section that it begins.
func opens(name string) bool {
	for _, w := range []string{"lock", "get", "disable", "begin", "start", "enter", "save", "prepare", "claim", "acquire", "map", "hold", "pin", "freeze", "off"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// closes reports whether a function's name says that it ends a section that its
// caller began.
func closes(name string) bool {
	for _, w := range []string{"unlock", "put", "enable", "end", "stop", "finish", "exit", "leave", "restore", "release", "unmap", "drop", "thaw", "on", "done"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// addExit adds a way out to the summary, joined with one of the same effect.
func (r *run) addExit(e *exitState, bad map[lockKey]bool) {
	x := Exit{Hard: e.s.hard, BH: e.s.bh, Preempt: e.s.preempt, RCU: e.s.rcu, Quiet: e.s.quiet, Ret: e.ret.bits, Eq: r.vals.eq(e.ret), When: r.guards(e.s)}
	if x.Hard == On && len(e.s.freed) == 0 && len(r.sum.Enables) > 0 && !slices.ContainsFunc(r.sum.Enables, bareEnable) {
		x.Hard = AsEntry // it opened and closed its own region: Enables says so
	}
	if x.Hard == Off && len(e.s.regions) == 1 && e.s.regions[0].prev == On && e.s.regions[0].flags == 0 {
		x.Hard = AsEntry // it had the caller's region open for a while
	}
	if x.Hard == Off && len(e.s.regions) > 0 && r.ownFlags(e.s.regions[0].flags) {
		x.Hard = AsEntry // a slip of its own
	}
	if r.fn.Void {
		x.Ret, x.Eq = ir.Any, ""
	}
	x.Unsure, x.Outs = e.s.unsure, r.outsOf(e.s)
	if r.returnsLock(e.s, e.obj) {
		x.Self = e.obj
	}
	for _, l := range e.s.held {
		if !bad[keyLock(&l)] && locksIn(r.fn, []Lock{l}, e.obj) {
			x.Obj = e.obj
			x.Held = append(x.Held, l)
			continue
		}
		if l.Entry || bad[keyLock(&l)] {
			continue
		}
		if visible(r.fn, l.Path) || l.Path == x.Self && x.Self != 0 {
			x.Held = append(x.Held, l)
		} else {
			x.Hidden = true
			x.Unsure = unsureOf(x.Unsure, l.Class)
		}
	}
	x.Hidden = x.Hidden || e.s.hidden
	if !opens(r.fn.Name) {
		// What looks so is more often a release that was not seen.
		x.BH, x.Preempt, x.RCU = min(x.BH, 0), min(x.Preempt, 0), min(x.RCU, 0)
	}
	for _, l := range e.s.freed {
		if !bad[keyLock(&l)] && visible(r.fn, l.Path) {
			x.Freed = append(x.Freed, l)
		}
	}
	for i := range r.sum.Exits {
		if o := &r.sum.Exits[i]; o.like(&x) {
			o.Ret |= x.Ret
			o.Outs = eitherOut(o.Outs, x.Outs)
			if o.Eq != x.Eq {
				o.Eq = ""
			}
			o.When = common(o.When, x.When)
			return
		}
	}
	if len(r.sum.Exits) < 8 {
		r.sum.Exits = append(r.sum.Exits, x)
	}
}

// unsureOf adds the class of a lock that callers cannot name (swap(a, b), and
// then &a->lock): which of theirs it is, nobody can tell.
func unsureOf(classes []string, class string) []string {
	if class == "" || slices.Contains(classes, class) {
		return classes
	}
	return append(classes[:len(classes):len(classes)], class)
}

// outsOf lists the variables that parameters point to and that this path has
// written, with what is known of their values.
func (r *run) outsOf(s *state) []Guard {
	var out []Guard
	for _, o := range r.outs {
		if v := &s.vals[r.slot[o.atom]]; r.vals.eq(*v) != asEntered {
			out = append(out, Guard{Param: o.param, Bits: v.bits, Eq: r.vals.eq(*v)})
		}
	}
	return out
}

// eitherOut is what two ways may leave where parameters point to: a variable
// that only one of them writes may be anything.
func eitherOut(a, b []Guard) []Guard {
	var out []Guard
	for _, g := range a {
		if i := slices.IndexFunc(b, func(h Guard) bool { return h.Param == g.Param }); i < 0 {
			g.Bits, g.Eq = ir.Any, ""
		} else if g.Bits |= b[i].Bits; g.Eq != b[i].Eq {
			g.Eq = ""
		}
		out = append(out, g)
	}
	for _, g := range b {
		if !slices.ContainsFunc(a, func(h Guard) bool { return h.Param == g.Param }) {
			out = append(out, Guard{Param: g.Param, Bits: ir.Any})
		}
	}
	return out
}

// bareEnable reports whether an event is a local_irq_enable() that nothing in
// its function goes with.
func bareEnable(e *Event) bool { return e.Via == nil && e.Bare }

// like reports whether two exits have the same effect on locks.
func (e *Exit) like(o *Exit) bool {
	if e.Hidden != o.Hidden || e.Hard != o.Hard || e.Quiet != o.Quiet || e.BH != o.BH || e.Preempt != o.Preempt || e.RCU != o.RCU || len(e.Held) != len(o.Held) || len(e.Freed) != len(o.Freed) || len(e.Unsure) != len(o.Unsure) {
		return false
	}
	for i := range e.Held {
		if keyLock(&e.Held[i]) != keyLock(&o.Held[i]) || e.Held[i].Mode != o.Held[i].Mode {
			return false
		}
	}
	for i := range e.Freed {
		if keyLock(&e.Freed[i]) != keyLock(&o.Freed[i]) || e.Freed[i].Mode != o.Freed[i].Mode {
			return false
		}
	}
	return true
}

// eitherOf joins the constants of two guards.
func eitherOf(a, b string) string {
	if a == "" || b == "" || a == b {
		return min(a, b)
	}
	all := append(OneOf(a), OneOf(b)...)
	slices.Sort(all)
	if all = slices.Compact(all); len(all) > maxEqs {
		return ""
	}
	return strings.Join(all, between)
}

// common keeps the conditions that hold for both.
func common(a, b []Guard) []Guard {
	var out []Guard
	for _, g := range a {
		for _, h := range b {
			if g.Param == h.Param && g.Mask == h.Mask {
				g.Bits |= h.Bits
				g.Eq = eitherOf(g.Eq, h.Eq)
				if g.Ne != h.Ne {
					g.Ne = ""
				}
				if g.Bits != ir.Any || g.Eq != "" || g.Ne != "" {
					out = append(out, g)
				}
			}
		}
	}
	return out
}
