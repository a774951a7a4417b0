package unwind

import (
	"encoding/binary"
	"fmt"

	"gordian/internal/kmem"
)

// Records walks stacks of arm64 by frame records (AAPCS64, 6.4.6): x29 points
// to two words, the caller's x29 and the return address. arm64 kernels are
// always built with them (arch/arm64/kernel/stacktrace.c).
//
// The stack pointers of callers are not known exactly. SP is given as where
// the frame's record lies, which is the lower end of most frames.
type Records struct {
	Mem kmem.Memory
	// PAC has the bits in which a return address may be signed: KERNELPACMASK
	// of VMCOREINFO, 0 without pointer authentication.
	PAC uint64
	// InKernel reports whether an address can be kernel code.
	InKernel func(ip uint64) bool
	// Start returns where the function of an address begins.
	Start func(ip uint64) (uint64, bool)
	// Entry reports whether an address is in the code of exception entries.
	Entry  func(ip uint64) bool
	PtRegs RecordRegs
}

// RecordRegs are offsets into struct pt_regs of arm64.
type RecordRegs struct {
	Regs, SP, PC, PState uint64
	// Record is where an exception entry puts the frame record of what it
	// interrupted. Typed records (struct frame_record_meta, 6.13) are two zeros
	// and a word that says what they stand for.
	Record uint64
	Typed  bool
}

// Types of struct frame_record_meta (arch/arm64/include/asm/stacktrace/frame.h).
const (
	recordFinal  = 1
	recordPtRegs = 2
)

// Walk implements Walker. Without restore, no registers of callers are known
// but x29.
func (u *Records) Walk(regs Regs, trap bool, restore Restorer) ([]Frame, error) {
	return walk(regs, trap, func(f *Frame) (Frame, bool, error) { return u.step(f, restore) })
}

func (u *Records) step(f *Frame, r Restorer) (next Frame, more bool, err error) {
	fp, known := f.Regs.Get(X(29))
	switch {
	case !known:
		return next, false, fmt.Errorf("unwind at %#x: %w", f.Regs.IP, errLost)
	case fp == 0:
		return next, false, nil
	case fp&7 != 0:
		return next, false, fmt.Errorf("unwind at %#x: %#x is no frame record", f.Regs.IP, fp)
	}
	if r != nil {
		f.CFA, _ = r.Base(f)
	}
	if next, ok := u.fromLink(f, fp); ok {
		u.restore(f, &next, r)
		return next, true, nil
	}
	var b [16]byte
	if err := kmem.Read(u.Mem, b[:], fp); err != nil {
		return next, false, fmt.Errorf("unwind: frame record: %w", err)
	}
	up, ip := binary.LittleEndian.Uint64(b[:]), binary.LittleEndian.Uint64(b[8:])
	if up == 0 && ip == 0 {
		return u.outermost(fp)
	}
	ip |= u.strip(ip)
	if !f.Trap && u.Entry(f.Regs.IP) {
		if pc, err := kmem.U64(u.Mem, fp-u.PtRegs.Record+u.PtRegs.PC); err == nil && pc == ip {
			return u.fromRegs(fp - u.PtRegs.Record)
		}
	}
	if !u.InKernel(ip) {
		return next, false, fmt.Errorf("unwind: %#x at %#x is no kernel code", ip, fp+8)
	}
	next.Regs.IP = ip
	next.Regs.Set(X(29), up)
	next.Regs.Set(SP, up)
	u.restore(f, &next, r)
	return next, true, nil
}

// restore recovers the callee-saved registers of the caller.
func (u *Records) restore(f, next *Frame, r Restorer) {
	if f.CFA == 0 { // nothing that was saved can be found
		return
	}
	restore(u.Mem, f, next, r)
	next.Regs.Set(SP, f.CFA)
}

// strip returns the bits that a signature has taken from a kernel address: they
// are all ones (ptrauth_strip_kernel_insn_pac()).
func (u *Records) strip(ip uint64) uint64 {
	if ip>>55&1 == 0 {
		return 0 // of a program
	}
	return u.PAC
}

// outermost is a record of zeros: the end, or, with a type, perhaps registers.
func (u *Records) outermost(fp uint64) (next Frame, more bool, err error) {
	if !u.PtRegs.Typed {
		return next, false, nil
	}
	typ, err := kmem.U64(u.Mem, fp+16)
	switch {
	case err != nil:
		return next, false, fmt.Errorf("unwind: frame record: %w", err)
	case typ == recordPtRegs:
		return u.fromRegs(fp - u.PtRegs.Record)
	case typ == recordFinal:
		return next, false, nil
	}
	return next, false, fmt.Errorf("unwind: the frame record at %#x is of unknown type %d", fp, typ)
}

// fromRegs goes on from the struct pt_regs of an exception.
func (u *Records) fromRegs(at uint64) (next Frame, more bool, err error) {
	p := &u.PtRegs
	var word [3]uint64
	for i, off := range [...]uint64{p.PC, p.PState, p.SP} {
		if word[i], err = kmem.U64(u.Mem, at+off); err != nil {
			return next, false, fmt.Errorf("unwind: registers at %#x: %w", at, err)
		}
	}
	const modeEL = 0xf
	if word[1]&modeEL == 0 {
		return next, false, nil // it was user space that was interrupted
	}
	next.Trap = true
	next.Regs.IP = word[0]
	if !u.InKernel(word[0]) {
		return next, false, fmt.Errorf("unwind: interrupted at %#x, which is no kernel code", word[0])
	}
	for n := range 31 {
		if v, err := kmem.U64(u.Mem, at+p.Regs+8*uint64(n)); err == nil {
			next.Regs.Set(X(n), v)
		}
	}
	next.Regs.Set(SP, word[2])
	return next, true, nil
}

// fromLink finds the caller of an interrupted function that has no record: a
// leaf never makes one, others have not yet or no longer. The return address is
// in x30 then.
func (u *Records) fromLink(f *Frame, fp uint64) (next Frame, ok bool) {
	lr, known := f.Regs.Get(X(30))
	lr |= u.strip(lr)
	if !f.Trap || !known || !u.InKernel(lr) || u.recorded(f, fp) {
		return next, false
	}
	sp, _ := f.Regs.Get(SP)
	next.Regs.IP = lr
	next.Regs.Set(X(29), fp)
	next.Regs.Set(SP, sp)
	return next, true
}

// Instructions (Arm ARM, C6.2).
const (
	insnSetFP     = 0x910003fd // add x29, sp, #imm; with 0, it is mov x29, sp
	insnSetFPMask = 0xffc003ff
	insnRet       = 0xd65f03c0
	insnHint      = 0xd503201f // nop, bti, autiasp …
	insnHintMask  = 0xfffff01f
)

// maxPrologue bounds how far behind its start a function may make its record.
const maxPrologue = 4096

// recorded reports whether the function that a frame was interrupted in has
// its own record at fp: before the instruction is one that puts x29 where it
// is, and what follows is not the return.
func (u *Records) recorded(f *Frame, fp uint64) bool {
	start, ok := u.Start(f.Regs.IP)
	if !ok || f.Regs.IP < start {
		return true
	}
	for at := f.Regs.IP; at < f.Regs.IP+16; at += 4 {
		w, err := kmem.U32(u.Mem, at)
		if err == nil && w == insnRet {
			return false
		}
		if err != nil || w&insnHintMask != insnHint {
			break
		}
	}
	code, err := kmem.Bytes(u.Mem, start, int(min(f.Regs.IP-start, maxPrologue)))
	if err != nil {
		return true
	}
	sp, _ := f.Regs.Get(SP)
	for ; len(code) >= 4; code = code[4:] {
		w := binary.LittleEndian.Uint32(code)
		if w&insnSetFPMask == insnSetFP && fp == sp+uint64(w>>10&0xfff) {
			return true
		}
	}
	return false
}
