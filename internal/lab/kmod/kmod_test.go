package kmod

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// object is a relocatable ELF file with nothing in it but .modinfo.
func object(t testing.TB, info ...string) []byte {
	t.Helper()
	text := strings.Join(info, "\x00") + "\x00"
	names := "\x00.modinfo\x00.shstrtab\x00"
	var b bytes.Buffer
	put := func(v any) {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	h := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_REL), Machine: uint16(elf.EM_X86_64), Version: 1, Ehsize: 64,
		Shentsize: 64, Shnum: 3, Shstrndx: 2, Shoff: 64 + uint64(len(text)+len(names)),
	}
	put(h)
	b.WriteString(text + names)
	put(elf.Section64{})
	put(elf.Section64{Name: 1, Type: uint32(elf.SHT_PROGBITS), Off: 64, Size: uint64(len(text))})
	put(elf.Section64{Name: 10, Type: uint32(elf.SHT_STRTAB), Off: 64 + uint64(len(text)), Size: uint64(len(names))})
	return b.Bytes()
}

const magic = "vermagic=6.1.0-9-amd64 SMP preempt mod_unload modversions "

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	plain := object(t, "name=foo_bar", magic, "depends=a,b", "parmtype=mode:int", "license=GPL")
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "foo-bar.ko"), plain)
	write(t, filepath.Join(dir, "foo-bar.ko.zst"), z.EncodeAll(plain, nil))
	for _, name := range []string{"foo-bar.ko", "foo-bar.ko.zst"} {
		b, info, err := Load(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want := Info{Name: "foo_bar", Vermagic: strings.TrimPrefix(magic, "vermagic="), Depends: []string{"a", "b"}, Params: []string{"mode"}}
		if !reflect.DeepEqual(info, want) || !bytes.Equal(b, plain) {
			t.Errorf("%s: %+v, want %+v", name, info, want)
		}
		if info.Release() != "6.1.0-9-amd64" {
			t.Errorf("release %q", info.Release())
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	good := object(t, "name=x", magic)
	for name, b := range map[string][]byte{
		"text.ko": []byte("#!/bin/sh\n"), "empty.ko": nil, "cut.ko": good[:len(good)-70], "bad.ko.xz": good, "bad.ko.zst": good, "bad.ko.gz": good,
	} {
		write(t, filepath.Join(dir, name), b)
		if _, _, err := Load(filepath.Join(dir, name)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v, want an error that names it", name, err)
		}
	}
}

func TestNeeds(t *testing.T) {
	dir := t.TempDir()
	for name, deps := range map[string]string{"ring": "", "core-bus": "ring", "pci": "core_bus,ring", "loop1": "loop2", "loop2": "loop1"} {
		write(t, filepath.Join(dir, "drivers", name+".ko"), object(t, "name="+strings.ReplaceAll(name, "-", "_"), magic, "depends="+deps))
	}
	tree := Tree{Dirs: []string{dir}}
	base := func(paths []string) string {
		var out []string
		for _, p := range paths {
			out = append(out, filepath.Base(p))
		}
		return strings.Join(out, " ")
	}
	for _, tt := range []struct{ dep, want string }{
		{"pci", "ring.ko core-bus.ko pci.ko"},
		{"core-bus", "ring.ko core-bus.ko"},
		{"loop1", "loop2.ko loop1.ko"},
	} {
		got, err := tree.Needs(Info{Name: "top", Depends: []string{tt.dep}})
		if err != nil || base(got) != tt.want {
			t.Errorf("%s: %s, %v, want %s", tt.dep, base(got), err, tt.want)
		}
	}
	if _, err := tree.Needs(Info{Name: "top", Depends: []string{"nowhere"}}); err == nil || !strings.Contains(err.Error(), "top needs nowhere") {
		t.Errorf("a module that is missing: %v", err)
	}
	if n := len(tree.Some()); n != 5 {
		t.Errorf("%d modules", n)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(object(f, "name=x", magic, "depends=a,b"))
	f.Add([]byte("\x7fELF"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = parse(b) // must neither panic nor hang
	})
}
