package engine

import (
	"gordian/internal/model"
)

// context returns where the task runs.
func (t *taskState) context() model.Context {
	if n := len(t.frames); n > 0 {
		return t.frames[n-1].context
	}
	return model.Process
}

// mask handles the operations that switch interrupts and preemption.
func (m *Machine) mask(t *taskState, op Op) {
	switch op.Kind {
	case IRQOff:
		t.irqsOff = true
	case IRQOn:
		t.irqsOff = false
		// lockdep_hardirqs_on_prepare() marks what is held as enabled.
		m.markHeld(t, model.Hardirq, op)
		if t.bhOff == 0 {
			m.markHeld(t, model.Softirq, op)
		}
	case BHOff:
		t.bhOff++
	case BHOn:
		t.bhOff = max(0, t.bhOff-1)
		if t.bhOff == 0 && !t.irqsOff {
			m.markHeld(t, model.Softirq, op)
		}
	case PreemptOff:
		t.preempt++
	case PreemptOn:
		t.preempt = max(0, t.preempt-1)
	}
}

func (m *Machine) markHeld(t *taskState, ctx model.Context, op Op) {
	for i := range t.held {
		h := &t.held[i]
		if !h.op.excludes() {
			continue
		}
		op.Mode = h.mode
		m.addUse(h.class, ctx, true, op)
	}
}

// markUse follows mark_usage(): a lock that an interrupt waits for is used
// there; a lock held with an interrupt enabled can be hit by it.
func (m *Machine) markUse(t *taskState, class model.Ref, op Op) {
	if !op.excludes() {
		return
	}
	if ctx := t.context(); ctx != model.Process && !op.Try {
		m.addUse(class, ctx, false, op)
	}
	if t.irqsOff {
		return
	}
	m.addUse(class, model.Hardirq, true, op)
	if t.bhOff == 0 {
		m.addUse(class, model.Softirq, true, op)
	}
}

func (m *Machine) addUse(class model.Ref, ctx model.Context, enabled bool, op Op) {
	k := useKey{class, ctx, enabled, op.Mode}
	u := m.uses[k]
	if u == nil {
		u = &model.ContextUse{Class: class, Context: ctx, Enabled: enabled, Mode: op.Mode, Stack: op.Stack}
		m.uses[k] = u
	}
	if len(u.Why) < maxWhy {
		u.Why = addWhy(u.Why, op.Why)
	}
}

// enter begins an interrupt on top of what the task does.
func (t *taskState) enter(op Op) {
	f := irqFrame{context: model.Hardirq, threaded: !op.NotThreaded, held: len(t.held),
		wasOff: t.irqsOff, bhOff: t.bhOff, preempt: t.preempt, enteredBy: op}
	if op.Kind == EnterSoftirq {
		f.context = model.Softirq
		t.bhOff++ // softirqs do not nest on one CPU
	} else {
		t.irqsOff = true
	}
	t.frames = append(t.frames, f)
}

// leave ends an interrupt and restores the state that it found. An exit
// without its entry, as at the start of a trace, is ignored.
func (m *Machine) leave(t *taskState, op Op) {
	n := len(t.frames) - 1
	want := model.Hardirq
	if op.Kind == LeaveSoftirq {
		want = model.Softirq
	}
	if n < 0 || t.frames[n].context != want {
		return
	}
	f := t.frames[n]
	if len(t.held) > f.held {
		m.reportHeld(t, op, f.held, HeldAtIRQExit, "still held when the handler returns")
	}
	t.frames = t.frames[:n]
	t.irqsOff, t.bhOff, t.preempt = f.wasOff, f.bhOff, f.preempt
}

// waitType orders how much a context permits and a lock demands, like enum
// lockdep_wait_type (include/linux/lockdep_types.h).
type waitType int

const (
	waitFree   waitType = iota + 1 // wait free: RCU read side
	waitSpin                       // spins: raw_spinlock_t
	waitConfig                     // spins, or sleeps on PREEMPT_RT: spinlock_t
	waitSleep                      // sleeps: mutex
	waitMax
)

// demands returns the wait type that taking a lock needs, 0 if unknown.
func demands(op Op) waitType {
	switch op.Type {
	case model.RCU:
		return waitFree
	case model.RawSpinlock:
		return waitSpin
	case model.Spinlock, model.RWLock, model.LocalLock:
		return waitConfig
	case model.SRCU, model.Work, model.Timer, model.Seqlock:
		return 0 // entering them blocks nobody
	}
	if op.Type.Sleeps() {
		return waitSleep
	}
	return 0
}

// permits returns the wait type that holding a lock still allows, 0 if it
// sets no limit. RCU-sched readers are told from others by their class: the
// kernel names it rcu_read_lock_sched (kernel/rcu/update.c).
func permits(h *held) waitType {
	switch h.op.Type {
	case model.RCU:
		if h.class == model.ClassRef("rcu_read_lock_sched") {
			return waitSpin
		}
		return waitConfig
	case model.RawSpinlock:
		return waitSpin
	case model.Spinlock, model.RWLock, model.LocalLock:
		return waitConfig
	}
	return 0
}

// checkWait follows check_wait_context(): what the task holds and where it
// runs limits the locks it may wait for.
func (m *Machine) checkWait(t *taskState, op Op, class model.Ref) {
	need := demands(op)
	if op.Try || need == 0 {
		return
	}
	if need == waitSleep {
		m.checkSleep(t, op, class.Name()+" is a sleeping lock")
		return
	}
	if need != waitConfig || !m.cfg.RawLockNesting {
		return
	}
	limit, by := t.limit()
	if need > limit {
		detail := class.Name() + " sleeps on PREEMPT_RT"
		if by == nil {
			detail += "; the interrupt handler is not threaded there"
		}
		m.violate(Violation{Kind: InvalidWaitContext, Op: op, Class: class, Instance: op.Instance, Other: by, Detail: detail})
	}
}

// limit returns the strictest wait type allowed and the acquisition that sets
// it, nil if the context does. Locks of the interrupted code do not count:
// the handler's own context is stricter.
func (t *taskState) limit() (waitType, *Op) {
	limit, first := waitMax, 0
	if n := len(t.frames); n > 0 {
		f := &t.frames[n-1]
		limit, first = waitConfig, f.held
		if f.context == model.Hardirq && !f.threaded {
			limit = waitSpin
		}
	}
	var by *Op
	for i := first; i < len(t.held); i++ {
		if p := permits(&t.held[i]); p != 0 && p < limit {
			limit, by = p, t.held[i].first()
		}
	}
	return limit, by
}

// checkSleep follows __might_resched(): no sleeping in interrupts, with
// interrupts, softirqs or preemption off, or under a lock that spins.
func (m *Machine) checkSleep(t *taskState, op Op, what string) {
	limit, by := t.limit()
	why := ""
	switch {
	case by != nil:
		why = "while " + by.Class.Name() + " is held"
	case limit < waitSleep:
		why = "in " + string(t.context()) + " context"
	case t.irqsOff:
		why = "with interrupts off"
	case t.bhOff > 0:
		why = "with softirqs off"
	case t.preempt > 0:
		why = "with preemption off"
	default:
		return
	}
	m.violate(Violation{Kind: SleepInAtomic, Op: op, Class: classOf(op), Instance: op.Instance, Other: by,
		Detail: what + ", " + why})
}
