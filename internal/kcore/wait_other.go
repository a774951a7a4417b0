package kcore

import (
	"fmt"

	"gordian/internal/kcode"
	"gordian/internal/kmem"
	"gordian/internal/model"
)

// rcuWait: synchronize_rcu() and synchronize_srcu() wait for a callback behind a
// grace period. Others wait in them too, as percpu_down_write() does in
// rcu_sync_enter(): the callback says so (kernel/rcu/update.c,
// wakeme_after_rcu()), or where newer kernels do without, the stack.
func (s *State) rcuWait(t *Task, done uint64) bool {
	off, ok := s.field("rcu_synchronize", "completion")
	if !ok || t.through("rcu_tasks") { // those have a grace period of their own
		return false
	}
	head := done - off.Offset
	fn, err := s.get(head, "rcu_synchronize", "head.func")
	if err != nil || !s.onStack(t, head) || t.Class.Type != model.RCU && s.funcName(fn) != "wakeme_after_rcu" {
		return false
	}
	why := Reason{hex(head), "struct rcu_synchronize on the stack of " + t.Name()}
	if t.Class.Type == model.SRCU || t.through("synchronize_srcu") {
		return s.srcuWait(t, why)
	}
	const name = "RCU grace period"
	state, ok := s.K.symbol("rcu_state")
	if !ok {
		return false
	}
	s.names[state] = name
	l := s.lock(state, model.RCU)
	if len(l.Holders) == 0 {
		s.rcuBlockers(l)
	}
	s.wait(t, l, model.Write, why)
	return true
}

// srcuWait: which srcu_struct it is, only its argument says.
func (s *State) srcuWait(t *Task, why Reason) bool {
	addr, _, what := s.argument(t, func(e kcode.Effect) bool { return e.Op == kcode.Await && e.Type == model.SRCU })
	if addr == 0 {
		return false
	}
	why.What += ", " + what.What
	s.wait(t, s.lock(addr, model.SRCU), model.Write, why)
	t.Wait.Inferred = true
	return true
}

// rcuBlockers finds the CPUs that have not passed a quiescent state in the
// grace period under way: those whose bit is set in the leaves of the tree
// (struct rcu_node.qsmask, kernel/rcu/tree.h), and preempted readers.
func (s *State) rcuBlockers(l *Lock) {
	seen := map[uint64]bool{}
	for i := range s.CPUs {
		c := &s.CPUs[i]
		rdp, ok := s.K.OnCPU("rcu_data", c.ID)
		if !ok {
			continue
		}
		node, err := s.get(rdp, "rcu_data", "mynode")
		if err != nil {
			continue
		}
		if !seen[node] { // readers can be left when all CPUs have passed
			seen[node] = true
			s.blockedReaders(l, node)
		}
		bit, err1 := s.get(rdp, "rcu_data", "grpmask")
		mask, err2 := s.get(node, "rcu_node", "qsmask")
		if err1 != nil || err2 != nil || mask&bit == 0 || c.Curr == nil || c.Idle {
			continue
		}
		l.Holders = appendHolder(l.Holders, Holder{Task: c.Curr, Mode: model.Read, Stated: true,
			Why: []Reason{{hex(node), fmt.Sprintf("CPU %d, which runs %s, has not passed a quiescent state", c.ID, c.Curr.Name())}}})
	}
}

// blockedReaders adds the tasks that were preempted inside of a reader and
// hold up the grace period (CONFIG_PREEMPT_RCU): in the list of a node, from
// gp_tasks on.
func (s *State) blockedReaders(l *Lock, node uint64) {
	first, err := s.get(node, "rcu_node", "gp_tasks")
	if err != nil || first == 0 {
		return
	}
	head, err := s.at(node, "rcu_node", "blkd_tasks")
	entry, ok := s.field("task_struct", "rcu_node_entry")
	if err != nil || !ok {
		return
	}
	for n, i := first, 0; n != head && i < maxThreads; i++ {
		if t := s.byAddr[n-entry.Offset]; t != nil {
			l.Holders = appendHolder(l.Holders, Holder{Task: t, Mode: model.Read, Stated: true, Why: []Reason{{hex(node), t.Name() + " was preempted inside of an RCU reader"}}})
		}
		if n, err = kmem.U64(s.mem, n); err != nil {
			return
		}
	}
}

// bitWait: waits for the bit of a folio or of a word use hashed wait queues,
// so that the queue says nothing, and the entry's key everything.
func (s *State) bitWait(t *Task, waiter uint64) bool {
	if off, ok := s.field("wait_page_queue", "wait"); ok {
		key := waiter - off.Offset
		folio := "folio"
		if !s.has("wait_page_queue", folio) { // until 5.16
			folio = "page"
		}
		p, err1 := s.get(key, "wait_page_queue", folio)
		bit, err2 := s.get(key, "wait_page_queue", "bit_nr")
		if err1 == nil && err2 == nil && s.onStack(t, key) && uint32(bit) < 64 && s.isPage(p) {
			l := s.lock(p, model.BitLock)
			l.Words = fmt.Sprintf("bit %d of its flags", uint32(bit))
			s.wait(t, l, model.Write, Reason{hex(key), "struct wait_page_queue on the stack of " + t.Name()})
			return true
		}
	}
	off, ok := s.field("wait_bit_queue_entry", "wq_entry")
	if !ok {
		return false
	}
	key := waiter - off.Offset
	// kernel/sched/wait_bit.c, DEFINE_WAIT_BIT()
	if fn, err := s.get(key, "wait_bit_queue_entry", "wq_entry.func"); err != nil || s.funcName(fn) != "wake_bit_function" {
		return false
	}
	word, err1 := s.get(key, "wait_bit_queue_entry", "key.flags")
	bit, err2 := s.get(key, "wait_bit_queue_entry", "key.bit_nr")
	if err1 != nil || err2 != nil || !s.onStack(t, key) || word>>63 == 0 || int32(bit) >= 64 {
		return false
	}
	l := s.lock(word, model.BitLock)
	l.Words = fmt.Sprintf("bit %d", int32(bit))
	s.wait(t, l, model.Write, Reason{hex(key), "struct wait_bit_queue_entry on the stack of " + t.Name()})
	return true
}

// isPage reports whether an address can be that of a struct page.
func (s *State) isPage(p uint64) bool {
	m, err := s.K.arch.pages(s.K)
	return err == nil && m.isPage(p)
}
