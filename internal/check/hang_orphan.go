package check

import (
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

// leak is a report that a lock stayed behind.
type leak struct {
	report int
	task   kreport.Task
	lock   kreport.Lock
	boot   model.Boot
	how    leaving
}

// orphans finds tasks that wait for a lock whose owner is gone: by the lock's
// address or static class, or, less sure, because they wait for a lock in the
// module that leaked one. Lockdep is off after its report, so that the held
// locks of a later hang are usually not printed.
func (h *hangs) orphans() {
	for _, l := range h.leaks() {
		var ts []*task
		add := func(t *task) {
			if t.stuck && !h.done[t.ref] && first(t.reports) > l.report {
				ts = append(ts, t)
			}
		}
		refs := []model.Ref{model.LockRef(l.boot, l.lock.Addr)}
		if staticName(l.lock.Lock) {
			refs = append(refs, model.LockRef(l.boot, "class "+l.lock.Lock))
		}
		for _, r := range refs {
			for _, e := range h.waits.WaitersOf(r) {
				add(h.taskOf(e.From))
			}
		}
		stated := len(ts) > 0
		if !stated {
			for _, t := range h.inModule[moduleKey{l.boot, l.module()}] {
				if lockWait(t.wait.Type) && !t.wait.Global && len(h.waits.WaitsOf(t.ref)) == 0 {
					add(t)
				}
			}
		}
		if len(ts) > 0 {
			h.orphan(l, ts, stated)
		}
	}
	h.ownerless()
}

// module is that of the function which took the lock; the reader splits it
// from "at: f+0x1/0x2 [mod]" where it can.
func (l leak) module() string {
	if l.lock.Module != "" {
		return l.lock.Module
	}
	_, m, _ := strings.Cut(l.lock.Func, "[")
	return strings.TrimSuffix(m, "]")
}

// leaks lists the locks that a task took with it when it ended or went away.
func (h *hangs) leaks() []leak {
	var out []leak
	h.lockdepReports(func(i int, r *kreport.Lockdep) {
		if r.Task == nil {
			return
		}
		for _, l := range leakedLocks(r) {
			if how := leaves(r); how != frozen && !readerMark(l.Lock) {
				out = append(out, leak{report: i, task: *r.Task, lock: l, boot: r.Boot, how: how})
			}
		}
	}, "lockdep-held-exit", "lockdep-held-userspace")
	return out
}

func (h *hangs) orphan(l leak, ts []*task, stated bool) {
	f := h.finding("orphaned-lock")
	f.Status, f.Verdict = model.Actual, model.Deadlocked
	if !stated {
		f.Confidence = model.Medium
		f.Missing = append(f.Missing, "That the lock they wait for is "+l.lock.Lock+" and no other of the same module: lockdep was off when they were reported, so the log does not name it. A dump would.")
	}
	owner := label(l.task.Comm, l.task.PID)
	addReports(&f, l.report)
	h.take(&f, ts...)
	f.Time = h.base(f.Reports[0]).Time
	info := lockOf(&l.lock, ts[0].wait.Type)
	info.Owner = owner
	f.Locks = []model.LockInfo{info}
	f.Tasks = append(f.Tasks, model.TaskInfo{PID: l.task.PID, Comm: l.task.Comm, Holds: []string{l.lock.Lock}})
	var names []string
	for _, t := range ts {
		ti := h.taskInfo(t)
		ti.WaitsFor, ti.Behind = l.lock.Lock, owner
		f.Tasks = append(f.Tasks, ti)
		names = append(names, t.name())
		f.Path = append(f.Path, model.PathStep{Kind: model.Waits, From: t.name(), To: l.lock.Lock, Mode: orWrite(t.wait.Mode), At: at(t.wait.Caller), Why: derived(t, t.why.Excerpt)})
	}
	b := h.base(l.report)
	f.Path = append(f.Path, model.PathStep{Kind: model.HeldBy, From: l.lock.Lock, To: owner, Mode: model.Write, At: funcName(l.lock.Func),
		Why: []model.Provenance{headerOf(b), {Input: b.Input, Locator: lineNo(l.lock.LogLine), Excerpt: lockLine(l.lock)}}})
	f.Evidence = append([]model.Provenance{headerOf(b)}, f.Evidence...)
	blame(&f, model.Frame{Func: funcName(l.lock.Func), Module: l.lock.Module, File: l.lock.File, Line: l.lock.LineNo})
	f.Title = plural(len(ts), "task") + pick(len(ts) == 1, " waits", " wait") + " for " + l.lock.Lock + ", which " + owner + " left locked"
	f.Explanation = owner + " took " + l.lock.Lock + inFn(f.Function) + " and " + pick(l.how == stays, "returned to user space", "ended") + " with it held. " +
		list(names, 6) + pick(len(ts) == 1, " waits", " wait") + pick(stated, " for it now", " for a lock of the same module, most likely this one") + ", and "
	if l.how == stays {
		// It lives, and some later system call may release the lock.
		f.Verdict, f.Confidence = model.Behind, lower(f.Confidence, model.Medium)
		f.Explanation += "no code that would release it is under way: the owner runs in user space."
	} else {
		f.Explanation += "nobody is left to release it. Only a reboot ends this."
	}
	if l.how == parted {
		f.Confidence = lower(f.Confidence, model.Medium)
		f.Missing = append(f.Missing, "That "+owner+" has ended: the kernel prints the same line for a task that is frozen with a lock held, and the report is cut before its stack.")
	}
	ownFix(&f, "Release "+l.lock.Lock+" on every way out of "+pick(f.Function == "", "the owner", f.Function+"()"), "The owner leaves with the lock held; the tasks that hang are its victims.")
	f.Fingerprint = model.Fingerprint(f.Rule, l.lock.Lock, f.Function)
	h.out = append(h.out, f)
}

// ownerless reports waits of which hung_task says that the owner was not
// found (debug_show_blocker(), kernel/hung_task.c).
func (h *hangs) ownerless() {
	for _, i := range h.families["hung-blocker"] {
		r, ok := h.facts.Reports[i].(*kreport.HungBlocker)
		if !ok || !r.NotFound {
			continue
		}
		t := h.tasks[model.TaskRef(r.Boot, r.Task.PID, r.Task.Comm)]
		if t == nil || h.done[t.ref] {
			continue
		}
		f := h.finding("orphaned-lock")
		f.Status, f.Verdict, f.Confidence = model.Actual, model.Undecided, model.Medium
		h.take(&f, t)
		f.Tasks = []model.TaskInfo{h.taskInfo(t)}
		blame(&f, t.wait.Caller)
		name := article(r.Primitive)
		f.Locks = []model.LockInfo{{Name: r.Primitive + " awaited by " + t.name(), Type: t.wait.Type}}
		f.Title = t.name() + " waits for " + name + " whose owner no longer exists" + inFn(f.Function)
		f.Explanation = t.name() + " waits for " + name + inFn(f.Function) + ". The kernel looked up the " + pick(r.Primitive == "mutex", "owner", "last holder") +
			" recorded in it and found no such task: it has exited, and if it did so with the lock held, nobody will release it."
		if r.Primitive != "mutex" {
			f.Confidence = model.Low
			f.Explanation += " The record of " + article(r.Primitive) + " is a hint only: it may name a task that released it properly."
		}
		f.Missing = append(f.Missing, "Who took it last: CONFIG_PROVE_LOCKING reports a task that ends with a lock held; a dump shows the lock word.")
		f.Fingerprint = model.Fingerprint(f.Rule, r.Primitive, f.Function)
		h.out = append(h.out, f)
	}
}
