package kstack

import (
	"strings"
	"testing"

	"gordian/internal/model"
)

// stack reads one frame per word; "?fn" is unreliable.
func stack(s string) []model.Frame {
	var out []model.Frame
	for _, w := range strings.Fields(s) {
		fn, q := strings.CutPrefix(w, "?")
		out = append(out, model.Frame{Func: fn, Unreliable: q})
	}
	return out
}

func TestBase(t *testing.T) {
	for in, want := range map[string]string{
		"mutex_lock":                       "mutex_lock",
		"__mutex_lock.constprop.0":         "__mutex_lock",
		"rt_mutex_slowlock.constprop.14":   "rt_mutex_slowlock",
		"ops_exit_list.isra.0":             "ops_exit_list",
		"unregister_netdevice_many.part.0": "unregister_netdevice_many",
		"nmi_cpu_backtrace.cold.3":         "nmi_cpu_backtrace",
		"fn.llvm.1234567":                  "fn",
		".mutex_lock":                      "mutex_lock",
		"":                                 "",
	} {
		if got := Base(in); got != want {
			t.Errorf("Base(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestClassify(t *testing.T) {
	tests := []struct {
		name, stack string
		typ         model.LockType
		mode        model.Mode
		fn, caller  string
		spin, io    bool
		lock        string
		unknown     bool
	}{
		{name: "mutex", stack: "__schedule schedule schedule_preempt_disabled __mutex_lock.constprop.0 dl_thread_one kthread",
			typ: model.Mutex, mode: model.Write, fn: "__mutex_lock", caller: "dl_thread_one"},
		{name: "mutex behind rtnl_lock", stack: "__schedule schedule schedule_preempt_disabled __mutex_lock mutex_lock_nested rtnl_lock addrconf_dad_work process_one_work",
			typ: model.Mutex, mode: model.Write, fn: "rtnl_lock", caller: "addrconf_dad_work", lock: "rtnl_mutex"},
		{name: "ww mutex", stack: "schedule __ww_mutex_lock.constprop.0 ww_mutex_lock drm_modeset_lock drm_atomic_get_crtc_state",
			typ: model.WWMutex, mode: model.Write, fn: "drm_modeset_lock", caller: "drm_atomic_get_crtc_state"},
		{name: "rtmutex", stack: "__schedule schedule rt_mutex_slowlock_block.constprop.0 __rt_mutex_slowlock_locked.constprop.0 rt_mutex_slowlock.constprop.0 dl_thread_one kthread",
			typ: model.RTMutex, mode: model.Write, fn: "rt_mutex_slowlock", caller: "dl_thread_one"},
		{name: "old rwsem", stack: "__schedule schedule rwsem_down_write_failed call_rwsem_down_write_failed down_write vm_mmap_pgoff",
			typ: model.RWSem, mode: model.Write, fn: "down_write", caller: "vm_mmap_pgoff"},
		{name: "rwsem read", stack: "__schedule schedule rwsem_down_read_slowpath ?x dl_nested_read dl_reader kthread",
			typ: model.RWSem, mode: model.Read, fn: "rwsem_down_read_slowpath", caller: "dl_nested_read"},
		{name: "mmap lock", stack: "schedule rwsem_down_read_slowpath down_read_killable mmap_read_lock_killable lock_mm_and_find_vma do_user_addr_fault exc_page_fault asm_exc_page_fault fault_in_readable",
			typ: model.RWSem, mode: model.Read, fn: "lock_mm_and_find_vma", caller: "fault_in_readable", lock: "mmap_lock"},
		{name: "RT spinlock", stack: "__schedule schedule_rtlock rtlock_slowlock_locked rt_spin_lock netif_rx_queue",
			typ: model.Spinlock, mode: model.Write, fn: "rt_spin_lock", caller: "netif_rx_queue"},
		{name: "rtmutex since 6.7", stack: "__schedule rt_mutex_schedule rt_mutex_slowlock_block.constprop.0 __rt_mutex_slowlock_locked.constprop.0 rt_mutex_slowlock.constprop.0 dl_thread_one kthread",
			typ: model.RTMutex, mode: model.Write, fn: "rt_mutex_slowlock", caller: "dl_thread_one"},
		{name: "RT rwsem read", stack: "__schedule schedule __rt_mutex_slowlock_locked.constprop.0 __rwbase_read_lock cfg_read_thread kthread",
			typ: model.RWSem, mode: model.Read, fn: "__rwbase_read_lock", caller: "cfg_read_thread"},
		{name: "percpu rwsem", stack: "schedule percpu_rwsem_wait __percpu_down_read cgroup_css_set_fork copy_process",
			typ: model.PercpuRWSem, mode: model.Read, fn: "__percpu_down_read", caller: "cgroup_css_set_fork"},
		{name: "semaphore", stack: "__schedule schedule schedule_timeout ___down_common __down_common __down down dl_thread_two kthread",
			typ: model.Semaphore, mode: model.Write, fn: "down", caller: "dl_thread_two"},
		{name: "completion", stack: "__schedule schedule schedule_timeout __wait_for_common wait_for_completion dl_requester kthread",
			typ: model.Completion, fn: "wait_for_completion", caller: "dl_requester"},
		{name: "flush_work", stack: "__schedule schedule schedule_timeout __wait_for_common flush_work dl_closer kthread",
			typ: model.Work, fn: "flush_work", caller: "dl_closer"},
		{name: "synchronize_rcu", stack: "__schedule schedule schedule_timeout __wait_for_common __wait_rcu_gp synchronize_rcu do_free_init process_one_work",
			typ: model.RCU, fn: "synchronize_rcu", caller: "do_free_init"},
		{name: "page lock", stack: "__schedule schedule io_schedule folio_wait_bit_common __folio_lock write_cache_pages",
			typ: model.IO, fn: "__folio_lock", caller: "write_cache_pages", io: true},
		{name: "io_schedule alone", stack: "__schedule schedule io_schedule rq_qos_wait wbt_wait __rq_qos_throttle blk_mq_submit_bio",
			typ: model.IO, fn: "__rq_qos_throttle", caller: "blk_mq_submit_bio", io: true},
		{name: "buffer", stack: "schedule io_schedule bit_wait_io __wait_on_bit out_of_line_wait_on_bit __wait_on_buffer ext4_read_bh",
			typ: model.IO, fn: "__wait_on_buffer", caller: "ext4_read_bh", io: true},
		{name: "nfs", stack: "schedule rpc_wait_bit_killable __wait_on_bit out_of_line_wait_on_bit __rpc_execute rpc_execute rpc_run_task nfs4_do_open",
			typ: model.IO, fn: "rpc_run_task", caller: "nfs4_do_open", io: true},
		{name: "wait_event", stack: "__schedule schedule n_tty_read tty_read", typ: model.WaitQueue, fn: "schedule", caller: "n_tty_read"},
		{name: "msleep", stack: "__schedule schedule schedule_timeout msleep dl_holder kthread", fn: "msleep", caller: "dl_holder"},
		{name: "preempted", stack: "__schedule preempt_schedule_common __cond_resched mutex_lock dl_fn", caller: "dl_fn",
			typ: model.Mutex, mode: model.Write, fn: "mutex_lock", unknown: true},
		{name: "spin in a timer", stack: "native_queued_spin_lock_slowpath ?0xffff _raw_spin_lock dl_timer_fn __hrtimer_run_queues asm_sysvec_apic_timer_interrupt delay_tsc dl_spinner",
			typ: model.Spinlock, mode: model.Write, fn: "_raw_spin_lock", caller: "dl_timer_fn", spin: true},
		{name: "soft lockup with its own report", stack: "dump_stack watchdog_timer_fn __hrtimer_run_queues hrtimer_interrupt apic_timer_interrupt queued_spin_lock_slowpath _raw_spin_lock_irqsave ext4_free",
			typ: model.Spinlock, mode: model.Write, fn: "_raw_spin_lock_irqsave", caller: "ext4_free", spin: true},
		{name: "inner spinlock of a semaphore", stack: "native_queued_spin_lock_slowpath _raw_spin_lock_irqsave down console_lock fb_write",
			typ: model.Spinlock, mode: model.Write, fn: "_raw_spin_lock_irqsave", caller: "fb_write", spin: true},
		{name: "spins on a mutex owner", stack: "mutex_spin_on_owner __mutex_lock mutex_lock_nested foo_open", typ: model.Mutex,
			mode: model.Write, fn: "mutex_lock_nested", caller: "foo_open", spin: true},
		{name: "osq", stack: "osq_lock rwsem_optimistic_spin rwsem_down_write_slowpath down_write foo", typ: model.RWSem, mode: model.Write,
			fn: "down_write", caller: "foo", spin: true},
		{name: "ipi", stack: "smp_call_function_many_cond on_each_cpu_cond_mask text_poke_bp_batch arch_jump_label_transform_apply", typ: model.WaitQueue,
			fn: "on_each_cpu_cond_mask", caller: "text_poke_bp_batch", spin: true},
		{name: "rwlock", stack: "queued_read_lock_slowpath _raw_read_lock dev_get", typ: model.RWLock, mode: model.Read, fn: "_raw_read_lock", caller: "dev_get", spin: true},
		{name: "all unreliable", stack: "?__schedule ?schedule ?__mutex_lock ?foo_ioctl", typ: model.Mutex, mode: model.Write, fn: "__mutex_lock", caller: "foo_ioctl"},
		{name: "lock on the way to a wait", stack: "schedule __mutex_lock rtnl_lock netdev_run_todo rtnl_unlock tun_chr_close", typ: model.Mutex,
			mode: model.Write, fn: "rtnl_lock", caller: "tun_chr_close", lock: "rtnl_mutex"},
		{name: "unlock", stack: "_raw_spin_unlock_irqrestore up foo", caller: "foo", unknown: true},
		{name: "busy", stack: "foo bar", caller: "foo", unknown: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := Classify(stack(tt.stack))
			if w.Type != tt.typ || w.Mode != tt.mode || w.Func != tt.fn || w.Caller.Func != tt.caller ||
				w.Spinning != tt.spin || w.IO != tt.io || w.Lock != tt.lock || w.Known == tt.unknown {
				t.Errorf("got %+v", w)
			}
		})
	}
}

func TestGuilty(t *testing.T) {
	tests := []struct{ stack, want string }{
		{"dump_stack_lvl __might_resched __mutex_lock rtnl_lock foo_timer call_timer_fn", "foo_timer"},
		{"dump_stack __might_sleep kmem_cache_alloc_trace __kmalloc foo_alloc", "foo_alloc"},
		{"?bar __schedule schedule mutex_lock ?baz foo", "foo"},
		{"__schedule schedule mutex_lock", "mutex_lock"},
		{"__schedule schedule mutex_lock rtnl_lock kthread", "rtnl_lock"},
		{"dump_stack entry_SYSCALL_64_fastpath", ""},
		{"lock_acquire.part.0 _raw_spin_lock_bh fn.isra.0", "fn.isra.0"},
		{"show_regs_if_on_stack show_stack_log_lvl __rhashtable_lookup rht_key_hashfn sctp_epaddr_lookup", "sctp_epaddr_lookup"},
		{"lock_acquire _raw_spin_lock radix_tree_node_alloc foo_insert", "foo_insert"},
		{"", ""},
	}
	for _, tt := range tests {
		f, i := Guilty(stack(tt.stack))
		if f.Func != tt.want || (i < 0) != (tt.want == "") {
			t.Errorf("Guilty(%s) = %v, %d; want %s", tt.stack, f, i, tt.want)
		}
	}
}

// TestTables checks that no name is in two groups, where the later would be
// lost without notice, and that every group says why.
func TestTables(t *testing.T) {
	seen := map[string]string{}
	for _, table := range [][]group{sleepingLocks, spinningLocks, waits, ioWaits, wrappers, scheduler, reporting, glue, helpers, users} {
		for _, g := range table {
			if g.why == "" || g.role == 0 {
				t.Errorf("group %q: no reason or role", g.names)
			}
			for _, n := range strings.Fields(g.names) {
				if other, ok := seen[n]; ok {
					t.Errorf("%s is in %q and %q", n, other, g.why)
				}
				seen[n] = g.why
			}
		}
	}
}
