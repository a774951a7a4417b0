package kstack

import "gordian/internal/model"

// sleepingLocks are the locks whose waiter gives up the CPU.
var sleepingLocks = []group{
	{role: rolePrimitive, typ: model.Mutex, mode: model.Write, why: "kernel/locking/mutex.c",
		names: `mutex_lock mutex_lock_nested _mutex_lock_nest_lock mutex_lock_interruptible mutex_lock_interruptible_nested
			mutex_lock_killable mutex_lock_killable_nested _mutex_lock_killable mutex_lock_io mutex_lock_io_nested
			__mutex_lock __mutex_lock_common __mutex_lock_slowpath __mutex_lock_interruptible_slowpath
			__mutex_lock_killable_slowpath mutex_trylock _mutex_trylock_nest_lock mutex_lock_slowpath
			atomic_dec_and_mutex_lock`},
	{role: rolePrimitive, typ: model.Mutex, mode: model.Write, spin: true, why: "optimistic spinning in kernel/locking/mutex.c",
		names: `mutex_optimistic_spin mutex_spin_on_owner`},
	{role: rolePrimitive, typ: model.WWMutex, mode: model.Write, why: "wound/wait mutexes, kernel/locking/mutex.c",
		names: `ww_mutex_lock ww_mutex_lock_interruptible __ww_mutex_lock __ww_mutex_lock_slowpath
			__ww_mutex_lock_interruptible_slowpath ww_mutex_trylock ww_mutex_lock_slow ww_mutex_lock_slow_interruptible`},
	{role: rolePrimitive, typ: model.RTMutex, mode: model.Write, why: "kernel/locking/rtmutex.c",
		names: `rt_mutex_lock rt_mutex_lock_nested rt_mutex_lock_interruptible rt_mutex_lock_killable _rt_mutex_lock_nest_lock
			__rt_mutex_lock __rt_mutex_lock_common rt_mutex_slowlock __rt_mutex_slowlock __rt_mutex_slowlock_locked
			rt_mutex_slowlock_block rt_mutex_timed_lock rt_mutex_futex_trylock __rt_mutex_futex_trylock rt_mutex_trylock
			rt_mutex_wait_proxy_lock rt_mutex_handle_deadlock rt_mutex_start_proxy_lock __rt_mutex_start_proxy_lock
			task_blocks_on_rt_mutex rt_mutex_adjust_prio_chain`},
	{role: rolePrimitive, typ: model.Spinlock, mode: model.Write,
		why:   "PREEMPT_RT: a spinlock_t sleeps, kernel/locking/spinlock_rt.c",
		names: `rt_spin_lock rt_spin_lock_nested rt_spin_lock_nest_lock rtlock_slowlock rtlock_slowlock_locked __rt_spin_lock rt_spin_lock_slowlock rt_spin_lock_slowlock_locked`},
	{role: rolePrimitive, typ: model.RWLock, mode: model.Read, why: "PREEMPT_RT: kernel/locking/spinlock_rt.c", names: `rt_read_lock`},
	{role: rolePrimitive, typ: model.RWLock, mode: model.Write, why: "PREEMPT_RT: kernel/locking/spinlock_rt.c", names: `rt_write_lock rt_write_lock_nested`},
	{role: rolePrimitive, typ: model.RWSem, mode: model.Read, why: "PREEMPT_RT: kernel/locking/rwbase_rt.c", names: `rwbase_read_lock __rwbase_read_lock`},
	{role: rolePrimitive, typ: model.RWSem, mode: model.Write, why: "PREEMPT_RT: kernel/locking/rwbase_rt.c", names: `rwbase_write_lock`},
	{role: rolePrimitive, typ: model.RWSem, mode: model.Read, why: "kernel/locking/rwsem.c; the failed and call_ names are those up to 5.2",
		names: `down_read down_read_nested down_read_interruptible down_read_killable down_read_killable_nested __down_read __down_read_common
			__down_read_interruptible __down_read_killable rwsem_down_read_slowpath rwsem_read_trylock
			rwsem_down_read_failed rwsem_down_read_failed_killable __rwsem_down_read_failed_common call_rwsem_down_read_failed
			call_rwsem_down_read_failed_killable rwsem_down_failed_common down_read_non_owner __ldsem_down_read_nested
			ldsem_down_read ldsem_down_read_nested`},
	{role: rolePrimitive, typ: model.RWSem, mode: model.Write, why: "kernel/locking/rwsem.c; ldsem: drivers/tty/tty_ldsem.c",
		names: `down_write down_write_nested down_write_killable down_write_killable_nested _down_write_nest_lock __down_write
			__down_write_common __down_write_killable rwsem_down_write_slowpath rwsem_down_write_failed
			rwsem_down_write_failed_killable __rwsem_down_write_failed_common call_rwsem_down_write_failed
			call_rwsem_down_write_failed_killable ldsem_down_write __ldsem_down_write_nested down_write_failed ldsem_down_write_nested`},
	{role: rolePrimitive, typ: model.RWSem, spin: true, why: "optimistic spinning in kernel/locking/rwsem.c",
		names: `rwsem_optimistic_spin rwsem_spin_on_owner`},
	{role: rolePrimitive, spin: true, inner: true, why: "queue of optimistic spinners of mutex and rwsem, kernel/locking/osq_lock.c",
		names: `osq_lock osq_wait_next`},
	{role: rolePrimitive, typ: model.PercpuRWSem, mode: model.Read, why: "kernel/locking/percpu-rwsem.c",
		names: `percpu_down_read __percpu_down_read percpu_down_read_freezable`},
	{role: rolePrimitive, typ: model.PercpuRWSem, inner: true, why: "kernel/locking/percpu-rwsem.c", names: `percpu_rwsem_wait`},
	{role: rolePrimitive, typ: model.PercpuRWSem, mode: model.Write, why: "kernel/locking/percpu-rwsem.c, waits for all readers",
		names: `percpu_down_write rcu_sync_enter rcuwait_wait_event`},
	{role: rolePrimitive, typ: model.Semaphore, mode: model.Write, why: "kernel/locking/semaphore.c",
		names: `down down_interruptible down_killable down_timeout down_trylock __down __down_common ___down_common __down_interruptible
			__down_killable __down_timeout __down_failed __down_failed_interruptible`},
	{role: rolePrimitive, typ: model.Mutex, mode: model.Write, why: "the per-socket lock, net/core/sock.c", lock: "sk_lock",
		names: `lock_sock_nested __lock_sock lock_sock __lock_sock_fast lock_sock_fast __release_sock`},
	{role: rolePrimitive, typ: model.LocalLock, mode: model.Write, why: "include/linux/local_lock.h", names: `local_lock_acquire __local_lock`},
	{role: rolePrimitive, typ: model.SRCU, why: "readers of SRCU and RCU never block", names: `srcu_read_lock __srcu_read_lock rcu_read_lock __rcu_read_lock`},
	{role: rolePrimitive, typ: model.RTMutex, mode: model.Write, why: "priority-inheriting futex waits in kernel/futex/pi.c", names: `futex_lock_pi`},
	{role: rolePrimitive, typ: model.WaitQueue, why: "waits for user space, kernel/futex/waitwake.c",
		names: `futex_wait_queue futex_wait_queue_me __futex_wait futex_wait futex_do_wait do_futex futex_wait_requeue_pi futex_wait_multiple`},
}

// spinningLocks are the locks whose waiter keeps the CPU, by every name that
// an architecture or a configuration gives to the loop.
var spinningLocks = []group{
	{role: rolePrimitive, typ: model.Spinlock, mode: model.Write, spin: true, inner: true,
		why: "kernel/locking/qspinlock.c and its paravirtual, ticket, s390, powerpc and arm names",
		names: `native_queued_spin_lock_slowpath queued_spin_lock_slowpath __pv_queued_spin_lock_slowpath pv_wait_head_or_lock
			pv_wait_node pv_queued_spin_lock_slowpath kvm_wait xen_qlock_wait hv_qlock_wait
			virt_spin_lock ticket_spin_lock __ticket_spin_lock __ticket_lock_spinning kvm_lock_spinning xen_lock_spinning
			arch_spin_lock arch_spin_lock_wait arch_spin_lock_flags arch_spin_lock_wait_flags arch_spin_lock_queued
			arch_spin_relax queued_spin_lock __spin_yield splpar_spin_yield yield_to_locked_owner __yield_cpu
			do_raw_spin_lock do_raw_spin_lock_flags smp_cond_load_acquire __cmpwait_case_32 __cmpwait_case_8 __cmpwait_relaxed __cmpwait`},
	{role: rolePrimitive, typ: model.Spinlock, mode: model.Write, spin: true, why: "kernel/locking/spinlock.c; _spin_ and __ names are those before 2.6.33",
		names: `_raw_spin_lock _raw_spin_lock_irq _raw_spin_lock_irqsave _raw_spin_lock_bh _raw_spin_lock_nested
			_raw_spin_lock_irqsave_nested _raw_spin_lock_nest_lock _raw_spin_trylock _raw_spin_trylock_bh
			__raw_spin_lock __raw_spin_lock_irq __raw_spin_lock_irqsave __raw_spin_lock_bh _spin_lock _spin_lock_irq
			_spin_lock_irqsave _spin_lock_bh spin_lock spin_lock_irq spin_lock_irqsave spin_lock_bh spin_lock_nested
			_atomic_dec_and_lock _atomic_dec_and_lock_irqsave refcount_dec_and_lock bit_spin_lock hlist_bl_lock
			_atomic_dec_and_raw_lock resilient_queued_spin_lock_slowpath`},
	{role: rolePrimitive, typ: model.RWLock, mode: model.Read, spin: true, why: "kernel/locking/qrwlock.c, spinlock.c",
		names: `queued_read_lock_slowpath _raw_read_lock _raw_read_lock_irq _raw_read_lock_irqsave _raw_read_lock_bh
			do_raw_read_lock __raw_read_lock _read_lock _read_lock_irq _read_lock_irqsave _read_lock_bh arch_read_lock_wait
			__read_lock_failed __rw_yield splpar_rw_yield`},
	{role: rolePrimitive, typ: model.RWLock, mode: model.Write, spin: true, why: "kernel/locking/qrwlock.c, spinlock.c",
		names: `queued_write_lock_slowpath _raw_write_lock _raw_write_lock_irq _raw_write_lock_irqsave _raw_write_lock_bh
			_raw_write_lock_nested do_raw_write_lock __raw_write_lock _write_lock _write_lock_irq _write_lock_irqsave
			_write_lock_bh arch_write_lock_wait __write_lock_failed`},
	{role: rolePrimitive, why: "releasing never waits, but runs pending interrupts, which print stacks there",
		names: `_raw_spin_unlock _raw_spin_unlock_irq _raw_spin_unlock_irqrestore _raw_spin_unlock_bh __raw_spin_unlock
			__raw_spin_unlock_irq __raw_spin_unlock_irqrestore do_raw_spin_unlock _raw_read_unlock _raw_read_unlock_irqrestore
			_raw_write_unlock _raw_write_unlock_irq _raw_write_unlock_irqrestore _raw_write_unlock_bh _raw_read_unlock_bh
			_raw_read_unlock_irq mutex_unlock __mutex_unlock_slowpath rtnl_unlock release_sock up up_read up_write __up __up_read __up_write
			rt_mutex_unlock rt_spin_unlock rwsem_wake _spin_unlock _spin_unlock_irqrestore _spin_unlock_irq _spin_unlock_bh
			spin_unlock_irqrestore spin_unlock_irq spin_unlock_bh spin_unlock
			ww_mutex_unlock percpu_up_write percpu_up_read __srcu_read_unlock rcu_read_unlock __rcu_read_unlock srcu_read_unlock`},
}
