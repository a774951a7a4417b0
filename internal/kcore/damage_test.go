package kcore

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"

	"gordian/internal/kmem"
	"gordian/internal/model"
)

// overlay is memory with some words replaced.
type overlay struct {
	kmem.Memory
	words map[uint64]uint64
}

func (o *overlay) View(va uint64) ([]byte, error) {
	v, err := o.Memory.View(va)
	if w, ok := o.words[va&^7]; ok {
		b := binary.LittleEndian.AppendUint64(nil, w)
		return b[va&7:], nil
	}
	if err != nil {
		return nil, err
	}
	for i := 8 - int(va&7); i < len(v); i += 8 { // the words that follow
		if _, ok := o.words[va+uint64(i)]; ok {
			return v[:i], nil
		}
	}
	return v, nil
}

// noisy is memory in which some words are damaged, and some pages missing,
// always the same for one seed.
type noisy struct {
	kmem.Memory
	seed  uint64
	rate  uint64 // one word of so many
	pages map[uint64]piece
	reads int
}

// piece is damaged memory that was read before.
type piece struct {
	at uint64
	b  []byte
}

func mix(x uint64) uint64 {
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

var errNoise = errors.New("gone")

func (n *noisy) View(va uint64) ([]byte, error) {
	n.reads++
	if p, ok := n.pages[va>>12]; ok && va-p.at < uint64(len(p.b)) {
		return p.b[va-p.at:], nil
	}
	if mix(va>>12^n.seed)%(n.rate/8+64) == 0 {
		return nil, &kmem.MissingError{Addr: va, Err: errNoise}
	}
	v, err := n.Memory.View(va)
	if err != nil {
		return nil, err
	}
	out := append([]byte(nil), v...)
	for i := range out {
		at := va + uint64(i)
		if h := mix(at&^7 ^ n.seed<<1); h%n.rate == 0 {
			out[i] ^= byte(h >> (8 * (at & 7)) >> 3)
		}
	}
	if n.pages == nil {
		n.pages = map[uint64]piece{}
	}
	n.pages[va>>12] = piece{va, out}
	return out, nil
}

// maxReads is some hundred times what the fixture takes. A limit in seconds
// would be one of the machine's load.
const maxReads = 20_000_000

// bounded ends an analysis that reads for ever.
type bounded struct {
	*noisy
	stop context.CancelFunc
}

func (b *bounded) View(va uint64) ([]byte, error) {
	if b.reads > maxReads {
		b.stop()
		return nil, &kmem.MissingError{Addr: va, Err: errNoise}
	}
	return b.noisy.View(va)
}

// Whatever is damaged, the analysis ends, soon and without a panic, and does
// not call a deadlock certain among tasks that are in none.
func FuzzDamage(f *testing.F) {
	k := openFixture(f, kmem.Options{})
	f.Add(uint64(1), uint16(4000))
	f.Add(uint64(2), uint16(300))
	f.Add(uint64(3), uint16(60000))
	f.Fuzz(func(t *testing.T, seed uint64, rate uint16) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := &noisy{Memory: k.Mem, seed: seed, rate: uint64(rate) + 50}
		s, err := k.analyze(ctx, &bounded{n, cancel})
		if ctx.Err() != nil {
			t.Fatalf("it takes for ever: %d reads of memory", n.reads)
		}
		if err != nil {
			return
		}
		fs := &model.Facts{Inputs: []model.Input{{Kind: model.InputCore}}}
		s.Facts(0, fs.NewBoot(), fs)
		for _, e := range fs.Edges {
			if len(e.Why) == 0 || e.From == "" || e.To == "" {
				t.Errorf("%+v", e)
			}
		}
	})
}

// TestOwnerWords reads locks in states that the fixture does not have.
func TestOwnerWords(t *testing.T) {
	k := openFixture(t, kmem.Options{})
	base := analyze(t, k)
	var one, two *Task
	for _, x := range base.Tasks {
		switch x.Comm {
		case "pump-dose":
			one = x
		case "pump-journal":
			two = x
		}
	}
	const addr = 0xffff800000001000 // nothing is there
	off := func(structure, member string) uint64 {
		o, err := k.Types.Offset(structure, member)
		if err != nil {
			t.Fatal(err)
		}
		return addr + o
	}
	tests := []struct {
		name  string
		typ   model.LockType
		words map[uint64]uint64
		state string
		owner *Task
		gone  bool
	}{
		{"mutex with flags", model.Mutex, map[uint64]uint64{off("mutex", "owner"): one.Addr | 5}, "owned by " + one.Name(), one, false},
		{"free mutex", model.Mutex, map[uint64]uint64{off("mutex", "owner"): 0}, "no owner", nil, false},
		{"mutex of an exited task", model.Mutex, map[uint64]uint64{off("mutex", "owner"): 0xffff888012345600}, "", nil, true},
		{"rwsem with a writer", model.RWSem, map[uint64]uint64{off("rw_semaphore", "count"): 1 | 2, off("rw_semaphore", "owner"): two.Addr}, "owned by " + two.Name(), two, false},
		{"rwsem with readers", model.RWSem, map[uint64]uint64{off("rw_semaphore", "count"): 3<<8 | 2, off("rw_semaphore", "owner"): two.Addr | 1}, "3 readers", two, false},
		{"rwsem that is handed over", model.RWSem, map[uint64]uint64{off("rw_semaphore", "count"): 1<<8 | 6, off("rw_semaphore", "owner"): 1}, "1 readers, handed to the first in the queue", nil, false},
		{"mutex that is none", model.Mutex, map[uint64]uint64{off("mutex", "owner"): 0x4000}, "its owner, 0x4000, is no task", nil, false},
		{"rwsem that a writer has just got", model.RWSem, map[uint64]uint64{off("rw_semaphore", "count"): 1, off("rw_semaphore", "owner"): two.Addr | 1}, "held by a writer", nil, false},
		{"rwlock with a writer", model.RWLock, map[uint64]uint64{addr: 0x1ff}, "held by a writer", nil, false},
		{"rwlock with readers", model.RWLock, map[uint64]uint64{addr: 2<<9 | 0x100}, "2 readers", nil, false},
		{"rtmutex with waiters", model.RTMutex, map[uint64]uint64{off("rt_mutex_base", "owner"): one.Addr | 1}, "owned by " + one.Name(), one, false},
		{"spinlock with a queue", model.Spinlock, map[uint64]uint64{addr: (2+1)<<18 | 1<<8 | 1, off("raw_spinlock", "owner"): two.Addr}, "locked, one CPU next in line, last in the queue is CPU 2", two, false},
		{"free spinlock", model.Spinlock, map[uint64]uint64{addr: 0, off("raw_spinlock", "owner"): ^uint64(0)}, "free", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := *base
			s.mem, s.locks, s.names = &overlay{k.Mem, tt.words}, map[lockKey]*Lock{}, map[uint64]string{addr: "it"}
			l := &Lock{Addr: addr, Type: tt.typ, Name: "it", Readers: -1}
			s.readOwner(l)
			if l.Words != tt.state || (l.Gone != "") != tt.gone {
				t.Errorf("%q, gone %q", l.Words, l.Gone)
			}
			switch {
			case tt.owner == nil && len(l.Holders) > 0, tt.owner != nil && (len(l.Holders) != 1 || l.Holders[0].Task != tt.owner):
				t.Errorf("holders %+v", l.Holders)
			}
		})
	}
}

// A task that is not among those that could be read need not have exited.
func TestOwnerAmongFewerTasks(t *testing.T) {
	k := openFixture(t, kmem.Options{})
	s := analyze(t, k)
	if s.fewer {
		t.Fatal("tasks of the fixture are missing")
	}
	s.fewer = true
	l := &Lock{Name: "m", Type: model.Mutex}
	if s.ownedBy(l, 0xffff888012345600, model.Write, "mutex.owner"); l.Gone != "" || l.Words == "" {
		t.Errorf("%+v", l)
	}
}

// TestSecondSign: what was inferred is as good as stated only where the lock
// itself says the same.
func TestSecondSign(t *testing.T) {
	reader, waiter := &Task{PID: 1, lastRun: 10e9}, &Task{PID: 2, lastRun: 20e9}
	for _, tt := range []struct {
		name           string
		lock           Lock
		reader         uint64 // ns, when it ran last
		sure, agreeing bool
	}{
		{"semaphore", Lock{Type: model.Semaphore, Words: "count 0"}, 10e9, true, true},
		{"semaphore that is free", Lock{Type: model.Semaphore, Words: "count 1"}, 10e9, true, false},
		{"rwlock", Lock{Type: model.RWLock, Words: writerHas}, 10e9, true, true},
		{"rwlock that is free", Lock{Type: model.RWLock, Words: "free"}, 10e9, true, false},
		{"rwlock with as many readers", Lock{Type: model.RWLock, Readers: 1}, 10e9, true, true},
		{"rwlock with more readers", Lock{Type: model.RWLock, Readers: 2}, 10e9, true, false},
		{"percpu-rwsem", Lock{Type: model.PercpuRWSem, Words: writerMayHave}, 10e9, true, true},
		{"percpu-rwsem without a writer", Lock{Type: model.PercpuRWSem, Words: "0 readers", Readers: 0}, 10e9, true, false},
		{"percpu-rwsem with as many readers", Lock{Type: model.PercpuRWSem, Readers: 1}, 10e9, true, true},
		{"percpu-rwsem with more readers", Lock{Type: model.PercpuRWSem, Readers: 2}, 10e9, false, false},
		{"SRCU with as many readers", Lock{Type: model.SRCU, Readers: 1}, 30e9, true, true},
		{"SRCU reader of before", Lock{Type: model.SRCU}, 10e9, true, false},
		{"SRCU reader that may be of after", Lock{Type: model.SRCU}, 30e9, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := tt.lock
			reader.lastRun = tt.reader
			l.Waiters = []Waiter{{waiter, model.Write}}
			mode := model.Write
			if l.Readers > 0 {
				mode = model.Read
			}
			l.guesses = []*guess{{task: reader, mode: mode, took: true, gives: true, sure: true}}
			new(State).settle(&l)
			if len(l.Holders) != 1 || l.Holders[0].Unsure == tt.sure || l.Holders[0].Agreed != tt.agreeing {
				t.Errorf("%+v", l.Holders)
			}
		})
	}
}

// A task_struct that was used again proves that the owner is gone.
func TestReusedOwner(t *testing.T) {
	k := openFixture(t, kmem.Options{})
	s := analyze(t, k)
	owner := &Task{Comm: "new", PID: 9, start: 60e9}
	waiter := &Task{Comm: "w", PID: 8, State: "D", lastArrival: 50e9}
	l := &Lock{Name: "m", Type: model.Mutex, Queue: true, Waiters: []Waiter{{waiter, model.Write}}, Holders: []Holder{{Task: owner, Stated: true}}}
	s.reused(l)
	if l.Gone == "" || len(l.Holders) != 0 {
		t.Errorf("%+v", l)
	}
	owner.start = 49e9
	l = &Lock{Name: "m", Type: model.Mutex, Queue: true, Waiters: []Waiter{{waiter, model.Write}}, Holders: []Holder{{Task: owner, Stated: true}}}
	if s.reused(l); l.Gone != "" {
		t.Errorf("the owner is older than the wait: %s", l.Gone)
	}
	waiter.State, owner.start = "R", 60e9 // it was woken: the lock may have a new owner
	if s.reused(l); l.Gone != "" {
		t.Errorf("the waiter is about to run: %s", l.Gone)
	}
}

// TestQueues walks queues that are whole, damaged, and endless.
func TestQueues(t *testing.T) {
	const a, b, c = 0xffff800000002000, 0xffff800000003000, 0xffff800000004000
	list := func(nodes ...uint64) map[uint64]uint64 {
		w := map[uint64]uint64{}
		for i, n := range nodes {
			next := nodes[(i+1)%len(nodes)]
			w[n], w[next+8] = next, n
		}
		return w
	}
	k := openFixture(t, kmem.Options{})
	task := &Task{}
	waiter := func(node uint64) *Task {
		if node == b { // the head
			return nil
		}
		return task
	}
	s := &State{K: k, mem: &overlay{k.Mem, list(a, b, c)}}
	nodes, head, err := s.ring(a, waiter)
	if err != nil || head != b || len(nodes) != 2 || nodes[0] != c || nodes[1] != a {
		t.Errorf("%#x, head %#x, %v", nodes, head, err)
	}
	broken := list(a, b, c)
	broken[c+8] = 0
	s.mem = &overlay{k.Mem, broken}
	if _, _, err := s.ring(a, waiter); err == nil {
		t.Error("a neighbour does not lead back")
	}
	endless := list(b, c)
	endless[a], endless[a+8] = b, b
	s.mem = &overlay{k.Mem, endless}
	if _, _, err := s.ring(a, waiter); err == nil {
		t.Error("the list does not come back to where it began")
	}
}
