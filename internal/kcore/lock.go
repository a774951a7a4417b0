package kcore

import (
	"fmt"

	"gordian/internal/model"
)

// Lock is a lock, or another thing that tasks wait for.
type Lock struct {
	Addr    uint64
	Type    model.LockType
	Name    string // for people: "lock_a [mod]", "kmalloc-64+0x20 at 0xff…"
	Class   string // its static symbol, lockdep class or work function; "" if unknown
	Waiters []Waiter
	Holders []Holder
	// Gone says why the recorded owner does not exist any more; "" if it does.
	Gone     string
	GoneTask *Task // what is left of the owner; nil if nothing
	// Words is the lock's state in words: "count 0", "2 readers".
	Words string
	// Readers is how many readers the lock itself counts; -1 if it does not.
	Readers int
	guesses []*guess
	// Queue says that Waiters is the lock's own queue, in its order.
	Queue bool
}

// Waiter is a task in a lock's queue.
type Waiter struct {
	Task *Task
	Mode model.Mode
}

// Holder is a task that holds a lock, is to complete a completion, or runs the
// work that is waited for.
type Holder struct {
	Task *Task
	Mode model.Mode
	// Stated says that memory itself names the holder; otherwise it was
	// inferred, and Why says from what.
	Stated bool
	// Agreed says that two independent inferences name it.
	Agreed bool
	// AnyOf says that another task may end the wait as well.
	AnyOf bool
	// Unsure holders hold it on some way through the code, not on every one.
	Unsure bool
	// Never says that its code does not come to a release any more.
	Never bool
	Why   []Reason
	At    model.Frame // where it took the lock, or is on the way to release it
}

// Reason is one piece of a proof.
type Reason struct {
	Where string // an address: of memory or of an instruction
	What  string
}

// Wait is what a task waits for.
type Wait struct {
	Lock *Lock
	Mode model.Mode
	Why  Reason
	// Inferred says that the lock was found through code, not in memory.
	Inferred bool
}

// lockKey: a mutex lies at the start of a ww_mutex, so the type belongs to it.
type lockKey struct {
	addr uint64
	typ  model.LockType
}

// lock returns the lock at an address, and looks at its owner when it is new.
func (s *State) lock(addr uint64, typ model.LockType) *Lock {
	key := lockKey{addr, typ}
	if l := s.locks[key]; l != nil {
		return l
	}
	l := &Lock{Addr: addr, Type: typ, Readers: -1}
	s.locks[key] = l
	s.Locks = append(s.Locks, l)
	l.Name, l.Class = s.lockName(addr, typ)
	s.readOwner(l)
	return l
}

// wait notes that a task waits for a lock.
func (s *State) wait(t *Task, l *Lock, mode model.Mode, why Reason) {
	if mode == "" {
		mode = model.Write
	}
	t.Wait = &Wait{Lock: l, Mode: mode, Why: why}
	for _, w := range l.Waiters {
		if w.Task == t {
			return
		}
	}
	l.Waiters = append(l.Waiters, Waiter{t, mode})
}

func hex(addr uint64) string { return fmt.Sprintf("%#x", addr) }
