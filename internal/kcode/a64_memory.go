package kcode

import "gordian/internal/unwind"

// a64Memory translates loads and stores.
func (i *instr) a64Memory(w uint32) {
	switch w >> 27 & 7 {
	case 5:
		i.a64Pair(w)
	case 7:
		i.a64Single(w)
	case 3:
		if w>>24&3 == 0 {
			i.a64Literal(w)
		} else if w>>22&3 != 0 {
			i.dst = xArg(w&31, 8)
		}
	case 1:
		i.a64Exclusive(w)
	default: // of vectors: the base may be written
		i.clobber(w >> 5)
	}
}

// clobber says that a register, named by five bits, is written.
func (i *instr) clobber(n uint32) {
	if n&31 != 31 {
		i.clobbers |= 1 << unwind.X(int(n&31))
	}
}

// How an access changes its base register (bits 10 and 11 of single ones, 23
// and 24 of pairs).
const (
	a64Post = 1
	a64Pre  = 3
)

// index notes that the base changes by off, before the access or behind it.
func (i *instr) index(mode uint32, off int64) (disp int64) {
	switch mode {
	case a64Post:
		i.post = off
		return 0
	case a64Pre:
		i.pre = off
		return 0
	}
	return off
}

// a64Pair translates ldp and stp.
func (i *instr) a64Pair(w uint32) {
	vector, load, opc := w>>26&1 == 1, w>>22&1 == 1, w>>30
	size := uint8(4) << (opc >> 1)
	if vector {
		size = 4 << opc
	}
	mem := arg{kind: argMem, size: size, base: xOrSP(w >> 5 & 31)}
	mem.val = i.index(w>>23&3, signed(w, 15, 7)*int64(size))
	first, second := xArg(w&31, size), xArg(w>>10&31, size)
	if vector || size < 8 && load { // nothing that can be followed is loaded
		if !vector {
			i.clobber(w)
			i.clobber(w >> 10)
		}
		first, second = arg{}, arg{}
	}
	i.op, i.second = opPair, second
	i.dst, i.src = mem, first
	if load {
		i.dst, i.src = first, mem
	}
}

// a64Single translates ldr, str and their relatives.
func (i *instr) a64Single(w uint32) {
	size, vector, opc := uint8(1)<<(w>>30), w>>26&1 == 1, w>>22&3
	mem := arg{kind: argMem, size: size, base: xOrSP(w >> 5 & 31)}
	i.op = opMov
	switch {
	case w>>24&1 == 1:
		mem.val = int64(w>>10&0xfff) * int64(size)
	case w>>21&1 == 0:
		mem.val = i.index(w>>10&3, signed(w, 12, 9))
	case w>>10&3 == 2: // register offset
		mem.kind = argOpaque
	default: // ldadd, swp …; ldraa
		i.op, i.dst = opOther, xArg(w&31, 8)
		if w>>10&1 == 1 {
			i.clobber(w >> 5)
		}
		return
	}
	if vector && opc&2 != 0 {
		mem.size = 16
	}
	data := xArg(w&31, size)
	if vector {
		data = arg{}
	}
	switch {
	case size == 8 && opc == 2 && !vector: // prfm
		i.op = opOther
		return
	case vector && opc&1 == 0, opc == 0:
		i.dst, i.src = mem, data
	default:
		data.size = 8 // narrow loads fill the register
		i.dst, i.src = data, mem
	}
	if i.pre != 0 || i.post != 0 {
		i.op = opPair
	}
}

// a64Literal translates loads from near the code.
func (i *instr) a64Literal(w uint32) {
	size := [...]uint8{4, 8, 4, 0}[w>>30]
	if w>>26&1 == 1 || size == 0 {
		return
	}
	i.op, i.dst = opMov, xArg(w&31, 8)
	i.src = arg{kind: argMem, size: size, base: noReg, val: int64(i.addr) + signed(w, 5, 19)<<2}
}

// a64Exclusive translates ldar and stlr. Exclusive ones and cas write what they
// found, or whether they succeeded.
func (i *instr) a64Exclusive(w uint32) {
	ordered, load, other := w>>23&1 == 1, w>>22&1 == 1, w>>21&1 == 1
	size := uint8(1) << (w >> 30)
	mem := arg{kind: argMem, size: size, base: xOrSP(w >> 5 & 31)}
	switch {
	case ordered && !other && load:
		i.op, i.dst, i.src = opMov, xArg(w&31, 8), mem
	case ordered && !other:
		i.op, i.dst, i.src = opMov, mem, xArg(w&31, size)
	case load && !ordered:
		i.clobber(w)
		if other {
			i.clobber(w >> 10)
		}
	default: // stxr, cas, casp
		i.clobber(w >> 16)
		i.clobber(w>>16 + 1)
	}
}
