package initramfs

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// unpack reads newc as usr/gen_init_cpio.c and init/initramfs.c understand it.
func unpack(t *testing.T, b []byte) map[string]string {
	t.Helper()
	out := map[string]string{}
	for {
		if len(b) < 110 || string(b[:6]) != "070701" {
			t.Fatalf("no header in the %d bytes that are left", len(b))
		}
		field := func(i int) int {
			n, err := strconv.ParseUint(string(b[6+8*i:14+8*i]), 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
		mode, size, nameLen := field(1), field(6), field(11)
		name := string(b[110 : 110+nameLen-1])
		at := (110 + nameLen + 3) &^ 3
		if name == "TRAILER!!!" {
			if at != len(b) {
				t.Errorf("%d bytes behind the trailer", len(b)-at)
			}
			return out
		}
		if _, twice := out[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		dir := filepath.Dir(name)
		if _, ok := out[dir]; dir != "." && !ok {
			t.Errorf("%s comes before its folder", name)
		}
		out[name] = fmt.Sprintf("%o %d.%d %s", mode, field(9), field(10), b[at:at+size])
		b = b[(at+size+3)&^3:]
	}
}

func TestImage(t *testing.T) {
	dir := t.TempDir()
	host := filepath.Join(dir, "host")
	if err := os.WriteFile(host, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	m := New()
	m.Add("/usr/lib/x/file", host)
	m.AddData("/spec.json", []byte("{}"))
	m.AddData("/usr/lib/empty", nil)
	m.Link("/sbin/insmod", "/init")
	f, err := m.Memory()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it is memory
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	got := unpack(t, b)
	for name, want := range map[string]string{
		"usr/lib/x/file": "100755 0.0 12345", "spec.json": "100755 0.0 {}", "usr/lib/empty": "100755 0.0 ",
		"sbin/insmod": "120777 0.0 /init", "dev/console": "20600 5.1 ", "usr/lib": "40755 0.0 ", "proc": "40755 0.0 ",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	var again bytes.Buffer
	if err := m.write(&again); err != nil || !bytes.Equal(b, again.Bytes()) {
		t.Errorf("the same image gave other bytes (%v)", err)
	}
}

func TestImageRefuses(t *testing.T) {
	for name, host := range map[string]string{"missing": filepath.Join(t.TempDir(), "no"), "folder": t.TempDir(), "device": "/dev/null"} {
		m := New()
		m.Add("/x", host)
		if err := m.write(io.Discard); err == nil || !strings.Contains(err.Error(), host) {
			t.Errorf("%s: %v, want an error that names it", name, err)
		}
	}
}

func TestProgram(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte("#! /bin/sh -e\ntrue\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	m := New()
	if err := m.AddProgram("/run-me", script); err != nil {
		t.Fatal(err)
	}
	if m.host["/run-me"] != script || m.host["/bin/sh"] != "/bin/sh" {
		t.Errorf("a script without its interpreter: %v", m.host)
	}
	libc := false
	for guest, host := range m.host {
		libc = libc || strings.HasPrefix(filepath.Base(guest), "libc.so") && guest == host
	}
	if !libc { // busybox in its static form has none
		t.Logf("no C library for /bin/sh: %v", m.host)
	}
	if err := os.WriteFile(script, []byte("just text\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := New().AddProgram("/x", script); err == nil || !strings.Contains(err.Error(), "neither a script nor an ELF program") {
		t.Errorf("text as a program: %v", err)
	}
}
