package trace

// Lock is one lock in an event.
type Lock struct {
	Addr  uint64
	Site  uint64 // return address of the call that took it
	Class uint64 // see Origin
	Kind  Kind
	From  Origin
}

// OrderKey is under which the programs count an order: all that was held, and
// what was taken.
type OrderKey struct {
	Held, To, Kind uint64
}

// Reversed reports that two locks of one class were taken in this order after
// they had been taken in the other.
func (k OrderKey) Reversed() bool { return k.Kind>>32&1 != 0 }

// Again reports that a reader took a lock that it was reading already.
func (k OrderKey) Again() bool { return k.Kind>>33&1 != 0 }

// Order is one acquisition under other locks: the first of its kind, or one
// of some samples.
type Order struct {
	Key       OrderKey
	PID, TGID int
	Comm      string
	When      uint64 // nanoseconds since boot
	To        Lock
	Held      []Lock   // oldest first
	Stack     []uint64 // return addresses, innermost first
}

// Class is what the programs know of a class: told once, before its first order.
type Class struct {
	Class    uint64
	From     Origin
	Addr     uint64 // of the lock that it was told for
	Site     uint64
	Init     uint64 // who initialised it, 0 if unknown
	Name     string // as given to the initialiser: "&obj->lock"
	Slab     string // the cache whose object it is in; nonsense if there is no such cache
	SlabOff  uint64 // where in that object
	SlabSize int    // bytes of an object
}

// Losses counts what was not seen, by the words that a person reads.
type Losses map[string]int64
