package kmem

import "encoding/binary"

// Regs are the registers of one CPU at the time of the dump.
type Regs struct {
	// PID is what the note says: the task that ran, or, in QEMU's dumps, the
	// number of the CPU plus one.
	PID uint32
	// GP has the general registers under their DWARF numbers (System V ABI,
	// x86-64, figure 3.36): rax rdx rcx rbx rsi rdi rbp rsp r8 … r15.
	GP    [16]uint64
	RIP   uint64
	Flags uint64
	CS    uint64
	// CR3 is the page table and GS the per-CPU base (of kernel mode); 0 when
	// the dump does not say.
	CR3, GS uint64
}

// DWARF numbers of registers in Regs.GP.
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

// SP returns the stack pointer.
func (r *Regs) SP() uint64 { return r.GP[RSP] }

// User reports whether the CPU ran in user mode.
func (r *Regs) User() bool { return r.CS&3 == 3 }

// prstatusRegs is where pr_reg stands in struct elf_prstatus of x86-64
// (include/linux/elfcore.h), and prstatusPID where pr_pid does.
const (
	prstatusRegs = 112
	prstatusPID  = 32
	prstatusSize = 336
)

// parsePRStatus reads the registers of an NT_PRSTATUS note, which stand in the
// order of struct user_regs_struct (arch/x86/include/asm/user_64.h).
func parsePRStatus(b []byte) (Regs, bool) {
	if len(b) < prstatusSize {
		return Regs{}, false
	}
	u := func(i int) uint64 { return binary.LittleEndian.Uint64(b[prstatusRegs+8*i:]) }
	r := Regs{PID: binary.LittleEndian.Uint32(b[prstatusPID:])}
	for i, reg := range [...]int{R15, R14, R13, R12, RBP, RBX, R11, R10, R9, R8, RAX, RCX, RDX, RSI, RDI} {
		r.GP[reg] = u(i)
	}
	r.RIP, r.CS, r.Flags, r.GP[RSP] = u(16), u(17), u(18), u(19)
	return r, true
}

// qemuGS and friends are offsets into QEMU's own CPU note (target/i386/
// arch_dump.c, QEMUCPUState): version and size, 18 registers, ten segments of
// 24 bytes with the base at 16, five control registers, kernel_gs_base.
const (
	qemuRegs     = 8 + 18*8
	qemuGSBase   = qemuRegs + 4*24 + 16
	qemuCR       = qemuRegs + 10*24
	qemuKernelGS = qemuCR + 5*8
	qemuMinSize  = qemuKernelGS + 8
)

// addQEMU adds what QEMU's note says to the registers of the same CPU.
func (r *Regs) addQEMU(b []byte) {
	if len(b) < qemuCR+5*8 {
		return
	}
	r.CR3 = binary.LittleEndian.Uint64(b[qemuCR+3*8:])
	r.GS = binary.LittleEndian.Uint64(b[qemuGSBase:])
	// Outside kernel mode, SWAPGS has put the kernel's base aside.
	if r.GS>>63 == 0 && len(b) >= qemuMinSize {
		r.GS = binary.LittleEndian.Uint64(b[qemuKernelGS:])
	}
}
