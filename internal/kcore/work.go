package kcore

import (
	"fmt"
	"strings"

	"gordian/internal/kmem"
	"gordian/internal/model"
)

// worker is a thread that runs work items (struct worker, kernel/workqueue_internal.h).
type worker struct {
	addr uint64
	task *Task
	work uint64 // what it runs, 0 if nothing
	pwq  uint64
	pool uint64
}

// readWorkers finds the workers and what each of them runs.
func (s *State) readWorkers() {
	for _, t := range s.Tasks {
		if t.flags&pfWqWorker == 0 {
			continue
		}
		kthread, err := s.kthread(t)
		if err != nil || kthread == 0 {
			continue
		}
		w := &worker{task: t}
		if w.addr, err = s.get(kthread, "kthread", "data"); err != nil || w.addr == 0 {
			continue
		}
		if self, err := s.get(w.addr, "worker", "task"); err != nil || self != t.Addr {
			continue
		}
		w.work, _ = s.get(w.addr, "worker", "current_work")
		w.pwq, _ = s.get(w.addr, "worker", "current_pwq")
		w.pool, _ = s.get(w.addr, "worker", "pool")
		if w.work != 0 {
			if f, err := s.get(w.addr, "worker", "current_func"); err == nil {
				t.Func = s.funcName(f)
			}
			t.Workqueue = s.workqueueName(w.pwq)
		}
		s.workers = append(s.workers, w)
	}
}

// kthread returns the struct kthread of a kernel thread: worker_private since
// 5.17, set_child_tid before (kernel/kthread.c, to_kthread()).
func (s *State) kthread(t *Task) (uint64, error) {
	if s.has("task_struct", "worker_private") {
		return s.get(t.Addr, "task_struct", "worker_private")
	}
	return s.get(t.Addr, "task_struct", "set_child_tid")
}

func (s *State) funcName(addr uint64) string {
	if sym, _, ok := s.K.Sym.Lookup(addr); ok && sym.Addr == addr {
		return sym.Name
	}
	return hex(addr)
}

const maxWorkqueueName = 32 // WQ_NAME_LEN

func (s *State) workqueueName(pwq uint64) string {
	if pwq == 0 {
		return ""
	}
	wq, err := s.get(pwq, "pool_workqueue", "wq")
	if err != nil {
		return ""
	}
	name, err := s.str(wq, "workqueue_struct", "name", maxWorkqueueName)
	if err != nil {
		return ""
	}
	return printable(name)
}

// wrapped finds out what a completion or wait queue entry on the waiter's own
// stack stands for, and notes that wait; false if it stands for itself.
func (s *State) wrapped(t *Task, addr, waiter, head uint64) bool {
	switch {
	case s.onStack(t, addr):
		return s.flushWait(t, addr) || s.flusherWait(t, addr) || s.rcuWait(t, addr)
	case s.exitWait(t, addr):
		return true
	}
	return s.bitWait(t, waiter)
}

// flushWait: flush_work() and cancel_work_sync() queue a barrier behind the
// work, and wait for it to be run.
func (s *State) flushWait(t *Task, done uint64) bool {
	off, ok := s.field("wq_barrier", "done")
	if !ok {
		return false
	}
	bar := done - off.Offset
	if owner, err := s.get(bar, "wq_barrier", "task"); err != nil || owner != t.Addr {
		return false
	}
	entry, err := s.at(bar, "wq_barrier", "work.entry")
	if err != nil {
		return false
	}
	why := Reason{hex(bar), "struct wq_barrier on the stack of " + t.Name()}
	w, before, pwq := s.barrierPlace(entry)
	switch {
	case w != nil && w.work != 0:
		l := s.work(w.work, w.task.Func)
		l.Holders = appendHolder(l.Holders, w.runs())
		s.wait(t, l, model.Write, why)
	case before != 0:
		l := s.work(before, s.workFunc(before))
		l.Words = "queued, not running yet"
		s.runBefore(l, pwq)
		s.wait(t, l, model.Write, why)
	default:
		s.note("the work item that " + t.Name() + " flushes cannot be found")
		return false
	}
	return true
}

// runs says that a worker is what a wait for its work waits for.
func (w *worker) runs() Holder {
	return Holder{Task: w.task, Mode: model.Write, Stated: true, Why: []Reason{{hex(w.addr), "worker " + w.task.Name() + " runs " + w.task.Func + "()"}}}
}

func appendHolder(hs []Holder, h Holder) []Holder {
	for _, x := range hs {
		if x.Task == h.Task {
			return hs
		}
	}
	return append(hs, h)
}

// work is the lock that stands for a work item.
func (s *State) work(addr uint64, fn string) *Lock {
	if fn != "" {
		s.names[addr] = fn
	}
	l := s.lock(addr, model.Work)
	return l
}

func (s *State) workFunc(work uint64) string {
	f, err := s.get(work, "work_struct", "func")
	if err != nil {
		return ""
	}
	return s.funcName(f)
}

const maxWorks = 100_000

// barrierPlace finds out where a barrier is queued: on a worker that runs the
// work before it, or behind a work item that waits in its pool or, because of
// the workqueue's max_active, in its pwq.
func (s *State) barrierPlace(entry uint64) (w *worker, before, pwq uint64) {
	heads := map[uint64]*worker{}
	for _, w := range s.workers {
		if at, err := s.at(w.addr, "worker", "scheduled"); err == nil {
			heads[at] = w
		}
	}
	node := entry
	for range maxWorks {
		next, err := kmem.U64(s.mem, node)
		if err != nil {
			return nil, 0, 0
		}
		if w := heads[next]; w != nil {
			return w, 0, 0
		}
		if next == entry {
			break
		}
		node = next
	}
	// Not on a worker: the item before the barrier is the one it waits for.
	prev, err := kmem.U64(s.mem, entry+8)
	off, ok := s.field("work_struct", "entry")
	if err != nil || !ok {
		return nil, 0, 0
	}
	work := prev - off.Offset
	if f, err := s.get(work, "work_struct", "func"); err != nil || !s.isText(f) {
		return nil, 0, 0
	}
	return nil, work, s.workPwq(work)
}

// workPwq returns the pool_workqueue that a work item is queued on:
// work_struct.data above WORK_STRUCT_FLAG_BITS, when WORK_STRUCT_PWQ is set.
func (s *State) workPwq(work uint64) uint64 {
	const pwqBit, flagBits = 1 << 2, 8
	v, err := s.get(work, "work_struct", "data")
	if err != nil || v&pwqBit == 0 {
		return 0
	}
	return v &^ (1<<flagBits - 1)
}

// runBefore: a work item that max_active keeps back waits for the items of the
// same pwq that run: any of them that ends lets it in.
func (s *State) runBefore(l *Lock, pwq uint64) {
	if pwq == 0 {
		return
	}
	var running []*worker
	for _, w := range s.workers {
		if w.pwq == pwq && w.work != 0 && w.work != l.Addr {
			running = append(running, w)
		}
	}
	limit, err := s.get(pwq, "pool_workqueue", "max_active")
	if err != nil {
		if wq, err2 := s.get(pwq, "pool_workqueue", "wq"); err2 == nil {
			limit, err = s.get(wq, "workqueue_struct", "max_active")
		}
	}
	if err != nil || uint64(len(running)) < uint64(uint32(limit)) {
		return // it waits for a worker of its pool, which may come any moment
	}
	for _, w := range running {
		l.Holders = appendHolder(l.Holders, Holder{Task: w.task, Mode: model.Write, Stated: true, AnyOf: len(running) > 1,
			Why: []Reason{{hex(w.addr), fmt.Sprintf("worker %s runs %s() of workqueue %s, which runs at most %d at a time", w.task.Name(), w.task.Func, w.task.Workqueue, uint32(limit))}}})
	}
}

// flusherWait: flush_workqueue() waits for all work of one workqueue.
func (s *State) flusherWait(t *Task, done uint64) bool {
	if t.Class.Type != model.Work || !strings.Contains(t.Class.Func, "workqueue") {
		return false
	}
	off, ok := s.field("wq_flusher", "done")
	if !ok {
		return false
	}
	flusher := done - off.Offset
	wq := s.flushedBy(flusher)
	if wq == 0 {
		return false
	}
	name, err := s.str(wq, "workqueue_struct", "name", maxWorkqueueName)
	if err != nil {
		return false
	}
	s.names[wq] = "workqueue " + printable(name)
	l := s.lock(wq, model.Work)
	for _, w := range s.workers {
		if w.work == 0 {
			continue
		}
		if of, err := s.get(w.pwq, "pool_workqueue", "wq"); err == nil && of == wq {
			l.Holders = appendHolder(l.Holders, Holder{Task: w.task, Mode: model.Write, Stated: true,
				Why: []Reason{{hex(w.addr), "worker " + w.task.Name() + " runs " + w.task.Func + "() of it"}}})
		}
	}
	s.wait(t, l, model.Write, Reason{hex(flusher), "struct wq_flusher on the stack of " + t.Name()})
	return true
}

// flushedBy finds the workqueue that a flusher waits for: the first flusher of
// each is named, the others are in a list.
func (s *State) flushedBy(flusher uint64) uint64 {
	head, ok := s.K.symbol("workqueues")
	off, ok2 := s.field("workqueue_struct", "list")
	if !ok || !ok2 {
		return 0
	}
	var found uint64
	_ = List(s.mem, head, maxWorks, func(node uint64) error { // what is found before the damage is good
		wq := node - off.Offset
		if first, err := s.get(wq, "workqueue_struct", "first_flusher"); err == nil && first == flusher {
			found = wq
		}
		for _, list := range []string{"flusher_queue", "flusher_overflow"} {
			at, err := s.at(wq, "workqueue_struct", list)
			if err != nil || found != 0 {
				continue
			}
			_ = List(s.mem, at, maxWorks, func(n uint64) error {
				if n == flusher { // list is the first member
					found = wq
				}
				return nil
			})
		}
		return nil
	})
	return found
}

// exitWait: kthread_stop() waits for kthread.exited of the thread.
func (s *State) exitWait(t *Task, done uint64) bool {
	off, ok := s.field("kthread", "exited")
	if !ok {
		return false
	}
	for _, k := range s.Tasks {
		if !k.Kernel {
			continue
		}
		if at, err := s.kthread(k); err != nil || at+off.Offset != done {
			continue
		}
		s.names[done] = "exit of " + k.Name()
		l := s.lock(done, model.Completion)
		l.Class = "exit of " + k.Comm
		l.Holders = appendHolder(l.Holders, Holder{Task: k, Mode: model.Write, Stated: true, Why: []Reason{{hex(done), "kthread.exited of " + k.Name()}}})
		s.wait(t, l, model.Write, Reason{hex(done), t.Name() + " waits for " + k.Name() + " to exit"})
		return true
	}
	return false
}
