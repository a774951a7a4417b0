package engine

import (
	"slices"

	"gordian/internal/model"
)

// arc is one edge of a digraph between dense node numbers.
type arc struct{ from, to int32 }

// digraph is a graph over refs. Nodes are numbered in the order of their
// refs and arcs are sorted, so that every walk is deterministic.
type digraph struct {
	refs []model.Ref
	id   map[model.Ref]int32
	arcs []arc
	out  [][]int32 // node → arc numbers, ascending
	in   [][]int32
}

// newDigraph numbers the end points of edges, which must be sorted.
func newDigraph(edges []model.Edge) digraph {
	seen := make(map[model.Ref]int32, len(edges))
	var refs []model.Ref
	for i := range edges {
		for _, r := range [2]model.Ref{edges[i].From, edges[i].To} {
			if _, ok := seen[r]; !ok {
				seen[r] = 0
				refs = append(refs, r)
			}
		}
	}
	slices.Sort(refs)
	for i, r := range refs {
		seen[r] = int32(i)
	}
	g := digraph{refs: refs, id: seen, arcs: make([]arc, len(edges)),
		out: make([][]int32, len(refs)), in: make([][]int32, len(refs))}
	for i := range edges {
		a := arc{seen[edges[i].From], seen[edges[i].To]}
		g.arcs[i] = a
		g.out[a.from] = append(g.out[a.from], int32(i))
		g.in[a.to] = append(g.in[a.to], int32(i))
	}
	return g
}

// scratch is the memory of repeated walks over one digraph. Marks are valid
// when they carry the number of the current walk, so that starting a walk in
// a small part of a large graph costs nothing.
type scratch struct {
	walk       int32
	seen       []int32 // walk in which a node was numbered
	inside     []int32 // walk for which a node was admitted
	index, low []int32
	onStack    []bool
}

func newScratch(n int) *scratch {
	return &scratch{seen: make([]int32, n), inside: make([]int32, n),
		index: make([]int32, n), low: make([]int32, n), onStack: make([]bool, n)}
}

// begin starts a walk that is limited to the given nodes.
func (s *scratch) begin(within []int32) {
	s.walk++
	for _, v := range within {
		s.inside[v] = s.walk
	}
}

// nodes returns the numbers of all nodes.
func (g *digraph) nodes() []int32 {
	all := make([]int32, len(g.refs))
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

// cyclic returns the strongly connected components of the nodes within and
// the arcs that keep admits, as far as they hold a cycle: each as its sorted
// nodes, in the order of their smallest node. It is Tarjan's algorithm with a
// stack of its own: evidence may hold chains longer than a goroutine's stack
// should grow.
func (g *digraph) cyclic(s *scratch, within []int32, keep func(a int32) bool) [][]int32 {
	s.begin(within)
	t := tarjan{g: g, s: s, keep: keep}
	for _, v := range within {
		if s.seen[v] != s.walk {
			t.visit(v)
		}
	}
	slices.SortFunc(t.comps, func(a, b []int32) int { return int(a[0]) - int(b[0]) })
	return t.comps
}

type tarjan struct {
	g     *digraph
	s     *scratch
	keep  func(int32) bool
	count int32
	stack []int32
	comps [][]int32
}

type tarjanFrame struct {
	v    int32
	next int
}

func (t *tarjan) visit(root int32) {
	s := t.s
	frames := []tarjanFrame{t.enter(root)}
	for len(frames) > 0 {
		f := &frames[len(frames)-1]
		v := f.v
		if f.next < len(t.g.out[v]) {
			a := t.g.out[v][f.next]
			f.next++
			w := t.g.arcs[a].to
			if s.inside[w] != s.walk || !t.keep(a) {
				continue
			}
			if s.seen[w] != s.walk {
				frames = append(frames, t.enter(w))
			} else if s.onStack[w] {
				s.low[v] = min(s.low[v], s.index[w])
			}
			continue
		}
		frames = frames[:len(frames)-1]
		if len(frames) > 0 {
			p := frames[len(frames)-1].v
			s.low[p] = min(s.low[p], s.low[v])
		}
		if s.low[v] == s.index[v] {
			t.pop(v)
		}
	}
}

func (t *tarjan) enter(v int32) tarjanFrame {
	s := t.s
	s.seen[v], s.index[v], s.low[v], s.onStack[v] = s.walk, t.count, t.count, true
	t.count++
	t.stack = append(t.stack, v)
	return tarjanFrame{v: v}
}

// pop takes the component rooted at v off the stack and keeps it if it holds
// a cycle: more than one node, or a node with an arc to itself.
func (t *tarjan) pop(v int32) {
	i := len(t.stack) - 1
	for t.stack[i] != v {
		i--
	}
	comp := t.stack[i:]
	t.stack = t.stack[:i]
	for _, w := range comp {
		t.s.onStack[w] = false
	}
	loop := len(comp) > 1
	if !loop {
		loop = slices.ContainsFunc(t.g.out[v], func(a int32) bool { return t.g.arcs[a].to == v && t.keep(a) })
	}
	if loop {
		comp = slices.Clone(comp)
		slices.Sort(comp)
		t.comps = append(t.comps, comp)
	}
}
