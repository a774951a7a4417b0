package check

import (
	"gordian/internal/kreport"
	"gordian/internal/model"
)

// standsStill reports whether an NMI found every CPU spinning, for locks or for
// each other's answers, and at least one for a lock. One look cannot tell a
// long wait from a short one, but who spins releases nothing: if all do, and no
// holder sleeps, which those of spinlocks must not, nobody can go on.
func (v *view) standsStill(i int) bool {
	r, ok := v.facts.Reports[i].(*kreport.Lockup)
	if !ok || r.Truncated {
		return false
	}
	locks := 0
	for _, c := range v.contexts(i) {
		if !c.wait.Known || !c.wait.Spinning {
			return false
		}
		if c.spins() {
			locks++
		}
	}
	return locks > 0
}

// nmiPanics judges the panics on an NMI, which somebody sends to a machine that
// does not answer. That alone says nothing about locks; where CPUs spin for
// them, it is worth a look, and where all do, they wait for each other.
func (v *view) nmiPanics() []model.Finding {
	var out []model.Finding
	for _, i := range v.families["nmi-panic"] {
		first := -1 // the first CPU that spins for a lock
		cs := v.contexts(i)
		for k := range cs {
			if first < 0 && cs[k].spins() {
				first = k
			}
		}
		if first < 0 {
			continue
		}
		f := v.fromReport("hard-lockup", i)
		f.Status, f.Verdict = model.Actual, model.Undecided
		text := v.stalled(&f, i, func(c cpuSeen) bool { return c.cpu == cs[first].cpu && c.spins() })
		f.Confidence = model.Low
		f.Title = cs[first].actor() + " spins for " + f.Locks[0].Name + inFn(f.Function) + " when an NMI ends the machine"
		f.Explanation = sentences(text, "It was seen at one moment only: whether it spun for long, the log does not say. An NMI is sent to a machine that does not answer.")
		if v.standsStill(i) {
			f.Confidence = model.Medium
			f.Title = pick(len(cs) == 1, "the only CPU spins"+inFn(f.Function)+", and nobody can release what it waits for",
				"all "+itoa(len(cs))+" CPUs spin, "+cs[first].actor()+inFn(f.Function)+": none can release what another waits for")
			f.Explanation = sentences("An NMI, which is sent to a machine that does not answer, found every CPU spinning. A CPU that spins releases nothing, and a spinlock's holder must not sleep, so they wait for each other.", text)
		}
		f.Fingerprint = model.Fingerprint(f.Rule, "nmi", f.Function)
		truncated(&f, v.base(i))
		out = append(out, f)
	}
	return out
}
