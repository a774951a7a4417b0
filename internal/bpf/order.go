package bpf

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"

	"gordian/internal/trace"
)

// OrderOptions says what the order tier looks at.
type OrderOptions struct {
	Symbols *trace.Symbols // of the running kernel
	TGID    int            // only this process, 0: all
	Cgroup  uint64         // only this cgroup (v2 id) and those below it, 0: all
	Level   int            // of Cgroup: 0 is the root
	Kprobes bool           // attach by kprobes even where fentry would do
}

// Order is the running order tier. Not for concurrent use, except Close.
type Order struct {
	coll    *ebpf.Collection
	links   []link.Link
	events  *ringbuf.Reader
	epoch   uint32
	Left    []Missing     // functions that could not be attached
	Hooks   int           // programs that are attached
	Kprobes bool          // fentry was refused, so kprobes do the work
	Took    time.Duration // to load and attach
}

// OpenOrder loads and attaches the order tier. Nothing is recorded before Start.
func OpenOrder(o OrderOptions) (*Order, error) {
	begin := time.Now()
	if err := allowed(); err != nil {
		return nil, err
	}
	t := &Order{Kprobes: o.Kprobes}
	err := t.open(o)
	if !o.Kprobes && errors.Is(err, errRefused) {
		t.Kprobes, o.Kprobes = true, true
		err = t.open(o)
	}
	if err != nil {
		t.Close() //nolint:errcheck // the first error is the cause
		return nil, err
	}
	t.Took = time.Since(begin)
	return t, nil
}

func (t *Order) open(o OrderOptions) error {
	spec, err := loadOrder()
	if err != nil {
		return fmt.Errorf("read the order programs: %w", err)
	}
	if err := t.configure(spec, o); err != nil {
		return err
	}
	k, err := readKernel()
	if err != nil {
		return err
	}
	t.Left = k.prune(spec, o.Kprobes)
	t.coll, err = ebpf.NewCollection(spec)
	if err != nil {
		return explain("load the order programs", err)
	}
	if t.events, err = ringbuf.NewReader(t.coll.Maps["events"]); err != nil {
		return fmt.Errorf("open the ring buffer: %w", err)
	}
	return t.attach(spec)
}

func (t *Order) configure(spec *ebpf.CollectionSpec, o OrderOptions) error {
	set := map[string]any{"self_tgid": uint32(os.Getpid()), "only_tgid": uint32(o.TGID), "only_cgroup": o.Cgroup, "cgroup_level": uint32(o.Level),
		"filtered": o.TGID != 0 || o.Cgroup != 0}
	if m, ok := linearMap(o.Symbols); ok {
		set["vmemmap"], set["page_offset"], set["page_size"] = m.vmemmap, m.pageOffset, m.pageSize
	}
	for name, v := range set {
		if err := spec.Variables[name].Set(v); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}

// attach attaches what releases locks before what takes them, so that no lock
// is noted whose release nobody sees.
func (t *Order) attach(spec *ebpf.CollectionSpec) error {
	names := make([]string, 0, len(spec.Programs))
	for name := range spec.Programs {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := rank(b) - rank(a); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		l, err := attachOne(spec.Programs[name], t.coll.Programs[name])
		if err != nil && errors.Is(err, errRefused) {
			return err
		}
		if err != nil {
			t.Left = append(t.Left, Missing{spec.Programs[name].AttachTo, err.Error()})
			continue
		}
		t.links = append(t.links, l)
	}
	if t.Hooks = len(t.links); t.Hooks == 0 {
		return errors.New("attach: this kernel has none of the lock functions, or lets none be traced")
	}
	return nil
}

func rank(prog string) int {
	if strings.Contains(prog, "unlock") || strings.Contains(prog, "_up") || strings.HasSuffix(prog, "_exit") || strings.HasSuffix(prog, "_end") {
		return 1
	}
	return 0
}

// Start begins to record.
func (t *Order) Start() error {
	t.epoch++
	return t.setEpoch(t.epoch)
}

// Pause stops recording; what tasks hold now is forgotten.
func (t *Order) Pause() error { return t.setEpoch(0) }

func (t *Order) setEpoch(e uint32) error {
	if err := t.coll.Variables["epoch"].Set(uint64(e) << 32); err != nil {
		return fmt.Errorf("switch recording: %w", err)
	}
	return nil
}

// Sink is told what the programs see, in order, from one goroutine.
type Sink interface {
	Order(*trace.Order)
	Class(*trace.Class)
	Stray(addr uint64)
	Modules() // a module was loaded: its symbols are new
}

// Read gives events to s until the context ends or the deadline passes.
func (t *Order) Read(ctx context.Context, until time.Time, s Sink) error {
	t.events.SetDeadline(until)
	stop := context.AfterFunc(ctx, func() { t.events.Flush() }) //nolint:errcheck // the deadline comes too
	defer stop()
	var rec ringbuf.Record
	for {
		if err := t.events.ReadInto(&rec); err != nil {
			if ended(err) {
				return nil
			}
			return fmt.Errorf("read events: %w", err)
		}
		deliver(rec.RawSample, s)
	}
}

// ended reports that a read came to its deadline, or was interrupted.
func ended(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, ringbuf.ErrFlushed) || errors.Is(err, ringbuf.ErrClosed)
}

// orderEvent and classEvent are struct order_event and struct class_event of
// src/order.bpf.c.
type orderEvent struct {
	Type, N        uint32
	TID, TGID      uint32
	Key            trace.OrderKey
	When, Reversed uint64
	Comm           [16]byte
	To             trace.Lock
	Held           [16]trace.Lock
	Stack          [32]uint64
}

type classEvent struct {
	Type, From       uint32
	Class            uint64
	Addr, Site, Init uint64
	SlabOff          uint64
	SlabSize, Pad    uint32
	Name, Slab       [48]byte
}

const (
	evOrder = iota + 1
	evClass
	evStray
	evModule
)

func deliver(raw []byte, s Sink) {
	if len(raw) < 4 {
		return
	}
	switch typ := binary.NativeEndian.Uint32(raw); {
	case typ == evOrder && len(raw) >= int(unsafe.Sizeof(orderEvent{})):
		s.Order(toOrder(raw))
	case len(raw) < int(unsafe.Sizeof(classEvent{})):
	case typ == evClass:
		s.Class(toClass(raw))
	case typ == evStray:
		s.Stray(decodeClass(raw).Addr)
	case typ == evModule:
		s.Modules()
	}
}

func toOrder(raw []byte) *trace.Order {
	var e orderEvent
	if _, err := binary.Decode(raw, binary.NativeEndian, &e); err != nil {
		return &trace.Order{}
	}
	o := &trace.Order{Key: e.Key, PID: int(e.TID), TGID: int(e.TGID), Comm: text(e.Comm[:]), When: e.When, To: e.To}
	for _, l := range e.Held[:min(int(e.N), len(e.Held))] {
		if l.Addr != 0 { // a lock that was released out of order leaves a hole
			o.Held = append(o.Held, l)
		}
	}
	for _, a := range e.Stack {
		if a == 0 {
			break
		}
		o.Stack = append(o.Stack, a)
	}
	return o
}

func decodeClass(raw []byte) classEvent {
	var e classEvent
	if _, err := binary.Decode(raw, binary.NativeEndian, &e); err != nil {
		return classEvent{}
	}
	return e
}

func toClass(raw []byte) *trace.Class {
	e := decodeClass(raw)
	return &trace.Class{Class: e.Class, From: trace.Origin(e.From), Addr: e.Addr, Site: e.Site, Init: e.Init,
		Name: text(e.Name[:]), Slab: text(e.Slab[:]), SlabOff: e.SlabOff, SlabSize: int(e.SlabSize)}
}

func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// orderVal is struct order_val of src/order.bpf.c.
type orderVal struct{ Count, Want uint64 }

// Counts returns how often each order was seen.
func (t *Order) Counts() (map[trace.OrderKey]int64, error) {
	out := map[trace.OrderKey]int64{}
	var k trace.OrderKey
	var v orderVal
	it := t.coll.Maps["orders"].Iterate()
	for it.Next(&k, &v) {
		out[k] = int64(v.Count)
	}
	if err := it.Err(); err != nil && !errors.Is(err, ebpf.ErrIterationAborted) {
		return out, fmt.Errorf("read the orders: %w", err)
	}
	return out, nil
}

// Sample asks for n more events of an order, to see on which locks it was.
func (t *Order) Sample(k trace.OrderKey, n int) error {
	var v orderVal
	m := t.coll.Maps["orders"]
	if err := m.Lookup(k, &v); err != nil {
		return fmt.Errorf("look up an order: %w", err)
	}
	v.Want = uint64(n)
	if err := m.Update(k, v, ebpf.UpdateExist); err != nil {
		return fmt.Errorf("ask for samples: %w", err)
	}
	return nil
}

// Lost returns what the programs could not follow, in words.
func (t *Order) Lost() (trace.Losses, error) {
	return lost(t.coll.Maps["counts"], []string{
		"acquisitions of tasks for which no slot was free",
		"lists of held locks longer than 16, emptied",
		"releases of locks that the task was not seen to take",
		"locks taken again whose release was not seen",
		"new orders for which the table had no room",
		"events for which the ring buffer had no room; an order is told again when it is seen again",
		"tasks that exited with a lock on their list",
	})
}

// Close detaches everything and frees the maps.
func (t *Order) Close() error {
	errs := []error{closeLinks(t.links)}
	t.links = nil
	if t.events != nil {
		errs = append(errs, t.events.Close())
	}
	if t.coll != nil {
		t.coll.Close()
	}
	return errors.Join(errs...)
}

// held is struct held of src/held.h.
type held struct {
	Owner     uint64 // epoch and thread id, 0: free
	N, Odd    uint32
	Away, Pad uint32
	Locks     [16]trace.Lock
}

// HeldElsewhere returns the classes under which tasks have the lock at addr on
// their lists. After a release by somebody else that means that it was handed
// over.
func (t *Order) HeldElsewhere(addr uint64) []uint64 {
	var out []uint64
	var slots [4096]held
	if t.coll.Variables["slots"].Get(&slots) != nil {
		return nil // it is not known
	}
	for i := range slots {
		h := &slots[i]
		if uint32(h.Owner>>32) != t.epoch {
			continue
		}
		for _, l := range h.Locks[:min(int(h.N), len(h.Locks))] {
			if l.Addr == addr {
				out = append(out, cmp.Or(l.Class, l.Site))
			}
		}
	}
	return out
}

// Cost measures for a time which share of all CPUs the programs take, in
// percent. The trampolines around them are not in it.
func (t *Order) Cost(d time.Duration) (float64, error) {
	stats, err := ebpf.EnableStats(uint32(unix.BPF_STATS_RUN_TIME))
	if err != nil {
		return 0, fmt.Errorf("measure the cost: %w", err)
	}
	defer stats.Close() //nolint:errcheck // ends the measurement
	before, err := t.runtime()
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	time.Sleep(d)
	after, err := t.runtime()
	if err != nil {
		return 0, err
	}
	return 100 * float64(after-before) / float64(time.Since(begin)) / float64(runtime.NumCPU()), nil
}

func (t *Order) runtime() (time.Duration, error) {
	var sum time.Duration
	for _, p := range t.coll.Programs {
		s, err := p.Stats()
		if err != nil {
			return 0, fmt.Errorf("measure the cost: %w", err)
		}
		sum += s.Runtime
	}
	return sum, nil
}
