package tree

import (
	"path/filepath"
	"strings"
)

// makeIncludes returns the folders that a makefile in dir names with -I, of
// those that it names in terms of its own folder and of the root. kbuild's
// variables for these are src, obj and srctree (Documentation/kbuild/makefiles.rst).
func makeIncludes(text, dir, root string) []string {
	known := strings.NewReplacer(
		"$(srctree)/$(src)", dir, "$(srctree)/$(obj)", dir,
		"$(src)", dir, "$(obj)", dir, "$(srctree)", root,
	)
	var out []string
	for {
		_, rest, ok := strings.Cut(text, "-I")
		if !ok {
			return out
		}
		text = blanks(rest)
		end := strings.IndexAny(text, " \t\r\n)")
		if open := strings.Index(text, "$("); open >= 0 && end > open {
			end = wordEnd(text)
		}
		if end < 0 {
			end = len(text)
		}
		p := known.Replace(text[:end])
		text = text[end:]
		// Other variables are not followed: the header is looked for by name.
		if p != "" && !strings.Contains(p, "$") {
			out = append(out, absolute(root, p))
		}
	}
}

// wordEnd returns where a word ends that may contain $(variables).
func wordEnd(s string) int {
	depth := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == ')' || c == '\n' || depth == 0 && (c == ' ' || c == '\t' || c == '\r'):
			return i
		}
	}
	return len(s)
}

// kbuildDirs returns the -I folders that the makefiles in dir and above it
// give. The caller holds r.guess.
func (r *resolver) kbuildDirs(dir string) []string {
	if known, ok := r.made[dir]; ok {
		return known
	}
	var dirs []string
	for _, name := range []string{"Makefile", "Kbuild"} {
		p := filepath.Join(dir, name)
		if !r.disk.exists(p) {
			continue
		}
		if text, err := r.disk.read(r.disk.real(p)); err == nil {
			dirs = append(dirs, makeIncludes(text, dir, r.disk.root)...)
		}
	}
	if up := filepath.Dir(dir); dir != r.disk.root && up != dir {
		dirs = append(dirs, r.kbuildDirs(up)...)
	}
	r.made[dir] = dirs
	return dirs
}
