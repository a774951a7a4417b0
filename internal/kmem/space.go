package kmem

import (
	"errors"
	"fmt"
)

// kernelMap is __START_KERNEL_map (arch/x86/include/asm/page_64_types.h): the
// kernel's image is mapped there, phys_base apart from physical memory.
const kernelMap = 0xffffffff80000000

// Space reads virtual addresses through page tables of x86-64. It keeps what
// it found last, so it is for one goroutine: Fork makes another one.
type Space struct {
	im     *Image
	root   uint64 // physical address of the top table
	levels int    // 4, or 5 with LA57
	tlb    []translation
}

// translation is the page of a virtual address, held so that most reads cost
// no lookup. page is what the dump has of it, from its start.
type translation struct {
	vpn  uint64 // virtual page number, plus one: 0 is an empty slot
	page []byte
}

// tlbSlots bounds what one Space keeps alive (4 MiB).
const tlbSlots = 1024

// KernelSpace finds the kernel's own page table by VMCOREINFO.
func (im *Image) KernelSpace() (*Space, error) {
	top, ok := im.Info.Symbol("init_top_pgt")
	if !ok {
		top, ok = im.Info.Symbol("swapper_pg_dir")
	}
	if !ok {
		return nil, errors.New("VMCOREINFO does not say where the kernel's page table is")
	}
	base, ok := im.Info.Number("phys_base")
	if !ok {
		return nil, errors.New("VMCOREINFO does not say phys_base")
	}
	if top < kernelMap {
		return nil, fmt.Errorf("VMCOREINFO: page table at %#x is not in the kernel's image", top)
	}
	levels := 4
	if l5, _ := im.Info.Number("pgtable_l5_enabled"); l5 == 1 {
		levels = 5
	}
	return im.NewSpace(top-kernelMap+uint64(base), levels), nil
}

// NewSpace makes a space of a top table at a physical address with 4 or 5 levels.
func (im *Image) NewSpace(root uint64, levels int) *Space {
	return &Space{im: im, root: root &^ (PageSize - 1), levels: levels, tlb: make([]translation, tlbSlots)}
}

// Fork returns a Space of the same tables for another goroutine.
func (s *Space) Fork() *Space { return s.im.NewSpace(s.root, s.levels) }

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

// Bits of a page table entry (arch/x86/include/asm/pgtable_types.h).
const (
	ptePresent = 1 << 0
	pteHuge    = 1 << 7
	pteAddr    = 0x000ffffffffff000
)

// Phys translates a virtual address. NotMapped tells from the error whether
// nothing is there, or whether the dump lacks the table.
func (s *Space) Phys(va uint64) (uint64, error) {
	if !canonical(va, s.levels) {
		return 0, &MissingError{Addr: va, Err: errNotMapped}
	}
	table := s.root
	for level := s.levels; level >= 1; level-- {
		shift := uint(pageShift + 9*(level-1))
		e, err := U64(s.im, table+va>>shift&511*8)
		if err != nil {
			return 0, &MissingError{Addr: va, Err: errBadTable}
		}
		if e&ptePresent == 0 {
			return 0, &MissingError{Addr: va, Err: errNotMapped}
		}
		if level == 1 || (level <= 3 && e&pteHuge != 0) {
			mask := uint64(1)<<shift - 1
			return e&pteAddr&^mask | va&mask, nil
		}
		table = e & pteAddr
	}
	return 0, &MissingError{Addr: va, Err: errNotMapped}
}

// canonical: all bits above the ones that are translated are equal.
func canonical(va uint64, levels int) bool {
	top := int64(va) >> (pageShift + 9*levels - 1)
	return top == 0 || top == -1
}
