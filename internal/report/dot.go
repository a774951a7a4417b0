package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"gordian/internal/model"
)

// DOT draws the proofs for Graphviz: one cluster per finding, tasks as boxes,
// locks as ellipses, each edge with what it says.
func DOT() Renderer {
	return Renderer{
		Name: "dot",
		Help: "the graphs of the findings, for Graphviz",
		Render: func(w io.Writer, d *model.Document, _ Options) error {
			p := &printer{w: w}
			p.printf("digraph gordian {\n")
			p.printf("  node [fontname=\"Helvetica\" fontsize=\"11\"];\n  edge [fontname=\"Helvetica\" fontsize=\"9\"];\n")
			for i := range d.Findings {
				dotFinding(p, i, &d.Findings[i])
			}
			p.printf("}\n")
			return p.err
		},
	}
}

// printer keeps the first error, so that callers need not look at each line.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

// dotGraph names the nodes of one cluster in the order they are first seen.
type dotGraph struct {
	p       *printer
	finding int
	id      map[string]string
	tasks   map[string]string // task name → what is known of it
}

func dotFinding(p *printer, i int, f *model.Finding) {
	g := &dotGraph{p: p, finding: i, id: map[string]string{}, tasks: map[string]string{}}
	for k := range f.Tasks {
		g.tasks[taskName(&f.Tasks[k])] = taskState(&f.Tasks[k])
	}
	for _, s := range f.Path { // the ends of these edges are tasks even if nothing else says so
		switch s.Kind {
		case model.Waits:
			g.tasks[s.From] += ""
		case model.HeldBy:
			g.tasks[s.To] += ""
		}
	}
	p.printf("  subgraph %s {\n", quoteDOT("cluster_"+strconv.Itoa(i+1)))
	label := f.Rule + ": " + titleOf(f)
	p.printf("    label=%s; color=%s;\n", quoteDOT(label), quoteDOT(dotColor(f)))
	for k := range f.Path {
		s := &f.Path[k]
		g.edge(s.From, s.To, dotEdgeLabel(s), "")
	}
	for k := range f.Tasks {
		t := &f.Tasks[k]
		if t.Behind != "" {
			g.edge(taskName(t), t.Behind, t.WaitsFor, " style=\"dashed\"")
		}
	}
	if len(g.id) == 0 {
		g.node(titleOf(f))
	}
	p.printf("  }\n")
}

func dotColor(f *model.Finding) string {
	switch f.Severity {
	case model.SevError:
		return "firebrick"
	case model.SevWarning:
		return "darkorange"
	}
	return "steelblue"
}

func taskState(t *model.TaskInfo) string {
	var w []string
	if t.State != "" {
		w = append(w, t.State)
	}
	if t.Seconds > 0 {
		w = append(w, htmlSeconds(t.Seconds))
	}
	return strings.Join(w, ", ")
}

// node declares a node once and returns its id.
func (g *dotGraph) node(name string) string {
	if id, ok := g.id[name]; ok {
		return id
	}
	id := quoteDOT(fmt.Sprintf("f%d_n%d", g.finding+1, len(g.id)+1))
	g.id[name] = id
	shape, label := "ellipse", name
	if state, ok := g.tasks[name]; ok {
		shape = "box"
		if state != "" {
			label += "\n" + state
		}
	}
	g.p.printf("    %s [label=%s shape=%s];\n", id, quoteDOT(label), quoteDOT(shape))
	return id
}

func (g *dotGraph) edge(from, to, label, style string) {
	a, b := g.node(from), g.node(to)
	g.p.printf("    %s -> %s [label=%s%s];\n", a, b, quoteDOT(label), style)
}

func dotEdgeLabel(s *model.PathStep) string {
	w := string(s.Kind)
	switch s.Kind {
	case model.Waits:
		w = "waits for"
	case model.HeldBy:
		w = "held by"
	case model.Before:
		w = "then"
	}
	if s.Mode.Shared() {
		w += " (" + string(s.Mode) + ")"
	}
	if s.At != "" {
		w += "\nin " + s.At
	}
	return w
}

// quoteDOT makes a quoted string. Graphviz reads two languages in it: the
// lexer knows \", and a label knows \N, \n, … and HTML entities; so every
// backslash and ampersand of ours must be spelled out.
func quoteDOT(s string) string {
	var lines []string
	for _, l := range strings.Split(s, "\n") {
		l = cut(safeLine(l), 120)
		lines = append(lines, strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;").Replace(l))
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}
