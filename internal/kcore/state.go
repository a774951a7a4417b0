package kcore

import (
	"context"
	"fmt"

	"gordian/internal/kcode"
	"gordian/internal/kmem"
	"gordian/internal/ksym"
	"gordian/internal/ktype"
	"gordian/internal/model"
	"gordian/internal/unwind"
)

// State is what the tasks of a kernel were doing: their stacks, what they wait
// for and what they hold. It is for one goroutine.
type State struct {
	K     *Kernel
	Tasks []*Task // by the kernel's list: leaders with their threads, then the idle tasks
	Locks []*Lock // that somebody waits for, in the order of the tasks
	CPUs  []CPU

	// Incomplete lists what could not be read, for people.
	Incomplete []string

	mem      kmem.Memory
	byAddr   map[uint64]*Task
	locks    map[lockKey]*Lock
	layout   map[[2]string]ktype.Field
	lacks    map[[2]string]bool
	unwinder unwind.Walker
	code     *kcode.Code
	names    map[uint64]string // of locks
	now      uint64            // newest clock of any CPU, ns
	stack    uint64            // bytes of a task's stack
	text     ksym.Range        // of the kernel itself
	workers  []*worker
	classes  map[uint64]string       // names of lock classes
	callers  map[uint64]ksym.Symbol  // by an address in a function on a stack
	scratch  []model.Frame           // a stack to classify
	inferred map[model.LockType]bool // whose holders must be inferred
	// fewer says that not all tasks could be read: one that is not among them
	// need not have exited.
	fewer bool
}

// CPU is one processor.
type CPU struct {
	ID   int
	Curr *Task // what ran on it; nil if unknown
	Idle bool  // it ran the idle task
	// Regs are its registers; Known is false when the dump has none.
	Regs  kmem.Regs
	Known bool

	clock uint64 // of its runqueue, ns; 0 if unknown
}

// analyze is one look at the tasks. mem is the kernel's memory, except in tests.
func (k *Kernel) analyze(ctx context.Context, mem kmem.Memory) (*State, error) {
	s := &State{K: k, mem: mem, byAddr: map[uint64]*Task{}, locks: map[lockKey]*Lock{}, layout: map[[2]string]ktype.Field{}, lacks: map[[2]string]bool{}, names: map[uint64]string{}, callers: map[uint64]ksym.Symbol{}}
	if err := s.readTasks(); err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	s.readCPUs()
	s.code = kcode.New(mem, s, k.Image.Machine)
	if err := s.newUnwinder(); err != nil {
		s.note("stacks cannot be unwound: " + err.Error())
	}
	for _, t := range s.Tasks {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s.walk(t)
	}
	s.readWorkers()
	for _, t := range s.Tasks {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s.findWait(t)
	}
	s.findHolders(ctx)
	return s, ctx.Err()
}

const maxNotes = 64

// note remembers something that is missing, once.
func (s *State) note(what string) {
	for _, n := range s.Incomplete {
		if n == what {
			return
		}
	}
	if len(s.Incomplete) < maxNotes {
		s.Incomplete = append(s.Incomplete, what)
	}
}

// field finds a member, and remembers it: tasks are many.
func (s *State) field(structure, member string) (ktype.Field, bool) {
	key := [2]string{structure, member}
	if f, ok := s.layout[key]; ok {
		return f, true
	}
	if s.lacks[key] {
		return ktype.Field{}, false
	}
	f, ok := s.K.Types.Member(structure, member)
	if ok {
		s.layout[key] = f
	} else {
		s.lacks[key] = true
	}
	return f, ok
}

// has reports whether a structure has a member.
func (s *State) has(structure, member string) bool {
	_, ok := s.field(structure, member)
	return ok
}

// at returns the address of a member of a structure at addr.
func (s *State) at(addr uint64, structure, member string) (uint64, error) {
	f, ok := s.field(structure, member)
	if !ok {
		return 0, fmt.Errorf("struct %s, member %s: %w", structure, member, ktype.ErrNoType)
	}
	return addr + f.Offset, nil
}

// get reads an integer or pointer member; bit fields too.
func (s *State) get(addr uint64, structure, member string) (uint64, error) {
	f, ok := s.field(structure, member)
	if !ok {
		return 0, fmt.Errorf("struct %s, member %s: %w", structure, member, ktype.ErrNoType)
	}
	size := int(min(f.Size, 8))
	v, err := kmem.Uint(s.mem, addr+f.Offset, size)
	if err != nil {
		return 0, err
	}
	if f.Bits > 0 {
		return v >> f.Bit & (1<<f.Bits - 1), nil
	}
	return v, nil
}

// getInt reads a signed member of four bytes.
func (s *State) getInt(addr uint64, structure, member string) (int, error) {
	v, err := s.get(addr, structure, member)
	return int(int32(v)), err
}

// str reads a string member of at most max bytes.
func (s *State) str(addr uint64, structure, member string, max int) (string, error) {
	at, err := s.at(addr, structure, member)
	if err != nil {
		return "", err
	}
	return kmem.String(s.mem, at, max)
}

// Func implements kcode.Symbols.
func (s *State) Func(addr uint64) (kcode.Symbol, bool) {
	sym, _, ok := s.K.Sym.Lookup(addr)
	if !ok || !isCode(sym.Type) {
		return kcode.Symbol{}, false
	}
	end := sym.Addr + sym.Size
	if addr >= end {
		return kcode.Symbol{}, false
	}
	return kcode.Symbol{Name: sym.Name, Start: sym.Addr, End: end}, true
}

// isCode reports whether a symbol is code; a type that is not known may be.
func isCode(t byte) bool {
	switch t {
	case 't', 'T', 'w', 'W', 0:
		return true
	}
	return false
}
