package kcore

import (
	"slices"

	"gordian/internal/kcode"
	"gordian/internal/kstack"
	"gordian/internal/model"
	"gordian/internal/unwind"
)

// values returns the stack of a task with the values that code and saved
// registers give; nil if it has none.
func (s *State) values(t *Task) *kcode.Stack {
	if t.values != nil || s.unwinder == nil || len(t.Frames) == 0 {
		return t.values
	}
	regs, trap, err := s.startOf(t)
	if err != nil {
		return nil
	}
	frames, _ := s.unwinder.Walk(regs, trap, s.code)
	t.values = s.code.Stack(frames)
	return t.values
}

// worthValues reports whether any frame of a task is of interest. It is asked
// before values, which are found for each task anew, while the code of a place
// is looked at once: thousands of tasks sleep in the same few.
func (s *State) worthValues(t *Task, interesting func(*unwind.Frame) bool) bool {
	if t.values != nil || t.StackErr != nil { // with what code says of registers, the walk may go further
		return true
	}
	return slices.ContainsFunc(t.Frames, func(f Frame) bool {
		return !f.Unreliable && interesting(&f.Frame)
	})
}

// waitByCode finds the lock of a blocked task by what it passed to the lock
// function: for primitives that queue no structure of their own, and where the
// queue cannot be read.
func (s *State) waitByCode(t *Task) {
	l, mode, why := s.lockArgument(t)
	if l == nil || !kstack.IsLock(l.Type) && l.Type != t.Class.Type {
		return // what the stack waits for stands further out
	}
	s.wait(t, l, mode, why)
	t.Wait.Inferred = !s.writerOf(l, t)
}

// writerOf reports whether the lock itself says that a task is the writer that
// waits for its readers: on PREEMPT_RT the writer of an rwsem owns the rtmutex
// in it by then (kernel/locking/rwbase_rt.c, rwbase_write_lock()).
func (s *State) writerOf(l *Lock, t *Task) bool {
	at, err := s.at(l.Addr, "rw_semaphore", "rwbase.rtmutex")
	if err != nil || l.Type != model.RWSem {
		return false
	}
	owner, err := s.get(at, "rt_mutex_base", "owner")
	return err == nil && owner&^1 == t.Addr
}

// lockArgument returns the lock that a task has passed to the lock function
// that it is in.
func (s *State) lockArgument(t *Task) (*Lock, model.Mode, Reason) {
	addr, e, why := s.argument(t, func(e kcode.Effect) bool { return e.Op == kcode.Acquire || e.Op == kcode.Await })
	if addr == 0 {
		return nil, "", Reason{}
	}
	return s.waitedFor(addr, e.Type), e.Mode, why
}

// argument returns the first argument of the innermost function that a task is
// in and that does what is asked for; 0 if there is none, or it is not known.
func (s *State) argument(t *Task, does func(kcode.Effect) bool) (uint64, kcode.Effect, Reason) {
	calls := func(f *unwind.Frame) bool {
		e, ok := s.code.CallBefore(f.Regs.IP)
		return ok && !f.Trap && does(e)
	}
	if !s.worthValues(t, calls) {
		return 0, kcode.Effect{}, Reason{}
	}
	v := s.values(t)
	if v == nil {
		return 0, kcode.Effect{}, Reason{}
	}
	for i := range v.Frames {
		p := v.Point(i)
		if p == nil || p.Call == 0 {
			continue
		}
		e, ok := s.code.Does(p.Call)
		if !ok || !does(e) {
			continue
		}
		addr, how, ok := v.Resolve(i, p.Arg)
		if !ok {
			break
		}
		return addr, e, Reason{hex(v.Frames[i].Regs.IP), "argument of " + s.funcName(p.Call) + "(), " + howWord(how)}
	}
	return 0, kcode.Effect{}, Reason{}
}

// waitedFor is the lock at an address; what is not a lock gets its name and its
// holder here.
func (s *State) waitedFor(addr uint64, typ model.LockType) *Lock {
	switch typ {
	case model.Work:
		l := s.work(addr, s.workFunc(addr))
		for _, w := range s.workers {
			if w.work == addr {
				l.Holders = appendHolder(l.Holders, w.runs())
			}
		}
		return l
	case model.Timer:
		return s.timer(addr)
	}
	return s.lock(addr, typ)
}

func howWord(h kcode.How) string {
	switch h {
	case kcode.FromCode:
		return "a constant in the code"
	case kcode.FromRegister:
		return "from a saved register"
	case kcode.FromCaller:
		return "handed down by the caller"
	}
	return "read through a pointer"
}
