// Package kcode reads the machine code of a kernel (x86-64, arm64) as it lies in
// memory: it decodes a function, builds its control flow graph, and follows
// register and stack values and the locks that the function has taken, up to
// the place where a task stopped in it.
//
// That answers what the kernel itself does not keep: who holds a semaphore,
// who reads under an rw-semaphore, who is to complete a completion. The
// answers are inferences, and say from which instructions.
// docs/holder-inference.md describes the method and its limits.
package kcode

import (
	"debug/elf"

	"gordian/internal/kmem"
)

// Symbols knows where functions begin and end.
type Symbols interface {
	// Func returns the function that an address is in.
	Func(addr uint64) (Symbol, bool)
}

// Symbol is a function: its code is [Start, End).
type Symbol struct {
	Name       string
	Start, End uint64
}

// Code reads and remembers the functions of one kernel. It is for one
// goroutine.
type Code struct {
	mem   kmem.Memory
	isa   *isa
	sym   Symbols
	does  map[string]Effect
	funcs map[uint64]*function // by start address; nil: not readable
	at    map[place]*Point
	sums  map[uint64]*summary
	calls map[uint64]callee // by target
	depth int               // of summaries under way
	exprs exprs
	left  int // instructions that may still be decoded
}

// maxInstructions bounds the code that one run reads: about 300 bytes each.
const maxInstructions = 200_000

// New returns a reader of the code in m: EM_X86_64 or EM_AARCH64.
func New(m kmem.Memory, sym Symbols, machine elf.Machine) *Code {
	return &Code{mem: m, isa: isaOf(machine), sym: sym, does: effects(), funcs: map[uint64]*function{}, at: map[place]*Point{},
		sums: map[uint64]*summary{}, calls: map[uint64]callee{}, exprs: exprs{ids: map[Value]uint32{}}, left: maxInstructions}
}
