package kmem

import (
	"encoding/binary"
	"errors"
)

// x86 is x86-64, with page tables of 4 or 5 levels.
type x86 struct{}

// kernelMap is __START_KERNEL_map (arch/x86/include/asm/page_64_types.h): the
// kernel's image is mapped there, phys_base apart from physical memory.
const kernelMap = 0xffffffff80000000

func (x86) imageOffset(info VMCoreInfo) (uint64, error) {
	base, ok := info.Number("phys_base")
	if !ok {
		return 0, errors.New("VMCOREINFO does not say phys_base")
	}
	return kernelMap - uint64(base), nil
}

func (x86) tables(info VMCoreInfo) (tables, error) {
	levels := 4
	if l5, _ := info.Number("pgtable_l5_enabled"); l5 == 1 {
		levels = 5
	}
	return x86Tables(levels), nil
}

// Bits of a page table entry (arch/x86/include/asm/pgtable_types.h).
const (
	ptePresent = 1 << 0
	pteHuge    = 1 << 7
	pteAddr    = 0x000ffffffffff000
)

func x86Tables(levels int) tables {
	return tables{
		levels: levels, pageShift: 12, topBits: 9,
		valid: func(va uint64) bool { // all bits above the ones that are translated are equal
			top := int64(va) >> (12 + 9*levels - 1)
			return top == 0 || top == -1
		},
		entry: func(e uint64, level int) (pa uint64, k entryKind) {
			switch {
			case e&ptePresent == 0:
				return 0, entryNone
			case level == 1 || level <= 3 && e&pteHuge != 0:
				return e & pteAddr, entryPage
			}
			return e & pteAddr, entryTable
		},
	}
}

// DWARF numbers of registers in Regs.GP (System V ABI, x86-64, figure 3.36).
const (
	RAX = iota
	RDX
	RCX
	RBX
	RSI
	RDI
	RBP
	RSP
	R8
	R9
	R10
	R11
	R12
	R13
	R14
	R15
)

// prstatusX86 is the least size of struct elf_prstatus.
const prstatusX86 = 336

// registers: they stand in the order of struct user_regs_struct
// (arch/x86/include/asm/user_64.h).
func (x86) registers(r *Regs, b []byte) bool {
	if len(b) < prstatusX86 {
		return false
	}
	u := func(i int) uint64 { return binary.LittleEndian.Uint64(b[prstatusRegs+8*i:]) }
	for i, reg := range [...]int{R15, R14, R13, R12, RBP, RBX, R11, R10, R9, R8, RAX, RCX, RDX, RSI, RDI} {
		r.GP[reg] = u(i)
	}
	const interruptFlag = 1 << 9
	r.PC, r.GP[RSP] = u(16), u(19)
	r.User, r.IRQsOff = u(17)&3 == 3, u(18)&interruptFlag == 0
	return true
}

// qemuGSBase and friends are offsets into QEMU's own CPU note (target/i386/
// arch_dump.c, QEMUCPUState): version and size, 18 registers, ten segments of
// 24 bytes with the base at 16, five control registers, kernel_gs_base.
const (
	qemuRegs     = 8 + 18*8
	qemuGSBase   = qemuRegs + 4*24 + 16
	qemuCR       = qemuRegs + 10*24
	qemuKernelGS = qemuCR + 5*8
	qemuMinSize  = qemuKernelGS + 8
)

func (x86) more(r *Regs, b []byte) {
	if len(b) < qemuCR+5*8 {
		return
	}
	r.Base = binary.LittleEndian.Uint64(b[qemuGSBase:])
	// Outside kernel mode, SWAPGS has put the kernel's base aside.
	if r.Base>>63 == 0 && len(b) >= qemuMinSize {
		r.Base = binary.LittleEndian.Uint64(b[qemuKernelGS:])
	}
}
