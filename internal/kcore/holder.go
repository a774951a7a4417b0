package kcore

import (
	"context"
	"slices"

	"gordian/internal/kcode"
	"gordian/internal/kstack"
	"gordian/internal/model"
	"gordian/internal/unwind"
)

// findHolders infers who holds the locks that keep no owner, and finds owners
// that are gone. Only locks that somebody waits for are of interest.
func (s *State) findHolders(ctx context.Context) {
	for _, l := range s.Locks {
		s.reused(l)
	}
	s.lockdepHolders()
	s.findNever()
	s.findSites()
	if !s.needInference() {
		return
	}
	for _, t := range s.Tasks {
		if ctx.Err() != nil {
			return
		}
		s.infer(t)
	}
	for _, l := range s.Locks {
		s.settle(l)
	}
}

// ownerless reports whether a lock's memory does not say who holds it.
func ownerless(l *Lock) bool {
	if l.Gone != "" {
		return false
	}
	for _, h := range l.Holders {
		if h.Stated {
			return false
		}
	}
	switch l.Type {
	case model.Semaphore, model.RWSem, model.Spinlock, model.RWLock, model.Completion, model.PercpuRWSem, model.BitLock, model.SRCU:
		return true
	}
	return false
}

func (s *State) needInference() bool {
	s.inferred = map[model.LockType]bool{}
	for _, l := range s.Locks {
		if len(l.Waiters) > 0 && ownerless(l) {
			s.inferred[l.Type] = true
		}
	}
	return len(s.inferred) > 0
}

// infer looks at what the code of each frame of a task has taken and not
// released, and at what it would go on to release or complete.
func (s *State) infer(t *Task) {
	if len(t.Frames) == 0 || t.State == "I" && t.Func == "" {
		return // an idle worker: its stack is the same as all others'
	}
	if !s.worthValues(t, func(f *unwind.Frame) bool { return s.touchesOwnerless(t, f) }) {
		return
	}
	v := s.values(t)
	if v == nil {
		return
	}
	for i := range v.Frames {
		p := v.Point(i)
		if p == nil || t.handsOn(p) {
			continue
		}
		for _, h := range p.Held {
			s.inferHold(t, v, i, p, h)
		}
		for _, e := range p.Events {
			s.inferEvent(t, v, i, p, e)
		}
	}
}

// handsOn reports whether a task is in the code that switches to another one:
// who runs next releases the runqueue (kernel/sched/core.c, finish_lock_switch()).
func (t *Task) handsOn(p *kcode.Point) bool { return !t.Running && p.Func.Name == "__schedule" }

// touchesOwnerless reports whether the code of a frame has taken a lock whose
// holder must be inferred, or goes on to end such a wait.
func (s *State) touchesOwnerless(t *Task, f *unwind.Frame) bool {
	p, err := s.code.At(f)
	if err != nil || t.handsOn(p) {
		return false
	}
	return slices.ContainsFunc(p.Held, func(h kcode.Hold) bool { return s.inferred[h.Type] }) ||
		slices.ContainsFunc(p.Events, func(e kcode.Event) bool { return s.inferred[e.Type] && !mustTake(e.Type) })
}

// mustTake reports whether a lock is released only by code that has taken it.
func mustTake(t model.LockType) bool { return t != model.Completion && t != model.BitLock }

// wanted returns the lock at an address, if somebody waits for it and its
// holder is not known.
func (s *State) wanted(addr uint64, typ model.LockType) *Lock {
	l := s.locks[lockKey{addr, typ}]
	if l == nil || len(l.Waiters) == 0 || !ownerless(l) {
		return nil
	}
	return l
}

// inferHold: the code took a lock and has not released it.
func (s *State) inferHold(t *Task, v *kcode.Stack, i int, p *kcode.Point, h kcode.Hold) {
	addr, how, ok := v.Resolve(i, h.Addr)
	if !ok {
		return
	}
	l := s.wanted(addr, h.Type)
	if l == nil {
		return
	}
	x := l.inferred(t, h.Mode)
	x.took, x.frame = true, i
	x.sure = x.sure || h.Sure
	x.how = max(x.how, how)
	x.mode = h.Mode
	what := t.Name() + " took it in " + p.Func.Name + "(), " + howWord(how)
	if h.Via != "" {
		what += ", through " + h.Via + "()"
	}
	x.why = append(x.why, Reason{hex(h.Site), what})
	x.at = s.site(h.Site)
}

// inferEvent: the code comes to a release or completion.
func (s *State) inferEvent(t *Task, v *kcode.Stack, i int, p *kcode.Point, e kcode.Event) {
	addr, how, ok := v.Resolve(i, e.Addr)
	if !ok {
		return
	}
	if e.Type == model.PercpuRWSem && e.Mode == model.Read {
		f, ok := s.field("percpu_rw_semaphore", "writer") // which is what the reader passes
		if !ok {
			return
		}
		addr -= f.Offset
	}
	l := s.wanted(addr, e.Type)
	if l == nil {
		return
	}
	if mustTake(e.Type) && !l.took(t, i) {
		return // it may be of another time: what the frame would take first
	}
	x := l.inferred(t, e.Mode)
	word := " would release it in "
	if e.Op == kcode.Complete {
		word = " would complete it in "
	}
	if x.gives {
		return // one place is enough
	}
	x.gives = true
	x.how = max(x.how, how)
	what := t.Name() + word + p.Func.Name + "(), " + howWord(how)
	if e.Via != "" {
		what += ", through " + e.Via + "()"
	}
	x.why = append(x.why, Reason{hex(e.Site), what})
	if x.at.Func == "" {
		x.at = s.site(e.Site)
	}
}

// findSites finds where the owners that locks name have taken them: whether
// that is in an interrupt, or in what it stopped, makes another thing of a
// task that waits for itself.
func (s *State) findSites() {
	for _, l := range s.Locks {
		for i := range l.Holders {
			if h := &l.Holders[i]; h.Stated && h.At.Func == "" && len(l.Waiters) > 0 && kstack.IsLock(l.Type) {
				h.At = s.tookAt(l, h.Task)
			}
		}
	}
}

// tookAt returns where a task has taken a lock, if its frames show it.
func (s *State) tookAt(l *Lock, t *Task) model.Frame {
	v := s.values(t)
	if v == nil {
		return model.Frame{}
	}
	// What it waits in may have to do with the same lock.
	for i := max(t.Class.CallerIndex, 0); i < len(v.Frames); i++ {
		p := v.Point(i)
		if p == nil {
			continue
		}
		for _, h := range p.Held {
			if addr, _, ok := v.Resolve(i, h.Addr); ok && addr == l.Addr && h.Type == l.Type {
				return s.site(h.Site)
			}
		}
	}
	return model.Frame{}
}

// site names an instruction.
func (s *State) site(addr uint64) model.Frame {
	sym, off, ok := s.K.Sym.Lookup(addr)
	if !ok {
		return model.Frame{}
	}
	return model.Frame{Func: sym.Name, Offset: off, Size: sym.Size, Module: sym.Module}
}

// findNever finds owners that cannot release what they own any more: they are
// in a loop without an end, and nothing in it, nor in what they return to
// before, releases the lock. Only locks that their owner has to release count.
func (s *State) findNever() {
	for _, l := range s.Locks {
		switch l.Type {
		case model.Mutex, model.RTMutex, model.RWSem:
		default:
			continue
		}
		for i := range l.Holders {
			if h := &l.Holders[i]; h.Stated && h.Mode == model.Write && len(l.Waiters) > 0 && !h.Task.Running && h.Task.State != "D" {
				s.never(l, h)
			}
		}
	}
}

func (s *State) never(l *Lock, h *Holder) {
	v := s.values(h.Task)
	if v == nil || h.Task.Class.CallerIndex < 0 {
		return
	}
	// Further in are the functions of the scheduler, which release nothing.
	for i := h.Task.Class.CallerIndex; i < len(v.Frames); i++ {
		p := v.Point(i)
		if p == nil {
			return
		}
		for _, e := range p.Events {
			if e.Op != kcode.Release || e.Type != l.Type {
				continue
			}
			if addr, _, ok := v.Resolve(i, e.Addr); !ok || addr == l.Addr {
				return
			}
		}
		if p.Stays {
			h.Never = true
			h.At = h.Task.Frames[min(i, len(h.Task.Frames)-1)].Sym
			h.Why = append(h.Why, Reason{hex(v.Frames[i].Regs.IP), p.Func.Name + "(), which " + h.Task.Name() + " is in, loops without an end and without a release of " + l.Name})
			return
		}
	}
}
