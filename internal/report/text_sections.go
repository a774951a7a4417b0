package report

import (
	"strings"

	"gordian/internal/model"
)

// fewRows is how many rows of a table are shown without --verbose.
const fewRows = 12

// sections prints the tables of what was looked at, each with the command
// that a person would have typed.
func (t *text) sections() {
	for i := range t.d.Sections {
		t.section(&t.d.Sections[i])
	}
}

func (t *text) section(s *model.Section) {
	t.blank()
	head := t.ink(bold, safeLine(s.Title))
	if s.Command != "" {
		head += "  " + t.ink(dim, "$ "+safeLine(s.Command))
	}
	t.line(head)
	if len(s.Rows) > 0 {
		t.table(s)
	}
	t.more("  ", len(s.Rows), fewRows, "row")
	lead := "  "
	if len(s.Notes) > 1 {
		lead = "  · "
	}
	for _, n := range s.Notes {
		t.wrap(lead, strings.Repeat(" ", columns(lead)), plain, safeLine(n))
	}
}

// table prints columns as wide as their widest cell; the last one takes what
// is left and is cut.
func (t *text) table(s *model.Section) {
	rows := [][]string{s.Columns}
	for _, i := range t.upTo(len(s.Rows), fewRows) {
		rows = append(rows, s.Rows[i])
	}
	width := make([]int, len(s.Columns))
	for r, row := range rows {
		rows[r] = make([]string, len(s.Columns))
		for c := range min(len(row), len(s.Columns)) {
			rows[r][c] = safeLine(row[c])
			width[c] = max(width[c], columns(rows[r][c]))
		}
	}
	for r, row := range rows {
		var b strings.Builder
		for c, cell := range row {
			if c < len(row)-1 {
				b.WriteString(pad(cell, width[c]) + "  ")
			} else {
				b.WriteString(cell)
			}
		}
		l := "  " + b.String()
		if !t.verbose {
			l = cut(l, t.width)
		}
		if r == 0 {
			l = t.ink(dim, l)
		}
		t.line(l)
	}
}
