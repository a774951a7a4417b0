package check

import (
	"context"
	"strconv"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

func sleepInAtomicRule() Rule { return Rule{Doc: sleepInAtomicDoc(), Run: runSleepInAtomic} }

func sleepInAtomicDoc() Doc {
	return Doc{
		ID:       "sleep-in-atomic",
		Summary:  "Code that may sleep runs where sleeping is not allowed",
		Severity: model.SevError,
		What: `A function that may sleep (a mutex, a GFP_KERNEL allocation, a user copy, msleep, synchronize_rcu, schedule itself) was called with a spinlock held, with preemption or interrupts off, in an interrupt, or in an RCU read-side section.

"sleeping function called from invalid context" comes from a check at the start of such functions, whether or not they would have slept this time. "scheduling while atomic" means that it really did. "Invalid wait context" is lockdep's form: a lock whose waiter may sleep taken inside one whose holder may not, including spinlock_t under raw_spinlock_t, which is an error on PREEMPT_RT only. "do not call blocking ops when !TASK_RUNNING" is a sleep nested in another sleep: it resets the task state, and a wakeup can be lost. "using smp_processor_id() in preemptible" is the mirror image, code that needs preemption off and runs with it on; it is filed here, as a warning.`,
		Why: `The task holds a spinlock and gives up the CPU. Whoever runs there next and asks for the spinlock spins, and the scheduler cannot bring the holder back on a CPU that spins with preemption off; if an interrupt handler asks for it, at once. In an RCU reader the grace period ends early or never. With interrupts off, the interrupt that would wake the task cannot arrive.`,
		Example: `spin_lock(&d->lock);
buf = kmalloc(len, GFP_KERNEL);		/* may sleep */
if (copy_from_user(buf, ubuf, len))	/* may sleep */
	...
spin_unlock(&d->lock);
`,
		Fixes: []model.Fix{fixGFPAtomic(),
			{Title: "Move the sleeping call out of the section", Detail: "Do what sleeps before the lock is taken or after it is released, and look again at what the lock protects. It is wrong to release and retake the lock around the call without that second look."},
			fixMutexInstead(),
			{Title: "In an interrupt, timer or softirq: defer to process context", Detail: "Queue a work item or use a threaded interrupt handler. in_atomic() and in_interrupt() are no tests to choose by: without CONFIG_PREEMPT_COUNT in_atomic() does not see spinlocks."},
			{Title: "In an RCU reader: use SRCU, or take a reference", Detail: "srcu_read_lock() readers may sleep; or take a reference under rcu_read_lock(), leave the section, then sleep."}},
		Verify: []string{
			"CONFIG_DEBUG_ATOMIC_SLEEP=y makes every may-sleep function check its context, even when it would not have slept this time: one pass through the path is enough.",
			"CONFIG_PROVE_LOCKING=y reports a sleeping lock under a spinlock; CONFIG_PROVE_RAW_LOCK_NESTING=y a spinlock_t under a raw_spinlock_t. CONFIG_DEBUG_PREEMPT=y checks smp_processor_id().",
			"Use might_sleep() at the start of your own functions that may sleep only on rare paths."},
		Sources:  []string{"kernel/sched/core.c, __might_resched() and __schedule_bug()", "kernel/locking/lockdep.c, check_wait_context()", "lib/smp_processor_id.c, check_preemption_disabled()", "kernel/rcu/tree_plugin.h, rcu_note_context_switch()", "Documentation/locking/locktypes.rst"},
		LogForms: []string{"BUG: sleeping function called from invalid context at F:L", "BUG: scheduling while atomic: comm/pid/0x…", "[ BUG: Invalid wait context ]", "do not call blocking ops when !TASK_RUNNING", "Voluntary context switch within RCU read-side critical section!", "BUG: using F() in preemptible [x] code"},
		InSource: `Calls that may sleep, directly or through the functions they lead to, on a path that holds a spinlock, has interrupts, softirqs or preemption off, is in an RCU reader, or started as an interrupt handler, timer or tasklet. Allocations count by their flags, also when the caller passes them on as a parameter. Calls that only sleep if an argument says so count where it does.

A chain of more than three calls, or one through a function pointer, makes it medium: a condition on the way may keep the two apart.`,
	}
}

// runSleepInAtomic reports the checks that code which may sleep, or a lock
// whose waiter may sleep, is used where that is not allowed.
//
// "using smp_processor_id() in preemptible code" is the opposite mistake, and
// has no rule of its own: it is the same check of the same state, so it is
// filed here, as a warning.
func runSleepInAtomic(_ context.Context, in *Input) []model.Finding {
	v := in.v
	var out []model.Finding
	for _, i := range v.families["atomic-sleep"] {
		if r, ok := v.facts.Reports[i].(*kreport.AtomicSleep); ok {
			out = append(out, v.atomicSleep(i, r))
		}
	}
	for _, fam := range []string{"sched-atomic", "blocking-ops", "preemptible", "rcu-voluntary-switch"} {
		for _, i := range v.families[fam] {
			switch r := v.facts.Reports[i].(type) {
			case *kreport.Atomic:
				out = append(out, v.atomic(i, *r))
			case *kreport.Message:
				out = append(out, v.atomic(i, kreport.Atomic{ReportBase: r.ReportBase, Task: r.Task, Held: r.Held, Backtrace: r.Backtrace}))
			}
		}
	}
	v.lockdepReports(func(i int, r *kreport.Lockdep) { out = append(out, v.waitContext(i, r)) }, "lockdep-wait-context")
	return out
}

// fill sets the task, the stack, the held locks and the guilty function.
func (v *view) fill(f *model.Finding, t *kreport.Task, s *kreport.Stack, h *kreport.Held) (who string) {
	who = "A task"
	info := model.TaskInfo{}
	if t != nil {
		info.PID, info.Comm = t.PID, t.Comm
		who = label(t.Comm, t.PID)
	}
	if h != nil {
		info.Holds = heldNames(h)
		for k := range h.Locks {
			f.Locks = append(f.Locks, lockOf(&h.Locks[k], ""))
			f.Evidence = append(f.Evidence, model.Provenance{Input: f.Evidence[0].Input, Locator: lineNo(h.Locks[k].LogLine), Excerpt: lockLine(h.Locks[k])})
		}
	}
	if s != nil {
		info.Stack = frames(s.Full)
		if g, k := guilty(s.Full); k >= 0 {
			blame(f, g)
		}
	}
	if t != nil || len(info.Stack) > 0 {
		f.Tasks = []model.TaskInfo{info}
	}
	return who
}

func (v *view) atomicSleep(i int, r *kreport.AtomicSleep) model.Finding {
	f := v.fromReport("sleep-in-atomic", i)
	f.Status = model.Actual
	who := v.fill(&f, r.Task, r.Backtrace, r.Held)
	call := sleeper(r.Backtrace)
	f.Title = pick(call == "", "a function that may sleep", call+"() may sleep and") + " is called in atomic context" + inFn(f.Function)
	f.Title = strings.Replace(f.Title, "sleep and is", "sleep, but is", 1)
	var why []string
	if r.InAtomic != nil && *r.InAtomic > 0 {
		why = append(why, "preemption is off (a spinlock or preempt_disable())")
	}
	if r.IRQsDisabled != nil && *r.IRQsDisabled > 0 {
		why = append(why, "interrupts are off")
	}
	if r.NonBlock != nil && *r.NonBlock > 0 {
		why = append(why, "a section marked as non-blocking is active")
	}
	if r.RCUNest != nil && r.RCUExpected != nil && *r.RCUNest > *r.RCUExpected {
		why = append(why, "an RCU read-side section is open")
	}
	held := spinning(r.Held)
	f.Explanation = sentences(
		who+" called "+pick(call == "", "code that may sleep", call+"()")+inFn(f.Function)+pick(len(why) == 0, " in atomic context.", " while "+list(why, 4)+"."),
		pick(len(held) == 0, "", "It holds "+list(held, 3)+", under which nothing may sleep."),
		pick(r.DisabledAt == "", "", "Preemption was turned off in "+funcName(r.DisabledAt)+"()."),
		"If it sleeps there, whoever needs what it holds spins or waits on a CPU that it cannot get back.")
	if r.File != "" {
		f.Explanation += " The check stands at " + r.File + ":" + itoa(r.LineNo) + "."
	}
	f.Fingerprint = model.Fingerprint(f.Rule, call, f.Function)
	truncated(&f, &r.ReportBase)
	return f
}

// spinning lists the held locks under which nothing may sleep: those whose
// inner wait type is that of a spinlock or stricter (LD_WAIT_SPIN and below,
// include/linux/lockdep_types.h), and RCU.
func spinning(h *kreport.Held) []string {
	if h == nil {
		return nil
	}
	var out []string
	for _, l := range h.Locks {
		_, inner, ok := strings.Cut(l.WaitType, ":")
		if strings.HasPrefix(l.Lock, "rcu_read_lock") || (ok && (inner == "1" || inner == "2")) {
			out = append(out, l.Lock)
		}
	}
	return out
}

// sleeper names the function that may sleep: the outermost that is not yet
// the guilty one.
func sleeper(s *kreport.Stack) string {
	if s == nil {
		return ""
	}
	_, k := guilty(s.Full)
	for k--; k >= 0; k-- {
		fn := s.Full[k].Func
		if kstack.IsLockInternal(fn) || kstack.IsWrapper(fn) || kstack.IsHelper(fn) {
			return kstack.Base(fn)
		}
	}
	return ""
}

func (v *view) atomic(i int, r kreport.Atomic) model.Finding {
	f := v.fromReport("sleep-in-atomic", i)
	f.Status = model.Actual
	who := v.fill(&f, r.Task, r.Backtrace, r.Held)
	switch r.Family {
	case "sched-atomic":
		f.Title = "scheduling while atomic" + inFn(f.Function)
		f.Explanation = sentences(who+" gave up the CPU"+inFn(f.Function)+" where that is not allowed"+pick(r.PreemptCount == "", "", " (preempt_count "+r.PreemptCount+")")+".",
			pick(r.Held == nil, "", "It holds "+list(heldNames(orNone(r.Held)), 3)+"."),
			atomicWhy(r.PreemptCount))
	case "blocking-ops":
		f.Severity = model.SevWarning
		f.Title = "a sleep inside another sleep" + inFn(f.Function)
		f.Explanation = who + " had announced to sleep (state " + pick(r.State == "", "not TASK_RUNNING", r.State) + pick(r.SetAt == "", "", ", set in "+funcName(r.SetAt)+"()") + ") and then called something that sleeps itself" + inFn(f.Function) +
			". The inner sleep sets the state back to running: the outer wait returns at once or, with the two swapped, misses its wakeup."
		f.Fix = []model.Fix{{Title: "Do the blocking work outside the wait", Detail: "Check the condition without sleeping between prepare_to_wait() and schedule(), or use wait_woken(), which allows it. sched_annotate_sleep() is right only when a spurious wakeup is harmless."}}
	case "preemptible":
		f.Severity, f.Verdict = model.SevWarning, model.Bug
		f.Title = pick(r.Op == "", "a per-CPU access", strings.TrimSuffix(r.Op, "()")+"()") + " with preemption on" + inFn(f.Function)
		f.Explanation = who + " used per-CPU data" + inFn(f.Function) + " with preemption on: it can move to another CPU between finding the data and using it, and then works on that CPU's data without protection."
		f.Fix = []model.Fix{{Title: "Keep the CPU while its data is used", Detail: "get_cpu()/put_cpu(), preempt_disable() or a local_lock around the access, or this_cpu_*() operations, which are safe by themselves. raw_smp_processor_id() is right only where a stale CPU number is harmless."}}
	default:
		f.Title = "sleeps in an RCU read-side section" + inFn(f.Function)
		f.Explanation = "A task gave up the CPU" + inFn(f.Function) + " between rcu_read_lock() and rcu_read_unlock(). On a kernel without preemptible RCU the grace period then ends while the reader still uses what it protects."
	}
	f.Fingerprint = model.Fingerprint(f.Rule, r.Family, f.Function)
	truncated(&f, &r.ReportBase)
	return f
}

// atomicWhy reads a preempt count: 8 bits of preempt_disable() and spinlocks,
// of which the scheduler itself has one, 8 of softirqs (odd in a handler, even
// for local_bh_disable()), then hardirqs and NMIs (include/linux/preempt.h).
func atomicWhy(count string) string {
	n, err := strconv.ParseUint(strings.TrimPrefix(count, "0x"), 16, 32)
	switch softirq := n >> 8 & 0xff; {
	case err != nil:
	case n == 0:
		return "The count is below what the scheduler itself adds: preemption was enabled once more than it was disabled, by an unlock too many."
	case n>>16&0xff != 0:
		return "The count says that it is inside an interrupt handler, which may not sleep."
	case softirq&1 == 1:
		return "The count says that it is inside a softirq (a timer, a tasklet, network receive), which may not sleep, or that a softirq left it behind."
	case softirq != 0:
		return "The count says that bottom halves are off: the code sleeps under spin_lock_bh() or local_bh_disable(), or one of them was never undone."
	}
	return "Either the code sleeps under a spinlock, or a spinlock taken earlier was never released."
}

func orNone(h *kreport.Held) *kreport.Held {
	if h == nil {
		return &kreport.Held{}
	}
	return h
}

func (v *view) waitContext(i int, r *kreport.Lockdep) model.Finding {
	f := v.fromLockdep("sleep-in-atomic", i, r)
	f.Verdict = model.Bug
	l := subject(r)
	if l == nil {
		l = &kreport.Lock{Lock: "a lock"}
		f.Confidence = lower(f.Confidence, model.Low)
	}
	f.Locks = []model.LockInfo{lockOf(l, typeOf(r.Backtrace))}
	inner := waitLevel(l.WaitType)
	held := spinning(r.Held)
	f.Title = l.Lock + " is taken in a context that may not wait for it" + inFn(f.Function)
	f.Explanation = "The task asked for " + l.Lock + " (" + inner + ")" + inFn(f.Function) + pick(len(held) == 0, "", " while it holds "+list(held, 3)) +
		pick(r.WaitContext == "", ".", ", in context {"+r.WaitContext+"}.") + " A waiter for such a lock may sleep there, and the context does not allow it."
	if inner == "a spinlock_t" {
		f.Severity = model.SevWarning
		f.Explanation += " On PREEMPT_RT a spinlock_t is a sleeping lock, so it may not be taken under a raw_spinlock_t or with interrupts off. On other kernels this is harmless."
		ownFix(&f, "Make "+l.Lock+" a raw_spinlock_t, or do not take it there", "raw_spinlock_t is right for short sections that must run with interrupts off even on PREEMPT_RT; it is wrong for long ones, because it brings their latency back.")
	}
	f.Fingerprint = model.Fingerprint(f.Rule, l.Lock, f.Function)
	return f
}

// waitLevel says what kind of lock a wait type "outer:inner" stands for
// (enum lockdep_wait_type, include/linux/lockdep_types.h: 2 is raw spinlocks,
// 3 is spinlock_t with PROVE_RAW_LOCK_NESTING, then sleeping locks).
func waitLevel(w string) string {
	_, inner, _ := strings.Cut(w, ":")
	switch inner {
	case "2":
		return "a raw spinlock"
	case "3":
		return "a spinlock_t"
	case "":
		return "a lock"
	}
	return "a sleeping lock"
}
