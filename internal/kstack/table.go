package kstack

import (
	"slices"
	"strings"

	"gordian/internal/model"
)

// role says why a function is not the guilty one. The zero value is invalid.
type role int

const (
	rolePrimitive role = iota + 1 // the inside or the API of a lock or a wait
	roleWrapper                   // takes one lock and returns with it: the caller decided
	roleSched                     // the scheduler, timed sleeps
	rolePreempted                 // scheduled away while runnable: not a wait
	roleReport                    // prints the stack: watchdogs, lockdep, KASAN, NMI
	roleGlue                      // exception and system call entry, interrupt dispatch, thread bottoms
	roleHelper                    // allocators, copies, library: they act for their caller
	roleUser                      // not skipped: it only tells which lock it takes
)

// group is one row of the tables: names that mean the same. They come from
// kernels of all ages: a name that today's source lacks is of an older kernel,
// of another architecture, or newer. A name that ends
// in * is a prefix. why says what makes the names belong here, or where they
// are defined.
type group struct {
	role   role
	typ    model.LockType
	mode   model.Mode
	spin   bool   // busy-waits
	io     bool   // the wait ends when a device, a network peer or the page cache answers
	inner  bool   // shared by several primitives: the next one outwards says more
	lock   string // the lock behind a wrapper, by its name in the kernel
	global bool   // and there is one of it
	irq    bool   // an interrupt enters here
	names  string // separated by white space
	why    string
}

// index finds the group of a function. It is built once from the tables and
// never changed.
type index struct {
	exact    map[string]*group
	prefixes []prefix // longest first
}

type prefix struct {
	text string
	g    *group
}

func newIndex(tables ...[]group) *index {
	ix := &index{exact: map[string]*group{}}
	for _, t := range tables {
		for i := range t {
			for _, n := range strings.Fields(t[i].names) {
				if p, ok := strings.CutSuffix(n, "*"); ok {
					ix.prefixes = append(ix.prefixes, prefix{p, &t[i]})
				} else {
					ix.exact[n] = &t[i]
				}
			}
		}
	}
	slices.SortStableFunc(ix.prefixes, func(a, b prefix) int { return len(b.text) - len(a.text) })
	return ix
}

// find returns the group of a function, or nil: an exact name before any
// prefix, the longest prefix first.
func (ix *index) find(fn string) *group {
	fn = Base(fn)
	if g := ix.exact[fn]; g != nil {
		return g
	}
	for _, p := range ix.prefixes {
		if strings.HasPrefix(fn, p.text) {
			return p.g
		}
	}
	return nil
}

// known is the index over all tables.
var known = newIndex(sleepingLocks, spinningLocks, waits, ioWaits, wrappers, scheduler, reporting, glue, helpers, users)

// IsLockInternal reports whether fn is the inside or the API of a lock or of
// another thing that is waited for.
func IsLockInternal(fn string) bool {
	g := known.find(fn)
	return g != nil && g.role == rolePrimitive
}

// IsWrapper reports whether fn is a function that takes one lock for its
// caller and returns with it held.
func IsWrapper(fn string) bool {
	g := known.find(fn)
	return g != nil && g.role == roleWrapper
}

// IsHelper reports whether fn is an allocator or a user copy: it sleeps for
// its caller, who chose how.
func IsHelper(fn string) bool {
	g := known.find(fn)
	return g != nil && g.role == roleHelper
}

// IsInterruptEntry reports whether fn is where an interrupt enters the kernel
// or a softirq runs: what stands further out in the stack was interrupted.
func IsInterruptEntry(fn string) bool {
	g := known.find(fn)
	return g != nil && g.irq
}

// WaitsForTimer reports whether fn waits until a timer's function returns.
func WaitsForTimer(fn string) bool {
	g := known.find(fn)
	return g != nil && g.typ == model.Timer
}

// IsThreadBottom reports whether fn is where a thread or a system call starts.
func IsThreadBottom(fn string) bool {
	g := known.find(fn)
	return g != nil && g.role == roleGlue
}
