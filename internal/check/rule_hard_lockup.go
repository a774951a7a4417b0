package check

import (
	"context"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func hardLockupRule() Rule { return Rule{Doc: hardLockupDoc(), Run: runHardLockup} }

func hardLockupDoc() Doc {
	return Doc{
		ID:       "hard-lockup",
		Summary:  "A CPU took no interrupts for too long",
		Severity: model.SevError,
		What: `A CPU ran for kernel.watchdog_thresh seconds (10 by default) without a timer interrupt: it runs with interrupts off, or firmware or the hypervisor keeps it. The stack comes from an NMI, or from another CPU that noticed (the buddy detector).

"csd: Detected non-responsive CSD lock" is filed here too: a CPU waited for another to answer an inter-processor interrupt, which a CPU with interrupts off cannot do.

"Kernel panic - not syncing: NMI" too, if its backtraces show CPUs that spin for locks: a machine that does not answer is ended by an NMI from outside (a button, the hypervisor, gordian lab). With kernel.panic_print=64 all CPUs print what they do; where all spin, none can release what another waits for.`,
		Why: `Code takes a spinlock with interrupts off and waits for a holder that cannot release it: ABBA between two CPUs with spin_lock_irqsave(), a lock taken again in an interrupt handler, or smp_call_function() with interrupts off to a CPU that spins for the caller's lock. A loop with interrupts off gives the same.`,
		Fixes: []model.Fix{
			{Title: "If it spins on a lock: find the holder", Detail: "Look at the backtraces of the other CPUs (kernel.hardlockup_all_cpu_backtrace=1). The holder is inside a section of the same lock, or is the code that this interrupt stopped."},
			{Title: "If it loops with interrupts off: make the section short", Detail: "Do long work with interrupts on, in pieces. touch_nmi_watchdog() is right for a slow console or a firmware call, and hides everything else."},
			{Title: "Never wait for other CPUs with interrupts off", Detail: "smp_call_function_many(), flush_tlb and stop_machine() wait for an interrupt on the others; with interrupts off here, two callers wait for each other. The asynchronous forms do not wait."}},
		Verify: []string{
			"CONFIG_HARDLOCKUP_DETECTOR=y (perf NMI or buddy), `sysctl kernel.hardlockup_panic=0 kernel.hardlockup_all_cpu_backtrace=1`; CONFIG_CSD_LOCK_WAIT_DEBUG=y for inter-processor calls.",
			"CONFIG_PROVE_LOCKING=y before it hangs: the order or the irq state is reported when both paths have run once."},
		Sources:  []string{"kernel/watchdog.c, watchdog_hardlockup_check()", "kernel/watchdog_perf.c, kernel/watchdog_buddy.c", "kernel/smp.c, csd_lock_wait_toolong()", "arch/x86/kernel/nmi.c, unknown_nmi_error()", "arch/powerpc/kernel/watchdog.c"},
		LogForms: []string{"NMI watchdog: Watchdog detected hard LOCKUP on cpu N", "watchdog: CPU N detected hard LOCKUP on other CPUs", "csd: Detected non-responsive CSD lock", "Kernel panic - not syncing: NMI: Not continuing"},
	}
}

// runHardLockup reports the hard-lockup watchdog, and CPUs that do not answer
// inter-processor calls.
func runHardLockup(_ context.Context, in *Input) []model.Finding {
	v := in.v
	var out []model.Finding
	for _, i := range v.families["hard-lockup"] {
		if r, ok := v.facts.Reports[i].(*kreport.Lockup); ok {
			out = append(out, v.lockup("hard-lockup", i, r))
		}
	}
	for _, i := range v.families["csd-lockup"] {
		r, ok := v.facts.Reports[i].(*kreport.Lockup)
		if !ok {
			continue
		}
		f := v.lockup("hard-lockup", i, r)
		f.Confidence = lower(f.Confidence, model.Medium)
		f.Title = "a CPU does not answer an inter-processor call" + inFn(f.Function)
		f.Explanation = "A CPU waits for another one to run a function that it sent it, and gets no answer: " + r.Header + ". The other CPU runs with interrupts off, or is locked up; its backtrace is the one to look at."
		f.Fingerprint = model.Fingerprint(f.Rule, "csd", f.Function)
		out = append(out, f)
	}
	return append(out, v.nmiPanics()...)
}
