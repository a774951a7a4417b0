package kcore

import (
	"gordian/internal/model"
)

// rtMembers is where the rt_mutex_base of a lock lies on PREEMPT_RT, where
// mutexes, spinlocks, rwlocks and rwsems are made of rtmutexes.
var rtMembers = map[model.LockType][2]string{
	model.Mutex:    {"mutex", "rtmutex"},
	model.WWMutex:  {"mutex", "rtmutex"},
	model.Spinlock: {"spinlock", "lock"},
	model.RWSem:    {"rw_semaphore", "rwbase.rtmutex"},
	model.RWLock:   {"rwlock_t", "rwbase.rtmutex"},
	model.RTMutex:  {"rt_mutex", "rtmutex"},
}

// rtWait finds the lock of a task that waits for an rtmutex: the task itself
// points to its waiter (task_struct.pi_blocked_on).
func (s *State) rtWait(t *Task) bool {
	waiter := t.blockedOn
	if waiter == 0 {
		return false
	}
	base, err := s.get(waiter, "rt_mutex_waiter", "lock")
	if err != nil || base == 0 {
		return false
	}
	if owner, err := s.get(waiter, "rt_mutex_waiter", "task"); err != nil || owner != t.Addr {
		return false
	}
	if s.expiryWait(t, waiter, base) {
		return true
	}
	typ, addr := model.RTMutex, base
	if m, ok := rtMembers[t.Class.Type]; ok {
		if f, ok := s.field(m[0], m[1]); ok && f.Type.Strip().Name() == "rt_mutex_base" {
			typ, addr = t.Class.Type, base-f.Offset
		}
	}
	l := s.lock(addr, typ)
	s.wait(t, l, t.Class.Mode, Reason{hex(waiter), "struct rt_mutex_waiter of " + t.Name() + ", queued in " + l.Name})
	return true
}

// Types of task_struct.blocker, in its low bits (include/linux/hung_task.h).
var blockerTypes = [4]struct {
	typ  model.LockType
	mode model.Mode
}{{model.Mutex, model.Write}, {model.Semaphore, model.Write}, {model.RWSem, model.Read}, {model.RWSem, model.Write}}

// blockerWait finds the lock that the task itself names, on kernels from 6.16
// with CONFIG_DETECT_HUNG_TASK_BLOCKER.
func (s *State) blockerWait(t *Task) bool {
	v := t.blocker
	if v == 0 {
		return false
	}
	b := blockerTypes[v&3]
	l := s.lock(v&^3, b.typ)
	s.wait(t, l, b.mode, Reason{hex(t.Addr), "task_struct.blocker of " + t.Name() + " names " + l.Name})
	return true
}
