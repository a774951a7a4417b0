package kcode

import (
	"debug/elf"

	"gordian/internal/kmem"
	"gordian/internal/unwind"
)

// noReg stands in place of a register where there is none.
const noReg = unwind.Reg(0xff)

// isa is an instruction set, with the convention by which functions call each
// other.
type isa struct {
	decode func(b []byte, addr uint64) (instr, error)
	// through returns where a branch leads that goes to code of the linker.
	through     func(m kmem.Memory, to uint64) uint64
	args        []unwind.Reg // the first one is the lock
	result      unwind.Reg
	fp          unwind.Reg
	callerSaved uint32 // registers that a call destroys
	calleeSaved []unwind.Reg
	callSize    int   // bytes of a direct call
	entrySP     int64 // the stack pointer at the entry, from the CFA
}

func isaOf(m elf.Machine) *isa {
	if m == elf.EM_AARCH64 {
		return a64()
	}
	return &isa{
		decode:  decode,
		through: func(_ kmem.Memory, to uint64) uint64 { return to },
		args:    []unwind.Reg{unwind.DI, unwind.SI, unwind.DX, unwind.CX, unwind.R8, unwind.R9},
		result:  unwind.AX, fp: unwind.BP,
		callerSaved: 1<<unwind.AX | 1<<unwind.CX | 1<<unwind.DX | 1<<unwind.SI | 1<<unwind.DI | 1<<unwind.R8 | 1<<unwind.R9 | 1<<unwind.R10 | 1<<unwind.R11,
		calleeSaved: unwind.CalleeSaved(),
		callSize:    5,  // e8 rel32
		entrySP:     -8, // the return address lies there
	}
}
