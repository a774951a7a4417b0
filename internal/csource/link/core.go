package link

import (
	"strings"

	"gordian/internal/csource/ir"
)

// corePaths is where the kernel implements the scheduler, locks, interrupts
// and entry code themselves, by conventions that the API table does not have:
// schedule() may be called with interrupts off there, a lock is handed from
// one task to the next. What is found there is said one level more quietly.
func corePaths() []string {
	return []string{
		"kernel/sched/", "kernel/locking/", "kernel/rcu/", "kernel/entry/", "kernel/irq/", "kernel/time/", "kernel/debug/",
		"kernel/printk/", "kernel/trace/", "kernel/events/", "kernel/softirq.c", "kernel/signal.c", "kernel/workqueue.c", "kernel/bpf/",
		"mm/slub.c", "mm/slab.c", "mm/page_alloc.c", "arch/", "lib/", "init/",
	}
}

func isCore(u *ir.Unit) bool {
	for _, p := range corePaths() {
		if strings.HasPrefix(u.File, p) {
			return true
		}
	}
	return false
}
