package check

import (
	"slices"
	"strings"

	"gordian/internal/model"
)

// The fixes that several rules share. Each says when it is the wrong one.

func fixOrder() model.Fix {
	return model.Fix{Title: "Take the locks in one order everywhere",
		Detail: "Write the order down next to the locks and change the path that breaks it. Where the path cannot know the second lock before it has the first, drop the first, take both in order, and check again what the first one protected: it may have changed in between. Locks of one class are ordered by something that never changes, such as their address. Changing the order on one path is wrong if a third path depends on it: look at every path that takes two of these locks, not only at the two that were reported."}
}

func fixTrylock() model.Fix {
	return model.Fix{Title: "Try the second lock, and back off",
		Detail: "Take the second lock with a trylock; when it fails, release the first and start over. It fits where the order cannot be fixed and contention is rare. It is wrong in a tight loop without a pause (two tasks can fail against each other for ever: a livelock), and wrong for a lock that is held for long. For many locks of one kind that are taken in any order, ww_mutex does the backing off for you."}
}

func fixNarrow() model.Fix {
	return model.Fix{Title: "Do not hold the first lock while taking the second",
		Detail: "Copy what is needed, or take a reference, release the first lock, then take the second. It is wrong if the data may not change between the two sections: then look at it again under the second lock, or keep both and fix the order."}
}

func fixNesting() model.Fix {
	return model.Fix{Title: "Annotate the nesting, if it is really safe",
		Detail: "If the two locks are different objects of one class with a fixed order (parent before child), tell lockdep: mutex_lock_nested(&child->lock, SINGLE_DEPTH_NESTING), or a class of its own with lockdep_set_class() for each level. It is wrong if nothing fixes the order: the annotation then hides a real deadlock. A subclass never makes one lock recursive, and there are only 8 of them."}
}

func fixDropBeforeWait() model.Fix {
	return model.Fix{Title: "Release the lock before you wait",
		Detail: "Under the lock, mark the object as going away so that nothing new is queued; release the lock; then flush, cancel, stop or wait. It is wrong to release it without the mark: the work may be queued again after the wait has ended."}
}

func fixAsyncCancel() model.Fix {
	return model.Fix{Title: "Use the form that does not wait",
		Detail: "cancel_work(), cancel_delayed_work(), timer_delete(), disable_irq_nosync() or call_rcu() instead of their waiting forms while the lock is held. It is wrong if the object is freed afterwards: somebody must wait for the last run, outside the lock."}
}

func fixIrqsave() model.Fix {
	return model.Fix{Title: "Turn the interrupt off while the lock is held outside of it",
		Detail: "spin_lock_irqsave()/spin_unlock_irqrestore() where a hardirq handler takes the lock, spin_lock_bh()/spin_unlock_bh() where only a softirq, tasklet or timer does. Every place outside the handler needs it, readers of an rwlock only if the handler writes. spin_lock_irq() is wrong where interrupts may be off already: its unlock turns them on. Raising only the handler to _irqsave is wrong: it is the interrupted holder that must not be interrupted. On PREEMPT_RT a spinlock_t sleeps and does not turn interrupts off; what must be safe in a real hardirq there needs raw_spinlock_t."}
}

func fixMoveOutOfIRQ() model.Fix {
	return model.Fix{Title: "Do the work outside the interrupt",
		Detail: "Let the handler only note what happened and queue a work item or wake a threaded handler (request_threaded_irq), which may take the lock in process context. It is wrong for what must be answered within the interrupt, such as clearing its cause at the device."}
}

func fixGFPAtomic() model.Fix {
	return model.Fix{Title: "Do not sleep there: allocate without waiting, or before",
		Detail: "Allocate before the lock is taken, or pass GFP_ATOMIC (GFP_NOWAIT where failing is cheap) while it is held, and handle failure. GFP_ATOMIC is wrong for large or many allocations: it takes from a small reserve and fails under load."}
}

func fixMutexInstead() model.Fix {
	return model.Fix{Title: "Use a lock whose holder may sleep",
		Detail: "If the section has to sleep, protect it with a mutex instead of a spinlock. It is wrong if any user of the lock runs in an interrupt, a timer, a softirq or under another spinlock: those may not take a mutex."}
}

func fixUnlockAllPaths() model.Fix {
	return model.Fix{Title: "Release the lock on every path",
		Detail: "Leave the function through one label that unlocks (goto out_unlock), or let the scope do it: guard(mutex)(&lock) and scoped_guard() from linux/cleanup.h (6.5 and later). A guard is wrong where the lock must be released before the end of the scope, or is handed to another function to release."}
}

func fixFindHolder() model.Fix {
	return model.Fix{Title: "Find out what the holder is doing",
		Detail: "The waiters are victims. Look at the stack of the task that holds the lock: it is in the explanation if this evidence shows it, else take it with `echo w > /proc/sysrq-trigger` (blocked tasks), `echo l` (running CPUs) or /proc/PID/stack."}
}

// verifyLockdep is how to check that a lock problem is gone, for every rule
// that lockdep can see.
func verifyLockdep() []string {
	return []string{
		"Build a kernel with CONFIG_PROVE_LOCKING=y (it selects LOCKDEP, DEBUG_SPINLOCK, DEBUG_MUTEXES, DEBUG_RWSEMS and DEBUG_LOCK_ALLOC) and run the same load, including load, unload and error paths of the module: one pass through each path is enough, the hang need not happen.",
		"`grep debug_locks /proc/lockdep_stats` must still show 1 at the end: lockdep switches itself off at its first report, so that a second problem stays unseen until the first is fixed and the machine rebooted.",
	}
}

func verifyHang() []string {
	return []string{
		"Run the load that hung with CONFIG_DETECT_HUNG_TASK=y and `sysctl kernel.hung_task_timeout_secs=30`; `ps -eo pid,stat,wchan:32,comm | awk '$2 ~ /^D/'` must stay empty.",
		"With CONFIG_DETECT_HUNG_TASK_BLOCKER=y (6.16 and later) the next hang names the task that likely owns the mutex or semaphore (rw-semaphores from 6.17); with CONFIG_PROVE_LOCKING=y it lists every held lock.",
	}
}

// noLockdep says why lockdep is no check.
const noLockdep = "Lockdep cannot help: it does not track semaphores. A semaphore that is only ever held by one task, and released by the one that took it, can become a mutex: then CONFIG_PROVE_LOCKING=y checks its order."

// verifySemaphores leaves out of a source finding's checks those by lockdep, if
// a semaphore is among its locks. What is wrong about sleeping stays.
func verifySemaphores(f *model.Finding) {
	if f.Rule == "sleep-in-atomic" || !slices.ContainsFunc(f.Locks, func(l model.LockInfo) bool { return l.Type == model.Semaphore }) {
		return
	}
	f.Verify = append([]string{checkAgain(f.Rule), "Run these paths at the same time, many times, on several CPUs. " + noLockdep}, verifyHang()...)
}

// verifyFor leaves out of a hang's checks what cannot see its locks: lockdep
// does not track semaphores.
func verifyFor(f *model.Finding, ts []*task) {
	if slices.ContainsFunc(f.Locks, func(l model.LockInfo) bool {
		return l.Type == model.UserMutex || l.Type == model.UserRWLock || l.Type == model.UserThread
	}) {
		f.Verify = []string{"Run the program's tests under `valgrind --tool=helgrind`, or built with -fsanitize=thread: both report lock orders that could deadlock, also when they do not."}
		f.Fix = slices.DeleteFunc(f.Fix, func(x model.Fix) bool { return strings.Contains(x.Detail, "lockdep") })
		return
	}
	for _, t := range ts {
		if t.wait.Type != model.Semaphore {
			return
		}
	}
	f.Verify = append([]string{"Run the load that hung, long enough and on several CPUs. " + noLockdep},
		verifyHang()...)
}
