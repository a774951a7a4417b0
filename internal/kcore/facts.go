package kcore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gordian/internal/kmem"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

// facts turns a state into facts of one input and one boot.
type facts struct {
	s      *State
	f      *model.Facts
	input  int
	boot   model.Boot
	done   map[*Lock]bool
	tasks  map[*Task]bool
	frames map[uint64]model.Frame // of lockdep's traces
	limit  time.Duration          // from which on a blocked task counts as stuck
}

// AddFacts states what the memory shows: the tasks that wait, for what, and who
// holds it, and what of the memory is missing. input is the dump's index among
// f.Inputs. An error says that the tasks cannot be read at all.
func (k *Kernel) AddFacts(ctx context.Context, f *model.Facts, input int, boot model.Boot) error {
	for _, what := range k.Incomplete {
		f.Incomplete = append(f.Incomplete, model.Incomplete{Input: input, Reason: what})
	}
	f.Count("modules", int64(len(k.Modules)))
	s, err := k.Analyze(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return err // the caller tells it, with the dump's name
	}
	s.Facts(input, boot, f)
	return nil
}

// Facts adds what the tasks do to f: the tasks that wait or hold, the locks
// and their edges, and on a lockdep kernel what it has learnt of lock orders.
func (s *State) Facts(input int, boot model.Boot, f *model.Facts) {
	x := &facts{s: s, f: f, input: input, boot: boot, done: map[*Lock]bool{}, tasks: map[*Task]bool{}, frames: map[uint64]model.Frame{}, limit: s.hungLimit()}
	for _, t := range s.Tasks {
		if x.interesting(t) {
			x.follow(t)
		}
	}
	x.lockdep()
	x.cutStacks()
	f.Count("tasks", int64(len(s.Tasks)))
	f.Count("locks waited for", int64(len(x.done)))
	for _, n := range s.Incomplete {
		f.Incomplete = append(f.Incomplete, model.Incomplete{Input: input, Reason: n})
	}
}

// interesting reports whether a task is one to begin with: it is blocked, or
// waits for something that a task holds. Most tasks sleep until there is
// something to do for them.
func (x *facts) interesting(t *Task) bool {
	switch {
	case t.Running:
		return !t.idle() || t.Wait != nil
	case x.stuck(t):
		return true
	case t.Wait == nil:
		return false
	}
	return t.State == "D" || kstack.IsLock(t.Wait.Lock.Type)
}

// follow adds a task, what it waits for, and those who hold that, with what
// they wait for in turn.
func (x *facts) follow(t *Task) {
	work := []*Task{t}
	for len(work) > 0 {
		t, work = work[len(work)-1], work[:len(work)-1]
		x.task(t)
		if t.Wait == nil || x.done[t.Wait.Lock] {
			continue
		}
		l := t.Wait.Lock
		x.lock(l)
		for _, w := range l.Waiters {
			work = append(work, w.Task)
		}
		for _, h := range l.Holders {
			work = append(work, h.Task)
		}
	}
}

func (t *Task) idle() bool { return t.PID == 0 }

func (x *facts) ref(t *Task) model.Ref {
	if t.PID == 0 {
		return model.TaskRef(x.boot, 0, fmt.Sprintf("swapper/%d", max(t.CPU, 0)))
	}
	return model.TaskRef(x.boot, t.PID, t.Comm)
}

// longest wait that is still ordinary, where the kernel's own limit is longer
// or switched off: a person who takes a dump does not wait two minutes.
const longWait = 20 * time.Second

// hungLimit is from when on a task in state D counts as stuck:
// kernel.hung_task_timeout_secs, if it is shorter than longWait.
func (s *State) hungLimit() time.Duration {
	at, ok := s.K.symbol("sysctl_hung_task_timeout_secs")
	if !ok {
		return longWait
	}
	v, err := kmem.U64(s.mem, at)
	if err != nil || v == 0 || v > uint64(longWait/time.Second) {
		return longWait
	}
	return time.Duration(v) * time.Second
}

// stuck reports whether a task is blocked for longer than a task should be:
// one that sleeps for a time of its own choice is not.
func (x *facts) stuck(t *Task) bool {
	if t.Running {
		return t.Wait != nil && x.s.spinsLong(t)
	}
	return t.State == "D" && t.Blocked >= x.limit && (!t.Class.Sleeping || t.Class.Known && t.Class.Type != "")
}

func (x *facts) task(t *Task) {
	if x.tasks[t] {
		return
	}
	x.tasks[t] = true
	m := model.Task{Ref: x.ref(t), Boot: x.boot, PID: t.PID, Comm: t.Comm, State: t.State, CPU: t.CPU, Workqueue: t.Workqueue, WorkFunc: t.Func,
		Stack: t.modelStack(), Stuck: x.stuck(t), Why: x.why(Reason{hex(t.Addr), "task_struct of " + t.Name()}, false)}
	if t.Blocked > 0 && t.State != "R" {
		m.Seconds = int(t.Blocked / time.Second)
	}
	x.f.Tasks = append(x.f.Tasks, m)
}

// cutStacks notes the stacks that end early, of tasks that matter: what they
// wait for, or hold, may be missing for that.
func (x *facts) cutStacks() {
	for _, t := range x.s.Tasks {
		if x.tasks[t] && t.StackErr != nil && !errors.Is(t.StackErr, errUserMode) {
			x.s.note("the stack of " + t.Name() + " is not known to its end: " + t.StackErr.Error())
		}
	}
}

func (x *facts) why(r Reason, derived bool) model.Provenance {
	return model.Provenance{Input: x.input, Locator: r.Where, Excerpt: r.What, Derived: derived}
}

// lockRef names a lock as lockdep does in the log, by its lockdep_map, so that
// what the log says of it joins.
func (x *facts) lockRef(l *Lock) model.Ref {
	at := l.Addr
	if m, ok := x.s.lockdepMap(l.Addr, l.Type); ok {
		at = m
	}
	return model.LockRef(x.boot, fmt.Sprintf("%016x", at))
}

func (x *facts) lock(l *Lock) {
	if x.done[l] {
		return
	}
	x.done[l] = true
	ref := x.lockRef(l)
	m := model.Lock{Ref: ref, Boot: x.boot, Addr: fmt.Sprintf("%016x", l.Addr), Type: l.Type, Why: x.why(Reason{hex(l.Addr), l.Name + ": " + l.Words}, false)}
	if l.Class != "" {
		m.Class = model.ClassRef(l.Class)
	} else {
		m.In = x.s.inside(l.Addr)
	}
	x.f.Locks = append(x.f.Locks, m)
	for _, w := range l.Waiters {
		x.waits(l, ref, w)
	}
	for _, h := range l.Holders {
		x.held(l, ref, h)
	}
	if l.Gone != "" {
		x.gone(l, ref)
	}
}

func (x *facts) waits(l *Lock, ref model.Ref, w Waiter) {
	t := w.Task
	x.task(t)
	if t.Wait == nil || t.Wait.Lock != l {
		return
	}
	why := t.Wait.Why
	if l.Words != "" {
		why.What += " (" + l.Words + ")"
	}
	x.f.Edges = append(x.f.Edges, model.Edge{Kind: model.Waits, From: x.ref(t), To: ref, Mode: orWrite(w.Mode), Func: kstack.Base(t.Class.Caller.Func),
		Stack: t.modelStack(), Why: []model.Provenance{x.why(why, t.Wait.Inferred)}})
}

func (x *facts) held(l *Lock, ref model.Ref, h Holder) {
	x.task(h.Task)
	e := model.Edge{Kind: model.HeldBy, From: ref, To: x.ref(h.Task), Mode: orWrite(h.Mode), AnyOf: h.AnyOf, Func: kstack.Base(h.At.Func), Agreed: h.Agreed, Unsure: h.Unsure, Never: h.Never}
	if h.At.Func != "" {
		e.Stack = []model.Frame{h.At}
	}
	for _, r := range h.Why {
		e.Why = append(e.Why, x.why(r, !h.Stated))
	}
	x.f.Edges = append(x.f.Edges, e)
}

// gone states a lock whose owner does not exist any more.
func (x *facts) gone(l *Lock, ref model.Ref) {
	g := model.Gone{Lock: ref, Why: x.why(Reason{hex(l.Addr), l.Gone}, false)}
	if t := l.GoneTask; t != nil {
		g.Comm, g.PID = t.Comm, t.PID
	}
	x.f.Gone = append(x.f.Gone, g)
}
