package cli

import (
	"gordian/internal/model"
	"gordian/internal/trace"
)

// traceReport is how a trace of lock orders ends, of the kernel or of programs.
type traceReport struct {
	out    *output
	filter *traceFilter
	failOn string
	save   string // file for the graph, or ""
}

// write saves the graph, remembers the baseline, and shows what was found.
func (r traceReport) write(saved *trace.Saved, facts *model.Facts, findings []model.Finding) error {
	if r.save != "" {
		if err := writeFile(r.save, saved.Write); err != nil {
			return err
		}
	}
	if err := r.filter.remember(findings); err != nil {
		return err
	}
	facts.Count("baselined", r.filter.left(findings))
	doc := newDocument(facts, r.filter.apply(findings))
	failed := atLeast(doc.Findings, r.failOn)
	if err := r.out.write(doc); err != nil {
		return err
	}
	if failed {
		return &exitStatus{code: exitFindings}
	}
	return nil
}
