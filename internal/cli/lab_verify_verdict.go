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
func (r *kernelRun) wrong(failOn string) []string {
	if r.proof == nil {
		return nil
	}
	out := slices.Clone(r.proof.Problems)
	switch run := r.proof.Run; {
	case run.Crash != "":
		out = append(out, "the kernel crashed: "+run.Crash)
	case run.Stop == lab.Found && !atLeast(r.findings, failOn):
		out = append(out, "the kernel reported something that ended the run, and that the whole log does not bear out: see the console")
	case run.Stop != lab.Finished && run.Stop != lab.Found && run.Stop != lab.TimeOut:
		out = append(out, strings.TrimSuffix(string(run.Stop)+": "+run.Why, ": "))
	}
	return out
}

// late says what a run that was out of time did not get to, "" for others.
func (r *kernelRun) late() string {
	if r.proof == nil || r.proof.Run.Stop != lab.TimeOut {
		return ""
	}
	return fmt.Sprintf("%s; %d of %d cycles were completed, and nothing is proven of what was to come", r.proof.Run.Why, r.proof.Cycles, r.proof.Of)
}

// The verdicts on a run.
const (
	verdictPass   = "pass"
	verdictFound  = "found"
	verdictFailed = "failed"
	verdictLate   = "time-out" // nothing was wrong, as far as the run got
	verdictUnrun  = "not run"
)

func (r *kernelRun) verdict(failOn string) string {
	switch {
	case r.err != nil || r.proof == nil:
		return verdictUnrun
	case atLeast(r.findings, failOn):
		return verdictFound
	case len(r.wrong(failOn)) > 0:
		return verdictFailed
	case r.late() != "":
		return verdictLate
	}
	return verdictPass
}

func (p *proof) sourceFound() bool {
	return p.source != nil && atLeast(p.source.findings, p.failOn)
}

// seen reports whether anything is wrong with the module, as far as it ran.
func (p *proof) seen() bool {
	return p.sourceFound() || slices.ContainsFunc(p.runs, func(r *kernelRun) bool {
		v := r.verdict(p.failOn)
		return v == verdictFound || v == verdictFailed
	})
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

// late joins the runs that were out of time before anything was seen.
func (p *proof) late() error {
	var errs []error
	for _, r := range p.runs {
		if r.verdict(p.failOn) == verdictLate {
			errs = append(errs, fmt.Errorf("on %s: time-out: %s: give it more by --timeout; the console is in %s", r.kernel.Name, r.late(), r.log))
		}
	}
	return errors.Join(errs...)
}

func (p *proof) status() error {
	switch {
	case p.unrun() != nil:
		return p.unrun()
	case p.seen():
		return &exitStatus{code: exitFindings}
	}
	return p.late()
}

// verdict is the proof in one line: where what was found.
func (p *proof) verdict() string {
	var parts []string
	for _, r := range p.runs {
		text := r.verdict(p.failOn) + " on " + flavour(r)
		switch r.verdict(p.failOn) {
		case verdictFound:
			text += ": " + titles(r.findings, p.failOn)
		case verdictFailed:
			text += ": " + strings.Join(r.wrong(p.failOn), "; ")
		case verdictLate:
			text += ": " + r.late()
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
		verdict := verdictPass
		if p.sourceFound() {
			verdict = verdictFound
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
		for _, w := range r.wrong(p.failOn) {
			out = append(out, who+w)
		}
		for _, n := range append(slices.Clone(r.proof.Notes), r.proof.Run.Notes...) {
			out = append(out, who+n)
		}
		if why := r.late(); why != "" {
			out = append(out, who+"time-out: "+why)
		}
		if r.busy() && r.verdict(p.failOn) != verdictPass {
			out = append(out, who+fmt.Sprintf("the host was busy, and a CPU of the guest waited %.1f of 8 s for one of the host's: lockups, stalls and time-outs may be its doing", r.proof.Run.Starved.Seconds()))
		}
		if !r.splat && r.verdict(p.failOn) == verdictFound && provesLocking(r.kernel) {
			out = append(out, who+"lockdep itself reported nothing of what was found here: it knows mutexes, spinlocks and rwsems, not semaphores, nor who waits for whom")
		}
		for _, f := range r.others {
			out = append(out, who+f.Title+fmt.Sprintf(": not counted: no function of the module is in it, the run went on, and a CPU of the guest waited %.1f of 8 s for one of this busy host's", r.proof.Run.Starved.Seconds()))
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
