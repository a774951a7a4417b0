package kmem

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	// machine is the architecture: one of those that archOf knows.
	machine elf.Machine
	notes   []byte
	info    []byte // VMCOREINFO, where it stands outside the notes
	live    bool
	split   bool     // one of several files
	end     uint64   // of a split dump: behind the memory that all parts have
	lacks   []string // what is known to be missing
}

// openPart opens one file and finds out what it is.
func (im *Image) openPart(ctx context.Context, path string, o Options) (part, error) {
	f, err := im.openFile(ctx, path, o)
	if err != nil {
		return part{}, err
	}
	plain, err := im.unwrap(ctx, f, o)
	if err != nil {
		return part{}, err
	}
	if plain != nil {
		f = plain
	}
	return openStore(ctx, f, o)
}

// openStore recognises the format of a file.
func openStore(ctx context.Context, f file, o Options) (part, error) {
	head := make([]byte, 16)
	n, err := f.ReadAt(head, 0)
	if n == 0 && err != nil && !errors.Is(err, io.EOF) {
		return part{}, err
	}
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte(elfMagic)):
		return openELF(f)
	case bytes.HasPrefix(head, []byte(kdumpMagic)), bytes.HasPrefix(head, []byte(diskdumpMagic)):
		return openKdump(f)
	case bytes.HasPrefix(head, []byte(flatMagic)):
		return openFlattened(ctx, f, o)
	case n == 0:
		return part{}, fmt.Errorf("the file is empty: %w", ErrNotDump)
	}
	return part{}, fmt.Errorf("begins with % x: %w", head, ErrNotDump)
}

// openFlattened opens the dump within a flattened one.
func openFlattened(ctx context.Context, f file, o Options) (part, error) {
	flat, lacks, err := openFlat(ctx, f, o)
	if err != nil {
		return part{}, err
	}
	head := make([]byte, len(flatMagic))
	if n, _ := flat.ReadAt(head, 0); string(head[:n]) == flatMagic {
		return part{}, fmt.Errorf("a flattened dump in a flattened dump: %w", ErrNotDump)
	}
	p, err := openStore(ctx, flat, o)
	p.format += ", flattened"
	if lacks != "" {
		p.lacks = append(p.lacks, lacks)
	}
	return p, err
}

// openFile opens a file for reading at offsets.
func (im *Image) openFile(ctx context.Context, path string, o Options) (file, error) {
	if path == "-" && o.Stdin != nil {
		return im.spool(ctx, o.Stdin, func(done int64) { o.progress("reading", done, -1) })
	}
	if err := refuse(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		if pe := (*fs.PathError)(nil); errors.As(err, &pe) { // the caller names the file
			err = pe.Err
		}
		return nil, err
	}
	im.close = append(im.close, f.Close)
	return newOSFile(f)
}

// join makes one store of the parts of a dump.
func (im *Image) join(parts []part) error {
	im.Machine = parts[0].machine
	for i, p := range parts {
		if len(parts) > 1 && !p.split {
			return fmt.Errorf("file %d of %d is no part of a split dump (makedumpfile --split): name one dump", i+1, len(parts))
		}
		im.Incomplete = append(im.Incomplete, p.lacks...)
		if len(p.notes) > 0 && len(im.CPUs) == 0 {
			im.addNotes(p.notes)
		}
		if len(p.info) > 0 && len(im.Info) == 0 {
			im.Info = parseVMCoreInfo(p.info)
		}
	}
	im.store, im.Format, im.Live = parts[0].store, parts[0].format, parts[0].live
	if parts[0].split {
		im.joinSplit(parts)
	}
	return nil
}
