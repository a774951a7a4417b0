package truth_test

import (
	"path/filepath"
	"testing"

	"gordian/internal/check"
	"gordian/internal/csource"
	"gordian/internal/csource/lockapi"
	"gordian/internal/csource/tree"
	"gordian/internal/lab/truth"
)

// modules is lab/modules, seen from here.
var modules = filepath.Join("..", "..", "..", "lab", "modules")

// TestSource runs the analysis of source on each module as its author would:
// on the folder, without a kernel tree beside it.
func TestSource(t *testing.T) {
	apis, err := lockapi.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range truth.All() {
		t.Run(m.Name, func(t *testing.T) {
			facts, err := csource.Analyze(t.Context(), csource.Options{
				Tree: tree.Options{Paths: []string{filepath.Join(modules, m.Name)}, NoRoot: true, Jobs: 1}, APIs: apis})
			if err != nil {
				t.Fatal(err)
			}
			for _, diff := range m.Source.Compare(check.Source(t.Context(), check.SourceFacts(facts), facts, nil)) {
				t.Error(diff)
			}
		})
	}
}
