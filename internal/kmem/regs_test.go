package kmem

import (
	"debug/elf"
	"encoding/binary"
	"testing"
)

// TestQEMUNote: the notes of QEMU add the per-CPU base,
// which SWAPGS has put aside while the CPU runs a program.
func TestQEMUNote(t *testing.T) {
	le := binary.LittleEndian
	kernel, user := make([]byte, qemuMinSize), make([]byte, qemuMinSize)
	le.PutUint64(kernel[qemuGSBase:], 0xffff888000000000)
	le.PutUint64(user[qemuGSBase:], 0x7f0000001000)
	le.PutUint64(user[qemuKernelGS:], 0xffff888000100000)
	regs := make([]byte, prstatusX86)
	le.PutUint64(regs[prstatusRegs+17*8:], 0x33)
	le.PutUint64(regs[prstatusRegs+19*8:], 0xabc)
	le.PutUint64(regs[prstatusRegs+5*8:], 0xb0b)
	var b []byte
	for range 2 {
		b = appendNote(b, "CORE", ntPRStatus, regs)
	}
	b = appendNote(appendNote(b, "QEMU", 0, kernel), "QEMU", 0, user)
	im := &Image{Machine: elf.EM_X86_64}
	im.addNotes(b)
	if len(im.CPUs) != 2 || im.CPUs[0].Base != 0xffff888000000000 || im.CPUs[1].Base != 0xffff888000100000 {
		t.Errorf("CPUs %+v", im.CPUs)
	}
	if c := im.CPUs[0]; !c.User || c.GP[RSP] != 0xabc || c.GP[RBX] != 0xb0b {
		t.Errorf("registers %+v", c)
	}
}
