package kmem

import (
	"errors"
	"fmt"
)

// MissingError says that memory could not be read: the dump has no such page,
// its data is damaged, or no page table leads to it. What stands there is
// unknown.
type MissingError struct {
	Addr uint64
	Phys bool  // Addr is a physical address
	Err  error // why
}

var (
	errNotInDump = errors.New("not in the dump")
	errNotMapped = errors.New("not mapped")
	errBadTable  = errors.New("its page table is not in the dump")
)

func (e *MissingError) Error() string {
	kind := "memory"
	if e.Phys {
		kind = "physical memory"
	}
	return fmt.Sprintf("%s at %#x: %v", kind, e.Addr, e.Err)
}

func (e *MissingError) Unwrap() error { return e.Err }

// NotMapped reports whether err says that an address is valid nowhere (a page
// table says that nothing is mapped there), and not merely left out of the
// dump.
func NotMapped(err error) bool { return errors.Is(err, errNotMapped) }
