package kcore

import (
	"encoding/binary"
	"fmt"

	"gordian/internal/kmem"
	"gordian/internal/ksym"
	"gordian/internal/ktype"
)

// Module is a loaded module.
type Module struct {
	Name   string
	Addr   uint64       // of its struct module
	Ranges []ksym.Range // text, data, read-only data, …: in the kernel's order
}

const (
	maxModules    = 4096
	maxModuleName = 64      // MODULE_NAME_LEN is 64 - sizeof(unsigned long)
	maxRange      = 1 << 30 // MODULES_LEN is 1 GiB
	// moduleUnformed is MODULE_STATE_UNFORMED: the module is still being set up.
	moduleUnformed = 3
)

// readModules walks the list of modules.
func (k *Kernel) readModules() {
	head, ok := k.Sym.Find("modules")
	if !ok {
		return // a kernel without modules
	}
	var o [3]uint64
	for i, member := range [...]string{"list", "name", "state"} {
		var err error
		if o[i], err = k.Types.Offset("module", member); err != nil {
			k.note("modules: " + err.Error())
			return
		}
	}
	err := k.List(head.Addr, maxModules, func(node uint64) error {
		m := Module{Addr: node - o[0]}
		name, err := kmem.String(k.Mem, m.Addr+o[1], maxModuleName)
		if err != nil {
			return err
		}
		state, err := kmem.U32(k.Mem, m.Addr+o[2])
		if err != nil || state == moduleUnformed {
			return err
		}
		m.Name = name
		if m.Ranges, err = k.moduleRanges(m.Addr); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		k.Modules = append(k.Modules, m)
		k.Sym.AddModule(name, m.Ranges, func() []ksym.Symbol { return k.moduleSymbols(m) })
		return nil
	})
	if err != nil {
		k.note("the list of modules cannot be read to its end: " + err.Error())
	}
}

// moduleRanges reads where a module lies: mem[] since 6.4, core_layout and
// init_layout before (include/linux/module.h).
func (k *Kernel) moduleRanges(mod uint64) ([]ksym.Range, error) {
	if mem, ok := k.Types.Member("module", "mem"); ok && mem.Type.Strip().Kind() == ktype.Array {
		return k.memRanges(mod+mem.Offset, mem.Type.Strip())
	}
	var out []ksym.Range
	for _, layout := range [...]string{"core_layout", "init_layout"} {
		base, ok := k.Types.Member("module", layout+".base")
		size, ok2 := k.Types.Member("module", layout+".size")
		if !ok || !ok2 {
			return nil, fmt.Errorf("struct module has neither mem nor %s: %w", layout, ktype.ErrNoType)
		}
		r, err := k.moduleRange(mod+base.Offset, mod+size.Offset)
		if err != nil {
			return out, err
		}
		out = append(out, r...)
	}
	return out, nil
}

func (k *Kernel) memRanges(at uint64, array ktype.Type) ([]ksym.Range, error) {
	elem := array.Elem().Strip()
	base, ok := elem.Member("base")
	size, ok2 := elem.Member("size")
	if !ok || !ok2 || array.Len() > 64 {
		return nil, fmt.Errorf("struct module_memory: %w", ktype.ErrNoType)
	}
	var out []ksym.Range
	for i := range array.Len() {
		e := at + i*elem.Size()
		r, err := k.moduleRange(e+base.Offset, e+size.Offset)
		if err != nil {
			return out, err
		}
		out = append(out, r...)
	}
	return out, nil
}

// moduleRange reads one range; an empty one gives none.
func (k *Kernel) moduleRange(baseAt, sizeAt uint64) ([]ksym.Range, error) {
	base, err := kmem.U64(k.Mem, baseAt)
	if err != nil {
		return nil, err
	}
	size, err := kmem.U32(k.Mem, sizeAt)
	if err != nil || base == 0 || size == 0 || size > maxRange {
		return nil, err
	}
	return []ksym.Range{{Start: base, End: base + uint64(size)}}, nil
}

const (
	symSize          = 24 // Elf64_Sym
	maxModuleSymbols = 1 << 18
	maxSymbolName    = 512
)

// moduleSymbols reads module.kallsyms (kernel/module/kallsyms.c). What cannot
// be read is left out: the address then has the symbol before it, or none.
func (k *Kernel) moduleSymbols(m Module) []ksym.Symbol {
	mem := k.Mem.Fork() // may be called from any goroutine
	var p [4]uint64     // symtab, strtab, typetab, num_symtab
	at, ok := k.Types.Member("module", "kallsyms")
	if !ok {
		return nil
	}
	ks, err := kmem.U64(mem, m.Addr+at.Offset)
	if err != nil {
		return nil
	}
	for i, member := range [...]string{"symtab", "strtab", "typetab", "num_symtab"} {
		f, ok := k.Types.Member("mod_kallsyms", member)
		if !ok {
			continue // typetab came in 5.2
		}
		if p[i], err = kmem.Uint(mem, ks+f.Offset, int(f.Size)); err != nil {
			return nil
		}
	}
	var out []ksym.Symbol
	for i := range min(p[3], maxModuleSymbols) {
		if s, ok := readSymbol(mem, p[0]+i*symSize, p[1]); ok && m.holds(s.Addr) {
			s.Module = m.Name
			if p[2] != 0 {
				s.Type, _ = kmem.U8(mem, p[2]+i)
			}
			out = append(out, s)
		}
	}
	return out
}

func readSymbol(mem kmem.Memory, at, strtab uint64) (ksym.Symbol, bool) {
	var e [symSize]byte
	if kmem.Read(mem, e[:], at) != nil || binary.LittleEndian.Uint16(e[6:]) == 0 { // SHN_UNDEF
		return ksym.Symbol{}, false
	}
	name, err := kmem.String(mem, strtab+uint64(binary.LittleEndian.Uint32(e[:])), maxSymbolName)
	if err != nil || name == "" || isMapping(name) {
		return ksym.Symbol{}, false
	}
	return ksym.Symbol{Name: name, Addr: binary.LittleEndian.Uint64(e[8:]), Size: binary.LittleEndian.Uint64(e[16:])}, true
}

// isMapping reports whether a symbol only marks where code ($x) or data ($d)
// begins, as assemblers for arm64 do (ELF for the Arm 64-bit architecture, 5.5.4).
func isMapping(name string) bool {
	return len(name) >= 2 && name[0] == '$' && (name[1] == 'x' || name[1] == 'd') && (len(name) == 2 || name[2] == '.')
}

func (m *Module) holds(addr uint64) bool {
	for _, r := range m.Ranges {
		if r.Start <= addr && addr < r.End {
			return true
		}
	}
	return false
}
