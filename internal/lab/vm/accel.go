package vm

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Accel is how the guest's instructions are run.
type Accel string

const (
	KVM Accel = "kvm"
	TCG Accel = "tcg" // QEMU translates them: some ten times slower
)

// Numbers of include/uapi/linux/kvm.h.
const (
	kvmGetAPIVersion = 0xae00
	kvmCreateVM      = 0xae01
	kvmAPIVersion    = 12
)

// Detect returns KVM when it works here; otherwise TCG, and why. A device node
// proves nothing (containers have it without the right to use it), so a
// machine is made and thrown away. And KVM without the processor's help (there
// are such, in nested hosts) makes machines that do not get through their BIOS.
func Detect() (Accel, string) {
	if flags, err := os.ReadFile("/proc/cpuinfo"); err == nil && !hasFlag(flags, "vmx", "svm") {
		return TCG, "no KVM: the processor has neither VMX nor SVM, or its hypervisor hides them"
	}
	f, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		return TCG, "no KVM: " + err.Error()
	}
	defer f.Close() //nolint:errcheck // nothing was written
	v, err := unix.IoctlRetInt(int(f.Fd()), kvmGetAPIVersion)
	if err != nil || v != kvmAPIVersion {
		return TCG, fmt.Sprintf("no KVM: /dev/kvm has version %d", v)
	}
	fd, err := unix.IoctlRetInt(int(f.Fd()), kvmCreateVM)
	if err != nil {
		return TCG, "no KVM: " + err.Error()
	}
	_ = unix.Close(fd) // it was never used
	return KVM, ""
}

func (a Accel) args() []string {
	if a == KVM {
		return []string{"-accel", "kvm", "-cpu", "host"}
	}
	return []string{"-accel", "tcg,thread=multi", "-cpu", "max"}
}

// Append is what the kernel's command line needs for this: emulated timer
// interrupts come late when the host is busy, and the kernel would give up on
// the IO-APIC.
func (a Accel) Append() string {
	if a == TCG {
		return "no_timer_check"
	}
	return ""
}

// hasFlag looks for one of the words in the flags of the first CPU.
func hasFlag(cpuinfo []byte, words ...string) bool {
	for line := range strings.Lines(string(cpuinfo)) {
		key, flags, _ := strings.Cut(line, ":")
		if strings.TrimSpace(key) == "flags" {
			return slices.ContainsFunc(strings.Fields(flags), func(f string) bool { return slices.Contains(words, f) })
		}
	}
	return false
}
