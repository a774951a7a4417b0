package kcode

import (
	"gordian/internal/model"
	"gordian/internal/unwind"
)

// exec applies one instruction to the values of a state.
func (c *Code) exec(s *state, i *instr) {
	switch i.op {
	case opMov:
		c.move(s, i)
	case opLea:
		s.set(i.dst, s.address(i.src, i), i)
	case opAdd:
		s.set(i.dst, s.regs[i.dst.reg].plus(i.src.val), i)
	case opAlign:
		s.regs[unwind.SP] = s.aligned(s.regs[unwind.SP], i)
	case opZero:
		s.set(i.dst, number(0), i)
	case opPush:
		v := s.value(c, i.dst, i)
		s.regs[unwind.SP] = s.regs[unwind.SP].plus(-8)
		s.store(s.regs[unwind.SP], 8, v)
	case opPop:
		v := s.read(c, s.regs[unwind.SP])
		s.regs[unwind.SP] = s.regs[unwind.SP].plus(8)
		if i.dst.kind == argReg {
			s.set(i.dst, v, i)
		}
	case opLeave:
		bp := s.regs[unwind.BP]
		s.regs[unwind.BP] = s.read(c, bp)
		s.regs[unwind.SP] = bp.plus(8)
	case opCall:
		s.call(c, i)
	case opPair:
		s.pair(c, i)
	case opJcc:
		if i.dst.kind == argReg { // it tests a register itself
			s.tested = s.regs[i.dst.reg]
		}
	case opTest:
		s.tested = s.regs[i.dst.reg]
	case opOther:
		s.other(i)
	}
}

// aligned rounds a stack pointer down. How far that is depends on where the
// frame lies.
func (s *state) aligned(sp Value, i *instr) Value {
	if sp.kind != stackAddr || s.cfa == 0 || i.src.val < -cfaUnit {
		return resultOf(i)
	}
	at := int64(s.cfa-1) + sp.off
	return sp.plus(at&i.src.val - at)
}

func (c *Code) move(s *state, i *instr) {
	switch i.dst.kind {
	case argReg:
		s.set(i.dst, s.value(c, i.src, i), i)
	case argMem:
		s.store(s.address(i.dst, i), int64(i.dst.size), s.value(c, i.src, i))
	}
}

// pair performs an opPair.
func (s *state) pair(c *Code, i *instr) {
	load := i.src.kind == argMem
	mem, first := i.dst, i.src
	if load {
		mem, first = i.src, i.dst
	}
	s.regs[mem.base] = s.regs[mem.base].plus(i.pre)
	at := s.address(mem, i)
	s.regs[mem.base] = s.regs[mem.base].plus(i.post)
	for n, a := range [...]arg{first, i.second} {
		to := at.plus(int64(n) * int64(mem.size))
		switch {
		case n == 1 && i.second.kind == argNone:
		case !load:
			s.store(to, int64(mem.size), s.value(c, a, i))
		case mem.size == 8:
			s.set(a, s.read(c, to), i)
		default:
			s.set(a, resultOf(i), i)
		}
	}
	s.clobber(i.clobbers)
}

// value returns what an operand holds.
func (s *state) value(c *Code, a arg, i *instr) Value {
	switch a.kind {
	case argReg:
		return s.regs[a.reg]
	case argImm:
		if i.dst.size == 4 {
			return number(uint64(uint32(a.val)))
		}
		return number(uint64(a.val))
	case argMem:
		if a.size != 8 {
			return resultOf(i)
		}
		return s.read(c, s.address(a, i))
	}
	return resultOf(i)
}

// address returns the address of a memory operand.
func (s *state) address(a arg, i *instr) Value {
	switch {
	case a.kind != argMem:
		return resultOf(i)
	case a.base == noReg:
		return number(uint64(a.val))
	}
	return s.regs[a.base].plus(a.val)
}

// read returns the 8 bytes at an address: from a stack slot, or as a load.
func (s *state) read(c *Code, addr Value) Value {
	if addr.kind == stackAddr {
		if v, ok := s.slots[addr.off]; ok {
			return v
		}
	}
	return c.exprs.load(addr)
}

// store writes a stack slot. Memory elsewhere is not modelled.
func (s *state) store(addr Value, size int64, v Value) {
	if addr.kind != stackAddr {
		return
	}
	if size <= 0 {
		size = 8
	}
	for off := addr.off - 7; off < addr.off+size; off++ {
		delete(s.slots, off)
	}
	if size == 8 && v.Known() {
		s.slots[addr.off] = v
	}
}

// set writes a register. A 32-bit write clears the upper half: an address does
// not survive it, but what is tested against zero does. Narrower writes leave
// nothing that can be followed.
func (s *state) set(d arg, v Value, i *instr) {
	if d.kind != argReg {
		return
	}
	switch {
	case d.size >= 4:
	case v.kind == constant && d.size < 4:
		v = resultOf(i)
	default:
		v = resultOf(i)
	}
	s.regs[d.reg] = v
}

// call forgets what a call may change: the caller-saved registers, and stack
// memory whose address it was given.
func (s *state) call(c *Code, i *instr) {
	for _, r := range c.isa.args {
		v := s.regs[r]
		if v.kind != stackAddr {
			continue
		}
		for off, x := range s.slots {
			if off >= v.off && off < v.off+256 && x.kind != entryValue {
				delete(s.slots, off)
			}
		}
	}
	s.clobber(c.isa.callerSaved)
	s.regs[c.isa.result] = resultOf(i)
	s.tested = Value{}
}

func (s *state) clobber(mask uint32) {
	for r := range s.regs {
		if mask>>r&1 == 1 {
			s.regs[r] = Value{}
		}
	}
}

// other is an instruction of which only what it writes is known.
func (s *state) other(i *instr) {
	switch i.dst.kind {
	case argReg:
		s.regs[i.dst.reg] = resultOf(i)
	case argMem:
		s.store(s.address(i.dst, i), int64(i.dst.size), Value{})
	}
	s.clobber(i.clobbers)
	s.tested = Value{}
}

// unlocks reports whether an instruction is an inlined release of a spinning
// lock that is held, and of which: `movb $0,(lock)` of queued_spin_unlock()
// and queued_write_unlock(), and a locked subtraction of queued_read_unlock()
// (include/asm-generic/qspinlock.h, qrwlock.h).
func (s *state) unlocks(i *instr) int {
	if i.dst.kind != argMem {
		return -1
	}
	addr := s.address(i.dst, i)
	for k, h := range s.held {
		if h.addr != addr || h.typ != model.Spinlock && h.typ != model.RWLock {
			continue
		}
		if i.op == opMov && i.dst.size == 1 || h.typ == model.RWLock && i.locked {
			return k
		}
	}
	return -1
}
