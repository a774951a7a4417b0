package kmem

import "encoding/binary"

// Regs are the registers of one CPU at the time of the dump.
type Regs struct {
	// PID is what the note says: the task that ran, or, in QEMU's dumps, the
	// number of the CPU plus one.
	PID uint32
	// GP has the general registers under their DWARF numbers: RAX … R15 of
	// x86-64; x0 to x30 and sp of arm64.
	GP [32]uint64
	PC uint64
	// User: the CPU ran in user mode. IRQsOff: it took no interrupts.
	User, IRQsOff bool
	// Base is the per-CPU base of kernel mode; 0 when the dump does not say.
	Base uint64
}

// prstatusRegs is where pr_reg stands in struct elf_prstatus
// (include/linux/elfcore.h) with 64 bits, and prstatusPID where pr_pid does.
const (
	prstatusRegs = 112
	prstatusPID  = 32
)

func parsePRStatus(a arch, b []byte) (Regs, bool) {
	var r Regs
	if !a.registers(&r, b) {
		return Regs{}, false
	}
	r.PID = binary.LittleEndian.Uint32(b[prstatusPID:])
	return r, true
}
