package layout

import "slices"

// maxWide is the width up to which a left-to-right drawing is preferred: wider
// ones would have to be shrunk or scrolled on an ordinary screen.
const maxWide = 1040.0

// placeLayers draws a forest of waiters: every node points at what it waits
// for, and the roots, which wait for nothing, stand at the far end. It runs
// from left to right, or downwards where that would be too wide.
func placeLayers(g Graph) Drawing {
	wide := layers{g: g}.place()
	if wide.W <= maxWide {
		return wide
	}
	if high := (layers{g: g, down: true}).place(); high.W < wide.W {
		return high
	}
	return wide
}

// layers is the work of one layered layout. Main is the axis along which the
// arrows run, cross the other one; down makes main the vertical one.
type layers struct {
	g    Graph
	down bool

	tree     []int   // by node: the edge to its parent, -1 for a root
	children [][]int // by node
	depth    []int   // by node: steps to its root
	cross    []float64
	boxes    []Box
}

const (
	crossGap  = 16.0
	curveRoom = 58.0 // length of main in which arrows bend
	labelPad  = 8.0
)

func (l layers) place() Drawing {
	if len(l.g.Nodes) == 0 {
		return finish(Drawing{})
	}
	l.growForest()
	l.cross = make([]float64, len(l.g.Nodes))
	at := 0.0
	for i := range l.g.Nodes {
		if l.tree[i] < 0 {
			at += l.spread(i, at)
		}
	}
	ends := l.placeBoxes()
	d := Drawing{Boxes: l.boxes, Arrows: make([]Arrow, len(l.g.Edges))}
	o := obstacles{boxes: d.Boxes}
	for i, e := range l.g.Edges {
		if l.tree[e.From] == i {
			l.treeArrow(&d.Arrows[i], e, ends[l.depth[e.From]], &o)
		}
	}
	l.extraArrows(&d, &o)
	return finish(d)
}

// growForest picks each node's first edge that closes no cycle as its tree
// edge. The others are drawn later, around the tree.
func (l *layers) growForest() {
	n := len(l.g.Nodes)
	l.tree, l.depth, l.children = make([]int, n), make([]int, n), make([][]int, n)
	for i := range l.tree {
		l.tree[i] = -1
	}
	for i, e := range l.g.Edges {
		if l.tree[e.From] < 0 && !l.reaches(e.To, e.From) {
			l.tree[e.From] = i
			l.children[e.To] = append(l.children[e.To], e.From)
		}
	}
	for i := range l.depth {
		for at := i; l.tree[at] >= 0; at = l.g.Edges[l.tree[at]].To {
			l.depth[i]++
		}
	}
}

func (l *layers) reaches(from, to int) bool {
	for at := from; ; at = l.g.Edges[l.tree[at]].To {
		if at == to {
			return true
		}
		if l.tree[at] < 0 {
			return false
		}
	}
}

// spread gives the subtree of a node its own strip of the cross axis from at
// on, so that no two boxes of a layer can meet, and returns the strip's width.
func (l *layers) spread(node int, at float64) float64 {
	own := l.crossSize(node) + crossGap
	sum := 0.0
	for _, c := range l.children[node] {
		sum += l.spread(c, at+sum)
	}
	if len(l.children[node]) == 0 {
		l.cross[node] = at + own/2
		return own
	}
	if sum < own {
		for _, c := range l.children[node] {
			l.shift(c, (own-sum)/2)
		}
		sum = own
	}
	kids := l.children[node]
	mid := (l.cross[kids[0]] + l.cross[kids[len(kids)-1]]) / 2
	l.cross[node] = min(max(mid, at+own/2), at+sum-own/2)
	return sum
}

func (l *layers) shift(node int, by float64) {
	l.cross[node] += by
	for _, c := range l.children[node] {
		l.shift(c, by)
	}
}

// crossSize is the room across that a node and the label of its arrow need.
func (l *layers) crossSize(node int) float64 {
	w, h := nodeSize(l.g.Nodes[node])
	if !l.down {
		return h
	}
	if e := l.tree[node]; e >= 0 {
		lw, _ := labelSize(l.g.Edges[e].Label)
		return max(w, 2*(lw+labelPad))
	}
	return w
}

// placeBoxes makes the boxes of a layer equally long, so that arrows start and
// end in line, and returns where each layer ends, by depth.
func (l *layers) placeBoxes() (ends []float64) {
	deepest := slices.Max(l.depth)
	size, room := make([]float64, deepest+1), make([]float64, deepest+1)
	for i, n := range l.g.Nodes {
		w, h := nodeSize(n)
		lw, lh := 0.0, 0.0
		if l.tree[i] >= 0 {
			lw, lh = labelSize(l.g.Edges[l.tree[i]].Label)
		}
		d := l.depth[i]
		if l.down {
			size[d], room[d] = max(size[d], h), max(room[d], lh)
		} else {
			size[d], room[d] = max(size[d], w), max(room[d], lw)
		}
	}
	start := make([]float64, deepest+1)
	ends = make([]float64, deepest+1)
	at := 0.0
	for d := deepest; d >= 0; d-- {
		start[d] = at
		ends[d] = at + size[d] + room[d] + 2*labelPad
		at = ends[d] + curveRoom
		if l.down {
			at -= curveRoom / 4 // lines are high enough already
		}
	}
	for i, n := range l.g.Nodes {
		w, h := nodeSize(n)
		d := l.depth[i]
		r := Rect{start[d], l.cross[i] - h/2, size[d], h}
		if l.down {
			r = Rect{l.cross[i] - w/2, start[d], w, size[d]}
		}
		l.boxes = append(l.boxes, fillBox(n, r))
	}
	return ends
}
