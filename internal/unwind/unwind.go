package unwind

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"gordian/internal/kmem"
)

// Walker walks stacks of one kernel.
type Walker interface {
	// Walk returns the frames from regs outwards. trap says that regs.IP is an
	// interrupted instruction and no return address. When the walk cannot go on
	// it returns what it has, and why; a stack that ends where it should gives
	// no error. restore may be nil, and is for architectures that it knows.
	Walk(regs Regs, trap bool, restore Restorer) ([]Frame, error)
}

// Frame is one function activation, innermost first.
type Frame struct {
	Regs Regs // at the frame's instruction: IP, SP, BP, and what else is known
	// CFA is the caller's stack pointer after the return: saved registers and
	// locals lie below it. 0 if it is not known.
	CFA uint64
	// Trap says that IP is the instruction that was interrupted, not the one
	// after a call.
	Trap bool
	// Unreliable frames were guessed and prove nothing.
	Unreliable bool
}

// PC is an address inside the instruction that the frame executes: a return
// address may lie behind the end of its function when that ends with the call.
func (f *Frame) PC() uint64 {
	if f.Trap {
		return f.Regs.IP
	}
	return f.Regs.IP - 1
}

// Saved says where a function has put a callee-saved register of its caller.
type Saved struct {
	Reg Reg
	Off int64 // from the CFA
}

// Restorer reads code: for the instruction of a frame it says which
// callee-saved registers lie on the stack and which are untouched. Those that
// are in neither list are lost.
type Restorer interface {
	Restore(f *Frame) (saved []Saved, untouched []Reg)
	// Base computes the CFA of a frame from its registers, for where no table
	// says it.
	Base(f *Frame) (cfa uint64, ok bool)
}

// PtRegs are offsets into struct pt_regs.
type PtRegs struct {
	Size   uint64
	IP     uint64 // where the part begins that the CPU itself pushes
	CS     uint64
	SP     uint64
	Offset map[Reg]uint64 // of the general registers, SP left out
}

// check keeps damaged type data from reaching outside of the structure.
func (p *PtRegs) check() error {
	for _, off := range []uint64{p.IP, p.CS, p.SP} {
		if p.Size > 4096 || off < p.IP || off+8 > p.Size {
			return errors.New("unwind: struct pt_regs is not as expected")
		}
	}
	return nil
}

// Unwinder walks stacks by ORC tables.
type Unwinder struct {
	Mem    kmem.Memory
	Layout Layout
	// Table returns the table that covers an address.
	Table func(ip uint64) (*Table, bool)
	// InKernel reports whether an address can be kernel code.
	InKernel func(ip uint64) bool
	PtRegs   PtRegs

	cache map[uint64]entry // by looked-up address: many tasks sleep in the same calls
}

// MaxFrames bounds a stack: the kernel's are 16 to 64 KB.
const MaxFrames = 256

var errLost = errors.New("a register that the frame is based on is not known")

// Walk implements Walker. Without restore, only BP is recovered.
func (u *Unwinder) Walk(regs Regs, trap bool, restore Restorer) ([]Frame, error) {
	return walk(regs, trap, func(f *Frame) (Frame, bool, error) { return u.step(f, restore) })
}

// walk goes from frame to frame; step completes one and returns its caller's.
func walk(regs Regs, trap bool, step func(f *Frame) (next Frame, more bool, err error)) ([]Frame, error) {
	var room [24]Frame // most stacks fit, and need no memory of their own until they are known
	out, err := follow(room[:0], Frame{Regs: regs, Trap: trap}, step)
	return slices.Clone(out), err
}

func follow(out []Frame, f Frame, step func(f *Frame) (next Frame, more bool, err error)) ([]Frame, error) {
	for len(out) < MaxFrames {
		sp, _ := f.Regs.Get(SP)
		if met(out, f.Regs.IP, sp) {
			return out, fmt.Errorf("unwind: the stack loops at %#x", sp)
		}
		next, more, err := step(&f)
		out = append(out, f)
		if err != nil || !more {
			return out, err
		}
		f = next
	}
	return out, fmt.Errorf("unwind: more than %d frames", MaxFrames)
}

// met reports whether a frame is among those before it. Stacks are short: to
// look at each is cheaper than a table of them.
func met(out []Frame, ip, sp uint64) bool {
	for i := range out {
		if r := &out[i].Regs; r.IP == ip && r.val[SP] == sp {
			return true
		}
	}
	return false
}

// step fills in f.CFA and returns the caller's frame; more is false at the
// end of the stack.
func (u *Unwinder) step(f *Frame, r Restorer) (next Frame, more bool, err error) {
	e, err := u.entry(f)
	if err != nil {
		return next, false, fmt.Errorf("unwind at %#x: %w", f.Regs.IP, err)
	}
	if e.kind == kindEnd {
		return next, false, nil
	}
	if e.kind == kindUndefined {
		return next, false, fmt.Errorf("unwind at %#x: the table knows no frame there", f.Regs.IP)
	}
	base, err := u.base(f, e)
	if err != nil {
		return next, false, fmt.Errorf("unwind at %#x: %w", f.Regs.IP, err)
	}
	if e.kind != kindCall {
		return u.fromRegs(f, e, base)
	}
	f.CFA = base
	ip, err := kmem.U64(u.Mem, base-8)
	if err != nil {
		return next, false, fmt.Errorf("unwind: return address at %#x: %w", base-8, err)
	}
	if !u.InKernel(ip) {
		return next, false, fmt.Errorf("unwind: %#x at %#x is no kernel code", ip, base-8)
	}
	next.Regs.IP = ip
	next.Regs.Set(SP, base)
	restore(u.Mem, f, &next, r)
	u.framePointer(f, &next, e, base)
	return next, true, nil
}

// entry finds what the tables say of a frame. A call's return address may
// belong to the next function already, hence PC.
func (u *Unwinder) entry(f *Frame) (entry, error) {
	ip := f.PC()
	if f.Regs.IP == 0 {
		// A call through a null pointer: only the return address was pushed.
		return entry{spOff: 8, spReg: regSP, kind: kindCall}, nil
	}
	if e, ok := u.cache[ip]; ok {
		return e, nil
	}
	t, ok := u.Table(ip)
	if !ok {
		return entry{}, errNoEntry
	}
	e, err := t.find(u.Mem, &u.Layout, ip)
	if err != nil {
		return entry{}, err
	}
	if u.cache == nil {
		u.cache = map[uint64]entry{}
	}
	u.cache[ip] = e
	return e, nil
}

// base computes the address that an entry describes (unwind_next_frame(),
// arch/x86/kernel/unwind_orc.c): the CFA of a call, or where pt_regs lie.
func (u *Unwinder) base(f *Frame, e entry) (uint64, error) {
	off := uint64(e.spOff)
	r := baseReg(e.spReg)
	if r == NumReg {
		return 0, fmt.Errorf("unknown base register %d", e.spReg)
	}
	v, known := f.Regs.Get(r)
	if !known {
		return 0, errLost
	}
	switch e.spReg {
	case regSPIndirect:
		p, err := kmem.U64(u.Mem, v)
		return p + off, err
	case regBPIndirect:
		return kmem.U64(u.Mem, v+off)
	case regSP, regBP:
		return v + off, nil
	}
	return v, nil // DRAP and entry code: the register is the address
}

// baseReg is the register of an ORC_REG_* number.
func baseReg(n uint8) Reg {
	switch n {
	case regSP, regSPIndirect:
		return SP
	case regBP, regBPIndirect:
		return BP
	case regR10:
		return R10
	case regR13:
		return R13
	case regDI:
		return DI
	case regDX:
		return DX
	}
	return NumReg
}

// framePointer recovers BP by the table, which is surer than by the code.
func (u *Unwinder) framePointer(f, next *Frame, e entry, cfa uint64) {
	var at uint64
	switch e.bpReg {
	case regPrevSP:
		at = cfa + uint64(e.bpOff)
	case regBP:
		bp, ok := f.Regs.Get(BP)
		if !ok {
			next.Regs.Forget(BP)
			return
		}
		at = bp + uint64(e.bpOff)
	default: // untouched
		if bp, ok := f.Regs.Get(BP); ok {
			next.Regs.Set(BP, bp)
		}
		return
	}
	if v, err := kmem.U64(u.Mem, at); err == nil {
		next.Regs.Set(BP, v)
	} else {
		next.Regs.Forget(BP)
	}
}

// restore recovers the callee-saved registers of the caller from the code of
// the frame's function.
func restore(m kmem.Memory, f, next *Frame, r Restorer) {
	if r == nil {
		return
	}
	saved, untouched := r.Restore(f)
	for _, n := range untouched {
		if v, ok := f.Regs.Get(n); ok {
			next.Regs.Set(n, v)
		}
	}
	for _, s := range saved {
		if v, err := kmem.U64(m, f.CFA+uint64(s.Off)); err == nil {
			next.Regs.Set(s.Reg, v)
		}
	}
}

// fromRegs goes on from the struct pt_regs that an interrupt or exception
// left on the stack.
func (u *Unwinder) fromRegs(f *Frame, e entry, base uint64) (next Frame, more bool, err error) {
	p := &u.PtRegs
	if e.kind == kindPartial {
		base -= p.IP
	}
	f.CFA = base + p.Size
	if err := p.check(); err != nil {
		return next, false, err
	}
	b := make([]byte, p.Size-p.IP)
	if err := kmem.Read(u.Mem, b, base+p.IP); err != nil {
		return next, false, fmt.Errorf("unwind: registers at %#x: %w", base, err)
	}
	word := func(off uint64) uint64 { return binary.LittleEndian.Uint64(b[off-p.IP:]) }
	if word(p.CS)&3 != 0 {
		return next, false, nil // it was user space that was interrupted
	}
	next.Trap = true
	next.Regs.IP = word(p.IP)
	next.Regs.Set(SP, word(p.SP))
	if !u.InKernel(next.Regs.IP) {
		return next, false, fmt.Errorf("unwind: interrupted at %#x, which is no kernel code", next.Regs.IP)
	}
	if e.kind == kindPartial {
		for _, r := range CalleeSaved() { // entry code has not touched them yet
			if v, ok := f.Regs.Get(r); ok {
				next.Regs.Set(r, v)
			}
		}
		return next, true, nil
	}
	for r, off := range p.Offset {
		if v, err := kmem.U64(u.Mem, base+off); err == nil {
			next.Regs.Set(r, v)
		}
	}
	return next, true, nil
}
