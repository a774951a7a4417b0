package tree

import (
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"gordian/internal/csource/cast"
)

func TestNeededFunctions(t *testing.T) {
	root := plant(t, kernelFiles(
		"drivers/n/n.h: struct n { int l; struct n *up; };\n"+
			"#define TAKE(n) n_take(n)\n"+
			"static inline void n_lock(struct n *n) { spin_lock(&n->l); }\n"+
			"static inline void n_take(struct n *n) { n_lock(n); }\n"+
			"static inline void n_more(struct n *n) { TAKE(n); }\n"+
			"static inline struct n *n_up(struct n *n) { return n->up; }\n"+
			"static inline int n_get(struct n *n) { return n->l; }\n"+
			"static inline int n_ask(struct n *n, int (*ask)(int)) { return ask(n->l); }\n"+
			"static inline int n_op(struct n *n) { return n->ops->op(n); }\n"+
			"static inline void n_slow(struct n *n) { n_slow_path(n); }\n"+
			"static inline void n_other(struct n *n) { n_elsewhere(n); }\n"+
			"static inline void n_unused(struct n *n) { spin_lock(&n->l); }\n",
		"drivers/n/n.c: #include \"n.h\"\nvoid n_slow_path(struct n *n) {}\n"+
			"void f(struct n *n) { n_more(n_up(n)); n_get(n); n_ask(n, 0); n_op(n); n_slow(n); n_other(n); }\n",
	)...)
	tr, err := Load(t.Context(), Options{Root: root, Paths: []string{filepath.Join(root, "drivers/n/n.c")}})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var got []string
	err = tr.Each(t.Context(), func(name string) bool { return name == "spin_lock" }, func(_ int, src *Source, _ int, f *cast.File) error {
		mu.Lock()
		defer mu.Unlock()
		for _, fn := range f.Funcs {
			if src.Header {
				got = append(got, fn.Name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// n_get does nothing, n_other leads out of what is checked, n_unused is not used.
	want := []string{"n_lock", "n_take", "n_more", "n_up", "n_ask", "n_op", "n_slow"}
	if !slices.Equal(got, want) {
		t.Errorf("visited %v, want %v", got, want)
	}
}

func TestManySourcesUseAll(t *testing.T) {
	n := newNeeds(manySources)
	n.source("x")
	n.header(&cast.File{
		Text: "f(void) { g(); }", Funcs: []*cast.Func{{Name: "f", Pos: 0, End: 15, Type: &cast.Type{Elem: &cast.Type{}}}},
	}, lockNames)
	n.settle()
	if !n.wants(hashOf("f")) {
		t.Error("f calls what some source may define")
	}
}
