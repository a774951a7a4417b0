package kcode

import "gordian/internal/unwind"

// opcode is what the analysis distinguishes; everything else is opOther, of
// which only what it writes matters.
type opcode uint8

const (
	opOther opcode = iota
	opMov
	opLea
	opAdd   // register plus immediate
	opAlign // and $-n,%rsp
	opZero  // xor r,r
	opPush
	opPop
	opLeave
	opCall
	opJmp
	opJcc
	opRet
	opTest // test r,r or cmp r,0
	opStop // ud2, hlt at the end of a path
	opPair // a load or store of one or two registers that may move its base (arm64)
)

type argKind uint8

const (
	argNone argKind = iota
	argReg
	argImm
	argMem    // base + disp
	argOpaque // memory that cannot be named: indexed, or per-CPU
)

// arg is an operand.
type arg struct {
	kind argKind
	size uint8 // bytes
	reg  unwind.Reg
	base unwind.Reg // of argMem; noReg: disp is the address
	val  int64      // immediate or displacement
}

// instr is a decoded instruction, with what the analysis needs of it.
type instr struct {
	addr     uint64
	target   uint64 // of direct calls and jumps, else 0
	dst, src arg
	clobbers uint32 // registers that it writes besides dst
	n        uint8  // bytes
	op       opcode
	cc       uint8 // condition code of opJcc, as in the instruction
	locked   bool  // LOCK prefix
	// Of opPair: the second register, and what is added to the base before the
	// access and behind it.
	second    arg
	pre, post int64
}

func (i *instr) end() uint64 { return i.addr + uint64(i.n) }

// Condition codes of Jcc (Intel SDM volume 1, appendix B), without the lowest
// bit, which negates.
const (
	ccZero = 4 // JE 4, JNE 5
	ccSign = 8 // JS 8, JNS 9
)
