package report

import (
	"slices"
	"strconv"
	"strings"

	"gordian/internal/model"
)

// srcPath is one path through source, as text and HTML show it.
type srcPath struct {
	Title  string
	Blocks []srcBlock
}

// srcBlock is a stretch of one function without a gap.
type srcBlock struct {
	Place string // "drivers/net/a.c:12, rx()"
	Lines []srcLine
}

// srcLine is a line of source. Notes say what happens there on the path; a
// line without any is context.
type srcLine struct {
	N     string
	Text  string
	Notes []string
}

// sourcePaths joins the places of a finding into stretches of source, at most
// few of them, and says how many places that leaves out.
func sourcePaths(locs []model.Location, few int) (paths []srcPath, left int) {
	if few > 0 && len(locs) > few {
		locs, left = locs[:few], len(locs)-few
	}
	for i := 0; i < len(locs); {
		n := i + 1
		for n < len(locs) && locs[n].Thread == locs[i].Thread {
			n++
		}
		paths = append(paths, srcPath{Title: safeLine(locs[i].Thread), Blocks: srcBlocks(locs[i:n])})
		i = n
	}
	return paths, left
}

// srcBlocks joins places that follow each other closely in one function.
func srcBlocks(locs []model.Location) []srcBlock {
	var out []srcBlock
	for i := 0; i < len(locs); {
		n := i + 1
		for n < len(locs) && follows(&locs[n-1], &locs[n]) {
			n++
		}
		out = append(out, newSrcBlock(locs[i:n]))
		i = n
	}
	return out
}

// follows reports whether b continues the excerpt of a, in the order of lines.
func follows(a, b *model.Location) bool {
	return a.File == b.File && a.Function == b.Function && a.Line <= b.Line && a.First <= b.First &&
		len(a.Excerpt) > 0 && len(b.Excerpt) > 0 && b.First <= a.First+len(a.Excerpt)
}

func newSrcBlock(locs []model.Location) srcBlock {
	b := srcBlock{Place: srcPlace(&locs[0])}
	text := map[int]string{}
	notes := map[int][]string{}
	for i := range locs {
		l := &locs[i]
		for k, s := range l.Excerpt {
			text[l.First+k] = s
		}
		if note := safeLine(l.Note); note != "" && !slices.Contains(notes[l.Line], note) {
			notes[l.Line] = append(notes[l.Line], note)
		}
		if _, ok := text[l.Line]; !ok {
			text[l.Line] = ""
		}
	}
	var at []int
	for n := range text {
		at = append(at, n)
	}
	slices.Sort(at)
	cutoff := commonIndent(text)
	for _, n := range at {
		b.Lines = append(b.Lines, srcLine{N: strconv.Itoa(n), Text: safeLine(unindent(text[n], cutoff)), Notes: notes[n]})
	}
	b.trim()
	return b
}

// trim drops empty context at both ends; one line always stays.
func (b *srcBlock) trim() {
	empty := func(l srcLine) bool { return len(b.Lines) > 1 && l.Text == "" && len(l.Notes) == 0 }
	for empty(b.Lines[0]) {
		b.Lines = b.Lines[1:]
	}
	for empty(b.Lines[len(b.Lines)-1]) {
		b.Lines = b.Lines[:len(b.Lines)-1]
	}
}

func srcPlace(l *model.Location) string {
	s := safeLine(l.File) + ":" + strconv.Itoa(l.Line)
	if l.Function != "" {
		s += ", " + safeLine(l.Function) + "()"
	}
	return s
}

// commonIndent counts the columns by which all lines are indented.
func commonIndent(text map[int]string) int {
	least := -1
	for _, s := range text {
		s = expandTabs(s)
		if body := strings.TrimLeft(s, " "); body != "" && (least < 0 || len(s)-len(body) < least) {
			least = len(s) - len(body)
		}
	}
	return max(least, 0)
}

func unindent(s string, n int) string {
	s = strings.TrimRight(expandTabs(s), " \r")
	return s[min(n, len(s)-len(strings.TrimLeft(s, " "))):]
}

// expandTabs sets tab stops every 8 columns in the indentation, and puts one
// space for a tab behind it, where alignment is only for comments.
func expandTabs(s string) string {
	if !strings.Contains(s, "\t") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		switch s[i] {
		case '\t':
			b.WriteString(strings.Repeat(" ", 8-b.Len()%8))
		case ' ':
			b.WriteByte(' ')
		default:
			b.WriteString(strings.ReplaceAll(s[i:], "\t", " "))
			return b.String()
		}
	}
	return b.String()
}
