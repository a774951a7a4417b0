package check

import (
	"context"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func softLockupRule() Rule { return Rule{Doc: softLockupDoc(), Run: runSoftLockup} }

func softLockupDoc() Doc {
	return Doc{
		ID:       "soft-lockup",
		Summary:  "A CPU ran kernel code without scheduling for too long",
		Severity: model.SevError,
		What: `The watchdog thread of a CPU got no time for 2 × kernel.watchdog_thresh seconds (20 by default): kernel code runs there with preemption off, or in a loop without cond_resched() on a kernel without preemption. Interrupts still arrive, or the watchdog's timer could not have noticed.

When the stack spins in a spinlock, the holder is elsewhere: another CPU, the code that this interrupt stopped, or nobody. Otherwise the function at the top is the loop. On a virtual machine a starved or paused host gives the same report with an innocent stack.`,
		Why: `A spinlock whose holder never releases keeps its waiters spinning with preemption off: two CPUs that hold each other's lock both show up. A long list walked under a lock, a retry loop that cannot succeed, or a device register polled without a limit give the same picture on one CPU.`,
		Fixes: []model.Fix{
			{Title: "If it spins on a lock: find the holder", Detail: "Look at the backtraces of the other CPUs (kernel.softlockup_all_cpu_backtrace=1, or SysRq-l). The holder is inside a section of the same lock: deadlocked, looping, or in an interrupt that stopped it."},
			{Title: "If it loops: bound the loop, and let others run", Detail: "cond_resched() in long loops in process context with no spinlock held; a limit and a timeout in polling loops. cond_resched() is wrong under a spinlock, in RCU readers and in interrupts. touch_softlockup_watchdog() only hides the report."}},
		Verify: []string{
			"CONFIG_SOFTLOCKUP_DETECTOR=y and `sysctl kernel.watchdog_thresh=5 kernel.softlockup_all_cpu_backtrace=1` while the load runs.",
			"CONFIG_PROVE_LOCKING=y finds the lock order or irq state behind a spinning stack; CONFIG_LOCK_STAT=y (`sysctl kernel.lock_stat=1`, /proc/lock_stat) or `perf lock contention` finds a lock that is only held too long."},
		Sources:  []string{"kernel/watchdog.c, watchdog_timer_fn()", "Documentation/admin-guide/lockup-watchdogs.rst"},
		LogForms: []string{"watchdog: BUG: soft lockup - CPU#N stuck for Ns! [comm:pid]", "BUG: soft lockup - CPU#N stuck for Ns!"},
	}
}

// runSoftLockup reports the soft-lockup watchdog.
func runSoftLockup(_ context.Context, in *Input) []model.Finding {
	v := in.v
	var out []model.Finding
	for _, i := range v.families["soft-lockup"] {
		if r, ok := v.facts.Reports[i].(*kreport.Lockup); ok {
			out = append(out, v.lockup("soft-lockup", i, r))
		}
	}
	return out
}

// lockup is the common part of soft and hard lockups.
func (v *view) lockup(rule string, i int, r *kreport.Lockup) model.Finding {
	f := v.fromReport(rule, i)
	f.Status, f.Verdict = model.Actual, model.Slow
	cpu, who := "a CPU", ""
	if r.CPU != nil {
		cpu = cpuName(*r.CPU)
		f.CPU = r.CPU
	}
	if r.Task != nil {
		who = label(r.Task.Comm, r.Task.PID)
	}
	text := v.stalled(&f, i, func(c cpuSeen) bool {
		return r.CPU == nil || c.cpu == *r.CPU || (c.cpu < 0 && r.Task != nil && c.pid == r.Task.PID)
	})
	if f.Function == "" && r.At != "" {
		f.Function = funcName(r.At)
	}
	kind := pick(rule == "soft-lockup", "soft lockup", "hard lockup")
	secs := ""
	if r.Secs != nil && *r.Secs > 0 {
		secs = " for " + itoa(*r.Secs) + " s"
	}
	f.Title = kind + " on " + cpu + inFn(f.Function)
	if len(f.Locks) > 0 {
		f.Title += ", spinning for " + f.Locks[0].Name
	}
	f.Explanation = sentences(cpu+pick(who == "", "", " ("+who+")")+pick(rule == "soft-lockup", " ran kernel code without scheduling", " took no interrupts")+secs+".", text)
	f.Fingerprint = model.Fingerprint(rule, f.Function, pick(len(f.Locks) > 0, "spin", ""))
	truncated(&f, &r.ReportBase)
	return f
}
