package bpf

import (
	"debug/elf"
	"encoding/binary"
	"os"

	"github.com/cilium/ebpf/btf"

	"gordian/internal/trace"
)

// linear is where the kernel maps all memory, and its struct pages
// (x86-64: page_offset_base and vmemmap_base, which KASLR moves).
type linear struct{ vmemmap, pageOffset, pageSize uint64 }

// linearMap finds the two bases in /proc/kcore. Without them locks in
// allocated memory are named by where they are taken, not by their slab cache.
func linearMap(s *trace.Symbols) (linear, bool) {
	m := linear{}
	spec, err := btf.LoadKernelSpec()
	if err != nil || s == nil {
		return m, false
	}
	var page *btf.Struct
	if spec.TypeByName("page", &page) != nil {
		return m, false
	}
	m.pageSize = uint64(page.Size)
	m.vmemmap = kernelWord(s.Address("vmemmap_base"))
	m.pageOffset = kernelWord(s.Address("page_offset_base"))
	return m, m.vmemmap != 0 && m.pageOffset != 0
}

// kernelWord reads a word of the kernel image through /proc/kcore, 0 if that
// cannot be done.
func kernelWord(addr uint64) uint64 {
	f, err := os.Open("/proc/kcore")
	if err != nil || addr == 0 {
		return 0
	}
	defer f.Close() //nolint:errcheck // read only
	e, err := elf.NewFile(f)
	if err != nil {
		return 0
	}
	for _, p := range e.Progs {
		if p.Type == elf.PT_LOAD && addr >= p.Vaddr && addr+8 <= p.Vaddr+p.Filesz {
			var b [8]byte
			if _, err := f.ReadAt(b[:], int64(p.Off+addr-p.Vaddr)); err == nil {
				return binary.NativeEndian.Uint64(b[:])
			}
		}
	}
	return 0
}
