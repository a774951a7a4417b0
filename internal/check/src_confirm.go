package check

import (
	"context"
	"slices"
	"strings"

	"gordian/internal/model"
	"gordian/internal/srcfix"
)

// Recheck analyses a file as it would be with another text, together with
// whatever it was analysed with before, and returns its findings.
type Recheck func(file string, patched []byte) ([]model.Finding, error)

// ConfirmFixes keeps of the fixes that are diffs those that work: with the
// patched text the finding is gone, and no other has come. Of several for one
// finding the first that works is kept. The findings are copied; ones that
// recheck does not find in the unchanged text lose their diffs, because
// nothing can be said about them.
func ConfirmFixes(ctx context.Context, fs []model.Finding, text TextSource, recheck Recheck) []model.Finding {
	c := &confirmer{text: text, recheck: recheck, before: map[string]map[string]bool{}}
	out := slices.Clone(fs)
	for i := range out {
		out[i].Fix = c.confirmed(ctx, &out[i])
	}
	return out
}

type confirmer struct {
	text    TextSource
	recheck Recheck
	before  map[string]map[string]bool // file → its findings without any change
}

func (c *confirmer) confirmed(ctx context.Context, f *model.Finding) []model.Fix {
	var out []model.Fix
	done := false
	for _, x := range f.Fix {
		if len(x.Edits) > 0 {
			if done || ctx.Err() != nil || !c.works(f, x.Edits) {
				continue
			}
			done = true
		}
		out = append(out, x)
	}
	return out
}

func (c *confirmer) works(f *model.Finding, edits []model.Edit) bool {
	file := edits[0].File
	lines := c.text.Lines(file)
	patched, err := srcfix.Text{File: file, Lines: lines}.Apply(edits)
	if err != nil {
		return false
	}
	before, ok := c.before[file]
	if !ok {
		fs, err := c.recheck(file, joinLines(lines))
		if err == nil {
			before = findingKeys(fs)
		}
		c.before[file] = before
	}
	if !before[findingKey(f)] {
		return false
	}
	fs, err := c.recheck(file, joinLines(patched))
	if err != nil {
		return false
	}
	for i := range fs {
		k := findingKey(&fs[i])
		if k == findingKey(f) || (!before[k] && fs[i].Confidence != model.Low) {
			return false
		}
	}
	return true
}

func joinLines(lines []string) []byte { return []byte(strings.Join(lines, "\n") + "\n") }

// findingKey is what a finding is known by on both sides of a change.
func findingKey(f *model.Finding) string {
	parts := []string{f.Rule, f.Function}
	for _, l := range f.Locks {
		parts = append(parts, l.Name)
	}
	slices.Sort(parts[2:])
	return strings.Join(parts, "\x00")
}

func findingKeys(fs []model.Finding) map[string]bool {
	out := map[string]bool{}
	for i := range fs {
		out[findingKey(&fs[i])] = true
	}
	return out
}
