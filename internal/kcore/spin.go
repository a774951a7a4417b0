package kcore

import (
	"errors"
	"fmt"

	"gordian/internal/kmem"
	"gordian/internal/model"
)

// spins finds the lock that a CPU spins for: what it passed to the lock
// function, or what its registers still hold.
func (s *State) spins(t *Task) {
	l, mode, why := s.lockArgument(t)
	if l == nil || l.Type != t.Class.Type && l.Type != model.Spinlock && l.Type != model.RWLock {
		return
	}
	if l.Words == "free" {
		return // it had it at the next try
	}
	s.wait(t, l, mode, why)
	t.Wait.Inferred = why.What != "" && !s.registerAgrees(t, l.Addr)
}

// registerAgrees reports whether a register of the spinning function holds the
// lock: native_queued_spin_lock_slowpath() keeps it in one while it spins. It
// is the innermost frame, or the one that an interrupt stopped.
func (s *State) registerAgrees(t *Task, addr uint64) bool {
	for i := range t.Frames {
		f := &t.Frames[i]
		if i > t.Class.CallerIndex {
			break
		}
		if f.Trap && f.Regs.Holds(addr) {
			return true
		}
	}
	return false
}

// Spinning for so long is no contention any more. The watchdog's stopper thread
// runs on every CPU each 4 s (kernel/watchdog.c), so that a task that has its
// CPU for longer does not let go of it; with interrupts off the clock of the
// runqueue stands still too.
const (
	longSpin   = 12_000_000_000 // ns
	longIRQOff = 5_000_000_000
)

// spinsLong reports whether a task that spins has kept its CPU for longer than
// a healthy kernel lets it.
func (s *State) spinsLong(t *Task) bool {
	for i := range s.CPUs {
		c := &s.CPUs[i]
		if c.Curr != t {
			continue
		}
		if c.Known && c.Regs.IRQsOff && c.clock != 0 && s.now-c.clock >= longIRQOff {
			return true
		}
	}
	_, watched := s.K.symbol("watchdog_touch_ts")
	return watched && t.lastArrival != 0 && t.lastArrival+longSpin <= s.now
}

// What the words of locks that writers have say.
const (
	writerHas     = "held by a writer"
	writerMayHave = "taken or awaited by a writer"
)

// percpuOwner reads how many readers a percpu-rwsem has, and whether a writer
// is there; it keeps no owner. A writer that has it has waited for the last
// reader (kernel/locking/percpu-rwsem.c, percpu_down_write()).
func (s *State) percpuOwner(l *Lock) error {
	block, err := s.get(l.Addr, "percpu_rw_semaphore", "block")
	if err != nil {
		return err
	}
	at, err := s.get(l.Addr, "percpu_rw_semaphore", "read_count")
	if err != nil {
		return err
	}
	sum, err := s.onAllCPUs(at, 4)
	if err == nil && int32(sum) > 0 {
		l.Readers = int(int32(sum))
		l.Words = fmt.Sprintf("%d readers", l.Readers)
		if uint32(block) != 0 {
			l.Words += ", a writer waits for them"
		}
		return nil
	}
	l.Words = "no readers"
	if uint32(block) != 0 {
		l.Words = writerMayHave
	}
	return err
}

// srcuState counts the readers that a grace period of SRCU waits for: those of
// the index that is not in use (kernel/rcu/srcutree.c, try_check_zero()). Where
// there are readers of both, which of them are which is not known.
func (s *State) srcuState(l *Lock) error {
	idx, err := s.get(l.Addr, "srcu_struct", "srcu_idx")
	if err != nil {
		return err
	}
	at, err := s.get(l.Addr, "srcu_struct", "sda")
	if err != nil {
		return err
	}
	locks, err := s.at(at, "srcu_data", "srcu_lock_count")
	if err != nil {
		return err
	}
	unlocks, err := s.at(at, "srcu_data", "srcu_unlock_count")
	if err != nil {
		return err
	}
	var n [2]int
	for i := range n {
		in, err1 := s.onAllCPUs(locks+uint64(i)*8, 8)
		out, err2 := s.onAllCPUs(unlocks+uint64(i)*8, 8)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		n[i] = int(int64(in - out))
	}
	old := 1 ^ idx&1
	l.Words = fmt.Sprintf("%d readers that a grace period waits for, %d newer ones", n[old], n[old^1])
	if n[old^1] == 0 {
		l.Readers = n[old]
	}
	return nil
}

// onAllCPUs adds up a per-CPU counter of 4 or 8 bytes.
func (s *State) onAllCPUs(at uint64, size int) (sum uint64, err error) {
	for _, off := range s.K.PerCPU {
		v, err := kmem.Uint(s.mem, at+off, size)
		if err != nil {
			return 0, err
		}
		sum += v
	}
	return sum, nil
}

// Fields of a queued spinlock's word (include/asm-generic/qspinlock_types.h,
// for less than 16384 CPUs).
const (
	qspinLocked  = 0xff
	qspinPending = 0xff00
	qspinTailCPU = 18
)

// spinOwner decodes a spinlock's word. Only CONFIG_DEBUG_SPINLOCK keeps an
// owner; on PREEMPT_RT a spinlock_t is an rtmutex.
func (s *State) spinOwner(l *Lock) {
	if f, ok := s.field("spinlock", "lock"); ok && f.Type.Strip().Name() == "rt_mutex_base" {
		if err := s.rtOwner(l, l.Addr+f.Offset); err != nil {
			s.note(fmt.Sprintf("who holds %s is not known: %v", l.Name, err))
		}
		return
	}
	v, err := kmem.U32(s.mem, l.Addr)
	if err != nil {
		return
	}
	switch {
	case v&qspinLocked == 0 && v == 0:
		l.Words = "free"
	default:
		l.Words = "locked"
		if v&qspinPending != 0 {
			l.Words += ", one CPU next in line"
		}
		if tail := v >> qspinTailCPU; tail != 0 {
			l.Words += fmt.Sprintf(", last in the queue is CPU %d", tail-1)
		}
	}
	owner, err := s.get(l.Addr, "raw_spinlock", "owner")
	if err != nil || owner == 0 || owner == ^uint64(0) { // SPINLOCK_OWNER_INIT is -1
		return
	}
	if t := s.byAddr[owner]; t != nil && v&qspinLocked != 0 {
		l.Holders = append(l.Holders, Holder{Task: t, Mode: model.Write, Stated: true, Why: []Reason{{hex(l.Addr), "raw_spinlock.owner of " + l.Name + " is " + t.Name()}}})
	}
}

// Fields of a queued rwlock's word (include/asm-generic/qrwlock.h).
const (
	qrwlockWriter      = 0xff
	qrwlockReaderShift = 9
)

// rwlockState decodes a rwlock_t's word; it keeps no owner. On PREEMPT_RT it
// is made of an rtmutex, and has no such word.
func (s *State) rwlockState(l *Lock) {
	if s.has("rwlock_t", "rwbase") {
		return
	}
	v, err := kmem.U32(s.mem, l.Addr)
	if err != nil {
		return
	}
	l.Readers = int(v >> qrwlockReaderShift)
	switch {
	case v == 0:
		l.Words = "free"
	case v&qrwlockWriter == qrwlockWriter:
		l.Words, l.Readers = writerHas, 0
	default:
		l.Words = fmt.Sprintf("%d readers", l.Readers)
	}
}
