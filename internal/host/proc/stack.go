package proc

import (
	"strconv"
	"strings"

	"gordian/internal/model"
)

// ParseStack parses /proc/PID/task/TID/stack, innermost frame first
// (fs/proc/base.c, proc_pid_stack()): "[<0>] fn+0x1/0x2 [mod]". The kernel
// leaves out the scheduler's own frames. A task that runs has an empty stack.
func ParseStack(b []byte) []model.Frame {
	var out []model.Frame
	for l := range lines(b) {
		_, text, ok := strings.Cut(l, "] ")
		if !ok || !strings.HasPrefix(l, "[<") {
			continue
		}
		if f, ok := parseFrame(text); ok {
			out = append(out, f)
		}
	}
	return out
}

func parseFrame(s string) (model.Frame, bool) {
	var f model.Frame
	place, mod, _ := strings.Cut(s, " [")
	// "[mod]" may carry a build id: "[mod abcdef…]".
	mod, _, _ = strings.Cut(strings.TrimSuffix(mod, "]"), " ")
	f.Module = mod
	name, where, ok := strings.Cut(place, "+0x")
	if !ok {
		return f, false // an address without a symbol says nothing
	}
	off, size, ok := strings.Cut(where, "/0x")
	if !ok {
		return f, false
	}
	var err1, err2 error
	f.Func = name
	f.Offset, err1 = strconv.ParseUint(off, 16, 64)
	f.Size, err2 = strconv.ParseUint(strings.TrimSpace(size), 16, 64)
	return f, err1 == nil && err2 == nil
}

// Syscall is /proc/PID/task/TID/syscall (fs/proc/base.c,
// proc_pid_syscall()).
type Syscall struct {
	Running bool // it was on a CPU: the kernel says no more
	NR      int  // -1: blocked outside of a system call
	Args    [6]uint64
}

// ParseSyscall parses "running", "-1 SP PC" or "NR ARG×6 SP PC".
func ParseSyscall(b []byte) (Syscall, error) {
	f := strings.Fields(string(b))
	if len(f) == 1 && f[0] == "running" {
		return Syscall{Running: true, NR: -1}, nil
	}
	if len(f) != 3 && len(f) != 9 {
		return Syscall{}, notUnderstood("syscall", b)
	}
	nr, err := strconv.Atoi(f[0])
	if err != nil {
		return Syscall{}, notUnderstood("syscall", b)
	}
	s := Syscall{NR: nr}
	if len(f) == 9 {
		for i := range s.Args {
			if s.Args[i], err = strconv.ParseUint(f[i+1], 0, 64); err != nil {
				return Syscall{}, notUnderstood("syscall", b)
			}
		}
	}
	return s, nil
}
