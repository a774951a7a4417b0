package check

import (
	"slices"

	"gordian/internal/engine"
	"gordian/internal/model"
)

// findHangs gives every blocked task to one finding: the deadlock it is in or
// behind, the tree of the blocker it is behind, the owner that is gone, or,
// when the evidence does not say, a finding of its own.
func (v *view) findHangs() []model.Finding {
	h := &hangs{view: v, done: map[model.Ref]bool{}}
	for _, c := range v.waits.Cycles() {
		h.cycle(c)
	}
	h.orphans()
	h.gone()
	for _, r := range v.waits.Roots() {
		h.root(r)
	}
	h.attach()
	h.modules()
	h.rest()
	return h.out
}

// hangs is the state of findHangs.
type hangs struct {
	*view
	done map[model.Ref]bool // tasks that a finding has
	out  []model.Finding
}

// byRule returns the findings that findHangs made for a rule.
func (v *view) byRule(rule string) []model.Finding {
	var out []model.Finding
	for _, f := range v.hangs {
		if f.Rule == rule {
			out = append(out, f)
		}
	}
	return out
}

// open returns the blocked tasks that no finding has yet, in order.
func (h *hangs) open() []*task {
	var out []*task
	for _, t := range h.list {
		if t.stuck && !h.done[t.ref] {
			out = append(out, t)
		}
	}
	return out
}

// take gives tasks to a finding, with their reports and history.
func (h *hangs) take(f *model.Finding, ts ...*task) {
	for _, t := range ts {
		h.done[t.ref] = true
		if f.Boot == "" {
			f.Boot = t.boot
		}
		addReports(f, t.reports...)
		f.History = append(f.History, t.history...)
		if len(f.Evidence) < maxEvidence && t.why.Locator != "" {
			f.Evidence = append(f.Evidence, t.why)
		}
	}
	slices.SortStableFunc(f.History, func(a, b model.Sighting) int { return a.Report - b.Report })
	if len(f.Reports) > 0 {
		f.Time = h.base(f.Reports[0]).Time
	}
}

// waiters flattens a tree of waiters, each with the task that it is behind.
func (h *hangs) waiters(ws []*engine.Waiter, behind string, visit func(w *engine.Waiter, t *task, behind string)) {
	type item struct {
		w      *engine.Waiter
		behind string
	}
	var queue []item
	for _, w := range ws {
		queue = append(queue, item{w, behind})
	}
	for len(queue) > 0 {
		q := queue[0]
		queue = queue[1:]
		t := h.taskOf(q.w.Task)
		visit(q.w, t, q.behind)
		for _, w := range q.w.Behind {
			queue = append(queue, item{w, t.name()})
		}
	}
}

// addBehind adds a tree of waiters to a finding and returns the names.
func (h *hangs) addBehind(f *model.Finding, ws []*engine.Waiter, behind string) []string {
	var names []string
	h.waiters(ws, behind, func(w *engine.Waiter, t *task, behind string) {
		b := behind
		if b == "" && len(w.Edges) > 0 {
			b = h.taskOf(w.Edges[len(w.Edges)-1].To).name()
		}
		names = append(names, t.name())
		if len(f.Tasks) < 64 {
			info := h.taskInfo(t)
			info.Behind = b
			f.Tasks = append(f.Tasks, info)
		}
		if len(f.Path) < 64 {
			for _, e := range w.Edges {
				addStep(f, h.step(e))
			}
		}
		for _, e := range w.Edges {
			h.reportsOf(f, e)
		}
		h.take(f, t)
	})
	return names
}

// addStep appends a step that the path does not have yet: many tasks wait for
// one lock, and it has one holder.
func addStep(f *model.Finding, s model.PathStep) {
	if !slices.ContainsFunc(f.Path, func(p model.PathStep) bool { return p.Kind == s.Kind && p.From == s.From && p.To == s.To }) {
		f.Path = append(f.Path, s)
	}
}

// addLocks lists each lock once.
func (h *hangs) addLocks(f *model.Finding, refs []model.Ref) {
	seen := map[model.Ref]bool{}
	for _, r := range refs {
		if !seen[r] && r != "" && len(f.Locks) < 64 {
			seen[r] = true
			f.Locks = append(f.Locks, h.lockInfo(r))
		}
	}
}

// attach adds blocked tasks, of whose lock the holder is not known, to the one
// deadlock that was found among tasks of the same module.
func (h *hangs) attach() {
	type key struct {
		boot model.Boot
		mod  string
	}
	at := map[key]int{}
	for i, f := range h.out {
		k := key{f.Boot, f.Module}
		if _, twice := at[k]; twice {
			at[k] = -1
		} else if f.Module != "" && f.Verdict == model.Deadlocked {
			at[k] = i
		}
	}
	for _, t := range h.open() {
		i, ok := at[key{t.boot, t.module()}]
		if !ok || i < 0 || t.module() == "" || !lockWait(t.wait.Type) || t.wait.IO {
			continue
		}
		f := &h.out[i]
		h.take(f, t)
		f.Tasks = append(f.Tasks, h.taskInfo(t))
		f.Explanation += " " + t.name() + " of the same module is blocked too, for " + article(typeWord(t.wait.Type)) + inFn(t.wait.Caller.Func) + ": probably by these (inferred)."
	}
}

// codeWait reports whether a task waits for other code to finish rather than
// for a lock.
func codeWait(t model.LockType) bool {
	switch t {
	case model.Work, model.Completion, model.Timer, model.RCU, model.SRCU:
		return true
	}
	return false
}

// lockWait reports whether a task waits for a lock that has a holder.
func lockWait(t model.LockType) bool {
	switch t {
	case model.Mutex, model.WWMutex, model.RTMutex, model.RWSem, model.PercpuRWSem, model.Semaphore, model.Spinlock, model.RWLock:
		return true
	}
	return false
}
