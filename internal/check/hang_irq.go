package check

import (
	"slices"

	"gordian/internal/engine"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

// interruptCycle reports a task that waits for a lock which it holds itself,
// when an interrupt stands in between: the handler spins for what the code
// that it stopped has taken. That is no recursion of the code, but a lock
// that is taken with the interrupt enabled.
func (h *hangs) interruptCycle(c engine.WaitCycle) bool {
	if len(c.Tasks) != 1 || len(c.Edges) != 2 || !isSpin(h.locks[c.Edges[0].To].Type) {
		return false
	}
	t, held := h.taskOf(c.Tasks[0]), c.Edges[1]
	entry := slices.IndexFunc(t.stack, func(f model.Frame) bool { return !f.Unreliable && kstack.IsInterruptEntry(f.Func) })
	below := slices.IndexFunc(t.stack, func(f model.Frame) bool { return kstack.Base(f.Func) == held.Func })
	if entry < 0 || below < entry || t.wait.CallerIndex > entry {
		return false
	}
	x := irqHold{where: cpuName(max(t.cpu, 0)), lock: h.lockName(held.From), wait: t.wait, below: t.stack[below]}
	x.below.Func = held.Func
	f := h.irqHeld(x)
	f.Confidence = h.cycleConfidence(c)
	f.Verdict = model.Deadlocked
	h.take(&f, t)
	if t.cpu >= 0 {
		cpu := t.cpu
		f.CPU = &cpu
	}
	f.Tasks = []model.TaskInfo{h.taskInfo(t)}
	h.addLocks(&f, c.Locks)
	for _, e := range c.Edges {
		f.Path = append(f.Path, h.step(e))
	}
	if c.Derived > 0 {
		f.Missing = h.doubts(c)
	}
	if behind := h.addBehind(&f, h.waits.BehindCycle(c), ""); len(behind) > 0 {
		f.Explanation += " " + plural(len(behind), "more task") + pick(len(behind) == 1, " waits", " wait") + " behind this: " + list(behind, 5) + "."
	}
	h.out = append(h.out, f)
	return true
}

// irqHold is a lock that a handler spins for, on a CPU where the code that it
// stopped has it.
type irqHold struct {
	where string // "CPU1"
	lock  string
	wait  kstack.Wait
	below model.Frame
}

// irqHeld starts a finding about one: what does not depend on how it is known.
func (v *view) irqHeld(x irqHold) model.Finding {
	f := v.finding("irq-unsafe-lock")
	f.Status = model.Actual
	handler := x.wait.Caller.Func
	blame(&f, x.below)
	f.Title = handler + "() spins in an interrupt for " + x.lock + ", which " + x.below.Func + "() below it holds"
	f.Explanation = "On " + x.where + " an interrupt stopped " + x.below.Func + "(), which holds " + x.lock + ", and ran " + handler + "(), which spins for it. The handler waits for the very code that it stopped, and this CPU is lost."
	f.Interleaving = []model.Moment{
		{Actor: x.where, Does: call(x.wait.Type, x.wait.Mode, x.lock), Note: "held in " + x.below.Func + "(), interrupts enabled"},
		{Actor: "interrupt on " + x.where, Does: "stops " + x.below.Func + "()", Note: "the lock stays held"},
		{Actor: "interrupt on " + x.where, Does: call(x.wait.Type, x.wait.Mode, x.lock), Note: "spins for ever in " + handler + "()"}}
	ownFix(&f, "Take the lock with interrupts off in "+x.below.Func+"()",
		"spin_lock_irqsave() there and in every other place outside the handler, if "+handler+"() runs in hardirq (most hrtimers and interrupt handlers); spin_lock_bh() if it runs in softirq (timers, tasklets, network receive).")
	f.Fingerprint = model.Fingerprint(f.Rule, "spin", handler, x.below.Func)
	return f
}
