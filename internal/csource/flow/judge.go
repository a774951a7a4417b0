package flow

import (
	"strings"

	"gordian/internal/csource/ir"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

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
