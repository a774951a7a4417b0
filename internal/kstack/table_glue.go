package kstack

// reporting functions print the stack; they run because something else is
// wrong.
var reporting = []group{
	{role: roleReport, why: "prints or collects stacks, lib/dump_stack.c, arch/*/kernel/{dumpstack,stacktrace}.c",
		names: `dump_stack dump_stack_lvl __dump_stack show_stack show_stack_log_lvl show_trace_log_lvl dump_backtrace save_stack_trace
			save_stack_trace_tsk stack_trace_save show_regs __show_regs show_regs_print_info save_stack arch_stack_walk
			stack_trace_consume_entry is_ftrace_trampoline __kernel_text_address kernel_text_address
			is_module_text_address __module_text_address is_bpf_text_address print_context_stack dump_trace unwind_frame walk_stackframe print_address_description kasan_report kasan_save_stack
			kasan_save_track kasan_set_track kasan_slab_alloc kasan_kmalloc __kasan_kmalloc __kasan_slab_alloc set_track kasan_check_read
			kasan_check_write __kasan_check_write __kasan_check_read check_memory_region kasan_check_range __asan_* __tsan_* __sanitizer_cov_*
			kmemleak_alloc should_fail should_fail_ex should_failslab __should_failslab fail_dump save_stack_trace_regs
			unwind_backtrace show_regs_if_on_stack warn_alloc dump_page dump_stack_print_info should_fail_alloc_page __should_fail_alloc_page`},
	{role: roleReport, why: "life-cycle checks of objects, lib/debugobjects.c",
		names: `debug_print_object debug_object_init __debug_object_init debug_object_activate debug_object_deactivate debug_object_free
			debug_object_assert_init __debug_check_no_obj_freed debug_check_no_obj_freed`},
	{role: roleReport, why: "oops, warning and panic paths, kernel/panic.c, arch/x86/kernel/traps.c",
		names: `panic nmi_panic vpanic __warn warn_slowpath_common warn_slowpath_fmt warn_slowpath_null __warn_printk report_bug handle_bug
			do_error_trap do_invalid_op invalid_op exc_invalid_op asm_exc_invalid_op fixup_bug do_trap do_trap_no_signal die
			__die oops_end fixup_exception crash_kexec __crash_kexec oops_enter oops_exit add_taint emergency_restart check_panic_on_warn`},
	{role: roleReport, why: "the lock validator, kernel/locking/lockdep.c",
		names: `lock_acquire __lock_acquire lock_release __lock_release lock_is_held_type lock_sync lock_set_class
			print_circular_bug print_circular_bug_header print_irq_inversion_bug print_bad_irq_dependency print_usage_bug print_deadlock_bug
			print_lock_invalid_wait_context print_unlock_imbalance_bug print_unlock_inbalance_bug print_freed_lock_bug
			print_held_locks_bug print_lock_nested_lock_not_held check_noncircular check_prev_add check_prevs_add check_deadlock
			check_irq_usage check_usage_forwards check_usage_backwards check_wait_context mark_lock mark_lock_irq mark_usage
			mark_held_locks mark_irqflags validate_chain register_lock_class lockdep_rcu_suspicious
			lockdep_hardirqs_on lockdep_hardirqs_on_prepare lockdep_softirqs_on trace_hardirqs_on trace_hardirqs_on_caller
			trace_hardirqs_off trace_hardirqs_off_caller trace_hardirqs_off_thunk trace_hardirqs_on_thunk trace_softirqs_on
			lockdep_init_map_type lockdep_init_map lockdep_sys_exit lockdep_sys_exit_thunk debug_check_no_locks_held
			debug_check_no_locks_freed check_flags check_usage print_bfs_bug print_irq_lock_scenario
			valid_state save_trace reacquire_held_locks match_held_lock
			debug_lockdep_rcu_enabled lockdep_rtnl_is_held lockdep_sock_is_held rcu_read_lock_sched_held rcu_read_lock_held rcu_read_lock_bh_held rcu_read_lock_any_held
			rcu_read_lock_held_common rcu_lockdep_current_cpu_online rcu_is_watching rcu_dynticks_curr_cpu_in_eqs __rcu_is_watching rcu_lock_acquire add_lock_to_list verify_lock_unused lockdep_register_key
			lockdep_unregister_key assign_lock_key look_up_lock_class lock_chain_count`},
	{role: roleReport, why: "debug checks of locks and of atomic context, kernel/locking/spinlock_debug.c, kernel/sched/core.c",
		names: `spin_bug spin_dump rwlock_bug __spin_lock_debug debug_mutex_lock_common debug_rt_mutex_print_deadlock ___might_sleep
			__might_sleep __might_resched might_sleep __schedule_bug __cant_sleep __cant_migrate check_preemption_disabled
			debug_smp_processor_id __this_cpu_preempt_check rcu_note_context_switch schedule_debug 
			__might_resched_precision`},
	{role: roleReport, why: "watchdogs: hung task, soft and hard lockup, RCU stall, workqueue",
		names: `watchdog watchdog_timer_fn watchdog_overflow_callback watchdog_hardlockup_check watchdog_buddy_check_hardlockup
			check_hung_task check_hung_uninterruptible_tasks hung_task_info debug_show_all_locks softlockup_fn is_hardlockup
			rcu_dump_cpu_stacks rcu_check_callbacks rcu_sched_clock_irq rcu_pending print_cpu_stall print_other_cpu_stall
			check_cpu_stall rcu_check_gp_kthread_starvation rcu_check_gp_kthread_expired_fqs_timer rcu_stall_kick_kthreads
			__rcu_pending wq_watchdog_timer_fn show_workqueue_state show_all_workqueues show_one_worker_pool nmi_cpu_backtrace
			nmi_cpu_backtrace_handler nmi_trigger_cpumask_backtrace arch_trigger_cpumask_backtrace arch_trigger_all_cpu_backtrace
			trigger_all_cpu_backtrace trigger_single_cpu_backtrace trigger_cpumask_backtrace trigger_allbutself_cpu_backtrace dump_cpu_task sched_show_task
			_sched_show_task show_state_filter show_state sysrq_handle_showstate sysrq_handle_showstate_blocked __handle_sysrq
			handle_sysrq write_sysrq_trigger sysrq_handle_crash hardlockup_panic print_vma_addr
			trace_rcu_stall_warning ghes_notify_nmi perf_event_nmi_handler
			__perf_event_overflow perf_event_overflow intel_pmu_handle_irq handle_pmi_common nmi_handle default_do_nmi do_nmi
			exc_nmi end_repeat_nmi nmi asm_exc_nmi end_nmi nmi_restore first_nmi repeat_nmi raise_backtrace_ipi
			default_send_IPI_* x2apic_send_IPI* native_send_call_func_* native_smp_send_* pvclock_* soft_nmi_interrupt system_reset_exception`},
	{role: roleReport, why: "printk, kernel/printk/printk.c",
		names: `dev_vprintk_emit dev_printk_emit __dev_printk _dev_info _dev_err _dev_warn dev_printk _dev_printk io_serial_in io_serial_out mem32_serial_in
			mem32_serial_out serial8250_console_putchar uart_console_write serial_port_out serial8250_tx_empty netdev_printk netdev_err netdev_warn netdev_info
			printk _printk vprintk vprintk_emit vprintk_default vprintk_func printk_nmi_enter print_prefix info_print_prefix msg_print_text record_print_text __netdev_printk print_time print_caller console_unlock console_flush_all
			call_console_drivers console_emit_next_record __console_emit_next_record serial8250_console_write univ8250_console_write
			wait_for_xmitr wait_for_lsr printk_deferred vprintk_deferred`},
}

// glue carries control to the code that matters and back.
var glue = []group{
	{role: roleGlue, why: "system call and exception entry, arch/*/entry",
		names: `entry_SYSCALL_64* entry_SYSENTER_compat* entry_SYSCALL_compat* entry_INT80* do_syscall_64 do_syscall_32_irqs_on do_int80_syscall_32
			do_fast_syscall_32 __do_fast_syscall_32 do_SYSENTER_32 int_ret_from_sys_call syscall_return_slowpath
			syscall_exit_to_user_mode* syscall_exit_work exit_to_user_mode_prepare exit_to_user_mode_loop exit_to_usermode_loop prepare_exit_to_usermode
			irqentry_exit irqentry_exit_to_user_mode do_int80_emulation x64_sys_call ia32_sys_call system_call_fastpath system_call tracesys sysenter_past_esp
			el0_svc* do_el0_svc el0t_64_sync* el0t_32_sync* el1h_64_sync* el0_sync* el1_sync el0_irq
			invoke_syscall ret_fast_syscall ret_from_syscall system_call_exception system_call_common system_call_vectored_common
			el0_interrupt __el0_irq_handler_common el0t_64_irq* el1_abort ret_to_user ret_slow_syscall __do_syscall
			asm_exc_* exc_* error_entry ret_from_exception
			page_fault do_page_fault do_async_page_fault async_page_fault __do_page_fault do_user_addr_fault handle_page_fault error_code secondary_startup_64* x86_64_start_kernel x86_64_start_reservations
			start_kernel start_secondary cpu_startup_entry do_idle cpu_idle_poll rest_init arch_call_rest_init`},
	{role: roleGlue, irq: true, why: "the first function of an interrupt or of the softirqs at its end: what it interrupted stands further out",
		names: `asm_sysvec_* asm_common_interrupt common_interrupt ret_from_intr apic_timer_interrupt trace_apic_timer_interrupt smp_trace_apic_timer_interrupt smp_apic_timer_interrupt* __irq_svc el1_irq
			el1_interrupt el1h_64_irq* el1t_64_irq call_function_interrupt call_function_single_interrupt reschedule_interrupt
			decrementer_common hardware_interrupt_common_virt do_IRQ gic_handle_irq timer_interrupt asm_call_* sysvec_* __sysvec_*`},
	{role: roleGlue, why: "interrupt dispatch and softirq, kernel/softirq.c, kernel/irq/, arch/*/kernel/irq.c",
		names: `handle_irq __handle_irq handle_irq_event handle_irq_event_percpu __handle_irq_event_percpu handle_edge_irq
			handle_level_irq handle_fasteoi_irq handle_percpu_devid_irq generic_handle_irq* __handle_domain_irq do_interrupt_handler
			call_on_irq_stack handle_simple_irq irq_exit irq_exit_rcu __irq_exit_rcu irq_enter do_softirq __do_softirq do_softirq_own_stack
			__do_softirq_own_stack ____do_softirq call_softirq invoke_softirq handle_softirqs run_ksoftirqd __local_bh_enable_ip local_bh_enable
			local_bh_enable_ip _local_bh_enable_ip do_softirq_post_smp_call_flush
			local_apic_timer_interrupt smp_call_function_interrupt
			smp_reschedule_interrupt __irq_usr irq_thread irq_thread_fn irq_forced_thread_fn
			__common_interrupt generic_smp_call_function_single_interrupt flush_smp_call_function_from_idle __flush_smp_call_function_queue
			flush_smp_call_function_queue kretprobe_trampoline ftrace_regs_call ftrace_call arch_rethook_trampoline do_irq 
			__do_irq`},
	{role: roleGlue, why: "the timer tick and timer dispatch, kernel/time/",
		names: `update_process_times tick_sched_handle tick_sched_timer tick_nohz_handler tick_nohz_highres_handler __run_hrtimer __hrtimer_run_queues
			hrtimer_interrupt hrtimer_run_queues hrtimer_run_softirq tick_periodic tick_handle_periodic tick_do_update_jiffies64
			run_timer_softirq __run_timers __run_timer_base run_timer_base call_timer_fn expire_timers arch_timer_handler_virt
			arch_timer_handler_phys scheduler_tick sched_tick timer_handler 
			tasklet_action tasklet_action_common tasklet_hi_action net_rx_action rcu_core rcu_core_si rcu_do_batch rcu_process_callbacks`},
	{role: roleGlue, why: "where threads and work items start",
		names: `kthread ret_from_fork ret_from_fork_asm ret_from_kernel_thread ret_from_kernel_user_thread kernel_thread_helper kernel_thread_starter
			worker_thread process_one_work process_scheduled_works rescuer_thread kthread_worker_fn smpboot_thread_fn child_rip
			task_work_run kernel_init do_one_initcall do_initcalls kernel_init_freeable fork_idle gs_change`},
}
