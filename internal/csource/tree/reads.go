package tree

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"gordian/internal/srcfact"
)

// reads remembers what was read, as it was just before: a result can be kept
// for as long as all of that stays the same.
type reads struct {
	mu   sync.Mutex
	list []srcfact.Read
}

func (r *reads) add(path string, dir bool) {
	e := srcfact.Read{Path: path, Size: -1, Dir: dir}
	if info, err := os.Stat(path); err == nil {
		e.MTime = info.ModTime().UnixNano()
		if e.Size = info.Size(); dir {
			e.Size = 0 // depends on the file system
		}
	}
	r.mu.Lock()
	r.list = append(r.list, e)
	r.mu.Unlock()
}

// read returns the text of a file, which must be a regular one.
func (d *disk) read(path string) (string, error) {
	d.reads.add(path, false)
	return read(path)
}

// listed notes that the names in a folder are about to be used.
func (d *disk) listed(dir string) { d.reads.add(filepath.Clean(dir), true) }

// Reads returns all that was read so far, each once, sorted by path.
func (t *Tree) Reads() []srcfact.Read {
	r := &t.disk.reads
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.Clone(r.list)
	// Of what was read twice the earlier state comes first: if it has changed
	// in between, the result does not count as current.
	slices.SortStableFunc(out, func(a, b srcfact.Read) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.MTime, b.MTime))
	})
	return slices.CompactFunc(out, func(a, b srcfact.Read) bool { return a.Path == b.Path && a.Dir == b.Dir })
}
