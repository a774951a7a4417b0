package engine

import (
	"cmp"
	"slices"

	"gordian/internal/model"
)

// maxWhy bounds the provenances kept for one edge: a log may state the same
// wait thousands of times, and a reader needs one.
const maxWhy = 16

// WaitGraph is the wait-for graph of every boot: tasks (and CPUs) that wait
// for locks, and locks that are held by tasks.
//
// Refs carry their boot, so boots never mix. Edges that state the same thing
// are merged: their provenances are joined, and the edge counts as stated
// when one of them is.
type WaitGraph struct {
	digraph
	edges  []model.Edge
	task   []bool // per node: isTask
	stated []bool // per edge: at least one provenance is not derived
	stuck  []bool // per node: can never go on
	proof  []bool // per edge: is a reason for its From to be stuck

	cycles []WaitCycle
}

// NewWaitGraph builds the graph from the Waits and HeldBy edges of f. f is
// not changed and may be dropped afterwards.
func NewWaitGraph(f *model.Facts) *WaitGraph {
	g := &WaitGraph{edges: mergeWaits(f.Edges)}
	g.digraph = newDigraph(g.edges)
	g.stated = make([]bool, len(g.edges))
	for i := range g.edges {
		g.stated[i] = stated(g.edges[i])
	}
	g.task = make([]bool, len(g.refs))
	for v, r := range g.refs {
		g.task[v] = isTask(r)
	}
	g.reduce()
	g.cycles = g.findCycles()
	return g
}

// stated reports whether evidence states the edge itself.
func stated(e model.Edge) bool {
	return slices.ContainsFunc(e.Why, func(p model.Provenance) bool { return !p.Derived })
}

type waitKey struct {
	kind     model.EdgeKind
	from, to model.Ref
}

// mergeWaits joins edges of equal kind and ends, and sorts them.
func mergeWaits(edges []model.Edge) []model.Edge {
	at := map[waitKey]int{}
	var out []model.Edge
	for _, e := range edges {
		if (e.Kind != model.Waits && e.Kind != model.HeldBy) || e.From == "" || e.To == "" {
			continue
		}
		k := waitKey{e.Kind, e.From, e.To}
		i, ok := at[k]
		if !ok {
			at[k] = len(out)
			e.Why = addWhy(nil, e.Why)
			out = append(out, e)
			continue
		}
		joinWait(&out[i], e)
	}
	slices.SortFunc(out, func(a, b model.Edge) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

// joinWait adds what b says to a. The stricter mode wins, and AnyOf does,
// since it is the claim that proves less.
func joinWait(a *model.Edge, b model.Edge) {
	a.AnyOf = a.AnyOf || b.AnyOf
	a.Agreed, a.Unsure, a.Never = a.Agreed || b.Agreed, a.Unsure && b.Unsure, a.Never || b.Never
	if modeRank(b.Mode) > modeRank(a.Mode) {
		a.Mode = b.Mode
	}
	if modeRank(b.FromMode) > modeRank(a.FromMode) {
		a.FromMode = b.FromMode
	}
	// Stack and function travel together, and come from the evidence that
	// states most, whatever the order of the edges.
	better := cmp.Or(cmp.Compare(len(b.Stack), len(a.Stack)), cmp.Compare(b.Func, a.Func)) > 0
	if better {
		a.Func, a.Stack = b.Func, b.Stack
	}
	if len(b.FromStack) > len(a.FromStack) {
		a.FromStack = b.FromStack
	}
	a.Pairs = addPairs(a.Pairs, b.Pairs)
	a.Why = addWhy(a.Why, b.Why)
}

// maxPairs bounds the instances that a joined edge keeps.
const maxPairs = 64

func addPairs(a, b []model.LockPair) []model.LockPair {
	a = slices.Clip(a)
	for _, p := range b {
		if len(a) < maxPairs && !slices.Contains(a, p) {
			a = append(a, p)
		}
	}
	return a
}

func modeRank(m model.Mode) int {
	switch m {
	case model.Write:
		return 3
	case model.Read:
		return 2
	case model.RecursiveRead:
		return 1
	}
	return 0
}

// addWhy joins two lists of provenances, sorted, without repeats: stated
// ones first, then in the order of the evidence.
func addWhy(a, b []model.Provenance) []model.Provenance {
	out := append(slices.Clone(a), b...)
	slices.SortStableFunc(out, compareWhy)
	out = slices.Compact(out)
	if len(out) > maxWhy {
		out = out[:maxWhy]
	}
	return out
}

func compareWhy(x, y model.Provenance) int {
	return cmp.Or(
		cmp.Compare(boolInt(x.Derived), boolInt(y.Derived)),
		cmp.Compare(x.Input, y.Input),
		cmp.Compare(len(x.Locator), len(y.Locator)), // "line 9" before "line 10"
		cmp.Compare(x.Locator, y.Locator),
		cmp.Compare(x.Excerpt, y.Excerpt),
	)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// reduce finds the nodes that can never go on, by the reduction of a
// resource-allocation graph: a node that waits for nothing can run, a node
// can run once all that it waits for can, and where any one of several is
// enough (AnyOf), once one of them can. What is left when nothing more can
// be removed is stuck, whatever the scheduler does.
func (g *WaitGraph) reduce() {
	n := len(g.refs)
	all := make([]int, n)    // targets of plain edges that have not run yet
	anyOf := make([]bool, n) // an AnyOf group has not run yet
	g.stuck = make([]bool, n)
	var queue []int32
	for v := range n {
		for _, a := range g.out[v] {
			if g.edges[a].AnyOf {
				anyOf[v] = true
			} else {
				all[v]++
			}
		}
		g.stuck[v] = true
		if len(g.out[v]) == 0 {
			g.stuck[v] = false
			queue = append(queue, int32(v))
		}
	}
	for len(queue) > 0 {
		v := queue[0]
		queue = queue[1:]
		for _, a := range g.in[v] {
			p := g.arcs[a].from
			if g.edges[a].AnyOf {
				anyOf[p] = false
			} else {
				all[p]--
			}
			if g.stuck[p] && all[p] == 0 && !anyOf[p] {
				g.stuck[p] = false
				queue = append(queue, p)
			}
		}
	}
	g.proof = make([]bool, len(g.edges))
	for a, e := range g.edges {
		from, to := g.arcs[a].from, g.arcs[a].to
		g.proof[a] = g.stuck[from] && g.stuck[to] && (!e.AnyOf || anyOf[from])
	}
}

// WaitsOf returns what task waits for.
func (g *WaitGraph) WaitsOf(task model.Ref) []model.Edge {
	return g.pick(g.outOf(task), model.Waits)
}

// HoldersOf returns who holds lock.
func (g *WaitGraph) HoldersOf(lock model.Ref) []model.Edge {
	return g.pick(g.outOf(lock), model.HeldBy)
}

// HeldBy returns what task holds: the held-by edges that lead to it.
func (g *WaitGraph) HeldBy(task model.Ref) []model.Edge {
	return g.pick(g.into(task), model.HeldBy)
}

// WaitersOf returns who waits for ref, a lock or a task.
func (g *WaitGraph) WaitersOf(ref model.Ref) []model.Edge {
	return g.pick(g.into(ref), model.Waits)
}

// Stuck reports whether ref can never go on: it is in a deadlock, or behind
// one in a way that no other task can end.
func (g *WaitGraph) Stuck(ref model.Ref) bool {
	v, ok := g.id[ref]
	return ok && g.stuck[v]
}

func (g *WaitGraph) outOf(r model.Ref) []int32 {
	if v, ok := g.id[r]; ok {
		return g.out[v]
	}
	return nil
}

func (g *WaitGraph) into(r model.Ref) []int32 {
	if v, ok := g.id[r]; ok {
		return g.in[v]
	}
	return nil
}

func (g *WaitGraph) pick(arcs []int32, kind model.EdgeKind) []model.Edge {
	var out []model.Edge
	for _, a := range arcs {
		if g.edges[a].Kind == kind {
			out = append(out, g.edges[a])
		}
	}
	return out
}

// isTask reports whether a node runs: a task or a CPU. Everything else is
// waited for.
func isTask(r model.Ref) bool {
	k := r.Kind()
	return k == model.KindTask || k == model.KindCPU
}
