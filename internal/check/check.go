// Package check holds the rules: each decides from the facts, the two graphs
// and the kernel's own reports whether something is wrong, and explains it.
//
// A rule is a plain value with its documentation beside its code. The list of
// rules is Rules(); nothing registers itself. docs/adding-a-rule.md says how
// to add one.
package check

import (
	"context"

	"gordian/internal/engine"
	"gordian/internal/model"
)

// Input is what a rule sees.
type Input struct {
	Facts *model.Facts
	Waits *engine.WaitGraph
	Order *engine.OrderGraph

	v *view // what the rules share: built once by newInput
}

// Rule is one check. Its Doc feeds `gordian explain`, docs/rules, SARIF and
// the HTML report.
type Rule struct {
	Doc Doc
	// Run returns the rule's findings. Fingerprint, Explanation, Fix and
	// Verify must be filled; Run must not change its input.
	Run func(ctx context.Context, in *Input) []model.Finding
}

// Doc is what a rule says about itself.
type Doc struct {
	ID       string         // public, stable, kebab-case
	Summary  string         // one line
	Severity model.Severity // of a typical finding
	What     string         // what it means, in Markdown paragraphs
	Why      string         // why it deadlocks: the general interleaving
	Example  string         // C code that breaks the rule, or ""
	Fixes    []model.Fix    // the usual fixes
	Verify   []string       // how to check a fix: CONFIG options that exist, what to stress
	Sources  []string       // kernel source or papers: "kernel/locking/lockdep.c, print_circular_bug()"
	LogForms []string       // the kernel messages that lead to it
	InSource string         // what `gordian check` looks for in C source, and what decides how sure it is; "" if it cannot see it
}

// Run applies every rule to the facts: it builds the graphs once, merges
// findings that say the same, ties those that are about the same locks or
// tasks, and sorts.
func Run(ctx context.Context, f *model.Facts) []model.Finding {
	in := newInput(f)
	var out []model.Finding
	for _, r := range Rules() {
		if ctx.Err() != nil {
			break
		}
		out = append(out, r.Run(ctx, in)...)
	}
	out = in.v.sameBoot(merge(out))
	relate(in.v, out)
	model.SortFindings(out)
	return out
}

func newInput(f *model.Facts) *Input {
	v := newView(f)
	in := &Input{Facts: f, Waits: v.waits, Order: v.order, v: v}
	v.hangs = v.findHangs()
	return in
}
