package ksym

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gordian/internal/kmem"
)

// sparse is memory in pages.
type sparse map[uint64][]byte

func (m sparse) View(addr uint64) ([]byte, error) {
	p := m[addr/kmem.PageSize]
	if p == nil {
		return nil, &kmem.MissingError{Addr: addr, Err: errors.New("not there")}
	}
	return p[addr%kmem.PageSize:], nil
}

func (m sparse) put(addr uint64, b []byte) {
	for len(b) > 0 {
		p := m[addr/kmem.PageSize]
		if p == nil {
			p = make([]byte, kmem.PageSize)
			m[addr/kmem.PageSize] = p
		}
		n := copy(p[addr%kmem.PageSize:], b)
		b, addr = b[n:], addr+uint64(n)
	}
}

const (
	image  = 0xffffffff81000000
	tables = image + 0x400000
)

// want lists what the tables below hold, sorted by address: per-CPU variables
// from 0 on, then text, one name far longer than 127 tokens.
func wanted() []Symbol {
	syms := []Symbol{
		{Name: "fixed_percpu_data", Addr: 0, Size: 0x1000, Type: 'A'},
		{Name: "runqueues", Addr: 0x1000, Type: 'A'},
		{Name: "_text", Addr: image, Type: 'T'},
		{Name: "_stext", Addr: image, Type: 'T'},
	}
	for i := range 3000 {
		syms = append(syms, Symbol{Name: fmt.Sprintf("fn_%d", i), Addr: image + 0x1000 + 16*uint64(i), Size: 16, Type: 't'})
	}
	syms = append(syms,
		Symbol{Name: "behind", Addr: image + 0x1000 + 16*3000, Type: 't'},
		Symbol{Name: "dup", Addr: image + 0x100000, Size: 64, Type: 't'},
		Symbol{Name: "dup", Addr: image + 0x100040, Size: 64, Type: 't'},
		Symbol{Name: strings.Repeat("long_", 60), Addr: image + 0x100080, Size: 0x80, Type: 't'},
		Symbol{Name: "_end", Addr: image + 0x100100, Type: 'B'})
	return syms
}

// layout is how the kernel lays its tables out.
type layout struct {
	offsetsLast bool // since 6.4
	enc         encoding
}

// build writes kallsyms into memory as scripts/kallsyms.c does, with tokens of
// one character each but "fn_", and returns where everything is.
func build(l layout) (sparse, Addresses) {
	var table, index, names, markers, offsets []byte
	token := map[byte]string{}
	for i := range 256 {
		token[byte(i)] = string(rune('!' + i%90))
		if i > ' ' && i < 127 {
			token[byte(i)] = string(rune(i))
		}
	}
	token[200] = "fn_"
	for i := range 256 {
		index = binary.LittleEndian.AppendUint16(index, uint16(len(table)))
		table = append(append(table, token[byte(i)]...), 0)
	}
	syms := wanted()
	for i, s := range syms {
		if i%256 == 0 {
			markers = binary.LittleEndian.AppendUint32(markers, uint32(len(names)))
		}
		enc := []byte(string(rune(s.Type)) + s.Name)
		if rest, ok := strings.CutPrefix(s.Name, "fn_"); ok {
			enc = append([]byte{s.Type, 200}, rest...)
		}
		if len(enc) > 127 {
			names = append(names, byte(len(enc)&0x7f|0x80), byte(len(enc)>>7))
		} else {
			names = append(names, byte(len(enc)))
		}
		names = append(names, enc...)
	}
	pad := func(b []byte) []byte { return append(b, make([]byte, -len(b)&7)...) }
	m := sparse{}
	at := uint64(tables)
	place := func(b []byte) uint64 {
		here := at
		m.put(at, pad(b))
		at += uint64(len(pad(b)))
		return here
	}
	var a Addresses
	placeOffsets := func() {
		a.Offsets = at
		for i, s := range syms {
			offsets = binary.LittleEndian.AppendUint32(offsets, l.offset(s, i, at))
		}
		place(offsets)
		if l.enc != fromSelf {
			a.RelativeBase = place(binary.LittleEndian.AppendUint64(nil, image))
		}
	}
	if !l.offsetsLast {
		placeOffsets()
	}
	a.NumSyms = place(binary.LittleEndian.AppendUint32(nil, uint32(len(syms))))
	a.Names = place(names)
	place(markers)
	a.TokenTable = place(table)
	a.TokenIndex = place(index)
	if l.offsetsLast {
		placeOffsets()
	}
	m.put(image, []byte{0x90})
	return m, a
}

func (l layout) offset(s Symbol, i int, at uint64) uint32 {
	switch {
	case l.enc == fromSelf:
		return uint32(s.Addr - (at + 4*uint64(i)))
	case l.enc == percpuAbsolute && s.Addr >= image:
		return uint32(int32(-1 - int64(s.Addr-image)))
	case l.enc == percpuAbsolute:
		return uint32(s.Addr)
	}
	return uint32(s.Addr - image)
}

func TestLayouts(t *testing.T) {
	for name, l := range map[string]layout{
		"until 6.3": {false, percpuAbsolute}, "since 6.4": {true, percpuAbsolute}, "since 6.15": {true, fromBase}, "relative to themselves": {true, fromSelf},
	} {
		t.Run(name, func(t *testing.T) {
			m, a := build(l)
			table, lacks, err := Read(m, a)
			if err != nil || lacks != "" {
				t.Fatal(err, lacks)
			}
			for _, want := range wanted() {
				if l.enc != percpuAbsolute && want.Addr < image {
					continue // the image begins at its lowest symbol
				}
				all := table.FindAll(want.Name)
				if !slices.ContainsFunc(all, func(s Symbol) bool {
					return s.Name == want.Name && s.Addr == want.Addr && s.Type == want.Type && (want.Size == 0 || s.Size == want.Size)
				}) {
					t.Fatalf("%s: found %+v, want %+v", want.Name, all, want)
				}
			}
			if found, err := Search(m, image); l.enc != fromSelf && (err != nil || found != a) {
				t.Errorf("search: %+v, want %+v (%v)", found, a, err)
			}
		})
	}
}

func TestLookup(t *testing.T) {
	m, a := build(layout{false, percpuAbsolute})
	table, _, err := Read(m, a)
	if err != nil {
		t.Fatal(err)
	}
	table.AddModule("drv", []Range{{0xffffffffc0000000, 0xffffffffc0001000}, {0xffffffffc0008000, 0xffffffffc0009000}}, func() []Symbol {
		return []Symbol{
			{Name: "drv_data", Addr: 0xffffffffc0008010, Size: 8, Module: "drv"},
			{Name: "drv_open", Addr: 0xffffffffc0000010, Module: "drv"},
			{Name: "drv_close", Addr: 0xffffffffc0000040, Module: "drv"},
			{Name: "fn_7", Addr: 0xffffffffc0000080, Module: "drv"},
		}
	})
	for addr, want := range map[uint64]string{
		image: "_text+0", image + 0x1000 + 16*7 + 5: "fn_7+5", image + 0x100081: strings.Repeat("long_", 60) + "+1",
		image + 0x100100: "_end+0", 0x1000: "runqueues+0", 0x10: "fixed_percpu_data+16",
		0xffffffffc0000015: "drv_open+5", 0xffffffffc0000050: "drv_close+16", 0xffffffffc0008014: "drv_data+4",
		0xffffffffc0008001: "", 0xffffffffc0000001: "", 0xffffffff00000000: "", 0xffffffffc0002000: "",
	} {
		got := ""
		if s, off, ok := table.Lookup(addr); ok {
			got = fmt.Sprintf("%s+%d", s.Name, off)
		}
		if got != want {
			t.Errorf("%#x is %q, want %q", addr, got, want)
		}
	}
	if s, ok := table.Find("fn_7"); !ok || s.Module != "" {
		t.Errorf("the kernel's symbol does not go first: %+v", s)
	}
	if s, ok := table.FindIn("drv", "fn_7"); !ok || s.Module != "drv" {
		t.Errorf("the module's symbol: %+v", s)
	}
	if _, ok := table.Find("fn_"); ok {
		t.Error("half a name is found")
	}
	if got := table.Complete("drv_"); !slices.Equal(got, []string{"drv_close", "drv_data", "drv_open"}) {
		t.Errorf("completions %q", got)
	}
	if s, _ := table.Find("drv_open"); s.Module != "drv" || table.modules[0].syms[0].Addr > s.Addr {
		t.Errorf("symbols of the module are not sorted: %+v", s)
	}
}

// TestMissingPages: symbols whose names are not in the dump are left out, and
// it is said how many.
func TestMissingPages(t *testing.T) {
	m, a := build(layout{false, percpuAbsolute})
	delete(m, a.Names/kmem.PageSize+2)
	table, lacks, err := Read(m, a)
	if err != nil || !strings.Contains(lacks, "of 3009 symbols") {
		t.Fatalf("%v, %q", err, lacks)
	}
	if _, ok := table.Find("_stext"); !ok {
		t.Error("a symbol that is there is not found")
	}
	if _, ok := table.Find("dup"); ok {
		t.Error("a symbol that is not there is found")
	}
	for page := range m {
		delete(m, page)
	}
	if _, _, err := Read(m, a); err == nil {
		t.Error("nothing is there, and no error")
	}
}

// FuzzRead: whatever lies where the tables should be, reading ends.
func FuzzRead(f *testing.F) {
	m, a := build(layout{false, percpuAbsolute})
	var pages []uint64
	for p := range m {
		if p != image/kmem.PageSize {
			pages = append(pages, p)
		}
	}
	slices.SortFunc(pages, cmp.Compare)
	var all []byte
	for _, p := range pages {
		all = append(all, m[p]...)
	}
	f.Add(all)
	f.Fuzz(func(t *testing.T, b []byte) {
		m := sparse{}
		m.put(tables, b)
		table, _, err := Read(m, a)
		if err != nil {
			return
		}
		table.Find("fn_1")
		table.Lookup(image + 0x1234)
		table.Complete("fn")
		_, _ = Search(m, tables&^0xfffff)
	})
}
