package check

import (
	"gordian/internal/kreport"
	"gordian/internal/model"
)

// interruptedHolders looks for a CPU that spins in an interrupt over code of
// the same module that it stopped: the shape of a lock that is taken in a
// handler, and outside of it with the interrupt enabled.
func (v *view) interruptedHolders() []model.Finding {
	all := v.spinners()
	var out []model.Finding
	for _, b := range sortedBoots(all) {
		for _, c := range all[b] {
			below := interrupted(c.stack, c.wait.CallerIndex)
			if below.Func == "" || below.Module == "" || below.Module != c.wait.Caller.Module {
				continue
			}
			out = append(out, v.interruptedHolder(c, below))
		}
	}
	return out
}

func (v *view) interruptedHolder(c cpuSeen, below model.Frame) model.Finding {
	lock, handler := v.spinLock(c), c.wait.Caller.Func
	splat, name := v.inconsistentAt(c.boot, handler, below.Func)
	if name != "" {
		lock = name
	}
	where := c.actor()
	f := v.irqHeld(irqHold{where: where, lock: lock, wait: c.wait, below: below})
	f.Verdict, f.Confidence = model.Undecided, model.Medium
	f.Boot, f.Reports = c.boot, []int{c.report}
	f.Time = v.base(c.report).Time
	f.Evidence = []model.Provenance{c.why}
	f.Tasks = []model.TaskInfo{c.info()}
	if c.cpu >= 0 {
		cpu := c.cpu
		f.CPU = &cpu
	}
	f.Locks = []model.LockInfo{{Name: lock, Type: c.wait.Type, Addr: c.addr, Owner: label(c.comm, c.pid)}}
	f.Explanation = "On " + where + " an interrupt stopped " + below.Func + "() and ran " + handler + "(), which spins for " + lock + ". Both are code of [" + below.Module +
		"]. If " + below.Func + "() holds that lock with interrupts enabled, the handler waits for the very code that it stopped, and this CPU is lost."
	if name != "" {
		// A class of one static lock is this very lock; else another of its kind
		// may be held here.
		f.Verdict, f.Confidence = model.Deadlocked, pickConf(model.Medium, staticName(name))
		f.Missing = []string{"That " + below.Func + "() was inside the section of this lock when it was stopped is inferred from the spinning: a dump shows it."}
		addReports(&f, splat)
		f.Explanation = "On " + where + " an interrupt stopped " + below.Func + "() and ran " + handler + "(), which spins for a lock. Lockdep reported in this boot that " + name + " is used in exactly these two functions, in one of them in the interrupt and in the other with it enabled. So the handler waits for the very code that it stopped, and this CPU is lost."
	} else {
		f.Title = handler + "() spins in an interrupt for a lock that " + below.Func + "() below it probably holds"
		f.Missing = []string{"That " + below.Func + "() holds this lock: the source shows it, and lockdep reports it as an inconsistent lock state."}
	}
	derivedWhy := c.why
	derivedWhy.Derived = true
	derivedWhy.Excerpt = "the interrupt that runs " + handler + "() stopped " + below.Func + "() of the same module"
	f.Path = []model.PathStep{
		{Kind: model.Waits, From: "interrupt on " + where, To: lock, Mode: orWrite(c.wait.Mode), At: at(c.wait.Caller), Why: []model.Provenance{c.why}},
		{Kind: model.HeldBy, From: lock, To: where, Mode: model.Write, At: at(below), Why: []model.Provenance{derivedWhy}}}
	return f
}

// inconsistentAt finds the report of an inconsistent lock state that is about
// these two functions.
func (v *view) inconsistentAt(b model.Boot, handler, below string) (report int, lock string) {
	i, ok := v.irqPairs[setKey([]string{string(b), handler, below})]
	if !ok {
		return 0, ""
	}
	return i, subject(v.facts.Reports[i].(*kreport.Lockdep)).Lock
}

// indexIRQPairs files the inconsistent-state reports by their two functions.
func (v *view) indexIRQPairs() {
	v.irqPairs = map[string]int{}
	v.lockdepReports(func(i int, r *kreport.Lockdep) {
		x, y := guiltyOf(r.Registered), guiltyOf(r.Backtrace)
		if subject(r) != nil && x != "" && y != "" {
			v.irqPairs[setKey([]string{string(r.Boot), x, y})] = i
		}
	}, "lockdep-inconsistent")
}
