package engine

import (
	"slices"
	"strings"
	"testing"

	"gordian/internal/model"
)

// graphOf parses a small language, one edge per word: "t1>A" t1 waits for A,
// "A:t1" A is held by t1, with suffix "*" for AnyOf and "?" for an inferred
// edge. Names that start with "t" or "cpu" are tasks.
func graphOf(t testing.TB, text string) *model.Facts {
	t.Helper()
	f := &model.Facts{}
	for i, w := range strings.Fields(text) {
		e := model.Edge{Mode: model.Write, Why: []model.Provenance{{Locator: w, Input: i}}}
		for strings.HasSuffix(w, "*") || strings.HasSuffix(w, "?") {
			e.AnyOf = e.AnyOf || strings.HasSuffix(w, "*")
			e.Why[0].Derived = e.Why[0].Derived || strings.HasSuffix(w, "?")
			w = w[:len(w)-1]
		}
		a, b, ok := strings.Cut(w, ">")
		e.Kind = model.Waits
		if !ok {
			a, b, ok = strings.Cut(w, ":")
			e.Kind = model.HeldBy
		}
		if !ok {
			t.Fatalf("bad edge %q", w)
		}
		e.From, e.To = testRef(a), testRef(b)
		f.Edges = append(f.Edges, e)
	}
	return f
}

func testRef(s string) model.Ref {
	switch {
	case strings.HasPrefix(s, "cpu"):
		return model.Ref("cpu:b0:" + s[3:])
	case strings.HasPrefix(s, "t"):
		return model.Ref("task:b0:" + s[1:])
	}
	return model.LockRef("b0", s)
}

func shortRefs(refs []model.Ref) string {
	var out []string
	for _, r := range refs {
		switch r.Kind() {
		case model.KindTask:
			out = append(out, "t"+r.Name())
		case model.KindCPU:
			out = append(out, "cpu"+r.Name())
		default:
			out = append(out, r.Name())
		}
	}
	return strings.Join(out, " ")
}

// showCycle prints a cycle as "t1 A t2 B".
func showCycle(c WaitCycle) string {
	var refs []model.Ref
	for _, e := range c.Edges {
		refs = append(refs, e.From)
	}
	s := shortRefs(refs)
	if !c.Proven {
		s += " ?"
	}
	return s
}

func showTree(ws []*Waiter) string {
	var out []string
	for _, w := range ws {
		s := shortRefs([]model.Ref{w.Task})
		if len(w.Behind) > 0 {
			s += "(" + showTree(w.Behind) + ")"
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestWaitCycles(t *testing.T) {
	tests := []struct{ name, graph, want string }{
		{"none", "t1>A A:t2", ""},
		{"self", "t1>A A:t1", "t1 A"},
		{"two tasks", "t1>A A:t2 t2>B B:t1", "t1 A t2 B"},
		{"three tasks", "t3>A A:t1 t1>B B:t2 t2>C C:t3", "t1 B t2 C t3 A"},
		{"direct wait for a worker", "t1>t2 t2>A A:t1", "t1 t2 A"},
		{"cpus", "cpu1>A A:cpu0 cpu0>B B:cpu1", "cpu0 B cpu1 A"},
		{"lock shown rather than the direct wait", "t1>A A:t2 t1>t2 t2>B B:t1", "t1 A t2 B"},
		{"stated direct wait rather than an inferred lock", "t1>A? A:t2? t1>t2 t2>B B:t1", "t1 t2 B"},
		{"one stuck reader is enough", "t1>A A:t2 A:t3 t2>B B:t1", "t1 A t2 B"},
		{"semaphore with a free holder", "t1>S S:t2* S:t3* t2>B B:t1", ""},
		{"semaphore with all holders stuck", "t1>S S:t2* S:t3* t2>B B:t1 t3>B", "t1 S t2 B"},
		{"semaphore, other holder in another deadlock", "t1>S S:t2* S:t3* t2>B B:t1 t3>C C:t4 t4>D D:t3", "t1 S t2 B; t3 C t4 D"},
		{"semaphore held by the waiter alone", "t1>S S:t1*", "t1 S"},
		{"semaphore held by the waiter and another", "t1>S S:t1* S:t2*", ""},
		{"semaphore freed through a chain", "t1>S S:t2* S:t3* t2>B B:t1 t3>C C:t4", ""},
		{"two knots", "t1>A A:t2 t2>B B:t1 t5>E E:t6 t6>F F:t5", "t1 A t2 B; t5 E t6 F"},
		{"overlapping cycles of one knot", "t1>A A:t2 t2>B B:t1 B:t3 t3>C C:t2", "t1 A t2 B"},
		{"disjoint cycles of one knot", "t1>A A:t2 t2>B B:t1 t2>C C:t3 t3>D D:t2", "t1 A t2 B; t2 C t3 D"},
		{"inferred", "t1>A A:t2? t2>B B:t1", "t1 A t2 B ?"},
		{"inferred and stated", "t1>A A:t2? A:t2 t2>B B:t1", "t1 A t2 B"},
		{"proven though longer", "t1>A A:t1? A:t2 t2>B B:t1", "t1 A t2 B"},
		{"said twice", "t1>A t1>A A:t2 A:t2 t2>B B:t1", "t1 A t2 B"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, c := range NewWaitGraph(graphOf(t, tt.graph)).Cycles() {
				got = append(got, showCycle(c))
				checkClosed(t, c.Edges)
			}
			if s := strings.Join(got, "; "); s != tt.want {
				t.Errorf("cycles of %q\n got %q\nwant %q", tt.graph, s, tt.want)
			}
		})
	}
}

func checkClosed(t *testing.T, edges []model.Edge) {
	t.Helper()
	for i, e := range edges {
		if next := edges[(i+1)%len(edges)]; e.To != next.From {
			t.Errorf("edge %d ends at %s, the next starts at %s", i, e.To, next.From)
		}
	}
}

func TestWaitSupport(t *testing.T) {
	g := NewWaitGraph(graphOf(t, "t1>S S:t2* S:t3*? t2>B B:t1 t3>C C:t2"))
	c := g.Cycles()
	if len(c) != 1 {
		t.Fatalf("%d cycles", len(c))
	}
	var got []string
	for _, e := range c[0].Support {
		got = append(got, shortRefs([]model.Ref{e.From, e.To}))
	}
	slices.Sort(got)
	if s := strings.Join(got, "; "); s != "C t2; S t3; t3 C" {
		t.Errorf("support %q", s)
	}
	if c[0].Proven || c[0].Derived != 1 {
		t.Errorf("proven %v, derived %d: an inferred holder carries the proof", c[0].Proven, c[0].Derived)
	}
}

func TestRoots(t *testing.T) {
	tests := []struct{ name, graph, want string }{
		{"nothing waits", "A:t1", ""},
		{"one behind one", "t1>A A:t2", "t2: t1"},
		{"tree", "t1>A t2>A A:t3 t3>B B:t4 t5>C C:t1", "t4: t3(t1(t5) t2)"},
		{"larger first", "t1>A A:t2 t3>B t4>B B:t5", "t5: t3 t4; t2: t1"},
		{"a root may wait for what nobody is known to hold", "t1>A A:t2 t2>X", "t2: t1"},
		{"in a cycle", "t1>A A:t2 t2>B B:t1 t3>A", ""},
		{"behind a cycle", "t1>A A:t2 t2>B B:t1 t3>C C:t4 t4>A", ""},
		{"a holder of the semaphore runs", "t1>S S:t2* S:t3* t2>B B:t1", "t3: t1(t2)"},
		{"each reader", "t1>A A:t2 A:t3", "t2: t1; t3: t1"},
		{"direct", "t1>t2", "t2: t1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, r := range NewWaitGraph(graphOf(t, tt.graph)).Roots() {
				got = append(got, shortRefs([]model.Ref{r.Task})+": "+showTree(r.Behind))
				if n := countTree(r.Behind); n != r.Total || r.Cut {
					t.Errorf("total %d, tree %d, cut %v", r.Total, n, r.Cut)
				}
			}
			if s := strings.Join(got, "; "); s != tt.want {
				t.Errorf("roots of %q\n got %q\nwant %q", tt.graph, s, tt.want)
			}
		})
	}
}

func countTree(ws []*Waiter) int {
	n := len(ws)
	for _, w := range ws {
		n += countTree(w.Behind)
	}
	return n
}

func TestBehindCycle(t *testing.T) {
	g := NewWaitGraph(graphOf(t, "t1>A A:t2 t2>B B:t1 t3>A t4>B t5>C C:t3 t6>S S:t3* S:t9* t7>t1"))
	if s := showTree(g.BehindCycle(g.Cycles()[0])); s != "t4 t7 t3(t5)" {
		t.Errorf("behind: %s", s)
	}
}

func TestWaitLookups(t *testing.T) {
	g := NewWaitGraph(graphOf(t, "t1>A A:t2 A:t3 t4>A B:t2"))
	if n := len(g.WaitsOf(testRef("t1"))); n != 1 {
		t.Errorf("WaitsOf: %d", n)
	}
	if n := len(g.HoldersOf(testRef("A"))); n != 2 {
		t.Errorf("HoldersOf: %d", n)
	}
	if n := len(g.HeldBy(testRef("t2"))); n != 2 {
		t.Errorf("HeldBy: %d", n)
	}
	if n := len(g.WaitersOf(testRef("A"))); n != 2 {
		t.Errorf("WaitersOf: %d", n)
	}
	if g.WaitsOf("task:b0:99") != nil || g.Stuck("task:b0:99") {
		t.Error("an unknown task waits")
	}
}
