package bpf

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"

	"gordian/internal/trace"
)

// Contention is the running contention tier.
type Contention struct {
	coll   *ebpf.Collection
	links  []link.Link
	owners *ringbuf.Reader
}

// OpenContention loads and attaches it: it counts from then on.
func OpenContention() (*Contention, error) {
	if err := allowed(); err != nil {
		return nil, err
	}
	spec, err := loadContention()
	if err != nil {
		return nil, fmt.Errorf("read the contention programs: %w", err)
	}
	k, err := readKernel()
	if err != nil {
		return nil, err
	}
	if !k.has("btf_trace_contention_begin") {
		return nil, errors.New("this kernel has no tracepoint lock:contention_begin: it came with Linux 5.19")
	}
	if err := spec.Variables["self_tgid"].Set(uint32(os.Getpid())); err != nil {
		return nil, fmt.Errorf("set self_tgid: %w", err)
	}
	c := &Contention{}
	if c.coll, err = ebpf.NewCollection(spec); err != nil {
		return nil, explain("load the contention programs", err)
	}
	if err := c.attach(); err != nil {
		c.Close() //nolint:errcheck // the first error is the cause
		return nil, err
	}
	return c, nil
}

// attach attaches the end before the begin, so that no wait is without one.
func (c *Contention) attach() error {
	var err error
	if c.owners, err = ringbuf.NewReader(c.coll.Maps["owners"]); err != nil {
		return fmt.Errorf("open the ring buffer: %w", err)
	}
	for _, name := range []string{"contention_end", "contention_begin"} {
		l, err := link.AttachTracing(link.TracingOptions{Program: c.coll.Programs[name]})
		if err != nil {
			return explain("attach to lock:"+name, err)
		}
		c.links = append(c.links, l)
	}
	return nil
}

// Close detaches and frees everything.
func (c *Contention) Close() error {
	errs := []error{closeLinks(c.links)}
	if c.owners != nil {
		errs = append(errs, c.owners.Close())
	}
	c.coll.Close()
	return errors.Join(errs...)
}

type contentionSite struct {
	Lock  uint64
	Flags uint32
	Stack int32
}

type contentionStat struct {
	Count, Total, Longest, Sample uint64
	Bucket                        [trace.Buckets]uint32
}

type ownerEvent struct {
	Site        contentionSite
	PID, Waiter uint32
	Comm        [16]byte
}

// Owners calls f for tasks that had a lock when another began to wait for it,
// a few of them, until the context ends or the deadline passes. What the task
// does must be looked at at once.
func (c *Contention) Owners(ctx context.Context, until time.Time, f func(trace.SiteKey, trace.Owner)) error {
	c.owners.SetDeadline(until)
	stop := context.AfterFunc(ctx, func() { c.owners.Flush() }) //nolint:errcheck // the deadline comes too
	defer stop()
	var rec ringbuf.Record
	for {
		if err := c.owners.ReadInto(&rec); err != nil {
			if ended(err) {
				return nil
			}
			return fmt.Errorf("read owners: %w", err)
		}
		var e ownerEvent
		if len(rec.RawSample) < int(unsafe.Sizeof(e)) {
			continue
		}
		if _, err := binary.Decode(rec.RawSample, binary.NativeEndian, &e); err == nil {
			f(trace.SiteKey(e.Site), trace.Owner{PID: int(e.PID), Comm: text(e.Comm[:])})
		}
	}
}

// Sites returns what was counted so far.
func (c *Contention) Sites() ([]trace.ContendedSite, error) {
	var out []trace.ContendedSite
	var k contentionSite
	var v contentionStat
	it := c.coll.Maps["sites"].Iterate()
	for it.Next(&k, &v) {
		s := trace.ContendedSite{Key: trace.SiteKey(k), Count: int64(v.Count), Total: time.Duration(v.Total), Longest: time.Duration(v.Longest), Sample: v.Sample}
		for i, n := range v.Bucket {
			s.Buckets[i] = int64(n)
		}
		var stack [32]uint64
		if k.Stack >= 0 && c.coll.Maps["stacks"].Lookup(uint32(k.Stack), &stack) == nil {
			for _, a := range stack {
				if a != 0 {
					s.Stack = append(s.Stack, a)
				}
			}
		}
		out = append(out, s)
	}
	if err := it.Err(); err != nil && !errors.Is(err, ebpf.ErrIterationAborted) {
		return out, fmt.Errorf("read the waits: %w", err)
	}
	return out, nil
}

// Lost returns what could not be counted, in words.
func (c *Contention) Lost() (trace.Losses, error) {
	return lost(c.coll.Maps["counts"], []string{"waits of tasks for which the table had no room", "waits at places for which the table had no room", "waits whose stack could not be kept",
		"waits for a spinlock that an interrupt hid, which waited for another one"})
}

// lost sums the counters of all CPUs that are not zero.
func lost(m *ebpf.Map, words []string) (trace.Losses, error) {
	out := trace.Losses{}
	for i, w := range words {
		var per []uint64
		if err := m.Lookup(uint32(i), &per); err != nil {
			return out, fmt.Errorf("read the counters: %w", err)
		}
		for _, n := range per {
			if n > 0 {
				out[w] += int64(n)
			}
		}
	}
	return out, nil
}
