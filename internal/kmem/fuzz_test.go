package kmem

import (
	"context"
	"debug/elf"
	"testing"
)

// FuzzDump: any bytes are a dump, or an error; what is read of it comes within
// bounds and without a panic.
func FuzzDump(f *testing.F) {
	m := newFake(4)
	info := fakeInfo(4)
	f.Add(m.elf(info))
	f.Add(m.kdump(f, info, pageZlib, 0, 0))
	f.Add(m.kdump(f, info, pageLZO, 0, 9))
	f.Add(m.kdump(f, info, pageZstd, 0, 0))
	f.Add(flatten(m.kdump(f, info, pageSnappy, 0, 0)))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := openStore(context.Background(), memFile(b), Options{})
		if err != nil {
			return
		}
		im := &Image{cache: newFrameCache(1<<20, false)}
		if err := im.join([]part{p}); err != nil {
			return
		}
		for i, r := range im.Ranges() {
			if i > 64 {
				break
			}
			for _, pa := range []uint64{r.Start, r.Start + 4097, (r.Start + r.End) / 2, r.End - 1, r.End} {
				_, _ = U64(im, pa)
				_, _ = String(im, pa, 50)
			}
		}
		if s, err := im.KernelSpace(); err == nil {
			_, _ = U64(s, fakeText)
		}
	})
}

// FuzzNotes: notes are split without reading outside of them.
func FuzzNotes(f *testing.F) {
	f.Add(fakeNotes(fakeInfo(4)))
	f.Add(appendNote(appendNote(nil, "CORE", ntPRStatus, make([]byte, prstatusX86)), "QEMU", 0, make([]byte, 440)))
	f.Fuzz(func(t *testing.T, b []byte) {
		im := &Image{Machine: elf.EM_X86_64}
		im.addNotes(b)
		if len(im.CPUs) > len(b)/prstatusX86 {
			t.Errorf("%d CPUs in %d bytes", len(im.CPUs), len(b))
		}
	})
}
