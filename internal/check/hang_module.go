package check

import (
	"slices"

	"gordian/internal/model"
)

// modules looks at the tasks of one module that block with no holder known:
// several of them at different places may well wait for each other. It is a
// hint, and says so.
func (h *hangs) modules() {
	type key struct {
		boot model.Boot
		mod  string
	}
	groups := map[key][]*task{}
	var order []key
	for _, t := range h.open() {
		if t.module() == "" || !t.wait.Known || t.wait.IO || t.wait.Sleeping || t.wait.Global {
			continue
		}
		if h.awaited(t) != "" {
			continue // the list of held locks names its lock, and none of these tasks has it
		}
		if !lockWait(t.wait.Type) && !codeWait(t.wait.Type) {
			continue
		}
		k := key{t.boot, t.module()}
		if len(groups[k]) == 0 {
			order = append(order, k)
		}
		groups[k] = append(groups[k], t)
	}
	for _, k := range order {
		for _, ts := range h.sameTime(groups[k]) {
			if len(ts) >= 2 {
				h.group(k.mod, ts)
			}
		}
	}
}

// group decides what several blocked tasks of one module may be.
func (h *hangs) group(mod string, ts []*task) {
	var code, lock []*task
	sites := map[site]bool{}
	for _, t := range ts {
		if codeWait(t.wait.Type) {
			code = append(code, t)
		} else {
			lock = append(lock, t)
		}
		sites[siteOf(t.wait.Caller)] = true
	}
	ring := h.siteRing(lock)
	switch {
	case len(ring) > 0 && len(code) == 0:
		h.ringHint(mod, lock, ring)
	case len(code) > 0 && len(lock) > 0:
		h.codeHint(mod, ts, code, lock)
	case len(lock) >= 2 && len(sites) >= 2:
		h.lockHint(mod, ts)
	case len(lock) >= 2:
		h.sameSite(mod, ts)
	}
}

// hint starts a finding about a group.
func (h *hangs) hint(rule string, ts []*task) (f model.Finding, names []string) {
	f = h.finding(rule)
	f.Status, f.Verdict = model.Actual, model.Undecided
	h.take(&f, ts...)
	var fns []string
	for _, t := range ts {
		f.Tasks = append(f.Tasks, h.taskInfo(t))
		names = append(names, t.name())
		fns = append(fns, t.wait.Caller.Func)
		f.Locks = append(f.Locks, model.LockInfo{Name: typeWord(t.wait.Type) + " wanted by " + t.name(), Type: t.wait.Type})
		f.Path = append(f.Path, model.PathStep{Kind: model.Waits, From: t.name(), To: typeWord(t.wait.Type) + " wanted by " + t.name(),
			Mode: orWrite(t.wait.Mode), At: at(t.wait.Caller), Why: []model.Provenance{t.why}})
	}
	blame(&f, ts[0].wait.Caller)
	verifyFor(&f, ts)
	f.Fingerprint = model.Fingerprint(rule, uniq(sortedCopy(fns))...)
	return f, names
}

// placesOf says where each task waits: "a in f()".
func placesOf(ts []*task) string {
	var out []string
	for _, t := range ts {
		out = append(out, t.name()+" for "+article(typeWord(t.wait.Type))+inFn(t.wait.Caller.Func))
	}
	return list(out, 6)
}

// alone reports whether the group is all that is blocked in its boot, so that
// no other blocked task can be the holder.
func (h *hangs) alone(ts []*task) bool {
	return len(h.stuck[ts[0].boot]) == len(ts)
}

func (h *hangs) lockHint(mod string, ts []*task) {
	f, names := h.hint("deadlock", ts)
	f.Confidence = model.Low
	if h.alone(ts) {
		f.Confidence = model.Medium
	}
	f.Title = "may be a deadlock between " + list(names, 4) + " of [" + mod + "]"
	f.Explanation = "These tasks of [" + mod + "] are blocked at the same time, at different places: " + placesOf(ts) + ". " +
		"If each holds what another waits for they wait for each other for ever. The log shows what they wait in, but not which lock, nor who holds it, so this is a hint and no proof."
	for _, t := range ts {
		f.Missing = append(f.Missing, missingHolder(t.wait.Type)...)
	}
	f.Missing = uniq(f.Missing)
	if hasReader(ts) {
		f.Explanation += " A reader that waits while a writer waits too is blocked by that writer: if the reader, or a task that the reader waits for, already holds the lock for reading, the writer waits for it in turn."
		f.Fix = append(slices.Clone(h.docs["recursive-lock"].Fixes[:1]), f.Fix...)
	}
	h.out = append(h.out, f)
}

func hasReader(ts []*task) bool {
	r, w := false, false
	for _, t := range ts {
		if t.wait.Type == model.RWSem {
			r = r || t.wait.Mode.Shared()
			w = w || t.wait.Mode == model.Write
		}
	}
	return r && w
}

func (h *hangs) codeHint(mod string, ts, code, lock []*task) {
	f, _ := h.hint("wait-under-lock", ts)
	c, l := code[0], lock[0]
	blame(&f, c.wait.Caller)
	f.Confidence = model.Low
	how := "If " + c.name() + " holds the lock that " + l.name() + " waits for, and " + l.name() + " is the one to end its wait, neither can go on."
	for _, e := range h.waits.WaitsOf(c.ref) {
		if e.To == l.ref {
			// The stack names the module's work function, and there is one worker
			// that runs it: only the lock is unknown.
			f.Confidence = model.Medium
			f.Path = append(f.Path, h.step(e))
			how = c.name() + " waits for work, and " + l.name() + " runs " + l.fn + "() of the same module, which waits for " + article(typeWord(l.wait.Type)) +
				". If that is held by " + c.name() + ", neither can go on."
		}
	}
	f.Title = waitFunc(c.wait) + "()" + inFn(c.wait.Caller.Func) + " may wait for " + pick(l.fn == "", l.wait.Caller.Func, l.fn) + "(), which waits for a lock it holds"
	f.Explanation = "These tasks of [" + mod + "] are blocked at the same time: " + placesOf(ts) + ". " + how + " The log does not show who holds the lock, so this is a hint and no proof."
	f.Missing = uniq(missingHolder(l.wait.Type))
	ownFix(&f, "If "+c.wait.Caller.Func+"() holds a lock there: release it before "+waitFunc(c.wait)+"()",
		"Look whether "+l.wait.Caller.Func+"() takes a lock that "+c.wait.Caller.Func+"() holds around the wait.")
	h.out = append(h.out, f)
}

// sameSite: all wait at one place in the code. A third task may hold the lock,
// or they hold one of several such locks each and wait in a ring.
func (h *hangs) sameSite(mod string, ts []*task) {
	f, names := h.hint("hung-task", ts)
	t := ts[0]
	f.Title = plural(len(ts), "task") + " of [" + mod + "] wait for " + article(typeWord(t.wait.Type)) + inFn(t.wait.Caller.Func)
	f.Explanation = list(names, 6) + " are blocked at the same place, for " + article(typeWord(t.wait.Type)) + inFn(t.wait.Caller.Func) +
		". Either they all wait for one lock whose holder is not among the tasks that the log shows, or each holds one lock of several and waits for another's, in a ring. The log does not show the holder."
	f.Missing = missingHolder(t.wait.Type)
	h.out = append(h.out, f)
}
