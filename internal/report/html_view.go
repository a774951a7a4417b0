package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"gordian/internal/model"
)

// htmlPage is a document as the templates see it: every string already made
// visible and bounded, every list already cut.
type htmlPage struct {
	htmlAssets
	Tool, Schema string
	Head         string
	Rest         []string
	Counts       []htmlBadge
	Inputs       []htmlInput
	Findings     []htmlFinding
	Listed       []htmlFinding // further findings, as one line each
	MoreFindings string
	FewFindings  bool // too few for a filter to help
	Reports      []htmlReport
	MoreReports  string
	ReportCount  int
	Sections     []model.Section
	Incomplete   []htmlIncomplete
	Stats        []htmlStat
}

type htmlInput struct {
	Path, Kind, Format, Size, SHA256 string
}

type htmlReport struct {
	ID, Family, Where, Header, Time, Task string
	Index                                 int
	Truncated                             bool
}

type htmlIncomplete struct{ Input, Reason string }

type htmlStat struct {
	Name  string
	Value int64
}

// htmlBuilder carries what the parts of a page need from the whole.
type htmlBuilder struct {
	d       *model.Document
	lim     htmlLimits
	anchors map[string]string // fingerprint → id of the first finding that has it
	ids     []string          // by finding
	figures int
}

func newHTMLPage(d *model.Document, assets htmlAssets, lim htmlLimits) *htmlPage {
	b := &htmlBuilder{d: d, lim: lim, anchors: map[string]string{}}
	b.nameFindings()
	p := &htmlPage{htmlAssets: assets, Tool: b.line(d.Tool), Schema: b.line(d.Schema), ReportCount: len(d.Reports)}
	if p.Tool == "" {
		p.Tool = "gordian"
	}
	p.Head, p.Rest = headline(d)
	p.Counts = b.counts()
	for _, in := range d.Inputs[:min(len(d.Inputs), lim.Listed)] {
		p.Inputs = append(p.Inputs, htmlInput{
			Path: b.line(in.Path), Kind: b.line(string(in.Kind)), Format: b.line(in.Format),
			Size: htmlBytes(in.Bytes), SHA256: b.line(in.SHA256),
		})
	}
	for i := range d.Findings {
		switch {
		case i < lim.Full:
			p.Findings = append(p.Findings, b.finding(i))
		case i < lim.Full+lim.Listed:
			p.Listed = append(p.Listed, b.heading(i))
		}
	}
	p.MoreFindings = htmlMore(len(d.Findings)-lim.Full-lim.Listed, "finding")
	p.FewFindings = len(d.Findings) < 2
	for i, r := range d.Reports[:min(len(d.Reports), lim.Reports)] {
		p.Reports = append(p.Reports, b.report(i, r.Base()))
	}
	p.MoreReports = htmlMore(len(d.Reports)-lim.Reports, "report")
	for _, inc := range d.Incomplete[:min(len(d.Incomplete), lim.Listed)] {
		p.Incomplete = append(p.Incomplete, htmlIncomplete{b.input(inc.Input), b.line(inc.Reason)})
	}
	for i := range d.Sections {
		p.Sections = append(p.Sections, b.section(&d.Sections[i]))
	}
	for name, v := range d.Stats {
		p.Stats = append(p.Stats, htmlStat{b.line(name), v})
	}
	slices.SortFunc(p.Stats, func(x, y htmlStat) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Value, y.Value))
	})
	return p
}

// section makes a table's texts visible and bounds its rows.
func (b *htmlBuilder) section(s *model.Section) model.Section {
	out := model.Section{ID: b.line(s.ID), Title: b.line(s.Title), Command: b.line(s.Command), Columns: b.lineAll(s.Columns), Notes: b.lineAll(s.Notes)}
	for _, row := range s.Rows[:min(len(s.Rows), b.lim.Reports)] {
		out.Rows = append(out.Rows, b.lineAll(row))
	}
	if more := htmlMore(len(s.Rows)-len(out.Rows), "row"); more != "" {
		out.Notes = append(out.Notes, more)
	}
	return out
}

func (b *htmlBuilder) lineAll(ss []string) []string {
	var out []string
	for _, s := range ss {
		out = append(out, b.line(s))
	}
	return out
}

func (b *htmlBuilder) line(s string) string  { return htmlLine(s, b.lim.LineLen) }
func (b *htmlBuilder) block(s string) string { return htmlBlock(s, b.lim.BlockLen) }

// word shows a value of an enum, which a saved document may have wrong.
func (b *htmlBuilder) word(s string) string { return htmlShort(b.line(s), 24) }

// nameFindings gives every finding an id to link to. Two findings may share a
// fingerprint; links lead to the first.
func (b *htmlBuilder) nameFindings() {
	used := map[string]bool{}
	for i := range b.d.Findings {
		fp := b.d.Findings[i].Fingerprint
		id := htmlID("f-", fp)
		if id == "f-" || used[id] {
			id = "n-" + strconv.Itoa(i+1)
		}
		used[id] = true
		b.ids = append(b.ids, id)
		if _, ok := b.anchors[fp]; !ok && fp != "" && i < b.lim.Full+b.lim.Listed {
			b.anchors[fp] = id
		}
	}
}

func (b *htmlBuilder) counts() []htmlBadge {
	n := map[model.Severity]int{}
	for _, f := range b.d.Findings {
		n[f.Severity]++
	}
	chips := []htmlBadge{
		htmlChip(n[model.SevError], "error", "is-error"),
		htmlChip(n[model.SevWarning], "warning", "is-warning"),
		htmlChip(n[model.SevNote], "note", "is-note"),
	}
	if ofSource(b.d) {
		return append(chips, htmlChip(filesOf(b.d), "file", "is-plain"))
	}
	return append(chips, htmlChip(len(b.d.Reports), "kernel report", "is-plain"),
		htmlChip(len(b.d.Inputs), "input", "is-plain"))
}

// htmlChip counts something. A zero must not shout, so it has no colour.
func htmlChip(n int, one, class string) htmlBadge {
	if n == 0 {
		class = "is-plain"
	}
	_, word, _ := strings.Cut(count(n, one), " ")
	return htmlBadge{word, strconv.Itoa(n), class}
}

// input names an input by its index, which a saved document may have wrong.
func (b *htmlBuilder) input(i int) string {
	if i < 0 || i >= len(b.d.Inputs) {
		return "input " + strconv.Itoa(i)
	}
	return b.line(b.d.Inputs[i].Path)
}

func (b *htmlBuilder) report(i int, r *model.ReportBase) htmlReport {
	v := htmlReport{
		ID: "r-" + strconv.Itoa(i), Index: i, Family: b.line(r.Family), Header: b.line(r.Header),
		Time: b.line(r.Time), Truncated: r.Truncated,
		Where: b.input(r.Input) + ":" + strconv.Itoa(r.Line),
	}
	if c := r.Context; c != nil {
		v.Task = b.line(c.Comm) + "/" + strconv.Itoa(c.PID) + " on CPU " + strconv.Itoa(c.CPU)
	}
	return v
}
