package flow

import (
	"gordian/internal/csource/ir"
	"gordian/internal/csource/lockapi"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// Resolver finds what a call leads to.
type Resolver interface {
	// Callees returns the summaries of the functions that a call may reach;
	// indirect is set if that was found through a pointer.
	Callees(f *ir.Func, c *ir.Call) (sums []*Summary, indirect bool)
	// Invokes returns the callbacks that were registered with a handle.
	Invokes(kind lockapi.Target, class string) []*Summary
	// Own reports whether the function's file defines a static function of a
	// name that the table knows otherwise.
	Own(f *ir.Func, name string) bool
	// Marked reports whether the function's module sets or calls a name of
	// Table.Marks.
	Marked(f *ir.Func, name string) bool
	// Func finds a function that is passed as an argument.
	Func(f *ir.Func, name string) *Summary
}

const (
	maxStates  = 24    // of one block
	maxSteps   = 40000 // instructions and blocks run, of one function
	maxEvents  = 16    // of one kind in a summary
	maxDistant = 4     // of these, such as the caller cannot tie to an object
	maxDeep    = 6     // call edges that an event is carried up
)

// run is the analysis of one function.
type run struct {
	*Memory
	fn          *ir.Func
	tab         *lockapi.Table
	res         Resolver
	book        *book
	vals        constants
	sum         *Summary
	masks       []mask  // by atom
	outs        []out   // what parameters point to and the function writes
	slot        []int32 // atom → index into state.vals, -1: not followed
	nslot       int
	guarding    []ir.AtomID // what exits and events may depend on: parameters, and bits of them
	asking      []question
	knowsAsking bool        // asking was made
	lasts       []ir.AtomID // references that may have been the last
	in          [][]*state  // by block, in order of arrival
	emit        bool
	objects     map[ir.PathID][]ir.AtomID // values of pointers, made when needed
	names       map[ir.PathID]ir.PathID   // where locks that calls returned are kept
	exits       []exitState
	deps        map[string][]ir.AtomID // what reads a local or member
	must        []bool                 // blocks that every way to a return passes
	at          int32                  // block that is run
	steps       int
	dropping    bool      // what is taken now is taken for the last reference
	kept        ir.PathID // the local that the last call's result is put in, if its locks were named by it
}

// Analyze follows every path of f.
func (m *Memory) Analyze(f *ir.Func, tab *lockapi.Table, res Resolver) *Summary {
	m.seen, m.takes, m.inited, m.given = cleared(m.seen), cleared(m.takes), cleared(m.inited), cleared(m.given)
	r := &run{Memory: m, fn: f, tab: tab, res: res, book: &book{fn: f, memory: m}, sum: NewSummary(f)}
	defer m.takeBack(r)
	if len(f.Blocks) == 0 {
		return r.sum
	}
	r.pickAtoms()
	r.findNames()
	r.must = mustPass(f)
	r.fixpoint()
	r.sortAtoms()
	r.emit = true
	r.emission()
	r.finish()
	return r.sum
}

// fixpoint computes the states at the start of every block.
func (r *run) fixpoint() {
	r.in = r.blocks(len(r.fn.Blocks))
	first := &state{vals: make([]val, r.nslot)}
	for i := range first.vals {
		first.vals[i].bits = ir.Any
	}
	for _, o := range r.outs {
		first.vals[r.slot[o.atom]].eqs = r.vals.only(asEntered)
	}
	r.assume(first)
	work := &heap{rank: ranks(r.fn), items: r.items[:0]}
	defer func() { r.items = work.items[:0] }()
	r.arrive(0, first, work)
	for len(work.items) > 0 {
		b, s := work.pop()
		if r.steps++; r.steps > maxSteps {
			r.sum.Overflow = true
			return
		}
		r.block(b, r.fork(s), func(to int32, t *state) { r.arrive(to, t, work) })
	}
}

// arrive brings a state to the start of a block.
func (r *run) arrive(to int32, t *state, work *heap) {
	t.id = t.key()
	for _, s := range r.in[to] {
		if s.id == t.id {
			if s.join(t, &r.vals) {
				work.push(to, s)
			}
			r.drop(t)
			return
		}
	}
	if len(r.in[to]) >= maxStates {
		r.sum.Overflow = true
		return
	}
	r.in[to] = append(r.in[to], t)
	work.push(to, t)
}

// emission goes over all states once more and writes down what happens.
func (r *run) emission() {
	for b := range r.in {
		for _, s := range r.in[b] {
			r.block(int32(b), r.fork(s), func(_ int32, t *state) { r.drop(t) })
		}
	}
}

// block runs a state through a block, to its successors.
func (r *run) block(n int32, s *state, to func(int32, *state)) {
	b := &r.fn.Blocks[n]
	r.at = n
	states := []*state{s}
	for i := range b.Instrs {
		var next []*state
		for _, t := range states {
			for _, u := range r.instr(&b.Instrs[i], t) {
				u.bound()
				next = append(next, u)
			}
		}
		if states = next; len(states) > maxStates {
			r.sum.Overflow = true
			states = states[:maxStates]
		}
	}
	for _, t := range states {
		switch b.Term {
		case ir.Jump:
			to(b.Then, t)
		case ir.Branch:
			if u := r.take(r.fork(t), b, true); u != nil {
				to(b.Then, u)
			}
			if u := r.take(t, b, false); u != nil {
				to(b.Else, u)
			}
		case ir.Return:
			if r.emit {
				r.leave(t, b)
			} else {
				r.drop(t)
			}
		default:
			r.drop(t)
		}
	}
}

// take goes one way of a branch. It returns nil if that cannot be.
func (r *run) take(u *state, b *ir.Block, yes bool) *state {
	t := &b.Test
	if t.Atom != 0 && !r.decide(u, t, yes) {
		r.drop(u)
		return nil
	}
	if t.Text != "" && len(u.held)+len(u.past)+len(u.freed)+len(u.regions) > 0 {
		text := t.Text
		if !yes {
			text = "not " + text
		}
		u.note(string(srcfact.StepBranch), b.Line, text, nil)
	}
	return u
}

// decide narrows what is known by the outcome of a test.
func (r *run) decide(u *state, t *ir.Test, yes bool) bool {
	if t.Eq == "" {
		return r.narrow(u, t.Atom, t.Mask, yes)
	}
	if t.Same != 0 && !r.narrow(u, t.Same, ir.Neg|ir.Pos, yes) {
		return false
	}
	i := r.slot[t.Atom]
	if i < 0 {
		return true
	}
	v := &u.vals[i]
	if r.vals.eq(*v) == asEntered {
		v.eqs = anyOf
	}
	if yes {
		if !r.vals.may(*v, t.Eq) {
			return false
		}
		v.eqs = r.vals.only(t.Eq)
		v.bits &= t.Mask
		return v.bits != 0
	}
	if v.eqs != anyOf {
		if v.eqs = r.vals.without(v.eqs, t.Eq); v.eqs == noneOf {
			return false
		}
	} else if v.ne == 0 {
		v.ne = r.vals.id(t.Eq)
	}
	if t.Mask == ir.Zero {
		v.bits &^= ir.Zero
	}
	return v.bits != 0
}

func (r *run) narrow(u *state, a ir.AtomID, mask ir.Bits, yes bool) bool {
	i := r.slot[a]
	if i < 0 {
		return true
	}
	if !yes {
		mask = ir.Any &^ mask
	}
	v := &u.vals[i]
	v.bits &= mask
	if r.vals.eq(*v) == asEntered {
		r.entered(u, a, mask)
	}
	if v.bits&ir.Zero == 0 && r.vals.eq(*v) == "0" {
		return false
	}
	return v.bits != 0
}

// entered notes what a parameter pointed to when the function was entered.
func (r *run) entered(u *state, a ir.AtomID, mask ir.Bits) {
	for _, o := range r.outs {
		if o.atom == a {
			u.vals[o.entry].bits &= mask
		}
	}
}

// value returns what is known of a value.
func (r *run) value(s *state, v ir.Val) val {
	switch v.Kind {
	case ir.NumberVal:
		return val{bits: numBits(v.Num), eqs: r.vals.only(v.Text)}
	case ir.SymbolVal:
		return val{bits: symBits(v.Text), eqs: r.vals.only(v.Text)}
	case ir.AddrVal, ir.FuncVal, ir.StringVal:
		return val{bits: ir.Pos}
	case ir.SignVal:
		return val{bits: r.signOf(s, v)}
	}
	if v.Atom != 0 {
		if i := r.slot[v.Atom]; i >= 0 {
			return s.vals[i]
		}
	}
	return val{bits: ir.Any}
}

// signOf is the outcome of a condition on a parameter.
func (r *run) signOf(s *state, v ir.Val) ir.Bits {
	if v.Atom == 0 || r.slot[v.Atom] < 0 {
		return ir.Any
	}
	p := s.vals[r.slot[v.Atom]]
	yes, no := p.bits&ir.Bits(v.Num) != 0, p.bits&^ir.Bits(v.Num) != 0
	if v.Text != "" {
		yes, no = r.vals.may(p, v.Text), r.vals.eq(p) != v.Text
		if v.Num == 0 {
			yes, no = no, yes
		}
	}
	var out ir.Bits
	if yes {
		out |= ir.Neg | ir.Pos
	}
	if no {
		out |= ir.Zero
	}
	return out
}

func numBits(n int64) ir.Bits {
	switch {
	case n < 0:
		return ir.Neg
	case n > 0:
		return ir.Pos
	}
	return ir.Zero
}

func symBits(s string) ir.Bits {
	if len(s) > 2 && s[:2] == "-E" || len(s) > 8 && s[:8] == "ERR_PTR(" {
		return ir.Neg
	}
	return ir.Any
}

func (r *run) set(s *state, a ir.AtomID, v val) {
	if a != 0 {
		if i := r.slot[a]; i >= 0 {
			s.vals[i] = v
		}
	}
}

// forget drops what is known of everything that reads an object.
func (r *run) forget(s *state, dep string, except ir.AtomID) {
	if dep == "" || dep == "." {
		return
	}
	if r.deps == nil {
		r.deps = map[string][]ir.AtomID{}
		for a := range r.fn.Atoms {
			if r.slot[a] >= 0 {
				for _, d := range r.fn.Atoms[a].Deps {
					r.deps[d] = append(r.deps[d], ir.AtomID(a))
				}
			}
		}
	}
	for _, a := range r.deps[dep] {
		if a != except {
			s.vals[r.slot[a]] = val{bits: ir.Any}
		}
	}
}

// assign is dst = src.
func (r *run) assign(in *ir.Instr, s *state) {
	v := r.value(s, in.Src)
	r.handed(in, s)
	if in.Dst != 0 {
		p := &r.fn.Paths[in.Dst]
		switch p.Kind {
		case ir.LocalPath:
			r.forget(s, p.Name, in.Atom)
			if in.Dst != r.kept {
				r.detach(s, in.Dst)
			}
		case ir.FieldPath:
			r.forget(s, "."+p.Name, in.Atom)
		}
	}
	if in.Src.Path != 0 && in.Src.Path == in.Dst {
		return
	}
	r.set(s, in.Atom, v)
}

// handed is a held semaphore of which the address is stored: whoever finds it
// there will release it.
func (r *run) handed(in *ir.Instr, s *state) {
	if in.Src.Kind != ir.AddrVal || in.Dst == 0 || r.fn.Paths[in.Dst].Kind != ir.FieldPath {
		return
	}
	for i := range s.held {
		if h := &s.held[i]; h.Path == in.Src.Path && h.Type == model.Semaphore {
			s.makeUnsure(h.Class)
			s.held = append(append([]Lock(nil), s.held[:i]...), s.held[i+1:]...)
			return
		}
	}
}

// detach keeps locks that were reached through a local, now that the local
// means something else: they are still held, but nobody can name them.
func (r *run) detach(s *state, local ir.PathID) {
	for i := range s.held {
		if l := &s.held[i]; l.Path != 0 && mentions(r.fn, l.Path, local) {
			c := *l
			c.Path = 0
			s.held = append([]Lock(nil), s.held...)
			s.held[i] = c
		}
	}
	s.freed = dropMentions(r.fn, s.freed, local)
	s.past = dropMentions(r.fn, s.past, local)
}

func dropMentions(f *ir.Func, ls []Lock, local ir.PathID) []Lock {
	for i := range ls {
		if ls[i].Path != 0 && mentions(f, ls[i].Path, local) {
			out := append([]Lock(nil), ls[:i]...)
			for _, l := range ls[i+1:] {
				if l.Path == 0 || !mentions(f, l.Path, local) {
					out = append(out, l)
				}
			}
			return out
		}
	}
	return ls
}

// ranks numbers the blocks in reverse postorder.
func ranks(f *ir.Func) []int32 {
	n := len(f.Blocks)
	rank := make([]int32, n)
	state := make([]uint8, n)
	stack := []int32{0}
	next := int32(n)
	for len(stack) > 0 {
		b := stack[len(stack)-1]
		t := &f.Blocks[b]
		step := state[b]
		state[b]++
		switch {
		case step == 0 && (t.Term == ir.Jump || t.Term == ir.Branch):
			if state[t.Then] == 0 {
				stack = append(stack, t.Then)
			}
		case step == 1 && t.Term == ir.Branch:
			if state[t.Else] == 0 {
				stack = append(stack, t.Else)
			}
		case step >= 2:
			stack = stack[:len(stack)-1]
			if step == 2 {
				next--
				rank[b] = next
			}
		}
	}
	return rank
}
