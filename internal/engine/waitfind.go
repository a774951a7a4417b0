package engine

import "slices"

// shadowed marks the arcs that say less than others do: direct waits of one
// task for another, where a path through a lock leads to the same task and is
// no less stated. A report then shows the lock.
func (g *WaitGraph) shadowed() []bool {
	out := make([]bool, len(g.edges))
	budget := searchBudget
	for v, r := range g.refs {
		direct := slices.ContainsFunc(g.out[v], func(a int32) bool { return g.task[g.arcs[a].to] })
		if !isTask(r) || !direct {
			continue
		}
		reach := map[int32]bool{} // task → the path through a lock is stated
		for _, a := range g.out[v] {
			if w := g.arcs[a].to; g.proof[a] && !g.task[w] && budget > 0 {
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
			if full, ok := reach[g.arcs[a].to]; ok && g.task[g.arcs[a].to] {
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
