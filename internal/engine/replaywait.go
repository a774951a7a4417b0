package engine

import (
	"slices"

	"gordian/internal/model"
)

// waitFor is a wait that ends when another task does something: it orders
// like an exclusive lock that is taken and released at once (lock_sync()).
func (m *Machine) waitFor(t *taskState, op Op) {
	op.Mode = model.Write
	class := classOf(op)
	m.learn(op, class)
	m.checkSleep(t, op, "waits for "+class.Name())
	if m.checkRecursion(t, op, class) {
		m.addEdges(t, op, class)
	}
}

// complete ends waits: who waits for the class also waits for every lock that
// is held here, because this call is not reached without them.
func (m *Machine) complete(t *taskState, op Op) {
	class := classOf(op)
	m.learn(op, class)
	wait := held{op: op, class: class, mode: model.Write}
	wait.op.Type = model.Completion
	for _, h := range t.held {
		if h.class != class && h.frame == len(t.frames) {
			taken := h.op
			taken.Mode = h.mode
			m.addEdge(&wait, taken, h.class, nil)
		}
	}
}

// upElsewhere handles up() by a task that holds no unit. If another task took
// one, the semaphore passes between tasks: it orders like a completion, and
// the locks held here must be had before the waiter can go on.
func (m *Machine) upElsewhere(t *taskState, op Op) {
	class := classOf(op)
	c := m.learn(op, class)
	c.handedOff = true
	if hs := m.holders[op.Instance]; len(hs) > 0 {
		if other := m.tasks[hs[0]]; other != nil {
			if i := other.find(op.Instance); i >= 0 {
				m.drop(other, i)
			}
		}
		m.holders[op.Instance] = hs[1:]
	}
	m.complete(t, op)
}

func (m *Machine) dropHolder(instance, task model.Ref) {
	hs := m.holders[instance]
	if i := slices.Index(hs, task); i >= 0 {
		m.holders[instance] = slices.Delete(hs, i, i+1)
	}
}
