package kmem

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestSpace(t *testing.T) {
	for _, levels := range []int{4, 5} {
		m := newFake(levels)
		im := open(t, m.elf(fakeInfo(levels)))
		s, err := im.KernelSpace()
		if err != nil {
			t.Fatal(err)
		}
		for name, test := range map[string]struct{ va, pa uint64 }{
			"4 KiB": {fakeText + 0x123, fakeBase + 0x123}, "2 MiB": {fakeText + 0x201000, 0x201000}, "1 GiB": {direct(levels) + fakeBase + 8, fakeBase + 8},
		} {
			pa, err := s.Phys(test.va)
			if err != nil || pa != test.pa {
				t.Errorf("%d levels, %s: %#x is at %#x, want %#x (%v)", levels, name, test.va, pa, test.pa, err)
			}
			want, _ := U64(im, test.pa)
			for range 2 { // the second time without a walk
				if got, err := U64(s, test.va); err != nil || got != want {
					t.Errorf("%d levels, %s: read %#x, want %#x (%v)", levels, name, got, want, err)
				}
			}
		}
		if got, err := String(s, fakeText+0x201000, 64); got != "hello, huge page" || err != nil {
			t.Errorf("string %q, %v", got, err)
		}
		for name, test := range map[string]struct {
			va     uint64
			mapped bool
		}{"left out": {fakeText + PageSize, true}, "not mapped": {fakeText + 2*PageSize, false}, "not canonical": {1 << 60, false}, "null": {8, false}} {
			var missing *MissingError
			_, err := U64(s, test.va)
			if !errors.As(err, &missing) || missing.Phys || missing.Addr != test.va || NotMapped(err) == test.mapped {
				t.Errorf("%s: error %v, not mapped: %v", name, err, NotMapped(err))
			}
		}
	}
}

// TestAcrossPages: numbers and strings that lie on two pages, of which the
// second can be missing.
func TestAcrossPages(t *testing.T) {
	m := newFake(4)
	copy(m.page(0x10000)[PageSize-4:], "abcd")
	copy(m.page(0x11000), "efgh\x00")
	copy(m.page(0x12000)[PageSize-3:], "xyz")
	im := open(t, m.elf(fakeInfo(4)))
	if got, err := U64(im, 0x11000-4); got != 0x6867666564636261 || err != nil {
		t.Errorf("U64 %#x, %v", got, err)
	}
	if got, err := U32(im, 0x11000-2); got != 0x66656463 || err != nil {
		t.Errorf("U32 %#x, %v", got, err)
	}
	if got, err := String(im, 0x11000-4, 100); got != "abcdefgh" || err != nil {
		t.Errorf("String %q, %v", got, err)
	}
	if got, err := String(im, 0x11000-4, 6); got != "abcdef" || err != nil {
		t.Errorf("String of 6 %q, %v", got, err)
	}
	if got, err := String(im, 0x13000-3, 3); got != "xyz" || err != nil {
		t.Errorf("String up to the end %q, %v", got, err)
	}
	if got, err := String(im, 0x13000-3, 9); err == nil {
		t.Errorf("String beyond what there is: %q", got)
	}
}

// TestSearchInfo: the note is found in memory, and a forged one, whose page
// tables fit nothing, is passed over.
func TestSearchInfo(t *testing.T) {
	m := newFake(5)
	forged := appendNote(nil, "VMCOREINFO", 0, []byte("OSRELEASE=forged\nSYMBOL(init_top_pgt)=ffffffff81000000\nSYMBOL(_stext)=ffffffff81000000\nNUMBER(phys_base)=0\n"))
	copy(m.page(0x20000), forged)
	copy(m.page(0x30000), appendNote(nil, "VMCOREINFO", 0, []byte(fakeInfo(5))))
	im := open(t, m.elf(""))
	im.Info = nil
	if err := im.SearchInfo(context.Background(), Options{}); err != nil || im.Info.Release() != "6.1.0-fake" {
		t.Errorf("found %q, %v", im.Info.Release(), err)
	}
	empty := open(t, newFake(4).elf(""))
	empty.Info = nil
	if err := empty.SearchInfo(context.Background(), Options{}); err == nil {
		t.Errorf("found %v where there is none", empty.Info)
	}
}

func TestCoreOfAProcess(t *testing.T) {
	im := open(t, newFake(4).elf(""))
	im.Info = nil
	im.addNotes(appendNote(nil, "CORE", ntPRPSInfo, make([]byte, 136)))
	if err := im.SearchInfo(context.Background(), Options{}); !errors.Is(err, ErrNotDump) || !strings.Contains(err.Error(), "core of a process") {
		t.Errorf("error %v", err)
	}
}

// TestMemoryIsBounded: reading much more than the limit keeps no more than it.
func TestMemoryIsBounded(t *testing.T) {
	m := newFake(4)
	for i := range uint64(4 * minFrames) {
		m.page(0x4000000 + PageSize*i)[0] = byte(i)
	}
	im, err := Open(context.Background(), []string{save(t, m.elf(""))}, Options{MaxMemory: 1, Record: true})
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close() //nolint:errcheck // opened for reading
	for range 2 {
		for i := range uint64(4 * minFrames) {
			if b, err := U8(im, 0x4000000+PageSize*i); err != nil || b != byte(i) {
				t.Fatalf("frame %d: %d, %v", i, b, err)
			}
		}
	}
	if n := len(im.cache.frames); n > minFrames {
		t.Errorf("%d frames are kept, limit %d", n, minFrames)
	}
	if n := len(im.Touched()); n != 4*minFrames {
		t.Errorf("%d frames are recorded, %d were read", n, 4*minFrames)
	}
}
