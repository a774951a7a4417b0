package futex

import (
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// lookError says in words why a process could not be looked at.
func lookError(pid int, err error) error {
	switch {
	case errors.Is(err, syscall.ESRCH), errors.Is(err, fs.ErrNotExist):
		if _, e := os.Stat(fmt.Sprintf("/proc/%d", pid)); e == nil {
			return fmt.Errorf("look at process %d: it ended meanwhile", pid)
		}
		return fmt.Errorf("look at process %d: there is none", pid)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("look at process %d: its memory may not be read: %s (%w)", pid, denied(), err)
	}
	return fmt.Errorf("look at process %d: %w", pid, err)
}

// denied explains a refusal (kernel/ptrace.c, __ptrace_may_access(), and
// security/yama/yama_lsm.c).
func denied() string {
	const root = "run gordian as root"
	if os.Geteuid() == 0 {
		return "even root needs CAP_SYS_PTRACE for that, which containers and services are often without (docker run --cap-add SYS_PTRACE)"
	}
	b, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	switch scope := strings.TrimSpace(string(b)); {
	case err != nil || scope == "0":
		return root + ", or as the user of the process (programs that changed their user or may not dump core are root's only)"
	case scope == "3":
		return "kernel.yama.ptrace_scope is 3, which forbids it to everybody until the next boot"
	default:
		return root + ": kernel.yama.ptrace_scope is " + scope + ", with which no user may look into processes that are not children of the looker, not even his own (root can set it to 0)"
	}
}

// machine fails for a program whose locks are laid out in another way. One
// whose file cannot be read is taken for x86-64.
func machine(dir string) error {
	f, err := elf.Open(filepath.Join(dir, "exe"))
	if err != nil {
		return nil //nolint:nilerr // said by what is read next, if it matters
	}
	defer f.Close() //nolint:errcheck // opened for reading
	if f.Class == elf.ELFCLASS32 {
		return errors.New("it is a 32-bit program, whose locks are laid out in another way: only 64-bit programs of x86-64 are read")
	}
	if f.Machine != elf.EM_X86_64 {
		return fmt.Errorf("it is a program for %v: only 64-bit programs of x86-64 are read", f.Machine)
	}
	return nil
}
