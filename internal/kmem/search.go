package kmem

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
)

// SearchInfo looks through physical memory for the VMCOREINFO note, which the
// kernel keeps in pages of its own (kernel/vmcore_info.c, vmcoreinfo_note), and
// sets Info. A dump that QEMU made without `-device vmcoreinfo` does not have
// it as a note.
//
// Other kernels' notes can lie in memory (in the page cache, for one): only one
// whose addresses fit the page tables counts.
func (im *Image) SearchInfo(ctx context.Context, o Options) error {
	if im.process {
		return fmt.Errorf("this is the core of a process, and no dump of a kernel: %w", ErrNotDump)
	}
	const chunk = 1 << 20
	buf := make([]byte, chunk)
	var done, total uint64
	for _, r := range im.Ranges() {
		total += r.End - r.Start
	}
	for _, r := range im.Ranges() {
		// Pages of a range may begin anywhere in the file, but stand at
		// multiples of their size in memory.
		for pa := (r.Start + PageSize - 1) &^ (PageSize - 1); pa < r.End; {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			n, err := im.store.read(buf[:min(chunk, r.End-pa)], pa)
			if n == 0 {
				if errors.Is(err, errNotInDump) {
					break
				}
				n = PageSize // left out or damaged: the next one may be there
			} else if im.infoIn(buf[:n]) {
				return nil
			}
			pa += uint64(n+PageSize-1) &^ (PageSize - 1)
			done += uint64(n)
			o.progress("searching for VMCOREINFO", int64(done), int64(total))
		}
	}
	return errors.New("no VMCOREINFO, neither as a note nor in memory: this is no dump of a Linux kernel's memory, or not enough of it")
}

// infoIn looks at the start of each page.
func (im *Image) infoIn(b []byte) bool {
	for ; len(b) >= 64; b = b[min(PageSize, len(b)):] {
		if !bytes.HasPrefix(b[12:], []byte("VMCOREINFO\x00\x00OSRELEASE=")) {
			continue
		}
		size := uint64(binary.LittleEndian.Uint32(b[4:]))
		info := parseVMCoreInfo(b[24:min(24+size, PageSize, uint64(len(b)))])
		if im.fits(info) {
			im.Info = info
			return true
		}
	}
	return false
}

// fits reports whether the page tables that a note names map the kernel's text
// where it says.
func (im *Image) fits(info VMCoreInfo) bool {
	try := &Image{Info: info, Machine: im.Machine, store: im.store, cache: im.cache}
	s, err := try.KernelSpace()
	if err != nil {
		return false
	}
	text, ok := info.Symbol("_stext")
	if !ok {
		return false
	}
	// s.root stands as far from its virtual address as everything in the image.
	top, ok := info.Symbol("init_top_pgt")
	if !ok {
		top, _ = info.Symbol("swapper_pg_dir")
	}
	pa, err := s.Phys(text)
	return err == nil && pa == text-(top-s.root)
}
