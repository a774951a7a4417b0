package check

import (
	"context"
	"strconv"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func rcuStallRule() Rule { return Rule{Doc: rcuStallDoc(), Run: runRcuStall} }

func rcuStallDoc() Doc {
	return Doc{
		ID:       "rcu-stall",
		Summary:  "A CPU or a reader kept an RCU grace period from ending",
		Severity: model.SevError,
		What: `For CONFIG_RCU_CPU_STALL_TIMEOUT seconds (21 by default) some CPU did not pass through a quiescent state, or a preempted reader did not end its section. Everything that waits for a grace period (synchronize_rcu(), memory freed with call_rcu()) waits too, so hung tasks and memory shortage follow.

A stall is a symptom: a CPU spins on a lock or loops with preemption or interrupts off, a reader sleeps, the grace-period thread gets no CPU time ("kthread starved"), or, in a virtual machine, the virtual CPU got none.`,
		Why: `A CPU that spins for a spinlock never schedules, so it never reports a quiescent state, and the grace period waits for it: the stall's stack is the spinning code. A real-time thread that never sleeps on the CPU of the grace-period thread starves it, and then nobody ends the grace period although all CPUs are fine.`,
		Fixes: []model.Fix{
			{Title: "Look at the stack of the stalled CPU", Detail: "If it spins on a lock, the stall is a lock problem: find the holder among the other CPUs. If it loops, bound the loop and call cond_resched() where sleeping is allowed. Raising rcupdate.rcu_cpu_stall_timeout hides it."},
			{Title: "If the grace-period thread is starved: give it time", Detail: "Find the real-time task on its CPU; rcutree.kthread_prio raises the RCU threads above it. Wrong if the real-time task simply never sleeps."}},
		Verify: []string{
			"`rcupdate.rcu_cpu_stall_timeout=5` on the kernel command line (CONFIG_RCU_CPU_STALL_TIMEOUT) while the load runs; CONFIG_PROVE_RCU=y for readers that sleep.",
			"CONFIG_PROVE_LOCKING=y if the stack spins on a lock."},
		Sources:  []string{"kernel/rcu/tree_stall.h", "Documentation/RCU/stallwarn.rst"},
		LogForms: []string{"rcu: INFO: rcu_X self-detected stall on CPU", "rcu: INFO: rcu_X detected stalls on CPUs/tasks:", "INFO: rcu_X detected expedited stalls on CPUs/tasks: {", "rcu: rcu_X kthread starved for N jiffies!", "rcu: rcu_X kthread timer wakeup didn't happen for N jiffies!"},
	}
}

// runRcuStall reports stalled grace periods and starved grace-period threads.
func runRcuStall(_ context.Context, in *Input) []model.Finding {
	v := in.v
	var out []model.Finding
	for _, i := range v.families["rcu-stall"] {
		if r, ok := v.facts.Reports[i].(*kreport.RCUStall); ok {
			out = append(out, v.rcuStall(i, r))
		}
	}
	for _, fam := range []string{"rcu-kthread-starved", "rcu-kthread-timer"} {
		for _, i := range v.families[fam] {
			if r, ok := v.facts.Reports[i].(*kreport.RCUKthread); ok {
				out = append(out, v.rcuKthread(i, r))
			}
		}
	}
	return out
}

func (v *view) rcuStall(i int, r *kreport.RCUStall) model.Finding {
	f := v.fromReport("rcu-stall", i)
	f.Status, f.Verdict = model.Actual, model.Slow
	on := map[int]bool{}
	var cpus []string
	for _, c := range r.CPUs {
		on[c] = true
		cpus = append(cpus, cpuName(c))
	}
	if len(r.CPUs) > 0 {
		c := r.CPUs[0]
		f.CPU = &c
	}
	var text string
	switch {
	case len(r.CPUs) > 0 || len(r.BlockedPIDs) == 0:
		text = v.stalled(&f, i, func(c cpuSeen) bool { return len(on) == 0 || on[c.cpu] || c.cpu < 0 })
	default:
		text = v.stalledTasks(&f, r)
	}
	where := list(cpus, 4)
	if where == "" && len(r.BlockedPIDs) > 0 {
		where = plural(len(r.BlockedPIDs), "task")
	}
	f.Title = "RCU stall" + pick(where == "", "", " on "+where) + inFn(f.Function)
	if len(f.Locks) > 0 {
		f.Title += ", spinning for " + f.Locks[0].Name
	}
	f.Explanation = sentences("A grace period of "+pick(r.Flavor == "", "RCU", r.Flavor)+" could not end: "+pick(where == "", "the report does not say who holds it up", where+" did not report a quiescent state")+".", text,
		"Everything that waits for a grace period waits with it.")
	f.Fingerprint = model.Fingerprint(f.Rule, f.Function, pick(len(f.Locks) > 0, "spin", ""))
	truncated(&f, &r.ReportBase)
	return f
}

// stalledTasks: preempted readers hold the grace period up, and no CPU does.
func (v *view) stalledTasks(f *model.Finding, r *kreport.RCUStall) string {
	for _, d := range r.Tasks {
		t := v.taskOf(model.TaskRef(r.Boot, d.PID, d.Comm))
		f.Tasks = append(f.Tasks, v.taskInfo(t))
		if g, k := guilty(d.Full); k >= 0 && f.Function == "" {
			blame(f, g)
		}
	}
	return "The tasks were preempted, or sleep, inside an RCU read-side section" + inFn(f.Function) + "."
}

func (v *view) rcuKthread(i int, r *kreport.RCUKthread) model.Finding {
	f := v.fromReport("rcu-stall", i)
	f.Status, f.Verdict, f.Severity = model.Actual, model.Slow, model.SevWarning
	if r.CPU != nil {
		f.CPU = r.CPU
	}
	flavor := pick(r.Flavor == "", "RCU", r.Flavor)
	if r.Family == "rcu-kthread-starved" {
		f.Title = "the grace-period thread of " + flavor + " gets no CPU time"
		f.Explanation = "The thread that drives grace periods has not run for " + strconv.FormatInt(r.Jiffies, 10) + " jiffies" + pick(r.CPU == nil, "", " (last on CPU"+count(r.CPU)+")") +
			". The stall that is reported with it is a consequence: look at what runs on that CPU instead."
	} else {
		f.Title = "a timer of the grace-period thread of " + flavor + " did not fire"
		f.Explanation = "The grace-period thread sleeps on a timer that should have fired " + strconv.FormatInt(r.Jiffies, 10) + " jiffies ago" + pick(r.CPU == nil, "", " on CPU"+count(r.CPU)) +
			". That CPU does not handle its timers: interrupts are off there, it is locked up, or it was offline."
	}
	f.Fix = f.Fix[1:]
	f.Fingerprint = model.Fingerprint(f.Rule, r.Family, r.Flavor)
	truncated(&f, &r.ReportBase)
	return f
}
