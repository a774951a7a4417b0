package check

import (
	"slices"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/kstack"
)

// leaving says how a task went away from a lock that it held.
type leaving int

const (
	ends   leaving = iota + 1 // do_exit(): it will never release anything
	frozen                    // try_to_freeze(): it goes on when it is thawed
	stays                     // back in user space: alive, but on no path to an unlock
	parted                    // it ended or was frozen: the report is cut before it says which
)

// leaves tells how the task of a report went. "still has locks held!" is
// printed by debug_check_no_locks_held(), which do_exit() calls and
// try_to_freeze() too (kernel/exit.c, include/linux/freezer.h).
func leaves(r *kreport.Lockdep) leaving {
	if r.Family == "lockdep-held-userspace" {
		return stays
	}
	if r.Backtrace == nil {
		return parted
	}
	in := func(fns ...string) bool {
		for _, f := range r.Backtrace.Full {
			if !f.Unreliable && slices.Contains(fns, kstack.Base(f.Func)) {
				return true
			}
		}
		return false
	}
	switch {
	case in("do_exit", "make_task_dead", "kthread_exit", "kthread_complete_and_exit"):
		return ends
	case in("get_signal", "get_signal_to_deliver", "try_to_freeze", "__refrigerator", "do_nanosleep", "futex_wait", "worker_thread"):
		return frozen
	}
	return parted
}

func leaveWord(r *kreport.Lockdep) string {
	switch leaves(r) {
	case ends:
		return "ended"
	case frozen:
		return "went to be frozen"
	case stays:
		return "returned to user space"
	}
	return "ended, or went to be frozen,"
}

// leftBehind says what happens to those who need a lock that was left held.
func leftBehind(ls []kreport.Lock, how leaving) string {
	if len(ls) > 0 && !slices.ContainsFunc(ls, func(l kreport.Lock) bool { return !readerMark(l.Lock) }) {
		return "It marks an RCU read-side section and no lock: nobody waits for it by name, but a grace period may wait for this reader, and every synchronize_rcu() with it."
	}
	switch how {
	case frozen:
		return "Until it is thawed and releases it, everybody who asks for it waits, and cannot be frozen either."
	case stays:
		return "The next task that asks for it waits until this one happens to release it."
	case parted:
		return "If it has ended, nobody can release it any more: the next task that asks for it waits for ever."
	}
	return "Nobody can release it any more: the next task that asks for it waits for ever."
}

// readerMark reports whether a class stands for an RCU reader or callback:
// lockdep lists it as held, but no task waits for it as for a lock.
func readerMark(class string) bool {
	return strings.HasPrefix(class, "rcu_read_lock") || class == "rcu_callback" || class == "rcu_tasks_trace"
}
