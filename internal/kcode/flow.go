package kcode

import (
	"slices"

	"gordian/internal/unwind"
)

// flow runs a function through until nothing changes any more: first the
// values, then, with the values settled, the locks. The second pass must not
// see addresses that the first one took back.
type flow struct {
	c    *Code
	f    *function
	cfa  uint8 // as of place
	in   []state
	seen []bool
}

// maxRounds bounds the passes over a function: each can only lose knowledge,
// so that real code settles in a few.
const maxRounds = 64

func (c *Code) flow(f *function, cfa uint8) *flow {
	w := &flow{c: c, f: f, cfa: cfa, in: make([]state, len(f.blocks)), seen: make([]bool, len(f.blocks))}
	if _, ok := f.index[f.Start]; !ok {
		return w
	}
	w.run(false)
	clear(w.seen)
	for n := range w.in {
		w.in[n].held = nil
	}
	w.run(true)
	return w
}

func (w *flow) run(locks bool) {
	first := w.f.index[w.f.Start]
	if !locks {
		w.in[first] = w.c.entryState(w.cfa)
	}
	w.seen[first] = true
	rounds := make([]int, len(w.f.blocks))
	work := []int{first}
	for len(work) > 0 {
		n := work[len(work)-1]
		work = work[:len(work)-1]
		if rounds[n]++; rounds[n] > maxRounds {
			continue
		}
		b := &w.f.blocks[n]
		s := w.in[n].clone()
		for k := range b.ins {
			if locks {
				w.c.apply(&s, &b.ins[k], nil)
			}
			w.c.exec(&s, &b.ins[k])
		}
		for k, to := range b.succ {
			out := s
			if last := &b.ins[len(b.ins)-1]; locks && last.op == opJcc && len(b.succ) == 2 {
				out = s.clone()
				out.branch(last, k == 1)
			}
			if w.enter(to, &out, locks) {
				work = append(work, to)
			}
		}
	}
}

// enter joins a state into the start of a block, and reports whether the
// block must be looked at again.
func (w *flow) enter(to int, s *state, locks bool) bool {
	if !w.seen[to] {
		w.seen[to] = true
		if locks {
			w.in[to].held = s.clone().held
		} else {
			w.in[to] = s.clone()
		}
		return true
	}
	if locks {
		return w.in[to].joinHeld(s)
	}
	return w.in[to].join(s, w.f.blocks[to].ins[0].addr)
}

// blind reports whether the function has ways that the graph does not show:
// through code that cannot be decoded, or through a jump table. An indirect
// jump with the stack as it was at the entry is a tail call instead.
func (w *flow) blind() bool {
	if w.f.partial {
		return true
	}
	for n := range w.f.blocks {
		ins := w.f.blocks[n].ins
		if last := &ins[len(ins)-1]; !w.seen[n] || last.op != opJmp || last.target != 0 {
			continue
		}
		s := w.in[n].clone()
		for k := range ins {
			w.c.exec(&s, &ins[k])
		}
		if s.regs[unwind.SP] != onStack(w.c.isa.entrySP) {
			return true
		}
	}
	return false
}

// before returns the state before an instruction.
func (w *flow) before(addr uint64) (state, bool) {
	n, ok := w.f.ends[addr]
	if !ok || !w.seen[n] {
		return state{}, false
	}
	s := w.in[n].clone()
	for k := range w.f.blocks[n].ins {
		i := &w.f.blocks[n].ins[k]
		if i.addr == addr {
			return s, true
		}
		w.c.apply(&s, i, nil)
		w.c.exec(&s, i)
	}
	return state{}, false
}

// after collects what the code does to locks from an instruction on, on any
// path: releases and completions. stays says that no path leads out of the
// function, nor through a call that cannot be followed.
func (w *flow) after(addr uint64) (out []Event, stays bool) {
	first, ok := w.f.ends[addr]
	if !ok {
		return nil, false
	}
	stays = true
	seen := make([]bool, len(w.f.blocks))
	work := []int{first}
	start := true
	for len(work) > 0 {
		n := work[len(work)-1]
		work = work[:len(work)-1]
		b := &w.f.blocks[n]
		s := w.in[n].clone()
		for k := range b.ins {
			i := &b.ins[k]
			if !start || i.addr > addr {
				out = append(out, w.c.events(&s, i)...)
				stays = stays && (i.op != opCall || w.c.callee(i).known)
			}
			w.c.exec(&s, i)
		}
		start = false
		stays = stays && len(b.succ) > 0 && !b.ret && !b.tail
		for _, to := range b.succ {
			if !seen[to] {
				seen[to] = true
				work = append(work, to)
			}
		}
	}
	return out, stays
}

// events returns the releases and completions of one instruction.
func (c *Code) events(s *state, i *instr) []Event {
	if i.op != opCall && i.op != opJmp || i.target == 0 {
		return nil
	}
	return slices.DeleteFunc(c.eventsOf(s, i), func(e Event) bool { return e.Op != Release && e.Op != Complete })
}
