package check

import (
	"slices"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

// missingHolder says what would show who holds a lock of this type.
func missingHolder(t model.LockType) []string {
	if t == model.Semaphore {
		return []string{"Who holds the semaphore: a semaphore keeps no owner and lockdep does not track it, so no log can show it. The source shows who takes it in which order, and a dump shows its count and its waiters."}
	}
	return []string{"Who holds it: a kernel with CONFIG_PROVE_LOCKING prints \"Showing all locks held in the system\" with the hung task, one with CONFIG_DETECT_HUNG_TASK_BLOCKER (6.16 and later) the likely owner.",
		"Or a crash dump of the hung machine: the mutex names its owner there. Or the source of the functions above: who takes which lock first."}
}

// rest reports the blocked tasks that are left: those on I/O together, those
// that wait for one global lock together, the others by where they wait.
func (h *hangs) rest() {
	type key struct {
		boot  model.Boot
		what  string
		where string
	}
	groups := map[key][]*task{}
	var order []key
	for _, t := range h.open() {
		if passing(t) {
			continue
		}
		k := key{boot: t.boot, what: "other", where: t.wait.Caller.Func + "\x00" + waitFunc(t.wait)}
		switch {
		case t.wait.IO || t.ioWait:
			k.what, k.where = "io", ""
		case t.wait.Global && t.wait.Known:
			k.what, k.where = "global", t.wait.Lock
		case h.awaited(t) != "":
			k.what, k.where = "lock", string(h.awaited(t))
		case len(t.stack) == 0:
			k.where = t.comm
		}
		if len(groups[k]) == 0 {
			order = append(order, k)
		}
		groups[k] = append(groups[k], t)
	}
	for _, k := range order {
		ts := groups[k]
		switch k.what {
		case "io":
			h.onIO(ts)
		case "global":
			h.global(k.where, ts)
		case "lock":
			h.unheld(model.Ref(k.where), ts)
		default:
			h.undecided(ts)
		}
	}
}

// passing reports whether a task only sleeps for a time of its own choice at
// the moment in which somebody asked for the blocked tasks: msleep() is an
// uninterruptible wait, and ends by itself.
func passing(t *task) bool { return t.wait.Sleeping && t.seconds == 0 }

// oneLook reports whether nothing says that a wait lasts: no watchdog, no
// memory, and one list of blocked tasks. Who waits for a lock is in such a list
// for as long as somebody else works under it.
func (h *hangs) oneLook(ts []*task) bool {
	return !slices.ContainsFunc(ts, func(t *task) bool {
		return t.seconds > 0 || len(t.history) > 0 || h.dumped[t.boot] || len(t.reports) != 1 || h.base(t.reports[0]).Family != "sysrq-w"
	})
}

func (h *hangs) plain(ts []*task) (f model.Finding, names []string) {
	f = h.finding("hung-task")
	f.Status, f.Verdict = model.Actual, model.Undecided
	h.take(&f, ts...)
	for _, t := range ts {
		names = append(names, t.name())
		if len(f.Tasks) < 64 {
			f.Tasks = append(f.Tasks, h.taskInfo(t))
		}
	}
	blame(&f, ts[0].wait.Caller)
	if f.Function == "" {
		f.Function = guiltyName(ts[0].stack)
	}
	return f, names
}

func (h *hangs) onIO(ts []*task) {
	f, names := h.plain(ts)
	f.Verdict, f.Severity = model.BlockedOnIO, model.SevWarning
	var how []string
	for _, t := range ts {
		if waitFunc(t.wait) != "" {
			how = append(how, waitFunc(t.wait)+"()"+inFn(t.wait.Caller.Func))
		}
	}
	how = uniq(how)
	f.Title = plural(len(ts), "task") + " blocked on I/O, not deadlocked: " + list(names, 3)
	f.Explanation = list(names, 6) + pick(len(ts) == 1, " waits", " wait") + " for a device, a server or the page cache to answer: " + pick(len(how) == 0, "the report says that it is an I/O wait", list(how, 4)) +
		". No lock is seen to keep " + pick(len(ts) == 1, "it", "them") + ". If the device answers late " + pick(len(ts) == 1, "it goes on by itself", "they go on by themselves") + "; if it never does, look at the device, its driver and its path."
	if slices.ContainsFunc(ts, func(t *task) bool { return pageLock(t.wait.Func) }) {
		f.Confidence = model.Medium
		f.Explanation += " The lock of a page or folio is held while its data is read or written, so waiting for it is usually waiting for the device. But code may hold it too: if a task that has that page locked is itself stuck, the cause is there."
	}
	f.Fix = slices.Clone(h.docs["hung-task"].Fixes[1:2])
	slices.Sort(how)
	f.Fingerprint = model.Fingerprint(f.Rule, append([]string{"io"}, how...)...)
	f.Missing = []string{"Errors of the device or the server at the same time (storage driver messages, `nfsstat`, `iostat -x`)."}
	h.out = append(h.out, f)
}

// pageLock reports whether a wait is for the lock bit of a page.
func pageLock(fn string) bool {
	return strings.Contains(fn, "lock_page") || strings.Contains(fn, "folio_lock") || strings.HasPrefix(fn, "folio_wait_bit") || strings.HasPrefix(fn, "wait_on_page_bit")
}

func (h *hangs) global(lock string, ts []*task) {
	f, names := h.plain(ts)
	for _, e := range h.waits.WaitsOf(ts[0].ref) {
		h.addLocks(&f, []model.Ref{e.To})
	}
	f.Title = pick(len(ts) == 1, names[0]+" waits", plural(len(ts), "task")+" wait") + " for " + lock
	f.Explanation = list(names, 6) + pick(len(ts) == 1, " waits", " wait") + " for " + lock + ", of which the kernel has one. Its holder is not shown: it is a task that the log does not list, or one that blocks elsewhere with it held."
	var others []string
	for _, t := range h.stuck[ts[0].boot] {
		if t.wait.Lock != lock && len(t.stack) > 0 {
			others = append(others, t.name()+inFn(t.wait.Caller.Func))
		}
	}
	if len(others) > 0 {
		f.Explanation += " Also blocked, and so candidates: " + list(others, 4) + "."
	}
	f.Missing = missingHolder(ts[0].wait.Type)
	addClassFixes(&f, 1, []string{lock})
	f.Fingerprint = model.Fingerprint(f.Rule, lock)
	h.out = append(h.out, f)
}

// awaited is the lock that a list of held locks shows a task to wait for, or
// "". A blocked task that has it would be in that list too.
func (h *hangs) awaited(t *task) model.Ref {
	for _, e := range h.waits.WaitsOf(t.ref) {
		if l := h.locks[e.To]; e.To.Kind() == model.KindLock && l.Addr != "" && (l.Type == "" || kstack.IsLock(l.Type)) {
			return e.To
		}
	}
	return ""
}

// unheld reports tasks whose lock is known, but not who has it.
func (h *hangs) unheld(lock model.Ref, ts []*task) {
	f, names := h.plain(ts)
	h.addLocks(&f, []model.Ref{lock})
	name := h.lockName(lock)
	for _, t := range ts {
		for _, e := range h.waits.WaitsOf(t.ref) {
			if e.To == lock && len(f.Path) < 64 {
				f.Path = append(f.Path, h.step(e))
				h.reportsOf(&f, e)
			}
		}
	}
	where := inFn(f.Function)
	if slices.ContainsFunc(ts, func(t *task) bool { return t.wait.Caller.Func != ts[0].wait.Caller.Func }) {
		where = ""
	}
	f.Title = list(names, 3) + pick(len(ts) == 1, " waits", " wait") + " for " + name + where
	f.Fingerprint = model.Fingerprint(f.Rule, name, f.Function)
	if h.dumped[ts[0].boot] {
		h.leftHeld(&f, lock, names, name+where)
		return
	}
	f.Explanation = list(names, 6) + pick(len(ts) == 1, " waits", " wait") + " for " + name + where +
		". No other task in the list of held locks has it. Lockdep leaves the locks of running tasks out of that list, so its holder was running at that moment, or has ended with it held, or it was about to be handed over."
	if run := h.running(ts[0].boot); len(run) > 0 {
		f.Explanation += " Listed with locks, but running, and so candidates: " + list(run, 6) + "."
	}
	f.Missing = []string{"What ran on the CPUs at that time (SysRq-l): the holder is most likely among it; a task listed as \"N locks held by\" with no lines after it was running."}
	h.out = append(h.out, f)
}

// leftHeld reports a lock that a dump shows to be held by none of its tasks, as
// far as their code tells: the holder has left the functions that took it.
func (h *hangs) leftHeld(f *model.Finding, lock model.Ref, names []string, what string) {
	l := h.locks[lock]
	f.Fingerprint = model.Fingerprint(f.Rule, pick(l.Class == "", string(l.Type), l.Class.Name()), f.Function)
	f.Evidence = append(f.Evidence, l.Why)
	f.Explanation = list(names, 6) + pick(len(names) == 1, " waits", " wait") + " for " + what + ". The lock itself names no holder, and no task of the dump is inside of code that has taken it: " +
		"whoever took it has left that code with the lock held (returned to user space, ended, or leaves the release to somebody else)."
	f.Missing = []string{"Which code takes " + h.lockName(lock) + " and returns with it: the source shows who releases it, and on which path that is left out."}
	h.out = append(h.out, *f)
}

// running names the tasks that the last list of held locks counts but does not
// show: they were running, so that their locks could not be read
// (lockdep_print_held_locks(), kernel/locking/lockdep.c).
func (h *hangs) running(boot model.Boot) []string {
	var out []string
	for _, i := range h.families["locks-dump"] {
		r, ok := h.facts.Reports[i].(*kreport.LocksDump)
		if !ok || r.Boot != boot || len(r.Tasks) == 0 {
			continue
		}
		out = nil
		for _, t := range r.Tasks {
			if t.Count > 0 && len(t.Locks) == 0 {
				out = append(out, label(t.Comm, t.PID))
			}
		}
	}
	return out
}

const openEnd = " The evidence does not say who should end this wait, so whether it is a deadlock is open."

func (h *hangs) undecided(ts []*task) {
	f, names := h.plain(ts)
	t := ts[0]
	w := t.wait
	what := "something that its stack does not show"
	switch {
	case len(t.stack) == 0 && h.inputKind(t.why.Input) == model.InputHost:
		what = "something unknown: its stack was not to be read"
		f.Missing = []string{"The stack, and who holds what it waits for: run gordian as root."}
	case len(t.stack) == 0:
		what = "something unknown: its stack is not in the log"
		f.Missing = []string{"The stack: it follows the report in the full console log; SysRq-w prints it again."}
	case w.Known && lockWait(w.Type):
		what = article(typeWord(w.Type)) + " (" + waitFunc(w) + ")"
		if !h.dumped[t.boot] {
			f.Missing = missingHolder(w.Type)
		}
	case w.Known && codeWait(w.Type):
		what = pick(w.Type == model.Completion, "a completion", pick(w.Type == model.Work, "a work item to finish", article(typeWord(w.Type)))) + " (" + waitFunc(w) + ")"
		f.Missing = []string{"What should end this wait, and where that is: the source of " + w.Caller.Func + "(), and the stacks of all tasks (SysRq-t)."}
	case w.Known && w.Type != "":
		what = "an event (" + waitFunc(w) + ")"
		f.Missing = []string{"Who should wake it: the source of " + w.Caller.Func + "()."}
	case w.Runnable:
		what = "nothing: it was scheduled away while it could run"
		f.Verdict = model.Slow
	}
	if w.Type == model.RCU && w.Known {
		f.Missing = []string{"Which CPU or reader holds the grace period up: an RCU stall report, or the backtraces of all CPUs (SysRq-l)."}
	}
	f.Title = list(names, 3) + pick(len(ts) == 1, " is", " are") + " blocked" + inFn(f.Function)
	if w.Known && w.Type != "" {
		f.Title += ", waiting for " + what
	}
	f.Explanation = list(names, 6) + pick(len(ts) == 1, " waits", " wait") + inFn(f.Function) + " for " + what + "." + openEnd
	if h.oneLook(ts) {
		f.Severity, f.Confidence = model.SevWarning, model.Low
		f.Explanation += " It was seen at one moment only, when somebody asked for the blocked tasks: no watchdog says that it lasts."
		f.Missing = append(f.Missing, "A second look some seconds later (SysRq-w): who is in the same function then is stuck.")
	}
	f.Fingerprint = model.Fingerprint(f.Rule, f.Function, pick(w.Known, w.Func, ""))
	if f.Function == "" {
		f.Fingerprint = model.Fingerprint(f.Rule, "comm", t.comm)
	}
	h.out = append(h.out, f)
}
