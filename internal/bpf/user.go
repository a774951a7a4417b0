package bpf

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"

	"gordian/internal/trace"
)

// UserFunction is a function of a C library that a process has in its memory.
type UserFunction struct {
	Name   string // "pthread_mutex_lock"
	Path   string // by which this process opens the file
	Offset uint64 // in the file
}

// UserTarget is a process whose locks are followed.
type UserTarget struct {
	PID       int
	Musl      bool // its C library is musl, else glibc
	Functions []UserFunction
}

// userHook says which program stops at a function, and what the function takes.
type userHook struct {
	program string
	returns string // the program that runs when the function returns, "" if none
	kind    trace.Kind
}

// userHooks are the functions of POSIX threads that take and release locks.
// Those that may fail in daily life are noted when they return.
func userHooks() map[string]userHook {
	out := map[string]userHook{}
	add := func(program, returns string, kind trace.Kind, names ...string) {
		for _, n := range names {
			out["pthread_"+n] = userHook{program, returns, kind}
		}
	}
	add("take", "", trace.UserMutex, "mutex_lock")
	add("try_begin", "try_end", trace.UserMutex|trace.Try, "mutex_trylock", "mutex_timedlock", "mutex_clocklock")
	add("let_go", "", trace.UserMutex, "mutex_unlock")
	add("initialise", "", trace.UserMutex, "mutex_init")
	add("take", "", trace.UserRWLock|trace.Shared, "rwlock_rdlock")
	add("take", "", trace.UserRWLock, "rwlock_wrlock")
	add("try_begin", "try_end", trace.UserRWLock|trace.Shared|trace.Try, "rwlock_tryrdlock", "rwlock_timedrdlock", "rwlock_clockrdlock")
	add("try_begin", "try_end", trace.UserRWLock|trace.Try, "rwlock_trywrlock", "rwlock_timedwrlock", "rwlock_clockwrlock")
	add("let_go", "", trace.UserRWLock, "rwlock_unlock")
	add("initialise", "", trace.UserRWLock, "rwlock_init")
	add("cond_wait", "", trace.UserMutex, "cond_wait", "cond_timedwait", "cond_clockwait")
	return out
}

// UserFunctionNames lists the functions that are worth looking for.
func UserFunctionNames() []string {
	var out []string
	for n := range userHooks() {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// Of whose making a lock is: src/user.bpf.c.
const (
	ofGlibc = 0x10000
	ofMusl  = 0x20000
)

// User follows the locks of processes. Not for concurrent use.
type User struct {
	coll   *ebpf.Collection
	links  []link.Link
	events *ringbuf.Reader
	Left   []Missing     // functions that could not be attached
	Probes int           // that are attached
	Took   time.Duration // to load and attach
}

// OpenUser loads the programs and attaches them to the processes. Nothing is
// recorded before Start.
func OpenUser(targets []UserTarget) (*User, error) {
	begin := time.Now()
	if err := allowed(); err != nil {
		return nil, err
	}
	u := &User{}
	if err := u.open(targets); err != nil {
		u.Close() //nolint:errcheck // the first error is the cause
		return nil, err
	}
	u.Took = time.Since(begin)
	return u, nil
}

func (u *User) open(targets []UserTarget) error {
	spec, err := loadUser()
	if err != nil {
		return fmt.Errorf("read the programs: %w", err)
	}
	if err := spec.Variables["self_tgid"].Set(uint32(os.Getpid())); err != nil {
		return fmt.Errorf("set self_tgid: %w", err)
	}
	if u.coll, err = ebpf.NewCollection(spec); err != nil {
		return explain("load the programs for locks of processes", err)
	}
	if u.events, err = ringbuf.NewReader(u.coll.Maps["events"]); err != nil {
		return fmt.Errorf("open the ring buffer: %w", err)
	}
	for prog, tracepoint := range map[string]string{"task_exit": "sched_process_exit", "task_exec": "sched_process_exec"} {
		l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: tracepoint, Program: u.coll.Programs[prog]})
		if err != nil {
			return explain("attach to "+tracepoint, err)
		}
		u.links = append(u.links, l)
	}
	for _, t := range targets {
		if err := u.attach(t); err != nil {
			return err
		}
	}
	return nil
}

// attach follows one process. What releases comes first, so that no lock is
// noted whose release nobody sees.
func (u *User) attach(t UserTarget) error {
	hooks := userHooks()
	last := func(f UserFunction) int {
		if strings.HasSuffix(f.Name, "unlock") {
			return 0
		}
		return 1
	}
	fns := slices.Clone(t.Functions)
	slices.SortStableFunc(fns, func(a, b UserFunction) int { return last(a) - last(b) })
	before := u.Probes
	for _, f := range fns {
		h, ok := hooks[f.Name]
		if !ok {
			continue
		}
		if err := u.probe(t, f, h); err != nil {
			u.Left = append(u.Left, Missing{fmt.Sprintf("%s of process %d", f.Name, t.PID), err.Error()})
		}
	}
	if u.Probes == before {
		why := "it has none of the functions"
		if len(u.Left) > 0 {
			why = u.Left[len(u.Left)-1].Why
		}
		return fmt.Errorf("follow process %d: %s", t.PID, why)
	}
	return nil
}

func (u *User) probe(t UserTarget, f UserFunction, h userHook) error {
	ex, err := link.OpenExecutable(f.Path)
	if err != nil {
		return err
	}
	o := &link.UprobeOptions{Address: f.Offset, PID: t.PID, Cookie: uint64(h.kind) | ofGlibc}
	if t.Musl {
		o.Cookie = uint64(h.kind) | ofMusl
	}
	// The return comes first: a call that is seen to begin must be seen to end.
	if h.returns != "" {
		l, err := ex.Uretprobe("", u.coll.Programs[h.returns], o)
		if err != nil {
			return explain("attach", err)
		}
		u.links = append(u.links, l)
	}
	l, err := ex.Uprobe("", u.coll.Programs[h.program], o)
	if err != nil {
		return explain("attach", err)
	}
	u.links = append(u.links, l)
	u.Probes++
	return nil
}

// Start begins to record.
func (u *User) Start() error { return u.setEpoch(1) }

// Pause stops recording.
func (u *User) Pause() error { return u.setEpoch(0) }

func (u *User) setEpoch(e uint32) error {
	if err := u.coll.Variables["epoch"].Set(uint64(e) << 32); err != nil {
		return fmt.Errorf("switch recording: %w", err)
	}
	return nil
}

// userEvent is struct user_event of src/user.bpf.c.
type userEvent struct {
	N, Size   uint32
	TID, TGID uint32
	Key       trace.OrderKey
	Comm      [16]byte
	To        trace.Lock
	Held      [16]trace.Lock
	Regs      trace.UserRegs
	Stack     [256 * 12]byte
}

// Read gives what the programs see to f until the context ends or the
// deadline passes.
func (u *User) Read(ctx context.Context, until time.Time, f func(*trace.UserEvent)) error {
	u.events.SetDeadline(until)
	stop := context.AfterFunc(ctx, func() { u.events.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	var rec ringbuf.Record
	for {
		if err := u.events.ReadInto(&rec); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, ringbuf.ErrClosed) {
				return nil
			}
			return fmt.Errorf("read events: %w", err)
		}
		if e, ok := toUser(rec.RawSample); ok {
			f(e)
		}
	}
}

func toUser(raw []byte) (*trace.UserEvent, bool) {
	var e userEvent
	if len(raw) < int(unsafe.Sizeof(e)) {
		return nil, false
	}
	if _, err := binary.Decode(raw, binary.NativeEndian, &e); err != nil {
		return nil, false
	}
	out := &trace.UserEvent{Key: e.Key, TID: int(e.TID), PID: int(e.TGID), Comm: text(e.Comm[:]), Regs: e.Regs,
		To: toUserLock(e.To), Memory: slices.Clone(e.Stack[:min(int(e.Size), len(e.Stack))])}
	for _, l := range e.Held[:min(int(e.N), len(e.Held))] {
		if l.Addr != 0 { // a lock that was released out of order leaves a hole
			out.Held = append(out.Held, toUserLock(l))
		}
	}
	return out, true
}

func toUserLock(l trace.Lock) trace.UserLock {
	return trace.UserLock{Addr: l.Addr, Site: l.Site, Kind: l.Kind, Init: l.Class, Number: uint32(l.From)}
}

// Counts returns how often each order was seen.
func (u *User) Counts() (map[trace.OrderKey]int64, error) {
	out := map[trace.OrderKey]int64{}
	var k trace.OrderKey
	var v uint64
	it := u.coll.Maps["orders"].Iterate()
	for it.Next(&k, &v) {
		out[k] = int64(v)
	}
	if err := it.Err(); err != nil && !errors.Is(err, ebpf.ErrIterationAborted) {
		return out, fmt.Errorf("read the orders: %w", err)
	}
	return out, nil
}

// Lost returns what the programs could not follow, in words.
func (u *User) Lost() (trace.Losses, error) {
	return lost(u.coll.Maps["counts"], []string{
		"acquisitions of threads for which no slot was free",
		"lists of held locks longer than 16, emptied",
		"releases of locks that the thread was not seen to take, most often before the trace began",
		"locks on a thread's list that it had no more: released in a way that was not seen",
		"new orders for which the table had no room",
		"events for which the ring buffer had no room; an order is told again when it is seen again",
		"threads that ended with a lock on their list",
		"acquisitions in orders of further locks, at places that have shown 512 such orders: not looked at",
	})
}

// Close detaches everything and frees the maps.
func (u *User) Close() error {
	errs := []error{closeLinks(u.links)}
	u.links = nil
	if u.events != nil {
		errs = append(errs, u.events.Close())
	}
	if u.coll != nil {
		u.coll.Close()
	}
	return errors.Join(errs...)
}
