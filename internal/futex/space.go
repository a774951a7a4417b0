package futex

import (
	"cmp"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gordian/internal/futex/cfi"
	"gordian/internal/model"
)

// space is what a process has in its memory: mappings, and the files behind
// them.
type space struct {
	dir   string // "/proc/PID"
	maps  []mapping
	imgs  map[string]*image
	notes []string // what could not be read, and why
}

func (r *space) note(s string) {
	if !slices.Contains(r.notes, s) && len(r.notes) < 20 {
		r.notes = append(r.notes, s)
	}
}

// Space names the addresses of a process that goes on running.
type Space struct {
	Name string // of the program
	PID  int
	space
	read time.Time // when the mappings were read
}

// OpenSpace reads the mappings of a process.
func OpenSpace(pid int) (*Space, error) {
	s := &Space{PID: pid, space: space{dir: filepath.Join("/proc", strconv.Itoa(pid))}}
	if err := s.refresh(); err != nil {
		return nil, lookError(pid, err)
	}
	if len(s.maps) == 0 {
		return nil, fmt.Errorf("look at process %d: it is a thread of the kernel, or has ended", pid)
	}
	if err := machine(s.dir); err != nil {
		return nil, lookError(pid, err)
	}
	exe, err := os.Readlink(filepath.Join(s.dir, "exe"))
	if err != nil {
		exe = s.maps[0].path
	}
	s.Name = base(exe)
	return s, nil
}

func (s *Space) refresh() error {
	b, err := os.ReadFile(filepath.Join(s.dir, "maps"))
	if err != nil {
		return err
	}
	s.maps, s.read = parseMaps(b), time.Now()
	return nil
}

// find looks an address up, and reads the mappings anew for one that came
// later.
func (s *Space) find(addr uint64) (mapping, bool) {
	m, ok := s.mappingOf(addr)
	if !ok && time.Since(s.read) > time.Second && s.refresh() == nil {
		m, ok = s.mappingOf(addr)
	}
	return m, ok
}

// Variable says which variable of which file an address is in.
func (s *Space) Variable(addr uint64) (name, file string, ok bool) {
	s.find(addr)
	return s.variable(addr)
}

// Shared names a place in memory that processes share, by the file behind it.
func (s *Space) Shared(addr uint64) (name string, ok bool) {
	m, ok := s.find(addr)
	if !ok || !m.shared {
		return "", false
	}
	file := strings.TrimPrefix(strings.TrimSuffix(m.path, " (deleted)"), "/memfd:")
	return fmt.Sprintf("%s+%#x (shared memory, inode %s)", file, addr-m.start+m.offset, m.inode), true
}

// Frame describes a return address.
func (s *Space) Frame(pc uint64) model.Frame {
	s.find(pc)
	return s.frame(pc)
}

// Stack follows a stack from the first instruction of a function, where the
// return address is the last thing that was pushed. memory is what the stack
// held then, from the stack pointer on.
func (s *Space) Stack(regs cfi.Regs, memory []byte) []model.Frame {
	sp, ok := regs.Get(cfi.RSP)
	if !ok || len(memory) < 8 {
		return nil
	}
	read := func(addr uint64) (uint64, error) {
		if addr < sp || addr-sp > uint64(len(memory)-8) {
			return 0, errors.New("beyond what was kept of the stack")
		}
		return binary.LittleEndian.Uint64(memory[addr-sp:]), nil
	}
	pc, _ := read(sp)
	s.find(pc)
	regs.Set(cfi.RIP, pc)
	regs.Set(cfi.RSP, sp+8)
	return ownFrames(s.unwind(regs, true, read))
}

// Notes says what of the process could not be read.
func (s *Space) Notes() []string { return s.notes }

// Library is what gives a process its POSIX threads.
type Library struct {
	Path      string // by which it can be opened, also when it was deleted
	Name      string // "libc.so.6", "nginx" for a static program
	C         string // "glibc", "musl", or "" if it cannot be told
	Functions []Function
}

// Function is one function of a library.
type Function struct {
	Name   string
	Offset uint64 // in the file
}

// Threads finds the library that has pthread_mutex_lock(), and those of its
// functions that are named. Before glibc 2.34 it is libpthread, beside which
// libc has functions of the same names that do nothing.
func (s *Space) Threads(names []string) (Library, error) {
	var best Library
	for _, m := range s.maps {
		if !m.exec || m.path == "" || m.path[0] != '/' || threadRank(m.path, s.Name) == 0 {
			continue
		}
		img := s.image(m)
		if img == nil {
			continue
		}
		lib := Library{Path: s.path(m), Name: base(m.path), C: img.cLibrary(m.path), Functions: img.functions(names)}
		has := slices.ContainsFunc(lib.Functions, func(f Function) bool { return f.Name == "pthread_mutex_lock" })
		if has && threadRank(m.path, s.Name) > threadRank(best.Name, s.Name) {
			best = lib
		}
	}
	if best.Name == "" {
		return best, fmt.Errorf("process %d (%s) has no pthread_mutex_lock() to stop at: it is a static program without symbols, or of a language whose runtime has locks of its own, as Go", s.PID, s.Name)
	}
	return best, nil
}

func threadRank(path, program string) int {
	name := base(path)
	switch {
	case path == "" || name == ".":
		return 0
	case strings.HasPrefix(name, "libpthread"):
		return 3
	case isLibrary(model.Frame{Module: name}):
		return 2
	case name == program:
		return 1
	}
	return 0
}

// path is where the file of a mapping can be opened, in whatever root the
// process has, also when the file was deleted.
func (r *space) path(m mapping) string {
	p := filepath.Join(r.dir, "map_files", fmt.Sprintf("%x-%x", m.start, m.end))
	if _, err := os.Stat(p); err == nil {
		return p
	}
	return filepath.Join(r.dir, "root", m.path)
}

// library says what this package cannot see in programs that do not use the
// locks of glibc.
func (r *reader) library() {
	for _, m := range r.maps {
		if !m.exec || m.path == "" || m.path[0] != '/' {
			continue
		}
		switch name := base(m.path); {
		case strings.HasPrefix(name, "libc.so") || strings.HasPrefix(name, "libc-") || strings.HasPrefix(name, "libpthread"):
			return
		case strings.Contains(name, "musl"):
			r.note("owners of plain mutexes: the C library is musl, whose mutexes name their owner only if they are recursive or error-checking")
			return
		}
	}
	switch f, err := elf.Open(filepath.Join(r.dir, "exe")); {
	case err != nil:
	case f.Section(".gopclntab") != nil || f.Section(".go.buildinfo") != nil:
		r.note("locks of Go: its runtime parks goroutines on futexes that name nobody; a stack dump (SIGQUIT, or /debug/pprof/goroutine?debug=2) shows what they wait for")
		f.Close() //nolint:errcheck // opened for reading
	default:
		f.Close() //nolint:errcheck // opened for reading
	}
}

// cLibrary says which C library an image is or has in it.
func (i *image) cLibrary(path string) string {
	has := func(names ...string) bool {
		return slices.ContainsFunc(i.symbols, func(s elf.Symbol) bool { return slices.Contains(names, s.Name) })
	}
	switch {
	case strings.Contains(path, "musl") || has("__init_libc"):
		return "musl"
	case has("gnu_get_libc_version", "__lll_lock_wait", "__libc_early_init", "__pthread_mutex_lock_full"):
		return "glibc"
	case strings.HasPrefix(base(path), "libpthread"):
		return "glibc"
	}
	return ""
}

// functions finds functions by name. Versions of one name are all there, each
// once.
func (i *image) functions(names []string) []Function {
	var out []Function
	for _, s := range i.symbols {
		if elf.ST_TYPE(s.Info) != elf.STT_FUNC || !slices.Contains(names, s.Name) {
			continue
		}
		for _, p := range i.loads {
			if p.Flags&elf.PF_X != 0 && s.Value >= p.Vaddr && s.Value-p.Vaddr < p.Filesz {
				out = append(out, Function{s.Name, s.Value - p.Vaddr + p.Off})
			}
		}
	}
	slices.SortFunc(out, func(a, b Function) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.Offset, b.Offset))
	})
	return slices.Compact(out)
}
