package tree

import (
	"path/filepath"
	"strings"
	"sync"
)

// resolver finds the file that an #include means, as a compiler would, with
// two guesses: what kbuild generates in asm/ is taken from asm-generic, and a
// file outside arch/ gets x86's headers.
type resolver struct {
	disk   *disk
	extra  []string // -I folders
	builds builds

	mu    sync.Mutex
	known map[systemKey]string // <names>, for all files of one architecture

	guess sync.Mutex
	made  map[string][]string            // folder → -I folders of its makefiles
	below map[string]map[string][]string // folder → headers anywhere in it, by name
}

type systemKey struct{ arch, name string }

func newResolver(t *Tree) *resolver {
	r := &resolver{
		disk: t.disk, builds: t.builds, known: make(map[systemKey]string),
		made: make(map[string][]string), below: make(map[string]map[string][]string),
	}
	for _, dir := range t.options.Includes {
		if abs, err := filepath.Abs(dir); err == nil {
			r.extra = append(r.extra, t.disk.place(abs))
		}
	}
	return r
}

// find returns the place of the file that from includes, or "".
func (r *resolver) find(from string, inc include) string {
	name := filepath.FromSlash(inc.name)
	if filepath.IsAbs(name) {
		return ""
	}
	if !inc.angle {
		if p := filepath.Join(filepath.Dir(from), name); r.sees(from, p) {
			return p
		}
	}
	for _, dir := range r.builds[from].includes {
		if p := filepath.Join(dir, name); r.disk.exists(p) {
			return p
		}
	}
	if p := r.system(r.arch(from), name); p != "" {
		return p
	}
	return r.guessed(from, name, inc.angle)
}

// sees says whether there is a file p for the file from. What is in a kernel
// tree takes nothing from outside of it: "../../../x.h" may lead into folders
// that have nothing to do with it, and that change all the time.
func (r *resolver) sees(from, p string) bool {
	if root := r.disk.root; root != "" {
		_, in := inside(root, from)
		if _, stays := inside(root, p); in && !stays {
			return false
		}
	}
	return r.disk.exists(p)
}

// arch returns the architecture that the file from belongs to.
func (r *resolver) arch(from string) string {
	if rel, ok := inside(r.disk.root, from); ok && r.disk.root != "" {
		if rest, ok := strings.CutPrefix(filepath.ToSlash(rel), "arch/"); ok {
			name, _, _ := strings.Cut(rest, "/")
			return name
		}
	}
	return "x86"
}

// system finds a name in the -I folders and in the root's.
func (r *resolver) system(arch, name string) string {
	key := systemKey{arch, name}
	r.mu.Lock()
	p, ok := r.known[key]
	r.mu.Unlock()
	if ok {
		return p
	}
	p = r.search(arch, name)
	// name is a piece of a file's text, which must not stay for its sake.
	key = systemKey{strings.Clone(arch), strings.Clone(name)}
	r.mu.Lock()
	r.known[key] = p
	r.mu.Unlock()
	return p
}

func (r *resolver) search(arch, name string) string {
	for _, dir := range r.extra {
		if p := filepath.Join(dir, name); r.disk.exists(p) {
			return p
		}
	}
	if r.disk.root == "" {
		return ""
	}
	for _, dir := range systemDirs(arch) {
		if p := filepath.Join(r.disk.root, dir, name); r.sees(r.disk.root, p) {
			return p
		}
	}
	if rest, ok := strings.CutPrefix(filepath.ToSlash(name), "asm/"); ok {
		for _, dir := range []string{"include/asm-generic", "include/uapi/asm-generic"} {
			if p := filepath.Join(r.disk.root, dir, rest); r.sees(r.disk.root, p) {
				return p
			}
		}
	}
	return ""
}

// systemDirs are kbuild's LINUXINCLUDE, in its order (top-level Makefile).
func systemDirs(arch string) []string {
	a := "arch/" + arch + "/include"
	return []string{
		a, a + "/generated", "include",
		a + "/uapi", a + "/generated/uapi", "include/uapi", "include/generated/uapi",
	}
}
