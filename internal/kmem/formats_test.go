package kmem

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// TestFormats: every format gives the same memory, and says that the page that
// was left out is missing.
func TestFormats(t *testing.T) {
	m := newFake(4)
	info := fakeInfo(4)
	half := m.last / 2
	var xzDump bytes.Buffer
	w, err := Compressor("x.xz", &xzDump)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		files  [][]byte
		format string
	}{
		"ELF":              {[][]byte{m.elf(info)}, "ELF vmcore"},
		"kdump raw":        {[][]byte{m.kdump(t, info, 0, 0, 0)}, "kdump-compressed"},
		"kdump zlib":       {[][]byte{m.kdump(t, info, pageZlib, 0, 0)}, "kdump-compressed"},
		"kdump lzo":        {[][]byte{m.kdump(t, info, pageLZO, 0, 0)}, "kdump-compressed"},
		"kdump snappy":     {[][]byte{m.kdump(t, info, pageSnappy, 0, 0)}, "kdump-compressed"},
		"kdump zstd":       {[][]byte{m.kdump(t, info, pageZstd, 0, 0)}, "kdump-compressed"},
		"flattened kdump":  {[][]byte{flatten(m.kdump(t, info, pageZlib, 0, 0))}, "kdump-compressed, flattened"},
		"flattened ELF":    {[][]byte{flatten(m.elf(info))}, "ELF vmcore, flattened"},
		"gzip":             {[][]byte{gz(t, m.elf(info))}, "ELF vmcore"},
		"gzip, flattened":  {[][]byte{gz(t, flatten(m.kdump(t, info, pageZlib, 0, 0)))}, "kdump-compressed, flattened"},
		"xz":               {[][]byte{through(t, w, m.elf(info), &xzDump)}, "ELF vmcore"},
		"split":            {[][]byte{m.kdump(t, info, pageZlib, 0, half), m.kdump(t, info, pageZlib, half, m.last)}, "kdump-compressed, split in 2"},
		"split, backwards": {[][]byte{m.kdump(t, info, pageZlib, half, m.last), m.kdump(t, info, pageZlib, 0, half)}, "kdump-compressed, split in 2"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			im := open(t, test.files...)
			if im.Format != test.format || len(im.Incomplete) > 0 {
				t.Errorf("format %q, incomplete %q", im.Format, im.Incomplete)
			}
			checkFake(t, im, m)
		})
	}
}

func checkFake(t *testing.T, im *Image, m *fake) {
	t.Helper()
	if im.Info.Release() != "6.1.0-fake" || len(im.CPUs) != 1 || im.CPUs[0].PC != fakeText+5 || im.CPUs[0].PID != 7 {
		t.Errorf("notes: %v, CPUs %+v", im.Info, im.CPUs)
	}
	for _, pfn := range m.frames() {
		got, err := Bytes(im, pfn<<pageShift, PageSize)
		if err != nil || !bytes.Equal(got, m.pages[pfn]) {
			t.Fatalf("frame %#x: wrong bytes, error %v", pfn, err)
		}
	}
	var missing *MissingError
	if _, err := U64(im, fakeHole+8); !errors.As(err, &missing) || missing.Addr != fakeHole+8 || !missing.Phys {
		t.Errorf("the page that is not there: error %v", err)
	}
	if _, err := U64(im, m.last<<pageShift+1<<30); !errors.As(err, &missing) {
		t.Errorf("behind all memory: error %v", err)
	}
}

// TestCutFiles: whatever is cut off, opening gives what is there and says that
// it is not all, or fails in words.
func TestCutFiles(t *testing.T) {
	m := newFake(5)
	info := fakeInfo(5)
	for name, b := range map[string][]byte{
		"ELF": m.elf(info), "kdump": m.kdump(t, info, pageZlib, 0, 0), "flattened": flatten(m.kdump(t, info, pageZlib, 0, 0)),
		"gzip": gz(t, m.elf(info)), "xz": packed(t, ".xz", m.elf(info)), "zstd": packed(t, ".zst", m.elf(info)),
	} {
		for cut := 1; cut < len(b); cut += 1 + len(b)/97 {
			im, err := Open(context.Background(), []string{save(t, b[:cut])}, Options{})
			if err != nil {
				continue
			}
			missing := len(im.Incomplete) > 0
			for _, pfn := range m.frames() {
				got, err := Bytes(im, pfn<<pageShift, PageSize)
				missing = missing || err != nil
				if err == nil && !bytes.Equal(got, m.pages[pfn]) {
					t.Fatalf("%s cut at %d: frame %#x has wrong bytes", name, cut, pfn)
				}
			}
			if !missing && cut < len(b)-16 {
				t.Errorf("%s cut at %d of %d: nothing is missing", name, cut, len(b))
			}
			im.Close() //nolint:errcheck // opened for reading
		}
	}
}

func packed(t *testing.T, name string, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := Compressor(name, &out)
	if err != nil {
		t.Fatal(err)
	}
	return through(t, w, b, &out)
}

func TestNotADump(t *testing.T) {
	m := newFake(4)
	program := m.elf(fakeInfo(4))
	program[16] = 2 // ET_EXEC
	power := m.elf(fakeInfo(4))
	power[18] = byte(elf.EM_PPC64)
	cell := m.kdump(t, fakeInfo(4), 0, 0, 0)
	copy(cell[ddMachine:], "ppc64\x00")
	for want, b := range map[string][]byte{
		"empty": nil, "begins with 68 65": []byte("hello"), "ELF file of type ET_EXEC": program, "EM_PPC64": power, "\"ppc64\"": cell,
		"32-bit or big-endian":  append([]byte("\x7fELF\x01\x02"), make([]byte, 100)...),
		"flattened dump of typ": append([]byte(flatMagic), make([]byte, 5000)...),
	} {
		_, err := Open(context.Background(), []string{save(t, b)}, Options{})
		if !errors.Is(err, ErrNotDump) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
	if _, err := Open(context.Background(), []string{"/dev/null"}, Options{}); err == nil || !strings.Contains(err.Error(), "/proc/kcore") {
		t.Errorf("a device is read: %v", err)
	}
}

func TestMissingPart(t *testing.T) {
	m := newFake(4)
	for _, r := range [][2]uint64{{16, m.last}, {0, 16}} {
		im := open(t, m.kdump(t, fakeInfo(4), pageZlib, r[0], r[1]))
		if len(im.Incomplete) != 1 || !strings.Contains(im.Incomplete[0], "split dump is missing") {
			t.Errorf("only %v: incomplete: %q", r, im.Incomplete)
		}
	}
	if IsPart(save(t, m.kdump(t, fakeInfo(4), pageZlib, 0, 0))) || !IsPart(save(t, m.kdump(t, fakeInfo(4), pageZlib, 0, 9))) {
		t.Error("parts of split dumps are not recognised")
	}
}

// TestDoubledPart: a file that is named twice does no harm, but is said.
func TestDoubledPart(t *testing.T) {
	m := newFake(4)
	half := m.last / 2
	low, high := m.kdump(t, fakeInfo(4), pageZlib, 0, half), m.kdump(t, fakeInfo(4), pageZlib, half, m.last)
	im := open(t, low, high, low)
	if len(im.Incomplete) != 1 || !strings.Contains(im.Incomplete[0], "named twice") {
		t.Errorf("incomplete: %q", im.Incomplete)
	}
	checkFake(t, im, m)
	if _, err := Open(context.Background(), []string{save(t, low), save(t, m.elf(fakeInfo(4)))}, Options{}); err == nil || !strings.Contains(err.Error(), "no part of a split dump") {
		t.Errorf("a part and a whole dump: error %v", err)
	}
}

// TestHostileKdump: what the header claims costs nothing, and no page is wrong.
func TestHostileKdump(t *testing.T) {
	m := newFake(4)
	for name, test := range map[string]struct {
		at    int
		value uint64
		want  string // of the error, or of what is said to be missing
	}{
		"blocks of 6000 bytes":    {ddBlockSize, 6000, "pages of 6000 bytes"},
		"blocks of 64 KiB":        {ddBlockSize, 64 << 10, "the file ends before it"},
		"no bitmap":               {ddBitmapSize, 0, ""},
		"bitmap behind the file":  {ddSubSize, 1 << 20, "cut"},
		"bitmap of 16 TiB":        {ddBitmapSize, 1<<32 - 1, "cut"},
		"more memory than exists": {PageSize + 96, 1 << 60, "pages"},
		"notes behind the file":   {PageSize + 48, 1 << 62, "notes cannot be read"},
		"notes of 2^60 bytes":     {PageSize + 56, 1 << 60, "notes cannot be read"},
	} {
		b := m.kdump(t, fakeInfo(4), pageZlib, 0, 0)
		if test.at < PageSize {
			binary.LittleEndian.PutUint32(b[test.at:], uint32(test.value))
		} else {
			binary.LittleEndian.PutUint64(b[test.at:], test.value)
		}
		im, err := Open(context.Background(), []string{save(t, b)}, Options{})
		if err != nil {
			if test.want == "" || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: error %v", name, err)
			}
			continue
		}
		if said := strings.Join(im.Incomplete, "; "); !strings.Contains(said, test.want) {
			t.Errorf("%s: incomplete %q", name, said)
		}
		for _, pfn := range m.frames() {
			if got, err := Bytes(im, pfn<<pageShift, PageSize); err == nil && !bytes.Equal(got, m.pages[pfn]) {
				t.Errorf("%s: frame %#x has wrong bytes", name, pfn)
			}
		}
		if len(im.Info) == 0 {
			_ = im.SearchInfo(context.Background(), Options{}) // it ends, whatever it finds
		}
		im.Close() //nolint:errcheck // opened for reading
	}
}

func TestStdin(t *testing.T) {
	m := newFake(4)
	im, err := Open(context.Background(), []string{"-"}, Options{Stdin: bytes.NewReader(m.elf(fakeInfo(4)))})
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close() //nolint:errcheck // opened for reading
	checkFake(t, im, m)
}

// TestWriteELF: a dump that was written is read again.
func TestWriteELF(t *testing.T) {
	m := newFake(4)
	im := open(t, m.kdump(t, fakeInfo(4), pageZlib, 0, 0))
	var out bytes.Buffer
	if err := im.WriteELF(&out, append(m.frames(), 1<<40)); err != nil {
		t.Fatal(err)
	}
	checkFake(t, open(t, out.Bytes()), m)
}

// TestManySegments: more pieces of memory than the ELF header can count.
func TestManySegments(t *testing.T) {
	var runs []run
	for i := range uint64(70000) {
		runs = append(runs, run{2 * i, 1})
	}
	b := elfHead(elf.EM_X86_64, runs, nil)
	headers, err := programHeaders(memFile(b), b[:ehdrSize])
	if err != nil || len(headers) != phdrSize*(len(runs)+1) {
		t.Fatalf("%d bytes of program headers, %v", len(headers), err)
	}
}

// memFile is a file in memory.
type memFile []byte

func (f memFile) Size() int64 { return int64(len(f)) }

func (f memFile) ReadAt(p []byte, off int64) (int, error) { return bytes.NewReader(f).ReadAt(p, off) }
