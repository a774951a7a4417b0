package check

import (
	"context"

	"gordian/internal/model"
)

func orphanedLockRule() Rule { return Rule{Doc: orphanedLockDoc(), Run: runOrphanedLock} }

func orphanedLockDoc() Doc {
	return Doc{
		ID:       "orphaned-lock",
		Summary:  "The owner of a lock is gone, or will never release it",
		Severity: model.SevError,
		What: `Tasks wait for a lock whose owner has exited, or is known to have left with the lock held. Kernel locks, unlike robust futexes, are not released when their owner dies: an oops, a kthread that returns, or a path without an unlock leaves them held for ever.

gordian reports this only when the evidence shows that the owner is gone ("still has locks held!", "owner is not found", a preceding oops of the owner). A holder that merely sleeps is shown as the root blocker of a hung-task finding instead.`,
		Why: `The owner takes the lock and dies or returns without the unlock. The lock word still names it. Every later lock() queues behind a task that no longer exists; the only way out is a reboot.`,
		Example: `static int thread_fn(void *p)
{
	mutex_lock(&d->lock);
	if (kthread_should_stop())
		return 0;		/* the thread is gone, the lock stays */
	...
`,
		Fixes: []model.Fix{fixUnlockAllPaths(),
			{Title: "If the owner died in an oops: fix the oops", Detail: "The first oops or BUG in the log is the cause, the hung tasks are its victims. kernel.panic_on_oops=1 stops the machine at the cause instead of minutes later."}},
		Verify:   append(verifyHang(), "CONFIG_PROVE_LOCKING=y prints \"still has locks held!\" at the moment the owner exits."),
		Sources:  []string{"kernel/locking/lockdep.c, debug_check_no_locks_held()", "kernel/hung_task.c, debug_show_blocker()", "kernel/locking/mutex.c (the owner word)"},
		LogForms: []string{"WARNING: comm/pid still has locks held! (then hung tasks on that lock)", "INFO: task X is blocked on a mutex, but the owner is not found."},
	}
}

// runOrphanedLock reports what orphans() in hang_tree.go found.
func runOrphanedLock(_ context.Context, in *Input) []model.Finding {
	return in.v.byRule("orphaned-lock")
}
