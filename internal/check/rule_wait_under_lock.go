package check

import (
	"context"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func waitUnderLockRule() Rule { return Rule{Doc: waitUnderLockDoc(), Run: runWaitUnderLock} }

func waitUnderLockDoc() Doc {
	return Doc{
		ID:       "wait-under-lock",
		Summary:  "Waits, with a lock held, for code that needs that lock",
		Severity: model.SevError,
		What: `A task holds a lock and waits for something that is not a lock: a work item to finish, a timer or interrupt handler to return, a thread to stop, a completion, a grace period. The code it waits for needs the lock before it can finish. It is a deadlock like any other, but no second lock is involved, so looking for a lock order finds nothing.

Lockdep sees it for work items, timers, SRCU and completions by giving each a class of its own ((work_completion)(&x->w), (wq_completion)name, (&timer), …) once both sides have run. It does not for waits that the code builds itself with wait_event().`,
		Why: `The closing task takes the lock and calls flush_work(). The work function is queued or running, and its first act is to take the lock: it waits for the closing task, and the closing task for it. The same with cancel_delayed_work_sync(), timer_delete_sync() (here the CPU spins), free_irq(), kthread_stop(), wait_for_completion() and, for readers that take the lock in their section, synchronize_srcu(). If the item was not queued the code works, and so it passes tests.`,
		Example: `static void work_fn(struct work_struct *w)
{
	mutex_lock(&cfg_lock);		/* waits for close() */
	...
}

static void close(void)
{
	mutex_lock(&cfg_lock);
	flush_work(&dev_work);		/* waits for work_fn() */
	mutex_unlock(&cfg_lock);
}
`,
		Fixes: []model.Fix{fixDropBeforeWait(), fixAsyncCancel(),
			{Title: "Do not take the lock in the code that is waited for", Detail: "Let the work, timer or thread work on data of its own, or use a trylock and requeue itself when it fails. Wrong: a trylock that silently skips the work."}},
		Verify: append(verifyLockdep(),
			"CONFIG_DEBUG_OBJECTS_WORK=y and CONFIG_DEBUG_OBJECTS_TIMERS=y find items that are freed while queued: the usual result of a cancel that no longer waits.",
			"Call the closing path while the work is queued: in a loop, close, reopen and trigger the event at once."),
		Sources:  []string{"kernel/workqueue.c, __flush_work() and touch_work_lockdep_map()", "kernel/time/timer.c, __timer_delete_sync()", "kernel/sched/completion.c", "kernel/irq/manage.c, free_irq()", "Documentation/core-api/workqueue.rst"},
		LogForms: []string{"WARNING: possible circular locking dependency detected (with (work_completion) or (wq_completion) in it)", "INFO: task X blocked for more than N seconds. (in flush_work, wait_for_completion, …)", "workqueue: WQ_MEM_RECLAIM x is flushing !WQ_MEM_RECLAIM y"},
		InSource: `Calls that wait for a work item, timer, interrupt handler, tasklet, thread, completion or grace period, on a path that holds a lock, when the function that is waited for takes the same lock. Which function that is comes from where the object was set up (INIT_WORK(), timer_setup(), request_irq(), kthread_run()) by struct type and member. Waiting for a grace period inside a reader is found without any lock.

A trylock in the function that is waited for ends the cycle, and so does a wait with a time limit.`,
	}
}

// runWaitUnderLock reports blocked tasks of this shape (hang*.go), CPUs that
// wait for timers (spin_timer.go), and
// workqueues that wait for each other under memory pressure. lockdep's
// reports of it are circular dependencies, and stay lock-order-inversion.
func runWaitUnderLock(_ context.Context, in *Input) []model.Finding {
	v := in.v
	out := append(v.byRule("wait-under-lock"), v.timersUnderLock()...)
	for _, i := range v.families["wq-flush-reclaim"] {
		f := v.fromReport("wait-under-lock", i)
		f.Verdict, f.Severity = model.CouldDeadlock, model.SevWarning
		b := v.base(i)
		if r, ok := v.facts.Reports[i].(*kreport.Message); ok {
			v.fill(&f, r.Task, r.Backtrace, r.Held)
			if r.Fn != "" {
				f.Function = funcName(r.Fn)
			}
		}
		f.Title = "work that memory reclaim waits for flushes work that may need memory" + inFn(f.Function)
		f.Explanation = "A workqueue with WQ_MEM_RECLAIM, which must make progress when memory is short, waits for one without it: " + strings.TrimSpace(b.Header) +
			". When memory is short the second may get no worker, reclaim waits for the first, and the memory that the worker needs is what reclaim should free."
		f.Fix = []model.Fix{{Title: "Give both queues WQ_MEM_RECLAIM, or do not wait", Detail: "If reclaim really depends on the first queue, everything that it waits for needs a rescuer as well. If it does not, drop the flag from the first."}}
		f.Fingerprint = model.Fingerprint(f.Rule, "reclaim", f.Function)
		truncated(&f, b)
		out = append(out, f)
	}
	return out
}
