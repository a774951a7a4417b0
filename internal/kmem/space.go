package kmem

import (
	"errors"
	"fmt"
)

// tables describes the page tables of a kernel: a tree of tables with entries
// of 8 bytes. Each level but the top one is a page, and so resolves pageShift-3
// bits of the address.
type tables struct {
	root      uint64 // physical address of the top table
	levels    int
	pageShift uint
	topBits   uint // that the top table resolves
	// valid reports whether an address is one of those that the tables can map.
	valid func(va uint64) bool
	// entry reads an entry of a table of a level, 1 being the last one.
	entry func(e uint64, level int) (pa uint64, kind entryKind)
}

// entryKind is where an entry leads.
type entryKind uint8

const (
	entryNone  entryKind = iota // nothing is mapped
	entryTable                  // to the next table
	entryPage                   // to memory: a page, or a bigger block
)

// Space reads virtual addresses through page tables. It keeps what it found
// last, so it is for one goroutine: Fork makes another one.
type Space struct {
	im *Image
	tables
	tlb []translation
}

// translation is the page frame of a virtual address, held so that most reads
// cost no lookup. page is what the dump has of it, from its start.
type translation struct {
	vpn  uint64 // virtual frame number, plus one: 0 is an empty slot
	page []byte
}

// tlbSlots bounds what one Space keeps alive (4 MiB).
const tlbSlots = 1024

// KernelSpace finds the kernel's own page table by VMCOREINFO.
func (im *Image) KernelSpace() (*Space, error) {
	a, err := archOf(im.Machine)
	if err != nil {
		return nil, err
	}
	top, ok := im.Info.Symbol("init_top_pgt")
	if !ok {
		top, ok = im.Info.Symbol("swapper_pg_dir")
	}
	if !ok {
		return nil, errors.New("VMCOREINFO does not say where the kernel's page table is")
	}
	off, err := a.imageOffset(im.Info)
	if err != nil {
		return nil, err
	}
	t, err := a.tables(im.Info)
	if err != nil {
		return nil, err
	}
	t.root = top - off
	if t.root>>52 != 0 {
		return nil, fmt.Errorf("VMCOREINFO: page table at %#x is not in the kernel's image", top)
	}
	return im.space(t), nil
}

func (im *Image) space(t tables) *Space {
	return &Space{im: im, tables: t, tlb: make([]translation, tlbSlots)}
}

// Fork returns a Space of the same tables for another goroutine.
func (s *Space) Fork() *Space { return s.im.space(s.tables) }

// PageSize is the size of the kernel's pages, in bytes: a multiple of that of
// page frames.
func (s *Space) PageSize() uint64 { return 1 << s.pageShift }

// Forget drops what is kept, so that a live kernel is read again.
func (s *Space) Forget() {
	clear(s.tlb)
	s.im.Forget()
}

// View implements Memory.
func (s *Space) View(va uint64) ([]byte, error) {
	vpn := va>>pageShift + 1
	off := int(va & (PageSize - 1))
	t := &s.tlb[vpn%tlbSlots]
	if t.vpn == vpn && off < len(t.page) {
		return t.page[off:], nil
	}
	pa, err := s.Phys(va)
	if err != nil {
		return nil, err
	}
	page, err := s.im.frame(pa)
	if err != nil || off >= len(page) {
		b, err := s.im.View(pa)
		return b, virtual(err, va)
	}
	*t = translation{vpn, page}
	return page[off:], nil
}

// virtual makes an error about a physical address one about the virtual
// address that led there.
func virtual(err error, va uint64) error {
	var m *MissingError
	if errors.As(err, &m) {
		return &MissingError{Addr: va, Err: m.Err}
	}
	return err
}

// Phys translates a virtual address. NotMapped tells from the error whether
// nothing is there, or whether the dump lacks the table.
func (s *Space) Phys(va uint64) (uint64, error) {
	if !s.valid(va) {
		return 0, &MissingError{Addr: va, Err: errNotMapped}
	}
	table, indexBits := s.root, s.topBits
	for level := s.levels; level >= 1; level-- {
		shift := s.pageShift + uint(level-1)*(s.pageShift-3)
		index := va >> shift & (1<<indexBits - 1)
		e, err := U64(s.im, table+8*index)
		if err != nil {
			return 0, &MissingError{Addr: va, Err: errBadTable}
		}
		pa, kind := s.entry(e, level)
		switch kind {
		case entryNone:
			return 0, &MissingError{Addr: va, Err: errNotMapped}
		case entryPage:
			mask := uint64(1)<<shift - 1
			return pa&^mask | va&mask, nil
		}
		table, indexBits = pa, s.pageShift-3
	}
	return 0, &MissingError{Addr: va, Err: errNotMapped}
}
