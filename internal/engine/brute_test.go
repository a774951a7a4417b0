package engine

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"gordian/internal/model"
)

// randomWaits makes a small wait graph without direct waits.
func randomWaits(r *rand.Rand) *model.Facts {
	var words []string
	tasks, locks := 1+r.Intn(5), 1+r.Intn(4)
	for range 1 + r.Intn(12) {
		t, l := r.Intn(tasks), string(rune('A'+r.Intn(locks)))
		if r.Intn(2) == 0 {
			words = append(words, fmt.Sprintf("t%d>%s", t, l))
			continue
		}
		w := fmt.Sprintf("%s:t%d", l, t)
		if r.Intn(3) == 0 {
			w += "*"
		}
		words = append(words, w)
	}
	f := graphOf(noFail{}, strings.Join(words, " "))
	return f
}

// noFail lets graphOf run where its input is known to be good.
type noFail struct{ testing.TB }

func (noFail) Helper() {}

// bruteStuck tries every set of nodes: the union of those in which each node
// is kept stuck by the set is what can never run.
func bruteStuck(g *WaitGraph) []bool {
	n := len(g.refs)
	out := make([]bool, n)
	for set := 1; set < 1<<n; set++ {
		closed := true
		for v := 0; v < n && closed; v++ {
			if set>>v&1 == 1 {
				closed = keptStuck(g, v, func(w int32) bool { return set>>w&1 == 1 })
			}
		}
		for v := range n {
			out[v] = out[v] || (closed && set>>v&1 == 1)
		}
	}
	return out
}

func keptStuck(g *WaitGraph, v int, in func(int32) bool) bool {
	anyOf, all := 0, 0
	for _, a := range g.out[v] {
		stuck := in(g.arcs[a].to)
		if !g.edges[a].AnyOf {
			if stuck {
				return true
			}
			continue
		}
		all++
		if stuck {
			anyOf++
		}
	}
	return all > 0 && anyOf == all
}

// bruteShortest returns the length of the shortest cycle of proof edges.
func bruteShortest(g *WaitGraph) int {
	best := 0
	for s := range g.refs {
		dist := map[int32]int{int32(s): 0}
		for queue := []int32{int32(s)}; len(queue) > 0; queue = queue[1:] {
			for _, a := range g.out[queue[0]] {
				w := g.arcs[a].to
				if !g.proof[a] {
					continue
				}
				if d := dist[queue[0]] + 1; w == int32(s) && (best == 0 || d < best) {
					best = d
				}
				if _, ok := dist[w]; !ok {
					dist[w] = dist[queue[0]] + 1
					queue = append(queue, w)
				}
			}
		}
	}
	return best
}

func TestWaitGraphAgainstBruteForce(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	cyclic := 0
	for i := range 4000 {
		f := randomWaits(r)
		g := NewWaitGraph(f)
		if want := bruteStuck(g); !slices.Equal(want, g.stuck) {
			t.Fatalf("graph %d: stuck %v, want %v: %s", i, g.stuck, want, showFacts(f))
		}
		cycles := g.Cycles()
		if (len(cycles) > 0) != slices.Contains(g.stuck, true) {
			t.Fatalf("graph %d: %d cycles, stuck %v: %s", i, len(cycles), g.stuck, showFacts(f))
		}
		checkWaitCycles(t, g, cycles)
		if len(cycles) > 0 {
			cyclic++
			shortest := slices.MinFunc(cycles, func(a, b WaitCycle) int { return len(a.Edges) - len(b.Edges) })
			if want := bruteShortest(g); len(shortest.Edges) != want {
				t.Fatalf("graph %d: shortest cycle has %d edges, want %d: %s", i, len(shortest.Edges), want, showFacts(f))
			}
		}
		checkPartition(t, g, cycles)
	}
	if cyclic < 500 {
		t.Errorf("only %d graphs had a cycle", cyclic)
	}
}

// checkWaitCycles checks that cycles are closed, disjoint and of stuck nodes,
// and that each proof stands by itself: a graph of nothing but the cycle and
// its support, with all holders of its locks, is stuck in the same tasks.
func checkWaitCycles(t *testing.T, g *WaitGraph, cycles []WaitCycle) {
	t.Helper()
	used := map[string]bool{}
	for _, c := range cycles {
		checkClosed(t, c.Edges)
		var proof model.Facts
		for _, e := range c.Edges {
			k := string(e.From) + string(e.To)
			if used[k] {
				t.Fatalf("edge %s in two cycles", k)
			}
			used[k] = true
		}
		proof.Edges = append(slices.Clone(c.Edges), c.Support...)
		alone := NewWaitGraph(&proof)
		for _, r := range c.Tasks {
			if !g.Stuck(r) || !alone.Stuck(r) {
				t.Fatalf("%s is in a cycle but not stuck (alone: %v)", r, alone.Stuck(r))
			}
		}
		for _, e := range proof.Edges {
			holders := alone.HoldersOf(e.From)
			plain := len(holders) - len(anyOfHolders(alone, e.From)) // one plain holder is enough
			if e.AnyOf && plain == 0 && len(holders) != len(anyOfHolders(g, e.From)) {
				t.Fatalf("proof leaves out a holder of %s", e.From)
			}
		}
	}
}

func anyOfHolders(g *WaitGraph, lock model.Ref) []model.Edge {
	all := g.HoldersOf(lock)
	return slices.DeleteFunc(all, func(e model.Edge) bool { return !e.AnyOf })
}

// checkPartition checks that no stuck task is a root or behind one.
func checkPartition(t *testing.T, g *WaitGraph, cycles []WaitCycle) {
	t.Helper()
	for _, root := range g.Roots() {
		if g.Stuck(root.Task) {
			t.Fatalf("root %s is stuck", root.Task)
		}
	}
	for _, c := range cycles {
		for _, w := range g.BehindCycle(c) {
			if !g.Stuck(w.Task) || slices.Contains(c.Tasks, w.Task) {
				t.Fatalf("%s is shown behind the cycle %v", w.Task, c.Tasks)
			}
		}
	}
}

func showFacts(f *model.Facts) string {
	var b strings.Builder
	for _, e := range f.Edges {
		fmt.Fprintf(&b, "%s %s->%s any=%v %s/%s gate=%v; ", e.Kind, e.From, e.To, e.AnyOf, e.FromMode, e.Mode, e.Gate)
	}
	return b.String()
}

func TestResultsDoNotDependOnOrder(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for range 300 {
		f := randomWaits(r)
		f.Edges = append(f.Edges, randomOrders(r, 3).Edges...)
		show := func() string {
			w, o := NewWaitGraph(f), NewOrderGraph(f)
			return fmt.Sprint(w.Cycles(), w.Roots(), o.Cycles(), o.IRQConflicts())
		}
		want := strings.NewReplacer().Replace(stripPointers(show()))
		r.Shuffle(len(f.Edges), func(i, j int) { f.Edges[i], f.Edges[j] = f.Edges[j], f.Edges[i] })
		if got := stripPointers(show()); got != want {
			t.Fatalf("after shuffling\n got %s\nwant %s", got, want)
		}
	}
}

// stripPointers removes the addresses that fmt prints for waiters.
func stripPointers(s string) string {
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '[' || r == ']' })
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return strings.HasPrefix(w, "0x") }), " ")
}
