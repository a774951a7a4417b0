package kcore

import (
	"fmt"
	"slices"

	"gordian/internal/kcode"
	"gordian/internal/model"
)

// guess is what was inferred of one task and one lock.
type guess struct {
	task  *Task
	mode  model.Mode
	took  bool // it has taken the lock and not released it
	frame int  // in which
	gives bool // it comes to a release or completion
	sure  bool // on every way through the code
	how   kcode.How
	why   []Reason
	at    model.Frame
}

func (l *Lock) inferred(t *Task, mode model.Mode) *guess {
	for _, g := range l.guesses {
		if g.task == t {
			return g
		}
	}
	g := &guess{task: t, mode: mode}
	l.guesses = append(l.guesses, g)
	return g
}

// took reports whether a frame of a task has been found to have taken the lock.
func (l *Lock) took(t *Task, frame int) bool {
	return slices.ContainsFunc(l.guesses, func(g *guess) bool { return g.task == t && g.took && g.frame == frame })
}

// settle makes holders of what was inferred about a lock.
func (s *State) settle(l *Lock) {
	var hs []Holder
	for _, g := range l.guesses {
		if !g.holds(l) {
			continue
		}
		hs = append(hs, Holder{Task: g.task, Mode: orWrite(g.mode), Unsure: !g.certain(l), Why: g.why, At: g.at})
	}
	if len(hs) == 0 {
		return
	}
	agree := s.agree(l, hs)
	for i := range hs {
		hs[i].Agreed = agree && !hs[i].Unsure
		hs[i].AnyOf = len(hs) > 1 && anyOf(l)
	}
	slices.SortStableFunc(hs, func(a, b Holder) int { return a.Task.PID - b.Task.PID })
	// A hint of the kernel that the code confirms is a second witness.
	for _, h := range l.Holders {
		for i := range hs {
			if hs[i].Task == h.Task {
				hs[i].Agreed = hs[i].Agreed || !hs[i].Unsure
				hs[i].Why = append(hs[i].Why, h.Why...)
			}
		}
	}
	l.Holders = hs
}

func orWrite(m model.Mode) model.Mode {
	if m == "" {
		return model.Write
	}
	return m
}

// holds reports whether a guess makes its task a holder. What a waiter itself
// would release after the wait is no sign that it holds it now.
func (g *guess) holds(l *Lock) bool {
	waits := slices.ContainsFunc(l.Waiters, func(w Waiter) bool { return w.Task == g.task })
	switch l.Type {
	case model.Completion:
		return g.gives && !waits
	case model.BitLock:
		return g.gives && !waits && !g.task.Running
	case model.Semaphore:
		// A semaphore may be used to wait for a signal: then it is taken again
		// and again, and never given by the one who takes it.
		return g.took && (g.gives || !waits)
	}
	return g.took
}

// certain reports whether nothing in the code speaks against a guess. A wait
// with a limit is for something that may be late: hardware, mostly.
func (g *guess) certain(l *Lock) bool {
	if l.Type == model.Completion {
		timed := slices.ContainsFunc(l.Waiters, func(w Waiter) bool { return w.Task.through("timeout") && w.Task.Class.IO })
		return !timed && g.how < kcode.FromMemory
	}
	switch {
	case l.Type == model.SRCU && !g.before(l) && !l.counts():
		return false
	case l.Type == model.PercpuRWSem && g.mode == model.Read:
		// Only the slow path of the reader is a call, so that no reader takes it
		// on every way; the count says that this one did.
		return g.took && g.gives && l.counts() && g.how < kcode.FromMemory
	}
	return g.sure && g.how < kcode.FromMemory
}

// counts reports whether the lock counts as many readers as were found.
func (l *Lock) counts() bool { return l.Readers > 0 && l.Readers == len(l.guesses) }

// before reports whether a task sleeps for longer than all those that wait: a
// reader that began after a grace period does not hold it up.
func (g *guess) before(l *Lock) bool {
	return !g.task.Running && !slices.ContainsFunc(l.Waiters, func(w Waiter) bool { return w.Task.lastRun < g.task.lastRun })
}

// anyOf: one release is enough for a semaphore and a completion; a lock that
// has readers waits for all of them.
func anyOf(l *Lock) bool {
	return l.Type == model.Semaphore || l.Type == model.Completion || l.Type == model.BitLock
}

// agree reports whether something else says the same as the code that has
// taken the lock: the code that releases it, or the lock's own count.
func (s *State) agree(l *Lock, hs []Holder) bool {
	switch l.Type {
	case model.Semaphore:
		if len(hs) != 1 || l.Words != "count 0" {
			return false
		}
	case model.RWSem:
		return l.Readers > 0 && len(hs) == l.Readers
	case model.RWLock:
		if l.Readers > 0 {
			return len(hs) == l.Readers
		}
		if len(hs) != 1 || l.Words != writerHas {
			return false
		}
	case model.SRCU:
		return l.counts()
	case model.PercpuRWSem:
		if l.Readers > 0 {
			return l.counts()
		}
		if len(hs) != 1 || l.Words != writerMayHave {
			return false
		}
	case model.Spinlock:
		if len(hs) != 1 || l.Words == "free" {
			return false
		}
	default: // nothing else tells of those
		return false
	}
	for _, g := range l.guesses {
		if g.task == hs[0].Task {
			return g.took && g.gives
		}
	}
	return false
}

// String names a holder with how sure it is.
func (h *Holder) String() string {
	word := "inferred"
	switch {
	case h.Stated:
		word = "stated"
	case h.Agreed:
		word = "inferred, two signs agree"
	case h.Unsure:
		word = "possible"
	}
	return fmt.Sprintf("%s (%s)", h.Task.Name(), word)
}
