package engine

import (
	"cmp"
	"slices"

	"gordian/internal/model"
)

const (
	// maxOrderCycles bounds the inversions that one graph reports.
	maxOrderCycles = 1000
	// orderBudget bounds the edges that a search over the whole graph looks at.
	orderBudget = 4 << 20
)

// OrderCycle is a lock-order inversion: a cycle of Before edges in which each
// edge can wait for the holder of the next.
type OrderCycle struct {
	Edges   []model.Edge // last To == first From == Classes[0]
	Classes []model.Ref  // in the order of the cycle, smallest ref first
	Derived int          // how many edges no evidence states
}

// Recursive reports whether the cycle is one class taken while it is held.
func (c OrderCycle) Recursive() bool { return len(c.Classes) == 1 }

// Cycles returns the lock-order inversions, each once with its shortest
// proof: every recursion (A-A), every pair taken in both orders, and for
// every edge that lies on a cycle, but on none of those reported before, a
// shortest cycle through it. Shorter cycles come first.
//
// A cycle needs as many tasks as it has edges, all of them waiting at the same
// time. So it is none if two of its edges are taken under a common gate lock,
// or one under a gate that another of its edges holds exclusively as From.
func (g *OrderGraph) Cycles() []OrderCycle {
	all, _ := g.CyclesCut()
	return all
}

// CyclesCut is Cycles, and reports whether a bound was reached, so that more
// inversions may exist.
func (g *OrderGraph) CyclesCut() ([]OrderCycle, bool) {
	f := newPathFinder(g, orderBudget)
	covered := map[arc]bool{}
	seen := map[string]bool{}
	var out []OrderCycle
	add := func(path []int32) {
		for _, a := range path {
			covered[g.arcs[a]] = true
		}
		c := g.newOrderCycle(path)
		if k := joinRefs(c.Classes); !seen[k] {
			seen[k] = true
			out = append(out, c)
		}
	}
	comps := g.cyclic(newScratch(len(g.refs)), g.nodes(), func(int32) bool { return true })
	// Pairs first: they are the most common and cost next to nothing.
	f.maxLen = 2
	for _, comp := range comps {
		f.limitTo(comp)
		g.eachArc(comp, covered, func(a int32) bool { return f.tryCycle(a, add) && len(out) < maxOrderCycles })
	}
	f.maxLen = 0
	for _, comp := range comps {
		f.limitTo(comp)
		g.eachArc(comp, covered, func(a int32) bool { return f.tryCycle(a, add) && len(out) < maxOrderCycles })
	}
	slices.SortStableFunc(out, func(a, b OrderCycle) int {
		return cmp.Or(cmp.Compare(len(a.Classes), len(b.Classes)), slices.Compare(a.Classes, b.Classes))
	})
	return out, f.budget <= 0 || len(out) >= maxOrderCycles
}

// eachArc calls try for the arcs that leave the nodes of comp and are on no
// reported cycle, until it returns false.
func (g *OrderGraph) eachArc(comp []int32, covered map[arc]bool, try func(a int32) bool) {
	for _, v := range comp {
		for _, a := range g.out[v] {
			if !covered[g.arcs[a]] && !try(a) {
				return
			}
		}
	}
}

// tryCycle looks for a shortest cycle through a. It returns false when the
// budget is spent.
func (f *pathFinder) tryCycle(a int32, add func([]int32)) bool {
	path := f.cycle(a, nil)
	if f.g.repeats(path) {
		if simple := f.cycle(a, []int32{}); simple != nil {
			path = simple
		}
	}
	if path != nil {
		add(f.g.simplify(path))
	}
	return f.budget > 0
}

// repeats reports whether a path leaves a class twice.
func (g *OrderGraph) repeats(path []int32) bool {
	_, _, ok := g.repeat(path)
	return ok
}

// repeat returns the positions of two arcs that leave the same class.
func (g *OrderGraph) repeat(path []int32) (i, j int, ok bool) {
	at := make(map[int32]int, len(path))
	for j, a := range path {
		v := g.arcs[a].from
		if i, ok := at[v]; ok {
			return i, j, true
		}
		at[v] = j
	}
	return 0, 0, false
}

// simplify cuts a strong closed walk down to a strong cycle. Where a walk
// passes a class twice, one holder would have to hold it exclusively beside
// another; but one of the two halves is a strong cycle by itself: if the arc
// into the class is no recursive read the half that it closes is, and if it
// is one the arc out of it starts at an exclusive holder, and the other is.
func (g *OrderGraph) simplify(path []int32) []int32 {
	for {
		i, j, ok := g.repeat(path)
		if !ok {
			return path
		}
		inner := path[i:j]
		if g.sr[inner[len(inner)-1]].blocks(g.sr[inner[0]]) {
			path = slices.Clone(inner)
		} else {
			path = append(slices.Clone(path[:i]), path[j:]...)
		}
	}
}

// CycleThrough returns a shortest cycle that visits the given classes in the
// given order or, failing that, in the opposite one; other classes may come
// between.
func (g *OrderGraph) CycleThrough(classes ...model.Ref) (OrderCycle, bool) {
	if len(classes) == 0 {
		return OrderCycle{}, false
	}
	must := make([]int32, len(classes))
	for i, r := range classes {
		v, ok := g.id[r]
		if !ok {
			return OrderCycle{}, false
		}
		must[i] = v
	}
	path := g.cycleVia(must)
	if path == nil && len(must) > 2 {
		slices.Reverse(must[1:])
		path = g.cycleVia(must)
	}
	if path == nil {
		return OrderCycle{}, false
	}
	return g.newOrderCycle(path), true
}

func (g *OrderGraph) cycleVia(must []int32) []int32 {
	f := newPathFinder(g, orderBudget)
	f.limitTo(g.nodes())
	var best []int32
	for _, a := range g.out[must[0]] {
		if path := f.cycle(a, must[1:]); path != nil {
			best = path
			f.maxLen = len(best) - 1
		}
		if f.budget <= 0 || len(best) == max(1, len(must)) {
			break
		}
	}
	return best
}

// newOrderCycle turns a closed path into a cycle that starts at its smallest
// class.
func (g *OrderGraph) newOrderCycle(path []int32) OrderCycle {
	start := 0
	for i, a := range path {
		if g.arcs[a].from < g.arcs[path[start]].from {
			start = i
		}
	}
	var c OrderCycle
	for i := range path {
		e := g.edges[path[(start+i)%len(path)]]
		c.Edges = append(c.Edges, e)
		c.Classes = append(c.Classes, e.From)
		c.Derived += boolInt(!stated(e))
	}
	return c
}

// ShortestPath returns a shortest strong path between two classes or, if
// there is none, a shortest path of any edges; nil if the order graph does not
// lead from one to the other, or if they are the same.
func (g *OrderGraph) ShortestPath(from, to model.Ref) []model.Edge {
	s, ok1 := g.id[from]
	t, ok2 := g.id[to]
	if !ok1 || !ok2 || s == t {
		return nil
	}
	for _, strong := range []bool{true, false} {
		if path := g.path(s, t, strong); path != nil && !g.returns(path) {
			out := make([]model.Edge, len(path))
			for i, a := range path {
				out[i] = g.edges[a]
			}
			return out
		}
	}
	return nil
}

// path searches breadth first over pairs of class and "reached by a recursive
// read only", since the same class may be passable one way and not the other.
func (g *OrderGraph) path(s, t int32, strong bool) []int32 {
	seen := make([]bool, 2*len(g.refs))
	steps := []step{{node: s, prev: -1}}
	seen[2*s] = true
	for i := 0; i < len(steps); i++ {
		p := steps[i]
		for _, a := range g.out[p.node] {
			next := step{node: g.arcs[a].to, recursive: strong && g.sr[a].recursive, arc: a, prev: int32(i)}
			key := 2*next.node + int32(boolInt(next.recursive))
			if seen[key] || (p.recursive && g.sr[a].shared) {
				continue
			}
			seen[key] = true
			steps = append(steps, next)
			if next.node == t {
				return pathTo(steps, len(steps)-1)
			}
		}
	}
	return nil
}

// step is a place in a search over an order graph.
type step struct {
	node      int32
	recursive bool // reached by a recursive read: only an exclusive holder blocks
	arc       int32
	prev      int32 // index of the step before, -1 for the first
	gates     gateSet
	stage     int // required classes passed
	depth     int
}

// pathTo returns the arcs that lead to step i.
func pathTo(steps []step, i int) []int32 {
	var path []int32
	for ; steps[i].prev >= 0; i = int(steps[i].prev) {
		path = append(path, steps[i].arc)
	}
	slices.Reverse(path)
	return path
}
