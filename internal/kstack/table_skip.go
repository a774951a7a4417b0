package kstack

import "gordian/internal/model"

// wrappers take a lock for their caller. The caller decided to take it, so
// the caller is the function to look at; but the wrapper says which lock.
var wrappers = []group{
	{role: roleWrapper, typ: model.Mutex, mode: model.Write, lock: "rtnl_mutex", global: true, why: "net/core/rtnetlink.c",
		names: `rtnl_lock rtnl_lock_killable rtnl_lock_interruptible rtnl_trylock __rtnl_lock rtnl_net_lock`},
	{role: roleWrapper, typ: model.Semaphore, mode: model.Write, lock: "console_sem", global: true, why: "kernel/printk/printk.c",
		names: `console_lock console_trylock __down_trylock_console_sem console_trylock_spinning down_console_sem acquire_console_sem`},
	{role: roleWrapper, typ: model.PercpuRWSem, mode: model.Read, lock: "cpu_hotplug_lock", global: true, why: "kernel/cpu.c", names: `cpus_read_lock get_online_cpus cpus_read_trylock`},
	{role: roleWrapper, typ: model.PercpuRWSem, mode: model.Write, lock: "cpu_hotplug_lock", global: true, why: "kernel/cpu.c", names: `cpus_write_lock cpu_hotplug_begin`},
	{role: roleWrapper, typ: model.Mutex, mode: model.Write, lock: "cgroup_mutex", global: true, why: "kernel/cgroup/cgroup.c", names: `cgroup_lock cgroup_kn_lock_live cgroup_lock_and_drain_offline`},
	{role: roleWrapper, typ: model.Mutex, mode: model.Write, lock: "system_transition_mutex", global: true, why: "kernel/power/main.c", names: `lock_system_sleep`},
	{role: roleWrapper, typ: model.Mutex, mode: model.Write, lock: "device_hotplug_lock", global: true, why: "drivers/base/core.c", names: `lock_device_hotplug lock_device_hotplug_sysfs`},
	{role: roleWrapper, typ: model.PercpuRWSem, mode: model.Read, lock: "mem_hotplug_lock", global: true, why: "mm/memory_hotplug.c", names: `get_online_mems`},
	{role: roleWrapper, typ: model.Mutex, mode: model.Write, lock: "jump_label_mutex", global: true, why: "kernel/jump_label.c", names: `jump_label_lock`},
	{role: roleWrapper, typ: model.Mutex, mode: model.Write, lock: "genl_mutex", global: true, why: "net/netlink/genetlink.c", names: `genl_lock genl_op_lock`},
	{role: roleWrapper, typ: model.Mutex, mode: model.Write, lock: "kernel_flag", global: true, why: "the big kernel lock, up to 2.6.38", names: `lock_kernel _lock_kernel __lock_kernel`},
	{role: roleWrapper, typ: model.RWSem, mode: model.Write, lock: "i_rwsem", why: "include/linux/fs.h; one per inode (i_mutex up to 4.6)",
		names: `inode_lock inode_lock_nested inode_lock_killable lock_rename lock_two_nondirectories lock_two_inodes lock_rename_child`},
	{role: roleWrapper, typ: model.RWSem, mode: model.Read, lock: "i_rwsem", why: "include/linux/fs.h", names: `inode_lock_shared inode_lock_shared_nested inode_lock_shared_killable`},
	{role: roleWrapper, typ: model.RWSem, mode: model.Read, lock: "mmap_lock", why: "include/linux/mmap_lock.h; one per address space",
		names: `mmap_read_lock mmap_read_lock_killable mmap_read_trylock lock_mm_and_find_vma`},
	{role: roleWrapper, typ: model.RWSem, mode: model.Write, lock: "mmap_lock", why: "include/linux/mmap_lock.h",
		names: `mmap_write_lock mmap_write_lock_nested mmap_write_lock_killable vma_start_write __vma_start_write`},
	{role: roleWrapper, typ: model.Mutex, mode: model.Write, lock: "pipe->mutex", why: "fs/pipe.c", names: `pipe_lock pipe_lock_nested pipe_double_lock __pipe_lock`},
	{role: roleWrapper, typ: model.Mutex, mode: model.Write, lock: "dev->mutex", why: "include/linux/device.h; one per device",
		names: `device_lock device_lock_interruptible __device_driver_lock usb_lock_device_for_reset pci_dev_lock`},
	{role: roleWrapper, typ: model.Mutex, mode: model.Write, why: "takes a mutex for its caller: drivers/tty/tty_mutex.c, fs/file.c, net/wireless, drivers/{i2c,base/regmap,clk,regulator,md}, kernel/events",
		names: `tty_lock tty_lock_interruptible tty_lock_slave tty_write_lock fdget_pos __fdget_pos wiphy_lock 
			i2c_adapter_lock_bus regmap_lock_mutex regulator_lock_dependent regulator_lock_nested clk_prepare_lock
			mddev_lock perf_event_ctx_lock_nested perf_event_ctx_lock netdev_lock l2cap_chan_lock hci_req_sync_lock
			hci_dev_lock xt_find_table_lock xt_request_find_table_lock`},
	{role: roleWrapper, typ: model.RWSem, mode: model.Read, why: "takes an rwsem for its caller: drivers/tty/tty_ldisc.c, fs/super.c, mm/rmap.c",
		names: `tty_ldisc_ref_wait tty_ldisc_lock lock_super page_lock_anon_vma_read folio_lock_anon_vma_read super_lock grab_super`},
	{role: roleWrapper, typ: model.WWMutex, mode: model.Write, why: "takes a ww_mutex for its caller: drivers/gpu/drm/drm_modeset_lock.c, include/linux/dma-resv.h",
		names: `modeset_lock drm_modeset_lock drm_modeset_lock_all drm_modeset_lock_all_ctx drm_modeset_lock_single_interruptible
			ttm_bo_reserve dma_resv_lock dma_resv_lock_interruptible`},
	{role: roleWrapper, typ: model.Spinlock, mode: model.Write, spin: true, why: "takes a spinlock for its caller: kernel/sched, kernel/time, kernel/signal.c, fs/dcache.c, mm/memcontrol.c, sound/core",
		names: `task_rq_lock __task_rq_lock raw_spin_rq_lock_nested raw_spin_rq_lock double_rq_lock double_lock_balance lock_timer_base
			lock_hrtimer_base lock_task_sighand __lock_task_sighand lock_page_memcg folio_memcg_lock folio_lruvec_lock
			folio_lruvec_lock_irq folio_lruvec_lock_irqsave lock_parent __pte_offset_map_lock unix_state_double_lock
			regmap_lock_spinlock clk_enable_lock htab_lock_bucket ____bpf_spin_lock __bpf_spin_lock
			_snd_pcm_stream_lock_irqsave snd_pcm_stream_lock snd_pcm_stream_lock_irq ext4_lock_group`},
	{role: roleWrapper, typ: model.PercpuRWSem, mode: model.Read, lock: "sb_writers", why: "waits for a frozen file system to thaw, fs/super.c", names: `__sb_start_write sb_start_write sb_wait_write mnt_want_write mnt_want_write_file`},
}

// scheduler functions stand between a wait and the stack's top.
var scheduler = []group{
	{role: roleSched, why: "kernel/sched/core.c, kernel/time/timer.c: gives up the CPU for its caller",
		names: `schedule __schedule schedule_timeout schedule_timeout_uninterruptible schedule_timeout_interruptible schedule_timeout_killable
			schedule_timeout_idle schedule_preempt_disabled schedule_rtlock schedule_user schedule_hrtimeout schedule_hrtimeout_range
			schedule_hrtimeout_range_clock context_switch __switch_to __switch_to_asm switch_to finish_task_switch do_nanosleep
			__schedule_loop rt_mutex_schedule preempt_count_add preempt_count_sub pick_next_task cpu_switch_to resume _switch thread_return
			finish_rcuwait`},
	{role: rolePreempted, why: "scheduled away while it could run: it waits for nothing",
		names: `preempt_schedule preempt_schedule_common preempt_schedule_irq preempt_schedule_thunk preempt_schedule_notrace
			preempt_schedule_notrace_thunk raw_irqentry_exit_cond_resched irqentry_exit_cond_resched __cond_resched _cond_resched
			__cond_resched_lock cond_resched __cond_resched_softirq dynamic_cond_resched yield yield_to`},
	{role: roleSched, why: "a sleep of a given length, kernel/time/sleep_timeout.c", typ: "",
		names: `msleep msleep_interruptible usleep_range usleep_range_state ssleep fsleep hrtimer_nanosleep common_nsleep
			common_nsleep_timens`},
}

// users are no wrappers, but take one well-known lock and no other of its
// kind: they tell its name when the wrapper was inlined or called last.
var users = []group{
	{role: roleUser, typ: model.Mutex, lock: "rtnl_mutex", global: true, why: "net/core/rtnetlink.c",
		names: `rtnetlink_rcv_msg rtnetlink_rcv linkwatch_event register_netdev unregister_netdev`},
}

// helpers sleep on behalf of their caller, who chose the flags.
var helpers = []group{
	{role: roleHelper, why: "allocators: the caller chose the gfp flags, mm/slub.c, mm/page_alloc.c",
		names: `kmalloc __kmalloc* kmalloc_* kzalloc kcalloc krealloc* kvmalloc* __kvmalloc* vmalloc* __vmalloc* vzalloc kmem_cache_alloc*
			kmem_cache_zalloc __kmem_cache_alloc* slab_alloc* slab_pre_alloc_hook ___slab_alloc __slab_alloc cache_grow_begin ____cache_alloc*
			fallback_alloc cache_alloc_refill new_slab allocate_slab alloc_pages* __alloc_pages* __alloc_frozen_pages_noprof alloc_frozen_pages_noprof folio_alloc* get_page_from_freelist
			prepare_alloc_pages might_alloc fs_reclaim_acquire __fs_reclaim_acquire krealloc kstrdup kstrndup kmemdup*
			__get_free_pages get_zeroed_page pcpu_alloc pcpu_alloc_noprof __alloc_percpu* alloc_slab_page kasprintf kvasprintf
			dma_alloc_coherent dma_alloc_attrs __alloc_skb alloc_skb_with_frags cache_alloc_debugcheck_before`},
	{role: roleHelper, why: "library functions: the loop, or the bad argument, is the caller's",
		names: `memcpy __memcpy memcpy_orig memcpy_erms memset __memset memset_erms memset_orig memmove __memmove memcmp strlen strcmp strncmp strnlen
			jhash jhash2 vsnprintf snprintf scnprintf sprintf vscnprintf number put_dec put_dec_trunc8 put_dec_full8 format_decode pointer
			clear_page_erms clear_page_rep clear_page_orig copy_page crc32_le __cmpxchg __delay delay_tsc __const_udelay __udelay __ndelay delay_loop`},
	{role: roleHelper, why: "freeing memory: the caller freed it, mm/slub.c, mm/vmalloc.c, mm/percpu.c",
		names: `kfree kfree_sensitive kmem_cache_free __kmem_cache_free kmem_cache_free_bulk slab_free __slab_free do_slab_free ___cache_free
			__cache_free deactivate_slab put_cpu_partial unfreeze_partials vfree kvfree free_percpu`},
	{role: roleHelper, why: "socket buffers: the caller wanted one, net/core/skbuff.c, sock.c",
		names: `__build_skb build_skb __netdev_alloc_skb __napi_alloc_skb napi_alloc_skb kmalloc_reserve __kmalloc_reserve skb_clone skb_copy
			sock_alloc_send_skb sock_alloc_send_pskb kfree_skb kfree_skb_reason kfree_skb_partial __kfree_skb consume_skb skb_release_data skb_release_all
			skb_release_head_state`},
	{role: roleHelper, why: "containers: the caller owns the table or tree, lib/rhashtable.c, radix-tree.c, xarray.c, idr.c, rbtree.c, list_debug.c",
		names: `__rhashtable_lookup rhashtable_lookup rhashtable_lookup_fast rhltable_lookup rhashtable_jhash2 rht_key_hashfn rht_key_get_hash rht_head_hashfn
			__rhashtable_insert_fast rhashtable_insert_fast rhashtable_insert_slow rhashtable_walk_next rhashtable_walk_start_check
			radix_tree_* __radix_tree_* xas_* xa_load xa_store __xa_store xa_erase __xa_erase xa_find xa_find_after __xa_alloc
			idr_alloc idr_alloc_u32 idr_alloc_cyclic idr_remove idr_find idr_for_each idr_get_next idr_get_free idr_preload ida_alloc_range ida_pre_get ida_free ida_simple_get
			rb_insert_color rb_erase rb_next rb_first __rb_insert_augmented __list_add_valid __list_add_valid_or_report
			__list_del_entry_valid __list_del_entry_valid_or_report refcount_warn_saturate
			_find_next_bit _find_first_bit find_next_bit find_first_bit __bitmap_weight bsearch sort sort_r`},
	{role: roleHelper, why: "wakeups: the caller owns the wait queue, kernel/sched/wait.c, core.c, completion.c",
		names: `__wake_up __wake_up_common __wake_up_common_lock __wake_up_sync_key __wake_up_sync __wake_up_locked __wake_up_bit wake_up_bit try_to_wake_up
			default_wake_function autoremove_wake_function wake_up_process wake_up_state complete complete_all add_wait_queue
			add_wait_queue_exclusive remove_wait_queue swake_up_one swake_up_locked swake_up_all`},
	{role: roleHelper, why: "user copies: the caller passed a user pointer, mm/memory.c, lib/usercopy.c",
		names: `copy_to_user copy_from_user _copy_to_user _copy_from_user __copy_to_user __copy_from_user __might_fault might_fault
			copy_user_generic_unrolled copy_user_enhanced_fast_string __get_user_4 __get_user_8 __put_user_4 __put_user_8 strncpy_from_user
			_inline_copy_from_user _inline_copy_to_user rep_movs_alternative raw_copy_from_user`},
}
