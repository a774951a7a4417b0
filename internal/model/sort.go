package model

import (
	"cmp"
	"slices"
)

// SortFindings puts the worst first: deadlocks, then by severity, what is
// happening before what could happen, confidence, place in the evidence, title.
func SortFindings(fs []Finding) {
	slices.SortStableFunc(fs, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(verdictRank(b.Verdict), verdictRank(a.Verdict)),
			cmp.Compare(b.Severity.Rank(), a.Severity.Rank()),
			cmp.Compare(statusRank(b.Status), statusRank(a.Status)),
			cmp.Compare(b.Confidence.Rank(), a.Confidence.Rank()),
			cmp.Compare(firstReport(a), firstReport(b)),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Title, b.Title),
		)
	})
}

func verdictRank(v Verdict) int {
	if v == Deadlocked {
		return 1
	}
	return 0
}

func statusRank(s Status) int {
	if s == Actual {
		return 1
	}
	return 0
}

func firstReport(f Finding) int {
	if len(f.Reports) == 0 {
		return 1 << 30
	}
	return f.Reports[0]
}
