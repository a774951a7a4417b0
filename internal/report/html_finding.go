package report

import (
	"strconv"
	"strings"

	"gordian/internal/model"
)

// htmlFinding is one finding as the templates see it.
type htmlFinding struct {
	ID, Title, Rule   string
	Severity, Verdict htmlBadge
	SeverityWord      string // for the filter
	Badges            []htmlBadge
	Open              bool
	Facts             []htmlFact

	Explanation string
	Figures     []htmlFigure
	FigureNote  string
	Steps       []htmlStep
	Source      []srcPath
	Reasons     []string
	Actors      []string
	Moments     []htmlMoment
	Narrow      bool // interleaving as a list: too many actors for columns
	Fixes       []htmlFix
	Verify      [][]htmlCode
	Missing     []string
	Tasks       []htmlTask
	Stacks      []htmlStack
	Locks       []htmlLock
	// The columns of Tasks and Locks that not every finding fills.
	ShowCPU, ShowBehind, ShowAddr, ShowOwner bool
	Evidence                                 []htmlEvidence
	History                                  []htmlSighting
	Related                                  []htmlRelated
	Reports                                  []htmlLink
	More                                     map[string]string // by part: how much of it was left out
}

type htmlFact struct{ Name, Value string }

type htmlStep struct {
	Class                     string
	From, Verb, To, Mode, End string
	At                        string
	Why                       []htmlEvidence
}

type htmlMoment struct {
	N     int
	Actor string
	Cells []htmlCell // one per actor, all but one empty
	Does  string
	Note  string
}

type htmlCell struct{ Does, Note string }

type htmlFix struct {
	Title  string
	Detail []htmlCode
	Diff   []htmlDiffLine
}

type htmlDiffLine struct{ Class, Text string }

type htmlTask struct {
	Name, State, Seconds, CPU, WaitsFor, Behind string
	Holds                                       []string
}

type htmlStack struct {
	Task, Count, Text string
}

type htmlLock struct{ Name, Type, Addr, Owner string }

type htmlEvidence struct {
	Input, Locator, Excerpt string
	Derived                 bool
}

type htmlSighting struct {
	Time, Seconds string
	Report        htmlLink
}

type htmlRelated struct{ ID, Name, How string }

type htmlLink struct{ ID, Text string }

// heading builds what the one-line form of a finding needs.
func (b *htmlBuilder) heading(i int) htmlFinding {
	f := &b.d.Findings[i]
	v := htmlFinding{
		ID: b.ids[i], Title: b.line(f.Title), Rule: b.line(f.Rule), Open: i == 0,
		Severity: htmlSeverity(f.Severity), Verdict: htmlVerdict(f.Verdict),
		More: map[string]string{},
	}
	if v.Title == "" {
		v.Title = v.Rule
	}
	v.Severity.Value, v.Verdict.Value = b.word(v.Severity.Value), b.word(v.Verdict.Value)
	if f.Severity.Rank() > 0 {
		v.SeverityWord = string(f.Severity)
	}
	return v
}

func (b *htmlBuilder) finding(i int) htmlFinding {
	f := &b.d.Findings[i]
	v := b.heading(i)
	status := htmlStatus(f.Status)
	status.Value = b.word(status.Value)
	v.Badges = []htmlBadge{
		{"rule", v.Rule, "is-plain"}, status, v.Verdict, v.Severity,
		{"confidence", b.word(string(f.Confidence)), "is-plain"},
	}
	v.Facts = b.facts(f)
	v.Explanation = b.block(f.Explanation)
	if i < b.lim.Drawn {
		v.Figures, v.FigureNote = htmlDraw(f, b.lim)
		for j := range v.Figures {
			b.figures++
			v.Figures[j].ID = "g-" + strconv.Itoa(b.figures)
		}
	} else if len(f.Path) > 0 {
		v.FigureNote = "Only the first " + strconv.Itoa(b.lim.Drawn) + " findings have a drawing; the edges are in the list."
	}
	b.proof(&v, f)
	b.advice(&v, f)
	b.actors(&v, f)
	b.sources(&v, f)
	return v
}

func (b *htmlBuilder) facts(f *model.Finding) []htmlFact {
	var facts []htmlFact
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, htmlFact{name, b.line(value)})
		}
	}
	add("Function", f.Function)
	add("Module", f.Module)
	file := f.File
	if file != "" && f.Line > 0 {
		file += ":" + strconv.Itoa(f.Line)
	}
	add("File", file)
	add("Time", f.Time)
	if f.CPU != nil {
		add("CPU", strconv.Itoa(*f.CPU))
	}
	add("Boot", string(f.Boot))
	add("Fingerprint", f.Fingerprint)
	return facts
}

// proof fills the list of edges, which says in words what the drawing shows,
// and the interleaving.
func (b *htmlBuilder) proof(v *htmlFinding, f *model.Finding) {
	for _, s := range f.Path[:min(len(f.Path), b.lim.Rows)] {
		st := htmlStep{
			Class: "step", From: b.line(s.From), To: b.line(s.To), At: b.line(s.At),
		}
		if s.Mode.Shared() {
			st.Mode = b.line(string(s.Mode))
		}
		switch s.Kind {
		case model.Waits:
			st.Verb = "waits for"
		case model.HeldBy:
			st.Verb = "is held by"
		case model.Before:
			st.Verb = "is held when"
			st.End = "is taken"
		default:
			st.Verb = b.line(string(s.Kind))
		}
		for _, w := range s.Why[:min(len(s.Why), b.lim.Rows)] {
			st.Why = append(st.Why, b.evidence(w))
		}
		v.Steps = append(v.Steps, st)
	}
	v.More["steps"] = htmlMore(len(f.Path)-b.lim.Rows, "edge")
	left := 0
	v.Source, left = sourcePaths(f.Locations, b.lim.Rows)
	v.More["source"] = htmlMore(left, "place")
	for _, x := range f.Reasons[:min(len(f.Reasons), b.lim.Rows)] {
		v.Reasons = append(v.Reasons, b.block(x))
	}
	b.interleaving(v, f)
}

// maxActors is how many columns of an interleaving fit on a page.
const maxActors = 6

func (b *htmlBuilder) interleaving(v *htmlFinding, f *model.Finding) {
	column := map[string]int{}
	shown := f.Interleaving[:min(len(f.Interleaving), b.lim.Rows)]
	for _, m := range shown {
		if _, ok := column[m.Actor]; !ok {
			column[m.Actor] = len(v.Actors)
			v.Actors = append(v.Actors, b.line(m.Actor))
		}
	}
	v.Narrow = len(v.Actors) > maxActors
	for i, m := range shown {
		row := htmlMoment{N: i + 1, Actor: b.line(m.Actor), Does: b.line(m.Does), Note: b.line(m.Note)}
		if !v.Narrow {
			row.Cells = make([]htmlCell, len(v.Actors))
			row.Cells[column[m.Actor]] = htmlCell{row.Does, row.Note}
		}
		v.Moments = append(v.Moments, row)
	}
	v.More["moments"] = htmlMore(len(f.Interleaving)-b.lim.Rows, "step")
}

func (b *htmlBuilder) advice(v *htmlFinding, f *model.Finding) {
	for _, x := range f.Fix[:min(len(f.Fix), b.lim.Rows)] {
		v.Fixes = append(v.Fixes, htmlFix{b.line(x.Title), codeParts(b.block(x.Detail)), htmlDiff(b.block(x.Diff))})
	}
	for _, x := range f.Verify[:min(len(f.Verify), b.lim.Rows)] {
		v.Verify = append(v.Verify, command(b.block(x)))
	}
	for _, x := range f.Missing[:min(len(f.Missing), b.lim.Rows)] {
		v.Missing = append(v.Missing, b.block(x))
	}
}

// htmlCode is a piece of a sentence; Code stands between backticks.
type htmlCode struct {
	Text string
	Code bool
}

// codeParts takes a sentence apart at its backticks.
func codeParts(s string) []htmlCode {
	var out []htmlCode
	code := false
	for part := range strings.SplitSeq(s, "`") {
		if part != "" {
			out = append(out, htmlCode{Text: part, Code: code})
		}
		code = !code
	}
	return out
}

// command is codeParts for what may be a bare command instead of a sentence.
func command(s string) []htmlCode {
	if strings.Contains(s, "`") || strings.HasSuffix(s, ".") {
		return codeParts(s)
	}
	return []htmlCode{{Text: s, Code: true}}
}

// htmlDiff marks the lines of a diff. The signs stay in the text, so that
// colour only repeats them.
func htmlDiff(diff string) []htmlDiffLine {
	if diff == "" {
		return nil
	}
	var out []htmlDiffLine
	for text := range strings.SplitSeq(diff, "\n") {
		class := "ctx"
		switch {
		case strings.HasPrefix(text, "+++"), strings.HasPrefix(text, "---"), strings.HasPrefix(text, "@@"),
			strings.HasPrefix(text, "diff "):
			class = "meta"
		case strings.HasPrefix(text, "+"):
			class = "add"
		case strings.HasPrefix(text, "-"):
			class = "del"
		}
		out = append(out, htmlDiffLine{class, text})
	}
	return out
}
