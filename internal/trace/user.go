package trace

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"gordian/internal/model"
)

// UserRegs are registers of a thread at the first instruction of a function:
// rbx, rbp, rsp, r12 to r15, rip.
type UserRegs [8]uint64

// UserLock is one lock of a program in an event.
type UserLock struct {
	Addr   uint64
	Site   uint64 // return address of the call that took it
	Kind   Kind
	Init   uint64 // return address of the call that initialised it, 0 if none was seen
	Number uint32 // of that initialisation: memory is used again
}

// UserEvent is the first time that a thread took a lock under certain others.
type UserEvent struct {
	Key      OrderKey
	PID, TID int
	Comm     string
	To       UserLock
	Held     []UserLock // oldest first
	Regs     UserRegs
	Memory   []byte // of the stack, from the stack pointer on
}

// UserNames says what the addresses of a process mean.
type UserNames interface {
	Program() string
	Variable(addr uint64) (name, file string, ok bool)
	Shared(addr uint64) (name string, ok bool)
	Frame(pc uint64) model.Frame
	Stack(e *UserEvent) []model.Frame // of the caller, innermost first
}

// UserCollector gathers the orders of the processes that are followed. Its
// nodes are locks, not classes: programs take their locks through functions
// of their own, so that neither the place that takes a lock nor the one that
// makes it tells locks apart. Not for concurrent use.
type UserCollector struct {
	names  func(pid int) UserNames
	orders map[OrderKey]*userOrder
	known  map[userKey]SavedClass
	made   map[userKey]int // locks that followed each other at an address
	beyond int64
}

type userKey struct {
	pid    int
	addr   uint64
	number uint32
}

type userOrder struct {
	SavedOrder
	held []SavedClass
	to   SavedClass
}

// NewUserCollector starts with nothing. names gives the names of a process,
// nil if it is gone.
func NewUserCollector(names func(pid int) UserNames) *UserCollector {
	return &UserCollector{names: names, orders: map[OrderKey]*userOrder{}, known: map[userKey]SavedClass{}, made: map[userKey]int{}}
}

// Version grows with each new order: what was computed from an older one is out of date.
func (c *UserCollector) Version() int { return len(c.orders) }

// Add takes an event. Names are looked up at once: the process may be gone a
// moment later.
func (c *UserCollector) Add(e *UserEvent) {
	if c.orders[e.Key] != nil || len(e.Held) == 0 {
		return
	}
	if len(c.orders) >= maxOrders {
		c.beyond++
		return
	}
	n := c.names(e.PID)
	o := &userOrder{SavedOrder: SavedOrder{Count: 1, PID: e.TID, Comm: e.Comm}}
	for _, h := range e.Held {
		o.held = append(o.held, c.name(n, e.PID, h))
		o.Held = append(o.Held, userLock(n, h))
	}
	o.to, o.To = c.name(n, e.PID, e.To), userLock(n, e.To)
	if n != nil {
		for _, f := range n.Stack(e) {
			o.Stack = append(o.Stack, f.String())
		}
	}
	if len(o.Stack) == 0 && o.To.At != "" {
		o.Stack = []string{o.To.At}
	}
	c.orders[e.Key] = o
}

func userLock(n UserNames, l UserLock) SavedLock {
	s := SavedLock{Mode: l.Kind.Mode(), Try: l.Kind&Try != 0}
	if n != nil {
		s.At = n.Frame(l.Site).String()
	}
	return s
}

// name says which lock it is, so that no other lock of any run has the name:
// a variable of a program, a place in shared memory, or an address.
func (c *UserCollector) name(n UserNames, pid int, l UserLock) SavedClass {
	k := userKey{pid, l.Addr, l.Number}
	if s, ok := c.known[k]; ok {
		return s
	}
	s := SavedClass{Type: l.Kind.Type(), Static: true}
	program := "a process that ended"
	if n != nil {
		program = n.Program()
		if name, file, ok := n.Variable(l.Addr); ok {
			s.Name = name + " " + bracket(file)
		} else if name, ok := n.Shared(l.Addr); ok {
			s.Name = userKind(s.Type) + " " + name
		}
	}
	if s.Name == "" {
		c.made[userKey{pid, l.Addr, 0}]++
		s.Name = fmt.Sprintf("%s %#x", userKind(s.Type), l.Addr)
		if i := c.made[userKey{pid, l.Addr, 0}]; i > 1 {
			s.Name += "#" + strconv.Itoa(i)
		}
		s.Name += fmt.Sprintf(" of %s/%d", program, pid)
		if s.Guessed = l.Number == 0; !s.Guessed && n != nil {
			f := n.Frame(l.Init)
			s.Name += " (made in " + f.Func + ")"
		}
	}
	c.known[k] = s
	return s
}

func userKind(t model.LockType) string {
	if t == model.UserRWLock {
		return "rwlock"
	}
	return "mutex"
}

// SetCounts takes how often each order was seen.
func (c *UserCollector) SetCounts(n map[OrderKey]int64) {
	for k, o := range c.orders {
		o.Count = max(o.Count, n[k])
	}
}

// Save makes the graph of what was collected.
func (c *UserCollector) Save() *Saved {
	s := &Saved{Schema: SavedSchema, Classes: []SavedClass{}, Orders: []SavedOrder{}, Lost: Losses{}}
	at := map[SavedClass]int{}
	for _, o := range c.orders {
		for _, k := range append(slices.Clone(o.held), o.to) {
			if _, ok := at[k]; !ok {
				at[k] = 0
				s.Classes = append(s.Classes, k)
			}
		}
	}
	slices.SortFunc(s.Classes, compareClasses)
	for i, k := range s.Classes {
		at[k] = i
	}
	for _, o := range c.orders {
		out := o.SavedOrder
		out.Held = slices.Clone(o.Held)
		var row []string
		for i, k := range o.held {
			out.Held[i].Class = at[k]
			row = append(row, k.Name)
		}
		out.To.Class = at[o.to]
		out.Locks = [][]string{append(row, o.to.Name)}
		s.Orders = append(s.Orders, out)
	}
	slices.SortFunc(s.Orders, func(a, b SavedOrder) int { return cmp.Or(compareOrders(a, b), cmp.Compare(a.Count, b.Count)) })
	if c.beyond > 0 {
		s.Lost["orders beyond the "+strconv.Itoa(maxOrders)+" that are kept"] = c.beyond
	}
	return s
}
