package report

import (
	"strconv"
	"strings"

	"gordian/internal/report/layout"
)

// htmlFigure is a drawing as the template writes it: every number formatted,
// every class one of ours.
type htmlFigure struct {
	Caption    string
	Desc       string
	W, H       string
	Class      string // how the page makes room for it
	ID         string // set by the page, unique in it
	Nodes      []htmlSVGNode
	Edges      []htmlSVGEdge
	CornerSize string
}

type htmlSVGNode struct {
	Class, Full string
	Hexagon     string // its corners; "" for a rounded rectangle
	X, Y, W, H  string
	Text        []htmlSVGText
}

type htmlSVGEdge struct {
	Class, Full string
	Path, Head  string
	Text        []htmlSVGText
}

type htmlSVGText struct {
	X, Y, Anchor, Text string
	Note               bool
}

func newHTMLFigure(g *htmlGraph, caption string) htmlFigure {
	return newFigure(g, layout.Place(g.Graph), caption)
}

func newFigure(g *htmlGraph, d layout.Drawing, caption string) htmlFigure {
	f := htmlFigure{
		Caption: caption, W: htmlNum(d.W), H: htmlNum(d.H),
		CornerSize: htmlNum(layout.Corner),
	}
	switch {
	case d.W > 1350:
		f.Class = "wide huge vast" // scrolls everywhere
	case d.W > 680:
		f.Class = "wide huge" // not beside the list of edges, but above it
	case d.W > 560:
		f.Class = "wide" // scrolls on a narrow screen rather than shrink beyond reading
	}
	var said []string
	for i, b := range d.Boxes {
		n := htmlSVGNode{
			Class: g.nodes[i].Class, Full: g.nodes[i].Full,
			X: htmlNum(b.X), Y: htmlNum(b.Y), W: htmlNum(b.W), H: htmlNum(b.H),
			Text: htmlTexts(b.Text),
		}
		if b.Shape == layout.Hexagon {
			n.Hexagon = htmlPoints(b.Outline())
		}
		f.Nodes = append(f.Nodes, n)
	}
	for i, a := range d.Arrows {
		f.Edges = append(f.Edges, htmlSVGEdge{
			Class: g.edges[i].Class, Full: g.edges[i].Full,
			Path: htmlPath(a.Path), Head: htmlPoints(a.Head[:]), Text: htmlTexts(a.Text),
		})
		said = append(said, g.edges[i].Full)
	}
	f.Desc = strings.Join(said, "; ") + "."
	return f
}

func htmlTexts(ts []layout.Text) []htmlSVGText {
	var out []htmlSVGText
	for i, t := range ts {
		out = append(out, htmlSVGText{X: htmlNum(t.X), Y: htmlNum(t.Y), Anchor: string(t.Anchor), Text: t.Text, Note: i > 0})
	}
	return out
}

func htmlPath(cs []layout.Curve) string {
	var b strings.Builder
	for i, c := range cs {
		if i == 0 {
			b.WriteString("M" + htmlPoint(c[0]))
		}
		b.WriteString(" C" + htmlPoint(c[1]) + " " + htmlPoint(c[2]) + " " + htmlPoint(c[3]))
	}
	return b.String()
}

func htmlPoints(ps []layout.Point) string {
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = htmlPoint(p)
	}
	return strings.Join(out, " ")
}

func htmlPoint(p layout.Point) string { return htmlNum(p.X) + "," + htmlNum(p.Y) }

// htmlNum formats a coordinate. One decimal is finer than any screen shows,
// and coarse enough to be the same on every machine.
func htmlNum(v float64) string {
	s := strconv.FormatFloat(v, 'f', 1, 64)
	s = strings.TrimSuffix(s, ".0")
	if s == "-0" {
		return "0"
	}
	return s
}
