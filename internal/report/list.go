package report

import "gordian/internal/model"

// RuleDoc is what a rule says about itself. It has the fields of check.Doc,
// so that one converts to the other: a renderer does not know the rules.
type RuleDoc struct {
	ID       string
	Summary  string
	Severity model.Severity
	What     string
	Why      string
	Example  string
	Fixes    []model.Fix
	Verify   []string
	Sources  []string
	LogForms []string
	InSource string
}

// All returns every renderer, in the order in which help shows them.
func All(rules []RuleDoc) []Renderer {
	return []Renderer{Text(), JSON(), SARIF(rules), DOT(), HTML()}
}
