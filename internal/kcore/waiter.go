package kcore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gordian/internal/kmem"
	"gordian/internal/model"
)

// findWait finds the lock that a task waits for.
func (s *State) findWait(t *Task) {
	w := &t.Class
	switch {
	case t.Wait != nil, !w.Known && t.blockedOn == 0:
		return
	case t.Running:
		if w.Spinning || w.Type == model.Timer {
			s.spins(t)
		}
		return
	case t.State == "R" || w.Spinning:
		return // it was woken, or preempted
	}
	if s.rtWait(t) || s.blockerWait(t) {
		return
	}
	words := s.stackWords(t)
	for i := range queues {
		if q := &queues[i]; q.fits(w.Type) && t.through(q.through) && s.queuedWait(t, q, words) {
			return
		}
	}
	s.waitByCode(t)
}

// through reports whether a function whose name has part in it is on the stack.
func (t *Task) through(part string) bool {
	return part == "" || slices.ContainsFunc(t.Frames, func(f Frame) bool { return !f.Unreliable && strings.Contains(f.Sym.Func, part) })
}

// word is a place on a task's stack that holds the task's own address: a
// waiter structure says so.
func (s *State) stackWords(t *Task) []uint64 {
	const chunk = 512
	end := t.base + s.stackSize()
	if !s.onStack(t, t.sp) {
		return nil
	}
	var out []uint64
	var buf [chunk]byte
	for at := t.sp &^ 7; at < end; {
		b := buf[:chunk-at%chunk]
		if err := kmem.Read(s.mem, b, at); err == nil {
			for i := 0; i+8 <= len(b); i += 8 {
				if binary.LittleEndian.Uint64(b[i:]) == t.Addr {
					out = append(out, at+uint64(i))
				}
			}
		} else {
			s.note(fmt.Sprintf("part of the stack of %s is not in the dump", t.Name()))
		}
		at += uint64(len(b))
	}
	return out
}

// queuedWait looks for a waiter structure of one kind among the words.
func (s *State) queuedWait(t *Task, q *queue, words []uint64) bool {
	taskOff, ok1 := s.field(q.waiter, q.task)
	listOff, ok2 := s.field(q.waiter, q.list)
	headOff, ok3 := s.field(q.lock, q.head)
	if !ok1 || !ok2 {
		return false
	}
	for _, at := range words {
		waiter := at - taskOff.Offset
		if !s.onStack(t, waiter) || !s.linked(waiter+listOff.Offset) {
			continue
		}
		nodes, head, err := s.ring(waiter+listOff.Offset, func(node uint64) *Task { return s.waiterAt(q, node-listOff.Offset) })
		if err != nil {
			s.note(fmt.Sprintf("the queue that %s waits in is damaged or not in the dump: %v", t.Name(), err))
			continue
		}
		if head == 0 || !ok3 {
			continue // no head among them: the newest mutexes, which task.blocker names
		}
		s.queueFound(t, q, waiter, head-headOff.Offset, head, nodes)
		return true
	}
	return false
}

// linked checks that a list node's neighbours lead back to it.
func (s *State) linked(node uint64) bool {
	next, err1 := kmem.U64(s.mem, node)
	prev, err2 := kmem.U64(s.mem, node+8)
	if err1 != nil || err2 != nil || next == 0 || prev == 0 {
		return false
	}
	back, err1 := kmem.U64(s.mem, next+8)
	forth, err2 := kmem.U64(s.mem, prev)
	return err1 == nil && err2 == nil && back == node && forth == node
}

// waiterAt returns the task of a waiter structure: one that lies on the stack
// of the very task that it names.
func (s *State) waiterAt(q *queue, waiter uint64) *Task {
	v, err := s.get(waiter, q.waiter, q.task)
	if err != nil {
		return nil
	}
	t := s.byAddr[v]
	if t == nil || !s.onStack(t, waiter) {
		return nil
	}
	return t
}

const maxWaiters = 1 << 16

// ring walks a circular list from one of its nodes and finds the head: the one
// node that is nobody's waiter. The nodes come in the order of the queue.
func (s *State) ring(from uint64, waiter func(node uint64) *Task) (nodes []uint64, head uint64, err error) {
	seen := map[uint64]bool{}
	at := -1
	for node := from; ; {
		if seen[node] || len(nodes) > maxWaiters {
			if node == from {
				break
			}
			return nil, 0, errors.New("the list does not close")
		}
		seen[node] = true
		if !s.linked(node) {
			return nil, 0, fmt.Errorf("the neighbours of %#x do not lead back to it", node)
		}
		if waiter(node) == nil {
			if head != 0 && head != node {
				return nil, 0, errors.New("two of its nodes are no waiters")
			}
			head, at = node, len(nodes)
		} else {
			nodes = append(nodes, node)
		}
		if node, err = kmem.U64(s.mem, node); err != nil {
			return nil, 0, err
		}
	}
	if at > 0 {
		nodes = append(slices.Clone(nodes[at:]), nodes[:at]...)
	}
	return nodes, head, nil
}

// queueFound notes the waits of all tasks of a queue.
func (s *State) queueFound(t *Task, q *queue, waiter, addr, head uint64, nodes []uint64) {
	listOff, _ := s.field(q.waiter, q.list)
	if q.typ == model.Completion || q.typ == model.WaitQueue {
		if s.wrapped(t, addr, waiter, head) {
			return
		}
	}
	l := s.lock(addr, q.typ)
	l.Queue = true
	for _, n := range nodes {
		w := s.waiterAt(q, n-listOff.Offset)
		mode := model.Write
		if q.mode != "" {
			if v, err := s.get(n-listOff.Offset, q.waiter, q.mode); err == nil && v == rwsemReader {
				mode = model.Read
			}
		}
		if q.typ == model.PercpuRWSem {
			mode = model.Read
		}
		if w.Wait == nil && !w.Running {
			s.wait(w, l, mode, Reason{hex(n - listOff.Offset), "struct " + q.waiter + " on the stack of " + w.Name() + ", queued in " + l.Name})
		}
	}
}
