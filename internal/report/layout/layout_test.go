package layout

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
)

// ring builds a cycle of n nodes, tasks and locks by turns.
func ring(n int, label ...string) Graph {
	var g Graph
	for i := range n {
		shape := RoundRect
		if i%2 == 1 {
			shape = Hexagon
		}
		g.Nodes = append(g.Nodes, Node{Label: []string{fmt.Sprintf("node-%d/%d", i, 100+i), "note"}, Shape: shape})
		g.Edges = append(g.Edges, Edge{From: i, To: (i + 1) % n, Label: label})
	}
	return g
}

// tree builds a lock with an owner and waiters behind it, each of which holds
// a lock that has waiters of its own, down to the given depth.
func tree(fan, depth int) Graph {
	g := Graph{Nodes: []Node{{Label: []string{"root/1"}, Shape: RoundRect}}}
	var grow func(node, depth int)
	grow = func(node, depth int) {
		if depth == 0 {
			return
		}
		for range fan {
			shape := RoundRect
			if depth%2 == 0 {
				shape = Hexagon
			}
			g.Nodes = append(g.Nodes, Node{Label: []string{fmt.Sprintf("n%d", len(g.Nodes)), "D · 120 s"}, Shape: shape})
			g.Edges = append(g.Edges, Edge{From: len(g.Nodes) - 1, To: node, Label: []string{"waits · write", "at mutex_lock"}})
			grow(len(g.Nodes)-1, depth-1)
		}
	}
	grow(0, depth)
	return g
}

func graphs() map[string]Graph {
	long := strings.Repeat("x", 28)
	gs := map[string]Graph{
		"tree 6x1":   tree(6, 1),
		"tree 2x3":   tree(2, 3),
		"tree 1x7":   tree(1, 7),
		"tree 3x3":   tree(3, 3),
		"one":        {Nodes: []Node{{Label: []string{"alone"}, Shape: RoundRect}}},
		"two rings":  twoRings(),
		"tail":       tailedCycle(),
		"parallel":   parallel(),
		"cjk labels": {Nodes: []Node{{Label: []string{"日本語/12"}, Shape: Hexagon}}},
	}
	for n := 1; n <= 16; n++ {
		gs[fmt.Sprintf("ring %d", n)] = ring(n, "waits · write", "at "+long)
		gs[fmt.Sprintf("ring %d bare", n)] = ring(n)
	}
	return gs
}

// twoRings has as many edges as nodes, but is not one cycle.
func twoRings() Graph {
	g, h := ring(2), ring(2)
	g.Nodes = append(g.Nodes, h.Nodes...)
	for _, e := range h.Edges {
		g.Edges = append(g.Edges, Edge{From: e.From + 2, To: e.To + 2})
	}
	return g
}

func tailedCycle() Graph {
	g := ring(4, "waits")
	g.Nodes = append(g.Nodes, Node{Label: []string{"tail"}, Shape: RoundRect})
	g.Edges = append(g.Edges, Edge{From: 4, To: 1, Label: []string{"waits", "at down_read"}})
	return g
}

func parallel() Graph {
	g := tree(1, 2)
	g.Edges = append(g.Edges, Edge{From: 2, To: 0}, Edge{From: 1, To: 0}, Edge{From: 0, To: 0})
	return g
}

func TestPlaceIsSound(t *testing.T) {
	for name, g := range graphs() {
		t.Run(name, func(t *testing.T) {
			d := Place(g)
			checkBoxes(t, d)
			checkArrows(t, g, d)
			checkLabels(t, g, d)
			if again := Place(g); !reflect.DeepEqual(d, again) {
				t.Error("the same graph was laid out differently the second time")
			}
		})
	}
}

func checkBoxes(t *testing.T, d Drawing) {
	t.Helper()
	canvas := Rect{0, 0, d.W, d.H}
	for i, b := range d.Boxes {
		for j := range i {
			if b.Overlaps(d.Boxes[j].Rect, 8) {
				t.Errorf("boxes %d and %d overlap: %+v %+v", i, j, b.Rect, d.Boxes[j].Rect)
			}
		}
		if b.union(canvas) != canvas {
			t.Errorf("box %d lies outside the drawing: %+v", i, b.Rect)
		}
	}
}

func checkArrows(t *testing.T, g Graph, d Drawing) {
	t.Helper()
	for i, a := range d.Arrows {
		if len(a.Path) == 0 {
			t.Errorf("edge %d has no path", i)
			continue
		}
		from, to := d.Boxes[g.Edges[i].From], d.Boxes[g.Edges[i].To]
		start, end := a.Path[0][0], a.Path[len(a.Path)-1][3]
		if !onBorder(from, start) {
			t.Errorf("edge %d starts at %v, not on the border of %+v", i, start, from.Rect)
		}
		if !onBorder(to, end) {
			t.Errorf("edge %d ends at %v, not on the border of %+v", i, end, to.Rect)
		}
		if a.Head[0] != end {
			t.Errorf("edge %d ends at %v, its head at %v", i, end, a.Head[0])
		}
	}
}

// onBorder looks half a pixel around p for both sides of the outline.
func onBorder(b Box, p Point) bool {
	in, out := false, false
	for i := range 16 {
		a := float64(i) * math.Pi / 8
		if b.Inside(p.add(0.5*math.Cos(a), 0.5*math.Sin(a))) {
			in = true
		} else {
			out = true
		}
	}
	return in && out
}

func checkLabels(t *testing.T, g Graph, d Drawing) {
	t.Helper()
	for i, a := range d.Arrows {
		if len(a.Text) == 0 {
			continue
		}
		for j, b := range d.Boxes {
			if a.Label.Overlaps(b.Rect, 0) {
				t.Errorf("label of edge %d overlaps box %d", i, j)
			}
		}
		for j := range i {
			if len(d.Arrows[j].Text) > 0 && a.Label.Overlaps(d.Arrows[j].Label, 0) {
				t.Errorf("labels of edges %d and %d overlap", i, j)
			}
		}
	}
	if IsCycle(g) {
		for i, a := range d.Arrows {
			if len(g.Edges[i].Label) > 0 && len(a.Text) == 0 {
				t.Errorf("edge %d of a ring lost its label", i)
			}
		}
	}
}

func TestRingRunsClockwiseFromTheTop(t *testing.T) {
	g := ring(5)
	d := Place(g)
	if !IsCycle(g) {
		t.Fatal("a cycle is not drawn as a ring")
	}
	top := d.Boxes[0].Center()
	for i, b := range d.Boxes[1:] {
		if b.Center().Y <= top.Y {
			t.Errorf("box %d is not below the first one", i+1)
		}
	}
	if d.Boxes[1].Center().X <= top.X || d.Boxes[4].Center().X >= top.X {
		t.Error("the ring does not run clockwise")
	}
}

func TestOnlyWholeCyclesAreRings(t *testing.T) {
	for name, want := range map[string]bool{
		"ring 1": true, "ring 2": true, "ring 16": true,
		"two rings": false, "tail": false, "parallel": false, "tree 6x1": false, "one": false,
	} {
		if got := IsCycle(graphs()[name]); got != want {
			t.Errorf("IsCycle(%s) = %v, want %v", name, got, want)
		}
	}
	if IsCycle(Graph{}) {
		t.Error("an empty graph is a ring")
	}
}

func TestWideForestsRunDownwards(t *testing.T) {
	d := Place(tree(1, 7))
	if d.W > maxWide {
		t.Errorf("a long chain is %.0f wide", d.W)
	}
	d = Place(tree(6, 1))
	if root, leaf := d.Boxes[0].Center(), d.Boxes[1].Center(); root.X <= leaf.X {
		t.Error("waiters do not stand to the left of what they wait for")
	}
}
