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

// judgeRCU looks for returns inside a read-side critical section that other
// returns have left.
func (r *run) judgeRCU() {
	low, high := r.exits[0].s.rcu, r.exits[0].s.rcu
	for i := range r.exits {
		low, high = min(low, r.exits[i].s.rcu), max(high, r.exits[i].s.rcu)
	}
	if low == high || high <= 0 || r.sum.Overflow {
		return
	}
	var in, out []*exitState
	for i := range r.exits {
		if r.exits[i].s.rcu == high {
			in = append(in, &r.exits[i])
		} else {
			out = append(out, &r.exits[i])
		}
	}
	if r.keepsOnPurpose(in, out) {
		return
	}
	for _, e := range in {
		l := Lock{Fn: r.fn, Class: "rcu_read_lock", Type: model.RCU, Mode: model.RecursiveRead, API: "rcu_read_lock", Line: e.line}
		r.slip(e.s, &Slip{Kind: string(srcfact.SlipExitHeld), Line: e.line, Lock: l, Conf: model.Medium, Ret: e.text,
			Why: []string{"other paths leave the read-side critical section before they return"}})
		e.s.rcu = low
	}
}

// judgeReleases looks at a function that is annotated to release its caller's
// lock: every return must have done so.
func (r *run) judgeReleases() {
	for _, a := range r.fn.Attrs {
		if a.Name != "__releases" || a.Path == 0 {
			continue
		}
		k := lockKey{path: a.Path}
		var kept []*exitState
		freed := false
		for i := range r.exits {
			e := &r.exits[i]
			if l := findLock(e.s.freed, k); l != nil {
				freed = true
			} else if findLock(e.s.held, k) == nil && findLock(e.s.past, k) == nil {
				kept = append(kept, e)
			}
		}
		if !freed || r.sum.Overflow {
			continue
		}
		for _, e := range kept {
			l := Lock{Fn: r.fn, Path: a.Path, Class: classOf(r.fn, a.Path), Decl: r.fn.Paths[a.Path].Decl, Type: model.Spinlock, Mode: model.Write,
				Expr: "&" + r.fn.Paths[a.Path].Text, Line: e.line}
			r.slip(e.s, &Slip{Kind: string(srcfact.SlipExitHeld), Line: e.line, Lock: l, Conf: model.Medium, Ret: e.text,
				Why: []string{"the function is annotated to release it, and does so on other paths"}})
		}
	}
}

// lockKey names a lock within the function.
type lockKey struct {
	path  ir.PathID
	class string
}

func keyLock(l *Lock) lockKey {
	if l.Path != 0 {
		return lockKey{path: l.Path}
	}
	return lockKey{class: l.Class}
}

func (r *run) leftLocks() []lockKey {
	return r.keys(func(s *state) []Lock { return s.held }, true)
}

func (r *run) freedLocks() []lockKey {
	return r.keys(func(s *state) []Lock { return s.freed }, false)
}

func (r *run) keys(of func(*state) []Lock, own bool) []lockKey {
	var out []lockKey
	seen := map[lockKey]bool{}
	for i := range r.exits {
		for _, l := range of(r.exits[i].s) {
			if k := keyLock(&l); !seen[k] && (!own || !l.Entry) {
				seen[k] = true
				out = append(out, k)
			}
		}
	}
	return out
}

func findLock(ls []Lock, k lockKey) *Lock {
	for i := range ls {
		if keyLock(&ls[i]) == k {
			return &ls[i]
		}
	}
	return nil
}

// judgeHeld looks at a lock that some returns leave held. It reports whether
// that is a slip, decided here; if every path leaves it held, callers decide.
func (r *run) judgeHeld(k lockKey) bool {
	var held, freed []*exitState
	for i := range r.exits {
		e := &r.exits[i]
		switch {
		case findLock(e.s.held, k) != nil:
			held = append(held, e)
		case findLock(e.s.past, k) != nil:
			freed = append(freed, e)
		}
	}
	if len(freed) == 0 && !r.errorHeld(held, k) {
		for _, e := range held {
			r.sum.Ends = append(r.sum.Ends, End{Lock: *findLock(e.s.held, k), Line: e.line, Trace: e.s.trace, All: true})
		}
		return false
	}
	if len(freed) == 0 {
		return r.slipErrors(held, k)
	}
	if r.keepsOnPurpose(held, freed) {
		return false
	}
	conf := model.High
	if r.sum.Overflow || k.path == 0 {
		conf = model.Low
	}
	for _, e := range held {
		l := *findLock(e.s.held, k)
		if l.Sleeps {
			conf = model.Low // who unlocks a page or buffer is often another
		}
		if e.s.isUnsure(l.Class) {
			continue
		}
		sl := &Slip{Kind: string(srcfact.SlipExitHeld), Line: e.line, Lock: l, Conf: conf, Ret: e.text,
			Why: []string{"other paths release it before they return"}}
		for _, f := range freed {
			if p := findLock(f.s.past, k); p != nil && len(sl.Peers) < 4 {
				sl.Peers = append(sl.Peers, *p)
			}
		}
		r.slip(e.s, sl)
	}
	return true
}

// errorHeld reports whether a function that hands a lock to its caller does so
// after some errors too, though it fails without the lock elsewhere.
func (r *run) errorHeld(held []*exitState, k lockKey) bool {
	if r.fn.Void || r.sum.Overflow {
		return false
	}
	var bad, good, without bool
	for i := range r.exits {
		e := &r.exits[i]
		err := e.ret.bits == ir.Neg
		switch {
		case findLock(e.s.held, k) == nil:
			without = without || err
		case err:
			bad = true
		default:
			good = true
		}
	}
	return bad && good && without && len(held) > 1
}

func (r *run) slipErrors(held []*exitState, k lockKey) bool {
	for _, e := range held {
		if e.ret.bits == ir.Neg {
			r.slip(e.s, &Slip{Kind: string(srcfact.SlipExitHeld), Line: e.line, Lock: *findLock(e.s.held, k), Conf: model.Medium, Ret: e.text,
				Why: []string{"after another error it returns without the lock"}})
		}
	}
	return false // success hands it to the caller
}

// keepsOnPurpose reports whether the result tells callers that the lock is
// held: success keeps it, failure released it; or annotations say so.
func (r *run) keepsOnPurpose(held, freed []*exitState) bool {
	for _, a := range r.fn.Attrs {
		if a.Name == "__acquires" || a.Name == "__acquire" {
			return true
		}
	}
	if r.fn.Void {
		return false
	}
	var h, f ir.Bits
	eq := map[string]bool{}
	for _, e := range held {
		h |= e.ret.bits
		eq[r.vals.eq(e.ret)] = true
	}
	overlap := false
	for _, e := range freed {
		f |= e.ret.bits
		if c := r.vals.eq(e.ret); c == "" || eq[c] || eq[""] {
			overlap = true
		}
	}
	if !overlap && h&f != 0 && h != ir.Neg {
		return true // different constants: FOO_LOCKED and FOO_FREE
	}
	if f == ir.Neg && h != ir.Neg {
		return true // released after errors only
	}
	if fails := ir.Neg | ir.Zero; f&^fails == 0 && h&^fails != 0 && (r.fn.Pointer || strings.Contains(r.fn.Name, "lock")) {
		return true // released where it returns nothing
	}
	if h&f != 0 {
		return false
	}
	if r.fn.Pointer {
		return h&ir.Pos != 0
	}
	return h&ir.Neg == 0 // held after success or with a flag, not after an error
}

// judgeFreed looks at a lock that some path releases without having taken it.
func (r *run) judgeFreed(k lockKey) bool {
	if k.path == 0 || !r.takes[k.path] {
		for i := range r.exits {
			if l := findLock(r.exits[i].s.freed, k); l != nil {
				r.sum.Ends = append(r.sum.Ends, End{Lock: *l, Freed: true, Line: l.Line, Trace: r.exits[i].s.trace, All: true})
			}
		}
		return false
	}
	// The function takes it itself elsewhere, so its callers do not hold it,
	// unless a parameter says so.
	found := false
	for i := range r.exits {
		e := &r.exits[i]
		l := findLock(e.s.freed, k)
		if l == nil {
			continue
		}
		if r.byParam(e.s, k) {
			continue
		}
		found = true
		conf := model.High
		if r.sum.Overflow || e.s.hidden || r.retakes(k) {
			conf = model.Low
		}
		r.slip(e.s, &Slip{Kind: string(srcfact.SlipReleaseFree), Line: l.Line, Lock: *l, Conf: conf, Ret: e.text,
			Why: []string{"other paths take it in this function, so callers do not hold it"}})
	}
	return found
}

// retakes reports whether some path gives the lock back to the caller: the
// function drops it for a while, and what looked like its own is the caller's.
func (r *run) retakes(k lockKey) bool {
	for i := range r.exits {
		if e := &r.exits[i]; findLock(e.s.held, k) != nil && e.ret.bits != ir.Neg {
			return true
		}
	}
	return false
}

// byParam reports whether a parameter's value decides if the lock is the
// caller's: a path with the opposite value takes it.
func (r *run) byParam(s *state, k lockKey) bool {
	for a := range r.fn.Atoms {
		t := &r.fn.Atoms[a]
		i := r.slot[a]
		if i < 0 || s.vals[i].bits == ir.Any && s.vals[i].eqs == anyOf {
			continue
		}
		flag := t.Param >= 0 || strings.Contains(t.Text, "lock") || strings.Contains(t.Text, "held")
		if !flag {
			continue
		}
		for j := range r.exits {
			o := r.exits[j].s
			if findLock(o.past, k) != nil && (o.vals[i].bits&s.vals[i].bits == 0 || o.vals[i].eqs != s.vals[i].eqs) {
				return true
			}
		}
	}
	return false
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
