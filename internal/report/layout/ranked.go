package layout

import (
	"cmp"
	"math"
	"slices"
)

// PlaceRanked lays out a hierarchy: what no edge leads to stands in the top
// row, and edges lead downwards. Edges that would lead upwards, because there
// is a cycle, are the exception, and as few as a simple search finds. Parts
// that nothing connects stand side by side.
//
// It is layered drawing after Sugiyama: ranks, places for long edges in the
// ranks between, an order with few crossings, and coordinates that keep edges
// straight. Labels of edges are not drawn: a hierarchy has too many.
func PlaceRanked(g Graph) Drawing {
	d := Drawing{Boxes: make([]Box, len(g.Nodes)), Arrows: make([]Arrow, len(g.Edges))}
	var parts []part
	for _, nodes := range components(g) {
		parts = append(parts, placePart(g, nodes))
	}
	pack(parts)
	for _, p := range parts {
		p.copyTo(&d)
	}
	return finish(d)
}

// part is one connected part of a graph, laid out for itself.
type part struct {
	nodes, edges []int // of the whole graph
	boxes        []Box
	arrows       []Arrow
	bounds       Rect
	dx, dy       float64
}

func placePart(g Graph, nodes []int) part {
	p := part{nodes: nodes}
	local := make(map[int]int, len(nodes))
	r := &ranked{}
	for i, n := range nodes {
		local[n] = i
		w, h := nodeSize(g.Nodes[n])
		r.items = append(r.items, item{w: w, h: h})
	}
	r.real = len(nodes)
	for i, e := range g.Edges {
		if from, ok := local[e.From]; ok {
			p.edges = append(p.edges, i)
			r.links = append(r.links, link{from: from, to: local[e.To]})
		}
	}
	r.place()
	for i, n := range nodes {
		it := &r.items[i]
		p.boxes = append(p.boxes, fillBox(g.Nodes[n], centered(Point{it.x, it.y}, it.w, it.h)))
	}
	for i := range r.links {
		p.arrows = append(p.arrows, r.arrow(&r.links[i]))
	}
	p.bounds = Bounds(Drawing{Boxes: p.boxes, Arrows: p.arrows})
	return p
}

// components returns the connected parts, each sorted, the one with the most
// nodes first.
func components(g Graph) [][]int {
	root := make([]int, len(g.Nodes))
	for i := range root {
		root[i] = i
	}
	find := func(i int) int {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	for _, e := range g.Edges {
		a, b := find(e.From), find(e.To)
		root[max(a, b)] = min(a, b)
	}
	by := make([][]int, len(g.Nodes))
	for i := range root {
		by[find(i)] = append(by[find(i)], i)
	}
	by = slices.DeleteFunc(by, func(l []int) bool { return len(l) == 0 })
	slices.SortStableFunc(by, func(a, b []int) int { return cmp.Compare(len(b), len(a)) })
	return by
}

const partGap = 44.0

// pack puts the parts into rows whose width suits a wide sheet of paper.
func pack(parts []part) {
	area, widest := 0.0, 0.0
	for _, p := range parts {
		area += (p.bounds.W + partGap) * (p.bounds.H + partGap)
		widest = max(widest, p.bounds.W)
	}
	limit := max(widest, math.Sqrt(area)*1.5)
	x, y, high := 0.0, 0.0, 0.0
	for i := range parts {
		b := parts[i].bounds
		if x > 0 && x+b.W > limit {
			x, y, high = 0, y+high+partGap, 0
		}
		parts[i].dx, parts[i].dy = x-b.X, y-b.Y
		x += b.W + partGap
		high = max(high, b.H)
	}
}

// copyTo puts a part where it was packed to.
func (p *part) copyTo(d *Drawing) {
	for i, n := range p.nodes {
		b := p.boxes[i]
		b.X += p.dx
		b.Y += p.dy
		moveText(b.Text, p.dx, p.dy)
		d.Boxes[n] = b
	}
	for i, e := range p.edges {
		a := p.arrows[i]
		for j := range a.Path {
			for k := range a.Path[j] {
				a.Path[j][k] = a.Path[j][k].add(p.dx, p.dy)
			}
		}
		for j := range a.Head {
			a.Head[j] = a.Head[j].add(p.dx, p.dy)
		}
		d.Arrows[e] = a
	}
}
