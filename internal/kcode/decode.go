package kcode

import (
	"errors"

	"golang.org/x/arch/x86/x86asm"

	"gordian/internal/unwind"
)

var errCode = errors.New("no instruction that gordian knows")

// decode reads the instruction at the start of b.
func decode(b []byte, addr uint64) (instr, error) {
	if n := special(b); n > 0 {
		return instr{addr: addr, n: uint8(n)}, nil
	}
	in, err := x86asm.Decode(b, 64)
	if err != nil || in.Len <= 0 {
		if n := skip(b); n > 0 {
			return instr{addr: addr, n: uint8(n)}, nil
		}
		return instr{}, errCode
	}
	i := instr{addr: addr, n: uint8(in.Len)}
	for _, p := range in.Prefix {
		i.locked = i.locked || p&0xff == x86asm.PrefixLOCK
	}
	i.fill(&in)
	return i, nil
}

// special returns the length of instructions that the decoder does not know
// and that change nothing: endbr64 and endbr32, clac and stac, rdssp.
func special(b []byte) int {
	switch {
	case len(b) >= 4 && b[0] == 0xf3 && b[1] == 0x0f && b[2] == 0x1e && (b[3] == 0xfa || b[3] == 0xfb):
		return 4
	case len(b) >= 3 && b[0] == 0x0f && b[1] == 0x01 && b[2] >= 0xca && b[2] <= 0xcb:
		return 3
	}
	return 0
}

// skip returns the length of rarer instructions that the decoder does not
// know; they write no general register that holds an address.
func skip(b []byte) int {
	switch {
	case len(b) >= 3 && b[0] == 0x0f && b[1] == 0x01 && b[2] >= 0xc0:
		return 3 // vmcall, monitor, xgetbv, serialize, …
	case len(b) >= 5 && b[0] == 0xf3 && b[1] == 0x48 && b[2] == 0x0f && b[3] == 0x1e:
		return 5 // rdsspq
	case len(b) >= 4 && b[0] == 0xf3 && b[1] == 0x0f && b[2] == 0xae:
		return 4 // rdfsbase and its like
	case len(b) >= 4 && b[0] == 0x66 && b[1] == 0x0f && b[2] == 0xae && b[3] >= 0xc0:
		return 4 // tpause
	case len(b) >= 3 && b[0] == 0x0f && b[1] == 0xb9 && b[2] >= 0xc0:
		return 3 // ud1
	}
	return 0
}

// fill translates an instruction.
func (i *instr) fill(in *x86asm.Inst) {
	i.dst, i.src = i.operand(in, 0), i.operand(in, 1)
	switch in.Op {
	case x86asm.MOV:
		i.op = opMov
	case x86asm.LEA:
		i.op = opLea
	case x86asm.ADD, x86asm.SUB:
		i.fillAdd(in.Op == x86asm.SUB)
	case x86asm.AND:
		if i.dst.kind == argReg && i.dst.reg == unwind.SP && i.src.kind == argImm && i.src.val < 0 {
			i.op = opAlign
		}
	case x86asm.XOR:
		if i.dst.kind == argReg && i.src.kind == argReg && i.dst.reg == i.src.reg {
			i.op = opZero
		}
	case x86asm.PUSH:
		i.op = opPush
	case x86asm.POP:
		i.op = opPop
	case x86asm.PUSHFQ:
		i.op, i.dst = opPush, arg{}
	case x86asm.POPFQ:
		i.op, i.dst = opPop, arg{}
	case x86asm.LEAVE:
		i.op = opLeave
	case x86asm.CALL:
		i.op = opCall
	case x86asm.JMP:
		i.op = opJmp
	case x86asm.RET, x86asm.IRETQ, x86asm.SYSRET:
		i.op = opRet
	case x86asm.UD2, x86asm.UD1:
		i.op = opStop
	case x86asm.TEST, x86asm.CMP:
		i.fillTest(in.Op == x86asm.CMP)
	default:
		i.fillOther(in)
	}
	if i.op == opCall || i.op == opJmp || i.op == opJcc {
		if rel, ok := in.Args[0].(x86asm.Rel); ok {
			i.target = i.end() + uint64(int64(rel))
		}
	}
}

func (i *instr) fillAdd(sub bool) {
	if i.dst.kind != argReg || i.src.kind != argImm {
		return
	}
	i.op = opAdd
	if sub {
		i.src.val = -i.src.val
	}
}

// fillTest keeps comparisons of a register with zero; others write flags only.
func (i *instr) fillTest(cmp bool) {
	zero := !cmp && i.src.kind == argReg && i.src.reg == i.dst.reg || cmp && i.src.kind == argImm && i.src.val == 0
	if i.dst.kind == argReg && zero {
		i.op = opTest
		return
	}
	i.dst, i.src = arg{}, arg{}
}

// fillOther says what an instruction writes that the analysis does not follow.
func (i *instr) fillOther(in *x86asm.Inst) {
	const ax, cx, dx, bx = 1 << unwind.AX, 1 << unwind.CX, 1 << unwind.DX, 1 << unwind.BX
	const si, di = 1 << unwind.SI, 1 << unwind.DI
	if cc, ok := conditional(in.Op); ok {
		i.op, i.cc = opJcc, cc
		return
	}
	switch in.Op {
	case x86asm.MUL, x86asm.DIV, x86asm.IDIV, x86asm.CDQ, x86asm.CQO, x86asm.CWD, x86asm.RDTSC, x86asm.RDMSR, x86asm.RDPMC, x86asm.CMPXCHG16B, x86asm.XGETBV:
		i.clobbers, i.dst = ax|dx, arg{}
	case x86asm.IMUL:
		if in.Args[1] == nil {
			i.clobbers, i.dst = ax|dx, arg{}
		}
	case x86asm.CPUID, x86asm.RDTSCP:
		i.clobbers, i.dst = ax|bx|cx|dx, arg{}
	case x86asm.CMPXCHG:
		i.clobbers = ax
	case x86asm.XCHG, x86asm.XADD:
		if i.src.kind == argReg {
			i.clobbers = 1 << i.src.reg
		}
	case x86asm.MOVSB, x86asm.MOVSW, x86asm.MOVSD, x86asm.MOVSQ, x86asm.STOSB, x86asm.STOSW, x86asm.STOSD, x86asm.STOSQ, x86asm.CMPSB, x86asm.CMPSW, x86asm.CMPSD, x86asm.CMPSQ,
		x86asm.SCASB, x86asm.SCASW, x86asm.SCASD, x86asm.SCASQ, x86asm.LODSB, x86asm.LODSW, x86asm.LODSD, x86asm.LODSQ, x86asm.INSB, x86asm.INSW, x86asm.INSD, x86asm.OUTSB, x86asm.OUTSW, x86asm.OUTSD:
		i.clobbers, i.dst = ax|cx|si|di, arg{}
	case x86asm.NOP, x86asm.CMPXCHG8B, x86asm.BT, x86asm.PREFETCHT0, x86asm.PREFETCHNTA, x86asm.PREFETCHW:
		i.dst, i.src = arg{}, arg{}
	}
}

// conditional returns the condition code of a conditional jump. LOOP and JRCXZ
// count as conditions of their own.
func conditional(op x86asm.Op) (uint8, bool) {
	switch op {
	case x86asm.JO:
		return 0, true
	case x86asm.JNO:
		return 1, true
	case x86asm.JB:
		return 2, true
	case x86asm.JAE:
		return 3, true
	case x86asm.JE:
		return 4, true
	case x86asm.JNE:
		return 5, true
	case x86asm.JBE:
		return 6, true
	case x86asm.JA:
		return 7, true
	case x86asm.JS:
		return 8, true
	case x86asm.JNS:
		return 9, true
	case x86asm.JP:
		return 10, true
	case x86asm.JNP:
		return 11, true
	case x86asm.JL:
		return 12, true
	case x86asm.JGE:
		return 13, true
	case x86asm.JLE:
		return 14, true
	case x86asm.JG:
		return 15, true
	case x86asm.JRCXZ, x86asm.JECXZ, x86asm.LOOP, x86asm.LOOPE, x86asm.LOOPNE:
		return 16, true
	}
	return 0, false
}

// operand translates an operand.
func (i *instr) operand(in *x86asm.Inst, n int) arg {
	switch a := in.Args[n].(type) {
	case x86asm.Reg:
		if r, size, ok := register(a); ok {
			return arg{kind: argReg, reg: r, size: size}
		}
		return arg{kind: argNone}
	case x86asm.Imm:
		return arg{kind: argImm, val: int64(a), size: uint8(in.DataSize / 8)}
	case x86asm.Mem:
		return i.memory(a, in.MemBytes)
	}
	return arg{}
}

func (i *instr) memory(m x86asm.Mem, size int) arg {
	out := arg{kind: argMem, size: uint8(size), base: noReg, val: m.Disp}
	if m.Segment == x86asm.GS || m.Segment == x86asm.FS || m.Index != 0 {
		out.kind = argOpaque
		return out
	}
	switch {
	case m.Base == x86asm.RIP:
		out.val += int64(i.end())
	case m.Base != 0:
		r, _, ok := register(m.Base)
		if !ok {
			out.kind = argOpaque
			return out
		}
		out.base = r
	default:
		out.val = int64(int32(m.Disp))
	}
	return out
}

// register translates a general register and its width.
func register(r x86asm.Reg) (unwind.Reg, uint8, bool) {
	switch {
	case r >= x86asm.RAX && r <= x86asm.R15:
		return unwind.Reg(r - x86asm.RAX), 8, true
	case r >= x86asm.EAX && r <= x86asm.R15L:
		return unwind.Reg(r - x86asm.EAX), 4, true
	case r >= x86asm.AX && r <= x86asm.R15W:
		return unwind.Reg(r - x86asm.AX), 2, true
	case r >= x86asm.AL && r <= x86asm.BL:
		return unwind.Reg(r - x86asm.AL), 1, true
	case r >= x86asm.AH && r <= x86asm.BH:
		return unwind.Reg(r - x86asm.AH), 1, true
	case r >= x86asm.SPB && r <= x86asm.R15B:
		return unwind.SP + unwind.Reg(r-x86asm.SPB), 1, true
	}
	return 0, 0, false
}
