package klog

import (
	"fmt"
	"slices"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

// listed is one lock in one task's held list.
type listed struct {
	task  model.Ref
	wait  kstack.Wait // what the task's stack waits for
	stack []model.Frame
	lock  *kreport.Lock
	line  int
	last  bool // the newest entry of the list
	wants bool // the task's stack shows that it waits for this one
}

// holds reports whether the task surely has the lock: it took others after it,
// or its stack waits for something that is no lock.
func (e *listed) holds() bool { return !e.last || (e.wait.Known && !lockWait(e.wait.Type)) }

// hold makes edges of held-lock lists. Lockdep puts a lock on the list in
// lock_acquire(), before the task has it, so the newest entry of a blocked
// task is the lock that it waits for.
func (b *factory) hold(base *model.ReportBase, lists []kreport.Held) {
	byLock := map[model.Ref][]listed{}
	var order []model.Ref
	for _, h := range lists {
		ref := b.mention(base, h.Comm, h.PID, h.LogLine)
		t := &b.f.Tasks[b.tasks[ref]]
		w := kstack.Classify(t.Stack)
		for i := range h.Locks {
			l := &h.Locks[i]
			lock, ok := lockRef(base.Boot, l)
			if !ok {
				continue
			}
			e := listed{task: ref, wait: w, stack: t.Stack, lock: l, line: l.LogLine, last: i == len(h.Locks)-1}
			e.wants = e.last && len(h.Locks) == h.Count && waitsAt(t.Stack, w, l)
			if _, seen := byLock[lock]; !seen {
				order = append(order, lock)
			}
			byLock[lock] = append(byLock[lock], e)
		}
	}
	for _, lock := range order {
		b.lockEdges(base, lock, byLock[lock])
	}
}

// readerMarks are lockdep maps that stand for being in an RCU reader or
// callback (kernel/rcu/update.c): nobody waits for them as for a lock.
var readerMarks = []string{"rcu_read_lock", "rcu_read_lock_bh", "rcu_read_lock_sched", "rcu_read_lock_trace", "rcu_callback", "rcu_tasks_trace"}

// lockRef names the instance of a listed lock: by its address, or, in logs
// that have none, by the name of a class that is one static object.
func lockRef(boot model.Boot, l *kreport.Lock) (model.Ref, bool) {
	if l.Lock == "" || slices.Contains(readerMarks, l.Lock) {
		return "", false
	}
	if l.Addr != "" && !strings.Contains(l.Addr, "ptrval") && strings.Trim(l.Addr, "0") != "" {
		return model.LockRef(boot, l.Addr), true
	}
	if strings.ContainsAny(l.Lock, "&>*#/[(") {
		return "", false
	}
	return model.LockRef(boot, l.Lock), true
}

// waitsAt reports whether a blocked stack waits at the very call by which the
// newest held lock was asked for. Lockdep notes the return address of that
// call (_RET_IP_), which is what stands in the stack, so the offsets agree; a
// task that has the lock and waits for another one in the same function waits
// at another offset.
func waitsAt(stack []model.Frame, w kstack.Wait, l *kreport.Lock) bool {
	if !w.Known || l.Func == "" || !lockWait(w.Type) {
		return false
	}
	for i, f := range stack {
		if i > w.CallerIndex+1 {
			return false
		}
		same := kstack.Base(f.Func) == kstack.Base(l.Func) && (f.Offset == l.Offset || f.Offset == 0 || l.Offset == 0)
		if !f.Unreliable && same {
			return true
		}
	}
	return false
}

// lockWait: the wait is for a lock that lockdep tracks.
func lockWait(t model.LockType) bool {
	switch t {
	case model.Mutex, model.WWMutex, model.RWSem, model.PercpuRWSem, model.RTMutex, model.Spinlock, model.RawSpinlock, model.RWLock, model.LocalLock:
		return true
	}
	return false
}

// lockEdges makes the edges of one lock from all lists that name it.
func (b *factory) lockEdges(base *model.ReportBase, ref model.Ref, ls []listed) {
	first := ls[0].lock
	lock := model.Lock{Ref: ref, Boot: base.Boot, Addr: first.Addr, Class: model.ClassRef(first.Lock), Why: why(base, ls[0].line, lockText(first), false)}
	sure, maybe := 0, 0
	for _, e := range ls {
		switch {
		case e.wants:
			lock.Type = e.wait.Type
		case e.holds():
			sure++
		default:
			maybe++
		}
	}
	b.f.Locks = append(b.f.Locks, lock)
	for _, e := range ls {
		cite := why(base, e.line, lockText(e.lock), false)
		switch {
		case e.wants:
			b.f.Edges = append(b.f.Edges, model.Edge{Kind: model.Waits, From: e.task, To: ref, Mode: orWrite(e.wait.Mode),
				Func: e.wait.Caller.Func, Stack: e.stack, Why: []model.Provenance{cite}})
			continue
		case e.last && sure > 0 && maybe > 0 && !e.wait.Known && len(e.stack) == 0 && exclusive(lock.Type):
			// Another task surely holds this exclusive lock, so a task whose
			// newest entry it is can only be waiting for it.
			cite.Derived = true
			b.f.Edges = append(b.f.Edges, model.Edge{Kind: model.Waits, From: e.task, To: ref, Mode: model.Write, Func: e.lock.Func, Why: []model.Provenance{cite}})
			continue
		}
		// Of several candidates for an exclusive lock only one holds it.
		cite.Derived = sure+maybe > 1 && exclusive(lock.Type) && !e.holds()
		mode := model.Write
		if sure+maybe > 1 && !exclusive(lock.Type) {
			mode = model.Read
		}
		b.f.Edges = append(b.f.Edges, model.Edge{Kind: model.HeldBy, From: ref, To: e.task, Mode: mode, Func: e.lock.Func, Why: []model.Provenance{cite}})
	}
}

func exclusive(t model.LockType) bool {
	switch t {
	case model.Mutex, model.WWMutex, model.RTMutex, model.Spinlock, model.RawSpinlock:
		return true
	}
	return false
}

func orWrite(m model.Mode) model.Mode {
	if m == "" {
		return model.Write
	}
	return m
}

func lockText(l *kreport.Lock) string {
	if l.Raw != "" {
		return l.Raw
	}
	s := ""
	if l.Idx != nil {
		s = fmt.Sprintf("#%d: ", *l.Idx)
	}
	if l.Addr != "" {
		s += l.Addr + " "
	}
	s += "(" + l.Lock + "){" + l.Usage + "}"
	if l.WaitType != "" {
		s += "-{" + l.WaitType + "}"
	}
	if l.Func != "" {
		s += ", at: " + l.Func
	}
	return s
}

// blockerType maps debug_show_blocker()'s words.
var blockerType = map[string]model.LockType{"mutex": model.Mutex, "semaphore": model.Semaphore, "rw-semaphore": model.RWSem}

// blocker makes edges of "task A blocked on a mutex likely owned by task B".
func (b *factory) blocker(r *kreport.HungBlocker) {
	if r.Primitive == "" {
		return
	}
	base := &r.ReportBase
	from := b.mention(base, r.Task.Comm, r.Task.PID, r.Line)
	t := &b.f.Tasks[b.tasks[from]]
	w := kstack.Classify(t.Stack)
	// A semaphore's last holder may have released it for another task, and a
	// reader owner is only the last reader (kernel/locking/rwsem.c).
	cite := why(base, r.Line, r.Header, r.Primitive == "semaphore" || r.OwnerAs == "reader")
	mode := model.Write
	if r.BlockedAs == "reader" {
		mode = model.Read
	}
	lock := b.wantedLock(from)
	if lock == "" {
		lock = model.LockRef(base.Boot, "wanted-by-"+label(r.Task.Comm, r.Task.PID))
		b.f.Locks = append(b.f.Locks, model.Lock{Ref: lock, Boot: base.Boot, Type: blockerType[r.Primitive], Why: cite})
		stated := cite
		stated.Derived = false
		b.f.Edges = append(b.f.Edges, model.Edge{Kind: model.Waits, From: from, To: lock, Mode: mode, Func: w.Caller.Func, Stack: t.Stack,
			Why: []model.Provenance{stated}})
	}
	if r.Owner == nil {
		return
	}
	owner := b.mention(base, r.Owner.Comm, r.Owner.PID, r.Line)
	held := model.Write
	if r.OwnerAs == "reader" {
		held = model.Read
	}
	b.f.Edges = append(b.f.Edges, model.Edge{Kind: model.HeldBy, From: lock, To: owner, Mode: held, AnyOf: r.Primitive == "semaphore",
		Why: []model.Provenance{cite}})
}

// wantedLock returns the lock that a held list already says the task waits
// for.
func (b *factory) wantedLock(task model.Ref) model.Ref {
	for ; b.indexed < len(b.f.Edges); b.indexed++ {
		e := &b.f.Edges[b.indexed]
		if _, seen := b.waits[e.From]; !seen && e.Kind == model.Waits {
			b.waits[e.From] = e.To
		}
	}
	return b.waits[task]
}
