package trace

import (
	"bufio"
	"io"
	"sort"
	"strconv"
	"strings"

	"gordian/internal/model"
)

// Symbols are the kernel's own, from /proc/kallsyms.
type Symbols struct {
	list    []symbol
	modules map[string]string // names are many, modules are few
}

type symbol struct {
	addr   uint64
	name   string
	module string
	kind   byte // as nm prints it: t, d, b, …
}

// maxSymbol bounds how far behind the last symbol an address still belongs to it.
const maxSymbol = 1 << 20

// ReadSymbols reads /proc/kallsyms ("ffffffff81000000 T _text [module]").
// Lines that are none, and symbols whose address is hidden (kptr_restrict),
// are left out.
func ReadSymbols(r io.Reader) (*Symbols, error) {
	s := &Symbols{modules: map[string]string{}}
	sc := bufio.NewScanner(r)
	for sc.Scan() {
		line := sc.Text()
		if len(line) < 20 || line[16] != ' ' || line[18] != ' ' {
			continue
		}
		addr, err := strconv.ParseUint(line[:16], 16, 64)
		if err != nil || addr == 0 {
			continue
		}
		name, rest, _ := strings.Cut(line[19:], "\t")
		sym := symbol{addr: addr, name: strings.Clone(name), kind: line[17]}
		if m := strings.Trim(rest, "[] \t"); m != "" {
			sym.module = s.intern(m)
		}
		s.list = append(s.list, sym)
	}
	sort.SliceStable(s.list, func(i, j int) bool { return s.list[i].addr < s.list[j].addr })
	return s, sc.Err()
}

func (s *Symbols) intern(m string) string {
	if old, ok := s.modules[m]; ok {
		return old
	}
	m = strings.Clone(m)
	s.modules[m] = m
	return m
}

// Len is how many symbols there are: 0 means that they are hidden.
func (s *Symbols) Len() int { return len(s.list) }

// Address returns where a symbol of the kernel proper is, 0 if unknown.
func (s *Symbols) Address(name string) uint64 {
	for i := range s.list {
		if s.list[i].name == name && s.list[i].module == "" {
			return s.list[i].addr
		}
	}
	return 0
}

// find returns the symbol that an address is in, and the next symbol's address.
func (s *Symbols) find(addr uint64) (symbol, uint64, bool) {
	i := sort.Search(len(s.list), func(i int) bool { return s.list[i].addr > addr })
	if i == 0 {
		return symbol{}, 0, false
	}
	sym, end := s.list[i-1], uint64(0)
	if i < len(s.list) {
		end = s.list[i].addr
	}
	// Aliases share an address; the first that was listed names it. A key of
	// lockdep takes no room where there is no lockdep, and what has its address
	// is the variable behind it.
	for i--; i > 0 && s.list[i-1].addr == sym.addr; i-- {
		if !isKey(s.list[i-1].name) || isKey(sym.name) {
			sym = s.list[i-1]
		}
	}
	return sym, end, addr-sym.addr < maxSymbol
}

// isKey: "static struct lock_class_key __key" of the macros that initialise
// locks (include/linux/mutex.h, mutex_init()), which compilers number.
func isKey(name string) bool { return name == "__key" || strings.HasPrefix(name, "__key.") }

// Frame says which function a return address is in.
func (s *Symbols) Frame(addr uint64) model.Frame {
	sym, end, ok := s.find(addr)
	if !ok || !strings.ContainsRune("tTwW", rune(sym.kind)) {
		return model.Frame{Func: "0x" + strconv.FormatUint(addr, 16), Unreliable: true}
	}
	f := model.Frame{Func: sym.name, Offset: addr - sym.addr, Module: sym.module}
	if end > addr {
		f.Size = end - sym.addr
	}
	return f
}

// Func is the name of the function that an address is in, "" if unknown.
func (s *Symbols) Func(addr uint64) (name, module string) {
	f := s.Frame(addr)
	if f.Unreliable {
		return "", ""
	}
	return f.Func, f.Module
}

// Data names a variable: "init_mm+0x78". It is "" for an address that is in
// none.
func (s *Symbols) Data(addr uint64) (name, module string) {
	sym, end, ok := s.find(addr)
	if !ok || !strings.ContainsRune("dDbBrRvV", rune(sym.kind)) || (end != 0 && addr >= end) {
		return "", ""
	}
	if off := addr - sym.addr; off != 0 {
		return sym.name + "+0x" + strconv.FormatUint(off, 16), sym.module
	}
	return sym.name, sym.module
}
