package ksym

import (
	"debug/dwarf"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// Lines knows the source line of each instruction of the kernel, from a
// vmlinux with debug information. It is for one goroutine.
type Lines struct {
	d       *dwarf.Data
	units   []unitRange // by address
	shift   uint64      // KASLR: what to take off an address
	data    []byte      // the file, mapped
	scopes  map[dwarf.Offset][]scope
	sources map[dwarf.Offset]*source
}

// Position is a place in source.
type Position struct {
	Func string
	File string // as the compiler was told it: "kernel/locking/mutex.c"
	Line int
	// Inlined: the code of Func stands in the next position's function.
	Inlined bool
}

// OpenLines opens a vmlinux. It must be the one of the kernel that the build
// id is of; kaslr is by how much that kernel's image was moved.
func OpenLines(path, buildID string, kaslr uint64) (*Lines, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // opened for reading; the mapping stays
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return nil, fmt.Errorf("%s: no file with debug information", path)
	}
	// Mapped, because debug information has hundreds of megabytes, of which
	// little is looked at.
	data, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("%s: map: %w", path, err)
	}
	l := &Lines{shift: kaslr, data: data, scopes: map[dwarf.Offset][]scope{}, sources: map[dwarf.Offset]*source{}}
	if err := l.load(f, buildID); err != nil {
		l.Close() //nolint:errcheck // the first error is the one to tell
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}

// Close gives the file back.
func (l *Lines) Close() error { return syscall.Munmap(l.data) }

func (l *Lines) load(f *os.File, buildID string) error {
	e, err := elf.NewFile(f)
	if err != nil {
		return err
	}
	if id := elfBuildID(e); buildID != "" && !strings.EqualFold(id, buildID) {
		return fmt.Errorf("build id %q, and the dump's kernel has %q: this is another kernel's vmlinux", id, buildID)
	}
	section := func(name string) []byte { return l.section(e, name) }
	if len(section(".debug_info")) == 0 {
		return errors.New("has no debug information (Debian: the package linux-image-…-dbg has it)")
	}
	l.d, err = dwarf.New(section(".debug_abbrev"), nil, nil, section(".debug_info"), section(".debug_line"), nil, section(".debug_ranges"), section(".debug_str"))
	if err != nil {
		return fmt.Errorf("read debug information: %w", err)
	}
	for _, name := range [...]string{".debug_addr", ".debug_line_str", ".debug_str_offsets", ".debug_rnglists"} {
		if b := section(name); b != nil {
			if err := l.d.AddSection(name, b); err != nil {
				return fmt.Errorf("read debug information: %s: %w", name, err)
			}
		}
	}
	l.units = parseAranges(section(".debug_aranges"), section(".debug_info"))
	return nil
}

// section returns the bytes of a section: where they lie, unless they are
// compressed.
func (l *Lines) section(e *elf.File, name string) []byte {
	s := e.Section(name)
	if s == nil || s.Type == elf.SHT_NOBITS {
		return nil
	}
	if s.Flags&elf.SHF_COMPRESSED != 0 {
		b, err := s.Data()
		if err != nil {
			return nil
		}
		return b
	}
	if s.Offset > uint64(len(l.data)) || s.Size > uint64(len(l.data))-s.Offset {
		return nil
	}
	return l.data[s.Offset : s.Offset+s.Size]
}

// elfBuildID returns the build id in a program's notes, in hexadecimal.
func elfBuildID(e *elf.File) string {
	for _, s := range e.Sections {
		if s.Type != elf.SHT_NOTE || s.Size > 1<<16 {
			continue
		}
		b, err := s.Data()
		if err != nil {
			continue
		}
		if id, ok := noteBuildID(b); ok {
			return hex.EncodeToString(id)
		}
	}
	return ""
}
