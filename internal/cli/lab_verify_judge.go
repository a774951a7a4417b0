package cli

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"gordian/internal/check"
	"gordian/internal/evidence"
	"gordian/internal/model"
)

// judge diagnoses the console, also one that is still being written.
func (r *kernelRun) judge(ctx context.Context) error {
	facts, err := evidence.Read(ctx, []string{r.log}, evidence.Options{})
	if err != nil {
		return err
	}
	r.splat = slices.ContainsFunc(facts.Reports, func(x model.Report) bool { return strings.HasPrefix(x.Base().Family, "lockdep-") })
	r.findings, r.others = nil, nil
	if len(facts.Reports) == 0 {
		return nil
	}
	for _, f := range sure(check.Run(ctx, facts)) {
		if byChance(&f, facts.Reports, r.modules) {
			r.others = append(r.others, f.Title)
		} else {
			r.findings = append(r.findings, f)
		}
	}
	return nil
}

// byChance reports whether a watchdog barked at a CPU that had nothing to do
// with the modules. A CPU of a guest stands still when the host is busy, and
// the guest cannot tell that from a lockup. If it is one that the modules have
// brought about after all, the run does not come to its end.
func byChance(f *model.Finding, reports []model.Report, modules []string) bool {
	switch f.Rule {
	case "rcu-stall", "soft-lockup", "hard-lockup", "workqueue-lockup":
	default:
		return false
	}
	all := []any{f}
	for _, i := range f.Reports {
		if i >= 0 && i < len(reports) {
			all = append(all, reports[i])
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return false
	}
	// The kernel writes a module's frames as "fn+0x1/0x2 [module]"; as data the
	// name stands alone.
	return !slices.ContainsFunc(modules, func(m string) bool {
		return strings.Contains(string(text), "["+m+"]") || strings.Contains(string(text), `"`+m+`"`)
	})
}

// moduleName is the kernel's name of the module in a file.
func moduleName(path string) string {
	return strings.ReplaceAll(strings.TrimSuffix(filepath.Base(path), ".ko"), "-", "_")
}

// sure leaves out what a verdict should not hang on.
func sure(fs []model.Finding) []model.Finding {
	d := model.Document{Findings: fs, Stats: map[string]int64{}}
	keepConfident(&d, model.Medium)
	return d.Findings
}
