// Package kreport holds the typed reports that a kernel log can contain: data
// only, one struct per shape of report, with the JSON names that the product's
// contract gives. internal/klog fills them, internal/check reads them.
package kreport

import "gordian/internal/model"

// Task names a task as a report prints it.
type Task struct {
	Comm string `json:"comm"`
	PID  int    `json:"pid"`
}

// Lock is one lock line of lockdep, print_lock() in kernel/locking/lockdep.c:
//
//	#1: ffff888111c00490 (crtc_ww_class_mutex){+.+.}-{3:3}, at: modeset_lock+0x62/0x1c0 [drm]
type Lock struct {
	Idx      *int   `json:"idx,omitempty"`
	Lock     string `json:"lock,omitempty"`      // class name, subclass included
	Usage    string `json:"usage,omitempty"`     // the irq usage characters, 4 or 6
	Addr     string `json:"addr,omitempty"`      // as printed: raw, hashed or "____ptrval____"
	WaitType string `json:"wait_type,omitempty"` // "outer:inner"
	Func     string `json:"func,omitempty"`      // where it was taken
	Module   string `json:"module,omitempty"`
	File     string `json:"file,omitempty"` // of Func, in symbolised logs
	LineNo   int    `json:"file_line,omitempty"`
	Raw      string `json:"raw,omitempty"` // the text, where it could not be read in full

	// Offset is where in Func, in bytes; 0 if unknown.
	Offset uint64 `json:"-"`
	// LogLine is where the line stands in the input, from 1.
	LogLine int `json:"log_line,omitempty"`
}

// Held is "N locks held by comm/pid:" and the lines below it.
type Held struct {
	Comm  string `json:"comm"`
	PID   int    `json:"pid"`
	Count int    `json:"count"`
	Locks []Lock `json:"locks"` // may be fewer than Count: a running task's are not printed

	LogLine int `json:"log_line,omitempty"`
}

// Stack is a call trace: Frames lists the reliable function names, innermost
// first, and Full keeps everything that the log said about each frame.
type Stack struct {
	Frames     []string `json:"frames,omitempty"`
	Unreliable []string `json:"frames_unreliable,omitempty"`

	Full    []model.Frame     `json:"-"`
	LogLine int               `json:"-"` // of the first frame
	Regs    map[string]string `json:"-"` // registers printed with it, by name ("RDI")

	Interrupted map[string]string `json:"-"` // those of the code that an interrupt stopped, printed inside the trace
}

// Dep is one entry of lockdep's dependency chain:
//
//	-> #1 (&sb->s_type->i_mutex_key#14){+.+.}-{3:3}:
type Dep struct {
	Idx   int    `json:"idx"`
	Lock  string `json:"lock"`
	Usage string `json:"usage,omitempty"`
	Stack

	HeadLine int `json:"log_line,omitempty"`
}

// ScenarioStep is one line of "Possible unsafe locking scenario".
type ScenarioStep struct {
	CPU       *int   `json:"cpu,omitempty"`
	Op        string `json:"op,omitempty"` // "lock", "rlock", "sync", "local_irq_disable"
	Lock      string `json:"lock,omitempty"`
	IRQ       *bool  `json:"irq,omitempty"` // inside the interrupt
	Interrupt bool   `json:"interrupt,omitempty"`
}

// IRQClass says which interrupt an irq-order report is about.
type IRQClass struct {
	Safe   string `json:"safe"`
	Unsafe string `json:"unsafe"`
}

// Lockdep is a report of the lock validator. Which fields are set depends on
// its Family: lockdep-circular, -recursive, -irq-inversion, -irq-order,
// -inconsistent, -bad-unlock, -held-freed, -held-exit, -held-userspace,
// -nest-not-held, -wait-context.
type Lockdep struct {
	model.ReportBase
	Task      *Task `json:"task,omitempty"`
	Acquiring *Lock `json:"acquiring,omitempty"`
	Holding   *Lock `json:"holding,omitempty"`
	Lock      *Lock `json:"lock,omitempty"`

	Deps     []Dep          `json:"deps,omitempty"`
	Cycle    []string       `json:"cycle,omitempty"` // classes #0…#N; #N → #0 closes it
	Chain    []string       `json:"chain,omitempty"` // "Chain exists of:", at most three names
	Scenario []ScenarioStep `json:"scenario,omitempty"`
	// DeadlockMarker is "*** DEADLOCK ***" at the end of the scenario.
	DeadlockMarker bool `json:"deadlock_marker,omitempty"`

	Held *Held `json:"held,omitempty"`

	IRQContext    string    `json:"irq_context,omitempty"` // "HC0[0]:SC0[0]:HE1:SE1"
	UsageFrom     string    `json:"usage_from,omitempty"`  // "IN-HARDIRQ-W"
	UsageTo       string    `json:"usage_to,omitempty"`    // "HARDIRQ-ON-W"
	IRQClass      *IRQClass `json:"irq_class,omitempty"`
	IRQSafeLock   string    `json:"irq_safe_lock,omitempty"`
	IRQUnsafeLock string    `json:"irq_unsafe_lock,omitempty"`
	NewDependency []string  `json:"new_dependency,omitempty"`
	Registered    *Stack    `json:"registered_at,omitempty"`    // "state was registered at:" / "which became X-safe at:"
	UnsafeAt      *Stack    `json:"became_unsafe_at,omitempty"` // "to a X-irq-unsafe lock: ... which became"

	// SafeDeps leads from the irq-safe lock to the held one, UnsafeDeps from
	// the wanted lock to the irq-unsafe one; each entry was taken under the
	// entry after it.
	SafeDeps   []Dep `json:"safe_deps,omitempty"`
	UnsafeDeps []Dep `json:"unsafe_deps,omitempty"`

	Memory        []string `json:"memory,omitempty"`    // held lock freed: first and last address
	NestLock      string   `json:"nest_lock,omitempty"` // nest lock not taken: its name
	NoMoreLocks   bool     `json:"no_more_locks,omitempty"`
	WaitContext   string   `json:"context,omitempty"` // wait-context: "outer:inner" of the context
	PreemptOrIRQs string   `json:"other_info,omitempty"`

	Backtrace *Stack `json:"backtrace,omitempty"` // of the reporting task
}

// LockdepInternal is a WARN or a message of the lock machinery about itself:
// lockdep-internal, lockdep-limit, lockdep-nonstatic-key.
type LockdepInternal struct {
	model.ReportBase
	File   string `json:"file,omitempty"`
	LineNo int    `json:"line_no,omitempty"`
	CPU    *int   `json:"cpu,omitempty"`
	PID    *int   `json:"pid,omitempty"`
	Func   string `json:"func,omitempty"`
	Limit  string `json:"limit,omitempty"`
	Cond   string `json:"condition,omitempty"`

	Backtrace *Stack `json:"backtrace,omitempty"`
}

// Workqueue is "Workqueue: events fn": what a worker was running.
type Workqueue struct {
	WQ string `json:"wq"`
	Fn string `json:"fn"`
}

// TaskDump is a task with its stack, sched_show_task() in kernel/sched/core.c.
type TaskDump struct {
	Comm      string     `json:"comm"`
	PID       int        `json:"pid"`
	State     string     `json:"state,omitempty"`
	PPID      *int       `json:"ppid,omitempty"`
	CPU       *int       `json:"cpu,omitempty"`
	Workqueue *Workqueue `json:"workqueue,omitempty"`
	Stack
	Held *Held `json:"held,omitempty"`

	HeadLine int `json:"log_line,omitempty"`
}

// HungTask is check_hung_task()'s report, kernel/hung_task.c.
type HungTask struct {
	model.ReportBase
	Task      Task       `json:"task"`
	Secs      int        `json:"secs"`
	State     string     `json:"state,omitempty"`
	PPID      *int       `json:"ppid,omitempty"`
	IOWait    bool       `json:"io_wait,omitempty"`
	CantDie   bool       `json:"cant_die,omitempty"`
	Workqueue *Workqueue `json:"workqueue,omitempty"`
	Stack
	Held *Held `json:"held,omitempty"`
	// Contexts are the NMI backtraces of the other CPUs behind the report
	// (kernel.hung_task_all_cpu_backtrace).
	Contexts []CPUContext `json:"contexts,omitempty"`
}

// HungBlocker is debug_show_blocker()'s line, kernel/hung_task.c.
type HungBlocker struct {
	model.ReportBase
	Task      Task      `json:"task"`
	Primitive string    `json:"primitive"` // "mutex", "semaphore", "rw-semaphore"
	Owner     *Task     `json:"owner,omitempty"`
	BlockedAs string    `json:"blocked_as,omitempty"` // "reader", "writer"
	OwnerAs   string    `json:"owner_as,omitempty"`
	NotFound  bool      `json:"owner_not_found,omitempty"`
	OwnerDump *TaskDump `json:"owner_dump,omitempty"`
}

// LocksDump is debug_show_all_locks(): locks-dump, and sysrq-d when a SysRq
// asked for it.
type LocksDump struct {
	model.ReportBase
	Tasks []Held `json:"tasks,omitempty"`
	// Contexts are the NMI backtraces behind the dump, as in HungTask.
	Contexts []CPUContext `json:"contexts,omitempty"`
}

// TasksDump is a list of tasks with stacks: sysrq-w, sysrq-t, blocked-dump,
// freeze-fail.
type TasksDump struct {
	model.ReportBase
	Tasks []TaskDump `json:"tasks,omitempty"`
	Secs  string     `json:"secs,omitempty"` // freeze-fail: as printed
}

// CPUContext is what one CPU was doing.
type CPUContext struct {
	CPU     *int   `json:"cpu,omitempty"`
	PID     int    `json:"pid"`
	Comm    string `json:"comm"`
	Running bool   `json:"running,omitempty"`
	RIP     string `json:"rip,omitempty"` // function the CPU was in
	Stack   Stack  `json:"stack"`

	HeadLine int `json:"log_line,omitempty"`
}

// Lockup is soft-lockup, hard-lockup or csd-lockup, kernel/watchdog.c.
type Lockup struct {
	model.ReportBase
	CPU      *int         `json:"cpu,omitempty"`
	Secs     *int         `json:"secs,omitempty"`
	Task     *Task        `json:"task,omitempty"`
	At       string       `json:"at,omitempty"` // function, where the header has it
	Contexts []CPUContext `json:"contexts,omitempty"`
}

// RCUStall is rcu-stall, kernel/rcu/tree_stall.h.
type RCUStall struct {
	model.ReportBase
	Flavor      string       `json:"flavor"`
	How         string       `json:"how"` // "self", "remote", "expedited", "tasks-rcu"
	CPUs        []int        `json:"cpus"`
	BlockedPIDs []int        `json:"blocked_pids"`
	DetectedBy  *int         `json:"detected_by,omitempty"`
	TJiffies    *int64       `json:"t_jiffies,omitempty"`
	GP          *int64       `json:"gp,omitempty"`
	Q           *int64       `json:"q,omitempty"`
	Contexts    []CPUContext `json:"contexts,omitempty"`
	Tasks       []TaskDump   `json:"tasks,omitempty"`
}

// RCUKthread is rcu-kthread-starved or rcu-kthread-timer.
type RCUKthread struct {
	model.ReportBase
	Flavor  string `json:"flavor"`
	Jiffies int64  `json:"jiffies"`
	CPU     *int   `json:"cpu,omitempty"`
	State   string `json:"state,omitempty"`
	Stack   Stack  `json:"stack"`
}

// RCUUsage is rcu-usage, lockdep_rcu_suspicious().
type RCUUsage struct {
	model.ReportBase
	File      string `json:"file,omitempty"`
	LineNo    int    `json:"line_no,omitempty"`
	Message   string `json:"message,omitempty"`
	Held      *Held  `json:"held,omitempty"`
	Backtrace *Stack `json:"backtrace,omitempty"`
}

// AtomicSleep is atomic-sleep, __might_resched() in kernel/sched/core.c.
type AtomicSleep struct {
	model.ReportBase
	File            string `json:"file,omitempty"`
	LineNo          int    `json:"line_no,omitempty"`
	InAtomic        *int   `json:"in_atomic,omitempty"`
	IRQsDisabled    *int   `json:"irqs_disabled,omitempty"`
	NonBlock        *int   `json:"non_block,omitempty"`
	Task            *Task  `json:"task,omitempty"`
	PreemptCount    string `json:"preempt_count,omitempty"`
	PreemptExpected string `json:"preempt_expected,omitempty"`
	RCUNest         *int   `json:"rcu_nest,omitempty"`
	RCUExpected     *int   `json:"rcu_expected,omitempty"`
	DisabledAt      string `json:"preemption_disabled_at,omitempty"`
	Held            *Held  `json:"held,omitempty"`
	Backtrace       *Stack `json:"backtrace,omitempty"`
}

// Atomic is a broken rule about atomic context in one line: sched-atomic,
// preemptible, blocking-ops, preempt-exit, wq-leak.
type Atomic struct {
	model.ReportBase
	Task         *Task  `json:"task,omitempty"`
	PreemptCount string `json:"preempt_count,omitempty"`
	Op           string `json:"op,omitempty"`
	State        string `json:"state,omitempty"`
	SetAt        string `json:"set_at,omitempty"`
	LastFunction string `json:"last_function,omitempty"`
	Held         *Held  `json:"held,omitempty"`
	Backtrace    *Stack `json:"backtrace,omitempty"`
}

// SpinlockBug is spinlock-bug, kernel/locking/spinlock_debug.c.
type SpinlockBug struct {
	model.ReportBase
	Primitive string     `json:"primitive"` // "spinlock", "rwlock", …
	What      string     `json:"what"`      // "bad magic", "recursion", "lockup suspected", …
	CPU       *int       `json:"cpu,omitempty"`
	Task      *Task      `json:"task,omitempty"`
	Lock      *DebugLock `json:"lock,omitempty"`
	Backtrace *Stack     `json:"backtrace,omitempty"`
}

// DebugLock is spin_dump()'s " lock: x, .magic: …, .owner: c/p, .owner_cpu: n".
type DebugLock struct {
	Lock      string `json:"lock"`
	Magic     string `json:"magic,omitempty"`
	OwnerComm string `json:"owner_comm,omitempty"`
	OwnerPID  *int   `json:"owner_pid,omitempty"`
	OwnerCPU  *int   `json:"owner_cpu,omitempty"`
}

// WQLockup is wq-lockup, kernel/workqueue.c.
type WQLockup struct {
	model.ReportBase
	Secs     int      `json:"secs"`
	CPUs     string   `json:"cpus,omitempty"`
	Node     string   `json:"node,omitempty"`
	Flags    string   `json:"flags,omitempty"`
	Nice     string   `json:"nice,omitempty"`
	InFlight []string `json:"in_flight,omitempty"` // "pid:function"
	Pending  []string `json:"pending,omitempty"`
}

// Message is a report that is one line with a few values: deadlock-bug,
// rtmutex-deadlock, wq-hog, wq-flush, netdev-unregister, netdev-watchdog,
// dpm-timeout, sched-ext-stall, fs-alloc-deadlock, panic, …
type Message struct {
	model.ReportBase
	CPU    *int   `json:"cpu,omitempty"`
	Task   *Task  `json:"task,omitempty"`
	Dev    string `json:"dev,omitempty"`
	Driver string `json:"driver,omitempty"`
	Queue  *int   `json:"queue,omitempty"`
	Count  *int   `json:"count,omitempty"`
	Secs   *int   `json:"secs,omitempty"`
	Fn     string `json:"fn,omitempty"`
	Lock   *Lock  `json:"lock,omitempty"`
	Held   *Held  `json:"held,omitempty"`
	Reason string `json:"reason,omitempty"`

	Backtrace *Stack `json:"backtrace,omitempty"`
}
