// Package ksym knows the symbols of a kernel: its own kallsyms, as they lie
// in its memory, and those of its modules.
package ksym

import (
	"slices"
	"sort"
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
	modules []module // by address of their first range
}

// Range is a piece of a module's memory.
type Range struct{ Start, End uint64 }

type module struct {
	name   string
	ranges []Range
	syms   []Symbol // by address
}

// Find returns the symbol of a name: the kernel's own before a module's, the
// lowest address among several. Modules are asked with FindIn.
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

// FindAll returns all symbols of a name, by address.
func (t *Table) FindAll(name string) []Symbol {
	out := t.core.findAll(name)
	for _, m := range t.modules {
		for _, s := range m.syms {
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
	for _, m := range t.modules {
		if m.holds(addr) {
			s, ok = m.lookup(addr)
			return s, addr - s.Addr, ok
		}
	}
	s, ok = t.core.lookup(addr)
	return s, addr - s.Addr, ok
}

// Module returns the name of the module whose memory an address is in.
func (t *Table) Module(addr uint64) (string, bool) {
	for _, m := range t.modules {
		if m.holds(addr) {
			return m.name, true
		}
	}
	return "", false
}

// AddModule adds the symbols of a module.
func (t *Table) AddModule(name string, ranges []Range, syms []Symbol) {
	syms = slices.Clone(syms)
	slices.SortStableFunc(syms, func(a, b Symbol) int {
		switch {
		case a.Addr < b.Addr:
			return -1
		case a.Addr > b.Addr:
			return 1
		}
		return 0
	})
	t.modules = append(t.modules, module{name, ranges, syms})
}

func (m *module) holds(addr uint64) bool {
	for _, r := range m.ranges {
		if r.Start <= addr && addr < r.End {
			return true
		}
	}
	return false
}

func (m *module) find(name string) (Symbol, bool) {
	for _, s := range m.syms {
		if s.Name == name {
			return s, true
		}
	}
	return Symbol{}, false
}

// lookup finds the last symbol at or before addr; the first of several at one
// address. A module's text and data are apart, so one must not reach into the
// other.
func (m *module) lookup(addr uint64) (Symbol, bool) {
	i := sort.Search(len(m.syms), func(i int) bool { return m.syms[i].Addr > addr })
	if i == 0 {
		return Symbol{}, false
	}
	at := m.syms[i-1].Addr
	for i > 1 && m.syms[i-2].Addr == at {
		i--
	}
	for _, r := range m.ranges {
		if r.Start <= addr && addr < r.End {
			return m.syms[i-1], at >= r.Start
		}
	}
	return m.syms[i-1], true
}
