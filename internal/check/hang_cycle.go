package check

import (
	"slices"
	"strings"

	"gordian/internal/engine"
	"gordian/internal/model"
)

// cycle turns a cycle of the wait graph into a finding, with the tasks that
// are stuck behind it.
func (h *hangs) cycle(c engine.WaitCycle) {
	if h.interruptCycle(c) {
		return
	}
	var ts []*task
	rule := "deadlock"
	for _, r := range c.Tasks {
		t := h.taskOf(r)
		ts = append(ts, t)
		if codeWait(t.wait.Type) {
			rule = "wait-under-lock"
		}
	}
	for _, e := range c.Edges { // a dump may know more than the stack shows
		if e.Kind == model.Waits && codeWait(h.locks[e.To].Type) {
			rule = "wait-under-lock"
		}
	}
	if len(ts) == 1 && rule == "deadlock" && !c.Edges[0].Mode.Shared() {
		rule = "recursive-lock" // a reader that waits for itself has a writer in between
	}
	f := h.finding(rule)
	f.Status, f.Verdict = model.Actual, model.Deadlocked
	f.Confidence = h.cycleConfidence(c)
	hinted, apart := slices.ContainsFunc(c.Edges, h.hintedOwner), h.apart(ts) && !h.oneMoment(c)
	guessed := slices.ContainsFunc(c.Edges, unsure)
	if hinted || apart {
		f.Verdict, f.Confidence = model.Undecided, lower(f.Confidence, h.doubtLevel(apart))
	}
	h.take(&f, ts...)
	for _, e := range append(slices.Clone(c.Edges), c.Support...) {
		f.Path = append(f.Path, h.step(e))
		h.reportsOf(&f, e)
	}
	h.addLocks(&f, c.Locks)
	for _, t := range ts {
		f.Tasks = append(f.Tasks, h.taskInfo(t))
		if f.Function == "" {
			blame(&f, t.wait.Caller)
		}
	}
	for _, t := range ts {
		if codeWait(t.wait.Type) {
			blame(&f, t.wait.Caller) // the cure is where it waits with a lock held
			break
		}
	}
	f.Title, f.Explanation = h.tellCycle(ts, c.Edges)
	f.Interleaving = h.playCycle(ts, c.Edges)
	behind := h.addBehind(&f, h.waits.BehindCycle(c), "")
	if len(behind) > 0 {
		f.Explanation += " " + plural(len(behind), "more task") + pick(len(behind) == 1, " waits", " wait") + " behind them: " + list(behind, 5) + "."
	}
	f.Fingerprint = model.Fingerprint(rule, h.cycleKey(ts, c)...)
	if c.Derived > 0 {
		f.Missing = append(f.Missing, h.doubts(c)...)
	}
	h.doubtful(&f, c, hinted, apart)
	if guessed {
		f.Verdict, f.Title = model.Undecided, "may be a deadlock: "+strings.TrimPrefix(f.Title, "may be a deadlock: ")
		f.Explanation = strings.Replace(f.Explanation, hopeless, " If each of them holds what this says, none can go on.", 1)
	}
	h.cycleFix(&f, ts, c)
	var classNames []string
	for _, l := range f.Locks {
		classNames = append(classNames, l.Name)
	}
	addClassFixes(&f, 1, classNames)
	verifyFor(&f, ts)
	h.out = append(h.out, f)
}

// tellCycle explains a cycle: who holds what, and who waits for it.
func (h *hangs) tellCycle(ts []*task, edges []model.Edge) (title, text string) {
	var names, parts []string
	for _, t := range ts {
		names = append(names, t.name())
	}
	for _, e := range edges {
		if e.Kind != model.Waits {
			continue
		}
		t := h.taskOf(e.From)
		parts = append(parts, t.name()+" waits for "+h.say(e.To)+inFn(t.wait.Caller.Func)+h.heldByText(e.To, edges))
	}
	if len(ts) == 1 {
		lock := h.say(edges[0].To)
		if edges[0].Mode.Shared() {
			return ts[0].name() + " waits for " + lock + ", which it holds itself for reading",
				ts[0].name() + " asks for " + lock + inFn(ts[0].wait.Caller.Func) + " for reading although it holds it for reading already. A writer has queued up in between: it waits for this reader, and new readers wait behind it, this one too."
		}
		return ts[0].name() + " waits for " + lock + ", which it holds itself",
			ts[0].name() + " asks for " + lock + inFn(ts[0].wait.Caller.Func) + " although it holds it already. It waits for itself, for ever."
	}
	title = list(names, 4) + " wait for each other"
	for i, e := range edges {
		t := h.taskOf(e.From)
		if e.Kind != model.Waits || !codeWait(t.wait.Type) {
			continue
		}
		// The edge before it in the circle is what this task holds.
		if prev := edges[(i+len(edges)-1)%len(edges)]; prev.Kind == model.HeldBy {
			title = t.name() + " waits for " + h.say(e.To) + " while it holds " + h.lockName(prev.From) + ", which " + h.say(e.To) + " needs"
		}
	}
	return title, strings.Join(parts, "; ") + "." + hopeless
}

const hopeless = " None of them can go on, so none will ever release what the others need."

// heldByText says who of the cycle holds a lock.
func (h *hangs) heldByText(lock model.Ref, edges []model.Edge) string {
	for _, e := range edges {
		if e.Kind == model.HeldBy && e.From == lock {
			s := ", held by " + h.taskOf(e.To).name()
			switch h.locks[lock].Type {
			case model.Work:
				s = ", which " + h.taskOf(e.To).name() + " runs"
			case model.Completion:
				s = ", which " + h.taskOf(e.To).name() + " is to complete"
			}
			if e.Mode.Shared() {
				s += " for reading"
			}
			return s
		}
	}
	return ""
}

func (h *hangs) playCycle(ts []*task, edges []model.Edge) []model.Moment {
	var out []model.Moment
	for _, e := range edges {
		if e.Kind == model.HeldBy {
			t := h.taskOf(e.To)
			out = append(out, h.holds(t, e))
		}
	}
	for _, e := range edges {
		if e.Kind != model.Waits {
			continue
		}
		t := h.taskOf(e.From)
		m := model.Moment{Actor: t.name(), Note: "waits for ever" + inFn(t.wait.Caller.Func)}
		if e.To.Kind() == model.KindTask {
			m.Does = pick(t.wait.Func == "", "wait", waitFunc(t.wait)) + "()"
			m.Note += ", for " + h.target(e.To)
		} else {
			m.Does = askCall(h.locks[e.To].Type, e.Mode, h.argument(e.To))
			m.Note += h.heldByText(e.To, edges)
		}
		out = append(out, m)
	}
	return out
}

// holds is the moment in which a task comes to hold what others wait for. What
// is waited for like a lock is not taken: a worker runs its work.
func (h *hangs) holds(t *task, e model.Edge) model.Moment {
	typ, name := h.locks[e.From].Type, h.argument(e.From)
	m := model.Moment{Actor: t.name(), Does: holdCall(typ, e.Mode, name), Note: "gets it"}
	switch {
	case typ == model.Completion:
		m.Does, m.Note = "is the one to complete "+pick(name == "", "it", name), ""
	case codeWait(typ):
		m.Does, m.Note = "runs "+pick(name == "", "what is waited for", name), ""
	}
	return m
}

// argument is how a lock stands in a call: nothing, if it has no name.
func (h *hangs) argument(r model.Ref) string {
	if name := h.lockName(r); name == h.say(r) {
		return name
	}
	return ""
}

// cycleKey is what stays equal when the same deadlock happens again: classes,
// or, where they are not known, functions.
func (h *hangs) cycleKey(ts []*task, c engine.WaitCycle) []string {
	var key []string
	for _, r := range c.Locks {
		if cl := h.locks[r].Class; cl != "" {
			key = append(key, cl.Name())
		}
	}
	if len(key) < len(c.Locks) || len(key) == 0 {
		for _, t := range ts {
			key = append(key, t.wait.Caller.Func)
		}
	}
	return uniq(sortedCopy(key))
}

func (h *hangs) cycleFix(f *model.Finding, ts []*task, c engine.WaitCycle) {
	switch {
	case f.Rule == "wait-under-lock":
		for _, t := range ts {
			if codeWait(t.wait.Type) {
				held := h.taskInfo(t).Holds
				ownFix(f, "Release "+pick(len(held) == 0, "the lock", list(held, 3))+" before "+waitFunc(t.wait)+"()"+inFn(t.wait.Caller.Func),
					"The code it waits for needs that lock. Mark the object as closing under the lock, release it, then wait.")
				return
			}
		}
	case len(ts) == 1:
		f.Fix = slices.Clone(h.docs["recursive-lock"].Fixes)
	case len(c.Locks) >= 2:
		a, b := h.lockName(c.Locks[0]), h.lockName(c.Locks[1])
		where := ""
		if ts[0].wait.Caller.Func != "" && ts[1].wait.Caller.Func != "" {
			where = " " + ts[0].wait.Caller.Func + "() and " + ts[1].wait.Caller.Func + "() take them in different orders: change one of the two."
		}
		if a != b {
			ownFix(f, "Take "+a+" and "+b+" in one order", "Choose one order for these locks and follow it on every path."+where)
		}
	}
}
