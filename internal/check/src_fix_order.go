package check

import (
	"slices"
	"strings"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// swapFixes takes the two locks of one order of a cycle the other way round,
// where they are taken one right after the other; the first ones given come
// first.
func (v *srcView) swapFixes(cycle []*srcfact.Order) []model.Fix {
	var out []model.Fix
	for i, o := range cycle {
		if slices.Contains(cycle[:i], o) {
			continue
		}
		a, b := o.Path[heldAt(o)], o.Path[len(o.Path)-1]
		if a.Func != b.Func || a.File != b.File || o.Depth > 0 || !independent(&o.From, &o.To) {
			continue
		}
		t := v.file(a.File)
		edits, ok := t.Swap(a.Line, b.Line)
		out = append(out, edited(t, "Take "+lockNode(&o.To)+" before "+lockNode(&o.From)+" in "+a.Func+"()",
			"Nothing stands between the two, and neither needs the other. Look at every other path that takes these locks as well.", edits, ok)...)
	}
	return out
}

// independent reports whether the second lock can be named, and taken, without
// the first being held: no pointer is followed on the way to it that the first
// may protect, and neither changes the interrupt state.
func independent(a, b *srcfact.Lock) bool {
	plain := func(l *srcfact.Lock) bool {
		return l.API != "" && !strings.Contains(l.API, "irq") && !strings.Contains(l.API, "_bh") && !strings.Contains(l.API, "trylock") &&
			!strings.Contains(l.API, "interruptible") && !strings.Contains(l.API, "killable")
	}
	steps := strings.Count(b.Expr, "->") + strings.Count(b.Expr, "[")
	return plain(a) && plain(b) && a.Type.Sleeps() == b.Type.Sleeps() && b.Expr != "" && steps <= 1 && !strings.Contains(b.Expr, "(")
}

// orderAdvice says in words which path has to change.
func orderAdvice(f *model.Finding, cycle []*srcfact.Order, odd *srcfact.Order) {
	first := afterAcquire(odd.Path, &odd.From)
	detail := "Either " + first.Func + "() takes " + lockNode(&odd.To) + " before " + lockNode(&odd.From) + ", or it releases " + lockNode(&odd.From) +
		" before it " + pick(first.Kind == srcfact.StepCall, "calls "+first.Callee+"()", "takes the other") + "; or "
	var others []string
	for _, o := range cycle {
		if o != odd {
			others = append(others, afterAcquire(o.Path, &o.From).Func+"() must not take "+lockNode(&o.To)+" while it holds "+lockNode(&o.From))
		}
	}
	ownFix(f, "Make all paths take these locks in one order", detail+strings.Join(others, " or ")+".")
}
