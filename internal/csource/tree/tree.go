// Package tree finds and reads the files of a check: the kernel tree around
// them, overlays, headers, .config, and the macros and types that headers give.
package tree

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"gordian/internal/csource/ctype"
	"gordian/internal/srcfact"
)

// Options say what to read.
type Options struct {
	Paths   []string // files and folders to check
	Root    string   // a kernel tree; "" is looked for above each path
	NoRoot  bool     // do not look for one
	Overlay string   // folder whose files stand in for those of the same path in the root
	// Replace gives files, by absolute path, that stand in for others, as in
	// an overlay; those that they stand in for need not exist.
	Replace  map[string]string
	Includes []string // further folders of headers
	Config   string   // a .config or compile_commands.json, or ""; those of root and paths are used if there are any
	Jobs     int
	Progress func(stage string, done, total int) // may be nil; must be safe for concurrent use
	// Neighbours adds the other .c files of a checked file's folder as context,
	// so that what they define is known; nothing is reported in them.
	Neighbours bool
	// Skip tells the files, by absolute path, that are context only though
	// they are in a folder that was given. May be nil.
	Skip func(abs string) bool
}

// Source is one file.
type Source struct {
	Path   string // as shown: relative to the root, or as given
	Read   string // where its text is, which may be in the overlay
	Check  bool   // report what is found here; false: context only
	Header bool   // read because another file includes it

	abs      string   // its place, overlay or not
	includes []string // the files it includes, as shown
	text     string   // kept between reading and visiting, if there is room
}

// Tree is what a check reads.
type Tree struct {
	Root    string // "" if there is none
	Sources []*Source
	Types   *ctype.DB
	Config  Config // nil if there is none

	options Options
	disk    *disk
	builds  builds
	headers int
	last    *reader // of Each, for Again

	mu    sync.Mutex
	notes []srcfact.Note
}

// Load finds the files to check. Nothing is parsed yet. It fails if a path
// does not exist; what else cannot be used becomes a note.
func Load(ctx context.Context, o Options) (*Tree, error) {
	if o.Jobs <= 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	t := &Tree{options: o, Types: ctype.NewDB()}
	root, err := findRoot(o)
	if err != nil {
		return nil, err
	}
	t.Root = root
	if t.disk, err = newDisk(root, o.Overlay); err != nil {
		return nil, err
	}
	t.disk.replace(o.Replace)
	if err := t.find(ctx); err != nil {
		return nil, err
	}
	if err := t.configure(); err != nil {
		return nil, err
	}
	return t, nil
}

// Notes returns what could not be read, sorted.
func (t *Tree) Notes() []srcfact.Note {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := slices.Clone(t.notes)
	slices.SortFunc(out, func(a, b srcfact.Note) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Reason, b.Reason))
	})
	return slices.Compact(out)
}

// Forget gives up the types and what Again needs; notes and reads stay.
func (t *Tree) Forget() { t.Types, t.last = nil, nil }

// Headers returns how many headers Each read.
func (t *Tree) Headers() int { return t.headers }

func (t *Tree) note(file, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.notes = append(t.notes, srcfact.Note{File: file, Reason: fmt.Sprintf(format, args...)})
}

// findRoot returns the kernel tree that the paths belong to, or "".
func findRoot(o Options) (string, error) {
	if o.Root != "" {
		abs, err := filepath.Abs(o.Root)
		if err != nil {
			return "", err
		}
		info, err := os.Stat(abs)
		if err == nil && !info.IsDir() {
			err = fmt.Errorf("%s: not a folder", o.Root)
		}
		return abs, err
	}
	if o.NoRoot {
		return "", nil
	}
	for _, p := range o.Paths {
		abs, err := filepath.Abs(p)
		if err != nil {
			return "", err
		}
		if root := RootAbove(abs); root != "" {
			return root, nil
		}
	}
	return "", nil
}

// isRoot says whether dir is the top of a kernel tree.
func isRoot(dir string) bool {
	for _, name := range []string{"Kbuild", "Makefile", "include/linux"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}
