package csource_test

import (
	"path/filepath"
	"strings"
	"testing"

	"gordian/internal/check"
	"gordian/internal/csource"
	"gordian/internal/csource/lockapi"
	"gordian/internal/csource/tree"
)

// TestExamples checks the modules in examples/source: each has its one
// finding, of its rule and in its function, and is clean when fixed.
func TestExamples(t *testing.T) {
	apis, err := lockapi.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join("..", "..", "examples", "source", "*.c"))
	if err != nil || len(files) != 10 {
		t.Fatal(err, files)
	}
	want := map[string]string{
		"semaphore-abba":      "lock-order-inversion in semaphore_abba_scan",
		"irq-nested-spinlock": "irq-unsafe-lock in irqnest_show",
		"recursive-lock":      "recursive-lock in cache_insert",
		"lock-not-released":   "missing-unlock in panel_set",
		// The copy and the allocation are two faults of one function.
		"sleep-under-spinlock": "sleep-in-atomic in note_write",
	}
	for _, file := range files {
		facts, err := csource.Analyze(t.Context(), csource.Options{
			Tree: tree.Options{Paths: []string{file}, NoRoot: true, Jobs: 1}, APIs: apis})
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".c")
		found := false
		for _, f := range check.Source(t.Context(), check.SourceFacts(facts), facts, nil) {
			got := f.Rule + " in " + f.Function
			found = found || got == want[name]
			if got != want[name] && loud(f) {
				t.Errorf("%s: %s: %s", name, got, f.Title)
			}
		}
		if !found && want[name] != "" {
			t.Errorf("%s: not found: %s", name, want[name])
		}
	}
}
