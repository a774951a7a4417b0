package kcore

import (
	"fmt"
	"strings"
	"time"

	"gordian/internal/kcode"
	"gordian/internal/kstack"
	"gordian/internal/model"
	"gordian/internal/unwind"
)

// Task is a thread.
type Task struct {
	Addr      uint64 // of its task_struct
	PID, TGID int
	Comm      string
	State     string // the letter that ps prints: R, S, D, I, T, t, X, Z, P
	CPU       int
	Running   bool // it is what its CPU executes
	Kernel    bool // a kernel thread
	IOWait    bool // its sleep is accounted as waiting for I/O
	// Blocked is how long it has not run; negative if that is not known.
	Blocked time.Duration
	// Frames is its stack, innermost first; StackErr says why it ends early.
	Frames   []Frame
	StackErr error
	Class    kstack.Wait // what the stack waits for
	Wait     *Wait       // which lock that is; nil if it waits for none that is known
	// Workqueue and Func say which work a worker runs.
	Workqueue, Func string

	raw         uint64 // __state
	flags       uint64
	base, sp    uint64 // stack
	start       uint64 // ns since boot
	lastRun     uint64 // when it ran last, ns, clock of its runqueue
	lastArrival uint64 // when it last got its CPU, ns; 0 if the kernel does not keep it
	blockedOn   uint64 // pi_blocked_on: its struct rt_mutex_waiter, or 0
	blocker     uint64 // the lock that it waits for, with the type in the low bits, or 0
	values      *kcode.Stack
}

// Frame is one function activation with its symbol.
type Frame struct {
	unwind.Frame
	Sym model.Frame
}

// Name is "comm/pid".
func (t *Task) Name() string { return fmt.Sprintf("%s/%d", t.Comm, t.PID) }

// Task states (include/linux/sched.h). They were renumbered in 4.14 and are
// the same since.
const (
	taskInterruptible   = 0x1
	taskUninterruptible = 0x2
	taskStopped         = 0x4
	taskTraced          = 0x8
	exitDead            = 0x10
	exitZombie          = 0x20
	taskParked          = 0x40
	taskDead            = 0x80
	taskNoload          = 0x400
	taskRTLockWait      = 0x1000 // PREEMPT_RT: waits for a spinlock_t
)

// stateLetter is what ps prints (task_state_index(), get_task_state()).
func stateLetter(state, exit uint64) string {
	switch {
	case exit&exitDead != 0 || state&taskDead != 0:
		return "X"
	case exit&exitZombie != 0:
		return "Z"
	case state&taskUninterruptible != 0 && state&taskNoload != 0:
		return "I"
	case state&(taskUninterruptible|taskRTLockWait) != 0:
		return "D"
	case state&taskInterruptible != 0:
		return "S"
	case state&taskStopped != 0:
		return "T"
	case state&taskTraced != 0:
		return "t"
	case state&taskParked != 0:
		return "P"
	}
	return "R"
}

const (
	pfWqWorker = 0x20       // PF_WQ_WORKER
	pfKthread  = 0x00200000 // PF_KTHREAD
	commLen    = 16
)

// readTask reads one task_struct.
func (s *State) readTask(addr uint64) (*Task, error) {
	t := &Task{Addr: addr, Blocked: -1, CPU: -1}
	var err error
	if t.PID, err = s.getInt(addr, "task_struct", "pid"); err != nil {
		return nil, err
	}
	if t.Comm, err = s.str(addr, "task_struct", "comm", commLen); err != nil {
		return nil, err
	}
	t.Comm = printable(t.Comm)
	t.TGID, _ = s.getInt(addr, "task_struct", "tgid")
	state := "__state"
	if !s.has("task_struct", state) { // until 5.14
		state = "state"
	}
	if t.raw, err = s.get(addr, "task_struct", state); err != nil {
		return nil, err
	}
	exit, _ := s.get(addr, "task_struct", "exit_state")
	t.State = stateLetter(t.raw, exit)
	t.flags, _ = s.get(addr, "task_struct", "flags")
	t.Kernel = t.flags&pfKthread != 0
	t.base, _ = s.get(addr, "task_struct", "stack")
	t.sp, _ = s.get(addr, "task_struct", s.K.arch.savedSP())
	t.start, _ = s.get(addr, "task_struct", "start_time")
	t.lastRun, _ = s.get(addr, "task_struct", "se.exec_start")
	t.lastArrival, _ = s.get(addr, "task_struct", "sched_info.last_arrival")
	// Read here, while its page is at hand: of thousands of tasks, not all are kept.
	t.blockedOn, _ = s.get(addr, "task_struct", "pi_blocked_on")
	t.blocker, _ = s.get(addr, "task_struct", "blocker")
	if v, err := s.get(addr, "task_struct", "in_iowait"); err == nil {
		t.IOWait = v == 1
	}
	for _, m := range []string{"thread_info.cpu", "cpu", "recent_used_cpu"} {
		if cpu, err := s.getInt(addr, "task_struct", m); err == nil {
			t.CPU = cpu
			break
		}
	}
	return t, nil
}

// printable keeps what a task named itself from steering a terminal or a log.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '�' {
			return '?'
		}
		return r
	}, s)
}
