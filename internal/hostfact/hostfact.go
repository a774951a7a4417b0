// Package hostfact is what one look at a live host gave, as typed data: the
// reader (internal/host) fills it, the rules (internal/check) judge it, and
// its tables are shown. It holds no verdict.
package hostfact

import (
	"time"

	"gordian/internal/model"
)

// Host is one look at a host: two samples of its counters, and the tasks that
// were blocked or busy during both.
type Host struct {
	Kernel    string        // "6.1.0-56-cloud-amd64"
	Uptime    float64       // seconds
	Sample    time.Duration // between the two samples
	Root      bool          // the look was taken with all capabilities that matter
	Blocked   []Blocked     // longest first
	Busy      []Busy        // kernel threads and system time of others, most first
	CPUs      []CPU         // by number
	IRQs      []Rate        // interrupts and softirqs whose count moved, most first
	Load      Load
	Pressure  []Pressure
	Memory    Memory // at the second sample
	Before    Memory // at the first
	Taints    []string
	Sysctl    map[string]string // those of the watchdogs, by name: "kernel.hung_task_timeout_secs"
	Files     []FileWait        // waits for locks on files
	Lockdep   *Lockdep          // nil: the kernel has no lockdep
	Contended []Contended       // from /proc/lock_stat, most waited for first
	Unseen    []Unseen
}

// Blocked is a task in uninterruptible sleep in both samples.
type Blocked struct {
	Task
	Seconds float64 // since it last ran
	AtLeast bool    // Seconds is only a lower bound: the kernel does not say when it ran
	Wchan   string
	Syscall string // name of the system call that it is in, "" if unknown
	Stack   []model.Frame
	NoStack string // why there is no stack
}

// Task names a thread.
type Task struct {
	PID    int
	Comm   string
	Kernel bool // a kernel thread
	CPU    int
}

// Busy is a task that used its CPU for kernel code during the sample.
type Busy struct {
	Task
	System float64 // share of one CPU spent in the kernel, 0 to 1
	User   float64
}

// CPU is how one CPU spent the sample, in shares from 0 to 1.
type CPU struct {
	Number                                        int
	User, System, IRQ, Softirq, Idle, Wait, Steal float64
}

// Rate is a count that moved during the sample.
type Rate struct {
	Softirq   bool
	Name      string // "24", "LOC", "NET_RX"
	Label     string // devices
	PerSecond float64
	CPU       int     // that got most of it
	Share     float64 // of that CPU
}

// Load is the load average, which counts tasks in state D.
type Load struct {
	Known                    bool // /proc/loadavg was there
	One, Five, Fifteen       float64
	Tasks, Blocked, Runnable int
}

// Pressure is a row of /proc/pressure, in percent of time.
type Pressure struct {
	Resource, Kind       string
	Avg10, Avg60, Avg300 float64
}

// Memory is in kB. Kernel is what the kernel itself uses.
type Memory struct {
	Total, Available, Slab, Unreclaimable, Vmalloc, PageTables, KernelStack, Percpu uint64
}

// FileWait is a process that waits for a lock on a file, and who holds it.
type FileWait struct {
	Kind, Mode, Inode, Range string
	PID, Holder              int // Holder -1: an open file, not a process
	Comm, HolderComm         string
	Above                    []int // parent of PID, its parent, …: one that waits for its child waits for this lock too
}

// Lockdep is the validator's own state.
type Lockdep struct {
	On     bool
	Limits []Limit
}

// Limit is one of lockdep's tables of fixed size.
type Limit struct {
	Name      string
	Used, Max uint64
}

// Contended is a lock class that tasks waited for. Times in microseconds.
type Contended struct {
	Class              string
	Contentions        uint64
	WaitTotal, WaitMax float64
	HoldMax            float64
}

// Unseen is something that could not be looked at, and why.
type Unseen struct {
	What, Why, Remedy string
}
