package engine

import (
	"cmp"
	"slices"

	"gordian/internal/model"
)

const (
	// maxCycles bounds the cycles reported from one strongly connected
	// component. Real knots hold one or two.
	maxCycles = 64
	// maxSupport bounds the edges kept to show that other holders are stuck.
	maxSupport = 256
	// searchBudget bounds the edges looked at while the shortest cycles of
	// one component are searched from each of its nodes. Beyond it the
	// shortest cycle found so far counts.
	searchBudget = 2 << 20
)

// WaitCycle is a deadlock: tasks that wait for each other, and that nothing
// outside the cycle can free.
type WaitCycle struct {
	// Edges is the proof: waits, held-by, waits, held-by, …; each edge
	// starts where the one before it ended, and the last ends where the
	// first starts, at Tasks[0]. A task that waits for another task directly
	// (flush_work on a worker) has one waits edge between the two.
	Edges []model.Edge
	// Tasks are the tasks and CPUs in the order of the cycle, smallest ref
	// first.
	Tasks []model.Ref
	// Locks are the locks in the order of the cycle.
	Locks []model.Ref
	// Support shows, for a lock of the cycle that any one of several holders
	// could release, that the other holders are stuck too: their edges, up
	// to the cycle or to another deadlock. Empty for ordinary locks.
	Support []model.Edge
	// SupportCut says that Support was too long to be given whole.
	SupportCut bool
	// Proven says that evidence states every edge of Edges and Support. If
	// false, the cycle rests on Derived edges that gordian inferred.
	Proven  bool
	Derived int
}

// Cycles returns each deadlock once, with its shortest proof: for every
// strongly connected component of stuck nodes a shortest cycle, then further
// cycles that share no edge with those already reported and are not among
// the same tasks. Proven cycles are looked for first, so that an inferred
// edge never shortens a proof that can do without it.
func (g *WaitGraph) Cycles() []WaitCycle { return g.cycles }

func (g *WaitGraph) findCycles() []WaitCycle {
	f := cycleFinder{g: g, s: newScratch(len(g.refs)), used: make([]bool, len(g.edges)),
		via: make([]int32, len(g.refs)), depth: make([]int32, len(g.refs)), shadow: g.shadowed()}
	seen := map[string]bool{} // task sets of reported cycles
	var out []WaitCycle
	for _, comp := range g.cyclic(f.s, g.nodes(), func(a int32) bool { return g.proof[a] }) {
		f.left, f.budget = maxCycles, searchBudget
		for _, statedOnly := range []bool{true, false} {
			f.statedOnly = statedOnly
			for _, path := range f.within(comp) {
				if c := g.newWaitCycle(path); !seen[refSet(c.Tasks)] {
					seen[refSet(c.Tasks)] = true
					out = append(out, c)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b WaitCycle) int {
		return cmp.Or(cmp.Compare(boolInt(b.Proven), boolInt(a.Proven)),
			cmp.Compare(len(a.Tasks), len(b.Tasks)), compareEdges(a.Edges, b.Edges))
	})
	return out
}

// newWaitCycle turns a closed path into a WaitCycle in canonical rotation.
func (g *WaitGraph) newWaitCycle(path []int32) WaitCycle {
	start := 0
	for i, a := range path {
		x, y := g.refs[g.arcs[a].from], g.refs[g.arcs[path[start]].from]
		if isTask(x) != isTask(y) {
			if isTask(x) {
				start = i
			}
		} else if x < y {
			start = i
		}
	}
	path = append(slices.Clone(path[start:]), path[:start]...)
	c := WaitCycle{Proven: true}
	on := map[int32]bool{}
	for _, a := range path {
		e := g.edges[a]
		c.Edges = append(c.Edges, e)
		on[g.arcs[a].from] = true
		if isTask(e.From) {
			c.Tasks = append(c.Tasks, e.From)
		} else {
			c.Locks = append(c.Locks, e.From)
		}
	}
	c.Support, c.SupportCut = g.support(path, on)
	for _, es := range [][]model.Edge{c.Edges, c.Support} {
		for _, e := range es {
			if !stated(e) {
				c.Derived++
				c.Proven = false
			}
		}
	}
	return c
}

// support collects, for each node that any one of several could free, the
// reasons why none of the others will: every AnyOf edge of such a node, and
// one reason for each node on the way, until all ends are accounted for.
func (g *WaitGraph) support(path []int32, on map[int32]bool) (out []model.Edge, cut bool) {
	taken := map[int32]bool{}
	var todo []int32
	for _, a := range path {
		taken[a] = true
		if g.edges[a].AnyOf {
			todo = append(todo, g.arcs[a].from)
		}
	}
	var arcs []int32
	add := func(a int32) {
		if !taken[a] {
			taken[a] = true
			arcs = append(arcs, a)
		}
		if w := g.arcs[a].to; !on[w] {
			on[w] = true
			todo = append(todo, w)
		}
	}
	for len(todo) > 0 {
		if len(arcs) > maxSupport {
			return nil, true
		}
		v := todo[0]
		todo = todo[1:]
		if one, ok := g.plainReason(v, taken); ok {
			add(one)
			continue
		}
		for _, a := range g.out[v] {
			if g.edges[a].AnyOf && g.proof[a] {
				add(a)
			}
		}
	}
	slices.Sort(arcs)
	for _, a := range arcs {
		out = append(out, g.edges[a])
	}
	return out, false
}

// plainReason returns one plain edge that alone keeps v stuck: a stated one
// if there is one. A node of the cycle that is left through an AnyOf edge
// may have one too, and then needs no further reasons.
func (g *WaitGraph) plainReason(v int32, taken map[int32]bool) (int32, bool) {
	best := int32(-1)
	for _, a := range g.out[v] {
		if g.edges[a].AnyOf || !g.proof[a] {
			continue
		}
		if best < 0 || (g.stated[a] && !g.stated[best]) || (taken[a] && g.stated[a] == g.stated[best]) {
			best = a
		}
	}
	return best, best >= 0
}

// refSet is a key for a set of refs.
func refSet(refs []model.Ref) string {
	s := slices.Clone(refs)
	slices.Sort(s)
	n := 0
	for _, r := range s {
		n += len(r) + 1
	}
	b := make([]byte, 0, n)
	for _, r := range slices.Compact(s) {
		b = append(append(b, r...), 0)
	}
	return string(b)
}

// compareEdges orders paths by length, then by their nodes.
func compareEdges(a, b []model.Edge) int {
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	for i := range a {
		if c := cmp.Or(cmp.Compare(a[i].From, b[i].From), cmp.Compare(a[i].To, b[i].To)); c != 0 {
			return c
		}
	}
	return 0
}
