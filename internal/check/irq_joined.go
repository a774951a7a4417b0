package check

import "gordian/internal/model"

// joinedIRQ reports the interrupt conflicts that come from several reports
// together: one shows a class used in an interrupt, another shows it, or a
// class taken under it, held with that interrupt enabled.
func (v *view) joinedIRQ() []model.Finding {
	var out []model.Finding
	for _, c := range v.order.IRQConflicts() {
		uses := []model.Edge{{Why: c.SafeUse.Why}, {Why: c.UnsafeUse.Why}}
		if c.Implied || v.oneReport(append(uses, c.Path...)) {
			continue
		}
		safe, unsafe, irq := c.Safe.Name(), c.Unsafe.Name(), string(c.Context)
		f := v.finding("irq-unsafe-lock")
		// A class is a name: in two reports it may stand for two locks.
		f.Verdict, f.Severity, f.Confidence = model.CouldDeadlock, model.SevWarning, model.Low
		f.Title = irq + " conflict across reports: " + safe
		f.Explanation = "No single report states this. One shows " + safe + " used in " + irq + "; another shows "
		if safe == unsafe {
			f.Explanation += "it taken with that interrupt enabled. If the interrupt comes while the lock is held, the handler waits for the code it stopped."
		} else {
			f.Title += " leads to " + unsafe
			f.Explanation += unsafe + " taken with that interrupt enabled; and " + unsafe + " is taken under " + safe + ". If the interrupt comes while " + unsafe +
				" is held, its handler waits for " + safe + ", whose holder waits for " + unsafe + "."
		}
		f.Fingerprint = model.Fingerprint(f.Rule, "joined", irq, safe, unsafe)
		f.Locks = []model.LockInfo{{Name: safe}}
		if safe != unsafe {
			f.Locks = append(f.Locks, model.LockInfo{Name: unsafe})
		}
		f.Evidence = append(append(f.Evidence, c.SafeUse.Why...), c.UnsafeUse.Why...)
		for _, e := range c.Path {
			f.Path = append(f.Path, model.PathStep{Kind: e.Kind, From: e.From.Name(), To: e.To.Name(), Mode: e.Mode, At: e.Func, Why: e.Why})
			v.reportsOf(&f, e)
		}
		for _, e := range uses {
			v.reportsOf(&f, e)
		}
		if g, k := guilty(c.UnsafeUse.Stack); k >= 0 {
			blame(&f, g)
		}
		f.Missing = []string{"Whether " + safe + " is the same lock in both reports: a class is known by its name only. lockdep reports the conflict itself when both paths run in one boot."}
		out = append(out, f)
	}
	return out
}
