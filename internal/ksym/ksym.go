// Package ksym knows the symbols of a kernel: its own kallsyms, as they lie
// in its memory, and those of its modules.
package ksym

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Symbol is a named address.
type Symbol struct {
	Name   string
	Addr   uint64
	Size   uint64 // in bytes, up to the next symbol where the kernel says nothing better; 0 if unknown
	Module string // "" for the kernel itself
	Type   byte   // as in /proc/kallsyms: t, T, d, D, b, …
}

// Table is all symbols of one kernel. It is safe for concurrent use after the
// last AddModule.
type Table struct {
	core    *kallsyms
	modules []*module
	areas   []area // of all modules, by address
}

// Range is a piece of a module's memory.
type Range struct{ Start, End uint64 }

// area says whose memory a range is.
type area struct {
	Range
	m *module
}

type module struct {
	name string
	load func() []Symbol
	once sync.Once
	syms []Symbol // by address
}

// Empty returns a table without symbols.
func Empty() *Table { return &Table{core: &kallsyms{}} }

// Find returns the symbol of a name: the kernel's own before a module's, the
// lowest address among several.
func (t *Table) Find(name string) (Symbol, bool) {
	if s, ok := t.core.find(name); ok {
		return s, true
	}
	for _, m := range t.modules {
		if s, ok := m.find(name); ok {
			return s, true
		}
	}
	return Symbol{}, false
}

// FindIn returns the symbol of a name in one module.
func (t *Table) FindIn(mod, name string) (Symbol, bool) {
	for _, m := range t.modules {
		if m.name == mod {
			return m.find(name)
		}
	}
	return Symbol{}, false
}

// FindAll returns all symbols of a name: the kernel's by address, then those
// of modules.
func (t *Table) FindAll(name string) []Symbol {
	out := t.core.findAll(name)
	for _, m := range t.modules {
		for _, s := range m.symbols() {
			if s.Name == name {
				out = append(out, s)
			}
		}
	}
	return out
}

// Lookup returns the symbol that an address is in, and how far behind its
// start.
func (t *Table) Lookup(addr uint64) (s Symbol, off uint64, ok bool) {
	if a, in := t.area(addr); in {
		s, ok = a.lookup(addr)
	} else {
		s, ok = t.core.lookup(addr)
	}
	return s, addr - s.Addr, ok
}

// Module returns the name of the module whose memory an address is in.
func (t *Table) Module(addr uint64) (string, bool) {
	if a, ok := t.area(addr); ok {
		return a.m.name, true
	}
	return "", false
}

// AddModule adds a module. Its symbols, in any order, are asked for when the
// first of them is.
func (t *Table) AddModule(name string, ranges []Range, load func() []Symbol) {
	m := &module{name: name, load: load}
	t.modules = append(t.modules, m)
	for _, r := range ranges {
		t.areas = append(t.areas, area{r, m})
	}
	slices.SortStableFunc(t.areas, func(a, b area) int { return cmp.Compare(a.Start, b.Start) })
}

func (t *Table) area(addr uint64) (area, bool) {
	i := sort.Search(len(t.areas), func(i int) bool { return t.areas[i].Start > addr })
	if i == 0 || addr >= t.areas[i-1].End {
		return area{}, false
	}
	return t.areas[i-1], true
}

func (m *module) symbols() []Symbol {
	m.once.Do(func() {
		m.syms = m.load()
		slices.SortStableFunc(m.syms, func(a, b Symbol) int { return cmp.Compare(a.Addr, b.Addr) })
	})
	return m.syms
}

func (m *module) find(name string) (Symbol, bool) {
	for _, s := range m.symbols() {
		if s.Name == name {
			return s, true
		}
	}
	return Symbol{}, false
}

// lookup finds the last symbol at or before addr, the first of several at one
// address. It stays within the area: text and data of a module are apart.
func (a area) lookup(addr uint64) (Symbol, bool) {
	syms := a.m.symbols()
	i := sort.Search(len(syms), func(i int) bool { return syms[i].Addr > addr })
	if i == 0 || syms[i-1].Addr < a.Start {
		return Symbol{}, false
	}
	end := a.End
	if i < len(syms) {
		end = min(end, syms[i].Addr)
	}
	for i--; i > 0 && syms[i-1].Addr == syms[i].Addr; i-- {
	}
	for i+1 < len(syms) && syms[i+1].Addr == syms[i].Addr && hollow(syms[i].Name) {
		i++
	}
	s := syms[i]
	if s.Size == 0 {
		s.Size = end - s.Addr
	}
	return s, true
}

// hollow reports whether a symbol is of something without a size: the static
// keys of lock classes (`static struct lock_class_key __key`), which are empty
// structures without lockdep. What follows at the same address is the object.
func hollow(name string) bool { return name == "__key" || strings.HasPrefix(name, "__key.") }
