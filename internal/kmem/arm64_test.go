package kmem

import (
	"debug/elf"
	"fmt"
	"testing"
)

// armMachine maps one page of the image at text, in tables of some geometry.
func armMachine(t *testing.T, shift, made, used uint) (im *Image, text, page uint64) {
	t.Helper()
	const root, at = 0x40100000, 0x48000000
	m := &fake{pages: map[uint64][]byte{}}
	text = ^uint64(0)<<(used-1) + 0x5e1000<<4
	text &^= 1<<shift - 1
	voffset := text - at
	levels := int((used - 4) / (shift - 3))
	table, next := uint64(root), uint64(root)
	top := (made - 4) / (shift - 3)
	for level := levels; level >= 1; level-- {
		index := text >> (shift + uint(level-1)*(shift-3))
		switch {
		case level < levels:
			index &= 1<<(shift-3) - 1
		case int(top) == levels: // the top table is that of the bigger address space
			index &= 1<<(made-shift-uint(levels-1)*(shift-3)) - 1
		default:
			index &= 1<<(used-shift-uint(levels-1)*(shift-3)) - 1
		}
		next += 1 << 16
		e := next | 3
		if level == 1 {
			e = at | 0x78_0000_0000_0703
		}
		m.put64(table+8*index, e)
		table = next
	}
	copy(m.page(at), "the image begins")
	info := fmt.Sprintf("OSRELEASE=6.12-fake\nPAGESIZE=%d\nSYMBOL(swapper_pg_dir)=%x\nSYMBOL(_stext)=%x\nNUMBER(VA_BITS)=%d\nNUMBER(kimage_voffset)=0x%x\nNUMBER(TCR_EL1_T1SZ)=0x%x\n",
		1<<shift, root+voffset, text, made, voffset, 64-used)
	b := m.elf(info)
	b[18], b[19] = byte(elf.EM_AARCH64), 0
	return open(t, b), text, at
}

// TestArm64Tables: every geometry that Linux can be configured for, with
// processors that have fewer bits than it was made for among them.
func TestArm64Tables(t *testing.T) {
	for _, g := range []struct{ shift, made, used uint }{
		{12, 39, 39}, {12, 48, 48}, {12, 52, 48}, {12, 52, 52},
		{14, 36, 36}, {14, 47, 47}, {14, 48, 48}, {14, 52, 47}, {14, 52, 52},
		{16, 42, 42}, {16, 48, 48}, {16, 52, 48}, {16, 52, 52},
	} {
		t.Run(fmt.Sprintf("%dK-%d-%d", 1<<g.shift>>10, g.made, g.used), func(t *testing.T) {
			im, text, at := armMachine(t, g.shift, g.made, g.used)
			s, err := im.KernelSpace()
			if err != nil {
				t.Fatal(err)
			}
			if pa, err := s.Phys(text + 8); err != nil || pa != at+8 {
				t.Errorf("%#x is at %#x, want %#x (%v)", text+8, pa, at+8, err)
			}
			if got, err := String(s, text, 16); err != nil || got != "the image begins" {
				t.Errorf("%q, %v", got, err)
			}
			if s.PageSize() != 1<<g.shift || !im.fits(im.Info) {
				t.Errorf("pages of %d bytes; the tables fit: %v", s.PageSize(), im.fits(im.Info))
			}
			for _, va := range []uint64{text + 1<<g.shift, 0x1000, text &^ (1 << 63)} {
				if _, err := s.Phys(va); !NotMapped(err) {
					t.Errorf("%#x: %v", va, err)
				}
			}
		})
	}
}

// TestArm64Entry: the upper bits of addresses of 52 bits, blocks, and what is
// no descriptor.
func TestArm64Entry(t *testing.T) {
	for _, c := range []struct {
		shift uint
		e     uint64
		level int
		pa    uint64
		kind  entryKind
	}{
		{16, 0x0000_0000_4321_a703, 1, 0xa_0000_4321_0000, entryPage},
		{12, 0x0000_0000_4020_0701, 2, 0x4020_0000, entryPage},
		{12, 0x0000_0000_4020_0703, 2, 0x4020_0000, entryTable},
		{12, 0x0000_0000_4020_0701, 1, 0, entryNone},
		{12, 0x0000_0000_4020_0702, 1, 0, entryNone},
	} {
		pa, kind := arm64Entry(c.shift)(c.e, c.level)
		if kind != c.kind || kind != entryNone && pa != c.pa {
			t.Errorf("%#x: %#x, kind %d, want %#x, %d", c.e, pa, kind, c.pa, c.kind)
		}
	}
}

// TestArm64Info: VMCOREINFO that cannot be.
func TestArm64Info(t *testing.T) {
	for _, info := range []string{
		"", "PAGESIZE=4096\n", "PAGESIZE=8192\nNUMBER(VA_BITS)=48\n", "PAGESIZE=4096\nNUMBER(VA_BITS)=64\n",
		"PAGESIZE=4096\nNUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=0\n", "PAGESIZE=4096\nNUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=60\n",
		"PAGESIZE=18446744073709551615\nNUMBER(VA_BITS)=48\n",
	} {
		if _, err := (arm64{}).tables(parseVMCoreInfo([]byte(info))); err == nil {
			t.Errorf("%q: no error", info)
		}
	}
}
