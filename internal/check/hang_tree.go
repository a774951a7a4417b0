package check

import (
	"strings"

	"gordian/internal/engine"
	"gordian/internal/kreport"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

// root turns a blocker with tasks behind it into one finding.
func (h *hangs) root(r engine.Root) {
	stuck, reported := 0, false
	h.waiters(r.Behind, "", func(_ *engine.Waiter, t *task, _ string) {
		if t.stuck && !h.done[t.ref] {
			stuck++
		}
		reported = reported || t.stuck
	})
	t := h.taskOf(r.Task)
	if stuck == 0 && (reported || len(h.stuck[t.boot]) > 0) {
		return // ordinary contention next to a real hang, or told already
	}
	if h.done[r.Task] || h.flushHint(t, r) {
		return
	}
	f := h.finding(h.rootRule(t))
	f.Status, f.Verdict = model.Actual, model.Behind
	if stuck == 0 {
		// A list of held locks alone: that somebody waits for a moment is normal.
		f.Severity, f.Confidence = model.SevNote, model.Low
	}
	h.take(&f, t)
	f.Tasks = append(f.Tasks, h.taskInfo(t))
	blame(&f, t.wait.Caller)
	names := h.addBehind(&f, r.Behind, t.name())
	var locks []model.Ref
	h.waiters(r.Behind, "", func(w *engine.Waiter, _ *task, _ string) { locks = append(locks, w.Lock) })
	h.addLocks(&f, locks)
	held := h.heldFor(r)
	f.Title = plural(len(names), "task") + pick(len(names) == 1, " waits", " wait") + " behind " + t.name()
	if held != "" {
		f.Title += ", which holds " + held
	}
	f.Explanation = list(names, 6) + pick(len(names) == 1, " waits", " wait") + " for " + pick(held == "", t.name(), held+", held by "+t.name()) +
		", directly or one behind the other. " + h.tellRoot(&f, t)
	f.Fingerprint = model.Fingerprint(f.Rule, held, t.wait.Caller.Func, pick(t.wait.Known, waitFunc(t.wait), ""))
	if r.Cut {
		f.Missing = append(f.Missing, "More tasks wait than are listed here.")
	}
	h.out = append(h.out, f)
}

// flushHint reports whether the root is a worker that waits for a lock of
// unknown holder, and all that wait for it flush its work: then the holder is
// most likely one of those, which modules() says.
func (h *hangs) flushHint(t *task, r engine.Root) bool {
	if !t.stuck || !lockWait(t.wait.Type) || t.module() == "" {
		return false
	}
	for _, w := range r.Behind {
		b := h.taskOf(w.Task)
		if w.Lock != "" || !b.stuck || b.module() != t.module() || !codeWait(b.wait.Type) {
			return false
		}
	}
	return true
}

// rootRule: a blocker that waits for other code to finish, with a lock held
// that others want, is the shape of wait-under-lock.
func (h *hangs) rootRule(t *task) string {
	if t.stuck && codeWait(t.wait.Type) && !t.wait.IO && t.wait.Type != model.RCU {
		return "wait-under-lock"
	}
	return "hung-task"
}

// heldFor names the locks of the root that the first row waits for.
func (h *hangs) heldFor(r engine.Root) string {
	var names []string
	for _, w := range r.Behind {
		if w.Lock != "" {
			names = append(names, h.lockName(w.Lock))
		}
	}
	return list(uniq(sortedCopy(names)), 3)
}

// tellRoot says what the blocker itself does, as far as is known.
func (h *hangs) tellRoot(f *model.Finding, t *task) string {
	w := t.wait
	where := inFn(w.Caller.Func)
	switch {
	case f.Rule == "wait-under-lock":
		f.Verdict, f.Confidence = model.Deadlocked, model.Medium
		f.Missing = append(f.Missing, "Whether one of the waiting tasks is the one that should end this wait: the source of "+w.Caller.Func+"() says who does.")
		if !h.sameCode(f, t) {
			f.Verdict, f.Confidence = model.Undecided, model.Low
		}
		ownFix(f, "Release the lock before "+waitFunc(w)+"()"+where, "What it waits for probably needs the lock that it holds.")
		return t.name() + " itself waits in " + waitFunc(w) + "()" + where + " for other code to finish, with that lock held. If that code, or whoever should start it, needs the lock, it is a deadlock."
	case len(t.stack) == 0:
		f.Missing = append(f.Missing, "What "+t.name()+" is doing: its stack is not in the evidence (SysRq-t, or /proc/PID/stack on the live machine).")
		return "The evidence does not show what " + t.name() + " is doing, only that it holds the lock."
	case w.IO || t.ioWait:
		f.Verdict, f.Severity = model.BlockedOnIO, model.SevWarning
		return t.name() + " waits for I/O (" + waitFunc(w) + ")" + where + ": blocked on I/O, not deadlocked. The device or server that it waits for is the cause."
	case w.Sleeping:
		return t.name() + " sleeps for a time of its own choice (" + waitFunc(w) + ")" + where + " with the lock held: sleeping under a lock that others need is the cause."
	case w.Spinning && w.Known:
		return t.name() + " spins for " + article(typeWord(w.Type)) + where + "."
	case w.Known && lockWait(w.Type):
		f.Missing = append(f.Missing, missingHolder(w.Type)...)
		return t.name() + " itself waits for " + article(typeWord(w.Type)) + where + ", whose holder the evidence does not show."
	case w.Known && w.Type == model.RCU:
		return t.name() + " waits for an RCU grace period" + where + ": look for a CPU that is stuck, or a reader that does not end."
	case w.Known:
		return t.name() + " waits for an event" + where + " (" + waitFunc(w) + ") with the lock held; whoever should wake it is not known."
	}
	return t.name() + " was running" + where + " with the lock held when it was looked at: it is slow, loops, or was only seen at that moment."
}

// sameCode reports whether a waiter behind the root runs code of the root's
// module, or of the file's own functions: then it may well be the other side.
func (h *hangs) sameCode(f *model.Finding, t *task) bool {
	if t.module() == "" {
		return false
	}
	for _, info := range f.Tasks[1:] {
		for _, s := range info.Stack {
			if strings.HasSuffix(s, "["+t.module()+"]") {
				return true
			}
		}
	}
	return false
}

// leak is a report that a lock stayed behind.
type leak struct {
	report  int
	task    kreport.Task
	lock    kreport.Lock
	boot    model.Boot
	why     string
	removed bool // the owner is gone
}

// orphans finds tasks that wait for a lock whose owner is gone.
func (h *hangs) orphans() {
	for _, l := range h.leaks() {
		var ts []*task
		stated := true
		for _, t := range h.stuck[l.boot] {
			if h.done[t.ref] || first(t.reports) < l.report {
				continue
			}
			match, sure := h.waitsForLeak(t, l)
			if match {
				ts = append(ts, t)
				stated = stated && sure
			}
		}
		if len(ts) > 0 {
			h.orphan(l, ts, stated)
		}
	}
	h.ownerless()
}

// leaks lists the locks that a task took with it when it ended or went away.
func (h *hangs) leaks() []leak {
	var out []leak
	h.lockdepReports(func(i int, r *kreport.Lockdep) {
		if r.Task == nil {
			return
		}
		for _, l := range leakedLocks(r) {
			out = append(out, leak{report: i, task: *r.Task, lock: l, boot: r.Boot, removed: r.Family == "lockdep-held-exit",
				why: pick(r.Family == "lockdep-held-exit", "ended with it held", "returned to user space with it held")})
		}
	}, "lockdep-held-exit", "lockdep-held-userspace")
	return out
}

// waitsForLeak reports whether t waits for the leaked lock: by its address,
// by its class, or, less sure, because it waits for a lock of that kind in
// the module that leaked it. Lockdep is off after the report, so that the
// held locks of a later hang are usually not printed.
func (h *hangs) waitsForLeak(t *task, l leak) (match, sure bool) {
	for _, e := range h.waits.WaitsOf(t.ref) {
		lk := h.locks[e.To]
		if (lk.Addr != "" && lk.Addr == l.lock.Addr) || (lk.Class != "" && lk.Class.Name() == l.lock.Lock && staticName(l.lock.Lock)) {
			return true, true
		}
	}
	mod := l.lock.Module
	if mod == "" {
		// "at: f+0x1/0x2 [mod]" is split by the reader where it can.
		if _, m, ok := strings.Cut(l.lock.Func, "["); ok {
			mod = strings.TrimSuffix(m, "]")
		}
	}
	return mod != "" && mod == t.module() && lockWait(t.wait.Type) && !t.wait.Global, false
}

func (h *hangs) orphan(l leak, ts []*task, stated bool) {
	f := h.finding("orphaned-lock")
	f.Status, f.Verdict = model.Actual, model.Deadlocked
	if !stated {
		f.Confidence = model.Medium
		f.Missing = append(f.Missing, "That the lock they wait for is "+l.lock.Lock+" and no other of the same module: lockdep was off when they were reported, so the log does not name it. A dump would (gordian diagnose vmcore).")
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
	f.Explanation = owner + " took " + l.lock.Lock + inFn(f.Function) + " and " + l.why + ". " + list(names, 6) + pick(len(ts) == 1, " waits", " wait") +
		" for it now, and nobody is left to release it. Only a reboot ends this."
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
		f.Missing = append(f.Missing, "Who took it last: CONFIG_PROVE_LOCKING reports a task that ends with a lock held; a dump shows the lock word (gordian diagnose vmcore).")
		f.Fingerprint = model.Fingerprint(f.Rule, r.Primitive, f.Function)
		h.out = append(h.out, f)
	}
}

// guiltyName is the function to look at in a stack, or "".
func guiltyName(stack []model.Frame) string {
	if g, i := kstack.Guilty(stack); i >= 0 {
		return g.Func
	}
	return ""
}
