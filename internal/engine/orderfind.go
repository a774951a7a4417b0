package engine

// pathFinder searches cycles of an OrderGraph. Its state is the class, how it
// was reached, and the gate locks of the path so far, so it finds shortest
// strong closed walks. See simplify for walks that pass a class twice.
type pathFinder struct {
	g      *OrderGraph
	walk   int32
	inside []int32
	seen   []int32 // states without gates and stages: class × recursive
	rest   map[stateKey]bool
	maxLen int // longest cycle wanted, 0: any
	budget int // edges that may still be looked at
}

// gateCost is what looking at an edge costs, in edges, once gate locks are
// to be compared. Each path may gather gates of its own, so it also bounds how
// many sets of gates a search can make.
const gateCost = 50

type stateKey struct {
	node      int32
	recursive bool
	gates     gateSet
	stage     int
}

func newPathFinder(g *OrderGraph, budget int) *pathFinder {
	return &pathFinder{g: g, budget: budget, inside: make([]int32, len(g.refs)), seen: make([]int32, 2*len(g.refs))}
}

// limitTo restricts searches to the nodes of a component.
func (f *pathFinder) limitTo(comp []int32) {
	f.walk++
	for _, v := range comp {
		f.inside[v] = f.walk
	}
	f.rest = nil
}

// visit marks a state and reports whether it is new. Searches within one
// component are told apart by number, so seen needs no clearing.
func (f *pathFinder) visit(s step, search int32) bool {
	if s.gates == 0 && s.stage == 0 {
		k := 2*s.node + int32(boolInt(s.recursive))
		if f.seen[k] == search {
			return false
		}
		f.seen[k] = search
		return true
	}
	k := stateKey{s.node, s.recursive, s.gates, s.stage}
	if f.rest[k] {
		return false
	}
	if f.rest == nil {
		f.rest = map[stateKey]bool{}
	}
	f.rest[k] = true
	return true
}

// cycle returns the arcs of a shortest closed walk that starts with first, or
// nil. If must is not nil, the walk passes no class twice and visits the
// classes must in their order; it is then short, but with read locks not
// always the shortest.
func (f *pathFinder) cycle(first int32, must []int32) []int32 {
	g := f.g
	home, to := g.arcs[first].from, g.arcs[first].to
	if home == to {
		if len(must) == 0 && g.sr[first].blocks(g.sr[first]) {
			return []int32{first}
		}
		return nil
	}
	inside := f.inside[home]
	f.walk++
	search := f.walk
	f.rest = nil
	one := step{node: to, recursive: g.sr[first].recursive, arc: first, prev: 0, gates: g.gates[first], depth: 1}
	one.stage = stage(must, 0, to)
	steps := []step{{node: home, prev: -1}, one}
	f.visit(one, search)
	for i := 1; i < len(steps); i++ {
		p := steps[i]
		if (f.maxLen > 0 && p.depth >= f.maxLen) || f.budget <= 0 {
			return nil
		}
		for _, a := range g.out[p.node] {
			f.budget--
			next, ok := f.extend(steps, i, a, must)
			if !ok || f.inside[next.node] != inside {
				continue
			}
			if next.node == home {
				if next.stage == len(must) && g.sr[a].blocks(g.sr[first]) {
					return pathTo(append(steps, next), len(steps))
				}
				continue
			}
			if f.visit(next, search) {
				steps = append(steps, next)
			}
		}
	}
	return nil
}

// stage counts a required class when the path reaches it.
func stage(must []int32, passed int, node int32) int {
	if passed < len(must) && must[passed] == node {
		return passed + 1
	}
	return passed
}

// extend follows arc a from step i, if the path stays one on which all tasks
// can wait at the same time.
func (f *pathFinder) extend(steps []step, i int, a int32, must []int32) (step, bool) {
	g, p := f.g, steps[i]
	to := g.arcs[a].to
	if to == p.node || (p.recursive && g.sr[a].shared) {
		return step{}, false
	}
	gates := g.gates[a]
	if gates != 0 || p.gates != 0 {
		f.budget -= gateCost
	}
	if !g.sets.disjoint(p.gates, gates) || (!g.sr[a].shared && g.sets.has(p.gates, g.refs[p.node])) {
		return step{}, false
	}
	if gates != 0 || must != nil {
		f.budget -= p.depth
		for j := i; j > 0; j = int(steps[j].prev) {
			from := g.arcs[steps[j].arc].from
			if !g.sr[steps[j].arc].shared && g.sets.has(gates, g.refs[from]) {
				return step{}, false
			}
			if must != nil && steps[j].node == to {
				return step{}, false
			}
		}
	}
	return step{node: to, recursive: g.sr[a].recursive, arc: a, prev: int32(i),
		gates: g.sets.union(p.gates, gates), stage: stage(must, p.stage, to), depth: p.depth + 1}, true
}
