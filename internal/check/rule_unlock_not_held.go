package check

import (
	"context"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

func unlockNotHeldRule() Rule { return Rule{Doc: unlockNotHeldDoc(), Run: runUnlockNotHeld} }

func unlockNotHeldDoc() Doc {
	return Doc{
		ID:       "unlock-not-held",
		Summary:  "A lock is released that is not held",
		Severity: model.SevError,
		What:     `The task released a lock that it does not hold: a second unlock on an error path, an unlock without its lock, the wrong lock of two, or a lock that another task took. Lockdep prints "bad unlock balance".`,
		Why:      `A second unlock frees the lock under another task that has meanwhile taken it: two tasks are then in the section at once, and data is corrupted without any lock being waited for. A counting semaphore becomes larger than it was, a spinlock's queue is damaged, an rwsem's reader count goes wrong and a later writer waits for ever.`,
		Example: `out_unlock:
	mutex_unlock(&d->lock);
out:
	mutex_unlock(&d->lock);		/* reached from out_unlock as well */
	return ret;
`,
		Fixes: []model.Fix{
			{Title: "Match each unlock with its lock", Detail: "Order the labels so that each error path releases what it took, once: labels that unlock come before labels that do not. guard() and scoped_guard() (linux/cleanup.h) make it impossible to get wrong, but mixing a guard with a manual unlock of the same lock is exactly this bug."},
			{Title: "If another task took it: use another primitive", Detail: "Only the owner may release a mutex or an rwsem it took. Use a completion to signal, or a semaphore."}},
		Verify:   append(verifyLockdep(), "CONFIG_DEBUG_MUTEXES=y, CONFIG_DEBUG_RWSEMS=y and CONFIG_DEBUG_SPINLOCK=y (all selected by PROVE_LOCKING) check the owner at each unlock."),
		Sources:  []string{"kernel/locking/lockdep.c, print_unlock_imbalance_bug() (print_unlock_inbalance_bug() up to 4.x)", "kernel/locking/mutex-debug.c, debug_mutex_unlock()"},
		LogForms: []string{"WARNING: bad unlock balance detected!", "[ BUG: bad unlock balance detected! ]"},
		InSource: `A path that releases a lock twice, or one that it never took, in a function whose other paths take it: callers then do not hold it for this one. A function that only releases, and drops a lock of its caller to take it again, is not reported: what its callers hold decides.`,
	}
}

// runUnlockNotHeld reports lockdep's bad unlock balance.
func runUnlockNotHeld(_ context.Context, in *Input) []model.Finding {
	v := in.v
	var out []model.Finding
	v.lockdepReports(func(i int, r *kreport.Lockdep) {
		f := v.fromLockdep("unlock-not-held", i, r)
		f.Verdict = model.Bug
		l := subject(r)
		name, who := "a lock", "A task"
		if l != nil {
			name = l.Lock
			f.Locks = []model.LockInfo{lockOf(l, "")}
		}
		if r.Task != nil {
			who = label(r.Task.Comm, r.Task.PID)
		}
		f.Title = name + " is released but not held" + inFn(f.Function)
		f.Explanation = who + " released " + name + inFn(f.Function) + ", but lockdep does not have it among the locks that this task holds."
		if r.NoMoreLocks {
			f.Explanation += " The task holds no lock at all: this is a second unlock, an unlock without its lock, or a lock that another task took."
		} else if r.Held != nil && len(r.Held.Locks) > 0 {
			f.Explanation += " It does hold " + list(heldNames(r.Held), 3) + ": perhaps the wrong one of two was released."
		}
		f.Fingerprint = model.Fingerprint(f.Rule, name, f.Function)
		out = append(out, f)
	}, "lockdep-bad-unlock")
	for _, i := range v.families["lockdep-internal"] {
		if r, ok := v.facts.Reports[i].(*kreport.LockdepInternal); ok && failedUnlock(r) {
			f := v.lockdepSelf("unlock-not-held", i, r)
			f.Explanation = "An unlock" + inFn(f.Function) + " found that its lock is not held, or is held by another task (the check at " + r.File + ":" + itoa(r.LineNo) + pick(r.Cond == "", "", ", "+r.Cond) + "). It is a second unlock, an unlock of the wrong lock, or a lock that one task takes and another releases."
			out = append(out, f)
		}
	}
	return out
}

// failedUnlock reports whether a check of the mutex or rwsem code failed in an
// unlock: the owner is not the task that releases.
func failedUnlock(r *kreport.LockdepInternal) bool {
	if !strings.Contains(r.File, "locking/mutex") && !strings.Contains(r.File, "locking/rwsem") && !strings.Contains(r.File, "locking/rtmutex") {
		return false
	}
	fn := kstack.Base(funcName(r.Func))
	if fn == "" && r.Backtrace != nil && len(r.Backtrace.Full) > 0 {
		fn = kstack.Base(r.Backtrace.Full[0].Func)
	}
	return strings.Contains(fn, "unlock") || strings.HasPrefix(strings.TrimLeft(fn, "_"), "up_") || fn == "rwsem_wake"
}
