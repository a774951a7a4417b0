// Package srcfix changes C source by whole lines: it finds the statement that
// stands on a line, plans edits around it, applies edits, and writes them as
// a unified diff.
//
// It looks at lines only, in the style that the kernel is written in. What it
// does not recognise for sure it refuses to change.
package srcfix

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gordian/internal/model"
)

// Text is a file: its lines without line ends, the first one being line 1.
type Text struct {
	File  string
	Lines []string
}

// line returns line n, "" outside of the file.
func (t Text) line(n int) string {
	if n < 1 || n > len(t.Lines) {
		return ""
	}
	return t.Lines[n-1]
}

// Apply returns the lines after the edits. It fails if an edit lies outside of
// the text or two of them overlap.
func (t Text) Apply(edits []model.Edit) ([]string, error) {
	edits, err := t.sorted(edits)
	if err != nil {
		return nil, err
	}
	var out []string
	next := 1 // first line that is not yet copied
	for _, e := range edits {
		out = append(out, t.Lines[next-1:e.Line-1]...)
		out = append(out, e.Insert...)
		next = e.Line + e.Delete
	}
	return append(out, t.Lines[next-1:]...), nil
}

// sorted returns the edits of this file in the order of their lines.
func (t Text) sorted(edits []model.Edit) ([]model.Edit, error) {
	out := slices.Clone(edits)
	slices.SortStableFunc(out, func(a, b model.Edit) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Delete, b.Delete)) })
	next := 1
	for _, e := range out {
		switch {
		case e.File != t.File:
			return nil, fmt.Errorf("edit of %s, not of %s", e.File, t.File)
		case e.Line < next || e.Delete < 0 || e.Line+e.Delete > len(t.Lines)+1:
			return nil, fmt.Errorf("%s: line %d: the edit overlaps another one or lies outside of the file", e.File, e.Line)
		}
		next = e.Line + e.Delete
	}
	return out, nil
}

// context is how many unchanged lines surround a change in a diff.
const context = 3

// Diff writes the edits as a unified diff that `git apply` takes, with the
// usual a/ and b/ before the path.
func (t Text) Diff(edits []model.Edit) (string, error) {
	edits, err := t.sorted(edits)
	if err != nil || len(edits) == 0 {
		return "", err
	}
	edits = joined(edits)
	var b strings.Builder
	name := strings.TrimPrefix(t.File, "/")
	fmt.Fprintf(&b, "--- a/%s\n+++ b/%s\n", name, name)
	shift := 0 // lines that the hunks before have added
	for i := 0; i < len(edits); {
		n := i + 1
		for n < len(edits) && edits[n].Line <= edits[n-1].Line+edits[n-1].Delete+2*context {
			n++
		}
		shift += t.hunk(&b, edits[i:n], shift)
		i = n
	}
	return b.String(), nil
}

// joined makes one edit of those that follow each other without a line
// between, so that the diff has all that goes before all that comes.
func joined(edits []model.Edit) []model.Edit {
	var out []model.Edit
	for _, e := range edits {
		if n := len(out); n > 0 && out[n-1].Line+out[n-1].Delete == e.Line {
			last := &out[n-1]
			last.Delete += e.Delete
			last.Insert = append(slices.Clone(last.Insert), e.Insert...)
			continue
		}
		out = append(out, e)
	}
	return out
}

// hunk writes one hunk and returns how many lines it adds.
func (t Text) hunk(b *strings.Builder, edits []model.Edit, shift int) int {
	last := edits[len(edits)-1]
	from, to := max(edits[0].Line-context, 1), min(last.Line+last.Delete+context, len(t.Lines)+1)
	added := 0
	for _, e := range edits {
		added += len(e.Insert) - e.Delete
	}
	fmt.Fprintf(b, "@@ -%s +%s @@\n", span(from, to-from), span(from+shift, to-from+added))
	next := from
	copyLines := func(until int, sign string) {
		for ; next < until; next++ {
			b.WriteString(sign + t.line(next) + "\n")
		}
	}
	for _, e := range edits {
		copyLines(e.Line, " ")
		copyLines(e.Line+e.Delete, "-")
		for _, l := range e.Insert {
			b.WriteString("+" + l + "\n")
		}
	}
	copyLines(to, " ")
	return added
}

// span is a range of lines in a hunk's head; an empty one names the line
// before it.
func span(start, n int) string {
	if n == 0 {
		start--
	}
	return strconv.Itoa(start) + "," + strconv.Itoa(n)
}
