package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"gordian/internal/check"
	"gordian/internal/evidence"
	"gordian/internal/lab/verify"
	"gordian/internal/model"
)

// report writes the document, the verdict, and the JUnit file.
func (v *labVerify) report(ps []*proof, verdict string) error {
	doc, err := v.document(ps, verdict)
	if err != nil {
		return err
	}
	if v.junit != "" {
		if err := writeFile(v.junit, func(w io.Writer) error { return verify.WriteJUnit(w, "gordian lab verify", suites(ps, v.failOn.value)) }); err != nil {
			return err
		}
	}
	if err := v.out.write(doc); err != nil {
		return err
	}
	if v.out.quiet { // which shows findings only
		fmt.Fprintf(v.Out, "verdict: %s\n", safe(verdict))
	}
	return nil
}

// document holds the findings of all consoles, judged together, and then those
// of the source.
func (v *labVerify) document(ps []*proof, verdict string) (*model.Document, error) {
	var logs []string
	var ran []*kernelRun // by input
	for _, p := range ps {
		for _, r := range p.runs {
			if r.proof != nil && r.err == nil {
				logs, ran = append(logs, r.log), append(ran, r)
			}
		}
	}
	ctx := context.Background() // the work is done: an interrupt must not lose it
	facts := &model.Facts{}
	if len(logs) > 0 {
		var err error
		if facts, err = evidence.Read(ctx, logs, evidence.Options{}); err != nil {
			return nil, err
		}
	}
	doc := newDocument(facts, slices.DeleteFunc(sure(check.Run(ctx, facts), facts.Reports), func(f model.Finding) bool { return uncounted(&f, facts.Reports, ran) }))
	for _, p := range ps {
		if p.source != nil {
			addDocument(doc, p.source.document())
		}
	}
	table := model.Section{ID: "lab-verify", Title: "Verdict", Notes: []string{verdict},
		Columns: []string{"", "kernel", "verdict", "cycles", "functions", "lock sites", "taint", "refcount"}}
	for _, p := range ps {
		table.Rows = append(table.Rows, p.rows()...)
		table.Notes = append(table.Notes, p.notes()...)
	}
	if len(ps) == 1 { // nothing to tell apart
		table.Columns = table.Columns[1:]
		for i := range table.Rows {
			table.Rows[i] = table.Rows[i][1:]
		}
	}
	doc.Sections = append(doc.Sections, table)
	return doc, nil
}

// uncounted reports whether each run that a finding is from takes it for the
// doing of the host.
func uncounted(f *model.Finding, reports []model.Report, ran []*kernelRun) bool {
	for _, e := range f.Evidence {
		if e.Input >= len(ran) || !ran[e.Input].excused() || !byChance(f, reports, ran[e.Input].modules) {
			return false
		}
	}
	return len(f.Evidence) > 0
}

// addDocument appends what another document says, with its inputs.
func addDocument(d, more *model.Document) {
	base := len(d.Inputs)
	more.Findings = slices.Clone(more.Findings)
	for i := range more.Findings { // the analysis keeps its own
		f := &more.Findings[i]
		f.Evidence = slices.Clone(f.Evidence)
		f.Path = slices.Clone(f.Path)
		for j := range f.Path {
			f.Path[j].Why = slices.Clone(f.Path[j].Why)
		}
	}
	more.Incomplete = slices.Clone(more.Incomplete)
	eachInput(more, len(more.Inputs), func(i *int) { *i += base })
	d.Inputs = append(d.Inputs, more.Inputs...)
	d.Findings = append(d.Findings, more.Findings...)
	d.Incomplete = append(d.Incomplete, more.Incomplete...)
	for k, n := range more.Stats {
		d.Stats[k] += n
	}
}

// suites are the proofs as JUnit has them.
func suites(ps []*proof, failOn string) []verify.Suite {
	var out []verify.Suite
	for _, p := range ps {
		name := strings.TrimSpace(p.label + " " + p.dir)
		for _, r := range p.runs {
			out = append(out, r.suite(name, failOn))
		}
		if p.source != nil {
			out = append(out, verify.Suite{Name: name + ", source", Cases: []verify.Case{
				{Name: "gordian check", Failures: failures(p.source.findings, failOn)}}})
		}
	}
	return out
}

func (r *kernelRun) suite(name, failOn string) verify.Suite {
	s := verify.Suite{Name: name + ", " + r.kernel.Name, Properties: [][2]string{{"kernel.release", r.kernel.Release}, {"console", r.log}}}
	c := verify.Case{Name: "load, work, unload", Took: r.took, Failures: failures(r.findings, failOn)}
	switch {
	case r.err != nil:
		c.Error = r.err.Error()
	case r.verdict(failOn) == verdictLate:
		c.Error = "time-out: " + r.late()
	}
	if q := r.proof; q != nil {
		for _, w := range r.wrong(failOn) {
			c.Failures = append(c.Failures, verify.Failure{Type: "guest", Message: w})
		}
		s.Properties = append(s.Properties, [2]string{"cycles", fmt.Sprintf("%d of %d", q.Cycles, q.Of)}, [2]string{"taint", q.Taint},
			[2]string{"functions.ran", q.Coverage.Functions.String()}, [2]string{"lock.sites.ran", q.Coverage.Sites.String()})
	}
	s.Cases = []verify.Case{c}
	return s
}

func failures(fs []model.Finding, failOn string) []verify.Failure {
	var out []verify.Failure
	for i := range fs {
		if fs[i].Severity.Rank() >= model.Severity(failOn).Rank() {
			out = append(out, verify.Failure{Type: fs[i].Rule, Message: fs[i].Title, Text: fs[i].Explanation})
		}
	}
	return out
}
