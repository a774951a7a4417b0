package check

import (
	"slices"
	"strings"

	"gordian/internal/engine"
	"gordian/internal/model"
)

// cycleConfidence: stated edges prove a cycle. An inferred wait for the last
// held lock is as good when the stack shows the task at the place where
// lockdep says it took that lock; classes that stand for one static lock each
// are as good as instances.
func (h *hangs) cycleConfidence(c engine.WaitCycle) model.Confidence {
	if c.Proven {
		return model.High
	}
	for _, e := range c.Edges {
		if slices.ContainsFunc(e.Why, func(p model.Provenance) bool { return !p.Derived }) {
			continue
		}
		if !h.solid(e) {
			return model.Medium
		}
	}
	return model.High
}

// doubtful takes back what a cycle of guessed or old edges would say for sure.
func (h *hangs) doubtful(f *model.Finding, c engine.WaitCycle, hinted, apart bool) {
	if hinted || apart {
		f.Explanation = strings.Replace(f.Explanation, hopeless, "", 1)
	}
	if hinted {
		f.Title = "probably a deadlock: " + f.Title
		f.Explanation += " The kernel only guesses who holds " + pick(len(c.Locks) == 1, "this lock", "these locks") + ": it names the task that took it last, and another may have it by now. If the guess is right, this is a deadlock."
		f.Missing = append(f.Missing, "Who holds it now: a semaphore and the readers of an rw-semaphore have no owner. The source shows who takes which one first; a dump shows the waiters of each.")
	}
	if apart {
		f.Title = "may be a deadlock: " + f.Title
		f.Explanation += " But these waits were reported at times that do not touch: the earlier may have ended before the later began, and then nothing is deadlocked."
		f.Missing = append(f.Missing, "Two reports of the same time: SysRq-w, or SysRq-d with lockdep on, while it hangs.")
	}
}

// doubtLevel: reports of different times prove less than a guess of the kernel.
func (h *hangs) doubtLevel(apart bool) model.Confidence {
	if apart {
		return model.Low
	}
	return model.Medium
}

// hintedOwner reports whether a holder comes from a record that the kernel
// itself calls a hint: the last holder of a semaphore, or one of the readers
// of an rw-semaphore (debug_show_blocker(), kernel/hung_task.c).
func (h *hangs) hintedOwner(e model.Edge) bool {
	l := h.locks[e.From]
	return e.Kind == model.HeldBy && l.Addr == "" && l.Class == "" && (l.Type == model.Semaphore || e.Mode.Shared())
}

// solid reports whether an inferred edge leaves no reasonable doubt.
func (h *hangs) solid(e model.Edge) bool {
	lock := e.To
	if e.Kind == model.HeldBy {
		lock = e.From
	}
	if lock.Kind() == model.KindTask {
		return false
	}
	l := h.locks[lock]
	if l.Addr == "" {
		return l.Class != "" && staticName(l.Class.Name())
	}
	if e.Kind != model.Waits {
		return false
	}
	t := h.taskOf(e.From)
	if !lockWait(t.wait.Type) || len(t.stack) == 0 {
		return false
	}
	// "at: f+0x1/0x2" of the lock line is the caller of the lock function.
	return t.wait.Caller.Func != "" && slices.ContainsFunc(e.Why, func(p model.Provenance) bool {
		return strings.Contains(p.Excerpt, t.wait.Caller.Func+"+") || strings.Contains(p.Excerpt, " "+waitFunc(t.wait)+"+")
	})
}

// doubts says what would turn the inferred links of a cycle into stated ones.
func doubts(c engine.WaitCycle) []string {
	n := 0
	for _, e := range append(slices.Clone(c.Edges), c.Support...) {
		if !slices.ContainsFunc(e.Why, func(p model.Provenance) bool { return !p.Derived }) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return []string{"Links marked inferred in the proof come from joining several lines. A list of the held locks from the time of the hang (SysRq-d while lockdep is on) or a crash dump states them."}
}
