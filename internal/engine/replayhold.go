package engine

import (
	"slices"
	"strconv"

	"gordian/internal/model"
)

// classOf returns the class of an operation with its nesting subclass.
func classOf(op Op) model.Ref {
	if op.Subclass > 0 {
		return op.Class + model.Ref("/"+strconv.Itoa(op.Subclass))
	}
	return op.Class
}

// learn remembers what an operation tells about its class.
func (m *Machine) learn(op Op, class model.Ref) *classState {
	c := m.classes[class]
	if c == nil {
		c = &classState{instance: op.Instance}
		m.classes[class] = c
	}
	if c.typ == "" {
		c.typ = op.Type
	}
	c.many = c.many || c.instance != op.Instance
	c.counting = c.counting || op.Count > 1
	return c
}

// acquire follows __lock_acquire(): usage marks, wait context, recursion,
// then the new dependencies.
func (m *Machine) acquire(t *taskState, op Op) {
	if op.Mode == "" {
		op.Mode = model.Write
		if op.Type == model.RCU || op.Type == model.SRCU {
			op.Mode = model.RecursiveRead // rcu_lock_acquire(), srcu_lock_acquire()
		}
	}
	class := classOf(op)
	m.learn(op, class)
	if op.Type == model.WWMutex && op.WW != "" {
		op.NestLock = op.WW // the context serialises the locks of its class
		m.wwAcquire(op)
	}
	m.checkWait(t, op, class)
	m.markUse(t, class, op)
	if m.checkRecursion(t, op, class) {
		m.addEdges(t, op, class)
	}
	if len(t.held) >= maxHeld {
		m.overflow++
		return
	}
	t.held = append(t.held, held{op: op, class: class, mode: op.Mode, frame: len(t.frames)})
	m.holds[op.Instance]++
	if op.Type == model.Semaphore {
		m.holders[op.Instance] = append(m.holders[op.Instance], op.Task)
	}
}

// checkRecursion follows check_deadlock(): a class that is already held may
// not be taken again, except by a recursive reader of a lock held for
// reading, by trylock, or under a nest lock taken before. It reports whether
// the acquisition adds dependencies.
func (m *Machine) checkRecursion(t *taskState, op Op, class model.Ref) bool {
	nest := op.NestLock == ""
	for i := range t.held {
		nest = nest || t.held[i].op.Instance == op.NestLock
	}
	if !nest {
		m.violate(Violation{Kind: NestLockNotHeld, Op: op, Class: class, Instance: op.Instance,
			Detail: string(op.NestLock.Name()) + " is not held"})
	}
	if op.Try {
		return true
	}
	nested := false
	for i := range t.held {
		h := &t.held[i]
		nested = nested || (op.NestLock != "" && h.op.Instance == op.NestLock)
		if h.class != class || (op.Mode == model.RecursiveRead && h.mode.Shared()) {
			continue
		}
		if nested {
			return false // the nest lock serialises: no deadlock, and no order either
		}
		if op.Type == model.Semaphore && m.unitsLeft(t, op) {
			continue
		}
		m.violate(Violation{Kind: RecursiveLock, Op: op, Class: class, Instance: op.Instance, Other: h.first(),
			SameInstance: h.op.Instance == op.Instance,
			Detail:       "taken again while held by the same task"})
		return false
	}
	return true
}

// unitsLeft reports whether the task holds fewer units of a counting
// semaphore than there are.
func (m *Machine) unitsLeft(t *taskState, op Op) bool {
	n := 0
	for i := range t.held {
		n += boolInt(t.held[i].op.Instance == op.Instance)
	}
	return n < op.Count
}

// addEdges records that the new lock was taken under each lock held in the
// same interrupt context, with the exclusive locks held around both as gates.
func (m *Machine) addEdges(t *taskState, op Op, class model.Ref) {
	var gates []model.Ref
	for i := range t.held {
		h := &t.held[i]
		if h.frame == len(t.frames) && h.class != class {
			m.addEdge(h, op, class, gates)
		}
		if !h.mode.Shared() && len(gates) < maxGates && h.op.excludes() {
			gates = append(gates, h.class)
		}
	}
}

// excludes reports whether what is acquired keeps others out while it is
// held. Work items and the like are held to follow waits.
func (op *Op) excludes() bool {
	if op.pseudo {
		return false
	}
	switch op.Type {
	case model.Work, model.Timer, model.Completion, model.WaitQueue, model.IO, model.RCU, model.SRCU:
		return false
	}
	return true
}

func (m *Machine) addEdge(h *held, op Op, class model.Ref, gates []model.Ref) {
	k := edgeKey{from: h.class, to: class, fromMode: h.mode, mode: op.Mode, try: op.Try,
		sem: h.op.Type == model.Semaphore, gate: joinRefs(gates)}
	e := m.edges[k]
	if e == nil {
		e = &model.Edge{Kind: model.Before, From: h.class, To: class, FromMode: h.mode, Mode: op.Mode, Try: op.Try,
			Gate: slices.Clone(gates), Func: op.Func, Stack: op.Stack, FromStack: h.op.Stack}
		m.edges[k] = e
	}
	if len(e.Why) < maxWhy {
		e.Why = addWhy(e.Why, op.Why)
	}
}

// release follows __lock_release(). Semaphores have no owner: whoever ups one
// returns the unit of whoever took it first.
func (m *Machine) release(t *taskState, op Op) {
	i := t.find(op.Instance)
	if i < 0 {
		if op.Type == model.Semaphore {
			m.upElsewhere(t, op)
			return
		}
		m.violate(Violation{Kind: UnlockNotHeld, Op: op, Class: classOf(op), Instance: op.Instance,
			Detail: "released by a task that does not hold it"})
		return
	}
	h := t.held[i]
	if op.Mode != "" && op.Mode.Shared() != h.mode.Shared() {
		m.violate(Violation{Kind: UnlockNotHeld, Op: op, Class: h.class, Instance: op.Instance, Other: h.first(),
			Detail: "held as " + string(h.mode) + ", released as " + string(op.Mode)})
	}
	m.drop(t, i)
	if h.op.Type == model.Semaphore {
		m.dropHolder(op.Instance, op.Task)
	}
	if h.op.WW != "" && h.op.Type == model.WWMutex {
		m.wwRelease(h)
	}
}

// first returns a copy of the operation that took the lock: the stack of held
// locks moves.
func (h *held) first() *Op {
	op := h.op
	return &op
}

// drop takes a lock off the stack, from wherever it is.
func (m *Machine) drop(t *taskState, i int) {
	m.unhold(t.held[i].op.Instance)
	t.held = slices.Delete(t.held, i, i+1)
}

func (m *Machine) unhold(instance model.Ref) {
	if m.holds[instance]--; m.holds[instance] <= 0 {
		delete(m.holds, instance)
	}
}

// find returns the position of the innermost hold of a lock, or -1.
func (t *taskState) find(instance model.Ref) int {
	for i := len(t.held) - 1; i >= 0; i-- {
		if t.held[i].op.Instance == instance {
			return i
		}
	}
	return -1
}

// downgrade turns a writer into a reader, as lock_downgrade() does.
func (m *Machine) downgrade(t *taskState, op Op) {
	i := t.find(op.Instance)
	if i < 0 || t.held[i].mode.Shared() {
		m.violate(Violation{Kind: UnlockNotHeld, Op: op, Class: classOf(op), Instance: op.Instance,
			Detail: "downgraded by a task that does not hold it as writer"})
		return
	}
	t.held[i].mode = model.Read
}

// reuse handles initialisation and freeing: a lock must not be held then, by
// anyone (debug_check_no_locks_freed()).
func (m *Machine) reuse(op Op) {
	if m.holds[op.Instance] == 0 {
		return // the common case, without asking every task
	}
	kind, what := HeldFreed, "freed while held"
	if op.Kind == Init {
		kind, what = HeldReinitialised, "initialised while held"
	}
	var tasks []model.Ref
	for ref := range m.tasks {
		tasks = append(tasks, ref)
	}
	slices.Sort(tasks)
	for _, ref := range tasks {
		t := m.tasks[ref]
		for i := t.find(op.Instance); i >= 0; i = t.find(op.Instance) {
			h := t.held[i]
			m.violate(Violation{Kind: kind, Op: op, Class: h.class, Instance: op.Instance, Other: h.first(), Detail: what})
			m.drop(t, i)
		}
	}
	delete(m.holders, op.Instance)
}

// end reports the locks that a task leaves the kernel with. Semaphores may
// rightly be upped by another task later.
func (m *Machine) end(t *taskState, op Op) {
	kind, what := HeldAtUser, "still held when returning to user space"
	if op.Kind == Exit {
		kind, what = HeldAtExit, "still held when the task exits"
	}
	m.reportHeld(t, op, 0, kind, what)
	if op.Kind == Exit && len(t.held) == 0 {
		delete(m.tasks, op.Task)
	}
}

// reportHeld reports and drops the locks held from position from on.
func (m *Machine) reportHeld(t *taskState, op Op, from int, kind ViolationKind, what string) {
	kept := t.held[:from:from]
	for _, h := range t.held[from:] {
		if h.op.Type == model.Semaphore {
			kept = append(kept, h)
			continue
		}
		m.violate(Violation{Kind: kind, Op: op, Class: h.class, Instance: h.op.Instance, Other: h.first(), Detail: what})
		m.unhold(h.op.Instance)
	}
	t.held = kept
}
