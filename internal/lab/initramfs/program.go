package initramfs

import (
	"bufio"
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// AddProgram puts an executable of the host at the path guest, together with
// what it needs to start: its dynamic loader and libraries, or the interpreter
// of a script, each at the path that it has on the host.
func (m *Image) AddProgram(guest, host string) error {
	m.Add(guest, host)
	return m.addNeeds(host, map[string]bool{})
}

func (m *Image) addNeeds(host string, seen map[string]bool) error {
	if seen[host] {
		return nil
	}
	seen[host] = true
	f, err := os.Open(host)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // opened for reading
	line, _ := bufio.NewReaderSize(f, 256).ReadSlice('\n')
	if rest, ok := bytes.CutPrefix(line, []byte("#!")); ok {
		words := strings.Fields(string(rest))
		if len(words) == 0 {
			return fmt.Errorf("%s: a script without interpreter", host)
		}
		m.Add(words[0], words[0])
		return m.addNeeds(words[0], seen)
	}
	e, err := elf.NewFile(f)
	if err != nil {
		return fmt.Errorf("%s: neither a script nor an ELF program: %w", host, err)
	}
	return m.addLibraries(host, e, seen)
}

func (m *Image) addLibraries(host string, e *elf.File, seen map[string]bool) error {
	loader, err := interpreter(e)
	if err != nil {
		return fmt.Errorf("%s: %w", host, err)
	}
	if loader != "" {
		m.Add(loader, loader)
	}
	libs, err := e.ImportedLibraries()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return fmt.Errorf("%s: %w", host, err)
	}
	for _, lib := range libs {
		path := findLibrary(host, e, lib)
		if path == "" {
			return fmt.Errorf("%s: it needs the library %s, which is not installed", host, lib)
		}
		m.Add(path, path)
		if err := m.addNeeds(path, seen); err != nil {
			return err
		}
	}
	return nil
}

func interpreter(e *elf.File) (string, error) {
	for _, p := range e.Progs {
		if p.Type == elf.PT_INTERP {
			b, err := io.ReadAll(io.LimitReader(p.Open(), 4096))
			return strings.TrimRight(string(b), "\x00"), err
		}
	}
	return "", nil
}

// findLibrary looks where the dynamic loader would: the library's own search
// path first, then the system's (ld.so(8), without /etc/ld.so.cache).
func findLibrary(host string, e *elf.File, lib string) string {
	var dirs []string
	for _, tag := range []elf.DynTag{elf.DT_RPATH, elf.DT_RUNPATH} {
		paths, _ := e.DynString(tag) // a static program has none
		for _, p := range paths {
			for _, d := range filepath.SplitList(p) {
				dirs = append(dirs, strings.ReplaceAll(d, "$ORIGIN", filepath.Dir(host)))
			}
		}
	}
	dirs = append(dirs, "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib")
	for _, d := range dirs {
		p := filepath.Join(d, lib)
		if st, err := os.Stat(p); err == nil && st.Mode().IsRegular() {
			return p
		}
	}
	return ""
}
