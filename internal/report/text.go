package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"gordian/internal/model"
)

// Text is for a person at a terminal who has perhaps never seen lockdep: the
// verdict first, then each finding from the outside in.
func Text() Renderer {
	return Renderer{
		Name: "text",
		Help: "for reading in a terminal",
		Render: func(w io.Writer, d *model.Document, o Options) error {
			t := &text{page: newPage(w, o), d: d, verbose: o.Verbose, said: map[string]int{}}
			t.summary()
			for i := range d.Findings {
				t.finding(i)
			}
			t.sections()
			t.footer()
			return t.err
		},
	}
}

// Verdicts is the text of --quiet: one line per finding in the form that
// compilers use, so that it suits scripts, editors and mails.
func Verdicts() Renderer {
	return Renderer{
		Name: "text",
		Help: "one line per finding",
		Render: func(w io.Writer, d *model.Document, o Options) error {
			p := newPage(w, o)
			for i := range d.Findings {
				f := &d.Findings[i]
				if at := pointAt(d, f); at != "" {
					p.print(at + ": ")
				}
				p.line(p.ink(severityInk(f.Severity), safeLine(string(f.Severity))) + ": " + safeLine(f.Rule) + ": " +
					safeLine(titleOf(f)) + " (" + verdictWords(f) + ", confidence " + safeLine(string(f.Confidence)) + ")")
			}
			return p.err
		},
	}
}

type text struct {
	*page
	d       *model.Document
	verbose bool
	said    map[string]int // advice printed already, by text: the finding that has it
}

func titleOf(f *model.Finding) string {
	if f.Title != "" {
		return f.Title
	}
	return f.Rule
}

// summary answers "what is stuck?" in the first lines.
func (t *text) summary() {
	head, rest := headline(t.d)
	c := green
	if len(t.d.Findings) > 0 {
		c = severityInk(t.d.Findings[0].Severity)
	}
	if len(rest) > 0 {
		head += "; " + strings.Join(rest, "; ")
	}
	t.wrap("", "", c, head+".")
	const most = 8
	for i := range t.d.Findings[:min(len(t.d.Findings), most)] {
		f := &t.d.Findings[i]
		t.wrap("  "+strconv.Itoa(i+1)+". ", "     ", plain, safeLine(titleOf(f)))
	}
	if n := len(t.d.Findings) - most; n > 0 {
		t.line("  … and " + strconv.Itoa(n) + " more")
	}
}

func (t *text) finding(i int) {
	f := &t.d.Findings[i]
	t.blank()
	rule := fmt.Sprintf("── %d of %d ── ", i+1, len(t.d.Findings))
	t.line(t.ink(dim, rule+strings.Repeat("─", max(t.width-columns(rule), 0))))
	t.wrap("", "  ", severityInk(f.Severity), safeLine(titleOf(f)))
	badge := safeLine(string(f.Severity)) + " · " + verdictWords(f) + " · rule " + safeLine(f.Rule) + " · confidence " + safeLine(string(f.Confidence))
	t.wrap("", "  ", plain, badge)
	place := placeOf(f)
	if at := reportedAt(t.d, f); at != "" {
		place = append(place, "reported in "+at)
	}
	if len(place) > 0 {
		t.wrap("", "  ", dim, strings.Join(place, " · "))
	}
	if f.Explanation != "" {
		t.head("Why")
		t.wrap("  ", "  ", plain, SafeText(f.Explanation))
	}
	t.interleaving(f)
	t.source(f)
	t.proof(f)
	t.sureness(f)
	t.tasks(f)
	t.locks(f)
	t.advice(f, i+1)
	t.history(f)
}

// pointAt is where an editor should open a finding: the report in a log, or
// the line of source.
func pointAt(d *model.Document, f *model.Finding) string {
	if at := reportedAt(d, f); at != "" || len(f.Locations) == 0 || f.File == "" {
		return at
	}
	return safeLine(f.File) + ":" + strconv.Itoa(f.Line)
}

// reportedAt is where the evidence first reports the finding: "path:line".
func reportedAt(d *model.Document, f *model.Finding) string {
	if len(f.Reports) == 0 || f.Reports[0] < 0 || f.Reports[0] >= len(d.Reports) {
		return ""
	}
	r := d.Reports[f.Reports[0]].Base()
	if r.Input < 0 || r.Input >= len(d.Inputs) {
		return ""
	}
	return safeLine(d.Inputs[r.Input].Path) + ":" + strconv.Itoa(r.Line)
}

// placeOf says where to look first.
func placeOf(f *model.Finding) []string {
	var parts []string
	if f.Function != "" {
		s := "look at " + safeLine(f.Function) + "()"
		if f.Module != "" {
			s += " [" + safeLine(f.Module) + "]"
		}
		parts = append(parts, s)
	}
	if f.File != "" {
		s := safeLine(f.File)
		if f.Line > 0 {
			s += ":" + strconv.Itoa(f.Line)
		}
		parts = append(parts, s)
	}
	if f.CPU != nil {
		parts = append(parts, "CPU "+strconv.Itoa(*f.CPU))
	}
	if f.Time != "" {
		parts = append(parts, "at "+safeLine(f.Time))
	}
	return parts
}

func (t *text) inputName(i int) string {
	if i < 0 || i >= len(t.d.Inputs) {
		return "input " + strconv.Itoa(i)
	}
	return safeLine(t.d.Inputs[i].Path)
}
