package verify

import (
	"cmp"
	"debug/elf"
	"fmt"
	"slices"
	"strings"

	"gordian/internal/kstack"
)

// place is something of a module that runs or does not: a function, or a call
// of a function that takes a lock or waits.
type place struct {
	module, fn string
	off        uint64 // of the call instruction; 0 for the function itself
	call       string // what is called there; "" for the function itself
}

// String is what a person reads: "probe+0x1c, mutex_lock".
func (p place) String() string {
	if p.call == "" {
		return p.fn
	}
	return fmt.Sprintf("%s+%#x, %s", p.fn, p.off, p.call)
}

// group is the name of our events in tracefs.
const group = "gordian"

// definition is a line for kprobe_events (Documentation/trace/kprobetrace.rst).
// n is its number, by which it is found again in kprobe_profile.
func (p place) definition(n int) string {
	return fmt.Sprintf("p:%s/p%d %s:%s+%d", group, n, p.module, p.fn, p.off)
}

// maxProbes bounds what a big driver gets: each probe is code that is patched
// at every load.
const maxProbes = 2000

// places lists the functions of a module and the calls in them that take locks
// or wait, in the order of their addresses. Names that several functions have
// are left out: a probe could not tell them apart.
func places(path, module string) ([]place, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("module %s: %w", path, err)
	}
	defer f.Close() //nolint:errcheck // opened for reading
	syms, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("module %s: %w", path, err)
	}
	fns, err := functions(f, syms)
	if err != nil {
		return nil, fmt.Errorf("module %s: %w", path, err)
	}
	out := make([]place, 0, len(fns))
	for _, fn := range fns {
		out = append(out, place{module: module, fn: fn.Name})
	}
	for i, s := range f.Sections {
		if s.Type != elf.SHT_RELA || int(s.Info) >= len(f.Sections) || f.Sections[s.Info].Flags&elf.SHF_EXECINSTR == 0 {
			continue
		}
		calls, err := callsIn(f, f.Sections[i], syms)
		if err != nil {
			return nil, fmt.Errorf("module %s: %w", path, err)
		}
		for _, c := range calls {
			if fn, ok := inside(fns, elf.SectionIndex(s.Info), c.at); ok {
				out = append(out, place{module: module, fn: fn.Name, off: c.at - fn.Value, call: c.target})
			}
		}
	}
	return out, nil
}

// functions returns those that have a name of their own and that the kernel
// lets us probe: the ones with a place for ftrace (kernel/trace/trace_kprobe.c,
// within_notrace_func(), 6.1). Exit functions have none.
func functions(f *elf.File, syms []elf.Symbol) ([]elf.Symbol, error) {
	entries, err := ftraceEntries(f, syms)
	if err != nil {
		return nil, err
	}
	seen := map[string]int{}
	for _, s := range syms {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			seen[s.Name]++
		}
	}
	// kbuild's own alias of the function that module_init names.
	const alias = "init_module"
	var out []elf.Symbol
	for _, s := range syms {
		// A kernel without ftrace has none of these places, and lets us probe all.
		traced := len(entries) == 0 && s.Size > 0 || slices.ContainsFunc(entries[s.Section], func(at uint64) bool { return at >= s.Value && at < s.Value+s.Size })
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && traced && seen[s.Name] == 1 && s.Name != alias {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b elf.Symbol) int {
		return cmp.Or(cmp.Compare(a.Section, b.Section), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Name, b.Name))
	})
	return out, nil
}

// ftraceEntries reads where ftrace has a place, by section: relocations of
// __mcount_loc, each to a symbol and an addend.
func ftraceEntries(f *elf.File, syms []elf.Symbol) (map[elf.SectionIndex][]uint64, error) {
	out := map[elf.SectionIndex][]uint64{}
	for _, s := range f.Sections {
		if s.Type != elf.SHT_RELA || s.Name != ".rela__mcount_loc" && s.Name != ".rela__patchable_function_entries" {
			continue
		}
		b, err := s.Data()
		if err != nil {
			return nil, err
		}
		for ; len(b) >= relaSize; b = b[relaSize:] {
			if n := f.ByteOrder.Uint64(b[8:]) >> 32; n > 0 && n <= uint64(len(syms)) {
				sym := syms[n-1] // Symbols leaves out number 0
				out[sym.Section] = append(out[sym.Section], sym.Value+f.ByteOrder.Uint64(b[16:]))
			}
		}
	}
	return out, nil
}

// relaSize is the size of Elf64_Rela: offset, info, addend.
const relaSize = 24

// call is a call instruction at an offset of its section.
type call struct {
	at     uint64
	target string
}

// callsIn finds the x86 calls of locking functions among the relocations of a
// section: a relocation of R_X86_64_PLT32 or PC32 right behind the opcode e8.
func callsIn(f *elf.File, rela *elf.Section, syms []elf.Symbol) ([]call, error) {
	if f.Machine != elf.EM_X86_64 {
		return nil, nil
	}
	relocs, err := rela.Data()
	if err != nil {
		return nil, err
	}
	code, err := f.Sections[rela.Info].Data()
	if err != nil {
		return nil, err
	}
	var out []call
	for ; len(relocs) >= relaSize; relocs = relocs[relaSize:] {
		off, info := f.ByteOrder.Uint64(relocs), f.ByteOrder.Uint64(relocs[8:])
		kind, sym := elf.R_X86_64(info&0xffffffff), info>>32
		if kind != elf.R_X86_64_PLT32 && kind != elf.R_X86_64_PC32 || sym == 0 || sym > uint64(len(syms)) {
			continue
		}
		target := syms[sym-1].Name // Symbols leaves out number 0
		if off == 0 || off > uint64(len(code)) || code[off-1] != 0xe8 || !takes(target) {
			continue
		}
		out = append(out, call{off - 1, target})
	}
	slices.SortFunc(out, func(a, b call) int { return cmp.Compare(a.at, b.at) })
	return out, nil
}

// takes reports whether a function takes a lock or waits; releases are no
// place where something can hang.
func takes(fn string) bool {
	return kstack.IsLockInternal(fn) && !strings.Contains(fn, "unlock") && !strings.HasPrefix(fn, "up")
}

func inside(fns []elf.Symbol, section elf.SectionIndex, at uint64) (elf.Symbol, bool) {
	for _, fn := range fns {
		if fn.Section == section && at >= fn.Value && at < fn.Value+fn.Size {
			return fn, true
		}
	}
	return elf.Symbol{}, false
}
