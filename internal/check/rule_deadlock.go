package check

import (
	"context"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func deadlockRule() Rule { return Rule{Doc: deadlockDoc(), Run: runDeadlock} }

func deadlockDoc() Doc {
	return Doc{
		ID:       "deadlock",
		Summary:  "Tasks or CPUs wait for each other in a cycle, now",
		Severity: model.SevError,
		What: `Each task of the cycle holds a lock that the next one waits for, and waits for one that the previous holds. Nobody in the cycle can run, so nobody will ever release anything; everyone who needs one of these locks later joins the queue behind it.

A finding of this rule is *actual*: it is about a wait that goes on, not about an order that could lead to one (that is lock-order-inversion). When the log states who holds what (a held-locks dump, hung_task's "likely owned by"), the cycle is proven. When gordian had to infer a holder, the finding says so, has a lower confidence, and lists what would settle it.`,
		Why: `Task A takes lock 1. Task B takes lock 2. A asks for lock 2 and sleeps until B releases it. B asks for lock 1 and sleeps until A releases it. Neither ever does. With n tasks the circle is longer; with one task it is a lock that the task holds already; with a read lock it needs a writer in between: kernel rwsems and fair rwlocks make new readers queue behind a waiting writer, so the second down_read() of a task that is already a reader waits for a writer that waits for that reader.`,
		Example: `static int one(void *p)		static int two(void *p)
{				{
	mutex_lock(&a);			mutex_lock(&b);
	mutex_lock(&b);	/* waits */	mutex_lock(&a);	/* waits */
	...				...
}				}
`,
		Fixes:   []model.Fix{fixOrder(), fixNarrow(), fixTrylock()},
		Verify:  append(verifyLockdep(), verifyHang()...),
		Sources: []string{"kernel/hung_task.c, check_hung_task() and debug_show_blocker()", "kernel/locking/lockdep.c, debug_show_all_locks()", "kernel/locking/rtmutex.c, rt_mutex_adjust_prio_chain()", "Documentation/kernel-hacking/locking.rst, \"Deadlock: Simple and Advanced\"", "E. G. Coffman et al., System Deadlocks, 1971"},
		LogForms: []string{"INFO: task X blocked for more than N seconds. (two or more, with Showing all locks held in the system:)",
			"INFO: task X is blocked on a mutex likely owned by task Y.", "rtmutex deadlock detected", "AA or ABBA deadlock detected for bpf_res_spin_lock", "BUG: deadlock detected (not printed by today's kernels)"},
	}
}

// runDeadlock reports the cycles among blocked tasks (hang_cycle.go), tasks of
// one module that may be one (hang_rest.go), CPUs that spin against each
// other (spin.go), and the deadlocks that the kernel found by itself.
func runDeadlock(_ context.Context, in *Input) []model.Finding {
	v := in.v
	out := v.byRule("deadlock")
	out = append(out, v.spinCycles()...)
	for _, fam := range []string{"rtmutex-deadlock", "resspin-deadlock", "deadlock-bug"} {
		for _, i := range v.families[fam] {
			if r, ok := v.facts.Reports[i].(*kreport.Message); ok {
				out = append(out, v.kernelDeadlock(i, r))
			}
		}
	}
	return out
}

func (v *view) kernelDeadlock(i int, r *kreport.Message) model.Finding {
	f := v.fromReport("deadlock", i)
	f.Status, f.Verdict = model.Actual, model.Deadlocked
	t := r.Task
	if t == nil && r.Context != nil {
		t = &kreport.Task{Comm: r.Context.Comm, PID: r.Context.PID}
	}
	who := v.fill(&f, t, r.Backtrace, r.Held)
	name := "a lock"
	if r.Lock != nil && r.Lock.Lock != "" {
		name = r.Lock.Lock
		f.Locks = append([]model.LockInfo{lockOf(r.Lock, "")}, f.Locks...)
	}
	switch r.Family {
	case "rtmutex-deadlock":
		f.Title = "rtmutex deadlock" + inFn(f.Function)
		f.Explanation = who + " asked for an rtmutex" + inFn(f.Function) + " whose chain of owners leads back to itself: the kernel walks the chain of blocked owners when it boosts priorities, and came back to the task it began with."
	case "resspin-deadlock":
		f.Verdict, f.Severity = model.Bug, model.SevWarning
		f.Title = "resilient spinlock gave up on a deadlock" + inFn(f.Function)
		f.Explanation = who + " asked for a resilient spinlock of BPF" + inFn(f.Function) + " and would have waited for itself or in a circle of two. Such locks return an error instead of spinning, so nothing hangs, but the program's order of locks is wrong."
	default:
		f.Confidence = model.Medium
		f.Title = "the log says: " + strings.TrimSpace(r.Header)
		f.Explanation = "The log itself reports a deadlock" + inFn(f.Function) + ". Today's kernels do not print this message, so it comes from an older kernel or from a driver; " + name + " is what it is about."
	}
	f.Fingerprint = model.Fingerprint(f.Rule, r.Family, name, f.Function)
	truncated(&f, &r.ReportBase)
	return f
}
