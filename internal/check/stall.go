package check

import "gordian/internal/model"

// stalled fills a finding about a CPU that does not go on: which code it is
// in, what it spins for, and who may hold that.
func (v *view) stalled(f *model.Finding, i int, main func(cpuSeen) bool) (text string) {
	cs := v.contexts(i)
	var c *cpuSeen
	for k := range cs {
		if main(cs[k]) && len(cs[k].stack) > 0 {
			c = &cs[k]
			break
		}
	}
	if c == nil {
		f.Confidence = lower(f.Confidence, model.Medium)
		f.Missing = append(f.Missing, "The backtrace of that CPU: it follows the report in the full log; kernel.softlockup_all_cpu_backtrace=1 or SysRq-l prints it.")
		return "The report has no backtrace of it."
	}
	for k := range cs {
		if len(f.Tasks) < 16 {
			f.Tasks = append(f.Tasks, cs[k].info())
		}
	}
	g, n := guilty(c.stack)
	if n >= 0 {
		blame(f, g)
	}
	switch w := c.wait; {
	case c.spins():
		blame(f, w.Caller)
		return v.spinText(f, c, cs)
	case w.Known && w.Spinning && w.Type == model.WaitQueue:
		f.Verdict = model.Behind
		f.Fix = []model.Fix{{Title: "Look at the CPU that does not answer", Detail: "Take the backtraces of all CPUs (SysRq-l, kernel.softlockup_all_cpu_backtrace=1). The one that runs with interrupts off, spinning or looping, is the cause; this CPU is its victim."}}
		return c.actor() + " waits in " + waitFunc(w) + "()" + inFn(w.Caller.Func) + " for other CPUs to answer an interrupt. A CPU that does not answer runs with interrupts off: its backtrace is the one to look at."
	case w.Known && w.Spinning:
		return c.actor() + " spins for " + article(typeWord(w.Type)) + inFn(w.Caller.Func) + ", whose holder runs elsewhere."
	}
	if f.Function == "" {
		return ""
	}
	if len(f.Fix) > 1 && f.Rule != "rcu-stall" {
		f.Fix = f.Fix[1:] // no lock is involved
	}
	return c.actor() + " is busy" + inFn(f.Function) + ": no lock is being waited for there, so it loops, or its CPU got no time (a virtual machine that was paused)."
}

func (v *view) spinText(f *model.Finding, c *cpuSeen, cs []cpuSeen) string {
	lock, fn := v.spinLock(*c), c.wait.Caller.Func
	f.Verdict = model.Undecided
	f.Locks = append(f.Locks, model.LockInfo{Name: lock, Type: c.wait.Type, Addr: c.addr})
	f.Path = append(f.Path, model.PathStep{Kind: model.Waits, From: c.actor(), To: lock, Mode: orWrite(c.wait.Mode), At: at(c.wait.Caller), Why: []model.Provenance{c.why}})
	text := c.actor() + " spins for " + lock + inFn(fn) + ". "
	if e := v.spinEdge(*c); e != nil && e.From != e.To {
		text += "Lockdep saw this very call take " + e.To.Name() + " while " + e.From.Name() + " was held. "
	}
	if below := interrupted(c.stack, c.wait.CallerIndex); below.Func != "" {
		text += "It does so in an interrupt that stopped " + below.Func + "(). If that function holds the lock, the handler waits for the code it stopped."
		return text
	}
	holder := v.likelyHolder(c, cs)
	if holder == nil {
		f.Missing = append(f.Missing, "The backtraces of the other CPUs at that time (SysRq-l): one of them is inside the section of this lock.")
		return text + "Who holds it does not show in this report."
	}
	why := holder.why
	why.Derived = true
	f.Path = append(f.Path, model.PathStep{Kind: model.HeldBy, From: lock, To: holder.actor(), Mode: model.Write, At: at(holder.wait.Caller), Why: []model.Provenance{why}})
	return text + holder.actor() + " is the likely holder (inferred): it runs" + inFn(guiltyName(holder.stack)) + " of the same code" + pick(holder.spins(), ", and spins for a lock itself.", ".")
}

// likelyHolder is the one other CPU that runs code of the spinner's module, or
// the very function that spins, and does not spin for the same lock.
func (v *view) likelyHolder(c *cpuSeen, cs []cpuSeen) *cpuSeen {
	var found *cpuSeen
	for k := range cs {
		o := &cs[k]
		if o.cpu == c.cpu || (o.spins() && (siteOf(o.wait.Caller) == siteOf(c.wait.Caller) || (o.addr != "" && o.addr == c.addr))) {
			continue
		}
		if !sameCode(o.stack, c.wait.Caller) {
			continue
		}
		if found != nil {
			return nil
		}
		found = o
	}
	return found
}

func sameCode(stack []model.Frame, like model.Frame) bool {
	for _, f := range stack {
		if f.Unreliable {
			continue
		}
		if (like.Module != "" && f.Module == like.Module) || f.Func == like.Func {
			return true
		}
	}
	return false
}
