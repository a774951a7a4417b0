package check

// Families names, for each family of kernel reports, the rule that judges it
// when nothing more is known.
func Families() [][2]string {
	return [][2]string{
		{"lockdep-circular", "lock-order-inversion"},
		{"lockdep-recursive", "recursive-lock"},
		{"lockdep-irq-inversion", "irq-unsafe-lock"},
		{"lockdep-irq-order", "irq-unsafe-lock"},
		{"lockdep-inconsistent", "irq-unsafe-lock"},
		{"lockdep-bad-unlock", "unlock-not-held"},
		{"lockdep-held-freed", "missing-unlock"},
		{"lockdep-held-exit", "missing-unlock"},
		{"lockdep-held-userspace", "missing-unlock"},
		{"lockdep-nest-not-held", "lock-annotation"},
		{"lockdep-wait-context", "sleep-in-atomic"},
		{"lockdep-internal", "lock-annotation"},
		{"lockdep-limit", "lock-annotation"},
		{"lockdep-nonstatic-key", "lock-annotation"},
		{"hung-task", "hung-task"},
		{"hung-blocker", "hung-task"},
		{"locks-dump", "deadlock"},
		{"sysrq-d", "deadlock"},
		{"sysrq-t", "deadlock"},
		{"sysrq-w", "deadlock"},
		{"blocked-dump", "deadlock"},
		{"freeze-fail", "hung-task"},
		{"soft-lockup", "soft-lockup"},
		{"hard-lockup", "hard-lockup"},
		{"csd-lockup", "hard-lockup"},
		{"nmi-panic", "hard-lockup"},
		{"rcu-stall", "rcu-stall"},
		{"rcu-kthread-starved", "rcu-stall"},
		{"rcu-kthread-timer", "rcu-stall"},
		{"rcu-usage", "rcu-misuse"},
		{"atomic-sleep", "sleep-in-atomic"},
		{"sched-atomic", "sleep-in-atomic"},
		{"blocking-ops", "sleep-in-atomic"},
		{"preemptible", "sleep-in-atomic"},
		{"preempt-exit", "missing-unlock"},
		{"wq-leak", "missing-unlock"},
		{"wq-lockup", "workqueue-lockup"},
		{"wq-hog", "workqueue-lockup"},
		{"wq-flush-reclaim", "wait-under-lock"},
		{"spinlock-bug", "spinlock-corruption"},
		{"deadlock-bug", "deadlock"},
		{"rtmutex-deadlock", "deadlock"},
		{"resspin-deadlock", "deadlock"},
		{"lockdep-bad-contention", "unlock-not-held"},
		{"rcu-voluntary-switch", "sleep-in-atomic"},
		{"hung-suppressed", "hung-task"},
		{"panic", "hung-task"},
		{"netdev-unregister", "hung-task"},
		{"netdev-watchdog", "hung-task"},
		{"dpm-timeout", "hung-task"},
		{"fs-alloc-deadlock", "hung-task"},
		{"sched-ext-stall", "hung-task"},
	}
}

// FamilyRule returns the id of the rule that judges a family of reports.
func FamilyRule(family string) (string, bool) {
	for _, f := range Families() {
		if f[0] == family {
			return f[1], true
		}
	}
	return "", false
}
