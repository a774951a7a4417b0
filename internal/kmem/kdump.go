package kmem

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"sync"
)

// kdumpStore is a kdump-compressed dump, as makedumpfile and QEMU write it
// (makedumpfile's IMPLEMENTATION file, diskdump_mod.h): headers, a bitmap of
// the pages that are there, a description of each, and their data, each page
// compressed alone.
type kdumpStore struct {
	f      file
	bitmap int64 // in the file: of the pages that are in the dump
	pages  uint64
	descs  int64
	shift  uint   // of a page
	start  uint64 // first and behind the last page of this part of a split dump
	end    uint64
	before uint64 // pages in the dump before start

	// ranks has how many pages are in the dump before each block of the bitmap.
	ranks []uint64
	mu    sync.Mutex
	block map[uint64][]byte // blocks of the bitmap, read when needed
	codec codec
}

const (
	kdumpMagic    = "KDUMP   "
	diskdumpMagic = "DISKDUMP"
	bitmapBlock   = 4096
	pagesPerBlock = bitmapBlock * 8
	descSize      = 24
	maxPages      = 1 << 36 // 256 TiB of memory, four times what Linux on x86-64 has been given
	keptBlocks    = 1024
)

// Fields of struct disk_dump_header, with the padding of 64-bit architectures.
const (
	ddVersion    = 8
	ddMachine    = 12 + 4*utsLen // utsname.machine
	ddStatus     = 424
	ddBlockSize  = 428
	ddSubSize    = 432
	ddBitmapSize = 436
	ddMaxMapnr   = 440
	ddSize       = 464

	utsLen   = 65       // __NEW_UTS_LEN + 1
	maxBlock = 64 << 10 // arm64 has pages of up to 64 KiB

	statusIncomplete = 0x8
)

// kdumpHeader is what we need of disk_dump_header and kdump_sub_header.
type kdumpHeader struct {
	machine                          elf.Machine
	version, status                  uint32
	blockSize, subBlocks, bitmapSize uint64
	maxPFN                           uint64
	split                            bool
	start, end                       uint64
	info, note                       [2]uint64 // offset, size
}

func readKdumpHeader(f file) (h kdumpHeader, err error) {
	b := make([]byte, ddSize)
	if err := readAt(f, b, 0); err != nil {
		return h, fmt.Errorf("read dump header: %w", err)
	}
	u32 := func(i int) uint32 { return binary.LittleEndian.Uint32(b[i:]) }
	h = kdumpHeader{
		version: u32(ddVersion), status: u32(ddStatus), blockSize: uint64(u32(ddBlockSize)),
		subBlocks: uint64(u32(ddSubSize)), bitmapSize: uint64(u32(ddBitmapSize)), maxPFN: uint64(u32(ddMaxMapnr)),
	}
	if h.machine, err = machineNamed(cString(b[ddMachine : ddMachine+utsLen])); err != nil {
		return h, fmt.Errorf("read dump header: %w", err)
	}
	if h.blockSize < PageSize || h.blockSize > maxBlock || h.blockSize&(h.blockSize-1) != 0 {
		return h, fmt.Errorf("read dump header: pages of %d bytes (a 32-bit kernel, or another architecture): %w", h.blockSize, ErrNotDump)
	}
	if h.subBlocks == 0 || h.version < 1 {
		return h, nil
	}
	s := make([]byte, 104)
	if err := readAt(f, s, h.blockSize); err != nil {
		return h, fmt.Errorf("read dump sub-header: %w", err)
	}
	u64 := func(i int) uint64 { return binary.LittleEndian.Uint64(s[i:]) }
	if h.version >= 2 && binary.LittleEndian.Uint32(s[12:]) != 0 {
		h.split, h.start, h.end = true, u64(16), u64(24)
	}
	if h.version >= 3 {
		h.info = [2]uint64{u64(32), u64(40)}
	}
	if h.version >= 4 {
		h.note = [2]uint64{u64(48), u64(56)}
	}
	if h.version >= 6 {
		h.maxPFN = u64(96)
		if h.split {
			h.start, h.end = u64(80), u64(88)
		}
	}
	return h, nil
}

func openKdump(f file) (part, error) {
	h, err := readKdumpHeader(f)
	if err != nil {
		return part{}, err
	}
	if h.maxPFN > maxPages {
		return part{}, fmt.Errorf("read dump header: %d pages", h.maxPFN)
	}
	s := &kdumpStore{f: f, shift: uint(bits.TrailingZeros64(h.blockSize)), codec: codec{size: int(h.blockSize)}, pages: h.maxPFN, end: h.maxPFN, block: map[uint64][]byte{}}
	start := (1 + h.subBlocks) * h.blockSize
	bitmaps := h.bitmapSize * h.blockSize
	// The first half says which pages exist, the second which are in the dump.
	s.bitmap, s.descs = int64(start+bitmaps/2), int64(start+bitmaps)
	s.pages = min(s.pages, bitmaps/2*8)
	if h.split {
		s.start, s.end = h.start, min(h.end, s.pages)
	}
	p := part{store: s, format: "kdump-compressed", machine: h.machine, split: h.split, end: s.pages << s.shift}
	if h.status&statusIncomplete != 0 {
		p.lacks = append(p.lacks, "the dump says itself that it is incomplete: writing it did not finish")
	}
	if err := s.rank(); err != nil {
		p.lacks = append(p.lacks, fmt.Sprintf("the list of pages is cut: pages from %#x on are missing (%v)", s.pages<<s.shift, err))
	}
	s.before = s.count(s.start)
	p.info, err = readLump(f, h.info, maxInfo)
	if err != nil {
		p.lacks = append(p.lacks, fmt.Sprintf("VMCOREINFO cannot be read: %v", err))
	}
	p.notes, err = readLump(f, h.note, maxNoteBytes)
	if err != nil {
		p.lacks = append(p.lacks, fmt.Sprintf("the dump's notes cannot be read: %v", err))
	}
	if p.machine == elf.EM_NONE {
		p.machine = machineOfNotes(p.notes)
	}
	return p, nil
}

// cString is the string in b, up to its NUL.
func cString(b []byte) string {
	s, _, _ := bytes.Cut(b, []byte{0})
	return string(s)
}

// readLump reads a piece of the file given by offset and size.
func readLump(f file, at [2]uint64, most uint64) ([]byte, error) {
	if at[1] == 0 {
		return nil, nil
	}
	b := make([]byte, min(at[1], most))
	n, err := readSome(f, b, at[0])
	if n == len(b) {
		err = nil
	}
	return b[:n], err
}

// rank counts the pages in each block of the bitmap. On damage the rest of the
// memory counts as missing.
func (s *kdumpStore) rank() error {
	blocks := (s.pages + pagesPerBlock - 1) / pagesPerBlock
	s.ranks = make([]uint64, 1, min(blocks, 1<<20)+1)
	buf := make([]byte, 64*bitmapBlock)
	total := uint64(0)
	for i := uint64(0); i < blocks; i += 64 {
		b := buf[:min(blocks-i, 64)*bitmapBlock]
		n, err := readSome(s.f, b, uint64(s.bitmap)+i*bitmapBlock)
		for full := b[:n]; len(full) >= bitmapBlock; full = full[bitmapBlock:] {
			total += ones(full[:bitmapBlock])
			s.ranks = append(s.ranks, total)
		}
		if n < len(b) {
			s.pages = uint64(len(s.ranks)-1) * pagesPerBlock
			s.end = min(s.end, s.pages)
			return err
		}
	}
	return nil
}

func ones(b []byte) uint64 {
	n := 0
	for ; len(b) >= 8; b = b[8:] {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(b))
	}
	for _, c := range b {
		n += bits.OnesCount8(c)
	}
	return uint64(n)
}

// bits returns a block of the bitmap.
func (s *kdumpStore) bits(i uint64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.block[i]; b != nil {
		return b, nil
	}
	b := make([]byte, bitmapBlock)
	if err := readAt(s.f, b, uint64(s.bitmap)+i*bitmapBlock); err != nil {
		return nil, err
	}
	if len(s.block) >= keptBlocks {
		clear(s.block)
	}
	s.block[i] = b
	return b, nil
}

// count returns how many pages before pfn are in the dump.
func (s *kdumpStore) count(pfn uint64) uint64 {
	block := pfn / pagesPerBlock
	if block >= uint64(len(s.ranks)) {
		return s.ranks[len(s.ranks)-1]
	}
	b, err := s.bits(block)
	if err != nil {
		return s.ranks[block]
	}
	in := pfn % pagesPerBlock
	return s.ranks[block] + ones(b[:in/8]) + uint64(bits.OnesCount8(b[in/8]&(1<<(in%8)-1)))
}

var (
	errLeftOut = errors.New("left out of the dump (makedumpfile -d)")
	errOther   = errors.New("in another part of the split dump")
)

// read implements store.
func (s *kdumpStore) read(p []byte, pa uint64) (int, error) {
	pfn := pa >> s.shift
	if pfn >= s.pages {
		return 0, errNotInDump
	}
	if pfn < s.start || pfn >= s.end {
		return 0, errOther
	}
	b, err := s.bits(pfn / pagesPerBlock)
	if err != nil {
		return 0, err
	}
	if in := pfn % pagesPerBlock; b[in/8]>>(in%8)&1 == 0 {
		return 0, errLeftOut
	}
	var d [descSize]byte
	if err := readAt(s.f, d[:], uint64(s.descs)+(s.count(pfn)-s.before)*descSize); err != nil {
		return 0, err
	}
	off, size, flags := binary.LittleEndian.Uint64(d[:]), binary.LittleEndian.Uint32(d[8:]), binary.LittleEndian.Uint32(d[12:])
	if size == 0 || size > 2<<s.shift {
		return 0, fmt.Errorf("the description of its page is damaged (%d bytes)", size)
	}
	data := make([]byte, size)
	if err := readAt(s.f, data, off); err != nil {
		return 0, err
	}
	page, err := s.codec.page(data, flags)
	if err != nil {
		return 0, fmt.Errorf("its page is damaged: %w", err)
	}
	return copy(p, page[pa&(1<<s.shift-1):]), nil
}

// ranges leaves out the blocks of the bitmap without a page: of a filtered dump
// of a big machine, that is most of them.
func (s *kdumpStore) ranges() []Range {
	var out []Range
	for i := s.start / pagesPerBlock; i*pagesPerBlock < s.end && i+1 < uint64(len(s.ranks)); i++ {
		if s.ranks[i] == s.ranks[i+1] {
			continue
		}
		r := Range{max(i*pagesPerBlock, s.start) << s.shift, min((i+1)*pagesPerBlock, s.end) << s.shift}
		if n := len(out); n > 0 && out[n-1].End == r.Start {
			out[n-1].End = r.End
		} else {
			out = append(out, r)
		}
	}
	return out
}
