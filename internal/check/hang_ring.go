package check

import (
	"gordian/internal/engine"
	"gordian/internal/model"
)

// siteRing returns the orders that lockdep saw at the very calls in which
// these tasks are blocked, if they close a circle: the same call can take
// locks of several classes, so it does not say which task waits for which,
// but that these tasks wait in a circle is likely.
func (h *hangs) siteRing(ts []*task) []model.Edge {
	seen := map[site]bool{}
	f := &model.Facts{}
	for _, t := range ts {
		s := siteOf(t.wait.Caller)
		if len(h.sites[s]) == 0 {
			return nil
		}
		if !seen[s] {
			seen[s] = true
			f.Edges = append(f.Edges, h.ordersAt(t.boot, s)...)
		}
	}
	if len(f.Edges) < 2 {
		return nil
	}
	for _, c := range engine.NewOrderGraph(f).Cycles() {
		if len(c.Edges) == len(ts) {
			return c.Edges
		}
	}
	return nil
}

func (h *hangs) ringHint(mod string, ts []*task, ring []model.Edge) {
	f, names := h.hint("deadlock", ts)
	f.Verdict, f.Confidence = model.Deadlocked, model.Medium
	f.Locks = nil
	for _, e := range ring {
		f.Locks = append(f.Locks, model.LockInfo{Name: e.From.Name(), Type: ts[0].wait.Type})
		f.Path = append(f.Path, model.PathStep{Kind: e.Kind, From: e.From.Name(), To: e.To.Name(), Mode: e.Mode, At: e.Func, Why: e.Why})
		h.reportsOf(&f, e)
	}
	f.Title = list(names, 4) + " of [" + mod + "] most likely wait for each other"
	f.Explanation = list(names, 6) + " are blocked" + inFn(ts[0].wait.Caller.Func) + ", in the very calls in which lockdep reported the circle " + orderText(ring) +
		". There are as many blocked tasks as the circle has steps: each most likely holds one of these locks and waits for the next."
	f.Missing = []string{"Which of the tasks holds which lock: lockdep was off after its report, so the log does not list the held locks. A dump shows the owners."}
	if len(f.Locks) >= 2 {
		ownFix(&f, "Take "+f.Locks[0].Name+" and "+f.Locks[1].Name+" in one order", "Choose one order for all of these locks and follow it on every path; the order of an address or an index works for locks of one kind.")
	}
	f.Fingerprint = model.Fingerprint(f.Rule, lockNames(f.Locks)...)
	h.out = append(h.out, f)
}

func lockNames(ls []model.LockInfo) []string {
	var out []string
	for _, l := range ls {
		out = append(out, l.Name)
	}
	return uniq(sortedCopy(out))
}
