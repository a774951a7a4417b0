package engine

import "gordian/internal/model"

// wwContext is a wound/wait acquire context (include/linux/ww_mutex.h).
type wwContext struct {
	class      model.Ref // the ww_class
	acquired   int
	done       bool
	contending model.Ref // lock that answered -EDEADLK, until it is taken
}

// wwClass is the class under which an acquire context is held. lockdep tracks
// the context as a lock, so that two contexts in one task are a recursion.
func wwClass(class model.Ref) model.Ref { return class + "_acquire" }

func (m *Machine) wwOp(t *taskState, op Op) {
	c := m.ww[op.WW]
	if op.Kind == WWInit {
		m.ww[op.WW] = &wwContext{class: op.Class}
		m.acquire(t, Op{Kind: Acquire, Task: op.Task, Class: wwClass(op.Class), Instance: op.WW,
			Mode: model.Write, Func: op.Func, Stack: op.Stack, Why: op.Why, pseudo: true})
		return
	}
	if c == nil {
		if op.Kind == WWFini {
			m.release(t, Op{Kind: Release, Task: op.Task, Class: op.WW, Instance: op.WW, Func: op.Func, Why: op.Why})
			return
		}
		m.misuse(op, "the acquire context is not initialised")
		return
	}
	switch op.Kind {
	case WWDone:
		if c.done {
			m.misuse(op, "ww_acquire_done() twice")
		}
		c.done = true
	case WWFini:
		if c.acquired > 0 {
			m.misuse(op, "ww_acquire_fini() while locks of the context are held")
		}
		delete(m.ww, op.WW)
		m.release(t, Op{Kind: Release, Task: op.Task, Class: wwClass(c.class), Instance: op.WW, Func: op.Func, Why: op.Why})
	case WWBackoff:
		if c.contending != "" {
			m.misuse(op, "another lock is tried before the one that answered -EDEADLK")
		}
		c.contending = op.Instance
	}
}

func (m *Machine) misuse(op Op, detail string) {
	m.violate(Violation{Kind: WWMisuse, Op: op, Class: classOf(op), Instance: op.Instance, Detail: detail})
}

// wwAcquire follows ww_mutex_lock_acquired() and ww_mutex_lock_slow(): after
// -EDEADLK a task must drop all its locks and take the contended one first.
func (m *Machine) wwAcquire(op Op) {
	c := m.ww[op.WW]
	switch {
	case c == nil:
		m.misuse(op, "the acquire context is not initialised")
		return
	case c.done:
		m.misuse(op, "lock taken after ww_acquire_done()")
	case op.Class != c.class:
		m.misuse(op, "the acquire context is of another ww_class")
	case c.contending != "" && c.contending != op.Instance:
		m.misuse(op, "another lock is taken before the one that answered -EDEADLK")
	case c.contending != "" && c.acquired > 0:
		m.misuse(op, "locks are still held after -EDEADLK")
	case c.contending == "" && op.Slow:
		m.misuse(op, "ww_mutex_lock_slow() without a preceding -EDEADLK")
	}
	if c.contending == op.Instance {
		c.contending = ""
	}
	c.acquired++
}

// wwRelease follows __ww_mutex_unlock().
func (m *Machine) wwRelease(h held) {
	if c := m.ww[h.op.WW]; c != nil && c.acquired > 0 {
		c.acquired--
	}
}
