package csource_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gordian/internal/check"
	"gordian/internal/csource"
	"gordian/internal/csource/lockapi"
	"gordian/internal/csource/tree"
	"gordian/internal/model"
)

// TestCases runs the analyser and the rules over each case. A case is right if
// every bug is found, and nothing else is said aloud. Cases in known.txt must
// be wrong: what was repaired is to be taken out of it. -v prints a table.
func TestCases(t *testing.T) {
	apis, err := lockapi.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	known := readKnown(t)
	score := map[string]*tally{}
	for _, c := range loadCases(t) {
		problems := runCase(t, c, apis, score)
		reason, expected := known[c.name]
		delete(known, c.name)
		switch {
		case len(problems) == 0 && expected:
			t.Errorf("%s is right now: take it out of known.txt (%s)", c.name, reason)
		case len(problems) > 0 && expected:
			t.Logf("known: %s: %s\n\t%s", c.name, reason, strings.Join(problems, "\n\t"))
		case len(problems) > 0:
			t.Errorf("%s:\n\t%s", c.name, strings.Join(problems, "\n\t"))
		}
	}
	for name := range known {
		t.Errorf("known.txt: no case %q", name)
	}
	logScore(t, score)
}

// A tally counts the bugs of a rule and what was said falsely by it.
type tally struct{ wanted, found, alarms int }

func tallyOf(score map[string]*tally, rule string) *tally {
	if score[rule] == nil {
		score[rule] = &tally{}
	}
	return score[rule]
}

// runCase returns what is not as the case says.
func runCase(t *testing.T, c testCase, apis *lockapi.Table, score map[string]*tally) []string {
	t.Helper()
	facts, err := csource.Analyze(t.Context(), csource.Options{
		Tree: tree.Options{Paths: []string{c.path}, NoRoot: true, Jobs: 1}, APIs: apis})
	if err != nil {
		return []string{err.Error()}
	}
	all := check.Source(t.Context(), check.SourceFacts(facts), facts, nil)
	var findings []model.Finding
	for _, f := range all {
		if loud(f) {
			findings = append(findings, f)
		}
	}

	var problems []string
	used := make([]bool, len(findings))
	for _, b := range c.bugs {
		s := tallyOf(score, b.rules[0])
		s.wanted++
		hit := false
		for i, f := range findings {
			if b.matches(f) {
				hit, used[i] = true, true
			}
		}
		if hit {
			s.found++
		} else {
			how := "missed"
			if slices.ContainsFunc(all, b.matches) {
				how = "said too quietly"
			}
			problems = append(problems, fmt.Sprintf("%s: %s in %s (%s:%d)", how, b.id, b.places[0].fn, b.places[0].file, b.places[0].line))
		}
	}
	for i, f := range findings {
		if !used[i] && !slices.ContainsFunc(c.may, func(b bug) bool { return b.matches(f) }) {
			tallyOf(score, f.Rule).alarms++
			problems = append(problems, fmt.Sprintf("false: %s (%s) in %s (%s:%d): %s", f.Rule, f.Confidence, f.Function, filepath.Base(f.File), f.Line, f.Title))
		}
	}
	return problems
}

// loud findings are those that people see without asking for more.
func loud(f model.Finding) bool {
	return (f.Severity == model.SevError || f.Severity == model.SevWarning) &&
		(f.Confidence == model.High || f.Confidence == model.Medium)
}

func (b bug) matches(f model.Finding) bool {
	if !slices.Contains(b.rules, f.Rule) {
		return false
	}
	at := append([]model.Location{{Function: f.Function, File: f.File, Line: f.Line}}, f.Locations...)
	return slices.ContainsFunc(b.places, func(p place) bool {
		return p.lockIn(f) && slices.ContainsFunc(at, p.covers)
	})
}

func (p place) covers(l model.Location) bool {
	near := filepath.Base(l.File) == p.file && l.Line >= p.line-nearby && l.Line <= p.line+nearby
	return near || l.Function == p.fn
}

func (p place) lockIn(f model.Finding) bool {
	return p.lock == "" || slices.ContainsFunc(f.Locks, func(l model.LockInfo) bool { return strings.Contains(l.Name, p.lock) })
}

// readKnown reads known.txt: "case: reason" lines, and # comments.
func readKnown(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "cases", "known.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	known := map[string]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		line := strings.TrimSpace(s.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, reason, _ := strings.Cut(line, ":")
		if reason = strings.TrimSpace(reason); reason == "" {
			t.Errorf("known.txt: %s: no reason", name)
		}
		known[name] = reason
	}
	return known
}

func logScore(t *testing.T, score map[string]*tally) {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%-22s %s %6s", "rule", "found", "alarms")
	var sum tally
	for _, r := range sourceRules() {
		s := tallyOf(score, r)
		fmt.Fprintf(&b, "\n%-22s %2d/%2d %6d", r, s.found, s.wanted, s.alarms)
		sum.found, sum.wanted, sum.alarms = sum.found+s.found, sum.wanted+s.wanted, sum.alarms+s.alarms
	}
	fmt.Fprintf(&b, "\n%-21s %3d/%2d %6d", "all", sum.found, sum.wanted, sum.alarms)
	t.Log(b.String())
}
