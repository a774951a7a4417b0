package model

// Mode says how a lock is taken or wanted. The zero value is invalid.
type Mode string

// Lock modes. They follow the `read` argument of lock_acquire()
// (include/linux/lockdep.h): 0 exclusive, 1 shared, 2 shared and recursive.
const (
	Write         Mode = "write"
	Read          Mode = "read"
	RecursiveRead Mode = "recursive-read"
)

// Shared reports whether other readers may hold the lock at the same time.
func (m Mode) Shared() bool { return m == Read || m == RecursiveRead }

// EdgeKind says what an Edge states. The zero value is invalid.
type EdgeKind string

// The kinds of edges.
const (
	Waits  EdgeKind = "waits"   // task (or CPU) → lock, task or work: now
	HeldBy EdgeKind = "held-by" // lock → task (or CPU): now
	Before EdgeKind = "before"  // class → class: the first was held when the second was taken, ever
)

// LockType is the primitive behind a lock. Unknown is the empty string, and
// is left out of JSON.
type LockType string

// Lock primitives, and the things that are waited for like locks.
const (
	Mutex       LockType = "mutex"
	WWMutex     LockType = "ww_mutex"
	Spinlock    LockType = "spinlock"
	RawSpinlock LockType = "raw_spinlock"
	RWLock      LockType = "rwlock"
	RWSem       LockType = "rwsem"
	PercpuRWSem LockType = "percpu_rwsem"
	Semaphore   LockType = "semaphore"
	RTMutex     LockType = "rtmutex"
	Seqlock     LockType = "seqlock"
	LocalLock   LockType = "local_lock"
	RCU         LockType = "rcu"
	SRCU        LockType = "srcu"
	Completion  LockType = "completion"
	Work        LockType = "work"
	Timer       LockType = "timer"
	WaitQueue   LockType = "wait_queue"
	BitLock     LockType = "bit_lock"
	IO          LockType = "io"

	// Locks of programs.
	FileLock   LockType = "file_lock" // flock(), fcntl()
	UserMutex  LockType = "pthread_mutex"
	UserRWLock LockType = "pthread_rwlock"
	UserCond   LockType = "pthread_cond"
	UserFutex  LockType = "futex"
	UserThread LockType = "pthread_join"
)

// Sleeps reports whether taking a lock of this type may sleep (on a kernel
// without PREEMPT_RT).
func (t LockType) Sleeps() bool {
	switch t {
	case Mutex, WWMutex, RWSem, PercpuRWSem, Semaphore, RTMutex, Completion, Work, WaitQueue, BitLock, IO, SRCU:
		return true
	}
	return false
}

// Context is where code runs, ordered by what it can interrupt.
type Context string

// Execution contexts.
const (
	Process Context = "process"
	Softirq Context = "softirq"
	Hardirq Context = "hardirq"
	NMI     Context = "nmi"
)

// Status says whether a finding is happening or only possible.
type Status string

// Finding status.
const (
	Actual    Status = "actual"
	Potential Status = "potential"
)

// Severity is how bad a finding is if it is true.
type Severity string

// Severities, worst first.
const (
	SevError   Severity = "error"
	SevWarning Severity = "warning"
	SevNote    Severity = "note"
)

// Rank orders severities: 3 error, 2 warning, 1 note, 0 unknown.
func (s Severity) Rank() int {
	switch s {
	case SevError:
		return 3
	case SevWarning:
		return 2
	case SevNote:
		return 1
	}
	return 0
}

// Confidence is how sure a finding is, whatever its severity.
type Confidence string

// Confidences, surest first.
const (
	High   Confidence = "high"
	Medium Confidence = "medium"
	Low    Confidence = "low"
)

// Rank orders confidences: 3 high, 2 medium, 1 low, 0 unknown.
func (c Confidence) Rank() int {
	switch c {
	case High:
		return 3
	case Medium:
		return 2
	case Low:
		return 1
	}
	return 0
}

// Verdict is what gordian says of the tasks in a finding, in one word.
type Verdict string

// Verdicts.
const (
	Deadlocked    Verdict = "deadlocked"     // proven cycle, or an owner that can never release
	CouldDeadlock Verdict = "could-deadlock" // an order or a context that permits a deadlock
	Behind        Verdict = "behind-blocker" // waits behind a task that is not itself in a cycle
	BlockedOnIO   Verdict = "blocked-on-io"  // waits for a device or the network, not deadlocked
	Slow          Verdict = "slow"           // busy or starved, no lock cycle seen
	Bug           Verdict = "bug"            // a locking rule was broken; no task is stuck by it yet
	Undecided     Verdict = "undecided"      // the evidence does not say
)

// InputKind is the kind of evidence.
type InputKind string

// Kinds of evidence.
const (
	InputLog    InputKind = "log"
	InputSource InputKind = "source"
	InputCore   InputKind = "core"
	InputHost   InputKind = "host"
	InputTrace  InputKind = "trace"
)
