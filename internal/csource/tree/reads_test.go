package tree

import (
	"os"
	"path/filepath"
	"testing"
)

// What a result depends on: sources, headers, makefiles, folders, and names
// that are not there. A file that stands in for another is one of them.
func TestReadsAndReplace(t *testing.T) {
	root := plant(t, kernelFiles("drivers/a/Makefile: # nothing", "b2: int instead;\n")...)
	s := walk(t, Options{Root: root, Paths: []string{filepath.Join(root, "drivers/a")}, Jobs: 2,
		Replace: map[string]string{filepath.Join(root, "drivers/a/b.c"): filepath.Join(root, "b2"), filepath.Join(root, "drivers/a/new.c"): filepath.Join(root, "b2")}})
	if s.texts["drivers/a/b.c"] != "int instead;\n" || s.texts["drivers/a/new.c"] != "int instead;\n" {
		t.Errorf("texts: %q", s.texts)
	}
	have := map[string]int64{}
	for _, r := range s.tree.Reads() {
		rel, err := filepath.Rel(root, r.Path)
		if err != nil {
			t.Fatal(err)
		}
		have[rel] = r.Size
		if r.Size >= 0 && r.MTime == 0 {
			t.Errorf("%s: no time", rel)
		}
	}
	for name, size := range map[string]int64{"drivers/a": 0, "drivers/a/a.c": 40, "drivers/a/a.h": 21, "include/linux/types.h": 25, ".config": -1, "b2": 13} {
		if got, ok := have[name]; !ok || got != size {
			t.Errorf("%s: %v %d, want %d", name, ok, got, size)
		}
	}
	if _, ok := have["drivers/a/b.c"]; ok {
		t.Error("b.c was read")
	}
}

// Nothing outside of a kernel tree decides what a file in it means: a folder
// there may change all the time, and no result would ever be kept.
func TestNothingOutsideOfTheTree(t *testing.T) {
	top := t.TempDir()
	plantFile(t, top, "out.h", "struct out { int x; };\n")
	inner := plant(t, kernelFiles("drivers/a/c.c: #include \"../../../out.h\"\n#include <../../out.h>\nint c;\n", "drivers/a/Makefile: ccflags-y := -I$(srctree)/..\n")...)
	root := filepath.Join(top, "linux")
	if err := os.Rename(inner, root); err != nil {
		t.Fatal(err)
	}
	s := walk(t, Options{Root: root, Paths: []string{filepath.Join(root, "drivers/a")}, Jobs: 2})
	for _, r := range s.tree.Reads() {
		if _, in := inside(root, r.Path); !in {
			t.Errorf("%s was looked at", r.Path)
		}
	}
}
