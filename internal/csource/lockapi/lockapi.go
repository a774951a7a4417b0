// Package lockapi is the table of what kernel functions do to locks, to the
// interrupt state and to the scheduler, and of who calls which callback in
// which context. The table is data (kernel/*.toml, each entry with its kernel
// source); projects add their own in gordian.toml, in the same form.
package lockapi

import "gordian/internal/model"

// Kind is one thing that a call does. The zero value is invalid.
type Kind uint8

// What a call can do.
const (
	Acquire Kind = iota + 1
	Release
	Downgrade  // a write lock becomes a read lock: downgrade_write()
	AssertHeld // lockdep_assert_held(), lockdep_is_held(), assert_spin_locked()
	AssertNotHeld
	Init    // initialises a lock: nobody holds it
	Destroy // mutex_destroy()

	IRQOff // local_irq_disable()
	IRQOn
	IRQSave // local_irq_save(flags)
	IRQRestore
	BHOff // local_bh_disable()
	BHOn
	PreemptOff // preempt_disable(), get_cpu(), kmap_atomic()
	PreemptOn
	NoSleep // from here until Sleepable the code must not sleep (pagefault_disable() is not one)

	Sleep    // may sleep; if GFP >= 0 only if that argument allows blocking; if If >= 0 only if that argument is true
	Wait     // waits until Target's callback or thread has finished; also sleeps unless Spin
	Complete // lets a waiter on Arg go on: complete(), wake_up()
	Queue    // puts the work at Arg2 on the queue at Arg: queue_work(wq, work)
	Register // makes the function at Callback run in Context, with the object at Arg as its handle
	Setup    // the same, but nothing runs yet: INIT_WORK(), timer_setup()

	Free       // frees Arg: kfree()
	Alloc      // returns a new object that nobody else knows: kzalloc()
	NoReturn   // BUG(), panic()
	AtomicOnly // asserts or requires atomic context
	MightSleep // asserts that sleeping is allowed: might_sleep()
	Calls      // calls the function at Callback before it returns: bus_for_each_dev(); with TargetNotifier what is registered at Arg
)

// IRQ says what a lock primitive does to interrupts besides the lock.
type IRQ uint8

// The _irq, _irqsave and _bh variants.
const (
	NoIRQ     IRQ = iota
	IRQPlain      // _irq: off, and unconditionally on again
	IRQFlags      // _irqsave, _irqrestore: Flags is the argument with the saved state
	IRQBottom     // _bh
)

// Outcome says after which result of the call its effect holds.
type Outcome uint8

// Outcomes.
const (
	Always    Outcome = iota
	IfZero            // mutex_lock_interruptible(): held if it returned 0
	IfTrue            // spin_trylock(): held if it returned non-zero
	IfNonNull         // lock_page_or_… : held if the returned pointer is valid
)

// Effect is one thing that a call does. Arguments are numbered from 0; -1 is
// none, -2 the returned value.
type Effect struct {
	Kind Kind

	// The lock, for Acquire … Destroy.
	Type     model.LockType
	Mode     model.Mode
	Arg      int    // the argument that is the lock (or object), -1 if Global
	Member   string // the lock is this member of what Arg points to: "i_rwsem" for inode_lock(inode), "dev.mutex"
	Struct   string // the structure that the last member stands in: "inode", "device"
	Global   string // the lock is this global: "rtnl_mutex"
	Any      bool   // the lock is what this function's matching call says, whatever object (rcu)
	IRQ      IRQ
	Flags    int  // argument with the saved irq state; -1 with IRQFlags: the function keeps it to itself
	Subclass int  // argument with the nesting subclass, -1
	Nest     bool // a nest lock is given: instances of one class may nest
	Try      bool
	On       Outcome

	// For Sleep and Wait.
	GFP  int  // argument with GFP flags: sleeps only if they allow it, or if the call has no such argument; -1: always
	If   int  // argument that must be true to sleep, -1
	Spin bool // Wait or Acquire that spins and does not sleep: timer_delete_sync(), bit_spin_lock()
	// Unless names what makes the effect go away: "pm_runtime_irq_safe" was
	// called on the object, "pagefault_disable" is in force, or the caller is
	// "in_interrupt" (which softirqs off are too), or "irqs_enabled".
	Unless  string
	Timeout bool // gives up after a time: no deadlock for ever
	Target  Target

	// For Register and Setup.
	Callback int           // argument with the function
	Context  model.Context // it runs there
	Threaded int           // request_threaded_irq(): argument with the handler that runs in a thread, -1
	Holds    []string      // locks the callers of the callback hold: "rtnl_mutex", or "struct inode.i_rwsem"
	IRQsOff  bool          // it runs with interrupts off though in process or softirq context
	// Arg2 is the work that Queue queues, or the argument that the callback
	// gets where that is not Arg: dev_id of request_irq(). -1 if none.
	Arg2 int
}

// Blocks reports whether the call may sleep to take the lock, on a kernel
// without PREEMPT_RT. Waits and sleepers say so by their Kind.
func (e *Effect) Blocks() bool {
	return e.Kind == Acquire && !e.Try && !e.Spin && e.Type != model.SRCU && e.Type.Sleeps()
}

// Target is the kind of thing that a Wait waits for, or that a Register makes.
type Target string

// Targets.
const (
	TargetWork       Target = "work"
	TargetDelayed    Target = "delayed work"
	TargetWorkqueue  Target = "workqueue"
	TargetTimer      Target = "timer"
	TargetHRTimer    Target = "hrtimer"
	TargetTasklet    Target = "tasklet"
	TargetIRQ        Target = "irq"
	TargetThread     Target = "kthread"
	TargetCompletion Target = "completion"
	TargetWaitQueue  Target = "wait queue"
	TargetRCU        Target = "grace period"
	TargetSRCU       Target = "SRCU grace period"
	TargetNAPI       Target = "napi"
	TargetURB        Target = "urb"
	TargetNotifier   Target = "notifier chain"
	TargetSysfs      Target = "sysfs file"
)

// API is what one function or macro of the kernel does when it is called.
type API struct {
	Name    string
	Effects []Effect // in order
	Source  string   // where the kernel says so
}

// Op describes a member of an operations table: who calls it, and how.
type Op struct {
	Struct  string
	Field   string
	Context model.Context
	IRQsOff bool
	Atomic  bool     // called with a spinlock held or preemption off
	Holds   []string // locks that the caller holds
	Some    bool     // Atomic is true of some callers only: a driver may know that it has none of them
	// Unless names what a driver sets where it wants to be called in process
	// context and without spinlocks: "nonatomic", "can_sleep".
	Unless string
	Source string
}

// Notes of a user's project.
type Project struct {
	IgnorePaths []string // globs relative to the file's folder
}
