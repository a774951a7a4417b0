package check

import (
	"context"

	"gordian/internal/model"
)

func irqFlagsRule() Rule { return Rule{Doc: irqFlagsDoc(), Run: runIrqFlags} }

func irqFlagsDoc() Doc {
	return Doc{
		ID:       "irq-flags-misuse",
		Summary:  "Interrupts are enabled too early: _irq inside an irqs-off section, shared or misordered flags",
		Severity: model.SevError,
		What: `spin_unlock_irq() and local_irq_enable() turn interrupts on, whatever they were before. In a section that already runs with interrupts off they end it too early. The same happens when two sections share one flags variable, when flags are kept in a structure or a static variable that another CPU can overwrite, or when two irqsave sections are restored in the wrong order.

The reverse is as bad: a path that leaves with interrupts off, because a plain unlock took the place of spin_unlock_irqrestore(), makes its CPU deaf to timers, to the network and to other CPUs.

Source code shows it. A kernel log has no report that proves it: what a log shows are its consequences, an irq-unsafe-lock finding or a lockup in the caller's section. So this rule finds nothing in logs, on purpose.`,
		Why: `The caller took a lock with spin_lock_irqsave() because an interrupt handler takes it too. A function it calls uses spin_lock_irq()/spin_unlock_irq(): after the unlock interrupts are on, with the caller's lock still held. The handler now interrupts the holder on its own CPU and spins for ever.`,
		Example: `static void inner(struct dev *d)
{
	spin_lock_irq(&d->stats_lock);
	d->n++;
	spin_unlock_irq(&d->stats_lock);	/* interrupts are on now */
}

static void outer(struct dev *d)
{
	unsigned long flags;

	spin_lock_irqsave(&d->lock, flags);
	inner(d);				/* d->lock is held with interrupts on */
	spin_unlock_irqrestore(&d->lock, flags);
}
`,
		Fixes: []model.Fix{
			{Title: "Use _irqsave where the caller's state is not known", Detail: "spin_lock_irqsave() with a flags variable of its own, on the stack. Plain spin_lock() is right, and cheaper, in functions that are only ever called with interrupts off; say so with lockdep_assert_irqs_disabled()."},
			{Title: "Give each section its own flags, and restore in reverse order", Detail: "The flags of the outer section must be restored last. Never keep flags in a structure or pass a pointer to them to another CPU."}},
		Verify: []string{
			"CONFIG_DEBUG_IRQFLAGS=y warns when interrupts are restored while they are already on (\"raw_local_irq_restore() called with IRQs enabled\").",
			"CONFIG_PROVE_LOCKING=y reports the consequence as an inconsistent lock state, once the handler and the path have both run.",
			"lockdep_assert_irqs_disabled() in functions that need them off."},
		Sources: []string{"include/linux/spinlock.h, include/linux/irqflags.h", "kernel/locking/irqflag-debug.c, warn_bogus_irq_restore()", "Documentation/kernel-hacking/locking.rst"},
		InSource: `Paths that turn interrupts on inside a section that turned them off (also when the inner half is in a function they call), return with interrupts off, save into a flags variable that still holds a saved state, or restore a section while an inner one is open; and _irq forms in functions that are called with interrupts off, such as interrupt handlers.

High confidence needs both halves on one path. Where the callers decide, the finding shows one that calls with interrupts off.`,
	}
}

// runIrqFlags finds nothing in the facts of logs: no kernel report shows which
// section turned interrupts on too early.
func runIrqFlags(context.Context, *Input) []model.Finding { return nil }
