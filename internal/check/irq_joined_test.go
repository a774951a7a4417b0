package check

import (
	"testing"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

// inconsistentUse adds a report that shows one half of a conflict: a use of a
// class in hardirq, or with hardirqs on.
func inconsistentUse(w *world, class string, enabled bool, fn string) {
	i := w.add(&kreport.Message{ReportBase: w.base("panic", "half of a conflict of "+class)})
	w.f.Uses = append(w.f.Uses, model.ContextUse{Class: model.ClassRef(class), Context: model.Hardirq, Enabled: enabled, Mode: model.Write,
		Stack: fr("_raw_spin_lock " + fn), Why: []model.Provenance{{Input: 0, Locator: lineNo(w.f.Reports[i].Base().Line), Excerpt: class}}})
}

func TestJoinedIRQ(t *testing.T) {
	w := newWorld()
	inconsistentUse(w, "dev_lock", false, "dev_irq")
	inconsistentUse(w, "dev_lock", true, "dev_ioctl")
	f := one(t, w.run(t), "irq-unsafe-lock")
	if f.Confidence != model.Low || f.Verdict != model.CouldDeadlock || len(f.Reports) != 2 || f.Function != "dev_ioctl" {
		t.Errorf("%s: %s %s, function %q, reports %v", f.Title, f.Confidence, f.Verdict, f.Function, f.Reports)
	}
	wantContains(t, "explanation", f.Explanation, "No single report", "dev_lock used in hardirq")

	w = newWorld()
	inconsistentUse(w, "dev_lock", false, "dev_irq")
	inconsistentUse(w, "other_lock", true, "dev_ioctl")
	for _, f := range w.run(t) {
		if f.Rule == "irq-unsafe-lock" {
			t.Errorf("two locks that never nest conflict: %s", f.Title)
		}
	}
}
