package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// disk is the file system with the overlay laid over the root. Files are
// named by absolute path, as if the overlay's were in the root.
type disk struct {
	cwd     string
	root    string            // "" if there is none
	overlay string            // "" if there is none
	over    map[string]string // place in the root → real path in the overlay

	reads reads

	mu   sync.RWMutex
	dirs map[string]map[string]struct{} // names in a folder; nil if it cannot be read
}

func newDisk(root, overlay string) (*disk, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	d := &disk{cwd: cwd, root: root, dirs: make(map[string]map[string]struct{})}
	if overlay == "" {
		return d, nil
	}
	if root == "" {
		return nil, errors.New("an overlay needs a kernel tree to lie over: give its root")
	}
	if d.overlay, err = filepath.Abs(overlay); err != nil {
		return nil, err
	}
	d.over = make(map[string]string)
	return d, filepath.WalkDir(d.overlay, func(p string, e fs.DirEntry, err error) error {
		switch {
		case err == nil && e.IsDir():
			d.listed(p)
		case err == nil:
			d.over[d.place(p)] = p
		}
		return err
	})
}

// replace lets files stand in for others. It wins over the overlay.
func (d *disk) replace(files map[string]string) {
	if d.over == nil {
		d.over = make(map[string]string, len(files))
	}
	for place, real := range files {
		d.over[filepath.Clean(place)] = real
	}
}

// place returns where the file p belongs: a file of the overlay belongs into
// the root.
func (d *disk) place(p string) string {
	if d.overlay == "" {
		return p
	}
	if rel, ok := inside(d.overlay, p); ok {
		return filepath.Join(d.root, rel)
	}
	return p
}

// real returns where the text of the file abs is.
func (d *disk) real(abs string) string {
	if p, ok := d.over[abs]; ok {
		return p
	}
	return abs
}

// show returns the path of abs for people.
func (d *disk) show(abs string) string {
	if rel, ok := inside(d.root, abs); ok && d.root != "" {
		return filepath.ToSlash(rel)
	}
	if rel, ok := inside(d.cwd, abs); ok {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(abs)
}

// exists says whether there is a file abs. Folders are listed once: a header
// is looked for in many places, by many files.
func (d *disk) exists(abs string) bool {
	if _, ok := d.over[abs]; ok {
		return true
	}
	dir, name := filepath.Split(abs)
	_, ok := d.names(dir)[name]
	return ok
}

func (d *disk) names(dir string) map[string]struct{} {
	d.mu.RLock()
	names, ok := d.dirs[dir]
	d.mu.RUnlock()
	if ok {
		return names
	}
	d.listed(dir)
	names = readNames(dir)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dirs[dir] = names
	return names
}

func readNames(dir string) map[string]struct{} {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // nothing was written
	// Names read before an error are still there.
	list, _ := f.Readdirnames(-1)
	names := make(map[string]struct{}, len(list))
	for _, n := range list {
		names[n] = struct{}{}
	}
	return names
}

// inside returns the path of p relative to dir, if it is in there.
func inside(dir, p string) (string, bool) {
	if p == dir {
		return ".", true
	}
	if !strings.HasSuffix(dir, string(filepath.Separator)) {
		dir += string(filepath.Separator)
	}
	return strings.CutPrefix(p, dir)
}

// maxFile bounds the size of a file that is read; the kernel's largest header
// has 17 MB.
const maxFile = 64 << 20

// errSkip is a file that is no source text.
type errSkip string

func (e errSkip) Error() string { return string(e) }

// read returns the text of a file, which must be a regular one: to open a pipe
// would wait for somebody to write to it.
func read(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", short(err)
	case !info.Mode().IsRegular():
		return "", errSkip("not a regular file")
	case info.Size() > maxFile:
		return "", errSkip(fmt.Sprintf("larger than %d MB", maxFile>>20))
	}
	f, err := os.Open(path)
	if err != nil {
		return "", short(err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	return readAll(f, int(info.Size()))
}

// short drops the path, which the note gives.
func short(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
