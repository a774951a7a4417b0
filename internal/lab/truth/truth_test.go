package truth_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gordian/internal/check"
	"gordian/internal/lab/truth"
	"gordian/internal/model"
)

// TestTable checks that the table and the folder have the same modules, and
// that each row says something of every kind of evidence.
func TestTable(t *testing.T) {
	rows := map[string]bool{}
	for _, m := range truth.All() {
		if rows[m.Name] {
			t.Errorf("%s: twice", m.Name)
		}
		rows[m.Name] = true
		if _, err := os.Stat(filepath.Join(modules, m.Name, "Makefile")); err != nil {
			t.Error(err)
		}
	}
	dirs, err := os.ReadDir(modules)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		if d.IsDir() && !rows[d.Name()] {
			t.Errorf("%s: not in the table", d.Name())
		}
	}
	for _, m := range truth.Modules() {
		for kind, e := range map[string]truth.Expect{"stock": m.Stock, "lockdep": m.Lockdep, "dump": m.Dump, "order": m.Order, "source": m.Source} {
			if !m.Correct() && len(e.Findings) == 0 && e.Blind == "" {
				t.Errorf("%s: %s shows nothing, and nobody says why", m.Name, kind)
			}
			checkExpect(t, m.Name+": "+kind, e)
		}
	}
}

func checkExpect(t *testing.T, where string, e truth.Expect) {
	t.Helper()
	var ids []string
	for _, r := range check.Rules() {
		ids = append(ids, r.Doc.ID)
	}
	for _, f := range e.Findings {
		if !slices.Contains(ids, f.Rule) {
			t.Errorf("%s: no rule %q", where, f.Rule)
		}
	}
	for _, rule := range e.May {
		if !slices.Contains(ids, rule) {
			t.Errorf("%s: no rule %q", where, rule)
		}
	}
}

// TestSourcesKeepTheSecret: an analysis of source must not find the answer in
// words, and what a parameter is for must be the same everywhere.
func TestSourcesKeepTheSecret(t *testing.T) {
	word := regexp.MustCompile(`(?i)abba|dead.?lock|\bbugs?\b|inversion|fixme|lockdep|\bhangs?\b|\bwrong\b`)
	for _, m := range truth.All() {
		file := filepath.Join(modules, m.Name, strings.TrimSuffix(m.Name, "-fixed")+".c")
		b, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		text := string(b)
		if !strings.HasPrefix(text, "// SPDX-License-Identifier: GPL-2.0\n") {
			t.Errorf("%s: no licence", file)
		}
		if w := word.FindString(text); w != "" {
			t.Errorf("%s: says %q", file, w)
		}
		if !strings.Contains(text, "module_param(autostart, bool, 0444);") {
			t.Errorf("%s: no autostart", file)
		}
		if strings.Contains(text, "module_param(serial,") != m.Serial {
			t.Errorf("%s: serial is in the source or in the table, not in both", file)
		}
	}
}

func TestCompare(t *testing.T) {
	finding := func(rule string, c model.Confidence, locks ...string) model.Finding {
		f := model.Finding{Rule: rule, Status: model.Potential, Severity: model.SevError, Confidence: c,
			Tasks: []model.TaskInfo{{Comm: "kworker/0:1"}}}
		for _, l := range locks {
			f.Locks = append(f.Locks, model.LockInfo{Name: l})
		}
		return f
	}
	want := truth.Expect{May: []string{"hung-task"}, Findings: []truth.Finding{
		{Rule: "lock-order-inversion", Status: model.Potential, Locks: []string{"a", "b"}, Tasks: []string{"kworker/*"}}}}
	good := finding("lock-order-inversion", model.High, "&x->a", "&x->b")
	tests := []struct {
		name  string
		found []model.Finding
		diffs int
	}{
		{"as it should be", []model.Finding{good}, 0},
		{"nothing", nil, 1},
		{"another lock", []model.Finding{finding("lock-order-inversion", model.High, "&x->a")}, 1},
		{"too unsure", []model.Finding{finding("lock-order-inversion", model.Low, "a", "b")}, 1},
		{"what may be", []model.Finding{good, finding("hung-task", model.High)}, 0},
		{"what must not be", []model.Finding{good, finding("recursive-lock", model.High)}, 1},
		{"a hint", []model.Finding{good, finding("recursive-lock", model.Low)}, 0},
	}
	for _, tt := range tests {
		if got := want.Compare(tt.found); len(got) != tt.diffs {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}
