package kcode

import (
	"gordian/internal/kmem"
	"gordian/internal/unwind"
)

// Stack gives numbers to the values of a stack's frames: from the registers
// that were recovered, from stack slots, from the caller's arguments, and from
// memory.
type Stack struct {
	Frames []unwind.Frame
	code   *Code
	points []*Point
	bound  []map[Value]uint64
}

// Stack returns the values of a stack. Its frames should have been walked with
// c as their Restorer.
func (c *Code) Stack(frames []unwind.Frame) *Stack {
	return &Stack{Frames: frames, code: c, points: make([]*Point, len(frames)), bound: make([]map[Value]uint64, len(frames))}
}

// Point returns what the code says at frame i; nil if it says nothing.
func (s *Stack) Point(i int) *Point {
	if i < 0 || i >= len(s.Frames) || s.Frames[i].Unreliable {
		return nil
	}
	if s.points[i] == nil {
		p, err := s.code.At(&s.Frames[i])
		if err != nil {
			return nil
		}
		s.points[i] = p
	}
	return s.points[i]
}

// How says what a number rests on, from surest to least sure.
type How uint8

// Ways to a number.
const (
	FromCode     How = iota + 1 // a constant of the code
	FromRegister                // a register or stack slot that holds it now
	FromCaller                  // what a caller passed
	FromMemory                  // a pointer that was read again, and may have changed
)

// maxResolve bounds callers and loads that one value is followed through.
const maxResolve = 16

// Resolve returns the number that value v has in frame i.
func (s *Stack) Resolve(i int, v Value) (uint64, How, bool) { return s.resolve(i, v, 0) }

func (s *Stack) resolve(i int, v Value, depth int) (uint64, How, bool) {
	p := s.Point(i)
	if p == nil || depth > maxResolve || v.kind == unknown {
		return 0, 0, false
	}
	switch v.kind {
	case constant:
		return uint64(v.off), FromCode, true
	case stackAddr:
		if s.Frames[i].CFA == 0 {
			return 0, 0, false
		}
		return s.Frames[i].CFA + uint64(v.off), FromRegister, true
	}
	if n, ok := s.bindings(i)[v.symbol()]; ok {
		return n + uint64(v.off), FromRegister, true
	}
	switch v.kind {
	case entryValue:
		if n, how, ok := s.argument(i, v.reg, depth); ok {
			return n + uint64(v.off), how, true
		}
	case loaded:
		at, _, ok := s.resolve(i, s.code.exprs.addrOf(v), depth+1)
		if !ok {
			return 0, 0, false
		}
		n, err := kmem.U64(s.code.mem, at)
		if err != nil {
			return 0, 0, false
		}
		return n + uint64(v.off), FromMemory, true
	}
	return 0, 0, false
}

// bindings gives numbers to the symbols that a register or a stack slot of the
// frame holds at this moment.
func (s *Stack) bindings(i int) map[Value]uint64 {
	if s.bound[i] != nil {
		return s.bound[i]
	}
	b := map[Value]uint64{}
	s.bound[i] = b
	p, f := s.points[i], &s.Frames[i]
	bind := func(v Value, n uint64) {
		if v.kind >= entryValue {
			b[v.symbol()] = n - uint64(v.off)
		}
	}
	if f.CFA != 0 {
		for off, v := range p.Slots {
			if v.kind < entryValue {
				continue
			}
			if n, err := kmem.U64(s.code.mem, f.CFA+uint64(off)); err == nil {
				bind(v, n)
			}
		}
	}
	// In a frame that waits for a call to return, the registers that the call
	// destroys hold nothing of this frame; the walk did not recover them.
	for r, v := range p.Regs {
		if n, ok := f.Regs.Get(unwind.Reg(r)); ok && unwind.Reg(r) != unwind.SP {
			bind(v, n)
		}
	}
	return b
}

// argument returns what the caller had in a register when it called frame i.
func (s *Stack) argument(i int, r unwind.Reg, depth int) (uint64, How, bool) {
	callee, caller := s.Point(i), s.Point(i+1)
	if caller == nil || s.Frames[i+1].Trap {
		return 0, 0, false
	}
	// A direct call to something else went through a tail call, which may
	// have changed the arguments.
	if caller.Call != 0 && caller.Call != callee.Func.Start && !s.trampoline(caller.Call) {
		return 0, 0, false
	}
	n, how, ok := s.resolve(i+1, caller.Regs[r], depth+1)
	if ok && how < FromCaller {
		how = FromCaller
	}
	return n, how, ok
}

// trampoline reports whether a call goes through code that hands on its
// arguments: a retpoline, or a static call that was not patched into a direct
// one.
func (s *Stack) trampoline(to uint64) bool {
	t, ok := s.code.sym.Func(to)
	if !ok {
		return false
	}
	for _, p := range []string{"__x86_indirect_", "__SCT__", "__x86_retpoline_"} {
		if len(t.Name) > len(p) && t.Name[:len(p)] == p {
			return true
		}
	}
	return false
}
