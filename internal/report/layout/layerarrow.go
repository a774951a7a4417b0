package layout

// treeArrow draws an arrow to the next layer: straight beside its label up to
// bend, then in a curve to the target, so that arrows which meet at one target
// never run through each other's labels.
func (l *layers) treeArrow(a *Arrow, e Edge, bend float64, o *obstacles) {
	from, to := l.boxes[e.From], l.boxes[e.To]
	f, t := from.Center(), to.Center()
	w, h := labelSize(e.Label)
	if l.down {
		start, turn, end := Point{f.X, from.Y + from.H}, Point{f.X, bend}, Point{t.X, to.Y}
		half := (end.Y - turn.Y) / 2
		a.Path = []Curve{line(start, turn), {turn, turn.add(0, half), end.add(0, -half), end}}
		if len(e.Label) > 0 {
			a.setLabel(Rect{f.X + labelPad, start.Y + labelPad, w, h}, e.Label, Start)
		}
	} else {
		start, turn, end := Point{from.X + from.W, f.Y}, Point{bend, f.Y}, Point{to.X, t.Y}
		half := (end.X - turn.X) / 2
		a.Path = []Curve{line(start, turn), {turn, turn.add(half, 0), end.add(-half, 0), end}}
		if len(e.Label) > 0 {
			// The first line of the label stands above the arrow, the rest below.
			a.setLabel(Rect{start.X + labelPad, f.Y - noteLead - 1, w, h + 3}, e.Label, Start)
			for i := 1; i < len(a.Text); i++ {
				a.Text[i].Y += 4
			}
		}
	}
	a.Head = head(a.Path[len(a.Path)-1])
	o.curves = append(o.curves, a.Path...)
	if len(a.Text) > 0 {
		o.labels = append(o.labels, a.Label)
	}
}

// extraArrows draws the arrows that are not part of the forest: those that
// close a cycle, skip layers or run beside another one. Their labels come last,
// so that they keep clear of all arrows; where there is no room, an arrow goes
// without.
func (l *layers) extraArrows(d *Drawing, o *obstacles) {
	all := Bounds(Drawing{Boxes: l.boxes})
	for _, r := range o.labels {
		all = all.union(r)
	}
	var extra []int
	for i, e := range l.g.Edges {
		if l.tree[e.From] == i {
			continue
		}
		if e.From == e.To {
			placeLoop(&d.Arrows[i], l.boxes[e.From], e.Label, o)
			continue
		}
		c := l.around(all, e, 24*float64(len(extra)+1))
		d.Arrows[i] = Arrow{Path: []Curve{c}, Head: head(c)}
		o.curves = append(o.curves, c)
		extra = append(extra, i)
	}
	for _, i := range extra {
		o.label(&d.Arrows[i], d.Arrows[i].Path[0], l.g.Edges[i].Label, all.Center())
	}
}

// around leads a curve from box to box past the edge of the drawing, gap
// beyond it.
func (l *layers) around(all Rect, e Edge, gap float64) Curve {
	from, to := l.boxes[e.From], l.boxes[e.To]
	f, t := from.Center(), to.Center()
	// In its middle, a cubic has come three quarters of the way from its ends
	// to its control points.
	far := func(a, b, edge float64) float64 { return (a+b)/2 + (edge-(a+b)/2)*4/3 }
	y := far(f.Y, t.Y, all.Y-gap)
	c := Curve{f, {f.X, y}, {t.X, y}, t}
	if l.down {
		x := far(f.X, t.X, all.X+all.W+gap)
		c = Curve{f, {x, f.Y}, {x, t.Y}, t}
	}
	c, ok := clip(c, from, to)
	if !ok {
		c, _ = clip(line(f, t), from, to)
	}
	return c
}
