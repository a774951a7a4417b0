package check

import (
	"context"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func hungTaskRule() Rule { return Rule{Doc: hungTaskDoc(), Run: runHungTask} }

func hungTaskDoc() Doc {
	return Doc{
		ID:       "hung-task",
		Summary:  "Tasks sleep uninterruptibly for longer than the watchdog allows",
		Severity: model.SevError,
		What: `khungtaskd found a task in D state that was not scheduled for kernel.hung_task_timeout_secs (120 by default). It names the victim, not the culprit: the task waits for a lock, an event or a device, and the cause is whoever should end that wait.

gordian tells apart: tasks that wait behind one blocker (one finding for the whole tree), tasks that wait for a device or a server (blocked on I/O, not deadlocked: a warning), and tasks of whose wait the evidence shows no more (undecided, with what would settle it). Tasks that wait for each other are a deadlock finding, or wait-under-lock.`,
		Why: `A holder that is slow, that waits for a dead device, that was starved of its CPU or that never unlocks keeps everyone behind it in D state. They are reported one by one, 10 at most by default (kernel.hung_task_warnings), so later victims may be missing from the log.`,
		Fixes: []model.Fix{fixFindHolder(),
			{Title: "If it waits for a device or a server: look there", Detail: "Look for errors of the block device, the path to the storage, or the NFS/SMB server at the same time. Raising kernel.hung_task_timeout_secs only hides the report."},
			{Title: "If the wait is meant to be long: wait interruptibly", Detail: "Threads that idle should sleep in TASK_IDLE or TASK_INTERRUPTIBLE: those are not counted as hung. Wrong for waits that must not be ended by a signal."}},
		Verify:   verifyHang(),
		Sources:  []string{"kernel/hung_task.c, check_hung_uninterruptible_tasks()", "Documentation/admin-guide/sysctl/kernel.rst, hung_task_*"},
		LogForms: []string{"INFO: task X:P blocked for more than N seconds.", "INFO: task X:P blocked in I/O wait for more than N seconds.", "sysrq: Show Blocked State", "unregister_netdevice: waiting for X to become free", "Freezing of tasks failed after N seconds", "**** DPM device timeout ****"},
	}
}

// runHungTask reports the blocked tasks that are in no deadlock (hang*.go),
// and the other watchdogs of things that do not end.
func runHungTask(_ context.Context, in *Input) []model.Finding {
	v := in.v
	out := v.byRule("hung-task")
	for _, fam := range []string{"netdev-unregister", "netdev-watchdog", "freeze-fail", "dpm-timeout", "fs-alloc-deadlock", "sched-ext-stall"} {
		for _, i := range v.families[fam] {
			out = append(out, v.otherWait(i))
		}
	}
	return append(out, v.panics()...)
}

func (v *view) otherWait(i int) model.Finding {
	f := v.fromReport("hung-task", i)
	f.Status, f.Verdict, f.Severity = model.Actual, model.Undecided, model.SevWarning
	r, ok := v.facts.Reports[i].(*kreport.Message)
	if !ok {
		r = &kreport.Message{ReportBase: *v.base(i)}
	}
	if ok {
		v.fill(&f, r.Task, r.Backtrace, r.Held)
	}
	dev := pick(r.Dev == "", "a device", r.Dev)
	switch r.Family {
	case "netdev-unregister":
		f.Title = "unregistering " + dev + " waits for its last reference"
		f.Explanation = "The kernel waits for " + dev + " to become free" + pick(r.Count == nil, "", " (reference count "+count(r.Count)+")") +
			". This is a reference that somebody did not drop, not a lock; but the task that waits may hold up others that create or remove network devices."
		f.Fix = []model.Fix{{Title: "Find the reference that is not dropped", Detail: "CONFIG_NET_DEV_REFCNT_TRACKER=y prints who holds the references. Look at every dev_hold() or netdev_hold() of the driver or protocol, and its error paths."}}
	case "netdev-watchdog":
		f.Verdict = model.BlockedOnIO
		f.Title = "the transmit queue of " + dev + " does not move"
		f.Explanation = "The network stack waits for " + dev + pick(r.Driver == "", "", " ("+r.Driver+")") + " to finish sending" + pick(r.Queue == nil, "", " on queue "+count(r.Queue)) +
			". The device, its interrupt, or a driver that stopped the queue and did not wake it is the cause; a CPU that is locked up has the same effect."
		f.Fix = []model.Fix{{Title: "Look at the device and its interrupt", Detail: "Does its count in /proc/interrupts grow? Is the CPU that serves it locked up? Else look at where the driver stops and wakes its queues."}}
	case "freeze-fail":
		f.Title = "tasks refuse to freeze for suspend"
		f.Explanation = "Suspend waits for every task to freeze, and some did not: " + strings.TrimSpace(r.Header) + ". Each sleeps in the kernel without being freezable: for a lock, for I/O, or for a user-space file system whose server is frozen already."
		f.Fix = []model.Fix{{Title: "Look at what the named tasks wait for", Detail: "Their stacks follow the report. Long waits in drivers should be interruptible or freezable (wait_event_freezable())."}}
	case "dpm-timeout":
		f.Title = "power management of " + dev + " does not return"
		f.Explanation = "A suspend or resume callback of " + dev + pick(r.Driver == "", "", " ("+r.Driver+")") + " did not return in time" + inFn(f.Function) + "."
		f.Fix = []model.Fix{{Title: "Look at where the callback waits", Detail: "The stack shows it: usually for the device's answer, or for work or a task that is frozen already."}}
	case "fs-alloc-deadlock":
		f.Title = "the file system cannot get memory"
		f.Explanation = "The file system retries an allocation that it cannot do without: " + strings.TrimSpace(r.Header) + ". If reclaim waits for this very task it is a deadlock; more often memory is merely short or fragmented."
		f.Fix = []model.Fix{{Title: "Look at memory first", Detail: "/proc/meminfo and /proc/buddyinfo at that time. A deadlock shows as tasks in reclaim that wait for locks of the file system (SysRq-w)."}}
	default:
		f.Verdict = model.Slow
		f.Title = "a runnable task was not scheduled by sched_ext"
		f.Explanation = "The BPF scheduler did not run a task that could run: " + strings.TrimSpace(r.Header) + ". The kernel falls back to its own scheduler."
		f.Fix = []model.Fix{{Title: "Look at the BPF scheduler", Detail: "Its dispatch path lost the task; the exit dump that follows lists the queues."}}
	}
	f.Fingerprint = model.Fingerprint(f.Rule, r.Family, r.Dev, r.Driver, f.Function)
	truncated(&f, v.base(i))
	return f
}

func count(n *int) string {
	if n == nil {
		return "unknown"
	}
	return itoa(*n)
}

// panics reports a panic by the hung-task watchdog whose own reports are not
// in the log any more.
func (v *view) panics() []model.Finding {
	if len(v.families["hung-task"]) > 0 {
		return nil
	}
	var out []model.Finding
	for _, i := range v.families["panic"] {
		r, ok := v.facts.Reports[i].(*kreport.Message)
		if !ok || !strings.Contains(r.Header+r.Reason, "hung_task") {
			continue
		}
		f := v.fromReport("hung-task", i)
		f.Status, f.Verdict, f.Confidence = model.Actual, model.Undecided, model.Medium
		f.Title = "panic by the hung-task watchdog"
		f.Explanation = "kernel.hung_task_panic is set, and a task was blocked for longer than allowed. The report that names the task is not in this log."
		f.Missing = []string{"The lines before the panic: they name the task and its stack."}
		f.Fingerprint = model.Fingerprint(f.Rule, "panic")
		out = append(out, f)
	}
	return out
}
