package kmem

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// file is bytes at offsets.
type file interface {
	io.ReaderAt
	// Size is the length in bytes; math.MaxInt64 for /proc/kcore, which says 0.
	Size() int64
}

// part is one file of a dump, its format recognised.
type part struct {
	store  store
	format string
	notes  []byte
	info   []byte // VMCOREINFO, where it stands outside the notes
	live   bool
	lacks  []string // what is known to be missing
}

// openPart opens one file and finds out what it is.
func (im *Image) openPart(ctx context.Context, path string, o Options) (part, error) {
	f, err := im.openFile(ctx, path, o)
	if err != nil {
		return part{}, err
	}
	head := make([]byte, 512)
	n, err := f.ReadAt(head, 0)
	if n == 0 && err != nil && !errors.Is(err, io.EOF) {
		return part{}, err
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte(elfMagic)):
		return openELF(f)
	}
	if n == 0 {
		return part{}, fmt.Errorf("the file is empty: %w", ErrNotDump)
	}
	return part{}, fmt.Errorf("begins with % x: %w", head[:min(n, 8)], ErrNotDump)
}

// openFile opens a file for reading at offsets, whatever it is wrapped in.
func (im *Image) openFile(_ context.Context, path string, _ Options) (file, error) {
	if err := refuse(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	im.close = append(im.close, f.Close)
	return newOSFile(f)
}

// join makes one store of the parts of a dump.
func (im *Image) join(parts []part) error {
	p := parts[0]
	im.store, im.Format, im.Live = p.store, p.format, p.live
	for _, p := range parts {
		im.Incomplete = append(im.Incomplete, p.lacks...)
		if len(p.notes) > 0 && len(im.CPUs) == 0 {
			im.addNotes(p.notes)
		}
		if len(p.info) > 0 && len(im.Info) == 0 {
			im.Info = parseVMCoreInfo(p.info)
		}
	}
	return nil
}
