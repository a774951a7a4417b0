package check

import (
	"gordian/internal/model"
)

// gone reports locks whose memory names an owner that does not exist any more:
// nobody is left to release them.
func (h *hangs) gone() {
	for _, g := range h.facts.Gone {
		var ts []*task
		for _, e := range h.waits.WaitersOf(g.Lock) {
			if t := h.taskOf(e.From); !h.done[t.ref] {
				ts = append(ts, t)
			}
		}
		if len(ts) > 0 {
			h.goneOwner(g, ts)
		}
	}
	for _, l := range h.facts.Locks {
		for _, e := range h.waits.HoldersOf(l.Ref) {
			if e.Never && !h.done[e.To] {
				h.neverReleases(e)
			}
		}
	}
}

// neverReleases reports a lock whose owner lives, but is in code that does not
// come to a release any more.
func (h *hangs) neverReleases(e model.Edge) {
	t, lock := h.taskOf(e.To), h.lockName(e.From)
	f := h.finding("orphaned-lock")
	f.Status, f.Verdict = model.Actual, model.Deadlocked
	h.take(&f, t)
	f.Tasks = append(f.Tasks, h.taskInfo(t))
	f.Locks = []model.LockInfo{h.lockInfo(e.From)}
	names := h.addBehind(&f, h.waits.BehindTasks([]model.Ref{t.ref}), t.name())
	addStep(&f, h.step(e))
	blame(&f, t.wait.Caller)
	f.Title = plural(len(names), "task") + pick(len(names) == 1, " waits", " wait") + " for " + lock + ", which " + t.name() + " never releases"
	f.Explanation = list(names, 6) + pick(len(names) == 1, " waits", " wait") + " for " + lock + ", held by " + t.name() + ". " + t.name() + " sleeps" + inFn(f.Function) +
		" in a loop that has no end and no release of " + lock + ": however often it is woken, the lock stays held. Only a reboot ends this."
	f.Missing = []string{"The code was followed as it lies in the dump, through the calls of one level: a release that is further down in a function that this loop calls would not have been seen."}
	ownFix(&f, "Release "+lock+" before the loop"+inFn(f.Function), "The owner keeps the lock for as long as it lives. Release it before waiting, and take it again for each piece of work.")
	f.Fingerprint = model.Fingerprint(f.Rule, pick(h.locks[e.From].Class == "", "", lock), f.Function)
	h.out = append(h.out, f)
}

func (h *hangs) goneOwner(g model.Gone, ts []*task) {
	f := h.finding("orphaned-lock")
	f.Status, f.Verdict = model.Actual, model.Deadlocked
	f.Evidence = []model.Provenance{g.Why}
	lock := h.lockName(g.Lock)
	owner := "a task that has exited"
	if g.Comm != "" {
		owner = label(g.Comm, g.PID) + ", which has exited"
	}
	info := h.lockInfo(g.Lock)
	if g.Comm != "" {
		info.Owner = label(g.Comm, g.PID)
		f.Tasks = append(f.Tasks, model.TaskInfo{PID: g.PID, Comm: g.Comm, State: "X", Holds: []string{lock}})
	}
	f.Locks = []model.LockInfo{info}
	h.take(&f, ts...)
	var names []string
	for _, t := range ts {
		ti := h.taskInfo(t)
		ti.Behind = info.Owner
		f.Tasks = append(f.Tasks, ti)
		names = append(names, t.name())
		for _, e := range h.waits.WaitsOf(t.ref) {
			if e.To == g.Lock {
				addStep(&f, h.step(e))
				h.reportsOf(&f, e)
			}
		}
	}
	f.Path = append(f.Path, model.PathStep{Kind: model.HeldBy, From: lock, To: pick(g.Comm == "", "an exited task", label(g.Comm, g.PID)), Mode: model.Write, Why: []model.Provenance{g.Why}})
	behind := h.addBehind(&f, h.waits.BehindTasks(refsOf(ts)), "")
	blame(&f, ts[0].wait.Caller)
	f.Title = plural(len(ts), "task") + pick(len(ts) == 1, " waits", " wait") + " for " + lock + ", held by " + owner
	f.Explanation = list(names, 6) + pick(len(ts) == 1, " waits", " wait") + " for " + lock + ". The lock still names its owner, but " + g.Why.Excerpt + ". Nobody is left to release it: only a " + pick(h.locks[g.Lock].Type == model.UserMutex, "restart of the program", "reboot") + " ends this."
	if len(behind) > 0 {
		f.Explanation += " " + plural(len(behind), "more task") + pick(len(behind) == 1, " waits", " wait") + " behind them: " + list(behind, 5) + "."
	}
	ownFix(&f, "Release "+lock+" on every way out of the code that takes it", "The owner ended with the lock held; the tasks that hang are its victims. Look at the returns of the functions that take "+lock+", and for an oops of the owner in the log.")
	f.Fingerprint = model.Fingerprint(f.Rule, pick(h.locks[g.Lock].Class == "", "", lock), f.Function)
	h.out = append(h.out, f)
}

func refsOf(ts []*task) []model.Ref {
	var out []model.Ref
	for _, t := range ts {
		out = append(out, t.ref)
	}
	return out
}
