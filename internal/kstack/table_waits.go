package kstack

import "gordian/internal/model"

// waits are the things other than locks that a task waits for.
var waits = []group{
	{role: rolePrimitive, typ: model.Completion, inner: true, why: "kernel/sched/completion.c",
		names: `wait_for_completion wait_for_completion_interruptible wait_for_completion_killable wait_for_completion_state wait_for_common __wait_for_common do_wait_for_common`},
	{role: rolePrimitive, typ: model.Completion, inner: true, io: true, why: "kernel/sched/completion.c: a wait with a time limit ends by itself; drivers use it for a device's answer",
		names: `wait_for_completion_timeout wait_for_completion_interruptible_timeout wait_for_completion_killable_timeout`},
	{role: rolePrimitive, typ: model.Completion, inner: true, io: true, why: "kernel/sched/completion.c, accounted as I/O wait",
		names: `wait_for_completion_io wait_for_completion_io_timeout wait_for_common_io`},
	{role: rolePrimitive, typ: model.Work, why: "kernel/workqueue.c: waits for a work function to return",
		names: `flush_work __flush_work start_flush_work flush_work_sync flush_delayed_work flush_rcu_work cancel_work_sync
			cancel_delayed_work_sync __cancel_work_timer __cancel_work_sync wait_on_work disable_work_sync disable_delayed_work_sync
			flush_workqueue __flush_workqueue drain_workqueue flush_scheduled_work schedule_on_each_cpu work_on_cpu work_on_cpu_key
			work_on_cpu_safe work_on_cpu_safe_key destroy_workqueue kthread_flush_work kthread_flush_worker kthread_cancel_work_sync
			kthread_cancel_delayed_work_sync __kthread_cancel_work_sync kthread_destroy_worker flush_kthread_worker
			flush_kthread_work`},
	{role: rolePrimitive, typ: model.Timer, why: "kernel/time/timer.c, hrtimer.c: waits for a timer function to return",
		names: `del_timer_sync del_singleshot_timer_sync timer_delete_sync __timer_delete_sync timer_shutdown_sync try_to_del_timer_sync
			hrtimer_cancel hrtimer_cancel_wait_running del_timer_wait_running`},
	{role: rolePrimitive, typ: model.RCU, why: "waits for a grace period: for every reader on every CPU, kernel/rcu/tree.c, update.c",
		names: `synchronize_rcu synchronize_rcu_expedited synchronize_rcu_normal synchronize_sched synchronize_sched_expedited
			synchronize_rcu_bh synchronize_net synchronize_kernel __wait_rcu_gp wait_rcu_gp _wait_rcu_gp rcu_barrier _rcu_barrier
			rcu_barrier_sched synchronize_rcu_tasks synchronize_rcu_tasks_generic synchronize_rcu_tasks_trace
			synchronize_rcu_tasks_rude rcu_barrier_tasks rcu_barrier_tasks_trace synchronize_rcu_mult cond_synchronize_rcu
			synchronize_rcu_expedited_wait rcu_exp_wait_wake exp_funnel_lock synchronize_rcu_expedited_wait_once
			kfree_rcu_barrier`},
	{role: rolePrimitive, typ: model.SRCU, why: "waits for every reader of one srcu_struct, kernel/rcu/srcutree.c",
		names: `synchronize_srcu __synchronize_srcu synchronize_srcu_expedited srcu_barrier cleanup_srcu_struct`},
	{role: rolePrimitive, typ: model.WaitQueue, why: "waits for a thread to stop, kernel/kthread.c, kernel/smpboot.c",
		names: `kthread_stop kthread_stop_put kthread_park __kthread_parkme smpboot_park_threads smpboot_park_thread`},
	{role: rolePrimitive, typ: model.WaitQueue, why: "waits for running interrupt handlers, kernel/irq/manage.c",
		names: `synchronize_irq __synchronize_irq disable_irq free_irq __free_irq synchronize_hardirq __synchronize_hardirq tasklet_kill tasklet_disable napi_disable napi_disable_locked tasklet_unlock_wait`},
	{role: rolePrimitive, typ: model.WaitQueue, why: "waits for other CPUs to answer an interrupt, kernel/smp.c, kernel/stop_machine.c", spin: true,
		names: `smp_call_function_many smp_call_function_many_cond smp_call_function_single smp_call_function_any
			smp_call_function smp_call_function_single_async csd_lock_wait __csd_lock_wait csd_lock_wait_toolong csd_lock on_each_cpu on_each_cpu_cond on_each_cpu_cond_mask
			on_each_cpu_mask generic_exec_single native_flush_tlb_others native_flush_tlb_multi flush_tlb_multi
			multi_cpu_stop kick_all_cpus_sync`},
	{role: rolePrimitive, typ: model.WaitQueue, why: "waits for the stopper threads of other CPUs, kernel/stop_machine.c",
		names: `stop_machine stop_machine_cpuslocked stop_cpus __stop_cpus stop_one_cpu stop_two_cpus stop_machine_from_inactive_cpu`},
	{role: rolePrimitive, typ: model.WaitQueue, inner: true, why: "kernel/sched/wait.c, wait_bit.c, swait.c",
		names: `prepare_to_wait prepare_to_wait_event prepare_to_wait_exclusive finish_wait do_wait_intr do_wait_intr_irq
			wait_woken wait_on_bit out_of_line_wait_on_bit out_of_line_wait_on_bit_timeout __wait_on_bit __wait_on_bit_lock
			out_of_line_wait_on_bit_lock out_of_line_wait_on_atomic_t __wait_var_event bit_wait bit_wait_timeout
			`},
	{role: rolePrimitive, typ: model.BitLock, io: true, inner: true, why: "kernel/sched/wait_bit.c, accounted as I/O wait",
		names: `bit_wait_io bit_wait_io_timeout sleep_on_page sleep_on_buffer sleep_on_page_killable`},
	{role: rolePrimitive, typ: model.WaitQueue, why: "waits for the fence of a GPU job, drivers/dma-buf/dma-fence.c",
		names: `dma_fence_wait dma_fence_wait_timeout dma_fence_default_wait dma_fence_wait_any_timeout dma_resv_wait_timeout
			dma_resv_wait_timeout_rcu reservation_object_wait_timeout_rcu drm_sched_entity_flush i915_request_wait
			i915_request_wait_timeout i915_gem_object_wait drm_atomic_helper_wait_for_fences drm_atomic_helper_wait_for_flip_done
			drm_atomic_helper_wait_for_dependencies drm_crtc_commit_wait`},
	{role: rolePrimitive, typ: model.WaitQueue, why: "ZFS condition variables, module/os/linux/spl/spl-condvar.c in OpenZFS",
		names: `cv_wait_common __cv_wait __cv_wait_sig`},
	{role: rolePrimitive, typ: model.WaitQueue, why: "waits for a reference count to drop, not for a lock",
		names: `netdev_wait_allrefs netdev_wait_allrefs_any netdev_run_todo blk_mq_freeze_queue_wait percpu_ref_switch_to_atomic_sync
			kernfs_drain device_pm_wait_for_dev dpm_wait wait_for_device_probe async_synchronize_cookie_domain
			async_synchronize_full async_synchronize_full_domain 
			kernfs_drain_open_files coredump_wait`},
}

// ioWaits end when a device, a network peer or the page cache answers. A
// task there is slow or its device is dead, but no lock keeps it.
var ioWaits = []group{
	{role: rolePrimitive, typ: model.IO, io: true, why: "page cache: waits for a page's lock bit, which is held while the page is read, mm/filemap.c",
		names: `folio_wait_bit folio_wait_bit_common folio_wait_bit_killable __folio_lock __folio_lock_killable folio_lock __folio_lock_or_retry
			wait_on_page_bit wait_on_page_bit_common wait_on_page_bit_killable __lock_page __lock_page_killable
			__lock_page_or_retry lock_page put_and_wait_on_page_locked folio_put_wait_locked migration_entry_wait_on_locked
			migration_entry_wait __migration_entry_wait pmd_migration_entry_wait filemap_update_page`},
	{role: rolePrimitive, typ: model.IO, io: true, why: "waits for dirty pages to reach the device, mm/page-writeback.c, fs/fs-writeback.c",
		names: `folio_wait_writeback folio_wait_writeback_killable wait_on_page_writeback folio_wait_stable wait_for_stable_page
			filemap_fdatawait_range __filemap_fdatawait_range filemap_fdatawait_keep_errors filemap_fdatawait
			filemap_fdatawait_range_keep_errors file_write_and_wait_range filemap_write_and_wait_range filemap_write_and_wait
			wb_wait_for_completion __writeback_inodes_sb_nr sync_inodes_sb writeback_inodes_sb_nr balance_dirty_pages
			balance_dirty_pages_ratelimited balance_dirty_pages_ratelimited_flags io_schedule_timeout writeback_inodes_sb wait_sb_inodes
			inode_wait_for_writeback __inode_wait_for_writeback inode_sleep_on_writeback`},
	{role: rolePrimitive, typ: model.IO, io: true, why: "buffer heads: the lock bit is held while the buffer is read or written, fs/buffer.c",
		names: `__wait_on_buffer wait_on_buffer __lock_buffer lock_buffer __bread_gfp __bread bh_submit_read __sync_dirty_buffer
			sync_dirty_buffer __bh_read __bh_read_batch bh_read`},
	{role: rolePrimitive, typ: model.IO, io: true, why: "block layer, block/blk-mq.c, block/bio.c",
		names: `blk_mq_get_tag __blk_mq_alloc_requests blk_mq_alloc_request blk_mq_get_request blk_mq_get_new_requests
			blk_get_request get_request_wait blk_execute_rq submit_bio_wait blk_io_schedule rq_qos_wait wbt_wait __rq_qos_throttle
			blkdev_issue_flush blkdev_issue_zeroout blkdev_issue_discard bio_await_chain
			blk_queue_enter __bio_queue_enter dm_wait_for_completion dm_wait_for_bios_completion
			do_blockdev_direct_IO dio_await_one dio_await_completion iomap_dio_rw __iomap_dio_rw __blkdev_direct_IO_simple
			md_write_start md_handle_request raid5_get_active_stripe wait_barrier md_super_wait wait_for_serialization
			swap_readpage mempool_alloc read_cache_page do_read_cache_page do_read_cache_folio`},
	{role: rolePrimitive, typ: model.IO, io: true, why: "the journal's commit thread answers when its blocks are on the device, fs/jbd2, fs/jbd",
		names: `jbd2_log_wait_commit jbd2_complete_transaction wait_transaction_locked wait_transaction_switching
			add_transaction_credits start_this_handle jbd2__journal_start jbd2_journal_start jbd2_journal_get_write_access
			do_get_write_access jbd2_journal_force_commit __jbd2_journal_force_commit jbd2_journal_commit_transaction
			jbd2_log_do_checkpoint __jbd2_log_wait_for_space log_wait_commit journal_start jbd2_journal_lock_updates
			jbd2_journal_flush jbd2_log_start_commit xlog_wait xlog_grant_head_wait xlog_grant_head_check xfs_log_force_seq
			xfs_log_force xlog_cil_force_seq xfs_buf_iowait xfs_buf_submit __xfs_buf_submit xfs_bwrite xfs_iowait
			btrfs_wait_ordered_range wait_current_trans btrfs_commit_transaction wait_for_commit btrfs_wait_ordered_extents __cv_wait_io __cv_timedwait_io
			 txg_wait_synced txg_wait_synced_impl txg_wait_open zio_wait f2fs_submit_page_bio`},
	{role: rolePrimitive, typ: model.IO, io: true, why: "network file systems: a server answers, net/sunrpc, fs/nfs, fs/smb, net/9p, fs/ceph, fs/fuse",
		names: `rpc_wait_bit_killable __rpc_execute rpc_execute rpc_run_task rpc_call_sync rpc_wait_for_completion_task
			nfs_wait_bit_killable nfs_wait_bit_uninterruptible nfs_wait_on_request nfs_wait_client_init_complete
			nfs4_call_sync nfs4_call_sync_sequence nfs4_do_call_sync nfs4_proc_getattr nfs_wait_on_sequence
			nfs_iocounter_wait nfs_file_fsync nfs4_wait_clnt_recover nfs_wb_all nfs_commit_inode
			wait_for_response cifs_send_recv compound_send_recv smb2_reconnect p9_client_rpc p9_virtio_zc_request
			p9_client_zc_rpc ceph_osdc_wait_request ceph_mdsc_wait_request ceph_mdsc_do_request
			request_wait_answer fuse_simple_request __fuse_simple_request __fuse_request_send fuse_request_send
			afs_wait_for_call_to_complete netfs_wait_for_read netfs_wait_for_write cachefiles_ondemand_send_req`},
	{role: rolePrimitive, typ: model.IO, io: true, why: "waits for a device's command, drivers/{scsi,ata,nvme,usb,mmc,firmware}",
		names: `scsi_execute scsi_execute_cmd __scsi_execute scsi_execute_req ata_exec_internal ata_exec_internal_sg ata_port_wait_eh
			nvme_submit_sync_cmd __nvme_submit_sync_cmd nvme_wait_freeze nvme_wait_reset usb_start_wait_urb usb_control_msg usb_bulk_msg
			usb_interrupt_msg usb_internal_control_msg usb_kill_urb usb_poison_urb usb_kill_anchored_urbs usb_hcd_flush_endpoint mmc_wait_for_req mmc_wait_for_cmd
			mmc_wait_for_req_done __mmc_claim_host i2c_transfer __i2c_transfer request_firmware _request_firmware
			virtscsi_tmf tpm_transmit virtnet_send_command`},
	{role: rolePrimitive, typ: model.IO, io: true, inner: true, why: "kernel/sched/core.c: the wait is accounted as I/O",
		names: `io_schedule io_schedule_finish io_schedule_prepare`},
}
