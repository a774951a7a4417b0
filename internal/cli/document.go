package cli

import (
	"slices"

	"gordian/internal/model"
)

func newDocument(f *model.Facts, findings []model.Finding) *model.Document {
	d := &model.Document{
		Schema: model.Schema, Tool: "gordian " + version(),
		Inputs: f.Inputs, Findings: findings, Reports: f.Reports,
		Sections: f.Sections, Incomplete: f.Incomplete, Stats: map[string]int64{},
	}
	for k, v := range f.Stats {
		d.Stats[k] = v
	}
	return d
}

// keepConfident drops the findings below a confidence, and counts them.
func keepConfident(d *model.Document, least model.Confidence) {
	n := len(d.Findings)
	d.Findings = slices.DeleteFunc(d.Findings, func(f model.Finding) bool {
		return f.Confidence.Rank() < least.Rank()
	})
	if n -= len(d.Findings); n > 0 {
		d.Stats["findings_below_confidence"] = int64(n)
	}
}

// keepFirst drops the findings beyond limit, and counts them. The exit status
// is decided before, on all of them.
func keepFirst(d *model.Document, limit int) {
	if limit <= 0 || len(d.Findings) <= limit {
		return
	}
	d.Stats["findings_beyond_limit"] = int64(len(d.Findings) - limit)
	d.Findings = d.Findings[:limit]
}

// atLeast reports whether a finding is as severe as failOn says.
func atLeast(fs []model.Finding, failOn string) bool {
	least := model.Severity(failOn).Rank()
	return least > 0 && slices.ContainsFunc(fs, func(f model.Finding) bool {
		return f.Severity.Rank() >= least
	})
}
