package engine

import (
	"slices"
	"strings"
	"testing"

	"gordian/internal/model"
)

// ordersOf parses edges "A>B" with marks after the classes: s shared, r
// recursive read; and after the edge: t trylock, ? inferred, +G gate lock G.
func ordersOf(t testing.TB, text string) *model.Facts {
	t.Helper()
	f := &model.Facts{}
	for _, w := range strings.Fields(text) {
		e := model.Edge{Kind: model.Before, Why: []model.Provenance{{Locator: w}}}
		w, gate, _ := strings.Cut(w, "+")
		if gate != "" {
			e.Gate = []model.Ref{model.ClassRef(gate)}
		}
		for strings.HasSuffix(w, "t") || strings.HasSuffix(w, "?") {
			e.Try = e.Try || strings.HasSuffix(w, "t")
			e.Why[0].Derived = e.Why[0].Derived || strings.HasSuffix(w, "?")
			w = w[:len(w)-1]
		}
		a, b, _ := strings.Cut(w, ">")
		e.From, e.FromMode = classMode(a)
		e.To, e.Mode = classMode(b)
		f.Edges = append(f.Edges, e)
	}
	return f
}

func classMode(s string) (model.Ref, model.Mode) {
	if c, ok := strings.CutSuffix(s, "s"); ok {
		return model.ClassRef(c), model.Read
	}
	if c, ok := strings.CutSuffix(s, "r"); ok {
		return model.ClassRef(c), model.RecursiveRead
	}
	return model.ClassRef(s), model.Write
}

func TestOrderCycles(t *testing.T) {
	tests := []struct{ name, graph, want string }{
		{"none", "A>B B>C A>C", ""},
		{"recursion", "A>A", "A"},
		{"recursion of readers", "As>Ar", ""},
		{"recursion of a queued reader", "As>As", "A"},
		{"pair", "A>B B>A", "A B"},
		{"pair by trylock", "A>B B>At", ""},
		{"three", "C>A A>B B>C", "A B C"},
		{"a longer cycle beside a pair", "A>B B>A B>C C>A", "A B; A B C"},
		{"recursive readers only", "As>Br Bs>Ar", ""},
		{"one writer breaks it", "As>Br B>Ar", ""},
		{"both wait for writers", "A>Br B>Ar", "A B"},
		{"gate", "A>B+G B>A+G", ""},
		{"other gates", "A>B+G B>A+H", "A B"},
		{"gated and not", "A>B+G A>B B>A+G", "A B"},
		{"nested in its gate", "G>A G>B A>B+G B>G", "B G"},
		{"stronger variant counts", "As>Br A>B Bs>Ar B>A", "A B"},
		{"two knots", "A>B B>A C>D D>C B>C", "A B; C D"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, c := range NewOrderGraph(ordersOf(t, tt.graph)).Cycles() {
				checkClosed(t, c.Edges)
				got = append(got, shortRefs(c.Classes))
			}
			if s := strings.Join(got, "; "); s != tt.want {
				t.Errorf("cycles of %q\n got %q\nwant %q", tt.graph, s, tt.want)
			}
		})
	}
}

func TestOrderCycleDerived(t *testing.T) {
	c := NewOrderGraph(ordersOf(t, "A>B? As>B B>A")).Cycles()
	if len(c) != 1 || c[0].Derived != 0 {
		t.Errorf("an inferred edge displaced a stated one: %+v", c)
	}
	if c = NewOrderGraph(ordersOf(t, "A>B? B>A")).Cycles(); len(c) != 1 || c[0].Derived != 1 {
		t.Errorf("inferred edge not counted: %+v", c)
	}
}

func TestCycleThrough(t *testing.T) {
	g := NewOrderGraph(ordersOf(t, "A>B B>A B>C C>D D>A"))
	tests := []struct{ classes, want string }{
		{"A", "A B"}, {"B A", "A B"}, {"D", "A B C D"}, {"C A", "A B C D"}, {"B D", "A B C D"},
		{"A C B", "A B C D"}, {"D C B A", "A B C D"}, {"X", ""}, {"", ""},
	}
	for _, tt := range tests {
		var refs []model.Ref
		for _, c := range strings.Fields(tt.classes) {
			refs = append(refs, model.ClassRef(c))
		}
		c, ok := g.CycleThrough(refs...)
		if s := shortRefs(c.Classes); s != tt.want || ok != (tt.want != "") {
			t.Errorf("CycleThrough(%s) = %q, %v, want %q", tt.classes, s, ok, tt.want)
		}
	}
}

func TestShortestPath(t *testing.T) {
	g := NewOrderGraph(ordersOf(t, "A>Br Bs>C A>D D>E E>C C>F"))
	tests := []struct{ from, to, want string }{
		{"A", "C", "A D E"}, // strong, though longer
		{"A", "F", "A D E C"},
		{"B", "F", "B C"},
		{"F", "A", ""},
		{"A", "A", ""},
	}
	for _, tt := range tests {
		var from []model.Ref
		for _, e := range g.ShortestPath(model.ClassRef(tt.from), model.ClassRef(tt.to)) {
			from = append(from, e.From)
		}
		if s := shortRefs(from); s != tt.want {
			t.Errorf("%s → %s: %q, want %q", tt.from, tt.to, s, tt.want)
		}
	}
	if p := NewOrderGraph(ordersOf(t, "A>Br Bs>C")).ShortestPath("class:A", "class:C"); len(p) != 2 {
		t.Errorf("weak path not given: %v", p)
	}
}

func TestIRQConflicts(t *testing.T) {
	use := func(f *model.Facts, class string, ctx model.Context, enabled bool, mode model.Mode) {
		f.Uses = append(f.Uses, model.ContextUse{Class: model.ClassRef(class), Context: ctx, Enabled: enabled, Mode: mode,
			Why: []model.Provenance{{Locator: class}}})
	}
	f := ordersOf(t, "A>B B>C C>D")
	use(f, "A", model.Hardirq, false, model.Write)
	use(f, "B", model.Hardirq, false, model.Write)
	use(f, "C", model.Hardirq, true, model.Write)
	use(f, "D", model.Hardirq, true, model.Write)
	use(f, "Lone", model.Softirq, false, model.Read)
	use(f, "Lone", model.Softirq, true, model.Write)
	var got []string
	for _, c := range NewOrderGraph(f).IRQConflicts() {
		got = append(got, string(c.Context)+" "+c.Safe.Name()+"-"+c.Unsafe.Name())
		if (len(c.Path) == 0) != (c.Safe == c.Unsafe) || c.Implied {
			t.Errorf("bad conflict %+v", c)
		}
	}
	if want := []string{"softirq Lone-Lone", "hardirq B-C"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	use(f, "B", model.Hardirq, true, model.Write)
	implied := 0
	for _, c := range NewOrderGraph(f).IRQConflicts() {
		implied += boolInt(c.Implied)
	}
	if implied == 0 {
		t.Error("a path from an inconsistent class is not marked as implied")
	}
}

func TestViolationNamesTheOtherLock(t *testing.T) {
	m := NewMachine(Config{})
	var last []Violation
	for _, op := range parse(t, "spin:A mutex:B") {
		last = m.Do(op)
	}
	if len(last) != 1 || last[0].Other == nil || last[0].Other.Class != model.ClassRef("A") || last[0].Index != 1 {
		t.Errorf("violation %+v", last)
	}
	for _, op := range parse(t, "mutex:X1 mutex:X1") {
		last = m.Do(op)
	}
	if i := slices.IndexFunc(last, func(v Violation) bool { return v.Kind == RecursiveLock }); i < 0 || !last[i].SameInstance {
		t.Errorf("violation %+v", last)
	}
}
