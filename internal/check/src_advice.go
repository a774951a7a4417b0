package check

import (
	"slices"
	"strings"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// dropFixes leaves out of the usual advice what is about another shape of the
// rule than this slip's.
func dropFixes(f *model.Finding, s *srcfact.Slip) {
	f.Fix = slices.DeleteFunc(f.Fix, func(x model.Fix) bool {
		title := x.Title
		switch s.Kind {
		case srcfact.SlipFreeHeld:
			return !strings.HasPrefix(title, "For a freed lock")
		case srcfact.SlipExitHeld:
			return strings.HasPrefix(title, "For a freed lock")
		case srcfact.SlipSleep:
			return !fitsSleep(title, s)
		case srcfact.SlipUpgrade, srcfact.SlipReacquire:
			return title == fixNesting().Title
		}
		return false
	})
}

// fitsSleep reports whether a fix of sleep-in-atomic is about what sleeps
// here, and about what keeps it from sleeping.
func fitsSleep(title string, s *srcfact.Slip) bool {
	last := s.Path[len(s.Path)-1]
	switch {
	case title == fixGFPAtomic().Title:
		return strings.Contains(last.Text+last.Callee, "alloc") || strings.Contains(last.Text, "GFP")
	case title == fixMutexInstead().Title:
		return len(s.Locks) > 0
	case strings.HasPrefix(title, "In an interrupt"):
		return containsAny(s.Atomic, "irq", "interrupt", "timer", "tasklet", "handler")
	case strings.HasPrefix(title, "In an RCU reader"):
		return containsAny(s.Atomic, "RCU", "rcu")
	}
	return true
}

func containsAny(s string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}
