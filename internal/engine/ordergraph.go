package engine

import (
	"cmp"
	"slices"
	"strings"

	"gordian/internal/model"
)

// maxVariants bounds the edges kept between one pair of classes, which differ
// in modes and gate locks.
const maxVariants = 16

// OrderGraph is the lock-order graph over classes, with the irq usage states
// of each class. It follows kernel/locking/lockdep.c: an edge has a type made
// of how its From was held (E exclusive, S shared) and how its To was taken
// (R recursive read, N otherwise), and a path counts ("strong path") if
// nowhere an edge of type -(*R)-> is followed by one of type -(S*)->: a
// recursive reader never waits for a reader.
//
// Edges whose To was taken by trylock cannot block and are left out, as
// check_prevs_add() does.
//
// An OrderGraph is not for concurrent use: searches share memory.
type OrderGraph struct {
	digraph
	edges []model.Edge
	sr    []dep        // per edge
	gates []gateSet    // per edge
	sets  *gateSets    // interned gate sets
	local []bool       // per node: all known locks of the class are local locks
	uses  []classUsage // per node
	extra []classUsage // of classes that no edge names
}

// dep is the dependency type of an edge. The zero value is EN, the strongest.
type dep struct {
	shared    bool // S: From was held shared
	recursive bool // R: To was taken as a recursive reader
}

// blocks reports whether the two edges can follow each other in a deadlock:
// whoever waits by a is kept waiting by whoever holds by b.
func (a dep) blocks(b dep) bool { return !a.recursive || !b.shared }

// atLeast reports whether a blocks whenever b does.
func (a dep) atLeast(b dep) bool {
	return (!a.shared || b.shared) && (!a.recursive || b.recursive)
}

// depOf returns the type of an edge. A mode that is not given counts as
// exclusive, which is what most locks are.
func depOf(e *model.Edge) dep {
	return dep{shared: e.FromMode.Shared(), recursive: e.Mode == model.RecursiveRead}
}

// NewOrderGraph builds the graph from the Before edges and the ContextUses of
// f. f is not changed and may be dropped afterwards.
func NewOrderGraph(f *model.Facts) *OrderGraph {
	g := &OrderGraph{edges: mergeOrders(f.Edges), sets: newGateSets()}
	g.digraph = newDigraph(g.edges)
	g.sr = make([]dep, len(g.edges))
	g.gates = make([]gateSet, len(g.edges))
	for i := range g.edges {
		g.sr[i] = depOf(&g.edges[i])
		g.gates[i] = g.sets.of(g.edges[i].Gate)
	}
	g.markLocal(f.Locks)
	g.addUses(f.Uses)
	return g
}

// markLocal finds the classes of local locks.
func (g *OrderGraph) markLocal(locks []model.Lock) {
	g.local = make([]bool, len(g.refs))
	other := make([]bool, len(g.refs))
	for i := range locks {
		if v, ok := g.id[locks[i].Class]; ok {
			is := locks[i].Type == model.LocalLock
			g.local[v] = g.local[v] || is
			other[v] = other[v] || !is
		}
	}
	for v := range other {
		g.local[v] = g.local[v] && !other[v]
	}
}

type orderKey struct {
	from, to model.Ref
	dep      dep
	gate     string
}

// mergeOrders joins Before edges of equal ends, type and gates, drops those
// that prove no more than another one does, and sorts the rest.
func mergeOrders(edges []model.Edge) []model.Edge {
	at := map[orderKey]int{}
	var out []model.Edge
	for _, e := range edges {
		if e.Kind != model.Before || e.Try || e.From == "" || e.To == "" {
			continue
		}
		e.Gate = normalGate(e)
		k := orderKey{e.From, e.To, depOf(&e), joinRefs(e.Gate)}
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
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To),
			cmp.Compare(boolInt(!stated(a)), boolInt(!stated(b))), compareOrder(a, b))
	})
	return dropWeaker(out)
}

// compareOrder sorts edges by their ends; among edges of equal ends the ones
// with fewer gates, then the stronger ones, come first.
func compareOrder(a, b model.Edge) int {
	da, db := depOf(&a), depOf(&b)
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To),
		cmp.Compare(len(a.Gate), len(b.Gate)),
		cmp.Compare(boolInt(da.shared)+boolInt(da.recursive), boolInt(db.shared)+boolInt(db.recursive)),
		cmp.Compare(boolInt(da.shared), boolInt(db.shared)),
		slices.Compare(a.Gate, b.Gate))
}

// dropWeaker removes, among sorted edges of equal ends, those that an earlier
// edge of no more gates and no weaker type makes superfluous. Stated edges
// come first, so that an inferred one never displaces them.
func dropWeaker(edges []model.Edge) []model.Edge {
	out := edges[:0]
	first := 0 // of the kept edges of this pair
	for _, e := range edges {
		if len(out) > 0 && (out[len(out)-1].From != e.From || out[len(out)-1].To != e.To) {
			first = len(out)
		}
		group := out[first:]
		weaker := len(group) >= maxVariants || slices.ContainsFunc(group, func(k model.Edge) bool {
			return depOf(&k).atLeast(depOf(&e)) && subset(k.Gate, e.Gate)
		})
		if !weaker {
			out = append(out, e)
		}
	}
	return out
}

// normalGate returns the gate classes sorted, without the ends of the edge:
// From is held anyway, and To cannot guard its own acquisition.
func normalGate(e model.Edge) []model.Ref {
	if len(e.Gate) == 0 {
		return nil
	}
	g := slices.Clone(e.Gate)
	slices.Sort(g)
	g = slices.DeleteFunc(slices.Compact(g), func(r model.Ref) bool { return r == e.From || r == e.To })
	if len(g) == 0 {
		return nil
	}
	return g
}

// subset reports whether all of a, sorted, is in b, sorted.
func subset(a, b []model.Ref) bool {
	for _, r := range a {
		if _, ok := slices.BinarySearch(b, r); !ok {
			return false
		}
	}
	return true
}

func joinRefs(refs []model.Ref) string {
	var b strings.Builder
	for _, r := range refs {
		b.WriteString(string(r))
		b.WriteByte(0)
	}
	return b.String()
}

// gateSet is the number of an interned set of gate classes; 0 is the empty
// set.
type gateSet int32

// gateSets interns sets of gate classes, so that a search can carry the gates
// of its path in one number.
type gateSets struct {
	sets [][]model.Ref // each sorted
	id   map[string]gateSet
}

func newGateSets() *gateSets {
	return &gateSets{sets: [][]model.Ref{nil}, id: map[string]gateSet{"": 0}}
}

// of interns a sorted set.
func (s *gateSets) of(refs []model.Ref) gateSet {
	k := joinRefs(refs)
	if id, ok := s.id[k]; ok {
		return id
	}
	id := gateSet(len(s.sets))
	s.sets = append(s.sets, refs)
	s.id[k] = id
	return id
}

func (s *gateSets) has(id gateSet, r model.Ref) bool {
	if id == 0 {
		return false
	}
	_, ok := slices.BinarySearch(s.sets[id], r)
	return ok
}

// disjoint reports whether two sets share no class.
func (s *gateSets) disjoint(a, b gateSet) bool {
	if a == 0 || b == 0 {
		return true
	}
	return !slices.ContainsFunc(s.sets[a], func(r model.Ref) bool { return s.has(b, r) })
}

// union interns the union of two sets.
func (s *gateSets) union(a, b gateSet) gateSet {
	if a == 0 || a == b {
		return b
	}
	if b == 0 {
		return a
	}
	u := append(slices.Clone(s.sets[a]), s.sets[b]...)
	slices.Sort(u)
	return s.of(slices.Compact(u))
}
