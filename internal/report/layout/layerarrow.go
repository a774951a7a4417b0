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

// extraArrow draws an arrow that is not part of the forest: one that closes a
// cycle, skips layers or runs beside another one. It leads around the boxes,
// and goes without a label where there is no room.
func (l *layers) extraArrow(a *Arrow, e Edge, o *obstacles) {
	from, to := l.boxes[e.From], l.boxes[e.To]
	if e.From == e.To {
		placeLoop(a, from, e.Label, o)
		return
	}
	all := Bounds(Drawing{Boxes: l.boxes})
	f, t := from.Center(), to.Center()
	// A cubic reaches three quarters of the way to its control points.
	c := Curve{f, {f.X, all.Y - 70}, {t.X, all.Y - 70}, t}
	if l.down {
		c = Curve{f, {all.X + all.W + 90, f.Y}, {all.X + all.W + 90, t.Y}, t}
	}
	c, ok := clip(c, from, to)
	if !ok {
		c, _ = clip(line(f, t), from, to)
	}
	*a = Arrow{Path: []Curve{c}, Head: head(c)}
	o.curves = append(o.curves, c)
	o.label(a, c, e.Label, all.Center())
}
