package check

import (
	"slices"
	"strings"

	"gordian/internal/engine"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

// root turns a blocker with tasks behind it into one finding.
func (h *hangs) root(r engine.Root) {
	stuck, reported, long := 0, false, false
	h.waiters(r.Behind, "", func(_ *engine.Waiter, t *task, _ string) {
		if t.stuck && !h.done[t.ref] {
			stuck++
		}
		reported = reported || t.stuck
		long = long || t.seconds > 0
	})
	t := h.taskOf(r.Task)
	if stuck == 0 && (reported || len(h.stuck[t.boot]) > 0 || h.dumped[t.boot]) {
		return // ordinary contention next to a real hang, or caught by a dump; or told already
	}
	if h.done[r.Task] || h.flushHint(t, r) {
		return
	}
	f := h.finding(h.rootRule(t, r))
	f.Status, f.Verdict = model.Actual, model.Behind
	if stuck == 0 {
		// A list of held locks alone: that somebody waits for a moment is normal.
		f.Severity, f.Confidence = model.SevNote, model.Low
	}
	pause := passing(t) && !long && !h.dumped[t.boot]
	if pause {
		f.Severity, f.Confidence = model.SevWarning, model.Low
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
	others := h.coHolders(&f, r)
	if len(others) > 0 {
		f.Title = plural(len(names), "task") + pick(len(names) == 1, " waits", " wait") + " behind " + list(append([]string{t.name()}, others...), 3) + ", which hold " + held
	}
	if f.Rule == "wait-under-lock" && held != "" {
		f.Title = t.name() + " waits in " + waitFunc(t.wait) + "() while it holds " + held + ", which " + list(names, 2) + pick(len(names) == 1, " needs", " need")
	}
	f.Explanation = list(names, 6) + pick(len(names) == 1, " waits", " wait") + " for " + pick(held == "", t.name(), held+", held by "+t.name()) +
		", directly or one behind the other. " + h.tellRoot(&f, t)
	if len(others) > 0 {
		f.Explanation += " " + list(others, 6) + pick(len(others) == 1, " holds", " hold") + " it too, for reading: the wait ends when all of them have released it."
	}
	f.Fingerprint = model.Fingerprint(f.Rule, held, t.wait.Caller.Func, pick(t.wait.Known, waitFunc(t.wait), ""))
	if text := h.inferredHold(r); text != "" {
		f.Confidence = lower(f.Confidence, model.Medium)
		f.Missing = append(f.Missing, text)
	}
	if pause {
		f.Explanation += " All of this was seen at one moment, when somebody asked for the blocked tasks: no watchdog says that it lasts, and the pause ends by itself."
		f.Missing = append(f.Missing, "A second look some seconds later (SysRq-w): the same tasks in the same functions would be stuck.")
	}
	if r.Cut {
		f.Missing = append(f.Missing, "More tasks wait than are listed here.")
	}
	h.out = append(h.out, f)
}

// coHolders names the other tasks that hold what the first row waits for:
// readers, each of which keeps a writer waiting.
func (h *hangs) coHolders(f *model.Finding, r engine.Root) []string {
	var out []string
	for _, w := range r.Behind {
		if w.Lock == "" {
			continue
		}
		for _, e := range h.waits.HoldersOf(w.Lock) {
			if e.To != r.Task && e.Mode.Shared() {
				o := h.taskOf(e.To)
				out = append(out, o.name())
				if len(f.Tasks) < 64 && !slices.ContainsFunc(f.Tasks, func(t model.TaskInfo) bool { return t.PID == o.pid && t.Comm == o.comm }) {
					f.Tasks = append(f.Tasks, h.taskInfo(o))
				}
				if len(f.Path) < 64 {
					addStep(f, h.step(e))
				}
			}
		}
	}
	return uniq(out)
}

// inferredHold says which hold of the root no evidence states, or "".
func (h *hangs) inferredHold(r engine.Root) string {
	for _, w := range r.Behind {
		e := w.Edges[len(w.Edges)-1]
		if !slices.ContainsFunc(e.Why, func(p model.Provenance) bool { return !p.Derived }) {
			return "That " + h.taskOf(r.Task).name() + " is the one that holds " + pick(w.Lock == "", "it", h.say(w.Lock)) + " is inferred: " + e.Why[0].Excerpt + "."
		}
	}
	return ""
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
func (h *hangs) rootRule(t *task, r engine.Root) string {
	if first := r.Behind[0]; isSpin(h.locks[first.Lock].Type) && h.taskOf(first.Task).wait.Spinning {
		return "spinlock-lockup"
	}
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
			names = append(names, h.say(w.Lock))
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
		f.Verdict, f.Confidence = model.Undecided, model.Medium
		f.Interleaving = h.playRoot(f, t)
		f.Missing = append(f.Missing, "Whether one of the waiting tasks is the one that should end this wait: the source of "+w.Caller.Func+"() says who does.")
		if !h.sameCode(f, t) {
			f.Confidence = model.Low
		}
		ownFix(f, "Release the lock before "+waitFunc(w)+"()"+where, "What it waits for probably needs the lock that it holds.")
		return t.name() + " itself waits in " + waitFunc(w) + "()" + where + " for other code to finish, with that lock held. If " + h.behindText(f) + ", or whoever else should end that wait, needs the lock first, it is a deadlock."
	case len(t.stack) == 0:
		f.Missing = append(f.Missing, "What "+t.name()+" is doing: its stack is not in the evidence (SysRq-t, or /proc/PID/stack on the live machine).")
		return "The evidence does not show what " + t.name() + " is doing, only that it holds the lock" + h.alsoHolds(t) + "."
	case w.IO || t.ioWait:
		f.Verdict, f.Severity = model.BlockedOnIO, model.SevWarning
		f.Fix = slices.Clone(h.docs["hung-task"].Fixes[1:2])
		return t.name() + " waits for I/O (" + waitFunc(w) + ")" + where + ": blocked on I/O, not deadlocked. The device or server that it waits for is the cause."
	case w.Sleeping && !slices.ContainsFunc(f.Locks, func(l model.LockInfo) bool { return lockWait(l.Type) }):
		ownFix(f, "Do not pause"+where+" for so long", "Others wait for this code to finish: let it stop early when it is asked to end, or arm a timer instead.")
		return t.name() + " sleeps for a time of its own choice (" + waitFunc(w) + ")" + where + ": as long as that lasts, they wait."
	case w.Sleeping:
		ownFix(f, "Do not sleep with the lock held"+where, "Release the lock before the pause and take it again afterwards, or wait for an event outside of it. If the pause is needed under the lock, make it short.")
		return t.name() + " sleeps for a time of its own choice (" + waitFunc(w) + ")" + where + " with the lock held: sleeping under a lock that others need is the cause."
	case w.Spinning && w.Known:
		return t.name() + " spins for " + article(typeWord(w.Type)) + where + "."
	case w.Known && lockWait(w.Type):
		if !h.dumped[t.boot] {
			f.Missing = append(f.Missing, missingHolder(w.Type)...)
		}
		return t.name() + " itself waits for " + article(typeWord(w.Type)) + where + ", whose holder the evidence does not show."
	case w.Known && w.Type == model.RCU:
		return t.name() + " waits for an RCU grace period" + where + ": look for a CPU that is stuck, or a reader that does not end."
	case w.Known:
		return t.name() + " waits for an event" + where + " (" + waitFunc(w) + ") with the lock held; whoever should wake it is not known."
	}
	return t.name() + " was running" + where + " with the lock held when it was looked at: it is slow, loops, or was only seen at that moment."
}

// alsoHolds names the other locks of a blocker without a stack, and where it
// took them: the newest says what it was about to do.
func (h *hangs) alsoHolds(t *task) string {
	var out []string
	for _, e := range h.waits.HeldBy(t.ref) {
		s := h.lockName(e.From)
		if e.Func != "" {
			s += ", taken in " + kstack.Base(funcName(e.Func)) + "()"
		}
		out = append(out, s)
	}
	if len(out) < 2 {
		return ""
	}
	return ". It holds in all: " + strings.Join(out, "; ")
}

// behindText names the first tasks behind the root.
func (h *hangs) behindText(f *model.Finding) string {
	var out []string
	for _, t := range f.Tasks[1:] {
		out = append(out, label(t.Comm, t.PID))
	}
	if len(out) > 2 {
		return "one of them"
	}
	return strings.Join(out, " or ")
}

// playRoot plays a wait under a lock: the root, then the first task behind it.
func (h *hangs) playRoot(f *model.Finding, t *task) []model.Moment {
	if len(f.Tasks) < 2 || len(f.Locks) == 0 {
		return nil
	}
	l, b := f.Locks[0], f.Tasks[1]
	return []model.Moment{
		{Actor: t.name(), Does: call(l.Type, model.Write, l.Name), Note: "gets it"},
		{Actor: t.name(), Does: waitFunc(t.wait) + "()", Note: "waits" + inFn(t.wait.Caller.Func) + ", with " + l.Name + " held"},
		{Actor: label(b.Comm, b.PID), Does: call(l.Type, model.Write, l.Name), Note: "waits: held by " + t.name() + "; whatever it does after this, ending that wait included, never happens"},
	}
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
