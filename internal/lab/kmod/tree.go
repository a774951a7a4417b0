package kmod

import (
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// Tree finds the modules below the folders of a kernel. Earlier folders win.
// The zero value has none.
type Tree struct {
	Dirs  []string
	files map[string]string // path by name; nil until it is needed
}

// Find returns the file of the module called name, "" if there is none.
func (t *Tree) Find(name string) string {
	if t.files == nil {
		t.files = map[string]string{}
		for _, d := range t.Dirs {
			// A folder that cannot be read has no modules for us.
			_ = filepath.WalkDir(d, t.note)
		}
	}
	return t.files[strings.ReplaceAll(name, "-", "_")]
}

func (t *Tree) note(path string, e fs.DirEntry, err error) error {
	if err != nil {
		return nil //nolint:nilerr // that folder is left out
	}
	base := e.Name()
	if !e.Type().IsRegular() || !(strings.HasSuffix(base, ".ko") || strings.Contains(base, ".ko.")) {
		return nil
	}
	if n := nameOf(path); t.files[n] == "" {
		t.files[n] = path
	}
	return nil
}

// Needs returns the files of the modules that info needs, in the order in
// which they must be loaded.
func (t *Tree) Needs(info Info) ([]string, error) {
	var out []string
	err := t.needs(info, &out, nil)
	return out, err
}

func (t *Tree) needs(info Info, out *[]string, above []string) error {
	for _, dep := range info.Depends {
		path := t.Find(dep)
		switch {
		case path == "":
			return fmt.Errorf("module %s needs %s, which is not among the kernel's modules in %s", info.Name, dep, strings.Join(t.Dirs, ", "))
		case slices.Contains(*out, path) || slices.Contains(above, path):
			continue
		}
		_, d, err := Load(path)
		if err != nil {
			return err
		}
		if err := t.needs(d, out, append(above, path)); err != nil {
			return err
		}
		*out = append(*out, path)
	}
	return nil
}

// Some returns the files of a few of the kernel's modules, sorted by name.
func (t *Tree) Some() []string {
	t.Find("")
	names := slices.Sorted(maps.Keys(t.files))
	var out []string
	for _, n := range names[:min(len(names), 8)] {
		out = append(out, t.files[n])
	}
	return out
}
