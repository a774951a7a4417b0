package kbuild

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Bounds of what is copied: a driver, not a home directory by mistake.
const (
	maxFiles = 20_000
	maxBytes = 256 << 20
)

// copySource copies dir to to, without what earlier builds left. Headers beside
// dir, and a folder "include" there, are linked beside the copy: drivers
// include ../common.h.
func copySource(dir, to string) error {
	st, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !st.IsDir() {
		return errors.New("that is no folder with module source")
	}
	files, bytes := 0, int64(0)
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if rel != "." && strings.HasPrefix(d.Name(), ".") {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, rel), 0o777)
		}
		if built(d.Name()) {
			return nil
		}
		st, err := os.Stat(p) // follows links: what they lead to is what is compiled
		if err != nil || !st.Mode().IsRegular() {
			return nil //nolint:nilerr // a dangling link or a socket is nothing that compiles
		}
		if files, bytes = files+1, bytes+st.Size(); files > maxFiles || bytes > maxBytes {
			return fmt.Errorf("it holds more than %d files or %d MB: name the folder of the module", maxFiles, maxBytes>>20)
		}
		return copyFile(p, filepath.Join(to, rel), st)
	})
	if err != nil {
		return err
	}
	return linkNeighbours(filepath.Dir(dir), filepath.Dir(to))
}

// built knows what kbuild leaves behind. Old objects would be linked in as new.
func built(name string) bool {
	switch name {
	case "Module.symvers", "modules.order", "compile_commands.json":
		return true
	}
	if strings.HasPrefix(name, ".") {
		return true // .x.o.cmd, .tmp_versions, and an editor's files
	}
	return slices.Contains([]string{".o", ".ko", ".mod", ".cmd"}, filepath.Ext(name)) || strings.HasSuffix(name, ".mod.c")
}

func copyFile(from, to string, st fs.FileInfo) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // opened for reading
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666|st.Mode()&0o111)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close() //nolint:errcheck // the error of the copy is the one to tell
		return err
	}
	return out.Close()
}

func linkNeighbours(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return nil //nolint:nilerr // only the module's own folder must be readable
	}
	for _, e := range entries {
		if !e.IsDir() && filepath.Ext(e.Name()) != ".h" || e.IsDir() && e.Name() != "include" {
			continue
		}
		err := os.Symlink(filepath.Join(from, e.Name()), filepath.Join(to, e.Name()))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// makefile writes one where the source has none.
func makefile(dir string) error {
	for _, name := range []string{"Kbuild", "Makefile"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return nil
		}
	}
	sources, err := filepath.Glob(filepath.Join(dir, "*.c"))
	if err != nil || len(sources) == 0 {
		return errors.New("neither a Kbuild or Makefile nor a .c file is there")
	}
	text := "obj-m :="
	for _, s := range sources {
		text += " " + strings.TrimSuffix(filepath.Base(s), ".c") + ".o"
	}
	return os.WriteFile(filepath.Join(dir, "Kbuild"), []byte(text+"\n"), 0o666)
}
