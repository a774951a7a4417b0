package report

import (
	"io"
	"strings"
	"unicode/utf8"

	"gordian/internal/model"
)

// ink is a colour or weight of text, as the number of an SGR sequence.
type ink string

const (
	plain  ink = ""
	bold   ink = "1"
	dim    ink = "2"
	red    ink = "1;31"
	green  ink = "32"
	yellow ink = "1;33"
	cyan   ink = "36"
)

// page collects wrapped, indented lines. Everything that comes from the
// document goes through safeLine or SafeText before it gets here.
type page struct {
	w     io.Writer
	err   error
	width int
	color bool
}

func newPage(w io.Writer, o Options) *page {
	width := o.Width
	switch {
	case width <= 0:
		width = 100
	case width < 30:
		width = 30 // below that, a terminal folds better than we do
	case width > 120:
		width = 120 // longer lines are hard to read
	}
	return &page{w: w, width: width, color: o.Color}
}

// narrow says that columns beside each other will not fit.
func (p *page) narrow() bool { return p.width < 70 }

func (p *page) print(s string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, s)
	}
}

func (p *page) line(s string) { p.print(strings.TrimRight(s, " ") + "\n") }

func (p *page) blank() { p.print("\n") }

func (p *page) ink(c ink, s string) string {
	if !p.color || c == plain || s == "" {
		return s
	}
	return "\x1b[" + string(c) + "m" + s + "\x1b[0m"
}

// head starts a part of a finding.
func (p *page) head(s string) {
	p.blank()
	p.line(p.ink(bold, s))
}

// wrap prints text after first on its first line and rest on the others.
func (p *page) wrap(first, rest string, c ink, text string) {
	lead := first
	for _, para := range strings.Split(strings.TrimSpace(text), "\n") {
		for _, l := range fold(para, p.width-columns(lead), p.width-columns(rest)) {
			p.line(lead + p.ink(c, l))
			lead = rest
		}
	}
}

// columns counts what a string takes on a terminal, our own colours left
// out. One rune is one column, near enough: names in kernel evidence are ASCII.
func columns(s string) int {
	n := utf8.RuneCountInString(s)
	for {
		_, after, ok := strings.Cut(s, "\x1b[")
		if !ok {
			return n
		}
		seq, rest, _ := strings.Cut(after, "m")
		n, s = n-len("\x1b[m")-len(seq), rest
	}
}

// fold breaks text between words so that the first line is no longer than
// first and the others no longer than rest; a word that is longer is broken.
func fold(text string, first, rest int) []string {
	rest = max(rest, 10)
	width := max(first, 10)
	var out []string
	line, used := "", 0
	flush := func() {
		out = append(out, line)
		line, used, width = "", 0, rest
	}
	for _, word := range strings.Fields(text) {
		n := columns(word)
		if used > 0 && used+1+n > width {
			flush()
		}
		for n > width {
			r := []rune(word)
			line, word, n = string(r[:width]), string(r[width:]), n-width
			flush()
		}
		if used > 0 {
			line, used = line+" "+word, used+1+n
		} else {
			line, used = word, n
		}
	}
	if used > 0 || len(out) == 0 {
		flush()
	}
	return out
}

// cut shortens a line that must not wrap.
func cut(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	return string([]rune(s)[:max(width-1, 1)]) + "…"
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-columns(s), 0))
}

func severityInk(s model.Severity) ink {
	switch s {
	case model.SevError:
		return red
	case model.SevWarning:
		return yellow
	}
	return cyan
}

// verdictWords is a verdict as a headline says it.
func verdictWords(f *model.Finding) string {
	switch f.Verdict {
	case model.Deadlocked:
		return "DEADLOCKED"
	case model.CouldDeadlock:
		return "could deadlock"
	case model.Behind:
		return "blocked, not in a cycle"
	case model.BlockedOnIO:
		return "blocked on I/O, not deadlocked"
	case model.Slow:
		return "busy or starved"
	case model.Bug:
		return "locking bug"
	case model.Undecided:
		return "undecided"
	}
	return safeLine(string(f.Verdict))
}
