package cli

import (
	"fmt"
	"strings"

	"gordian/internal/kcore"
	"gordian/internal/unwind"
)

// taskView is a task as the commands of gordian core show it.
type taskView struct {
	PID      int         `json:"pid"`
	TGID     int         `json:"tgid"`
	Comm     string      `json:"comm"`
	Addr     string      `json:"addr"`
	State    string      `json:"state"`
	CPU      int         `json:"cpu"`
	Running  bool        `json:"running,omitempty"`
	Kernel   bool        `json:"kernel_thread,omitempty"`
	Blocked  float64     `json:"blocked_seconds,omitempty"` // how long it has not run; left out if unknown
	WaitsFor *lockRef    `json:"waits_for,omitempty"`
	Holds    []lockRef   `json:"holds,omitempty"`
	Work     string      `json:"work,omitempty"`
	Stack    []frameView `json:"stack,omitempty"`
	StackErr string      `json:"stack_incomplete,omitempty"`
}

// lockRef names a lock.
type lockRef struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Addr string `json:"addr"`
}

type frameView struct {
	PC         string `json:"pc"`
	SP         string `json:"sp"`
	Func       string `json:"func"`
	File       string `json:"file,omitempty"`
	Line       int    `json:"line,omitempty"`
	Trap       bool   `json:"interrupted,omitempty"`
	Unreliable bool   `json:"unreliable,omitempty"`
}

func newLockRef(l *kcore.Lock) lockRef {
	return lockRef{l.Name, string(l.Type), fmt.Sprintf("%#x", l.Addr)}
}

func newTaskView(s *kcore.State, t *kcore.Task, stack bool) taskView {
	v := taskView{
		PID: t.PID, TGID: t.TGID, Comm: t.Comm, Addr: fmt.Sprintf("%#x", t.Addr), State: t.State,
		CPU: t.CPU, Running: t.Running, Kernel: t.Kernel, Work: t.Func,
	}
	if t.Blocked > 0 && !t.Running {
		v.Blocked = t.Blocked.Seconds()
	}
	if t.Wait != nil {
		r := newLockRef(t.Wait.Lock)
		v.WaitsFor = &r
	}
	for _, l := range s.Holds(t) {
		v.Holds = append(v.Holds, newLockRef(l))
	}
	if !stack {
		return v
	}
	for _, f := range t.Frames {
		sp, _ := f.Regs.Get(unwind.SP)
		v.Stack = append(v.Stack, frameView{
			PC: fmt.Sprintf("%#x", f.Regs.IP), SP: fmt.Sprintf("%#x", sp), Func: f.Sym.String(),
			File: f.Sym.File, Line: f.Sym.Line, Trap: f.Trap, Unreliable: f.Unreliable,
		})
	}
	if t.StackErr != nil {
		v.StackErr = t.StackErr.Error()
	}
	return v
}

// name is the task's name as ps prints it: kernel threads in brackets.
func (v *taskView) name() string {
	if v.Kernel {
		return "[" + v.Comm + "]"
	}
	return v.Comm
}

// blocked is how long the task has not run, for people.
func (v *taskView) blocked() string {
	if v.Blocked == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1fs", v.Blocked)
}

// lockView is a lock with its waiters and holders.
type lockView struct {
	lockRef
	State   string       `json:"state,omitempty"` // the lock's own words: "count 0"
	Waiters []waiterView `json:"waiters"`
	Queue   bool         `json:"in_queue_order"`
	Holders []holderView `json:"holders"`
	Gone    string       `json:"owner_gone,omitempty"`
}

type waiterView struct {
	Task string `json:"task"`
	PID  int    `json:"pid"`
	Mode string `json:"mode,omitempty"`
}

type holderView struct {
	Task     string   `json:"task"`
	PID      int      `json:"pid"`
	Mode     string   `json:"mode,omitempty"`
	Inferred bool     `json:"inferred"`
	Unsure   bool     `json:"unsure,omitempty"`
	Agreed   bool     `json:"agreed,omitempty"`
	At       string   `json:"at,omitempty"`
	Why      []string `json:"why,omitempty"`
}

func newLockView(l *kcore.Lock) lockView {
	v := lockView{lockRef: newLockRef(l), State: l.Words, Queue: l.Queue, Gone: l.Gone, Waiters: []waiterView{}, Holders: []holderView{}}
	for _, w := range l.Waiters {
		v.Waiters = append(v.Waiters, waiterView{w.Task.Name(), w.Task.PID, string(w.Mode)})
	}
	for _, h := range l.Holders {
		x := holderView{Task: h.Task.Name(), PID: h.Task.PID, Mode: string(h.Mode), Inferred: !h.Stated, Unsure: h.Unsure, Agreed: h.Agreed}
		if h.At.Func != "" {
			x.At = h.At.String()
		}
		for _, r := range h.Why {
			x.Why = append(x.Why, strings.TrimSpace(r.Where+": "+r.What))
		}
		v.Holders = append(v.Holders, x)
	}
	return v
}
