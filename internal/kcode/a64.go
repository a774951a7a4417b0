package kcode

import (
	"encoding/binary"

	"gordian/internal/kmem"
	"gordian/internal/unwind"
)

// a64 is the instruction set of arm64 (Arm ARM, C4.1), with AAPCS64.
func a64() *isa {
	s := &isa{decode: decodeA64, through: throughVeneer, result: unwind.X(0), fp: unwind.X(29), callSize: 4}
	for n := range 31 {
		switch r := unwind.X(n); {
		case n < 8:
			s.args = append(s.args, r)
			fallthrough
		case n < 19 || n == 30:
			s.callerSaved |= 1 << r
		case n < 29:
			s.calleeSaved = append(s.calleeSaved, r)
		}
	}
	return s
}

// decodeA64 reads the instruction at the start of b. One that is not
// translated counts as writing what its fields for registers can name.
func decodeA64(b []byte, addr uint64) (instr, error) {
	if len(b) < 4 {
		return instr{}, errCode
	}
	w := binary.LittleEndian.Uint32(b)
	i := instr{addr: addr, n: 4}
	switch w >> 25 & 15 {
	case 8, 9:
		i.a64Immediate(w)
	case 10, 11:
		i.a64Branch(w)
	case 4, 6, 12, 14:
		i.a64Memory(w)
	case 5, 13:
		i.a64Register(w)
	case 7, 15: // floating point: some write a general register
		i.dst = xArg(w&31, 8)
	default:
		if w>>16 != 0 {
			return instr{}, errCode
		}
		i.op = opStop // udf
	}
	return i, nil
}

// xArg is a register where 31 is the zero register.
func xArg(n uint32, size uint8) arg {
	if n == 31 {
		return arg{kind: argImm, size: size}
	}
	return arg{kind: argReg, reg: unwind.X(int(n)), size: size}
}

// xOrSP is a register where 31 is the stack pointer.
func xOrSP(n uint32) unwind.Reg {
	if n == 31 {
		return unwind.SP
	}
	return unwind.X(int(n))
}

// width is the size that the bit sf says.
func width(w uint32) uint8 { return 4 << (w >> 31) }

// signed takes n bits from bit at on as a signed number.
func signed(w uint32, at, n uint) int64 { return int64(int32(w<<(32-at-n)) >> (32 - n)) }

func (i *instr) a64Immediate(w uint32) {
	i.dst = xArg(w&31, width(w))
	switch w >> 23 & 7 {
	case 0, 1: // adr, adrp
		off, from := signed(w, 5, 19)<<2|int64(w>>29&3), int64(i.addr)
		if w>>31 == 1 {
			off, from = off<<12, from&^0xfff
		}
		i.op, i.dst, i.src = opMov, xArg(w&31, 8), arg{kind: argImm, val: from + off}
	case 2:
		i.a64Add(w)
	case 5: // movn, movz, movk
		v := int64(w>>5&0xffff) << (w >> 21 & 3 * 16)
		switch w >> 29 & 3 {
		case 0:
			i.op, i.src = opMov, arg{kind: argImm, val: ^v}
		case 2:
			i.op, i.src = opMov, arg{kind: argImm, val: v}
		}
	}
}

// a64Add translates add and sub of an immediate, and the comparisons.
func (i *instr) a64Add(w uint32) {
	v := int64(w >> 10 & 0xfff)
	if w>>22&1 == 1 {
		v <<= 12
	}
	sub, flags := w>>30&1 == 1, w>>29&1 == 1
	switch {
	case flags && sub && w&31 == 31 && v == 0: // cmp x, #0
		i.op, i.dst = opTest, arg{kind: argReg, reg: xOrSP(w >> 5 & 31), size: width(w)}
	case flags || width(w) < 8:
	default:
		if sub {
			v = -v
		}
		i.op, i.dst = opLea, arg{kind: argReg, reg: xOrSP(w & 31), size: 8}
		i.src = arg{kind: argMem, size: 8, base: xOrSP(w >> 5 & 31), val: v}
	}
}

// a64Register translates moves and comparisons of registers.
func (i *instr) a64Register(w uint32) {
	rd, rn, rm := w&31, w>>5&31, w>>16&31
	i.dst = xArg(rd, width(w))
	opc, plain := w>>29&3, w>>10&0x3f == 0
	switch w >> 24 & 31 {
	case 10: // logical, of a shifted register
		plain = plain && w>>21&7 == 0
		if plain && opc == 1 && rn == 31 {
			i.op, i.src = opMov, xArg(rm, width(w))
		}
		if plain && opc == 3 && rd == 31 && rn == rm && rn != 31 {
			i.op, i.dst = opTest, xArg(rn, width(w))
		}
	case 11: // add and sub
		if opc == 3 && rd == 31 && rm == 31 && rn != 31 {
			i.op, i.dst = opTest, xArg(rn, width(w))
		} else if opc&1 == 0 && rd == 31 && w>>21&1 == 1 {
			i.dst = arg{kind: argReg, reg: unwind.SP, size: 8}
		}
	case 26:
		if w>>21&7 == 2 { // ccmp writes flags
			i.dst = arg{}
		}
	}
}

// a64Branch translates branches, and what is encoded among them.
func (i *instr) a64Branch(w uint32) {
	to := func(at, n uint) uint64 { return i.addr + uint64(signed(w, at, n)<<2) }
	switch {
	case w>>26 == 0x05:
		i.op, i.target = opJmp, to(0, 26)
	case w>>26 == 0x25:
		i.op, i.target = opCall, to(0, 26)
	case w>>24 == 0x54:
		i.op, i.target, i.cc = opJcc, to(5, 19), a64Condition(w&15)
		if w&14 == 14 { // always
			i.op = opJmp
		}
	case w>>25&0x3f == 0x1a: // cbz, cbnz
		i.op, i.target, i.cc = opJcc, to(5, 19), ccZero|uint8(w>>24&1)
		i.dst = xArg(w&31, width(w))
	case w>>25&0x3f == 0x1b: // tbz, tbnz: of the sign bit, or of another one
		i.op, i.target, i.cc = opJcc, to(5, 14), ccOther
		if w>>19&31 == 31 {
			i.dst, i.cc = xArg(w&31, width(w)), ccSign|uint8(1-w>>24&1)
		}
	case w>>25 == 0x6b:
		switch w >> 21 & 7 {
		case 1:
			i.op = opCall
		case 2, 4: // ret, eret
			i.op = opRet
		default:
			i.op = opJmp
		}
	case w&0xffe0001f == 0xd4200000: // brk
		i.op = opStop
	case w>>22 == 0x354 && w>>21&1 == 1: // mrs
		i.dst = xArg(w&31, 8)
	}
}

// ccOther is a condition that says nothing of zero or of a sign.
const ccOther = 2

// a64Condition is a condition as x86 numbers it. After a comparison with zero,
// "less" is the sign.
func a64Condition(c uint32) uint8 {
	switch c {
	case 0, 1:
		return ccZero | uint8(c)
	case 4, 5:
		return ccSign | uint8(c-4)
	case 10: // ge
		return ccSign | 1
	case 11: // lt
		return ccSign
	}
	return ccOther
}

// throughVeneer follows what the module loader makes for calls that are too far
// (arch/arm64/kernel/module-plts.c): adrp x16; add x16, x16, #lo12; br x16.
func throughVeneer(m kmem.Memory, to uint64) uint64 {
	const hint, hintMask = 0xd503201f, 0xfffff01f
	at := to
	if w, err := kmem.U32(m, at); err == nil && w&hintMask == hint {
		at += 4
	}
	b, err := kmem.Bytes(m, at, 12)
	if err != nil {
		return to
	}
	adrp, add, br := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])
	if adrp&0x9f00001f != 0x90000010 || add&0xffc003ff != 0x91000210 || br != 0xd61f0200 {
		return to
	}
	i, _ := decodeA64(b, at)
	return uint64(i.src.val) + uint64(add>>10&0xfff)
}
