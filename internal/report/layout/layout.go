// Package layout places the nodes and arrows of a small wait-for or lock-order
// graph on a plane. A cycle is laid out as a ring, so that it reads as a
// cycle; everything else as layers, so that it reads as "who is behind whom".
//
// It knows nothing of locks, HTML or SVG: it gets labels and gives
// coordinates, the same ones for the same input.
package layout

import "unicode/utf8"

// Shape is the outline of a node. The zero value is invalid.
type Shape int

// Outlines.
const (
	RoundRect Shape = iota + 1
	Hexagon         // with its points to the left and to the right
)

// Node is a node to place. The first label line is its name, the rest are
// notes in smaller type.
type Node struct {
	Label []string
	Shape Shape
}

// Edge is an arrow between two nodes, by index.
type Edge struct {
	From, To int
	Label    []string
}

// Graph is what gets laid out.
type Graph struct {
	Nodes []Node
	Edges []Edge
}

// Anchor is the side of a text that its position names, in SVG's words.
type Anchor string

// Anchors.
const (
	Start  Anchor = "start"
	Middle Anchor = "middle"
	End    Anchor = "end"
)

// Text is one line of text; X and Y give the anchor point on its baseline.
type Text struct {
	X, Y   float64
	Anchor Anchor
	Text   string
}

// Box is a placed node.
type Box struct {
	Rect
	Shape Shape
	Text  []Text
}

// Arrow is a placed edge. Path runs from border to border and ends at the tip
// of the head.
type Arrow struct {
	Path []Curve
	Head [3]Point // tip first
	// Label is the place of Text; it is empty when the edge has no label or
	// when no free place was found for it.
	Label Rect
	Text  []Text
}

// Drawing is a finished layout: Boxes by node, Arrows by edge.
type Drawing struct {
	W, H   float64
	Boxes  []Box
	Arrows []Arrow
}

// Type metrics. Labels are drawn in a monospaced font whose advance is 0.6 em
// in all the usual ones, so their width is known without the font.
const (
	NameSize  = 13.0 // font sizes in px
	NoteSize  = 11.0
	LabelSize = 11.0

	advance  = 0.61
	nameLead = 17.0
	noteLead = 14.0
	padX     = 12.0
	padY     = 9.0
	hexPoint = 14.0 // how far a hexagon's points stick out
	corner   = 9.0  // radius of a rounded rectangle
	minW     = 84.0
	margin   = 10.0
)

// Corner is the corner radius of a RoundRect.
const Corner = corner

// textWidth estimates the width of s. Characters beyond ASCII count double:
// too wide is harmless, too narrow is not.
func textWidth(s string, size float64) float64 {
	n := 0
	for _, r := range s {
		n++
		if r >= utf8.RuneSelf && r != '…' && r != '·' {
			n++
		}
	}
	return float64(n) * size * advance
}

// nodeSize returns the width and height that a node needs.
func nodeSize(n Node) (w, h float64) {
	for i, line := range n.Label {
		size, lead := NoteSize, noteLead
		if i == 0 {
			size, lead = NameSize, nameLead
		}
		w = max(w, textWidth(line, size))
		h += lead
	}
	w += 2 * padX
	if n.Shape == Hexagon {
		w += 2 * (hexPoint - 4)
	}
	return max(w, minW), h + 2*padY
}

// labelSize returns the width and height of an edge's label.
func labelSize(lines []string) (w, h float64) {
	for _, line := range lines {
		w = max(w, textWidth(line, LabelSize))
	}
	return w, noteLead * float64(len(lines))
}

// fillBox puts a node's text into its box.
func fillBox(n Node, r Rect) Box {
	b := Box{Rect: r, Shape: n.Shape}
	h := 0.0
	for i := range n.Label {
		h += lead(i)
	}
	y := r.Y + (r.H-h)/2
	for i, line := range n.Label {
		y += lead(i)
		b.Text = append(b.Text, Text{X: r.X + r.W/2, Y: y - 4, Anchor: Middle, Text: line})
	}
	return b
}

func lead(i int) float64 {
	if i == 0 {
		return nameLead
	}
	return noteLead
}

// Place lays out a graph: as a ring if its edges are one cycle through all of
// its nodes, as layers otherwise.
func Place(g Graph) Drawing {
	if order, ok := cycle(g); ok {
		return placeRing(g, order)
	}
	return placeLayers(g)
}

// IsCycle reports whether Place would draw g as a ring.
func IsCycle(g Graph) bool {
	_, ok := cycle(g)
	return ok
}

// cycle returns the edges in the order in which they form one cycle through
// every node, starting with the first edge's From.
func cycle(g Graph) (order []int, ok bool) {
	if len(g.Nodes) == 0 || len(g.Edges) != len(g.Nodes) {
		return nil, false
	}
	out := make([]int, len(g.Nodes))
	for i := range out {
		out[i] = -1
	}
	for i, e := range g.Edges {
		if out[e.From] >= 0 {
			return nil, false
		}
		out[e.From] = i
	}
	seen := make([]bool, len(g.Nodes))
	for at := g.Edges[0].From; !seen[at]; at = g.Edges[out[at]].To {
		seen[at] = true
		order = append(order, out[at])
		if out[at] < 0 {
			return nil, false
		}
	}
	last := g.Edges[order[len(order)-1]]
	return order, len(order) == len(g.Nodes) && last.To == g.Edges[0].From
}

// finish moves everything so that the drawing starts at the margin, and
// measures it.
func finish(d Drawing) Drawing {
	b := Bounds(d)
	dx, dy := margin-b.X, margin-b.Y
	for i := range d.Boxes {
		d.Boxes[i].X += dx
		d.Boxes[i].Y += dy
		moveText(d.Boxes[i].Text, dx, dy)
	}
	for i := range d.Arrows {
		a := &d.Arrows[i]
		for j := range a.Path {
			for k := range a.Path[j] {
				a.Path[j][k] = a.Path[j][k].add(dx, dy)
			}
		}
		for j := range a.Head {
			a.Head[j] = a.Head[j].add(dx, dy)
		}
		a.Label.X += dx
		a.Label.Y += dy
		moveText(a.Text, dx, dy)
	}
	d.W, d.H = b.W+2*margin, b.H+2*margin
	return d
}

func moveText(ts []Text, dx, dy float64) {
	for i := range ts {
		ts[i].X += dx
		ts[i].Y += dy
	}
}
