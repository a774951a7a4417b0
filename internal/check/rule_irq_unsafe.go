package check

import (
	"context"
	"slices"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func irqUnsafeRule() Rule { return Rule{Doc: irqUnsafeDoc(), Run: runIrqUnsafe} }

func irqUnsafeDoc() Doc {
	return Doc{
		ID:       "irq-unsafe-lock",
		Summary:  "A lock used in an interrupt is taken elsewhere with that interrupt enabled",
		Severity: model.SevError,
		What: `A lock is taken in a hardirq or softirq handler, and also outside of it while that interrupt may arrive. If it arrives on the CPU whose code holds the lock, the handler spins for a lock that cannot be released before the handler returns. Timers and tasklets run in softirq; most hrtimers run in hardirq.

It need not be one lock: if the handler takes S, and some code takes U under S, and U is elsewhere held with interrupts on, then the interrupted holder of U, with a second CPU that holds S and waits for U, closes the circle (lockdep's "HARDIRQ-safe -> HARDIRQ-unsafe lock order").

The letters in {...} after a lock in a report say how the class was used so far, for hardirq, its readers, softirq, its readers: "-" used in that context, "+" held with it enabled, "?" both, "." neither.`,
		Why: `Process context on CPU0 takes L with interrupts on. The interrupt comes on CPU0, and its handler asks for L. The handler waits for the holder, the holder waits for the handler to return: one CPU is dead, at once and without another CPU being involved. With two locks: CPU0 holds U with interrupts on; CPU1 takes S with interrupts off and waits for U; the interrupt on CPU0 asks for S. CPU0 waits for CPU1, CPU1 for CPU0.`,
		Example: `static irqreturn_t handler(int irq, void *p)
{
	spin_lock(&d->lock);		/* right: interrupts are off here */
	...
}

static int xmit(struct dev *d)
{
	spin_lock(&d->lock);		/* wrong: the handler may interrupt this CPU */
`,
		Fixes: []model.Fix{fixIrqsave(), fixMoveOutOfIRQ(),
			{Title: "For two locks: break the order instead", Detail: "Do not take the unsafe lock while the safe one is held, or take both with the interrupt off everywhere. Making only one of the two irq-safe leaves the other half of the circle."}},
		Verify:   append(verifyLockdep(), "CONFIG_TRACE_IRQFLAGS comes with PROVE_LOCKING and is what lockdep knows the interrupt state by. Drive the device so that its interrupt or timer fires while the process-context path runs."),
		Sources:  []string{"kernel/locking/lockdep.c, mark_lock_irq(), check_irq_usage(), print_usage_bug(), print_bad_irq_dependency()", "Documentation/locking/lockdep-design.rst, \"State\"", "Documentation/kernel-hacking/locking.rst, \"Locking Between Hard IRQ and Softirqs/Tasklets\"", "Documentation/locking/locktypes.rst (PREEMPT_RT)"},
		LogForms: []string{"WARNING: inconsistent lock state", "WARNING: possible irq lock inversion dependency detected", "WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected", "WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected"},
		InSource: `Functions that are registered as interrupt handlers, timers, tasklets, softirqs or NAPI polls, and all that they call, run in that context; a lock taken there and elsewhere with the interrupt enabled is a finding, one for each function that has to change. The interrupt state is followed through each path: spin_lock_irqsave(), local_irq_save(), local_bh_disable() and what callers did. Threaded handlers and work items count as process context, and ndo_start_xmit() as a caller with softirqs off.

It is as sure as the way from the registration to the acquisition, and as what is known of the interrupt state at the other place; a conflict through further locks is medium at most.`,
	}
}

// runIrqUnsafe reports lockdep's three families about interrupts, conflicts
// that several reports show together, and CPUs that spin in an interrupt for a
// lock of the code that it stopped.
func runIrqUnsafe(_ context.Context, in *Input) []model.Finding {
	v := in.v
	out := v.byRule("irq-unsafe-lock")
	v.lockdepReports(func(i int, r *kreport.Lockdep) { out = append(out, v.inconsistent(i, r)) }, "lockdep-inconsistent")
	v.lockdepReports(func(i int, r *kreport.Lockdep) { out = append(out, v.irqOrder(i, r)) }, "lockdep-irq-order", "lockdep-irq-inversion")
	out = append(out, v.joinedIRQ()...)
	return append(out, v.interruptedHolders()...)
}

func (v *view) inconsistent(i int, r *kreport.Lockdep) model.Finding {
	f := v.fromLockdep("irq-unsafe-lock", i, r)
	l := subject(r)
	irq := irqWord(r.UsageFrom + r.UsageTo)
	if l == nil {
		f.Confidence = model.Low
		f.Title = "inconsistent lock state (report cut)"
		f.Explanation = "A lock was used both in " + irq + " context and with that interrupt enabled; the report is cut before it says which."
		f.Fingerprint = model.Fingerprint(f.Rule, f.Function)
		return f
	}
	switch irq {
	case "reclaim":
		return v.reclaim(f, r, l)
	case "NMI":
		return v.inNMI(f, r, l)
	}
	typ := typeOf(r.Backtrace)
	f.Locks = []model.LockInfo{lockOf(l, typ)}
	f.Fingerprint = model.Fingerprint(f.Rule, irq, l.Lock)
	here := f.Function
	other := guiltyOf(r.Registered)
	inIRQ, outside := here, other
	if strings.HasPrefix(r.UsageFrom, "IN-") {
		inIRQ, outside = other, here // the older state was in the interrupt
	}
	f.Title = l.Lock + " is taken in " + irq + inFn(inIRQ) + " and with it enabled" + inFn(outside)
	f.Explanation = sentences(
		l.Lock+" is used in "+irq+" context"+inFn(inIRQ)+", and"+pick(outside == "", " elsewhere", inFn(outside))+" it is held while "+irq+"s are enabled.",
		"If the "+irq+" arrives on the CPU that holds it there, the handler waits for a holder that cannot go on before the handler returns.")
	f.Path = []model.PathStep{{Kind: model.Before, From: l.Lock, To: l.Lock, Mode: model.Write, At: here, Why: []model.Provenance{
		{Input: r.Input, Locator: lineNo(r.Line), Excerpt: strings.TrimSpace("inconsistent {" + r.UsageFrom + "} -> {" + r.UsageTo + "} usage")},
		{Input: r.Input, Locator: lineNo(l.LogLine), Excerpt: lockLine(*l)}}}}
	f.Interleaving = []model.Moment{
		{Actor: "CPU0", Does: call(typ, "", l.Lock), Note: "held" + inFn(outside) + ", " + irq + "s enabled"},
		{Actor: irq + " on CPU0", Does: "interrupts the holder", Note: "the lock stays held"},
		{Actor: irq + " on CPU0", Does: call(typ, "", l.Lock), Note: "waits for ever" + inFn(inIRQ) + ": the holder runs again only when the " + irq + " has ended"}}
	if outside != "" {
		ownFix(&f, "Hold "+l.Lock+" with the "+irq+" off in "+outside+"()",
			"Use "+irqOff(irq, typ)+" there, and in every other place outside the handler that takes "+l.Lock+".")
	}
	addClassFixes(&f, 1, []string{l.Lock})
	return f
}

// reclaim is the state of kernels before 4.15 that is about memory reclaim
// instead of an interrupt.
func (v *view) reclaim(f model.Finding, r *kreport.Lockdep, l *kreport.Lock) model.Finding {
	f.Locks = []model.LockInfo{lockOf(l, typeOf(r.Backtrace))}
	f.Title = l.Lock + " is taken in memory reclaim and held while allocating" + inFn(f.Function)
	f.Fingerprint = model.Fingerprint(f.Rule, "reclaim", l.Lock)
	f.Explanation = l.Lock + " is taken by code that memory reclaim runs, and is also held around an allocation that may start reclaim. The allocation then reclaims, and reclaim waits for the lock that its own task holds."
	ownFix(&f, "Do not reclaim into this lock", "Allocate with GFP_NOFS or GFP_NOIO while "+l.Lock+" is held (memalloc_nofs_save() around the section), or allocate before it is taken.")
	return f
}

// irqOff names the calls that take a lock with the interrupt off, by its type
// where that is known: a seqcount or a mutex has no such call.
func irqOff(irq string, t model.LockType) string {
	lock := "spin"
	switch t {
	case model.RWLock:
		lock = "write"
	case model.RawSpinlock:
		lock = "raw_spin"
	}
	both := ""
	if t == model.RWLock {
		both = ", and read_lock" + pick(irq == "hardirq", "_irqsave", "_bh") + "() for readers if the handler writes"
	}
	if irq == "hardirq" {
		return lock + "_lock_irqsave()/" + lock + "_unlock_irqrestore()" + both
	}
	return lock + "_lock_bh()/" + lock + "_unlock_bh()" + both
}

// inNMI: a lock that an NMI takes. No lock function keeps an NMI out, so the
// cure of the other interrupts is none here (verify_lock_unused(),
// kernel/locking/lockdep.c).
func (v *view) inNMI(f model.Finding, r *kreport.Lockdep, l *kreport.Lock) model.Finding {
	f.Locks = []model.LockInfo{lockOf(l, typeOf(r.Backtrace))}
	f.Title = l.Lock + " is taken in an NMI" + inFn(f.Function) + " and outside of NMIs"
	f.Fingerprint = model.Fingerprint(f.Rule, "NMI", l.Lock)
	f.Explanation = l.Lock + " is taken in an NMI" + inFn(f.Function) + ", and elsewhere too. An NMI comes even with interrupts off: if it stops the holder on its own CPU, it waits for code that cannot go on before the NMI ends."
	f.Fix = []model.Fix{
		{Title: "Do not take the lock in the NMI", Detail: "Only try it (spin_trylock()) and do without when it fails, or note what happened and let irq_work_queue() do the rest outside of the NMI. _irqsave is no help: it does not keep NMIs out."},
	}
	addClassFixes(&f, 1, []string{l.Lock})
	return f
}

func (v *view) irqOrder(i int, r *kreport.Lockdep) model.Finding {
	f := v.fromLockdep("irq-unsafe-lock", i, r)
	safe, unsafe := r.IRQSafeLock, r.IRQUnsafeLock
	irq := irqWord(r.UsageFrom + r.UsageTo + r.Header)
	if r.IRQClass != nil {
		irq = irqWord(r.IRQClass.Safe)
	}
	if safe == "" && r.Lock != nil {
		safe = r.Lock.Lock
	}
	if (safe == "" || unsafe == "") && len(r.Chain) >= 2 {
		safe, unsafe = r.Chain[0], r.Chain[len(r.Chain)-1]
	}
	f.Interleaving = scenario(r.Scenario)
	names := uniq(append([]string{safe, unsafe}, r.NewDependency...))
	for _, n := range names {
		f.Locks = append(f.Locks, model.LockInfo{Name: n})
	}
	f.Fingerprint = model.Fingerprint(f.Rule, append([]string{irq}, sortedCopy(names)...)...)
	f.Path = irqPath(r)
	if safe == "" || unsafe == "" {
		f.Confidence = lower(f.Confidence, model.Medium)
		f.Title = "possible " + irq + " lock inversion" + inFn(f.Function)
		f.Explanation = "A lock that " + irq + " context takes can wait for a lock that is held with " + irq + "s enabled" + pick(len(names) == 0, "; the report is cut before it says which", ": "+list(names, 4)) + "."
		return f
	}
	f.Title = irq + "-safe " + safe + " leads to " + irq + "-unsafe " + unsafe
	f.Explanation = sentences(
		safe+" is taken in "+irq+" context"+inFn(guiltyOf(r.Registered))+". "+unsafe+" is held elsewhere with "+irq+"s enabled"+inFn(guiltyOf(r.UnsafeAt))+".",
		"Now "+newDep(r)+safe+" leads to "+unsafe+inFn(f.Function)+".",
		"CPU0 holds "+unsafe+" with "+irq+"s enabled; CPU1 holds "+safe+" and waits for "+unsafe+"; the "+irq+" on CPU0 asks for "+safe+": CPU0 waits for CPU1 and CPU1 for CPU0.")
	ownFix(&f, "Cut the path from "+safe+" to "+unsafe,
		"Either take "+unsafe+" with "+irq+"s off everywhere ("+irqOff(irq, typeOf(r.UnsafeAt))+"), or do not take it, directly or through other locks, while "+safe+" is held"+inFn(f.Function)+".")
	addClassFixes(&f, 1, names)
	return f
}

func newDep(r *kreport.Lockdep) string {
	if len(r.NewDependency) != 2 {
		return ""
	}
	return r.NewDependency[1] + " is taken while " + r.NewDependency[0] + " is held, so that "
}

// irqPath is the dependency of an irq-order report: the new one, between the
// chains on both sides of it.
func irqPath(r *kreport.Lockdep) []model.PathStep {
	why := []model.Provenance{{Input: r.Input, Locator: lineNo(r.Line), Excerpt: r.Header}}
	names := slices.Clone(r.NewDependency)
	if len(names) < 2 {
		names = uniq(r.Chain)
	}
	if len(names) < 2 {
		return nil
	}
	names = uniq(append(append([]string{r.IRQSafeLock}, names...), r.IRQUnsafeLock))
	var out []model.PathStep
	for i := 1; i < len(names); i++ {
		out = append(out, model.PathStep{Kind: model.Before, From: names[i-1], To: names[i], Mode: model.Write, Why: why})
	}
	return out
}

func irqWord(usage string) string {
	switch {
	case strings.Contains(usage, "RECLAIM"):
		return "reclaim"
	case strings.Contains(usage, "NMI"):
		return "NMI"
	case strings.Contains(usage, "SOFTIRQ"):
		return "softirq"
	case strings.Contains(usage, "HARDIRQ"):
		return "hardirq"
	}
	return "interrupt"
}

func typeOf(s *kreport.Stack) model.LockType {
	if s == nil {
		return ""
	}
	return classify(s.Full).Type
}

func guiltyOf(s *kreport.Stack) string {
	if s == nil {
		return ""
	}
	if g, i := guilty(s.Full); i >= 0 {
		return g.Func
	}
	return ""
}
