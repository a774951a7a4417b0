package report

import (
	"strings"

	"gordian/internal/model"
)

// source shows the paths through source with the lines themselves, as
// compilers do: a mark before each line that matters, and below it what
// happens there.
func (t *text) source(f *model.Finding) {
	if len(f.Locations) == 0 {
		return
	}
	t.head("In the source")
	few := fewSteps
	if t.verbose {
		few = 0
	}
	paths, left := sourcePaths(f.Locations, few)
	for i, p := range paths {
		if i > 0 {
			t.blank()
		}
		if p.Title != "" {
			t.wrap("  ", "    ", bold, p.Title)
		}
		for _, b := range p.Blocks {
			t.srcBlock(b)
		}
	}
	t.more("  ", len(f.Locations), len(f.Locations)-left, "place")
}

func (t *text) srcBlock(b srcBlock) {
	t.wrap("  ", "    ", dim, b.Place)
	digits := len(b.Lines[len(b.Lines)-1].N)
	for _, l := range b.Lines {
		lead := "    " + strings.Repeat(" ", digits-len(l.N)) + l.N + "  "
		if len(l.Notes) == 0 {
			t.line(t.ink(dim, lead+cut(l.Text, t.width-columns(lead))))
			continue
		}
		lead = "  > " + lead[4:]
		t.line(t.ink(bold, lead) + cut(l.Text, t.width-columns(lead)))
		under := strings.Repeat(" ", columns(lead)+indentOf(l.Text, t.width/3))
		for _, n := range l.Notes {
			t.wrap(under+"^ ", under+"  ", yellow, n)
		}
	}
}

// indentOf is how far a note is set in below its line.
func indentOf(s string, most int) int { return min(len(s)-len(strings.TrimLeft(s, " ")), most) }

// sureness says why the confidence is what it is.
func (t *text) sureness(f *model.Finding) {
	for i, s := range f.Reasons {
		if i == 0 {
			t.head("Why confidence is " + safeLine(string(f.Confidence)))
		}
		t.wrap("  - ", "    ", plain, SafeText(s))
	}
}
