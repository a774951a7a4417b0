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

// shadowed marks the arcs that say less than others do: direct waits of one
// task for another, where a path through a lock leads to the same task and is
// no less stated. A report then shows the lock.
func (g *WaitGraph) shadowed() []bool {
	out := make([]bool, len(g.edges))
	budget := searchBudget
	for v, r := range g.refs {
		direct := slices.ContainsFunc(g.out[v], func(a int32) bool { return isTask(g.refs[g.arcs[a].to]) })
		if !isTask(r) || !direct {
			continue
		}
		reach := map[int32]bool{} // task → the path through a lock is stated
		for _, a := range g.out[v] {
			if w := g.arcs[a].to; g.proof[a] && !isTask(g.refs[w]) && budget > 0 {
				for _, b := range g.out[w] {
					if g.proof[b] {
						u := g.arcs[b].to
						reach[u] = reach[u] || (g.stated[a] && g.stated[b])
					}
				}
				budget -= len(g.out[w])
			}
		}
		for _, a := range g.out[v] {
			if full, ok := reach[g.arcs[a].to]; ok && isTask(g.refs[g.arcs[a].to]) {
				out[a] = full || !g.stated[a]
			}
		}
	}
	return out
}

// cycleFinder searches cycles and holds the memory of its searches.
type cycleFinder struct {
	g          *WaitGraph
	s          *scratch
	used       []bool // arcs of cycles already found
	shadow     []bool
	via, depth []int32 // breadth-first search: arc by which, and distance at which, a node was reached
	statedOnly bool
	left       int // cycles that may still be reported from the component
	budget     int // arcs that may still be looked at in it
}

func (f *cycleFinder) keep(a int32) bool {
	return f.g.proof[a] && !f.used[a] && !f.shadow[a] && (!f.statedOnly || f.g.stated[a])
}

// within finds edge-disjoint cycles among the nodes of comp.
func (f *cycleFinder) within(comp []int32) [][]int32 {
	var out [][]int32
	work := f.g.cyclic(f.s, comp, f.keep)
	for len(work) > 0 && f.left > 0 {
		part := work[0]
		path := f.shortest(part)
		for _, a := range path {
			f.used[a] = true
		}
		out = append(out, path)
		f.left--
		work = append(work[1:], f.g.cyclic(f.s, part, f.keep)...)
	}
	return out
}

// shortest returns the arcs of a shortest cycle in a strongly connected part:
// a breadth-first search from each node, cut off at the length of the best
// cycle so far. The first search always succeeds, so a budget that runs out
// costs minimality only.
func (f *cycleFinder) shortest(part []int32) []int32 {
	var best []int32
	for _, start := range part {
		f.s.begin(part)
		if path := f.from(start, int32(len(best))); path != nil {
			best = path
		}
		// Nothing is shorter than a task that waits for a lock it holds.
		if len(best) <= 2 || f.budget <= 0 {
			break
		}
		f.budget -= len(part)
	}
	return best
}

// from returns a shortest cycle through start with fewer than limit arcs (0:
// any length), or nil.
func (f *cycleFinder) from(start, limit int32) []int32 {
	g, s := f.g, f.s
	queue := []int32{start}
	f.depth[start] = 0
	for i := 0; i < len(queue); i++ {
		v := queue[i]
		if limit > 0 && (f.depth[v]+1 >= limit || f.budget <= 0) {
			return nil
		}
		for _, a := range g.out[v] {
			f.budget--
			w := g.arcs[a].to
			if s.inside[w] != s.walk || !f.keep(a) {
				continue
			}
			if w == start {
				path := []int32{a}
				for u := v; u != start; u = g.arcs[f.via[u]].from {
					path = append(path, f.via[u])
				}
				slices.Reverse(path)
				return path
			}
			if s.seen[w] != s.walk {
				s.seen[w], f.depth[w], f.via[w] = s.walk, f.depth[v]+1, a
				queue = append(queue, w)
			}
		}
	}
	return nil
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
