package report

import (
	"strconv"
	"strings"

	"gordian/internal/model"
)

// actors fills the tables of tasks and locks, and the stacks.
func (b *htmlBuilder) actors(v *htmlFinding, f *model.Finding) {
	for i := range f.Tasks[:min(len(f.Tasks), b.lim.Rows)] {
		t := &f.Tasks[i]
		row := htmlTask{
			Name: b.line(taskName(t)), State: b.line(htmlState(t.State)), Seconds: htmlSeconds(t.Seconds),
			WaitsFor: b.line(t.WaitsFor), Behind: b.line(t.Behind),
		}
		if t.CPU != nil {
			row.CPU = strconv.Itoa(*t.CPU)
		}
		v.ShowCPU = v.ShowCPU || row.CPU != ""
		v.ShowBehind = v.ShowBehind || row.Behind != ""
		for _, h := range t.Holds[:min(len(t.Holds), b.lim.Rows)] {
			row.Holds = append(row.Holds, b.line(h))
		}
		v.Tasks = append(v.Tasks, row)
		if len(t.Stack) > 0 {
			v.Stacks = append(v.Stacks, b.stack(row.Name, t.Stack))
		}
	}
	v.More["tasks"] = htmlMore(len(f.Tasks)-b.lim.Rows, "task")
	for _, l := range f.Locks[:min(len(f.Locks), b.lim.Rows)] {
		v.ShowAddr = v.ShowAddr || l.Addr != ""
		v.ShowOwner = v.ShowOwner || l.Owner != ""
		v.Locks = append(v.Locks, htmlLock{b.line(l.Name), b.line(string(l.Type)), b.line(l.Addr), b.line(l.Owner)})
	}
	v.More["locks"] = htmlMore(len(f.Locks)-b.lim.Rows, "lock")
}

func (b *htmlBuilder) stack(task string, frames []string) htmlStack {
	lines := make([]string, 0, min(len(frames), b.lim.Frames)+1)
	for _, fr := range frames[:min(len(frames), b.lim.Frames)] {
		lines = append(lines, b.line(fr))
	}
	if more := len(frames) - b.lim.Frames; more > 0 {
		lines = append(lines, "… "+count(more, "more frame"))
	}
	return htmlStack{Task: task, Count: count(len(frames), "frame"), Text: strings.Join(lines, "\n")}
}

// htmlState spells out the kernel's state letters (fs/proc/array.c).
func htmlState(s string) string {
	word := map[string]string{
		"R": "running", "S": "sleeping", "D": "uninterruptible", "T": "stopped", "t": "traced",
		"X": "dead", "Z": "zombie", "P": "parked", "I": "idle",
	}[s]
	if word == "" {
		return s
	}
	return s + " (" + word + ")"
}

// sources fills the evidence and all links to other parts of the page.
func (b *htmlBuilder) sources(v *htmlFinding, f *model.Finding) {
	for _, p := range f.Evidence[:min(len(f.Evidence), b.lim.Rows)] {
		v.Evidence = append(v.Evidence, b.evidence(p))
	}
	v.More["evidence"] = htmlMore(len(f.Evidence)-b.lim.Rows, "excerpt")
	for _, s := range f.History[:min(len(f.History), b.lim.Rows)] {
		v.History = append(v.History, htmlSighting{b.line(s.Time), htmlSeconds(s.Seconds), b.reportLink(s.Report)})
	}
	v.More["history"] = htmlMore(len(f.History)-b.lim.Rows, "sighting")
	for _, r := range f.Related[:min(len(f.Related), b.lim.Rows)] {
		name := r.Rule
		if name == "" {
			name = r.Fingerprint
		}
		v.Related = append(v.Related, htmlRelated{b.anchors[r.Fingerprint], b.line(name), b.line(r.How)})
	}
	v.More["related"] = htmlMore(len(f.Related)-b.lim.Rows, "finding")
	for _, i := range f.Reports[:min(len(f.Reports), b.lim.Rows)] {
		v.Reports = append(v.Reports, b.reportLink(i))
	}
	v.More["reports"] = htmlMore(len(f.Reports)-b.lim.Rows, "report")
}

func (b *htmlBuilder) evidence(p model.Provenance) htmlEvidence {
	e := htmlEvidence{
		Input: b.input(p.Input), Locator: b.line(p.Locator), Excerpt: b.block(p.Excerpt), Derived: p.Derived,
	}
	if strings.HasPrefix(e.Locator, e.Input+":") { // the file is the input
		e.Input, e.Locator = e.Locator, ""
	}
	return e
}

// reportLink leads to a row of the table of reports, if it has that row.
func (b *htmlBuilder) reportLink(i int) htmlLink {
	l := htmlLink{Text: "#" + strconv.Itoa(i)}
	if i < 0 || i >= len(b.d.Reports) {
		return l
	}
	l.Text += " " + b.line(b.d.Reports[i].Base().Family)
	if i < b.lim.Reports {
		l.ID = "r-" + strconv.Itoa(i)
	}
	return l
}
