// Package udiff reads unified diffs and applies them to text, forwards and
// backwards. It touches no files: callers bring the text and decide what the
// names mean.
package udiff

import (
	"errors"
	"fmt"
	"strings"
)

// File is what a diff says about one file.
type File struct {
	// Old and New are the names as the diff has them, "a/" and "b/" included;
	// "" where the file does not exist on that side.
	Old, New string
	Hunks    []Hunk
	Line     int // of the diff, where this file begins
	Binary   bool
}

// Hunk is one changed region. Starts count from 1; with 0 lines on a side,
// its start names the line before.
type Hunk struct {
	OldStart, OldLines int
	NewStart, NewLines int
	Lines              []Line
	Line               int // of the diff
}

// Line is one line of a hunk. Text has its line end, unless the file lacks it
// there.
type Line struct {
	Op   byte // ' ', '-' or '+'
	Text string
}

// Name returns the name that the file has after the change, or had before it
// was deleted.
func (f *File) Name() string {
	if f.New != "" {
		return f.New
	}
	return f.Old
}

// Reverse returns the change that undoes f.
func (f *File) Reverse() *File {
	r := &File{Old: f.New, New: f.Old, Line: f.Line, Binary: f.Binary, Hunks: make([]Hunk, len(f.Hunks))}
	for i, h := range f.Hunks {
		r.Hunks[i] = h.reverse()
	}
	return r
}

func (h *Hunk) reverse() Hunk {
	r := Hunk{OldStart: h.NewStart, OldLines: h.NewLines, NewStart: h.OldStart, NewLines: h.OldLines, Line: h.Line}
	r.Lines = make([]Line, len(h.Lines))
	for i, l := range h.Lines {
		switch l.Op {
		case '+':
			l.Op = '-'
		case '-':
			l.Op = '+'
		}
		r.Lines[i] = l
	}
	return r
}

// ErrMismatch is wrapped by errors about text that a diff was not made for.
var ErrMismatch = errors.New("the diff does not match the file")

// Apply returns text with the change made. A hunk may have moved, as with
// patch(1), but every line of it must be there as the diff has it.
func (f *File) Apply(text string) (string, error) {
	if f.Binary {
		return "", fmt.Errorf("line %d of the diff: %w: it is binary", f.Line, ErrMismatch)
	}
	lines := split(text)
	var out strings.Builder
	out.Grow(len(text))
	at, moved := 0, 0
	for i := range f.Hunks {
		h := &f.Hunks[i]
		want := h.start() + moved
		found := h.find(lines, at, want)
		if found < 0 {
			return "", fmt.Errorf("line %d of the diff: %w: %s", h.Line, ErrMismatch, h.differs(lines, want))
		}
		moved += found - want
		for _, l := range lines[at:found] {
			out.WriteString(l)
		}
		at = found + h.OldLines
		for _, l := range h.Lines {
			if l.Op != '-' {
				out.WriteString(l.Text)
			}
		}
	}
	for _, l := range lines[at:] {
		out.WriteString(l)
	}
	return out.String(), nil
}

// start is the index of the first line that the hunk covers.
func (h *Hunk) start() int {
	if h.OldLines == 0 {
		return h.OldStart // it names the line before
	}
	return h.OldStart - 1
}

// find returns the place nearest to want, not before from, where all old
// lines of the hunk stand, or -1.
func (h *Hunk) find(lines []string, from, want int) int {
	if h.OldLines == 0 { // nothing to compare with: only the place that it names
		if want < from || want > len(lines) {
			return -1
		}
		return want
	}
	for d := 0; d <= len(lines); d++ {
		if h.matches(lines, from, want-d) {
			return want - d
		}
		if d > 0 && h.matches(lines, from, want+d) {
			return want + d
		}
	}
	return -1
}

func (h *Hunk) matches(lines []string, from, at int) bool {
	if at < from || at+h.OldLines > len(lines) {
		return false
	}
	for _, l := range h.Lines {
		if l.Op == '+' {
			continue
		}
		if lines[at] != l.Text {
			return false
		}
		at++
	}
	return true
}

// differs says in words where the hunk should stand, and what stands there.
func (h *Hunk) differs(lines []string, at int) string {
	for _, l := range h.Lines {
		if l.Op == '+' {
			continue
		}
		switch {
		case at < 0 || at >= len(lines):
			return fmt.Sprintf("the file ends before line %d", at+1)
		case lines[at] != l.Text:
			return fmt.Sprintf("line %d is %q, and the diff expects %q", at+1, brief(lines[at]), brief(l.Text))
		}
		at++
	}
	return fmt.Sprintf("a hunk at line %d overlaps with the one before", at+1)
}

func brief(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 60 {
		s = s[:57] + "..."
	}
	return s
}

// split cuts text behind every line end, which stays with its line.
func split(text string) []string {
	var out []string
	for l := range strings.Lines(text) {
		out = append(out, l)
	}
	return out
}
