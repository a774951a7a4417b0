package check

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func workqueueLockupRule() Rule { return Rule{Doc: workqueueLockupDoc(), Run: runWorkqueueLockup} }

func workqueueLockupDoc() Doc {
	return Doc{
		ID:       "workqueue-lockup",
		Summary:  "Queued work did not run for too long",
		Severity: model.SevError,
		What: `A worker pool made no progress for workqueue.watchdog_thresh seconds (30 by default) although work was pending. The busy-pool list below it names the work functions in flight, which keep the pool, and those pending, which suffer.

"workqueue: X hogged CPU for >Nus" is the mild form: one work function ran long enough to keep others from running.`,
		Why: `A bound pool runs one work item at a time per CPU unless the running one sleeps: a function that spins or loops blocks all the others on that CPU. Or all workers sleep for locks whose holders wait for work that is pending in the same pool. Or the CPU itself is locked up, and the pool with it: look for a lockup of the same CPU first.`,
		Fixes: []model.Fix{
			{Title: "Look at the work functions in flight", Detail: "The function in flight on that CPU is the blocker: its stack (SysRq-t, or the backtraces of kworkers after the report) says whether it spins, loops or sleeps. The pending ones are victims."},
			{Title: "For long computing: WQ_CPU_INTENSIVE or WQ_UNBOUND", Detail: "Such work does not count for the concurrency of its CPU. Wrong for work that relies on running on the CPU it was queued on."},
			{Title: "For work that reclaim waits for: WQ_MEM_RECLAIM", Detail: "It gives the queue a rescuer thread when no worker can be created. It helps against memory shortage only, not against work that waits for other work in the same queue."}},
		Verify: []string{
			"CONFIG_WQ_WATCHDOG=y and `workqueue.watchdog_thresh=10` while the load runs; CONFIG_WQ_CPU_INTENSIVE_REPORT=y names functions that hog a CPU.",
			"CONFIG_PROVE_LOCKING=y for work that waits under a lock."},
		Sources:  []string{"kernel/workqueue.c, wq_watchdog_timer_fn() and wq_cpu_intensive_report()", "Documentation/core-api/workqueue.rst"},
		LogForms: []string{"BUG: workqueue lockup - pool … stuck for Ns!", "workqueue: F hogged CPU for >Nus N times, consider switching to WQ_UNBOUND"},
	}
}

// runWorkqueueLockup reports the workqueue watchdog.
func runWorkqueueLockup(_ context.Context, in *Input) []model.Finding {
	v := in.v
	var out []model.Finding
	for _, i := range v.families["wq-lockup"] {
		if r, ok := v.facts.Reports[i].(*kreport.WQLockup); ok {
			out = append(out, v.wqLockup(i, r))
		}
	}
	for _, i := range v.families["wq-hog"] {
		r, ok := v.facts.Reports[i].(*kreport.Message)
		if !ok {
			continue
		}
		f := v.fromReport("workqueue-lockup", i)
		f.Status, f.Verdict, f.Severity = model.Actual, model.Slow, model.SevNote
		f.Function = funcName(r.Fn)
		f.Title = "a work function holds its CPU for long" + inFn(f.Function)
		f.Explanation = "The work function" + pick(f.Function == "", "", " "+f.Function+"()") + " ran long enough to keep other work of its CPU waiting. Nothing is stuck by it."
		f.Fingerprint = model.Fingerprint(f.Rule, "hog", f.Function)
		out = append(out, f)
	}
	return out
}

func (v *view) wqLockup(i int, r *kreport.WQLockup) model.Finding {
	f := v.fromReport("workqueue-lockup", i)
	f.Status, f.Verdict = model.Actual, model.Slow
	running, fns := v.inFlight(&f, r)
	pool := pick(r.CPUs == "", "", " on CPU "+r.CPUs)
	f.Title = "worker pool" + pool + " made no progress for " + itoa(r.Secs) + " s" + pick(len(fns) == 0, "", ": "+list(fns, 2))
	f.Explanation = "The worker pool" + pool + " had work pending for " + itoa(r.Secs) + " s and finished none. "
	switch {
	case len(running) > 0:
		f.Explanation += "In flight: " + list(running, 4) + ". What keeps the pool is among these; their stacks say whether they spin, loop or sleep."
	default:
		f.Explanation += "The report shows no work in flight" + pool + ": the CPU itself may be locked up, or busy in an interrupt."
		f.Missing = append(f.Missing, "The busy-pool list and the backtraces of that CPU (SysRq-t prints both).")
	}
	if len(r.Pending) > 0 {
		f.Explanation += " Waiting behind: " + list(r.Pending, 4) + "."
	}
	slices.Sort(fns)
	f.Fingerprint = model.Fingerprint(f.Rule, uniq(fns)...)
	truncated(&f, &r.ReportBase)
	return f
}

// inFlight names the work that runs, "pid:function", with what is known of
// the worker.
func (v *view) inFlight(f *model.Finding, r *kreport.WQLockup) (text, fns []string) {
	for _, s := range r.InFlight {
		pid, fn, ok := strings.Cut(s, ":")
		if !ok {
			pid, fn = "", s
		}
		fns = append(fns, funcName(fn))
		if f.Function == "" {
			f.Function = funcName(fn)
		}
		line := funcName(fn) + "()"
		if n, err := strconv.Atoi(strings.TrimSuffix(pid, "(RESCUER)")); err == nil {
			line += " in worker " + pid
			if t := v.tasks[model.TaskRef(r.Boot, n, "")]; t != nil && len(t.stack) > 0 {
				f.Tasks = append(f.Tasks, v.taskInfo(t))
				if t.wait.Known {
					line += ", which waits for " + waitsFor(t) + inFn(t.wait.Caller.Func)
				}
			}
		}
		text = append(text, line)
	}
	return text, uniq(fns)
}
