package kstack

import (
	"strings"

	"gordian/internal/model"
)

// Wait says what a blocked or spinning stack waits for.
type Wait struct {
	Type     model.LockType
	Mode     model.Mode
	Spinning bool   // keeps its CPU busy
	IO       bool   // ends when a device, a server or the page cache answers
	Func     string // the outermost function of the primitive that was found: "mutex_lock"
	// Lock is the lock's name where the function tells it ("rtnl_mutex" for
	// rtnl_lock), and Global says that the kernel has one of it.
	Lock   string
	Global bool
	// Caller is the first frame outside the lock's and the scheduler's
	// functions and their wrappers: the function to look at.
	Caller      model.Frame
	CallerIndex int // in the stack, -1 if there is none
	// Runnable says that the task was scheduled away while it could run, so
	// that it waits for nothing.
	Runnable bool
	// Sleeping says that it sleeps for a time of its own choice (msleep).
	Sleeping bool
	// Known says that the stack shows what the task waits for.
	Known bool
}

// Classify says what a stack, innermost frame first, waits for. It looks at
// reliable frames only, unless there are none.
//
// The frames that print the stack and the scheduler's are passed over; the
// first primitive after them starts a run, and the run goes on outwards while
// the frames are primitives or wrappers: flush_work waits with a completion,
// and rtnl_lock with a mutex, and the outer one says more.
func Classify(stack []model.Frame) Wait {
	c := classifier{w: Wait{CallerIndex: -1}}
	any := !hasReliable(stack)
	for i, f := range stack {
		if doubtful(f) && !any {
			continue
		}
		if !c.step(known.find(f.Func), f, i) {
			break
		}
	}
	c.finish()
	return c.w
}

// ClassifyRunning is Classify for the stack of a CPU: while an interrupt that
// waits for nothing runs there, what it stopped still waits.
func ClassifyRunning(stack []model.Frame) Wait {
	w := Classify(stack)
	for i := 0; i < len(stack) && !(w.Known && w.Spinning); i++ {
		if stack[i].Unreliable || !IsInterruptEntry(stack[i].Func) {
			continue
		}
		if below := Classify(stack[i+1:]); below.Known && (below.Spinning || below.Type == model.Timer) {
			if below.CallerIndex >= 0 {
				below.CallerIndex += i + 1
			}
			return below
		}
	}
	return w
}

type classifier struct {
	w        Wait
	in       *group // the primitive that the run is in
	sched    string // outermost scheduler function seen
	released bool
}

// step takes one frame and reports whether the next one matters.
func (c *classifier) step(g *group, f model.Frame, i int) bool {
	if g == nil || g.role == roleUser {
		c.w.Caller, c.w.CallerIndex = f, i
		if g != nil && c.in != nil && g.typ == c.w.Type && c.w.Lock == "" {
			c.w.Lock, c.w.Global = g.lock, g.global
		}
		return false
	}
	switch g.role {
	case rolePrimitive, roleWrapper:
		c.primitive(g, f)
	case roleSched:
		if c.in == nil {
			c.sched = Base(f.Func)
			c.w.Sleeping = c.w.Sleeping || isTimedSleep(c.sched)
		}
	case rolePreempted:
		if c.in == nil {
			c.w.Runnable = true
		}
	}
	return true
}

// primitive joins a primitive or a wrapper to the run.
func (c *classifier) primitive(g *group, f model.Frame) {
	if g.typ == "" && !g.spin && !g.inner {
		c.released = true // an unlock function: the run below is not a wait of ours
		return
	}
	if c.released {
		return
	}
	// A lock that sleeps is guarded by a spinlock of its own: a stack that
	// spins in down() spins on that one.
	if c.in != nil && c.w.Spinning && !g.spin && c.in.typ != "" && !sameFamily(c.in.typ, g) {
		if c.w.Lock == "" && g.role == roleWrapper && g.typ == c.w.Type {
			c.w.Lock, c.w.Global = g.lock, g.global
		}
		return
	}
	// A function that waits for something else may take a lock on its way
	// there: then it is that lock.
	if c.in != nil && !c.in.inner && IsLock(c.w.Type) && !IsLock(g.typ) && g.typ != "" {
		return
	}
	first := c.in == nil
	if first || !g.inner || c.in.inner {
		c.in = g
		c.w.Func = Base(f.Func)
		if g.typ != "" && (g.role == rolePrimitive || c.w.Type == "") {
			c.w.Type = g.typ
		}
		if g.mode != "" && (g.role == rolePrimitive || c.w.Mode == "") {
			c.w.Mode = g.mode
		}
		if g.lock != "" {
			c.w.Lock, c.w.Global = g.lock, g.global
		}
	}
	c.w.Spinning = c.w.Spinning || g.spin
	c.w.IO = c.w.IO || g.io
}

// IsLock reports whether a type is a lock that a task holds, in contrast to
// an event that it waits for.
func IsLock(t model.LockType) bool {
	switch t {
	case model.Mutex, model.WWMutex, model.RTMutex, model.RWSem, model.PercpuRWSem, model.Semaphore,
		model.Spinlock, model.RawSpinlock, model.RWLock, model.LocalLock:
		return true
	}
	return false
}

// sameFamily reports whether an outer primitive may spin with the inner one:
// mutexes and rwsems spin on their owner before they sleep.
func sameFamily(inner model.LockType, outer *group) bool {
	return inner == outer.typ && outer.role == rolePrimitive ||
		(inner == model.Mutex && outer.typ == model.WWMutex)
}

// finish settles what the run of frames means.
func (c *classifier) finish() {
	w := &c.w
	switch {
	case c.in != nil:
		// A wait that ends by itself says nothing about locks, and a task that
		// was preempted inside a lock function does not wait.
		w.Known = w.Type != "" && !w.Runnable
		w.Sleeping = w.Sleeping && w.Type == ""
	case c.sched != "" && !w.Runnable && w.Sleeping:
		w.Func, w.Known = c.sched, true
	case c.sched != "" && !w.Runnable && w.CallerIndex >= 0:
		// wait_event() is a macro: schedule() called from anywhere else is a
		// wait for an event.
		w.Type, w.Func, w.Known = model.WaitQueue, c.sched, true
	}
}

func isTimedSleep(fn string) bool {
	switch fn {
	case "msleep", "msleep_interruptible", "usleep_range", "usleep_range_state", "ssleep", "fsleep",
		"do_nanosleep", "hrtimer_nanosleep", "schedule_timeout_uninterruptible", "schedule_timeout_interruptible",
		"schedule_timeout_killable", "schedule_timeout_idle":
		return true
	}
	return false
}

func hasReliable(stack []model.Frame) bool {
	for _, f := range stack {
		if !doubtful(f) {
			return true
		}
	}
	return false
}

// doubtful reports whether a frame proves nothing: the unwinder guessed it, or
// it lies in the padding before a function, where no call returns to.
func doubtful(f model.Frame) bool {
	return f.Unreliable || strings.HasPrefix(f.Func, "__pfx_")
}
