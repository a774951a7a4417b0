package layout

import (
	"cmp"
	"slices"
)

const (
	rowGap  = 26.0 // between neighbours in a row
	rankGap = 54.0 // between rows, at least
	maxGap  = 150.0
)

// coordinates places the items: rows below each other, and in a row as near
// to the neighbours above and below as the room allows.
func (r *ranked) coordinates() {
	r.heights()
	for _, row := range r.rows {
		x := 0.0
		for k, i := range row {
			if k > 0 {
				x += r.apart(row[k-1], i)
			}
			r.items[i].x = x
		}
	}
	for s := range 24 {
		for k := range r.rows {
			row := r.rows[k]
			if s%2 == 1 {
				row = r.rows[len(r.rows)-1-k]
			}
			r.settle(row, s%2 == 0, s >= 20)
		}
	}
}

// heights sets y. Rows with many edges between them get more room, so that
// these do not run flat.
func (r *ranked) heights() {
	y := 0.0
	for _, row := range r.rows {
		high, edges := 0.0, 0
		for _, i := range row {
			high = max(high, r.items[i].h)
			edges += len(r.items[i].down)
		}
		for _, i := range row {
			r.items[i].y = y + high/2
			if i >= r.real {
				r.items[i].h = high // a bend passes the whole row upright
			}
		}
		y += high + min(rankGap+2.5*float64(edges), maxGap)
	}
}

// apart is the least distance between the centres of two neighbours.
func (r *ranked) apart(a, b int) float64 {
	gap := rowGap
	if a >= r.real && b >= r.real {
		gap = 4
	}
	return (r.items[a].w+r.items[b].w)/2 + gap
}

// settle moves the items of a row to where their neighbours on one side (or,
// with both set, on both) would have them, as far as they leave room for each
// other. The result has the least sum of squared distances: neighbours that
// push each other move as one block (pool adjacent violators).
func (r *ranked) settle(row []int, down, both bool) {
	type block struct {
		sum, weight float64
		n           int
	}
	var blocks []block
	offset := make([]float64, len(row))
	for k, i := range row {
		if k > 0 {
			offset[k] = offset[k-1] + r.apart(row[k-1], i)
		}
		want, weight := r.wish(i, down, both)
		blocks = append(blocks, block{(want - offset[k]) * weight, weight, 1})
		for len(blocks) > 1 {
			a, b := blocks[len(blocks)-2], blocks[len(blocks)-1]
			if a.sum/a.weight <= b.sum/b.weight {
				break
			}
			blocks = append(blocks[:len(blocks)-2], block{a.sum + b.sum, a.weight + b.weight, a.n + b.n})
		}
	}
	k := 0
	for _, b := range blocks {
		for range b.n {
			r.items[row[k]].x = b.sum/b.weight + offset[k]
			k++
		}
	}
}

// wish is where an item would like to be, and how much. Bends want to be in
// line with bends: a long edge should be straight more than anything else.
func (r *ranked) wish(i int, down, both bool) (x, weight float64) {
	it := &r.items[i]
	sum, n := 0.0, 0.0
	add := func(list []int) {
		for _, o := range list {
			w := 1.0
			if i >= r.real && o >= r.real {
				w = 8
			} else if i >= r.real || o >= r.real {
				w = 2
			}
			sum += r.items[o].x * w
			n += w
		}
	}
	if down || both {
		add(it.up)
	}
	if !down || both {
		add(it.down)
	}
	if n == 0 {
		return it.x, 0.1
	}
	return sum / n, n
}

// arrow draws a link along its bends.
func (r *ranked) arrow(l *link) Arrow {
	if l.loop() {
		return r.loopArrow(l.from)
	}
	var points []Point
	up, low := &r.items[l.upper()], &r.items[l.lower()]
	points = append(points, Point{r.port(l, l.upper(), up.down), up.y + up.h/2})
	for _, b := range l.bends {
		it := &r.items[b]
		points = append(points, Point{it.x, it.y - it.h/2}, Point{it.x, it.y + it.h/2})
	}
	points = append(points, Point{r.port(l, l.lower(), low.up), low.y - low.h/2})
	if l.turned {
		slices.Reverse(points)
	}
	var a Arrow
	for i := 0; i+1 < len(points); i++ {
		p, q := points[i], points[i+1]
		dy := (q.Y - p.Y) / 2
		a.Path = append(a.Path, Curve{p, p.add(0, dy), q.add(0, -dy), q})
	}
	a.Head = head(a.Path[len(a.Path)-1])
	return a
}

// port spreads the ends of several links along the border of a node, in the
// order of where they come from.
func (r *ranked) port(l *link, node int, near []int) float64 {
	it := &r.items[node]
	if len(near) < 2 {
		return it.x
	}
	mine := l.lower()
	switch {
	case node == l.upper() && len(l.bends) > 0:
		mine = l.bends[0]
	case node == l.lower() && len(l.bends) > 0:
		mine = l.bends[len(l.bends)-1]
	case node == l.lower():
		mine = l.upper()
	}
	sorted := slices.Clone(near)
	slices.SortFunc(sorted, func(a, b int) int {
		return cmp.Or(cmp.Compare(r.items[a].x, r.items[b].x), cmp.Compare(a, b))
	})
	at := slices.Index(sorted, mine)
	if l.turned && at+1 < len(sorted) && sorted[at+1] == mine {
		at++ // the way back between the same two nodes
	}
	width := min(it.w-2*hexPoint-10, float64(len(near)-1)*16)
	return it.x - width/2 + width*float64(at)/float64(len(near)-1)
}

// loopArrow leaves a node at its right side and comes back to it.
func (r *ranked) loopArrow(node int) Arrow {
	it := &r.items[node]
	x, y := it.x+it.w/2-corner, it.y
	c := Curve{{x, y - it.h/2}, {x + 32, y - it.h}, {x + 32, y + it.h}, {x, y + it.h/2}}
	return Arrow{Path: []Curve{c}, Head: head(c)}
}
