package check

import (
	"context"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func missingUnlockRule() Rule { return Rule{Doc: missingUnlockDoc(), Run: runMissingUnlock} }

func missingUnlockDoc() Doc {
	return Doc{
		ID:       "missing-unlock",
		Summary:  "A path leaves with the lock held",
		Severity: model.SevError,
		What: `A system call returned to user space, a work function or a task ended, or an object was freed, with a lock still held. The mistake is a path without an unlock: most often an error return between lock and unlock.

"held lock freed!" can also mean that memory with a live lock in it was freed too early by somebody else: then the life time of the object is wrong, not the unlock.`,
		Why: `The next task that takes the lock waits for a holder that has left the section, and usually no longer exists. Nothing goes wrong until then, so the hang shows up later and elsewhere. A leaked spinlock leaves preemption off: the next sleep prints "scheduling while atomic". Freed memory that held the lock is reused, and a later unlock corrupts it.`,
		Example: `mutex_lock(&d->lock);
ret = setup(d);
if (ret)
	return ret;		/* d->lock stays held */
mutex_unlock(&d->lock);
`,
		Fixes: []model.Fix{fixUnlockAllPaths(),
			{Title: "If the lock is meant to outlive the function: say who releases it", Detail: "A lock that one task takes and another releases must be a semaphore or a completion, not a mutex: a mutex may be released by its owner only. For an rwsem there are down_read_non_owner()/up_read_non_owner()."},
			{Title: "For a freed lock: fix the life time", Detail: "Free the object only after the last holder has released it: reference count, RCU, or a wait outside the lock. Unlocking just before kfree() is wrong if others can still wait for the lock."}},
		Verify:   append(verifyLockdep(), "Force each error path (CONFIG_FAULT_INJECTION with CONFIG_FAILSLAB, CONFIG_FUNCTION_ERROR_INJECTION): lockdep reports a lock held at return to user space, at exit, at the end of a work item, or in freed memory."),
		Sources:  []string{"kernel/locking/lockdep.c, lockdep_sys_exit(), debug_check_no_locks_held(), debug_check_no_locks_freed()", "kernel/workqueue.c, process_one_work()", "kernel/exit.c, do_exit()", "include/linux/cleanup.h"},
		LogForms: []string{"WARNING: lock held when returning to user space!", "WARNING: comm/pid still has locks held!", "WARNING: held lock freed!", "BUG: workqueue leaked lock or atomic: …", "BUG: workqueue leaked atomic, lock or RCU: …", "note: comm[pid] exited with preempt_count N"},
		InSource: `A path that leaves a function with a lock that it took, while other paths of the same function release it before they leave; and memory that is freed while a lock in it is held. Functions that keep the lock on purpose are told apart: all their paths keep it, or those that return success, or they say so (__acquires()).

The other paths' releases are what the proposed change is modelled on. If a function has three such returns, that is one finding.`,
	}
}

// runMissingUnlock reports locks held where none may be: in freed memory, at
// exit, at return to user space, at the end of a work item.
func runMissingUnlock(_ context.Context, in *Input) []model.Finding {
	v := in.v
	var out []model.Finding
	v.lockdepReports(func(i int, r *kreport.Lockdep) { out = append(out, v.leaked(i, r)) },
		"lockdep-held-freed", "lockdep-held-exit", "lockdep-held-userspace")
	for _, fam := range []string{"wq-leak", "preempt-exit"} {
		for _, i := range v.families[fam] {
			if r, ok := v.facts.Reports[i].(*kreport.Atomic); ok {
				out = append(out, v.leakedAtomic(i, r))
			}
		}
	}
	return out
}

func (v *view) leaked(i int, r *kreport.Lockdep) model.Finding {
	f := v.fromLockdep("missing-unlock", i, r)
	f.Verdict = model.Bug
	leak := leakedLocks(r)
	var names []string
	for _, l := range leak {
		names = append(names, l.Lock)
		f.Locks = append(f.Locks, lockOf(&l, ""))
		if l.Func != "" {
			// The stack of the report is the place where it was noticed; the
			// place to look at is where the lock was taken.
			blame(&f, model.Frame{Func: funcName(l.Func), Module: l.Module, File: l.File, Line: l.LineNo})
			f.Evidence = append(f.Evidence, model.Provenance{Input: r.Input, Locator: lineNo(l.LogLine), Excerpt: lockLine(l)})
		}
	}
	names = uniq(names)
	what, who := list(names, 3), "a task"
	if what == "" {
		what = "a lock"
	}
	if r.Task != nil {
		who = label(r.Task.Comm, r.Task.PID)
	}
	f.Fingerprint = model.Fingerprint(f.Rule, append(sortedCopy(names), f.Function)...)
	taken := takenIn(f.Function)
	switch r.Family {
	case "lockdep-held-freed":
		f.Title = "memory freed while " + what + " in it is held"
		f.Explanation = who + " freed memory that holds " + what + taken + ", while that lock was held. Whoever waits for the lock, or releases it, now uses freed memory."
	case "lockdep-held-exit":
		f.Title = who + " exits with " + what + " held"
		f.Explanation = who + " " + leaveWord(r) + " with " + what + " still held" + taken + ". " + leftBehind(leak, leaves(r))
	default:
		f.Title = "returns to user space with " + what + " held"
		f.Explanation = who + " went back to user space with " + what + " still held" + taken + ". The path that took it has no unlock on the way it left. " + leftBehind(leak, stays)
	}
	if f.Function != "" {
		ownFix(&f, "Release "+what+" on every way out of "+f.Function+"()", "The lock is taken there and not released on the path that was taken this time; look at its error returns first.")
	}
	return f
}

// leakedLocks are the locks that a report says are left over.
func leakedLocks(r *kreport.Lockdep) []kreport.Lock {
	if r.Family == "lockdep-held-freed" && r.Lock != nil {
		return []kreport.Lock{*r.Lock}
	}
	if r.Held != nil && len(r.Held.Locks) > 0 {
		return r.Held.Locks
	}
	for _, l := range []*kreport.Lock{r.Lock, r.Acquiring} {
		if l != nil {
			return []kreport.Lock{*l}
		}
	}
	return nil
}

func (v *view) leakedAtomic(i int, r *kreport.Atomic) model.Finding {
	f := v.fromReport("missing-unlock", i)
	who := "a task"
	if r.Task != nil {
		who = label(r.Task.Comm, r.Task.PID)
		f.Tasks = []model.TaskInfo{{PID: r.Task.PID, Comm: r.Task.Comm}}
	}
	if r.Backtrace != nil {
		if g, k := guilty(r.Backtrace.Full); k >= 0 {
			blame(&f, g)
		}
	}
	held := ""
	if r.Held != nil {
		for _, l := range r.Held.Locks {
			f.Locks = append(f.Locks, lockOf(&l, ""))
			held = list(heldNames(r.Held), 3)
		}
	}
	if r.Family == "wq-leak" {
		if fn := funcName(r.LastFunction); fn != "" {
			f.Function = fn
		}
		f.Title = "work function" + pick(f.Function == "", "", " "+f.Function+"()") + " leaks " + pick(held == "", "a lock or atomic context", held)
		f.Explanation = "The work function" + pick(f.Function == "", "", " "+f.Function+"()") + ", run by " + who + ", returned with " + pick(held == "", "a lock held, preemption off, or an RCU section open", held+" held") +
			". The worker goes on to run other people's work in that state: a lock stays held for ever, and the next work that sleeps prints \"scheduling while atomic\"."
	} else {
		f.Title = who + " exited with preemption off" + pick(r.PreemptCount == "", "", " (preempt_count "+r.PreemptCount+")")
		f.Explanation = who + " ended with a preempt count" + pick(r.PreemptCount == "", "", " of "+r.PreemptCount) + ": it died or returned inside a spinlock or another section with preemption off. Whatever spinlock it held is never released. If an oops stands before it in the log, that is the cause."
		f.Missing = append(f.Missing, "Which lock it is: a kernel with CONFIG_PROVE_LOCKING lists the held locks.")
	}
	f.Fingerprint = model.Fingerprint(f.Rule, r.Family, f.Function, held)
	truncated(&f, &r.ReportBase)
	return f
}
