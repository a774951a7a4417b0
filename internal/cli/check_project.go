package cli

import (
	"os"
	"path/filepath"
	"slices"

	"gordian/internal/csource/lockapi"
)

// projectFile is what a project says about its own locks.
const projectFile = "gordian.toml"

// projects finds the notes that belong to paths: the one that was named, or
// the nearest beside or above each path, up to the root or to the top of the
// repository. Above that it would be somebody else's.
func projects(named, root string, paths []string) ([]string, error) {
	if named != "" {
		if _, err := os.Stat(named); err != nil {
			return nil, fileError(named, err)
		}
		return []string{named}, nil
	}
	stop := ""
	if root != "" {
		abs, err := filepath.Abs(root)
		if err != nil {
			return nil, err
		}
		stop = abs
	}
	var out []string
	for _, p := range paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		if f := projectOf(abs, stop); f != "" && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	slices.Sort(out)
	return out, nil
}

func projectOf(path, stop string) string {
	for dir := path; ; dir = filepath.Dir(dir) {
		file := filepath.Join(dir, projectFile)
		if st, err := os.Stat(file); err == nil && st.Mode().IsRegular() {
			return file
		}
		if dir == stop || dir == filepath.Dir(dir) || exists(filepath.Join(dir, ".git")) {
			return ""
		}
	}
}

// ignored is what projects say is not to be checked.
type ignored []struct{ dir, glob string }

func ignoredBy(t *lockapi.Table) []string {
	if p := t.Project(); p != nil {
		return p.IgnorePaths
	}
	return nil
}

func (g *ignored) add(dir string, globs []string) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return // no folder has this name
	}
	for _, glob := range globs {
		*g = append(*g, struct{ dir, glob string }{abs, glob})
	}
}

// match reports whether a glob names a file, or a folder that it is in.
func (g ignored) match(abs string) bool {
	for _, i := range g {
		rel, err := filepath.Rel(i.dir, abs)
		for ; err == nil && filepath.IsLocal(rel) && rel != "."; rel = filepath.Dir(rel) {
			if ok, _ := filepath.Match(filepath.FromSlash(i.glob), rel); ok {
				return true
			}
		}
	}
	return false
}
