package kmem

import (
	"bufio"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// run is a piece of memory without gaps, in pages.
type run struct{ first, count uint64 }

// WriteELF writes a dump of some pages, given by rising frame numbers, with
// the notes of this one. Pages that cannot be read are left out.
func (im *Image) WriteELF(w io.Writer, pfns []uint64) error {
	var have []run
	for _, pfn := range pfns {
		if b, err := im.frame(pfn << pageShift); err != nil || len(b) < PageSize {
			continue
		}
		if n := len(have); n > 0 && have[n-1].first+have[n-1].count == pfn {
			have[n-1].count++
			continue
		}
		have = append(have, run{pfn, 1})
	}
	notes := im.outNotes()
	b := bufio.NewWriterSize(w, 1<<20)
	if _, err := b.Write(elfHead(im.Machine, have, notes)); err != nil {
		return fmt.Errorf("write dump: %w", err)
	}
	for _, r := range have {
		for pfn := r.first; pfn < r.first+r.count; pfn++ {
			page, err := im.frame(pfn << pageShift)
			if err != nil {
				return fmt.Errorf("write dump: %w", err)
			}
			if _, err := b.Write(page); err != nil {
				return fmt.Errorf("write dump: %w", err)
			}
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write dump: %w", err)
	}
	return nil
}

// outNotes returns the notes of this dump, with VMCOREINFO among them wherever
// it was found.
func (im *Image) outNotes() []byte {
	if im.infoInNotes {
		return im.notes
	}
	return appendNote(im.notes, "VMCOREINFO", 0, im.Info.text())
}

func appendNote(b []byte, name string, typ uint32, desc []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(name)+1))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(desc)))
	b = binary.LittleEndian.AppendUint32(b, typ)
	b = append(append(b, name...), 0)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	b = append(b, desc...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// text writes VMCOREINFO as the kernel does, sorted.
func (v VMCoreInfo) text() []byte {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(v)) {
		b.WriteString(key + "=" + v[key] + "\n")
	}
	return []byte(b.String())
}

// elfHead returns everything before the pages: header, program headers, notes,
// padding. With more segments than e_phnum can count, their number stands in a
// section header (PN_XNUM).
func elfHead(machine elf.Machine, runs []run, notes []byte) []byte {
	n := len(runs) + 1
	h := make([]byte, ehdrSize, ehdrSize+n*phdrSize+len(notes)+2*PageSize)
	copy(h, elfMagic)
	h[elf.EI_CLASS], h[elf.EI_DATA], h[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	le := binary.LittleEndian
	le.PutUint16(h[16:], uint16(elf.ET_CORE))
	le.PutUint16(h[18:], uint16(machine))
	le.PutUint32(h[20:], uint32(elf.EV_CURRENT))
	le.PutUint16(h[52:], ehdrSize)
	le.PutUint16(h[54:], phdrSize)
	phoff := ehdrSize
	if n < pnXnum {
		le.PutUint16(h[56:], uint16(n))
	} else {
		le.PutUint16(h[56:], pnXnum)
		le.PutUint64(h[40:], ehdrSize) // e_shoff
		le.PutUint16(h[58:], shdrSize)
		le.PutUint16(h[60:], 1)
		section := make([]byte, shdrSize)
		le.PutUint32(section[44:], uint32(n))
		h = append(h, section...)
		phoff += shdrSize
	}
	le.PutUint64(h[32:], uint64(phoff))
	noteAt := uint64(phoff + n*phdrSize)
	h = appendPhdr(h, elf.PT_NOTE, noteAt, 0, uint64(len(notes)))
	at := (noteAt + uint64(len(notes)) + PageSize - 1) &^ (PageSize - 1)
	start := at
	for _, r := range runs {
		h = appendPhdr(h, elf.PT_LOAD, at, r.first<<pageShift, r.count<<pageShift)
		at += r.count << pageShift
	}
	h = append(h, notes...)
	return append(h, make([]byte, start-uint64(len(h)))...)
}

func appendPhdr(b []byte, typ elf.ProgType, off, pa, size uint64) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(typ))
	b = binary.LittleEndian.AppendUint32(b, 0)
	for _, v := range [...]uint64{off, 0, pa, size, size, 0} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b
}
