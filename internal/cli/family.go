package cli

import (
	"slices"

	"gordian/internal/check"
)

// families names, for each family of kernel reports, the rule that judges it
// when nothing more is known.
func families() [][2]string {
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

func familyRule(family string) (string, bool) {
	for _, f := range families() {
		if f[0] == family {
			return f[1], true
		}
	}
	return "", false
}

func knownNames() []string {
	var out []string
	for _, r := range check.Rules() {
		out = append(out, r.Doc.ID)
	}
	for _, f := range families() {
		if !slices.Contains(out, f[0]) {
			out = append(out, f[0])
		}
	}
	return out
}

// nearest returns the name with the fewest typing mistakes, or "" if none is
// near enough to be meant.
func nearest(word string, names []string) string {
	best, least := "", len(word)/3+2
	for _, n := range names {
		if d := distance(word, n); d < least {
			best, least = n, d
		}
	}
	return best
}

// distance is the Levenshtein distance, one row at a time.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(cost, row[j]+1, diag+1)
		}
	}
	return row[len(b)]
}
