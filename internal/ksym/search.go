package ksym

import (
	"bytes"
	"encoding/binary"
	"errors"

	"gordian/internal/kmem"
)

// Search finds kallsyms in the kernel's image, which begins at start. Kernels
// before 6.0 do not say where it is, but the tables have a shape
// (scripts/kallsyms.c): among the tokens stand the digits "0\0001\000…9\000",
// behind them the 256 rising offsets of all tokens, and before them the names,
// whose number and index ("markers", the offset of every 256th) must agree.
func Search(m kmem.Memory, start uint64) (Addresses, error) {
	w := &window{m: m, work: maxWork}
	digits := []byte("0\x001\x002\x003\x004\x005\x006\x007\x008\x009\x00")
	const step = 1 << 20
	mapped := start // behind the last page that was there
	for at := start; at < start+maxImage && at-mapped < maxGap; at += step {
		b := w.at(at, step+64)
		if w.any {
			mapped = at + step
		}
		for off := 0; ; {
			i := bytes.Index(b[off:], digits)
			if i < 0 || off+i >= step {
				break
			}
			if a, ok := w.tables(at + uint64(off+i)); ok {
				return a, nil
			}
			off += i + 1
		}
	}
	return Addresses{}, errors.New("find kallsyms: no table of this shape in the kernel's image")
}

const (
	maxImage = 512 << 20 // KERNEL_IMAGE_SIZE is 512 MiB or 1 GiB; most of it is empty
	maxGap   = 32 << 20
	maxTable = 16 << 20 // from the names to the tokens
	maxWork  = 64 << 20 // a real kernel takes a few million
)

// window reads pieces of memory with zeros where there is nothing: what is
// found that way is read again, and then it must be there.
type window struct {
	m   kmem.Memory
	any bool // the last piece had something

	work int // names that may still be looked at, so that damaged memory ends the search
}

func (w *window) at(addr uint64, n int) []byte {
	b := make([]byte, n)
	w.any = false
	for off := 0; off < n; {
		v, err := w.m.View(addr + uint64(off))
		if err != nil {
			off += kmem.PageSize - int((addr+uint64(off))%kmem.PageSize)
			continue
		}
		w.any = true
		off += copy(b[off:], v)
	}
	return b
}

// tables finds the tables around the digits at an address.
func (w *window) tables(digits uint64) (Addresses, bool) {
	const reach = 4096
	base := digits &^ 7
	b := w.at(base, reach+1024)
	for off := 16; off < reach; off += 8 {
		zero, ok := tokenIndex(b[off:])
		if !ok || uint64(zero) > digits {
			continue
		}
		a := Addresses{TokenTable: digits - uint64(zero), TokenIndex: base + uint64(off)}
		if w.names(&a) {
			return a, true
		}
	}
	return Addresses{}, false
}

// tokenIndex checks that 256 rising offsets stand here, and returns the one of
// the token "0", which stands for itself.
func tokenIndex(b []byte) (uint16, bool) {
	if len(b) < 512 || binary.LittleEndian.Uint16(b) != 0 {
		return 0, false
	}
	for i := 2; i < 512; i += 2 {
		if binary.LittleEndian.Uint16(b[i:]) <= binary.LittleEndian.Uint16(b[i-2:]) {
			return 0, false
		}
	}
	return binary.LittleEndian.Uint16(b[2*'0':]), true
}

// names finds the number of symbols with the names behind it, looking back
// from the token table.
func (w *window) names(a *Addresses) bool {
	from := (a.TokenTable - maxTable) &^ 7
	b := w.at(from, int(a.TokenTable-from))
	for p := (len(b) - 16) &^ 7; p >= 8; p -= 8 {
		n := binary.LittleEndian.Uint32(b[p:])
		if n < 1000 || n > maxSymbols || binary.LittleEndian.Uint32(b[p+4:]) != 0 || !w.namesAt(b[p+8:], int(n)) {
			continue
		}
		a.NumSyms, a.Names = from+uint64(p), from+uint64(p)+8
		return w.offsets(a, n)
	}
	return false
}

// namesAt checks that n names are followed by their index.
func (w *window) namesAt(b []byte, n int) bool {
	k := &kallsyms{names: b}
	p, second := 0, 0
	for i := range n {
		if i == 256 {
			second = p
		}
		var ok bool
		if _, p, ok = k.entry(p); !ok || w.work <= 0 {
			return false
		}
		w.work--
	}
	p = (p + 7) &^ 7
	return p+8 <= len(b) && binary.LittleEndian.Uint32(b[p:]) == 0 && binary.LittleEndian.Uint32(b[p+4:]) == uint32(second)
}

// offsets finds the addresses: before the number of symbols until 6.3, behind
// the token index since 6.4; the base follows them in both.
func (w *window) offsets(a *Addresses, n uint32) bool {
	size := (4*uint64(n) + 7) &^ 7
	for _, at := range [...]uint64{a.NumSyms - 8 - size, a.TokenIndex + 512} {
		base, err := kmem.U64(w.m, at+size)
		if err == nil && base>>31 == 0x1ffffffff { // in the kernel's image
			a.Offsets, a.RelativeBase = at, at+size
			return true
		}
	}
	return false
}
