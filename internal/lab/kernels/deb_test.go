package kernels

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
)

type entry struct {
	name, text, link string
	hard             bool
}

func tarball(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: 0o644, Typeflag: tar.TypeReg, Size: int64(len(e.text)), Linkname: e.link}
		switch {
		case e.hard:
			h.Typeflag = tar.TypeLink
		case e.link != "":
			h.Typeflag = tar.TypeSymlink
		case strings.HasSuffix(e.name, "/"):
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func xzed(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// deb is a package as dpkg-deb makes it.
func deb(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	for _, m := range []struct {
		name string
		data []byte
	}{{"debian-binary", []byte("2.0\n")}, {"control.tar.xz", []byte("odd")}, {"data.tar.xz", xzed(t, tarball(t, entries...))}} {
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", m.name, 0, 0, 0, "100644", len(m.data))
		b.Write(m.data)
		if len(m.data)%2 == 1 {
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}

const rel = "6.1.0-1-amd64"

func goodEntries() []entry {
	return []entry{
		{name: "./"}, {name: "./boot/"}, {name: "./boot/vmlinuz-" + rel, text: "image"}, {name: "./boot/config-" + rel, text: "CONFIG_SMP=y"},
		{name: "./lib/modules/" + rel + "/kernel/a.ko", text: "a"},
		{name: "./lib/modules/" + rel + "/kernel/b.ko", link: "./lib/modules/" + rel + "/kernel/a.ko", hard: true},
		{name: "./lib/modules/" + rel + "/build", link: "/usr/src/linux-headers"},
		{name: "./usr/share/doc/x", text: "no part of it"},
	}
}

func TestUnpackDeb(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.deb")
	write(t, file, string(deb(t, goodEntries()...)))
	dir := t.TempDir()
	if err := unpackDeb(file, dir); err != nil {
		t.Fatal(err)
	}
	k, err := describeStock(dir, rel)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{k.Image: "image", k.Config: "CONFIG_SMP=y", k.ModulesDir + "/kernel/b.ko": "a"} {
		if b, err := os.ReadFile(filepath.Join(dir, path)); err != nil || string(b) != want {
			t.Errorf("%s: %q, %v", path, b, err)
		}
	}
	for _, path := range []string{"usr", k.ModulesDir + "/build"} {
		if _, err := os.Lstat(filepath.Join(dir, path)); err == nil {
			t.Errorf("%s was unpacked", path)
		}
	}
}

// TestHostilePackages: nothing is written outside, and damage is told.
func TestHostilePackages(t *testing.T) {
	outside := t.TempDir()
	good := deb(t, goodEntries()...)
	tests := map[string][]byte{
		"through a link": deb(t, entry{name: "./boot/out", link: outside}, entry{name: "./boot/out/x", text: "x"}),
		"dots":           deb(t, entry{name: "./boot/../../" + filepath.Base(outside) + "/x", text: "x"}, entry{name: "./boot/x", text: "1"}, entry{name: "./boot/x", text: "2"}),
		"link to outside": deb(t, entry{name: "./lib/modules/x", link: "../../../../../../../.." + outside},
			entry{name: "./lib/modules/x/y", text: "y"}),
		"cut":        good[:len(good)/2],
		"no deb":     []byte("PK\x03\x04"),
		"empty":      nil,
		"no data":    good[:8+60+4],
		"bad header": append([]byte("!<arch>\n"), bytes.Repeat([]byte("x"), 200)...),
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "x.deb")
			write(t, file, string(data))
			if err := unpackDeb(file, filepath.Join(t.TempDir(), "in")); err == nil {
				t.Error("no error")
			}
			if left, err := os.ReadDir(outside); err != nil || len(left) > 0 {
				t.Errorf("written outside: %v, %v", left, err)
			}
		})
	}
}

func FuzzDeb(f *testing.F) {
	f.Add(deb(f, goodEntries()...))
	f.Add([]byte("!<arch>\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := debData(bytes.NewReader(data))
		if err == nil {
			_ = untar(r, t.TempDir(), kernelPart) // any error will do, a panic will not
		}
	})
}

func TestAbiOnly(t *testing.T) {
	for s, want := range map[string]bool{"6.1.0-56-": true, "6.12.117+deb12-": true, "6.12-": true, "6.1.0-56-rt-": false, "6.1.0-56": false, "": false} {
		if abiOnly(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}
