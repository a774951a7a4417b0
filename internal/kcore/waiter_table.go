package kcore

import "gordian/internal/model"

// queue says how a primitive queues its waiters: a structure on the stack of
// each waiter, linked into a list whose head is in the lock. Layouts are taken
// from BTF; a row whose structures a kernel does not have is passed over.
type queue struct {
	typ          model.LockType
	waiter       string // structure on the waiter's stack
	list, task   string // its members
	lock, head   string // structure with the list's head, and the member
	mode         string // member of the waiter that says how it wants the lock, or ""
	through      string // part of the name of a function that must be on the stack, or ""
	source       string
	alsoForWaits []model.LockType // kinds of waits, as stacks show them, that are waited for with it
}

// queues is in the order in which rows are tried.
var queues = []queue{
	{typ: model.Mutex, waiter: "mutex_waiter", list: "list", task: "task", lock: "mutex", head: "wait_list",
		source: "kernel/locking/mutex.h, struct mutex_waiter", alsoForWaits: []model.LockType{model.WWMutex}},
	{typ: model.Semaphore, waiter: "semaphore_waiter", list: "list", task: "task", lock: "semaphore", head: "wait_list",
		source: "kernel/locking/semaphore.c, struct semaphore_waiter"},
	{typ: model.RWSem, waiter: "rwsem_waiter", list: "list", task: "task", lock: "rw_semaphore", head: "wait_list", mode: "type",
		source: "kernel/locking/rwsem.c, struct rwsem_waiter"},
	{typ: model.PercpuRWSem, waiter: "wait_queue_entry", list: "entry", task: "private", lock: "percpu_rw_semaphore", head: "waiters.head",
		source: "kernel/locking/percpu-rwsem.c, percpu_rwsem_wait()"},
	{typ: model.Completion, waiter: "swait_queue", list: "task_list", task: "task", lock: "completion", head: "wait.task_list", through: "wait_for_co",
		source: "kernel/sched/completion.c, do_wait_for_common()", alsoForWaits: []model.LockType{model.Work, model.RCU, model.SRCU, model.Timer, model.WaitQueue, model.IO, model.PercpuRWSem}},
	{typ: model.WaitQueue, waiter: "wait_queue_entry", list: "entry", task: "private", lock: "wait_queue_head", head: "head",
		source: "include/linux/wait.h, struct wait_queue_entry", alsoForWaits: []model.LockType{model.BitLock, model.IO, model.SRCU, model.RCU, model.Work, model.Timer, model.Mutex}},
}

// fits reports whether a stack that waits for typ may have this kind of
// waiter on it.
func (q *queue) fits(typ model.LockType) bool {
	if q.typ == typ {
		return true
	}
	for _, t := range q.alsoForWaits {
		if t == typ {
			return true
		}
	}
	return false
}

// rwsemReader is RWSEM_WAITING_FOR_READ (kernel/locking/rwsem.c).
const rwsemReader = 1
