package layout

import (
	"fmt"
	"reflect"
	"testing"
)

// randomGraph makes a graph of n nodes and m edges, the same for a seed.
func randomGraph(n, m int, seed uint32) Graph {
	var g Graph
	next := func(k int) int {
		seed = seed*1664525 + 1013904223
		return int(seed>>8) % k
	}
	for i := range n {
		g.Nodes = append(g.Nodes, Node{Label: []string{fmt.Sprintf("struct%d.lock", i), "mutex"}, Shape: RoundRect + Shape(i%2)})
	}
	seen := map[[2]int]bool{}
	for range m {
		e := [2]int{next(n), next(n)}
		if !seen[e] {
			seen[e] = true
			g.Edges = append(g.Edges, Edge{From: e[0], To: e[1]})
		}
	}
	return g
}

// Whatever the graph: boxes keep apart, arrows run from box to box, and two
// runs agree.
func TestRankedProperties(t *testing.T) {
	for i, size := range [][2]int{{0, 0}, {1, 0}, {1, 1}, {2, 3}, {9, 8}, {12, 40}, {40, 60}, {60, 30}, {80, 300}} {
		g := randomGraph(size[0], size[1], uint32(i+1))
		d := PlaceRanked(g)
		if !reflect.DeepEqual(d, PlaceRanked(g)) {
			t.Errorf("%v: two runs differ", size)
		}
		if len(d.Boxes) != len(g.Nodes) || len(d.Arrows) != len(g.Edges) {
			t.Fatalf("%v: %d boxes, %d arrows", size, len(d.Boxes), len(d.Arrows))
		}
		for a := range d.Boxes {
			for b := range a {
				if d.Boxes[a].Overlaps(d.Boxes[b].Rect, 8) {
					t.Errorf("%v: nodes %d and %d overlap", size, a, b)
				}
			}
			if r := d.Boxes[a].Rect; r.X < 0 || r.Y < 0 || r.X+r.W > d.W || r.Y+r.H > d.H {
				t.Errorf("%v: node %d is off the sheet", size, a)
			}
		}
		for k, e := range g.Edges {
			path := d.Arrows[k].Path
			if len(path) == 0 {
				t.Errorf("%v: edge %d has no path", size, k)
				continue
			}
			first, last := path[0][0], path[len(path)-1][3]
			if !d.Boxes[e.From].contains(first, 1) || !d.Boxes[e.To].contains(last, 1) {
				t.Errorf("%v: edge %d does not join its nodes", size, k)
			}
		}
	}
}

// Without a cycle every arrow leads down, and what nothing leads to is on top.
func TestRankedDown(t *testing.T) {
	g := randomGraph(30, 90, 5)
	for i := range g.Edges {
		if e := &g.Edges[i]; e.From > e.To {
			e.From, e.To = e.To, e.From
		} else if e.From == e.To {
			e.To = (e.To + 1) % 30
			e.From, e.To = min(e.From, e.To), max(e.From, e.To)
		}
	}
	d := PlaceRanked(g)
	for _, e := range g.Edges {
		if from, to := d.Boxes[e.From], d.Boxes[e.To]; from.Y+from.H >= to.Y {
			t.Errorf("%d is not above %d", e.From, e.To)
		}
	}
}

// A chain with a shortcut is straight: the long edge goes around.
func TestRankedStraight(t *testing.T) {
	g := Graph{Nodes: []Node{{Label: []string{"a"}}, {Label: []string{"b"}}, {Label: []string{"c"}}}, Edges: []Edge{{From: 0, To: 1}, {From: 1, To: 2}, {From: 0, To: 2}}}
	d := PlaceRanked(g)
	for _, c := range d.Arrows[2].Path {
		for i := range 11 {
			if p := c.At(float64(i) / 10); d.Boxes[1].contains(p, 0) {
				t.Errorf("the shortcut crosses the node between, at %v", p)
			}
		}
	}
}

// Two edges that cross are put side by side.
func TestRankedOrder(t *testing.T) {
	r := &ranked{items: make([]item, 4), real: 4, rows: [][]int{{0, 1}, {2, 3}}}
	r.tie(0, 3)
	r.tie(1, 2)
	crossings := func() int {
		pos := make([]float64, len(r.items))
		for _, row := range r.rows {
			for i, it := range row {
				pos[it] = float64(i)
			}
		}
		return r.crossings(pos)
	}
	if n := crossings(); n != 1 {
		t.Errorf("%d crossings before", n)
	}
	r.order()
	if n := crossings(); n != 0 {
		t.Errorf("%d crossings after, rows %v", n, r.rows)
	}
}
