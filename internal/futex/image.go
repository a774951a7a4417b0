package futex

import (
	"bufio"
	"bytes"
	"cmp"
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gordian/internal/futex/cfi"
	"gordian/internal/model"
)

// mapping is a line of /proc/PID/maps.
type mapping struct {
	start, end, offset uint64
	path               string
	inode              string // with the device: "fd:01:1234"
	exec, shared       bool
}

func parseMaps(b []byte) []mapping {
	var out []mapping
	s := bufio.NewScanner(bytes.NewReader(b))
	for s.Scan() {
		f := strings.SplitN(s.Text(), " ", 6)
		if len(f) < 5 {
			continue
		}
		lo, hi, ok := strings.Cut(f[0], "-")
		if !ok {
			continue
		}
		m := mapping{exec: strings.Contains(f[1], "x"), shared: strings.HasSuffix(f[1], "s"), inode: f[3] + ":" + f[4]}
		var err1, err2, err3 error
		m.start, err1 = strconv.ParseUint(lo, 16, 64)
		m.end, err2 = strconv.ParseUint(hi, 16, 64)
		m.offset, err3 = strconv.ParseUint(f[2], 16, 64)
		if err1 != nil || err2 != nil || err3 != nil {
			continue
		}
		if len(f) == 6 {
			m.path = strings.TrimLeft(f[5], " ")
		}
		out = append(out, m)
	}
	return out
}

// mappingOf returns the mapping that an address is in.
func (r *space) mappingOf(addr uint64) (mapping, bool) {
	i := slices.IndexFunc(r.maps, func(m mapping) bool { return addr >= m.start && addr < m.end })
	if i < 0 {
		return mapping{}, false
	}
	return r.maps[i], true
}

// image is an ELF file of the process: its symbols and unwinding table.
type image struct {
	symbols []elf.Symbol // by address; functions and objects
	loads   []*elf.Prog
	table   *cfi.Table
}

// image opens the file of a mapping, once. The file is taken by the mapping
// itself where that is allowed: its path may hold another file by now.
func (r *space) image(m mapping) *image {
	if m.path == "" || m.path[0] != '/' {
		return nil
	}
	if img, ok := r.imgs[m.path]; ok {
		return img
	}
	if r.imgs == nil {
		r.imgs = map[string]*image{}
	}
	img, err := openImage(filepath.Join(r.dir, "map_files", fmt.Sprintf("%x-%x", m.start, m.end)))
	if err != nil {
		img, err = openImage(filepath.Join(r.dir, "root", strings.TrimSuffix(m.path, " (deleted)")))
	}
	if err != nil {
		r.note("symbols of " + m.path + ": " + err.Error())
	}
	r.imgs[m.path] = img
	return img
}

// maxImage bounds the files that are opened.
const maxImage = 4 << 30

func openImage(path string) (*image, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > maxImage {
		return nil, fmt.Errorf("%s: no program or library", path)
	}
	f, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // opened for reading
	if f.Machine != elf.EM_X86_64 {
		return nil, fmt.Errorf("%s: a program for %v: stacks are read for x86-64 only", path, f.Machine)
	}
	img := &image{}
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			img.loads = append(img.loads, p)
		}
	}
	for _, read := range []func() ([]elf.Symbol, error){f.Symbols, f.DynamicSymbols} {
		syms, _ := read() // a stripped file has none
		for _, s := range syms {
			if t := elf.ST_TYPE(s.Info); s.Value != 0 && s.Section != elf.SHN_UNDEF && (t == elf.STT_FUNC || t == elf.STT_OBJECT || t == elf.STT_GNU_IFUNC) {
				img.symbols = append(img.symbols, s)
			}
		}
	}
	// Of several names of one function the one with fewer underscores is the
	// one that people know.
	slices.SortStableFunc(img.symbols, func(a, b elf.Symbol) int {
		return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(underscores(a.Name), underscores(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	if img.table, err = cfi.New(f); err != nil {
		return nil, err
	}
	return img, nil
}

func underscores(s string) int { return len(s) - len(strings.TrimLeft(s, "_")) }

// inFile turns an address of the process into one of the file.
func (i *image) inFile(m mapping, addr uint64) (uint64, bool) {
	off := addr - m.start + m.offset
	for _, p := range i.loads {
		if off >= p.Off && off-p.Off < p.Memsz {
			return off - p.Off + p.Vaddr, true
		}
	}
	return 0, false
}

// symbol returns the symbol that covers an address of the file.
func (i *image) symbol(addr uint64) (elf.Symbol, bool) {
	n, _ := slices.BinarySearchFunc(i.symbols, addr+1, func(s elf.Symbol, a uint64) int { return cmp.Compare(s.Value, a) })
	best := -1
	for k := n - 1; k >= 0 && k > n-16; k-- {
		if s := i.symbols[k]; addr-s.Value < max(s.Size, 1) {
			best = k
			for k--; k >= 0 && i.symbols[k].Value == s.Value; k-- {
				best = k
			}
			break
		}
	}
	if best < 0 {
		return elf.Symbol{}, false
	}
	return i.symbols[best], true
}

// frame describes an address of code.
func (r *space) frame(pc uint64) model.Frame {
	f := model.Frame{Func: fmt.Sprintf("%#x", pc)}
	m, ok := r.mappingOf(pc)
	if !ok {
		return f
	}
	f.Module = base(m.path)
	img := r.image(m)
	if img == nil {
		return f
	}
	addr, ok := img.inFile(m, pc)
	if !ok {
		return f
	}
	if s, ok := img.symbol(addr); ok {
		f.Func, f.Offset, f.Size = s.Name, addr-s.Value, s.Size
	}
	return f
}

// lockName names a lock by its variable if it has one.
func (r *reader) lockName(w *Wait) string {
	if name, _, ok := r.variable(w.Lock); ok {
		return name
	}
	kind := map[model.LockType]string{model.UserMutex: "pthread mutex", model.UserRWLock: "pthread rwlock", model.UserCond: "condition variable"}[w.Type]
	return fmt.Sprintf("%s %#x", cmp.Or(kind, "futex"), w.Lock)
}

// variable says which variable of which file an address is in.
func (r *space) variable(addr uint64) (name, file string, ok bool) {
	m, ok := r.dataMapping(addr)
	if !ok || m.shared { // a program's variables are its own
		return "", "", false
	}
	img := r.image(m)
	if img == nil {
		return "", "", false
	}
	at, ok := img.inFile(m, addr)
	if !ok {
		return "", "", false
	}
	if s, ok := img.symbol(at); ok {
		return variable(s, at), base(m.path), true
	}
	return "", "", false
}

// base is the name of a mapped file; one that was replaced meanwhile counts as
// what it was.
func base(path string) string { return filepath.Base(strings.TrimSuffix(path, " (deleted)")) }

func variable(s elf.Symbol, addr uint64) string {
	if addr == s.Value {
		return s.Name
	}
	return fmt.Sprintf("%s+%#x", s.Name, addr-s.Value)
}

// dataMapping finds the file whose data an address belongs to. The part that
// is zero at the start (.bss) is mapped without the file, behind its last
// mapping.
func (r *space) dataMapping(addr uint64) (mapping, bool) {
	for i, m := range r.maps {
		if addr < m.start || addr >= m.end {
			continue
		}
		for k := i; k >= 0 && (k == i || r.maps[k].end == r.maps[k+1].start); k-- {
			if p := r.maps[k]; strings.HasPrefix(p.path, "/") {
				p.end = m.end
				return p, true
			}
			if r.maps[k].path != "" {
				return mapping{}, false // [heap], [stack]
			}
		}
	}
	return mapping{}, false
}
