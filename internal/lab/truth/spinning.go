package truth

import "gordian/internal/model"

// noSpinlocks: a map that takes a lock of its own, used where a spinlock is
// waited for, waits for ever if that lock is the one.
const noSpinlocks = "spinlocks are not followed: a program in their slow path can hang the machine"

// spinning are the modules whose processors wait for each other, or for
// themselves.
func spinning() []Module {
	return []Module{
		{
			Name: "wdogpet", Fixed: "wdogpet-fixed", Serial: true, CPUs: 2,
			About: "timer_delete_sync() with the spinlock that the timer needs",
			// The log names the timer only if the watchdogs came round to both
			// processors before the guest was stopped.
			Stock:   Expect{Findings: []Finding{{Rule: "rcu-stall"}}, May: append(lost(), "wait-under-lock")},
			Lockdep: Expect{Findings: []Finding{inversion("wdog.lock", "wdog.timer")}, May: append(lost(), "wait-under-lock")},
			Dump:    Expect{Findings: []Finding{{Rule: "wait-under-lock", Status: model.Actual, Tasks: []string{"wdog-pet/*"}}}, May: lost()},
			Order:   Expect{Blind: noSpinlocks},
			Source:  Expect{Findings: []Finding{{Rule: "wait-under-lock", Locks: []string{"wdog.lock"}}}},
		},
		{
			Name: "irqstat", Fixed: "irqstat-fixed", Serial: true, CPUs: 2,
			About:   "a spinlock of a hard interrupt is held with interrupts on; the interrupt nests it in another one",
			Stock:   Expect{Findings: []Finding{{Rule: "irq-unsafe-lock", Tasks: []string{"rx-report/*"}}}, May: lost()},
			Lockdep: Expect{Findings: []Finding{{Rule: "irq-unsafe-lock", Status: model.Potential, Locks: []string{"stat_lock"}}}, May: lost()},
			// A spinlock of PREEMPT_RT sleeps, and the handler may not.
			Dump:   Expect{Findings: []Finding{{Rule: "irq-unsafe-lock", Status: model.Actual, Locks: []string{"stat_lock"}, Tasks: []string{"rx-report/*"}}}, May: append(lost(), "sleep-in-atomic")},
			Order:  Expect{Blind: noSpinlocks},
			Source: Expect{Findings: []Finding{{Rule: "irq-unsafe-lock", Locks: []string{"stat_lock"}}}},
		},
		{
			Name: "dualspin", Fixed: "dualspin-fixed", Serial: true, CPUs: 2,
			About:   "two spinlocks, taken in opposite orders on two processors",
			Stock:   Expect{Findings: []Finding{hang("port-east/*", "port-west/*")}, May: lost()},
			Lockdep: Expect{Findings: []Finding{inversion("east_lock", "west_lock")}, May: append(lost(), "deadlock")},
			Dump:    Expect{Findings: []Finding{cycle([]string{"port-east/*", "port-west/*"}, "east_lock", "west_lock")}, May: lost()},
			Order:   Expect{Blind: noSpinlocks},
			Source:  Expect{Findings: []Finding{inversion("east_lock", "west_lock")}},
		},
		{
			Name: "rxqueue", Fixed: "rxqueue-fixed", Serial: true, CPUs: 2,
			About:   "a spinlock of a softirq is held with softirqs on",
			Stock:   Expect{Findings: []Finding{{Rule: "irq-unsafe-lock", Tasks: []string{"queue-drain/*"}}}, May: lost()},
			Lockdep: Expect{Findings: []Finding{{Rule: "irq-unsafe-lock", Status: model.Potential, Locks: []string{"queue->lock"}}}, May: lost()},
			Dump:    Expect{Findings: []Finding{{Rule: "irq-unsafe-lock", Status: model.Actual, Tasks: []string{"queue-drain/*"}}}, May: lost()},
			Order:   Expect{Blind: noSpinlocks},
			Source:  Expect{Findings: []Finding{{Rule: "irq-unsafe-lock", Locks: []string{"rx_queue.lock"}}}},
		},
	}
}

// lost are the watchdogs' reports of processors that spin: which of them is
// first is a matter of chance. Tasks that need such a processor hang as well.
func lost() []string { return []string{"rcu-stall", "soft-lockup", "hard-lockup", "hung-task"} }
