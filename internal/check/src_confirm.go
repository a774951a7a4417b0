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
	c := &confirmer{text: text, recheck: recheck, before: map[string]map[string]bool{}, sure: map[*model.Finding]bool{}}
	out := slices.Clone(fs)
	c.together(ctx, out)
	for i := range out {
		out[i].Fix = c.confirmed(ctx, &out[i])
	}
	return out
}

// maxAlone bounds how many diffs are tried one by one.
const maxAlone = 3

type confirmer struct {
	alone   int
	text    TextSource
	recheck Recheck
	before  map[string]map[string]bool // file → its findings without any change
	sure    map[*model.Finding]bool    // whose first diff works together with others
}

// together tries the first diff of every finding of a file at once: looking at
// a file again costs as much for one change as for ten. What does not work so
// is tried alone.
func (c *confirmer) together(ctx context.Context, fs []model.Finding) {
	var files []string
	batch := map[string][]*model.Finding{}
	for i := range fs {
		edits := firstEdits(&fs[i])
		if len(edits) == 0 {
			continue
		}
		file := edits[0].File
		if batch[file] == nil {
			files = append(files, file)
		}
		batch[file] = append(batch[file], &fs[i])
	}
	for _, file := range files {
		if len(batch[file]) > 1 && ctx.Err() == nil {
			c.tryBatch(file, batch[file])
		}
	}
}

func (c *confirmer) tryBatch(file string, fs []*model.Finding) {
	var edits []model.Edit
	var in []*model.Finding
	for _, f := range fs {
		if e := firstEdits(f); !overlap(edits, e) {
			edits = append(edits, e...)
			in = append(in, f)
		}
	}
	lines := c.text.Lines(file)
	patched, err := srcfix.Text{File: file, Lines: lines}.Apply(edits)
	if err != nil {
		return
	}
	before := c.unchanged(file, lines)
	after, err := c.recheck(file, joinLines(patched))
	if err != nil || before == nil || adds(before, after) {
		return
	}
	left := findingKeys(after)
	for _, f := range in {
		if k := findingKey(f); before[k] && !left[k] {
			c.sure[f] = true
		}
	}
}

// adds reports whether a change brings findings.
func adds(before map[string]bool, after []model.Finding) bool {
	return slices.ContainsFunc(after, func(f model.Finding) bool {
		return !before[findingKey(&f)] && f.Confidence != model.Low
	})
}

func firstEdits(f *model.Finding) []model.Edit {
	for _, x := range f.Fix {
		if len(x.Edits) > 0 {
			return x.Edits
		}
	}
	return nil
}

// overlap reports whether two changes touch lines next to each other.
func overlap(a, b []model.Edit) bool {
	for _, x := range a {
		for _, y := range b {
			if x.Line <= y.Line+y.Delete+1 && y.Line <= x.Line+x.Delete+1 {
				return true
			}
		}
	}
	return false
}

// unchanged returns what is found in a file as it is, nil if it cannot be read.
func (c *confirmer) unchanged(file string, lines []string) map[string]bool {
	before, ok := c.before[file]
	if !ok {
		if fs, err := c.recheck(file, joinLines(lines)); err == nil {
			before = findingKeys(fs)
		}
		c.before[file] = before
	}
	return before
}

func (c *confirmer) confirmed(ctx context.Context, f *model.Finding) []model.Fix {
	var out []model.Fix
	done := false
	for _, x := range f.Fix {
		if len(x.Edits) > 0 {
			if done || !c.sure[f] && (ctx.Err() != nil || !c.works(f, x.Edits)) {
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
	if err != nil || c.alone >= maxAlone {
		return false
	}
	c.alone++
	before := c.unchanged(file, lines)
	if !before[findingKey(f)] {
		return false
	}
	fs, err := c.recheck(file, joinLines(patched))
	if err != nil {
		return false
	}
	return !adds(before, fs) && !findingKeys(fs)[findingKey(f)]
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
