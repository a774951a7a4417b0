package check

import (
	"strings"

	"gordian/internal/model"
)

// class is a well-known lock class with its well-known cure.
type class struct {
	names   string // patterns separated by spaces; * at the end matches any rest
	take    string // the call that takes it, where the type of the lock does not tell
	hold    string // what its holder does, where it is no lock
	fix     model.Fix
	sources []string
}

// classes are the lock classes whose cycles have one usual cure. Each advice
// is that of the kernel's own comments or code, which the sources name.
func classes() []class {
	return []class{
		{names: "fs_reclaim", take: "allocate memory and reclaim", hold: "reclaims memory",
			fix: model.Fix{Title: "Do not start reclaim under these locks",
				Detail: "fs_reclaim is no lock: it stands for an allocation that may start memory reclaim. Allocate before the lock is taken, or make the section memalloc_nofs_save()/memalloc_nofs_restore() where reclaim would enter a file system, memalloc_noio_save()/memalloc_noio_restore() where it would start I/O (block drivers, a frozen queue). GFP_ATOMIC is wrong here: the section may sleep, it only may not reclaim."},
			sources: []string{"include/linux/sched/mm.h, memalloc_nofs_save()", "mm/page_alloc.c, fs_reclaim_acquire()", "Documentation/core-api/gfp_mask-from-fs-io.rst"}},
		{names: "&q->q_usage_counter*", take: "enter or freeze the queue of", hold: "uses the queue of",
			fix: model.Fix{Title: "Do not wait for I/O, or allocate with I/O, while the queue is frozen",
				Detail: "Freezing a queue waits for every request in flight and keeps new ones out. Take the locks that you need before the freeze, not under it, and make the frozen section memalloc_noio_save(): an allocation that starts I/O to this very queue waits for the unfreeze."},
			sources: []string{"block/blk-mq.c, blk_mq_freeze_queue_wait()", "block/blk-core.c, blk_queue_enter()"}},
		{names: "sk_lock-*", take: "lock_sock",
			fix: model.Fix{Title: "Take rtnl_mutex, or the module's own mutex, before the socket lock",
				Detail: "Socket options take rtnl_lock() before lock_sock(). Code that already has the socket lock must not take rtnl_mutex: look up what it needs before, or hand the work to a work item."},
			sources: []string{"net/ipv4/ip_sockglue.c, do_ip_setsockopt()"}},
		{names: "rtnl_mutex",
			fix: model.Fix{Title: "Do not wait, with rtnl_mutex held, for what needs it",
				Detail: "Work items, notifiers and sysfs handlers take rtnl_mutex too. Flush or cancel them after rtnl_unlock(). In a handler that somebody waits for under rtnl_mutex use rtnl_trylock() and, if it fails, return restart_syscall() or queue the work again."},
			sources: []string{"net/core/net-sysfs.c, netdev_store()", "net/core/rtnetlink.c, rtnl_trylock()"}},
		{names: "console_lock console_owner console_sem (console_sem).lock",
			fix: model.Fix{Title: "Do not print under a lock that the console's path takes",
				Detail: "printk() may write to the console at once, and a console driver takes its port lock, wakes tasks and may allocate. Print after the lock is released, or with printk_deferred() where that cannot be. The WARN or printk in the middle of the new path is often a symptom: what it reports is worth a look first."},
			sources: []string{"kernel/printk/printk.c, console_unlock() and _printk_deferred()"}},
		{names: "&rq->__lock &rq->lock &p->pi_lock",
			fix: model.Fix{Title: "Do not wake a task under a lock that the scheduler's path takes",
				Detail: "Every wakeup takes pi_lock and the run queue's lock. Under a lock that is also taken inside the scheduler (tracing, BPF, perf, timers of the scheduler) collect the tasks with wake_q_add() and wake them after the unlock, or let irq_work_queue() do it; printk() wakes too: printk_deferred()."},
			sources: []string{"kernel/sched/core.c, try_to_wake_up() and wake_q_add()", "kernel/irq_work.c, irq_work_queue()"}},
		{names: "sb_writers* sb_pagefaults* sb_internal*", take: "sb_start_write", hold: "writes to",
			fix: model.Fix{Title: "Take freeze protection first",
				Detail: "Freeze protection (mnt_want_write(), sb_start_write()) behaves as a lock and is the outermost one: before inode locks, s_umount and the locks of the caller. Open the write section before the other lock, or do the file access outside of it."},
			sources: []string{"include/linux/fs.h, sb_start_write()"}},
		{names: "&mm->mmap_lock* &mm->mmap_sem* mmap_lock",
			fix: model.Fix{Title: "Do not touch user memory under a lock that mmap() or a page fault takes",
				Detail: "A copy to or from user space may fault and take mmap_lock. Copy into a kernel buffer before the lock is taken or after it is released. Where that cannot be, disable page faults around the copy, and on failure release the lock, fault the pages in (fault_in_readable(), fault_in_writeable()) and start again."},
			sources: []string{"mm/memory.c, __might_fault()", "mm/gup.c, fault_in_readable()", "mm/filemap.c"}},
		{names: "kn->active*", take: "remove, or run a handler of, the kernfs file of", hold: "runs a handler of, or removes, the kernfs file of",
			fix: model.Fix{Title: "Remove the attribute without the lock that its show or store takes",
				Detail: "Removing a sysfs or kernfs file waits for every handler that runs. Release the lock first. For a file that removes itself there is device_remove_file_self() (kernfs_remove_self()), and a handler may trylock and return restart_syscall()."},
			sources: []string{"fs/kernfs/dir.c, kernfs_drain() and kernfs_remove_self()", "drivers/base/core.c, device_remove_file_self()"}},
		{names: "cpu_hotplug_lock*",
			fix: model.Fix{Title: "Take cpus_read_lock() outermost",
				Detail: "CPU hotplug runs callbacks that take many locks with cpu_hotplug_lock held for write. Take cpus_read_lock() before your own lock, and call the _cpuslocked() variant of what you need inside (static_key_slow_inc_cpuslocked(), cpuhp_setup_state_cpuslocked(), stop_machine_cpuslocked())."},
			sources: []string{"kernel/cpu.c, __cpuhp_setup_state_cpuslocked()", "kernel/jump_label.c, static_key_slow_inc_cpuslocked()"}},
		{names: "&dev->mutex*",
			fix: model.Fix{Title: "Do not wait for another device's probe or removal from inside one",
				Detail: "The driver core holds the device's mutex around probe, remove, suspend and resume, and its parent's too where the bus asks for it. From there do not flush or cancel work that takes the device's mutex, and do not take a parent's mutex: parents come first. Hand such work to a work item that nobody waits for under the mutex."},
			sources: []string{"drivers/base/dd.c, __device_driver_lock()", "drivers/base/core.c, device_initialize()"}},
		{names: "(wq_completion)*",
			fix: model.Fix{Title: "Wait for the one work item instead of the whole workqueue",
				Detail: "flush_workqueue() waits for everything that was queued there, work of others included. cancel_work_sync() or flush_work() of your own item waits for less; a workqueue of your own keeps others out."},
			sources: []string{"kernel/workqueue.c, __flush_workqueue() and start_flush_work()"}},
		{names: "&syncp->seq* *->syncp.seq*", take: "u64_stats_update_begin",
			fix: model.Fix{Title: "Update the statistics with the interrupt off",
				Detail: "A sequence counter is no spinlock: a reader in an interrupt that stopped the writer spins until the writer ends, which it cannot. Use u64_stats_update_begin_irqsave() and u64_stats_update_end_irqrestore() where the counters are also read in an interrupt; on 64-bit machines the counter does not exist."},
			sources: []string{"include/linux/u64_stats_sync.h, u64_stats_update_begin_irqsave()"}},
	}
}

// knownClass finds the row of a class, without its duplicate number "#2".
func knownClass(name string) (class, bool) {
	for _, c := range classes() {
		for _, p := range strings.Fields(c.names) {
			if matchClass(p, name) {
				return c, true
			}
		}
	}
	return class{}, false
}

func matchClass(pattern, name string) bool {
	if mid, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.Contains(name, strings.TrimSuffix(mid, "*"))
	}
	if front, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, front)
	}
	base, _, _ := strings.Cut(name, "#")
	return base == pattern
}

// maxClassFixes bounds the advice on classes in one finding: a long cycle runs
// through many of them.
const maxClassFixes = 3

// addClassFixes puts the cures of well-known classes after the fixes that are
// about this very finding (the first own ones).
func addClassFixes(f *model.Finding, own int, names []string) {
	seen := map[string]bool{}
	var add []model.Fix
	for _, n := range names {
		if c, ok := knownClass(n); ok && !seen[c.fix.Title] && len(add) < maxClassFixes {
			seen[c.fix.Title] = true
			add = append(add, c.fix)
		}
	}
	own = min(own, len(f.Fix))
	f.Fix = append(append(append([]model.Fix(nil), f.Fix[:own]...), add...), f.Fix[own:]...)
}
