// Package kmod reads kernel module files and finds the modules of a kernel,
// without depmod: what a module needs stands in the module.
package kmod

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/therootcompany/xz"
)

// maxModule bounds the size of a module file, decompressed.
const maxModule = 256 << 20

// Info is what the .modinfo section of a module says (include/linux/moduleinfo.h).
type Info struct {
	Name     string // as rmmod takes it
	Vermagic string // "6.1.0 SMP preempt mod_unload modversions "
	Depends  []string
	Params   []string
}

// Release is the kernel release that the module was built for.
func (i Info) Release() string {
	r, _, _ := strings.Cut(i.Vermagic, " ")
	return r
}

// Load reads a module file, decompressed, and what it says of itself.
func Load(path string) ([]byte, Info, error) {
	b, err := read(path)
	if err != nil {
		return nil, Info{}, fmt.Errorf("module %s: %w", path, err)
	}
	info, err := parse(b)
	if err != nil {
		return nil, Info{}, fmt.Errorf("module %s: %w", path, err)
	}
	if info.Name == "" { // up to 4.12
		info.Name = nameOf(path)
	}
	return b, info, nil
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // opened for reading
	var r io.Reader = f
	switch filepath.Ext(path) {
	case ".xz":
		r, err = xz.NewReader(f, 64<<20)
	case ".gz":
		r, err = gzip.NewReader(f)
	case ".zst":
		var z *zstd.Decoder
		if z, err = zstd.NewReader(f, zstd.WithDecoderConcurrency(1)); err == nil {
			defer z.Close()
			r = z
		}
	}
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(r, maxModule+1))
	if err == nil && len(b) > maxModule {
		err = fmt.Errorf("larger than %d MiB", maxModule>>20)
	}
	return b, err
}

func parse(b []byte) (Info, error) {
	var info Info
	e, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		return info, fmt.Errorf("this is no kernel module: %w", err)
	}
	s := e.Section(".modinfo")
	if s == nil || e.Type != elf.ET_REL {
		return info, errors.New("this is no kernel module: it has no .modinfo")
	}
	text, err := s.Data()
	if err != nil {
		return info, fmt.Errorf(".modinfo: %w", err)
	}
	for _, line := range strings.Split(string(text), "\x00") {
		key, value, _ := strings.Cut(line, "=")
		switch key {
		case "name":
			info.Name = value
		case "vermagic":
			info.Vermagic = value
		case "depends":
			info.Depends = strings.FieldsFunc(value, func(r rune) bool { return r == ',' })
		case "parmtype":
			name, _, _ := strings.Cut(value, ":")
			info.Params = append(info.Params, name)
		}
	}
	return info, nil
}

// nameOf is the name of the module in a file: the kernel knows no dashes.
func nameOf(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".ko")
	return strings.ReplaceAll(name, "-", "_")
}
