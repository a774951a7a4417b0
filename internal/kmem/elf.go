package kmem

import (
	"cmp"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
)

const (
	elfMagic   = "\x7fELF"
	ehdrSize   = 64
	phdrSize   = 56
	shdrSize   = 64
	maxPhdrs   = 1 << 20
	pnXnum     = 0xffff // the number of program headers stands in section 0
	noPhysical = ^uint64(0)
)

// elfStore is an ELF core: /proc/vmcore and copies of it, QEMU's
// dump-guest-memory, virsh dump --memory-only, /proc/kcore.
type elfStore struct {
	f    file
	segs []segment // by physical address
	// cut counts the segments that the file does not hold to their end, lost
	// the bytes that are missing.
	cut  int
	lost uint64
}

// segment is a PT_LOAD: size bytes of physical memory at off in the file.
// Memory that the header names but the file does not hold (p_memsz >
// p_filesz) was left out by makedumpfile, and is unknown.
type segment struct {
	pa, size uint64
	off      int64
}

func openELF(f file) (part, error) {
	h := make([]byte, ehdrSize)
	if _, err := f.ReadAt(h, 0); err != nil {
		return part{}, fmt.Errorf("read ELF header: %w", cut(err))
	}
	if err := checkELF(h); err != nil {
		return part{}, err
	}
	phdrs, err := programHeaders(f, h)
	if err != nil {
		return part{}, err
	}
	s := &elfStore{f: f}
	p := part{store: s, format: "ELF vmcore", machine: elf.Machine(binary.LittleEndian.Uint16(h[18:]))}
	for ; len(phdrs) >= phdrSize; phdrs = phdrs[phdrSize:] {
		if err := s.addHeader(phdrs, &p); err != nil {
			return part{}, err
		}
	}
	if s.cut > 0 {
		p.lacks = append(p.lacks, fmt.Sprintf("the file is cut: of %d of its pieces of memory, %d bytes are missing", s.cut, s.lost))
	}
	slices.SortFunc(s.segs, func(a, b segment) int { return cmp.Or(cmp.Compare(a.pa, b.pa), cmp.Compare(a.off, b.off)) })
	if len(s.segs) == 0 {
		return part{}, fmt.Errorf("this ELF file has no memory segments: %w", ErrNotDump)
	}
	return p, nil
}

// checkELF says what an ELF file is that is no dump of an architecture we know.
func checkELF(h []byte) error {
	typ, machine := elf.Type(binary.LittleEndian.Uint16(h[16:])), elf.Machine(binary.LittleEndian.Uint16(h[18:]))
	switch {
	case h[elf.EI_CLASS] != byte(elf.ELFCLASS64) || h[elf.EI_DATA] != byte(elf.ELFDATA2LSB):
		return fmt.Errorf("a 32-bit or big-endian ELF file: %w", ErrNotDump)
	case typ != elf.ET_CORE:
		return fmt.Errorf("an ELF file of type %v, and no core: a kernel or a module is no evidence of a hang: %w", typ, ErrNotDump)
	}
	_, err := archOf(machine)
	return err
}

// programHeaders reads them all, more than 65,534 included (e_phnum is then
// PN_XNUM, and sh_info of section 0 has the number).
func programHeaders(f file, h []byte) ([]byte, error) {
	off, n := binary.LittleEndian.Uint64(h[32:]), uint64(binary.LittleEndian.Uint16(h[56:]))
	if size := binary.LittleEndian.Uint16(h[54:]); size != phdrSize {
		return nil, fmt.Errorf("read ELF header: program headers of %d bytes, expected %d", size, phdrSize)
	}
	if n == pnXnum {
		sh := make([]byte, shdrSize)
		if err := readAt(f, sh, binary.LittleEndian.Uint64(h[40:])); err != nil {
			return nil, fmt.Errorf("read number of program headers: %w", err)
		}
		n = uint64(binary.LittleEndian.Uint32(sh[44:]))
	}
	if n > maxPhdrs {
		return nil, fmt.Errorf("read ELF header: %d program headers", n)
	}
	b := make([]byte, n*phdrSize)
	if err := readAt(f, b, off); err != nil {
		return nil, fmt.Errorf("read program headers: %w", err)
	}
	return b, nil
}

func (s *elfStore) addHeader(ph []byte, p *part) error {
	u := func(i int) uint64 { return binary.LittleEndian.Uint64(ph[i:]) }
	off, va, pa, size := u(8), u(16), u(24), u(32)
	switch elf.ProgType(binary.LittleEndian.Uint32(ph)) {
	case elf.PT_NOTE:
		if len(p.notes) >= maxNoteBytes { // many headers can name the same bytes
			return nil
		}
		b := make([]byte, min(size, maxNoteBytes))
		n, err := readSome(s.f, b, off)
		if uint64(n) < size {
			p.lacks = append(p.lacks, fmt.Sprintf("%d of %d bytes of notes could be read (%v)", n, size, err))
		}
		p.notes = append(p.notes, b[:n]...)
	case elf.PT_LOAD:
		if pa == noPhysical || size == 0 {
			// /proc/kcore: vmalloc and modules have no address of their own,
			// and are reached through the page tables.
			p.live = p.live || (pa == noPhysical && va>>63 == 1)
			return nil
		}
		if off > uint64(s.f.Size()) || size > uint64(s.f.Size())-off {
			have := max(0, s.f.Size()-int64(min(off, uint64(s.f.Size()))))
			s.cut, s.lost = s.cut+1, s.lost+size-uint64(have)
			size = uint64(have)
		}
		if size > 0 && pa+size > pa {
			s.segs = append(s.segs, segment{pa, size, int64(off)})
		}
	}
	return nil
}

func (s *elfStore) read(p []byte, pa uint64) (int, error) {
	// The last segment that begins at or before pa.
	i := sort.Search(len(s.segs), func(i int) bool { return s.segs[i].pa > pa }) - 1
	// Segments of /proc/kcore overlap (the image is in RAM, too).
	for ; i >= 0; i-- {
		if g := s.segs[i]; pa-g.pa < g.size {
			n := min(uint64(len(p)), g.size-(pa-g.pa))
			return readSome(s.f, p[:n], uint64(g.off)+pa-g.pa)
		}
	}
	return 0, errNotInDump
}

func (s *elfStore) ranges() []Range {
	var out []Range
	for _, g := range s.segs {
		if n := len(out); n > 0 && g.pa <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, g.pa+g.size)
			continue
		}
		out = append(out, Range{g.pa, g.pa + g.size})
	}
	return out
}

// readSome reads what there is; fewer bytes than asked for come with the reason.
func readSome(f file, p []byte, off uint64) (int, error) {
	if off > uint64(f.Size()) {
		return 0, errCut
	}
	n, err := f.ReadAt(p, int64(off))
	if n == len(p) {
		return n, nil
	}
	return n, cut(err)
}

// readAt fills p or fails.
func readAt(f file, p []byte, off uint64) error {
	n, err := readSome(f, p, off)
	if n < len(p) {
		return err
	}
	return nil
}

var errCut = errors.New("the file ends before it")

// cut says "the file ends" in place of "EOF".
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	}
	return err
}
