// Package kmem reads the memory of a kernel from a crash dump, or from
// /proc/kcore: physical pages by address, and kernel virtual addresses through
// the page tables in it.
//
// The layers, from the file up:
//
//	file      bytes at an offset: the file itself, what a compressed file holds, a flattened stream put in order
//	store     physical memory of one dump format: ELF, kdump-compressed
//	Image     a store behind a cache of bounded size, with the dump's notes
//	Space     virtual addresses of an Image
//	Memory    what everybody above reads through
//
// A page that the dump does not have is an error that says so, and is never
// read as zeros: the reader above must treat it as unknown.
package kmem

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
)

// PageSize is the size of a page frame, in which memory is read and kept. The
// pages of an arm64 kernel can be bigger (Space.PageSize).
const PageSize = 4096

const pageShift = 12

// ErrNotDump is wrapped by errors about files that are no memory dump.
var ErrNotDump = errors.New("not a memory dump that gordian can read")

// Options says how much memory reading may take, and who wants to know.
type Options struct {
	// MaxMemory bounds the pages that are kept, in bytes; 0 means 256 MiB.
	MaxMemory int64
	// Stdin is what the path "-" stands for.
	Stdin io.Reader
	// Record keeps the list of pages that were read, for Image.Touched.
	Record bool
	// Progress is called during long work (a compressed file that must be
	// unpacked, a search through all of memory) with what is done of the
	// total; total is -1 when it is unknown.
	Progress func(what string, done, total int64)
}

const defaultMaxMemory = 256 << 20

// Range is a piece of physical memory, in bytes.
type Range struct{ Start, End uint64 }

// Image is the physical memory of one kernel. It is safe for concurrent use.
type Image struct {
	// Format says what the file is: "ELF vmcore", "kdump-compressed".
	Format string
	// Machine is the architecture: EM_X86_64 or EM_AARCH64.
	Machine elf.Machine
	// Live says that the memory changes while it is read (/proc/kcore).
	Live bool
	// Info is the note that the kernel leaves for readers of its dumps, empty
	// when the dump has none and none was found in memory.
	Info VMCoreInfo
	// CPUs has the registers that the dump's notes hold, in their order.
	CPUs []Regs
	// Incomplete lists what is known to be missing or damaged, for people.
	Incomplete []string

	notes       []byte // as the dump has them
	infoInNotes bool   // VMCOREINFO is one of them
	process     bool   // the core of a process

	store store
	cache *frameCache
	close []func() error
}

// store is the physical memory of one dump format.
type store interface {
	// read fills p with the bytes at physical address pa, and returns how
	// many of them the dump has in one piece. Reading a page that the dump
	// leaves out, or whose data is damaged, gives 0 and says why.
	read(p []byte, pa uint64) (int, error)
	// ranges lists what memory the dump may have, in order.
	ranges() []Range
}

// Open reads the headers of a dump. Several paths are the parts of one split
// dump (makedumpfile --split), in any order. Whatever the file is (ELF,
// kdump-compressed, flattened; compressed with xz, gzip, zstd or bzip2) is
// detected.
// An error wraps ErrNotDump if the file is something else.
func Open(ctx context.Context, paths []string, o Options) (*Image, error) {
	if len(paths) == 0 {
		return nil, fmt.Errorf("open dump: no file named")
	}
	if o.MaxMemory <= 0 {
		o.MaxMemory = defaultMaxMemory
	}
	im := &Image{}
	parts := make([]part, 0, len(paths))
	for _, path := range paths {
		p, err := im.openPart(ctx, path, o)
		if err != nil {
			im.Close() //nolint:errcheck // the first error is the one to tell
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		parts = append(parts, p)
	}
	if err := im.join(parts); err != nil {
		im.Close() //nolint:errcheck // the first error is the one to tell
		return nil, err
	}
	im.cache = newFrameCache(o.MaxMemory, o.Record)
	return im, nil
}

// Close closes the files.
func (im *Image) Close() error {
	var errs []error
	for _, c := range im.close {
		errs = append(errs, c())
	}
	im.close = nil
	return errors.Join(errs...)
}

// Ranges lists what physical memory the dump may have, in order; single pages
// of it may still be missing.
func (im *Image) Ranges() []Range { return im.store.ranges() }

// frame returns the page frame of a physical address, or its part that the
// dump has from its start on. The bytes must not be changed.
func (im *Image) frame(pa uint64) ([]byte, error) {
	pfn := pa >> pageShift
	if b := im.cache.get(pfn); b != nil {
		return b, nil
	}
	b := make([]byte, PageSize)
	im.cache.touch(pfn)
	n, err := im.store.read(b, pfn<<pageShift)
	if n == 0 {
		if err == nil {
			err = errNotInDump
		}
		return nil, &MissingError{Addr: pa, Phys: true, Err: err}
	}
	b = b[:n:n]
	im.cache.put(pfn, b)
	return b, nil
}

// View returns the bytes from physical address pa to the end of its page.
// They must not be changed. An error is a *MissingError.
func (im *Image) View(pa uint64) ([]byte, error) {
	b, err := im.frame(pa)
	off := int(pa & (PageSize - 1))
	if err == nil && off < len(b) {
		return b[off:], nil
	}
	// A piece of memory that begins inside a page has no frame at its start.
	p := make([]byte, PageSize-off)
	n, readErr := im.store.read(p, pa)
	if n > 0 {
		return p[:n], nil
	}
	if err == nil {
		err = &MissingError{Addr: pa, Phys: true, Err: cmpErr(readErr)}
	}
	return nil, err
}

func cmpErr(err error) error {
	if err == nil {
		return errNotInDump
	}
	return err
}

// Forget drops all pages that are kept, so that a live kernel is read again.
func (im *Image) Forget() { im.cache.reset() }

// Touched lists the page frame numbers that were read since Open, in order;
// Options.Record must be set.
func (im *Image) Touched() []uint64 { return im.cache.touchedFrames() }
