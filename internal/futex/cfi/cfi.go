// Package cfi finds the caller of a frame of a user-space stack by the
// unwinding tables that compilers write into .eh_frame.
//
// The format is that of the Linux Standard Base ("Exception Frames"), which
// follows DWARF 4, section 6.4. Only what x86-64 compilers emit is read: rules
// that are DWARF expressions, but for the two of the procedure linkage table,
// make a frame end the stack.
package cfi

import (
	"debug/elf"
	"errors"
	"fmt"
	"slices"
)

// Registers of x86-64 by their DWARF number (System V ABI, AMD64 supplement,
// figure 3.36).
const (
	RBX = 3
	RBP = 6
	RSP = 7
	R12 = 12
	RIP = 16 // the return address column

	Count = 17
)

// Regs are the registers of a frame. Known has a bit for each that is known.
type Regs struct {
	Value [Count]uint64
	Known uint32
}

// Set makes a register known.
func (r *Regs) Set(n int, v uint64) { r.Value[n], r.Known = v, r.Known|1<<n }

// Get returns a register and whether it is known.
func (r *Regs) Get(n int) (uint64, bool) { return r.Value[n], r.Known&(1<<n) != 0 }

// ErrNoEntry says that no entry covers an address.
var ErrNoEntry = errors.New("no unwind entry")

// Table has the entries of one file.
type Table struct {
	entries []entry // by start
}

// entry is a frame description entry (FDE) with what it takes from its common
// entry (CIE).
type entry struct {
	start, size uint64
	common      *common
	program     []byte
}

type common struct {
	codeAlign uint64
	dataAlign int64
	pointers  byte // encoding of addresses
	signal    bool
	program   []byte
}

// New reads the table of a file. A file without one gives an empty table.
func New(f *elf.File) (*Table, error) {
	s := f.Section(".eh_frame")
	if s == nil || s.Type == elf.SHT_NOBITS {
		return &Table{}, nil
	}
	const most = 64 << 20
	if s.Size > most {
		return nil, fmt.Errorf("read .eh_frame: %d bytes is more than any program has", s.Size)
	}
	data, err := s.Data()
	if err != nil {
		return nil, fmt.Errorf("read .eh_frame: %w", err)
	}
	p := parser{data: data, addr: s.Addr, commons: map[int]*common{}}
	t := &Table{entries: p.all()}
	slices.SortFunc(t.entries, func(a, b entry) int {
		if a.start < b.start {
			return -1
		}
		return 1
	})
	return t, nil
}

// find returns the entry that covers pc, an address as in the file.
func (t *Table) find(pc uint64) (*entry, bool) {
	i, ok := slices.BinarySearchFunc(t.entries, pc, func(e entry, pc uint64) int {
		switch {
		case pc < e.start:
			return 1
		case pc-e.start >= e.size:
			return -1
		}
		return 0
	})
	if !ok {
		return nil, false
	}
	return &t.entries[i], true
}

// Caller returns the registers of the calling frame. pc is an address as in
// the file (the call's, not the one after it); read reads 8 bytes of the
// stack. signal says that the frame is that of a signal handler's return: the
// caller's program counter then is no return address.
func (t *Table) Caller(pc uint64, regs Regs, read func(addr uint64) (uint64, error)) (caller Regs, signal bool, err error) {
	e, ok := t.find(pc)
	if !ok {
		return Regs{}, false, ErrNoEntry
	}
	rules, err := e.run(pc)
	if err != nil {
		return Regs{}, false, err
	}
	cfa, err := rules.cfa.address(regs, pc)
	if err != nil {
		return Regs{}, false, err
	}
	for n := range Count {
		switch r := rules.regs[n]; r.how {
		case saved:
			v, err := read(cfa + uint64(r.offset))
			if err != nil {
				return Regs{}, false, err
			}
			caller.Set(n, v)
		case same:
			if v, ok := regs.Get(n); ok && calleeSaved(n) {
				caller.Set(n, v)
			}
		}
	}
	caller.Set(RSP, cfa)
	return caller, e.common.signal, nil
}

// calleeSaved: those that a function gives back as it found them, if its
// entry does not say otherwise (System V ABI, AMD64, figure 3.4).
func calleeSaved(n int) bool { return n == RBX || n == RBP || (n >= R12 && n <= 15) }
