package cli

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"gordian/internal/check"
	"gordian/internal/evidence"
	"gordian/internal/lab"
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
	for _, f := range sure(check.Run(ctx, facts), facts.Reports) {
		if byChance(&f, facts.Reports, r.modules) && r.excused() {
			r.others = append(r.others, f)
		} else {
			r.findings = append(r.findings, f)
		}
	}
	return nil
}

// excused reports whether lockups that have nothing to do with the modules may
// be taken for the doing of a busy host: the guest's CPUs were seen to wait for
// the host's, and the guest got over it. While it runs that is not known yet. A
// CPU that the modules have locked up for good keeps the run from its end.
func (r *kernelRun) excused() bool {
	if r.proof == nil {
		return true
	}
	stop := r.proof.Run.Stop
	return r.busy() && (stop == lab.Finished || stop == lab.Found)
}

// busy reports whether the host kept the guest's CPUs waiting.
func (r *kernelRun) busy() bool { return r.proof != nil && r.proof.Run.Starved > tooBusy }

// byChance reports whether a watchdog barked at a CPU that had nothing to do
// with the modules. A CPU of a guest stands still when the host is busy, and
// the guest cannot tell that from a lockup.
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

// sure leaves out what a verdict should not hang on. That a task hangs is sure
// where the kernel says so, however unsure it is what it waits for.
func sure(fs []model.Finding, reports []model.Report) []model.Finding {
	hung := func(i int) bool {
		return i >= 0 && i < len(reports) && reports[i].Base().Family == "hung-task"
	}
	return slices.DeleteFunc(fs, func(f model.Finding) bool {
		return f.Confidence.Rank() < model.Medium.Rank() && !slices.ContainsFunc(f.Reports, hung)
	})
}
