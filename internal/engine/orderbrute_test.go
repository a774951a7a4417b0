package engine

import (
	"math/rand"
	"slices"
	"testing"

	"gordian/internal/model"
)

// randomOrders makes a small order graph with read modes, trylocks and,
// among the classes G1 and G2, gate locks.
func randomOrders(r *rand.Rand, gates int) *model.Facts {
	modes := []model.Mode{model.Write, model.Write, model.Read, model.RecursiveRead}
	f := &model.Facts{}
	n := 2 + r.Intn(4)
	class := func() model.Ref { return model.ClassRef(string(rune('A' + r.Intn(n)))) }
	for range 1 + r.Intn(10) {
		e := model.Edge{Kind: model.Before, From: class(), To: class(), FromMode: modes[r.Intn(4)], Mode: modes[r.Intn(4)],
			Try: r.Intn(8) == 0, Why: []model.Provenance{{Locator: "x"}}}
		if gates > 0 && r.Intn(gates) == 0 {
			e.Gate = []model.Ref{model.ClassRef([]string{"G1", "G2"}[r.Intn(2)])}
		}
		f.Edges = append(f.Edges, e)
	}
	return f
}

// bruteCycles returns every simple cycle that can deadlock, as edge lists,
// by trying all paths and checking whole cycles only.
func bruteCycles(f *model.Facts) [][]model.Edge {
	var out [][]model.Edge
	var walk func(path []model.Edge)
	walk = func(path []model.Edge) {
		last := path[len(path)-1]
		if last.To == path[0].From {
			if deadlocks(path) {
				out = append(out, slices.Clone(path))
			}
			return
		}
		for _, e := range f.Edges {
			again := slices.ContainsFunc(path, func(p model.Edge) bool { return p.From == e.From })
			if e.From == last.To && !e.Try && !again {
				walk(append(path, e))
			}
		}
	}
	for _, e := range f.Edges {
		if !e.Try {
			walk([]model.Edge{e})
		}
	}
	return out
}

// deadlocks checks a closed path by the definition.
func deadlocks(path []model.Edge) bool {
	for i, e := range path {
		next := path[(i+1)%len(path)]
		if e.Mode == model.RecursiveRead && next.FromMode.Shared() {
			return false
		}
		for j, other := range path {
			for _, g := range e.Gate {
				if i != j && (slices.Contains(other.Gate, g) || (other.From == g && !other.FromMode.Shared())) {
					return false
				}
			}
		}
	}
	return true
}

func TestOrderCyclesAgainstBruteForce(t *testing.T) {
	for _, gates := range []int{0, 2} {
		r := rand.New(rand.NewSource(int64(3 + gates)))
		cyclic := 0
		for i := range 4000 {
			f := randomOrders(r, gates)
			want, got := bruteCycles(f), NewOrderGraph(f).Cycles()
			if (len(want) > 0) != (len(got) > 0) {
				t.Fatalf("gates %d, graph %d: %d cycles, brute force has %d: %s", gates, i, len(got), len(want), showFacts(f))
			}
			covered := map[[2]model.Ref]bool{}
			for _, c := range got {
				checkClosed(t, c.Edges)
				classes := slices.Clone(c.Classes)
				slices.Sort(classes)
				if !deadlocks(c.Edges) || len(slices.Compact(classes)) != len(c.Edges) {
					t.Fatalf("gates %d, graph %d: cycle %v cannot deadlock: %s", gates, i, c.Classes, showFacts(f))
				}
				for _, e := range c.Edges {
					covered[[2]model.Ref{e.From, e.To}] = true
				}
			}
			if len(want) == 0 {
				continue
			}
			cyclic++
			if short := slices.MinFunc(want, func(a, b []model.Edge) int { return len(a) - len(b) }); len(got[0].Edges) != len(short) {
				t.Fatalf("gates %d, graph %d: shortest has %d edges, want %d: %s", gates, i, len(got[0].Edges), len(short), showFacts(f))
			}
			if missing := uncovered(want, covered); missing > 0 && !mixedReads(f) {
				t.Fatalf("gates %d, graph %d: %d edges of cycles unreported: %s", gates, i, missing, showFacts(f))
			}
		}
		if cyclic < 1000 {
			t.Errorf("only %d graphs had a cycle", cyclic)
		}
	}
}

func uncovered(want [][]model.Edge, covered map[[2]model.Ref]bool) int {
	n := 0
	for _, c := range want {
		for _, e := range c {
			n += boolInt(!covered[[2]model.Ref{e.From, e.To}])
		}
	}
	return n
}

// mixedReads reports whether recursive reads are about, with which a shortest
// simple cycle through a given edge is not always found (see pathFinder).
func mixedReads(f *model.Facts) bool {
	return slices.ContainsFunc(f.Edges, func(e model.Edge) bool { return e.Mode == model.RecursiveRead })
}

func TestIRQConflictsAgainstBruteForce(t *testing.T) {
	r := rand.New(rand.NewSource(7))
	modes := []model.Mode{model.Write, model.Read, model.RecursiveRead}
	hits := 0
	for i := range 4000 {
		f := randomOrders(r, 0)
		for range r.Intn(5) {
			f.Uses = append(f.Uses, model.ContextUse{Class: model.ClassRef(string(rune('A' + r.Intn(5)))), Context: model.Hardirq,
				Enabled: r.Intn(2) == 0, Mode: modes[r.Intn(3)], Why: []model.Provenance{{Locator: "x"}}})
		}
		want, got := bruteConflict(f), NewOrderGraph(f).IRQConflicts()
		if want != (len(got) > 0) {
			t.Fatalf("graph %d: %d conflicts, brute force %v: %s %v", i, len(got), want, showFacts(f), f.Uses)
		}
		hits += boolInt(want)
		for _, c := range got {
			if !validConflict(c) {
				t.Fatalf("graph %d: not a conflict: %+v", i, c)
			}
		}
	}
	if hits < 500 {
		t.Errorf("only %d graphs had a conflict", hits)
	}
}

// bruteConflict tries all simple paths between all pairs of uses.
func bruteConflict(f *model.Facts) bool {
	found := false
	for _, used := range f.Uses {
		for _, held := range f.Uses {
			if used.Enabled || !held.Enabled {
				continue
			}
			var walk func(path []model.Edge, at model.Ref)
			walk = func(path []model.Edge, at model.Ref) {
				c := IRQConflict{Safe: used.Class, Unsafe: at, SafeUse: used, UnsafeUse: held, Path: path}
				found = found || (at == held.Class && validConflict(c))
				for _, e := range f.Edges {
					again := e.To == used.Class || slices.ContainsFunc(path, func(p model.Edge) bool { return p.To == e.To })
					if e.From == at && !e.Try && !again {
						walk(append(slices.Clone(path), e), e.To)
					}
				}
			}
			walk(nil, used.Class)
		}
	}
	return found
}

// validConflict treats the interrupt as an edge that wants Safe and the
// interrupted holder as one that holds Unsafe, and asks for a strong path.
func validConflict(c IRQConflict) bool {
	wants := dep{recursive: c.SafeUse.Mode.Shared()}
	for i := range c.Path {
		d := depOf(&c.Path[i])
		if !wants.blocks(d) {
			return false
		}
		wants = d
	}
	return wants.blocks(dep{shared: c.UnsafeUse.Mode.Shared()})
}
