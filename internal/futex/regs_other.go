//go:build !amd64

package futex

import (
	"errors"

	"gordian/internal/futex/cfi"
)

func registers([]int) (map[int]cfi.Regs, error) {
	return nil, errors.New("stacks of processes are read on x86-64 only")
}
