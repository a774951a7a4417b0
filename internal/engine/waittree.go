package engine

import (
	"cmp"
	"slices"

	"gordian/internal/model"
)

// Root is a task that others wait for and that itself waits for nothing that
// is known to be held: what it does is why all those behind it are blocked.
type Root struct {
	Task   model.Ref
	Behind []*Waiter
	Total  int  // tasks in the tree
	Cut    bool // the tree was too large to be given whole
}

// Waiter is a blocked task in a tree of waiters.
type Waiter struct {
	Task   model.Ref
	Lock   model.Ref    // what it waits for; "" if it waits for the task directly
	Edges  []model.Edge // its waits edge, then the held-by edge that leads to the task it is behind
	Behind []*Waiter
}

// Roots returns the tasks that hold what others wait for, are stuck in no
// deadlock, and wait for nothing that is known to be held; the one with the
// most tasks behind it first. A task that waits for several readers is behind
// each of them.
func (g *WaitGraph) Roots() []Root {
	budget := g.treeBudget()
	var out []Root
	for v, r := range g.refs {
		if !isTask(r) || g.stuck[v] || g.waitsForHeld(int32(v)) || !g.blocksAny(int32(v)) {
			continue
		}
		root := Root{Task: r}
		root.Behind, root.Total, root.Cut = g.tree([]int32{int32(v)}, false, &budget)
		if root.Total > 0 || root.Cut {
			out = append(out, root)
		}
	}
	slices.SortStableFunc(out, func(a, b Root) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Task, b.Task))
	})
	return out
}

// BehindCycle returns the stuck tasks behind a cycle that are not in it, as
// trees: each task once, at its shortest distance from the cycle.
func (g *WaitGraph) BehindCycle(c WaitCycle) []*Waiter {
	var start []int32
	for _, r := range c.Tasks {
		if v, ok := g.id[r]; ok {
			start = append(start, v)
		}
	}
	budget := g.treeBudget()
	out, _, _ := g.tree(start, true, &budget)
	return out
}

// BehindTasks returns the tasks behind some others, as trees: each task once,
// at its shortest distance.
func (g *WaitGraph) BehindTasks(tasks []model.Ref) []*Waiter {
	var start []int32
	for _, r := range tasks {
		if v, ok := g.id[r]; ok {
			start = append(start, v)
		}
	}
	budget := g.treeBudget()
	out, _, _ := g.tree(start, false, &budget)
	return out
}

// treeBudget bounds the waiters that one call builds. Trees of several roots
// may overlap (one writer behind thousands of readers), so their sum is not
// bounded by the graph.
func (g *WaitGraph) treeBudget() int { return 4*(len(g.refs)+len(g.edges)) + 1024 }

// waitsForHeld reports whether v waits for something that a node is known to
// keep: a held lock, or another task.
func (g *WaitGraph) waitsForHeld(v int32) bool {
	return slices.ContainsFunc(g.out[v], func(a int32) bool {
		w := g.arcs[a].to
		return len(g.out[w]) > 0 || g.task[w]
	})
}

// blocksAny reports whether something waits for v or for what v holds.
func (g *WaitGraph) blocksAny(v int32) bool {
	return slices.ContainsFunc(g.in[v], func(a int32) bool {
		return g.task[g.arcs[a].from] || len(g.in[g.arcs[a].from]) > 0
	})
}

// tree collects the tasks behind start breadth first, so that each stands as
// near to the start as it can. stuckOnly leaves out tasks that something
// else may still free.
func (g *WaitGraph) tree(start []int32, stuckOnly bool, budget *int) (top []*Waiter, total int, cut bool) {
	type place struct {
		v int32
		w *Waiter // nil for a start node
	}
	if *budget <= 0 {
		return nil, 0, true
	}
	seen := map[int32]bool{}
	var queue []place
	for _, v := range start {
		seen[v] = true
		queue = append(queue, place{v, nil})
	}
	for i := 0; i < len(queue); i++ {
		p := queue[i]
		for _, w := range g.waitersBehind(p.v, seen, stuckOnly) {
			if *budget <= 0 {
				return top, total, true
			}
			*budget--
			total++
			if p.w == nil {
				top = append(top, w)
			} else {
				p.w.Behind = append(p.w.Behind, w)
			}
			queue = append(queue, place{g.id[w.Task], w})
		}
	}
	return top, total, false
}

// waitersBehind returns the tasks, not seen yet, that wait for v or for a
// lock that v holds, and marks them and those locks as seen.
func (g *WaitGraph) waitersBehind(v int32, seen map[int32]bool, stuckOnly bool) []*Waiter {
	var out []*Waiter
	take := func(t int32, w Waiter) {
		if !seen[t] && (!stuckOnly || g.stuck[t]) {
			seen[t] = true
			w.Task = g.refs[t]
			out = append(out, &w)
		}
	}
	for _, a := range g.in[v] {
		lock := g.arcs[a].from
		if g.task[lock] {
			take(lock, Waiter{Edges: []model.Edge{g.edges[a]}})
			continue
		}
		if seen[lock] {
			continue
		}
		seen[lock] = true
		for _, b := range g.in[lock] {
			if g.task[g.arcs[b].from] {
				take(g.arcs[b].from, Waiter{Lock: g.refs[lock], Edges: []model.Edge{g.edges[b], g.edges[a]}})
			}
		}
	}
	return out
}
