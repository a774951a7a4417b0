package tree

import (
	"io/fs"
	"path/filepath"
	"strings"
)

// guessed finds a header that is neither beside the file that includes it nor
// where all headers are: drivers add folders to the header path in their
// makefiles.
func (r *resolver) guessed(from, name string, angle bool) string {
	if !angle {
		if p := r.above(from, name); p != "" {
			return p
		}
	}
	if r.disk.root == "" {
		return ""
	}
	if _, ok := inside(r.disk.root, from); !ok {
		return ""
	}
	r.guess.Lock()
	defer r.guess.Unlock()
	for _, dir := range r.kbuildDirs(filepath.Dir(from)) {
		if p := filepath.Join(dir, name); r.sees(from, p) {
			return p
		}
	}
	if angle {
		return "" // generated, or a compiler's own
	}
	return r.byName(from, name)
}

// maxAbove is how many folders up a header is looked for.
const maxAbove = 3

func (r *resolver) above(from, name string) string {
	dir := filepath.Dir(from)
	for range maxAbove {
		for _, p := range []string{filepath.Join(dir, name), filepath.Join(dir, "include", name)} {
			if r.sees(from, p) {
				return p
			}
		}
		up := filepath.Dir(dir)
		if dir == r.disk.root || up == dir {
			break
		}
		dir = up
	}
	return ""
}

// byName looks for the header in all folders of the same subsystem and takes
// the nearest. The caller holds r.guess.
func (r *resolver) byName(from, name string) string {
	for dir := filepath.Dir(from); ; dir = filepath.Dir(dir) {
		rel, ok := inside(r.disk.root, dir)
		// The top folders hold many subsystems: drivers, fs, net.
		if !ok || !strings.Contains(rel, string(filepath.Separator)) {
			return ""
		}
		best, near := "", -1
		for _, p := range r.headersBelow(dir)[filepath.Base(name)] {
			if n := shared(from, p); n > near && strings.HasSuffix(p, string(filepath.Separator)+name) {
				best, near = p, n
			}
		}
		if best != "" {
			return best
		}
	}
}

// shared is the length of the path that a and b have in common.
func shared(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return strings.LastIndexByte(a[:n], filepath.Separator)
}

// headersBelow lists the headers below dir by name, in the order of paths.
func (r *resolver) headersBelow(dir string) map[string][]string {
	if known, ok := r.below[dir]; ok {
		return known
	}
	list := make(map[string][]string)
	// A folder that cannot be read has no headers for us.
	_ = filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			r.disk.listed(p)
		}
		if err == nil && e.Type().IsRegular() && strings.HasSuffix(p, ".h") {
			list[e.Name()] = append(list[e.Name()], p)
		}
		return nil
	})
	r.below[dir] = list
	return list
}
