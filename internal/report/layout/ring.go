package layout

import "math"

// placeRing puts the nodes of a cycle on an ellipse, clockwise from the top.
// The ellipse grows until boxes, arrows and labels have room.
func placeRing(g Graph, order []int) Drawing {
	if len(order) == 1 {
		return placeSelf(g)
	}
	// Boxes are wider than high, so the ring is too. Two nodes stand one above
	// the other, with an arrow on either side.
	rx, ry, aspect := 90.0, 60.0, 1.55
	if len(order) == 2 {
		rx, ry, aspect = 84, 76, 1.1
	}
	var d Drawing
	for range 400 {
		var ok bool
		if d, ok = tryRing(g, order, rx, ry); ok {
			break
		}
		ry += 6
		rx += 6 * aspect
	}
	return finish(d)
}

// tryRing draws the ring with the given radii and reports whether all fits.
func tryRing(g Graph, order []int, rx, ry float64) (Drawing, bool) {
	n := len(order)
	d := Drawing{Boxes: make([]Box, len(g.Nodes)), Arrows: make([]Arrow, len(g.Edges))}
	for i, e := range order {
		node := g.Edges[e].From
		w, h := nodeSize(g.Nodes[node])
		d.Boxes[node] = fillBox(g.Nodes[node], centered(onEllipse(rx, ry, angle(i, n)), w, h))
	}
	for i := range d.Boxes {
		for j := range i {
			if d.Boxes[i].Overlaps(d.Boxes[j].Rect, 26) {
				return d, false
			}
		}
	}
	o := obstacles{boxes: d.Boxes}
	for i, e := range order {
		edge := g.Edges[e]
		c := arc(rx, ry, angle(i, n), angle(i+1, n))
		c, ok := clip(c, d.Boxes[edge.From], d.Boxes[edge.To])
		if !ok || c.length() < 46 || crosses(c, d.Boxes, edge) {
			return d, false
		}
		d.Arrows[e] = Arrow{Path: []Curve{c}, Head: head(c)}
		o.curves = append(o.curves, c)
	}
	for i, e := range order {
		if !o.label(&d.Arrows[e], o.curves[i], g.Edges[e].Label, Point{}) {
			return d, false
		}
	}
	return d, true
}

// crosses reports whether a curve runs through a box that is none of its ends.
func crosses(c Curve, boxes []Box, e Edge) bool {
	for i, b := range boxes {
		if i == e.From || i == e.To {
			continue
		}
		for t := 0; t <= 20; t++ {
			if b.contains(c.At(float64(t)/20), 4) {
				return true
			}
		}
	}
	return false
}

// angle of the i-th of n places, clockwise from the top (y grows downwards).
func angle(i, n int) float64 { return -math.Pi/2 + 2*math.Pi*float64(i)/float64(n) }

func onEllipse(rx, ry, a float64) Point { return Point{rx * math.Cos(a), ry * math.Sin(a)} }

// arc approximates the part of an ellipse between two angles.
func arc(rx, ry, a, b float64) Curve {
	k := 4.0 / 3 * math.Tan((b-a)/4)
	p, q := onEllipse(rx, ry, a), onEllipse(rx, ry, b)
	return Curve{
		p,
		p.add(-k*rx*math.Sin(a), k*ry*math.Cos(a)),
		q.add(k*rx*math.Sin(b), -k*ry*math.Cos(b)),
		q,
	}
}

// placeSelf draws one node that points at itself.
func placeSelf(g Graph) Drawing {
	w, h := nodeSize(g.Nodes[0])
	d := Drawing{
		Boxes:  []Box{fillBox(g.Nodes[0], centered(Point{}, w, h))},
		Arrows: []Arrow{{}},
	}
	o := obstacles{boxes: d.Boxes}
	placeLoop(&d.Arrows[0], d.Boxes[0], g.Edges[0].Label, &o)
	return finish(d)
}

// placeLoop draws an arrow from a box to itself, at its right side.
func placeLoop(a *Arrow, b Box, label []string, o *obstacles) {
	c := b.Center()
	right := b.X + b.W
	loop := Curve{
		{right - 24, c.Y}, {right + 78, c.Y - b.H*1.5}, {right + 78, c.Y + b.H*1.5}, {right - 24, c.Y},
	}
	loop, _ = clip(loop, b, b)
	*a = Arrow{Path: []Curve{loop}, Head: head(loop)}
	o.curves = append(o.curves, loop)
	o.label(a, loop, label, c)
}
