package layout

import "math"

// obstacles is what a label must keep clear of.
type obstacles struct {
	boxes  []Box
	labels []Rect
	curves []Curve
}

func (o *obstacles) free(r Rect) bool {
	for _, b := range o.boxes {
		if r.Overlaps(b.Rect, 5) {
			return false
		}
	}
	for _, l := range o.labels {
		if r.Overlaps(l, 4) {
			return false
		}
	}
	for _, c := range o.curves {
		for i := 0; i <= 40; i++ {
			if r.contains(c.At(float64(i)/40), 2) {
				return false
			}
		}
	}
	return true
}

// label finds a place for an arrow's label beside its curve, first on the
// side away from center. It reports whether it found one.
func (o *obstacles) label(a *Arrow, c Curve, lines []string, center Point) bool {
	if len(lines) == 0 {
		return true
	}
	w, h := labelSize(lines)
	for _, side := range []float64{1, -1} {
		for _, t := range []float64{0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74} {
			p, d := c.At(t), c.tangent(t)
			n := Point{-d.Y, d.X}
			if n.X*(p.X-center.X)+n.Y*(p.Y-center.Y) < 0 {
				n = Point{-n.X, -n.Y}
			}
			n = Point{n.X * side, n.Y * side}
			// Far enough along the normal for the whole rectangle to clear the
			// curve's tangent, and a little more for its bend.
			reach := math.Abs(n.X)*w/2 + math.Abs(n.Y)*h/2 + 6
			r := centered(p.add(n.X*reach, n.Y*reach), w, h)
			if o.free(r) {
				a.setLabel(r, lines, anchorFor(n))
				o.labels = append(o.labels, r)
				return true
			}
		}
	}
	return false
}

// anchorFor aligns a label with the curve that it stands beside.
func anchorFor(n Point) Anchor {
	switch {
	case n.X > 0.5:
		return Start
	case n.X < -0.5:
		return End
	}
	return Middle
}

func (a *Arrow) setLabel(r Rect, lines []string, anchor Anchor) {
	a.Label, a.Text = r, nil
	x := r.X + r.W/2
	switch anchor {
	case Start:
		x = r.X
	case End:
		x = r.X + r.W
	}
	for i, line := range lines {
		y := r.Y + noteLead*float64(i+1) - 3.5
		a.Text = append(a.Text, Text{X: x, Y: y, Anchor: anchor, Text: line})
	}
}
