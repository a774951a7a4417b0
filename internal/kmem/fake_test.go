package kmem

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// fake is a small machine: pages of physical memory by frame number.
type fake struct {
	pages map[uint64][]byte
	last  uint64 // behind the highest frame
}

// Where things are in a fake machine.
const (
	fakeBase = 0x1000000             // physical address of the image
	fakeText = kernelMap + 0x1200000 // its virtual one, moved by KASLR
	fakeTop  = 0x2000                // of the page tables
	fakeHole = 0x80000               // a frame that is left out of dumps
)

// newFake makes a machine whose page tables map the image (two 4 KiB pages and
// a 2 MiB one) and, in the direct map, 1 GiB of physical memory at once.
func newFake(levels int) *fake {
	m := &fake{pages: map[uint64][]byte{}}
	next := uint64(fakeTop + PageSize)
	link := func(va uint64, leafLevel int, pa uint64) {
		table := uint64(fakeTop)
		for level := levels; ; level-- {
			at := table + va>>(pageShift+9*(level-1))&511*8
			if level == leafLevel {
				flags := uint64(ptePresent)
				if level > 1 {
					flags |= pteHuge
				}
				m.put64(at, pa|flags)
				return
			}
			e := m.get64(at)
			if e == 0 {
				e = next | ptePresent
				m.put64(at, e)
				next += PageSize
			}
			table = e & pteAddr
		}
	}
	link(fakeText, 1, fakeBase)
	link(fakeText+PageSize, 1, fakeHole)
	link(fakeText+0x200000, 2, 0x200000)
	link(direct(levels), 3, 0)
	for i := range uint64(PageSize) {
		m.page(fakeBase)[i] = byte(i * 7)
	}
	copy(m.page(0x201000), "hello, huge page")
	m.page(fakeHole)[0] = 1
	return m
}

// direct is where the direct map begins (Documentation/arch/x86/x86_64/mm.rst).
func direct(levels int) uint64 {
	if levels == 5 {
		return 0xff11000000000000
	}
	return 0xffff888000000000
}

func (m *fake) page(pa uint64) []byte {
	p := m.pages[pa>>pageShift]
	if p == nil {
		p = make([]byte, PageSize)
		m.pages[pa>>pageShift] = p
		m.last = max(m.last, pa>>pageShift+1)
	}
	return p
}

func (m *fake) put64(pa, v uint64) { binary.LittleEndian.PutUint64(m.page(pa)[pa%PageSize:], v) }

func (m *fake) get64(pa uint64) uint64 { return binary.LittleEndian.Uint64(m.page(pa)[pa%PageSize:]) }

func fakeInfo(levels int) string {
	return fmt.Sprintf("OSRELEASE=6.1.0-fake\nSYMBOL(init_top_pgt)=%x\nSYMBOL(_stext)=%x\nNUMBER(phys_base)=%d\nNUMBER(pgtable_l5_enabled)=%d\nKERNELOFFSET=200000\n",
		uint64(kernelMap+fakeTop+0x200000), uint64(fakeText), -0x200000, levels-4)
}

// fakeNotes has the registers of one CPU and VMCOREINFO.
func fakeNotes(info string) []byte {
	regs := make([]byte, prstatusX86)
	regs[prstatusPID] = 7
	binary.LittleEndian.PutUint64(regs[prstatusRegs+16*8:], fakeText+5)
	b := appendNote(nil, "CORE", ntPRStatus, regs)
	return appendNote(b, "VMCOREINFO", 0, []byte(info))
}

func (m *fake) frames() []uint64 {
	var out []uint64
	for pfn := range m.last {
		if m.pages[pfn] != nil && pfn != fakeHole>>pageShift {
			out = append(out, pfn)
		}
	}
	return out
}

// elf writes the machine as an ELF dump.
func (m *fake) elf(info string) []byte {
	var runs []run
	var data []byte
	for _, pfn := range m.frames() {
		if n := len(runs); n > 0 && runs[n-1].first+runs[n-1].count == pfn {
			runs[n-1].count++
		} else {
			runs = append(runs, run{pfn, 1})
		}
		data = append(data, m.pages[pfn]...)
	}
	return append(elfHead(elf.EM_X86_64, runs, fakeNotes(info)), data...)
}

// kdump writes the machine as a kdump-compressed dump: all its pages, or, for
// a part of a split one, those from start up to end.
func (m *fake) kdump(t testing.TB, info string, flag uint32, start, end uint64) []byte {
	t.Helper()
	le := binary.LittleEndian
	bitmapBlocks := 2 * ((m.last + pagesPerBlock - 1) / pagesPerBlock)
	notes := fakeNotes(info)
	head := make([]byte, (2+bitmapBlocks)*PageSize)
	copy(head, kdumpMagic)
	copy(head[ddMachine:], "x86_64")
	le.PutUint32(head[ddVersion:], 6)
	le.PutUint32(head[ddBlockSize:], PageSize)
	le.PutUint32(head[ddSubSize:], 1)
	le.PutUint32(head[ddBitmapSize:], uint32(bitmapBlocks))
	sub := head[PageSize:]
	le.PutUint64(sub[96:], m.last)
	if end > 0 {
		le.PutUint32(sub[12:], 1)
		le.PutUint64(sub[80:], start)
		le.PutUint64(sub[88:], end)
	} else {
		end = m.last
	}
	var descs, data []byte
	count := 0
	for _, pfn := range m.frames() {
		head[(2+bitmapBlocks/2)*PageSize+pfn/8] |= 1 << (pfn % 8)
		if pfn >= start && pfn < end {
			count++
		}
	}
	dataAt := uint64(len(head)+count*descSize) + uint64(len(notes))
	for _, pfn := range m.frames() {
		if pfn < start || pfn >= end {
			continue
		}
		page := compressPage(t, m.pages[pfn], flag)
		d := make([]byte, descSize)
		le.PutUint64(d, dataAt+uint64(len(data)))
		le.PutUint32(d[8:], uint32(len(page)))
		le.PutUint32(d[12:], flag)
		descs, data = append(descs, d...), append(data, page...)
	}
	le.PutUint64(sub[48:], uint64(len(head)+len(descs)))
	le.PutUint64(sub[56:], uint64(len(notes)))
	return bytes.Join([][]byte{head, descs, notes, data}, nil)
}

func compressPage(t testing.TB, p []byte, flag uint32) []byte {
	t.Helper()
	var b bytes.Buffer
	switch flag {
	case 0:
		return p
	case pageZlib:
		return through(t, zlib.NewWriter(&b), p, &b)
	case pageSnappy:
		return snappy.Encode(nil, p)
	case pageZstd:
		z, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		return through(t, z, p, &b)
	case pageLZO:
		return literalLZO(p)
	}
	t.Fatalf("no compression for %#x", flag)
	return nil
}

// literalLZO writes LZO1X that has literals only (Documentation/staging/lzo.rst):
// a run of more than 18 bytes, whose length goes on in bytes, and the end mark.
func literalLZO(p []byte) []byte {
	out := []byte{0}
	n := len(p) - 3 - 15
	for ; n > 255; n -= 255 {
		out = append(out, 0)
	}
	out = append(out, byte(n))
	return append(append(out, p...), 0x11, 0, 0)
}

func through(t testing.TB, w io.WriteCloser, p []byte, b *bytes.Buffer) []byte {
	t.Helper()
	if _, err := w.Write(p); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// flatten writes b as makedumpfile -F does: the middle first, and a piece of
// the start twice, of which the second counts.
func flatten(b []byte) []byte {
	out := make([]byte, flatHeader)
	copy(out, flatMagic)
	binary.BigEndian.PutUint64(out[16:], 1)
	binary.BigEndian.PutUint64(out[24:], 1)
	record := func(from, to int, data []byte) {
		out = binary.BigEndian.AppendUint64(out, uint64(from))
		out = binary.BigEndian.AppendUint64(out, uint64(to-from))
		out = append(out, data...)
	}
	mid := len(b) / 2
	record(mid, len(b), b[mid:])
	record(0, 100, bytes.Repeat([]byte{0xee}, 100))
	record(0, mid, b[:mid])
	out = binary.BigEndian.AppendUint64(out, ^uint64(0))
	return binary.BigEndian.AppendUint64(out, ^uint64(0))
}

func gz(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	return through(t, gzip.NewWriter(&out), b, &out)
}

func save(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dump")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, files ...[]byte) *Image {
	t.Helper()
	var paths []string
	for _, b := range files {
		paths = append(paths, save(t, b))
	}
	im, err := Open(context.Background(), paths, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { im.Close() }) //nolint:errcheck // opened for reading
	return im
}
