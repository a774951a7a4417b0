package kcode

import (
	"strings"

	"gordian/internal/model"
)

// Op is what a function does to the lock that is its first argument.
type Op uint8

// The operations. Zero is none.
const (
	NoOp Op = iota
	Acquire
	Release
	Downgrade // of a writer to a reader
	Complete  // ends a wait for a completion
	Await     // waits for the first argument without taking anything
)

// cond says for which result of a function the lock was taken.
type cond uint8

const (
	always cond = iota
	onZero
	onNonZero
)

// Effect is what one function of the kernel's locking API does.
type Effect struct {
	Op   Op
	Type model.LockType
	Mode model.Mode
	cond cond
}

// api is the locking API as it is called in machine code: the functions that
// are not inlined, of kernels with and without lockdep and PREEMPT_RT. The
// lock is the first argument of each.
var api = []struct {
	Effect
	names string
	why   string
}{
	{Effect{Acquire, model.Mutex, model.Write, always}, "mutex_lock mutex_lock_nested _mutex_lock_nest_lock mutex_lock_io mutex_lock_io_nested", "kernel/locking/mutex.c"},
	{Effect{Acquire, model.Mutex, model.Write, onZero}, "mutex_lock_interruptible mutex_lock_interruptible_nested mutex_lock_killable mutex_lock_killable_nested _mutex_lock_killable ww_mutex_lock ww_mutex_lock_interruptible", "kernel/locking/mutex.c; a ww_mutex begins with its mutex"},
	{Effect{Acquire, model.Mutex, model.Write, onNonZero}, "mutex_trylock _mutex_trylock_nest_lock", "kernel/locking/mutex.c"},
	{Effect{Release, model.Mutex, model.Write, always}, "mutex_unlock ww_mutex_unlock", "kernel/locking/mutex.c"},
	{Effect{Acquire, model.RTMutex, model.Write, always}, "rt_mutex_lock rt_mutex_lock_nested _rt_mutex_lock_nest_lock", "kernel/locking/rtmutex_api.c"},
	{Effect{Acquire, model.RTMutex, model.Write, onZero}, "rt_mutex_lock_interruptible rt_mutex_lock_killable", "kernel/locking/rtmutex_api.c"},
	{Effect{Acquire, model.RTMutex, model.Write, onNonZero}, "rt_mutex_trylock", "kernel/locking/rtmutex_api.c"},
	{Effect{Release, model.RTMutex, model.Write, always}, "rt_mutex_unlock", "kernel/locking/rtmutex_api.c"},
	{Effect{Acquire, model.Semaphore, model.Write, always}, "down", "kernel/locking/semaphore.c"},
	{Effect{Acquire, model.Semaphore, model.Write, onZero}, "down_interruptible down_killable down_timeout down_trylock", "kernel/locking/semaphore.c: down_trylock() too gives 0 for success"},
	{Effect{Release, model.Semaphore, model.Write, always}, "up", "kernel/locking/semaphore.c"},
	{Effect{Acquire, model.RWSem, model.Write, always}, "down_write down_write_nested _down_write_nest_lock", "kernel/locking/rwsem.c"},
	{Effect{Acquire, model.RWSem, model.Write, onZero}, "down_write_killable down_write_killable_nested", "kernel/locking/rwsem.c"},
	{Effect{Acquire, model.RWSem, model.Write, onNonZero}, "down_write_trylock", "kernel/locking/rwsem.c"},
	{Effect{Acquire, model.RWSem, model.Read, always}, "down_read down_read_nested down_read_non_owner", "kernel/locking/rwsem.c"},
	{Effect{Acquire, model.RWSem, model.Read, onZero}, "down_read_interruptible down_read_killable down_read_killable_nested", "kernel/locking/rwsem.c"},
	{Effect{Acquire, model.RWSem, model.Read, onNonZero}, "down_read_trylock", "kernel/locking/rwsem.c"},
	{Effect{Release, model.RWSem, model.Write, always}, "up_write", "kernel/locking/rwsem.c"},
	{Effect{Release, model.RWSem, model.Read, always}, "up_read up_read_non_owner", "kernel/locking/rwsem.c"},
	{Effect{Downgrade, model.RWSem, model.Read, always}, "downgrade_write", "kernel/locking/rwsem.c"},
	{Effect{Acquire, model.PercpuRWSem, model.Write, always}, "percpu_down_write", "kernel/locking/percpu-rwsem.c"},
	{Effect{Release, model.PercpuRWSem, model.Write, always}, "percpu_up_write", "kernel/locking/percpu-rwsem.c"},
	{Effect{Acquire, model.PercpuRWSem, model.Read, always}, "__percpu_down_read", "include/linux/percpu-rwsem.h; the path without a writer is inlined"},
	{Effect{Release, model.PercpuRWSem, model.Read, always}, "rcuwait_wake_up", "the same, __percpu_up_read(): the argument is the member writer"},
	{Effect{Acquire, model.Spinlock, model.Write, always}, `_raw_spin_lock _raw_spin_lock_irq _raw_spin_lock_irqsave _raw_spin_lock_bh _raw_spin_lock_nested
		_raw_spin_lock_irqsave_nested _raw_spin_lock_nest_lock rt_spin_lock rt_spin_lock_nested rt_spin_lock_nest_lock`, "kernel/locking/spinlock.c, spinlock_rt.c"},
	{Effect{Acquire, model.Spinlock, model.Write, onNonZero}, "_raw_spin_trylock _raw_spin_trylock_bh rt_spin_trylock rt_spin_trylock_bh", "kernel/locking/spinlock.c, spinlock_rt.c"},
	{Effect{Release, model.Spinlock, model.Write, always}, "_raw_spin_unlock _raw_spin_unlock_irq _raw_spin_unlock_irqrestore _raw_spin_unlock_bh rt_spin_unlock __raw_callee_save___pv_queued_spin_unlock __raw_callee_save___native_queued_spin_unlock", "kernel/locking/spinlock.c; where it is inlined, a byte is set to 0"},
	{Effect{Acquire, model.RWLock, model.Read, always}, "_raw_read_lock _raw_read_lock_irq _raw_read_lock_irqsave _raw_read_lock_bh rt_read_lock", "kernel/locking/spinlock.c, spinlock_rt.c"},
	{Effect{Acquire, model.RWLock, model.Read, onNonZero}, "_raw_read_trylock rt_read_trylock", "kernel/locking/spinlock.c, spinlock_rt.c"},
	{Effect{Acquire, model.RWLock, model.Write, always}, "_raw_write_lock _raw_write_lock_irq _raw_write_lock_irqsave _raw_write_lock_bh _raw_write_lock_nested rt_write_lock rt_write_lock_nested", "kernel/locking/spinlock.c, spinlock_rt.c"},
	{Effect{Acquire, model.RWLock, model.Write, onNonZero}, "_raw_write_trylock rt_write_trylock", "kernel/locking/spinlock.c, spinlock_rt.c"},
	{Effect{Release, model.RWLock, model.Read, always}, "_raw_read_unlock _raw_read_unlock_irq _raw_read_unlock_irqrestore _raw_read_unlock_bh rt_read_unlock", "kernel/locking/spinlock.c, spinlock_rt.c"},
	{Effect{Release, model.RWLock, model.Write, always}, "_raw_write_unlock _raw_write_unlock_irq _raw_write_unlock_irqrestore _raw_write_unlock_bh rt_write_unlock", "kernel/locking/spinlock.c, spinlock_rt.c"},
	{Effect{Acquire, model.SRCU, model.Read, always}, "__srcu_read_lock", "kernel/rcu/srcutree.c; the result is an index"},
	{Effect{Release, model.SRCU, model.Read, always}, "__srcu_read_unlock", "kernel/rcu/srcutree.c"},
	{Effect{Complete, model.Completion, "", always}, "complete complete_all complete_on_current_cpu kthread_complete_and_exit complete_and_exit", "kernel/sched/completion.c, kernel/kthread.c"},
	{Effect{Await, model.Completion, "", always}, `wait_for_completion wait_for_completion_killable wait_for_completion_interruptible wait_for_completion_state wait_for_completion_io
		wait_for_completion_timeout wait_for_completion_io_timeout wait_for_completion_interruptible_timeout wait_for_completion_killable_timeout`, "kernel/sched/completion.c"},
	{Effect{Await, model.Work, "", always}, "flush_work flush_delayed_work cancel_work_sync cancel_delayed_work_sync disable_work_sync disable_delayed_work_sync", "kernel/workqueue.c; a delayed_work begins with its work_struct"},
	{Effect{Await, model.Timer, "", always}, "del_timer_sync timer_delete_sync timer_shutdown_sync del_singleshot_timer_sync", "kernel/time/timer.c"},
	{Effect{Await, model.Timer, "", always}, "hrtimer_cancel", "kernel/time/hrtimer.c"},
	{Effect{Await, model.SRCU, "", always}, "synchronize_srcu synchronize_srcu_expedited", "kernel/rcu/srcutree.c"},
	{Effect{Release, model.BitLock, model.Write, always}, "folio_unlock unlock_page", "mm/filemap.c; folio_trylock() is inlined, so that only the release is seen"},
	{Effect{Release, model.BitLock, model.Write, always}, "wake_up_bit unlock_buffer", "kernel/sched/wait_bit.c: after clear_bit(), which is inlined; fs/buffer.c: a buffer_head begins with its bits"},
}

// effects indexes api by name.
func effects() map[string]Effect {
	m := map[string]Effect{}
	for _, row := range api {
		for _, n := range strings.Fields(row.names) {
			m[n] = row.Effect
		}
	}
	return m
}

// noReturn are functions after whose call there is no code of the same path.
var noReturn = map[string]bool{"panic": true, "do_exit": true, "make_task_dead": true, "do_group_exit": true, "__stack_chk_fail": true, "kthread_exit": true,
	"kthread_complete_and_exit": true, "complete_and_exit": true, "rewind_stack_and_make_dead": true, "rewind_stack_do_exit": true, "__fortify_panic": true, "fortify_panic": true}
