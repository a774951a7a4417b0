package initramfs

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// Image collects what the guest shall find. Paths in the guest are absolute.
type Image struct {
	host  map[string]string // guest path → file of the host
	data  map[string][]byte
	links map[string]string
}

// New returns an image with nothing in it.
func New() *Image {
	return &Image{host: map[string]string{}, data: map[string][]byte{}, links: map[string]string{}}
}

// Add puts a file of the host at the path guest.
func (m *Image) Add(guest, host string) { m.host[guest] = host }

// AddData puts a file with the content b at the path guest.
func (m *Image) AddData(guest string, b []byte) { m.data[guest] = b }

// Link puts a symbolic link at the path guest.
func (m *Image) Link(guest, target string) { m.links[guest] = target }

// Memory packs the image into anonymous memory: nothing is left behind, however
// the program ends. The caller closes the file.
func (m *Image) Memory() (*os.File, error) {
	fd, err := unix.MemfdCreate("gordian-initramfs", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("initramfs: %w", err)
	}
	f := os.NewFile(uintptr(fd), "initramfs")
	b := bufio.NewWriterSize(f, 1<<20)
	if err = m.write(b); err == nil {
		err = b.Flush()
	}
	if err != nil {
		f.Close() //nolint:errcheck // it is memory
		return nil, fmt.Errorf("initramfs: %w", err)
	}
	return f, nil
}

// write packs everything, sorted, so that the same files give the same bytes.
func (m *Image) write(w io.Writer) error {
	a := newWriter(w)
	for _, dir := range []string{"dev", "proc", "sys", "tmp", "run", "root"} {
		if err := a.dir(dir); err != nil {
			return err
		}
	}
	// The kernel opens it as init's standard output before devtmpfs is there.
	if err := a.entry("dev/console", modeChar|0o600, 5, 1, 0, nil); err != nil {
		return err
	}
	for _, name := range sorted(m.links) {
		if err := a.link(name, m.links[name]); err != nil {
			return err
		}
	}
	for _, name := range sorted(m.data) {
		if err := a.file(name, int64(len(m.data[name])), bytes.NewReader(m.data[name])); err != nil {
			return err
		}
	}
	for _, name := range sorted(m.host) {
		if err := copyIn(a, name, m.host[name]); err != nil {
			return err
		}
	}
	return a.close()
}

func copyIn(a *writer, name, host string) error {
	f, err := os.Open(host)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // opened for reading
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if !st.Mode().IsRegular() {
		return fmt.Errorf("%s: only regular files can go into the guest", host)
	}
	return a.file(name, st.Size(), f)
}

func sorted[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
