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
	if slices.ContainsFunc(c.Edges, unsure) {
		return model.Low
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

// unsure reports whether nothing but a guess speaks for an edge.
func unsure(e model.Edge) bool {
	return e.Unsure && !slices.ContainsFunc(e.Why, func(p model.Provenance) bool { return !p.Derived })
}

// solid reports whether an inferred edge leaves no reasonable doubt.
func (h *hangs) solid(e model.Edge) bool {
	if e.Agreed {
		return true
	}
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
func (h *hangs) doubts(c engine.WaitCycle) []string {
	var out []string
	for _, e := range append(slices.Clone(c.Edges), c.Support...) {
		switch {
		case slices.ContainsFunc(e.Why, func(p model.Provenance) bool { return !p.Derived }):
		case h.fromMemory(e):
			out = append(out, h.codeDoubt(e))
		default:
			out = append(out, "Links marked inferred in the proof come from joining several lines. A list of the held locks from the time of the hang (SysRq-d while lockdep is on) or a crash dump states them.")
		}
	}
	return uniq(out)
}

// fromMemory reports whether a dump shows an edge, not lines of a log; the log
// of a dump is of the same input, and counts its lines.
func (v *view) fromMemory(e model.Edge) bool {
	return slices.ContainsFunc(e.Why, func(p model.Provenance) bool {
		return v.inputKind(p.Input) == model.InputCore && !strings.HasPrefix(p.Locator, "line ")
	})
}

func (v *view) inputKind(i int) model.InputKind {
	if i < 0 || i >= len(v.facts.Inputs) {
		return ""
	}
	return v.facts.Inputs[i].Kind
}

// codeDoubt says what an inference from machine code leaves open.
func (h *hangs) codeDoubt(e model.Edge) string {
	if e.Kind == model.Waits {
		return "That " + h.taskOf(e.From).name() + " waits for " + h.say(e.To) + " is inferred from what it passed to the lock function."
	}
	who, lock := h.taskOf(e.To).name(), h.say(e.From)
	text := "The kernel keeps no owner of " + lock + ". That " + who + " has it is inferred from the machine code that it has run through: the addresses in the proof are those of the instructions."
	switch typ := h.locks[e.From].Type; {
	case typ == model.Completion:
		text = "That " + who + " is the one to complete " + lock + " is inferred from the code that it is on its way to. The source shows whether another task, a timer or an interrupt completes it too."
	case e.Unsure:
		text += " Not every way through this code takes it."
	case e.AnyOf:
		text += " Others may have it too."
	}
	return text
}
