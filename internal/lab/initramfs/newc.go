// Package initramfs packs files into the archive that a kernel unpacks as its
// first root file system.
package initramfs

import (
	"fmt"
	"io"
	"path"
	"strings"
)

// File types of st_mode, as the archive has them (stat(2)).
const (
	modeDir  = 0o040000
	modeChar = 0o020000
	modeReg  = 0o100000
	modeLink = 0o120000
)

// writer writes the "newc" format of cpio: a header of 13 numbers, each 8 hex
// digits, the name and the data, each padded to 4 bytes
// (Documentation/driver-api/early-userspace/buffer-format.rst).
type writer struct {
	w    io.Writer
	n    int64
	ino  int
	dirs map[string]bool
}

func newWriter(w io.Writer) *writer {
	return &writer{w: w, dirs: map[string]bool{".": true, "/": true}}
}

func (w *writer) dir(name string) error {
	name = strings.Trim(path.Clean("/"+name), "/")
	if name == "" || w.dirs[name] {
		return nil
	}
	if err := w.dir(path.Dir("/" + name)); err != nil {
		return err
	}
	w.dirs[name] = true
	return w.entry(name, modeDir|0o755, 0, 0, 0, nil)
}

func (w *writer) link(name, target string) error {
	return w.in(name, modeLink|0o777, int64(len(target)), strings.NewReader(target))
}

// file copies size bytes of r.
func (w *writer) file(name string, size int64, r io.Reader) error {
	return w.in(name, modeReg|0o755, size, r)
}

func (w *writer) in(name string, mode int, size int64, r io.Reader) error {
	if err := w.dir(path.Dir("/" + name)); err != nil {
		return err
	}
	return w.entry(strings.Trim(path.Clean("/"+name), "/"), mode, 0, 0, size, r)
}

func (w *writer) entry(name string, mode, major, minor int, size int64, r io.Reader) error {
	if size > 1<<32-1 {
		return fmt.Errorf("%s: too large for an initramfs", name)
	}
	w.ino++
	nlink := 1
	if mode&modeDir == modeDir {
		nlink = 2
	}
	head := fmt.Sprintf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00",
		w.ino, mode, 0, 0, nlink, 0, size, 0, 0, major, minor, len(name)+1, 0, name)
	if err := w.write(head); err != nil {
		return err
	}
	if err := w.pad(); err != nil || size == 0 {
		return err
	}
	n, err := io.Copy(w.w, io.LimitReader(r, size))
	w.n += n
	if err == nil && n < size {
		err = fmt.Errorf("%s: it became shorter while it was read", name)
	}
	if err != nil {
		return err
	}
	return w.pad()
}

func (w *writer) write(s string) error {
	n, err := io.WriteString(w.w, s)
	w.n += int64(n)
	return err
}

func (w *writer) pad() error { return w.write("\x00\x00\x00"[:(4-w.n%4)%4]) }

// close writes the trailer.
func (w *writer) close() error { return w.entry("TRAILER!!!", 0, 0, 0, 0, nil) }
