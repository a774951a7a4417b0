package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gordian/internal/kconfig"
	"gordian/internal/lab"
	"gordian/internal/lab/kernels"
	"gordian/internal/model"
)

// wrong says what, beside findings, keeps a run from being a pass.
func (r *kernelRun) wrong() []string {
	if r.proof == nil {
		return nil
	}
	out := slices.Clone(r.proof.Problems)
	switch run := r.proof.Run; {
	case run.Crash != "":
		out = append(out, "the kernel crashed: "+run.Crash)
	case run.Stop != lab.Finished && run.Stop != lab.Found:
		out = append(out, strings.TrimSuffix(string(run.Stop)+": "+run.Why, ": "))
	}
	return out
}

func (r *kernelRun) passed(failOn string) bool {
	return r.err == nil && r.proof != nil && !atLeast(r.findings, failOn) && len(r.wrong()) == 0
}

// verdict is one of pass, found, failed, and not run.
func (r *kernelRun) verdict(failOn string) string {
	switch {
	case r.err != nil:
		return "not run"
	case atLeast(r.findings, failOn):
		return "found"
	case len(r.wrong()) > 0:
		return "failed"
	}
	return "pass"
}

func (p *proof) sourceFound() bool {
	return p.source != nil && atLeast(p.source.findings, p.failOn)
}

func (p *proof) passed() bool {
	return !p.sourceFound() && !slices.ContainsFunc(p.runs, func(r *kernelRun) bool { return !r.passed(p.failOn) })
}

// unrun joins the errors of the kernels that could not be run.
func (p *proof) unrun() error {
	var errs []error
	for _, r := range p.runs {
		if r.err != nil {
			errs = append(errs, r.err)
		}
	}
	return errors.Join(errs...)
}

func (p *proof) status() error {
	if err := p.unrun(); err != nil {
		return err
	}
	if !p.passed() {
		return &exitStatus{code: exitFindings}
	}
	return nil
}

// verdict is the proof in one line: where what was found.
func (p *proof) verdict() string {
	var parts []string
	for _, r := range p.runs {
		text := r.verdict(p.failOn) + " on " + flavour(r)
		switch r.verdict(p.failOn) {
		case "found":
			text += ": " + titles(r.findings, p.failOn)
		case "failed":
			text += ": " + strings.Join(r.wrong(), "; ")
		}
		parts = append(parts, text)
	}
	switch {
	case p.sourceFound():
		parts = append(parts, "found in source: "+titles(p.source.findings, p.failOn))
	case p.source != nil:
		parts = append(parts, "pass in source")
	}
	return strings.Join(parts, "; ")
}

func flavour(r *kernelRun) string {
	if r.kernel.Flavour == "" || r.kernel.Flavour == r.kernel.Name {
		return r.kernel.Name
	}
	return r.kernel.Flavour + " (" + r.kernel.Release + ")"
}

// titles are those of the findings that count, the first two of them.
func titles(fs []model.Finding, failOn string) string {
	var out []string
	for i := range fs {
		if fs[i].Severity.Rank() < model.Severity(failOn).Rank() {
			continue
		}
		if len(out) == 2 {
			out = append(out, "and more")
			break
		}
		out = append(out, fs[i].Title+" ["+fs[i].Rule+"]")
	}
	return strings.Join(out, ", ")
}

// rows are the table of what was tried.
func (p *proof) rows() [][]string {
	var rows [][]string
	for _, r := range p.runs {
		row := []string{p.label, r.kernel.Name, r.verdict(p.failOn), "", "", "", "", ""}
		if q := r.proof; q != nil && r.err == nil {
			row[3] = fmt.Sprintf("%d of %d", q.Cycles, q.Of)
			if q.Coverage.Functions.Of > 0 {
				row[4], row[5] = q.Coverage.Functions.String(), q.Coverage.Sites.String()
			}
			row[6], row[7] = q.Taint, q.Refs
		}
		rows = append(rows, row)
	}
	if p.source != nil {
		verdict := "pass"
		if p.sourceFound() {
			verdict = "found"
		}
		rows = append(rows, []string{p.label, "(source)", verdict, "", "", "", "", ""})
	}
	return rows
}

// notes say what a reader of the verdict should know.
func (p *proof) notes() []string {
	var out []string
	if p.note != "" {
		out = append(out, p.note)
	}
	for _, r := range p.runs {
		if r.proof == nil {
			continue
		}
		who := strings.TrimSpace(p.label+" on "+r.kernel.Name) + ": "
		for _, w := range r.wrong() {
			out = append(out, who+w)
		}
		for _, n := range append(slices.Clone(r.proof.Notes), r.proof.Run.Notes...) {
			out = append(out, who+n)
		}
		if !r.splat && r.verdict(p.failOn) == "found" && provesLocking(r.kernel) {
			out = append(out, who+"lockdep itself reported nothing of what was found here: it knows mutexes, spinlocks and rwsems, not semaphores, nor who waits for whom")
		}
		for _, title := range r.others {
			out = append(out, who+title+": no function of the module is in it, and a guest's CPU stands still when the host is busy: not counted")
		}
		c := r.proof.Coverage
		if c.Why != "" && r.proof.Run.Stop == lab.Finished {
			out = append(out, who+"what ran was not counted: "+c.Why)
		}
		if len(c.Never) > 0 {
			out = append(out, who+"never ran: "+strings.Join(c.Never, "; "))
		}
	}
	return out
}

// provesLocking reports whether lockdep runs in a kernel.
func provesLocking(k kernels.Kernel) bool {
	return k.Flavour == kernels.Lockdep || hasOption(k, "PROVE_LOCKING")
}

// hasOption reports whether a kernel's configuration, if it is known, has an
// option on.
func hasOption(k kernels.Kernel, name string) bool {
	if k.Config == "" {
		return false
	}
	f, err := kconfig.ReadFile(k.Config)
	return err == nil && f.Config.On(name)
}
