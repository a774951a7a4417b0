package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// find fills t.Sources with the files that the paths name.
func (t *Tree) find(ctx context.Context) error {
	c := &collector{tree: t, seen: make(map[string]*Source)}
	for _, p := range t.options.Paths {
		if err := c.path(ctx, p); err != nil {
			return err
		}
	}
	if t.options.Neighbours {
		c.neighbours()
	}
	for _, s := range c.seen {
		t.Sources = append(t.Sources, s)
	}
	slices.SortFunc(t.Sources, func(a, b *Source) int { return strings.Compare(a.Path, b.Path) })
	return nil
}

// collector gathers sources, each once.
type collector struct {
	tree *Tree
	seen map[string]*Source // by place
}

func (c *collector) add(abs string, check bool) {
	if s := c.seen[abs]; s != nil {
		s.Check = s.Check || check
		return
	}
	d := c.tree.disk
	c.seen[abs] = &Source{Path: d.show(abs), Read: d.real(abs), Check: check, abs: abs}
}

func (c *collector) path(ctx context.Context, p string) error {
	abs, err := c.locate(p)
	if err != nil {
		return err
	}
	d := c.tree.disk
	info, err := os.Stat(d.real(abs))
	if errors.Is(err, fs.ErrNotExist) {
		// A folder that only the overlay has.
		if !c.overlaid(abs) {
			return fmt.Errorf("%s: no such file or folder", p)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		c.add(abs, true)
		return nil
	}
	c.overlaid(abs)
	return c.folder(ctx, abs)
}

// locate returns the place of a path that the user gave: as it is, or else
// below the root.
func (c *collector) locate(p string) (string, error) {
	abs, err := filepath.Abs(p)
	if err != nil {
		return "", err
	}
	root := c.tree.Root
	if _, err := os.Lstat(abs); err == nil || root == "" || filepath.IsAbs(p) {
		return c.tree.disk.place(abs), nil
	}
	return filepath.Join(root, p), nil
}

// overlaid adds the overlay's .c files that belong below dir.
func (c *collector) overlaid(dir string) bool {
	found := false
	for place := range c.tree.disk.over {
		if _, ok := inside(dir, place); ok {
			found = true
			if isSource(place) {
				c.add(place, true)
			}
		}
	}
	return found
}

func (c *collector) folder(ctx context.Context, dir string) error {
	// A link to a folder is followed only if the user gave it: below, links
	// may lead in circles.
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	top := isRoot(dir)
	return filepath.WalkDir(real, func(p string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		rel, _ := inside(real, p)
		if err != nil {
			c.tree.note(c.tree.disk.show(filepath.Join(dir, rel)), "%v", short(err))
			if e != nil && e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if e.IsDir() {
			if rel != "." && skipFolder(rel, top) {
				return fs.SkipDir
			}
			c.tree.disk.listed(p)
			return nil
		}
		if !isSource(p) {
			return nil
		}
		abs := filepath.Join(dir, rel)
		if reason := unreadable(p, e); reason != "" {
			c.tree.note(c.tree.disk.show(abs), "%s", reason)
			return nil
		}
		c.add(abs, c.tree.options.Skip == nil || !c.tree.options.Skip(abs))
		return nil
	})
}

// skipFolder says which folders have no kernel code: repositories, and the
// programs that a kernel tree brings along.
func skipFolder(rel string, top bool) bool {
	if name := filepath.Base(rel); name == ".git" || name == ".svn" || name == ".hg" {
		return true
	}
	return top && (rel == "tools" || rel == "scripts" || rel == "Documentation" || rel == "usr")
}

func isSource(p string) bool { return strings.HasSuffix(p, ".c") }

// unreadable says why an entry is neither a file nor a link to one, or "".
func unreadable(p string, e fs.DirEntry) string {
	if e.Type().IsRegular() {
		return ""
	}
	info, err := os.Stat(p)
	switch {
	case err != nil:
		return "a link that leads nowhere"
	case !info.Mode().IsRegular():
		return "not a regular file"
	}
	return ""
}

// neighbours adds the other .c files of the folders with checked files.
func (c *collector) neighbours() {
	dirs := make(map[string]bool)
	for abs := range c.seen {
		dirs[filepath.Dir(abs)] = true
	}
	for dir := range dirs {
		for name := range c.tree.disk.names(dir + string(filepath.Separator)) {
			if isSource(name) {
				c.add(filepath.Join(dir, name), false)
			}
		}
	}
}
