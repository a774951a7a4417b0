// Package check holds the rules: each decides from the facts, the two graphs
// and the kernel's own reports whether something is wrong, and explains it.
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
}
