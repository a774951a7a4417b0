package check

import (
	"gordian/internal/kstack"
	"gordian/internal/model"
)

// timersUnderLock looks for a CPU that waits until a timer's function returns,
// while another CPU spins in a timer's function of the same module: the shape
// of timer_delete_sync() with the lock that the timer needs. Lockdep's classes
// of timers would tell; registers and stacks of a plain kernel only hint.
func (v *view) timersUnderLock() []model.Finding {
	all := v.cpusSeen()
	var out []model.Finding
	for _, b := range sortedBoots(all) {
		for _, w := range all[b] {
			fn := timerWait(w)
			if fn == "" || w.wait.Caller.Module == "" {
				continue
			}
			for _, s := range all[b] {
				if v.proven(b, w, s) {
					continue
				}
				if s.cpu != w.cpu && s.spins() && s.wait.Caller.Module == w.wait.Caller.Module && inTimer(s) && v.closeBy(w.report, s.report) {
					out = append(out, v.timerUnderLock(w, s, fn))
					break
				}
			}
		}
	}
	return out
}

// timerWait returns the function in which a CPU waits for a timer's function,
// "" if it does not. It spins for the lock of the timer base on the way.
func timerWait(c cpuSeen) string {
	fn := ""
	for i := 0; i < c.wait.CallerIndex; i++ {
		if f := c.stack[i]; !f.Unreliable && kstack.WaitsForTimer(f.Func) {
			fn = kstack.Base(f.Func)
		}
	}
	return fn
}

// inTimer reports whether a CPU spins in a timer's function itself:
// call_timer_fn() of kernel/time/timer.c, 6.1, is the next frame.
func inTimer(c cpuSeen) bool {
	for i := c.wait.CallerIndex + 1; i > 0 && i < len(c.stack); i++ {
		if f := c.stack[i]; !f.Unreliable {
			return kstack.Base(f.Func) == "call_timer_fn"
		}
	}
	return false
}

func (v *view) timerUnderLock(w, s cpuSeen, fn string) model.Finding {
	f := v.finding("wait-under-lock")
	f.Status, f.Verdict, f.Confidence = model.Actual, model.Undecided, model.Medium
	f.Boot = w.boot
	addReports(&f, w.report)
	addReports(&f, s.report)
	f.Time = v.base(f.Reports[0]).Time
	f.Evidence = []model.Provenance{w.why, s.why}
	f.Tasks = []model.TaskInfo{w.info(), s.info()}
	blame(&f, w.wait.Caller)
	waiter, handler, lock := w.wait.Caller.Func, s.wait.Caller.Func, v.spinLock(s)
	f.Locks = []model.LockInfo{{Name: lock, Type: s.wait.Type, Addr: s.addr}}
	f.Title = fn + "()" + inFn(waiter) + " waits on " + w.actor() + " for " + handler + "() on " + s.actor() + ", which spins for a lock it may hold"
	f.Explanation = w.actor() + " waits" + inFn(waiter) + " until the function of a timer has returned. " + s.actor() + " is in " + handler + "(), a timer's function of the same module, and spins for " + lock +
		". If " + waiter + "() holds that lock, both CPUs are lost: one waits for the timer, the timer for the lock."
	f.Missing = []string{"That " + waiter + "() holds this lock, and that this is the timer it waits for: the source shows it, and lockdep reports the lock and the timer as a circular dependency."}
	held := w.why
	held.Derived = true
	held.Excerpt = waiter + "() of the same module waits for a timer while " + handler + "() spins"
	f.Path = []model.PathStep{
		{Kind: model.Waits, From: w.actor(), To: "the timer function " + handler + "()", At: at(w.wait.Caller), Why: []model.Provenance{w.why}},
		{Kind: model.Waits, From: "the timer function " + handler + "()", To: lock, Mode: orWrite(s.wait.Mode), At: at(s.wait.Caller), Why: []model.Provenance{s.why}},
		{Kind: model.HeldBy, From: lock, To: w.actor(), Mode: model.Write, At: at(w.wait.Caller), Why: []model.Provenance{held}}}
	f.Fingerprint = model.Fingerprint(f.Rule, "timer", waiter, handler)
	return f
}
