package trace

import "gordian/internal/model"

// Kind says what a lock is and how it was taken: the bits of enum kind in
// internal/bpf/src/held.h.
type Kind uint32

// What a lock is, in the low byte.
const (
	Mutex Kind = iota + 1
	Semaphore
	RWSem
	RTMutex
	WWMutex
	PercpuRWSem
	Completion
	Work
	UserMutex
	UserRWLock

	kindMask Kind = 0xff
)

// How it was taken.
const (
	Shared    Kind = 0x100
	Try       Kind = 0x200  // by trylock: did not wait
	Wait      Kind = 0x400  // waited for, never held
	Completes Kind = 0x800  // a completion that is let go
	Passes    Kind = 0x1000 // a reader that does not wait behind waiting writers
)

// Type is the lock primitive.
func (k Kind) Type() model.LockType {
	switch k & kindMask {
	case Mutex:
		return model.Mutex
	case Semaphore:
		return model.Semaphore
	case RWSem:
		return model.RWSem
	case RTMutex:
		return model.RTMutex
	case WWMutex:
		return model.WWMutex
	case PercpuRWSem:
		return model.PercpuRWSem
	case Completion:
		return model.Completion
	case Work:
		return model.Work
	case UserMutex:
		return model.UserMutex
	case UserRWLock:
		return model.UserRWLock
	}
	return ""
}

// Mode is how the lock was taken.
func (k Kind) Mode() model.Mode {
	switch {
	case k&Shared != 0 && k&Passes != 0:
		return model.RecursiveRead
	case k&Shared != 0:
		return model.Read
	}
	return model.Write
}

// Origin says what the number of a class is: enum origin in
// internal/bpf/src/order.bpf.c.
type Origin uint32

// Origins.
const (
	Static Origin = iota + 1 // the address of the one lock of the class, or of a work function
	Init                     // the place that initialised the lock
	Site                     // the place that took it
)
