package kmem

import (
	"debug/elf"
	"fmt"
	"runtime"
)

// arch is what dumps of one processor architecture have of their own. All of
// them have 64 bits and are little endian.
type arch interface {
	// registers reads the registers of an NT_PRSTATUS note, behind pr_pid.
	registers(r *Regs, desc []byte) bool
	// more adds what QEMU's own note says of the same CPU.
	more(r *Regs, desc []byte)
	// imageOffset is by how much the virtual addresses of the kernel's image
	// exceed its physical ones.
	imageOffset(info VMCoreInfo) (uint64, error)
	// tables describes the page tables; the root is set by the caller.
	tables(info VMCoreInfo) (tables, error)
}

// archOf returns the architecture of dumps with a machine in their header.
func archOf(m elf.Machine) (arch, error) {
	switch m {
	case elf.EM_X86_64:
		return x86{}, nil
	case elf.EM_AARCH64:
		return arm64{}, nil
	}
	return nil, fmt.Errorf("a dump of %v: only x86-64 and arm64 can be read: %w", m, ErrNotDump)
}

// machineNamed is the machine that uname(2) gives a name: so the headers of
// makedumpfile say it. QEMU writes "Unknown" for most: EM_NONE.
func machineNamed(uname string) (elf.Machine, error) {
	switch uname {
	case "x86_64":
		return elf.EM_X86_64, nil
	case "aarch64":
		return elf.EM_AARCH64, nil
	case "", "Unknown":
		return elf.EM_NONE, nil
	}
	return 0, fmt.Errorf("a dump of %q: only x86-64 and arm64 can be read: %w", uname, ErrNotDump)
}

// machineOfNotes tells the machine from the size of an NT_PRSTATUS note.
func machineOfNotes(b []byte) elf.Machine {
	notes, _ := parseNotes(b)
	for _, n := range notes {
		if n.name == "CORE" && n.typ == ntPRStatus && len(n.desc) >= prstatusArm64 {
			return elf.EM_AARCH64
		}
	}
	return elf.EM_X86_64
}

// hostMachine is that of the running kernel.
func hostMachine() elf.Machine {
	if runtime.GOARCH == "arm64" {
		return elf.EM_AARCH64
	}
	return elf.EM_X86_64
}
