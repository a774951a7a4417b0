package kcore

import (
	"fmt"

	"gordian/internal/model"
)

// readOwner reads who holds a lock, from the lock itself.
func (s *State) readOwner(l *Lock) {
	var err error
	switch l.Type {
	case model.Mutex:
		err = s.mutexOwner(l)
	case model.RWSem:
		err = s.rwsemOwner(l)
	case model.RTMutex:
		err = s.rtOwner(l, l.Addr)
	case model.Semaphore:
		err = s.semaphoreState(l)
	case model.Completion:
		var done uint64
		if done, err = s.get(l.Addr, "completion", "done"); err == nil {
			l.Words = fmt.Sprintf("done %d", done)
		}
	case model.PercpuRWSem:
		err = s.percpuOwner(l)
	case model.SRCU:
		err = s.srcuState(l)
	case model.Spinlock:
		s.spinOwner(l)
	case model.RWLock:
		s.rwlockState(l)
	}
	if err != nil {
		s.note(fmt.Sprintf("who holds %s is not known: %v", l.Name, err))
	}
}

// Low bits of owner words: mutex.c, MUTEX_FLAGS; rwsem.c, RWSEM_OWNER_FLAGS_MASK;
// rtmutex.c, RT_MUTEX_HAS_WAITERS. A task_struct is aligned to more.
const (
	ownerFlags     = 7
	rwsemReaderBit = 1
)

func (s *State) mutexOwner(l *Lock) error {
	if !s.has("mutex", "owner") { // PREEMPT_RT: a mutex is an rtmutex
		at, err := s.at(l.Addr, "mutex", "rtmutex")
		if err != nil {
			return err
		}
		return s.rtOwner(l, at)
	}
	v, err := s.get(l.Addr, "mutex", "owner")
	if err != nil {
		return err
	}
	s.ownedBy(l, v&^ownerFlags, model.Write, "mutex.owner")
	return nil
}

// rtOwner reads a struct rt_mutex_base, which rt_mutex and, on PREEMPT_RT,
// mutexes, spinlocks and the inside of rwlocks and rwsems are made of.
func (s *State) rtOwner(l *Lock, at uint64) error {
	v, err := s.get(at, "rt_mutex_base", "owner")
	if err != nil {
		return err
	}
	s.ownedBy(l, v&^1, model.Write, "rt_mutex_base.owner")
	return nil
}

// Bits of rw_semaphore.count (kernel/locking/rwsem.c).
const (
	rwsemWriterLocked = 1 << 0
	rwsemHandoff      = 1 << 2
	rwsemReaderShift  = 8
	rwsemReadFail     = 1 << 63
)

func (s *State) rwsemOwner(l *Lock) error {
	if !s.has("rw_semaphore", "owner") {
		return s.rwbaseOwner(l)
	}
	owner, err := s.get(l.Addr, "rw_semaphore", "owner")
	if err != nil {
		return err
	}
	count, err := s.get(l.Addr, "rw_semaphore", "count")
	if err != nil {
		return err
	}
	switch {
	case count&rwsemWriterLocked != 0:
		l.Words, l.Readers = writerHas, 0
		if owner&rwsemReaderBit != 0 {
			return nil // the last reader: the writer has not written its name yet
		}
		s.ownedBy(l, owner&^ownerFlags, model.Write, "rw_semaphore.owner")
	default:
		l.Readers = int(count &^ rwsemReadFail >> rwsemReaderShift)
		l.Words = fmt.Sprintf("%d readers", l.Readers)
		if owner&rwsemReaderBit != 0 && l.Readers > 0 {
			// The last task that became a reader; it may have left already.
			if t := s.byAddr[owner&^ownerFlags]; t != nil {
				s.hint(l, t)
			}
		}
	}
	if count&rwsemHandoff != 0 {
		l.Words += ", handed to the first in the queue"
	}
	return nil
}

// rwbaseOwner reads an rwsem of PREEMPT_RT: a count of readers, biased while
// no writer has it, and an rtmutex (include/linux/rwbase_rt.h).
func (s *State) rwbaseOwner(l *Lock) error {
	base, err := s.at(l.Addr, "rw_semaphore", "rwbase")
	if err != nil {
		return err
	}
	readers, err := s.getInt(base, "rwbase_rt", "readers")
	if err != nil {
		return err
	}
	const readerBias, writerBias = -1 << 31, 1 << 30
	rt, err := s.at(base, "rwbase_rt", "rtmutex")
	if err != nil {
		return err
	}
	switch {
	case readers < 0:
		l.Readers = readers - readerBias
		l.Words = fmt.Sprintf("%d readers", l.Readers)
	case readers >= writerBias:
		l.Words, l.Readers = writerHas, 0
		return s.rtOwner(l, rt)
	default: // a writer has taken the bias and waits for readers to leave
		l.Readers = readers
		l.Words = fmt.Sprintf("%d readers, a writer waits for them", l.Readers)
	}
	return nil
}

// semaphoreState reads the count; kernels from 6.16 on with
// CONFIG_DETECT_HUNG_TASK_BLOCKER keep the last holder.
func (s *State) semaphoreState(l *Lock) error {
	count, err := s.get(l.Addr, "semaphore", "count")
	if err != nil {
		return err
	}
	l.Words = fmt.Sprintf("count %d", uint32(count))
	if last, err := s.get(l.Addr, "semaphore", "last_holder"); err == nil {
		if t := s.byAddr[last]; t != nil {
			s.hint(l, t)
		}
	}
	return nil
}

// hint notes a task that the lock records as its last holder: it may have
// released it since, so that it takes an inference to make it a holder.
func (s *State) hint(l *Lock, t *Task) {
	mode := model.Write
	if l.Type == model.RWSem {
		mode = model.Read
	}
	l.Holders = append(l.Holders, Holder{Task: t, Mode: mode, AnyOf: true, Unsure: true,
		Why: []Reason{{hex(l.Addr), "the lock records " + t.Name() + " as the last that took it"}}})
}

// ownedBy notes the owner that a lock names.
func (s *State) ownedBy(l *Lock, owner uint64, mode model.Mode, member string) {
	if owner == 0 {
		if l.Words == "" {
			l.Words = "no owner"
		}
		return
	}
	t := s.byAddr[owner]
	switch {
	case t != nil:
	case owner>>63 == 0: // no address of the kernel: this is no lock, or its memory is damaged
		l.Words = "its owner, " + hex(owner) + ", is no task"
		return
	case s.fewer:
		l.Words = "owned by the task at " + hex(owner) + ", which is not among those that could be read"
		return
	default:
		l.Gone = "its owner, the task at " + hex(owner) + ", is in no list of tasks: it has exited"
		if left, err := s.readTask(owner); err == nil && left.PID > 0 && left.Comm != "" {
			left.State = "X"
			l.GoneTask = left
		}
		return
	}
	l.Words = "owned by " + t.Name()
	l.Holders = append(l.Holders, Holder{Task: t, Mode: mode, Stated: true, Why: []Reason{{hex(l.Addr), member + " of " + l.Name + " is " + t.Name()}}})
}

// reused finds a recorded owner that is another task by now: one whose
// task_struct took the place of the real one. Every release wakes a waiter (the
// first, where the queue keeps an order), so that while they sleep the owner
// cannot have changed; one that was born after they fell asleep never took the
// lock.
func (s *State) reused(l *Lock) {
	for i := range l.Holders {
		h := &l.Holders[i]
		if !h.Stated || len(l.Waiters) == 0 {
			continue
		}
		last := uint64(0)
		for n, w := range l.Waiters {
			if w.Task.lastArrival == 0 || w.Task.State == "R" {
				return
			}
			if n == 0 || !l.Queue {
				last = max(last, w.Task.lastArrival)
			}
		}
		if h.Task.start <= last+startMargin(h.Task.start) {
			continue
		}
		l.Gone = fmt.Sprintf("its owner is gone: the task_struct at %#x is now that of %s, which was started %.1f s after %s began to wait",
			h.Task.Addr, h.Task.Name(), float64(h.Task.start-last)/1e9, l.Waiters[0].Task.Name())
		l.Holders = append(l.Holders[:i:i], l.Holders[i+1:]...)
		return
	}
}

// startMargin is by how much two clocks may differ: start times are adjusted
// by NTP (at most 0.05 %), run times are not.
func startMargin(start uint64) uint64 { return 200_000_000 + start/1000 }
