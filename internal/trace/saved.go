package trace

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"gordian/internal/model"
)

// SavedSchema is the version of a saved graph. Adding fields keeps it.
const SavedSchema = "gordian/trace/v1"

// Saved is the lock-order graph of one kernel over some time, in a form that
// can be kept and joined with those of other runs and hosts.
type Saved struct {
	Schema  string       `json:"schema"`
	Kernel  string       `json:"kernel,omitempty"`
	Boot    string       `json:"boot,omitempty"` // addresses mean something within one boot only
	Seconds int64        `json:"seconds"`
	Classes []SavedClass `json:"classes"`
	Orders  []SavedOrder `json:"orders"`
	Lost    Losses       `json:"lost,omitempty"`
	Notes   []string     `json:"notes,omitempty"` // what was not followed
}

// SavedOrder is one acquisition under other locks.
type SavedOrder struct {
	Held     []SavedLock `json:"held"` // oldest first
	To       SavedLock   `json:"to"`
	Count    int64       `json:"count"`
	PID      int         `json:"pid"`
	Comm     string      `json:"comm"`
	Stack    []string    `json:"stack"`
	Reversed bool        `json:"reversed,omitempty"` // two locks of one class, seen in the other order before
	Again    bool        `json:"again,omitempty"`    // a reader took what it was reading already
	Locks    [][]string  `json:"locks,omitempty"`    // samples: addresses of the held locks and of the one taken
}

// SavedLock is one lock of an order.
type SavedLock struct {
	Class     int        `json:"class"` // index into Saved.Classes
	Mode      model.Mode `json:"mode"`
	Try       bool       `json:"try,omitempty"`
	Wait      bool       `json:"wait,omitempty"`      // waited for, not taken
	Completes bool       `json:"completes,omitempty"` // let go
	At        string     `json:"at,omitempty"`        // where it was taken
}

func hex(n uint64) string { return strconv.FormatUint(n, 16) }

// Save makes the graph of what was collected. The same orders give the same
// graph, whenever they were seen.
func (c *Collector) Save() *Saved {
	s := &Saved{Schema: SavedSchema, Classes: []SavedClass{}, Orders: []SavedOrder{}, Lost: Losses{}}
	n := newNamer(c)
	at := map[uint64]int{}
	all := map[SavedClass]int{}
	var numbers []uint64
	for k := range c.class {
		numbers = append(numbers, k)
	}
	named := map[uint64]SavedClass{}
	for _, k := range numbers {
		named[k] = n.name(k)
	}
	slices.SortFunc(numbers, func(a, b uint64) int { return compareClasses(named[a], named[b]) })
	for _, k := range numbers {
		i, ok := all[named[k]]
		if !ok {
			i = len(s.Classes)
			all[named[k]] = i
			s.Classes = append(s.Classes, named[k])
		}
		at[k] = i
	}
	type keyed struct {
		key OrderKey
		SavedOrder
	}
	var orders []keyed
	for k, o := range c.orders {
		orders = append(orders, keyed{k, o.save(at)})
	}
	slices.SortFunc(orders, func(a, b keyed) int { return compareOrders(a.SavedOrder, b.SavedOrder) })
	c.saved = c.saved[:0]
	for _, o := range orders {
		c.saved = append(c.saved, o.key)
		s.Orders = append(s.Orders, o.SavedOrder)
	}
	if c.fromIRQ > 0 {
		s.Lost["events in interrupts, which are not followed"] = c.fromIRQ
	}
	if c.beyond > 0 {
		s.Lost["orders beyond the "+strconv.Itoa(maxOrders)+" that are kept"] = c.beyond
	}
	return s
}

func compareClasses(a, b SavedClass) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Module, b.Module), cmp.Compare(a.Init, b.Init), cmp.Compare(a.Type, b.Type),
		compareBool(a.Static, b.Static), compareBool(a.Guessed, b.Guessed), compareBool(a.HandedOver, b.HandedOver))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func compareOrders(a, b SavedOrder) int {
	lock := func(x, y SavedLock) int {
		return cmp.Or(cmp.Compare(x.Class, y.Class), cmp.Compare(x.Mode, y.Mode), cmp.Compare(x.At, y.At), compareBool(x.Try, y.Try), compareBool(x.Wait, y.Wait))
	}
	return cmp.Or(slices.CompareFunc(a.Held, b.Held, lock), lock(a.To, b.To), slices.Compare(a.Stack, b.Stack), cmp.Compare(a.PID, b.PID), compareBool(a.Reversed, b.Reversed), compareBool(a.Again, b.Again))
}

func (o *order) save(at map[uint64]int) SavedOrder {
	out := SavedOrder{Count: max(o.count, 1), PID: o.PID, Comm: o.Comm, Reversed: o.Key.Reversed(), Again: o.Key.Again()}
	for i, h := range o.Held {
		out.Held = append(out.Held, saveLock(h, at, o.sites[i]))
	}
	caller := model.Frame{}
	if len(o.frames) > 1 {
		caller = o.frames[1]
	}
	out.To = saveLock(o.To, at, caller)
	for _, f := range o.frames {
		out.Stack = append(out.Stack, f.String())
	}
	for _, s := range o.samples {
		var row []string
		for _, a := range s {
			row = append(row, hex(a))
		}
		out.Locks = append(out.Locks, row)
	}
	slices.SortFunc(out.Locks, slices.Compare)
	return out
}

func saveLock(l Lock, at map[uint64]int, f model.Frame) SavedLock {
	s := SavedLock{Class: at[l.Class], Mode: l.Kind.Mode(), Try: l.Kind&Try != 0, Wait: l.Kind&Wait != 0, Completes: l.Kind&Completes != 0}
	if f.Func != "" && !f.Unreliable {
		s.At = f.String()
	}
	return s
}

// Write writes a graph.
func (s *Saved) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(s)
}

// maxSaved bounds a saved graph that is read: 32768 orders of the largest size
// are smaller.
const maxSaved = 256 << 20

// ReadSaved reads a graph and checks that what it refers to is there.
func ReadSaved(r io.Reader) (*Saved, error) {
	var s Saved
	lim := &io.LimitedReader{R: r, N: maxSaved}
	if err := json.NewDecoder(lim).Decode(&s); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			if lim.N <= 0 {
				return nil, fmt.Errorf("saved lock orders: longer than %d MiB", maxSaved>>20)
			}
			return nil, errors.New("saved lock orders: cut short")
		}
		return nil, fmt.Errorf("saved lock orders: %w", err)
	}
	if s.Schema != SavedSchema {
		return nil, fmt.Errorf("saved lock orders of schema %s expected, this is %q", SavedSchema, s.Schema)
	}
	for i, o := range s.Orders {
		for _, l := range append(slices.Clone(o.Held), o.To) {
			if l.Class < 0 || l.Class >= len(s.Classes) {
				return nil, fmt.Errorf("saved lock orders: orders[%d] names class %d of %d", i, l.Class, len(s.Classes))
			}
		}
		for _, row := range o.Locks {
			if len(row) != len(o.Held)+1 {
				return nil, fmt.Errorf("saved lock orders: orders[%d] has a sample of %d locks, not %d", i, len(row), len(o.Held)+1)
			}
		}
	}
	return &s, nil
}
