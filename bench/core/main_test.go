package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGrow(t *testing.T) {
	le := binary.LittleEndian
	b := make([]byte, 4096+8192)
	le.PutUint64(b[32:], 64) // e_phoff
	le.PutUint16(b[56:], 2)
	for i, pa := range []uint64{0x5000, 0x1000} { // the first is the highest, and the last in the file
		p := b[64+56*i:]
		le.PutUint64(p[8:], uint64(8192-4096*i))
		le.PutUint64(p[24:], pa)
		le.PutUint64(p[32:], 4096)
	}
	dir := t.TempDir()
	from, to := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	if err := os.WriteFile(from, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := grow(from, to, 1<<20); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1<<20 || le.Uint64(got[64+32:]) != 1<<20-8192 || le.Uint64(got[64+56+32:]) != 4096 {
		t.Errorf("%d bytes, segments of %d and %d", len(got), le.Uint64(got[64+32:]), le.Uint64(got[64+56+32:]))
	}
}

func TestNoDump(t *testing.T) {
	var out strings.Builder
	if err := run(&out, "gordian", nil, ""); err != nil || !strings.Contains(out.String(), "DUMP names one") {
		t.Errorf("%v: %s", err, out.String())
	}
}
