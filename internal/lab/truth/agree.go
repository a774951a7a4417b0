package truth

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gordian/internal/model"
)

// Compare says where findings and the table disagree, nothing if they do not.
func (e Expect) Compare(findings []model.Finding) []string {
	var out []string
	for _, want := range e.Findings {
		if !slices.ContainsFunc(findings, want.is) {
			out = append(out, "not found: "+want.String())
		}
	}
	for i := range findings {
		f := &findings[i]
		if loud(f) && !e.allows(f) {
			out = append(out, fmt.Sprintf("not in the table: %s %s: %s", f.Status, f.Rule, f.Title))
		}
	}
	return out
}

// loud: what is less is a hint, and hints may be wrong.
func loud(f *model.Finding) bool {
	return f.Severity == model.SevError && f.Confidence.Rank() >= model.Medium.Rank()
}

func (e Expect) allows(f *model.Finding) bool {
	return slices.Contains(e.May, f.Rule) || slices.ContainsFunc(e.Findings, func(w Finding) bool { return w.Rule == f.Rule })
}

func (w Finding) is(f model.Finding) bool {
	least := cmp.Or(w.Least, model.Medium)
	if f.Rule != w.Rule || w.Status != "" && f.Status != w.Status || f.Confidence.Rank() < least.Rank() {
		return false
	}
	for _, name := range w.Locks {
		if !slices.ContainsFunc(f.Locks, func(l model.LockInfo) bool { return strings.Contains(l.Name, name) }) {
			return false
		}
	}
	for _, comm := range w.Tasks {
		begin, prefix := strings.CutSuffix(comm, "*")
		if !slices.ContainsFunc(f.Tasks, func(t model.TaskInfo) bool {
			return t.Comm == comm || prefix && strings.HasPrefix(t.Comm, begin)
		}) {
			return false
		}
	}
	return true
}

// String is for messages of tests.
func (w Finding) String() string {
	s := w.Rule
	if w.Status != "" {
		s = string(w.Status) + " " + s
	}
	if len(w.Locks) > 0 {
		s += " of " + strings.Join(w.Locks, ", ")
	}
	if len(w.Tasks) > 0 {
		s += " with " + strings.Join(w.Tasks, ", ")
	}
	return s
}
