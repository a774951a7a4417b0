package cli

import (
	"gordian/internal/futex"
	"gordian/internal/futex/cfi"
	"gordian/internal/model"
	"gordian/internal/trace"
)

// userSpace gives package trace the names of a process.
type userSpace struct{ *futex.Space }

func (u *userSpace) Program() string { return u.Name }

func (u *userSpace) Stack(e *trace.UserEvent) []model.Frame {
	var regs cfi.Regs
	for i, n := range [len(e.Regs)]int{cfi.RBX, cfi.RBP, cfi.RSP, cfi.R12, cfi.R12 + 1, cfi.R12 + 2, cfi.R12 + 3, cfi.RIP} {
		regs.Set(n, e.Regs[i])
	}
	return u.Space.Stack(regs, e.Memory)
}
