package guest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNotInside(t *testing.T) {
	if Inside() {
		t.Error("this test takes itself for init")
	}
}

func TestLines(t *testing.T) {
	var got []string
	l := lines{send: func(s string) { got = append(got, s) }}
	for _, piece := range []string{"a", "b\n\nc", strings.Repeat("x", maxLine+10), "\nend"} {
		if n, err := l.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	l.flush()
	want := []string{"ab", "", "c" + strings.Repeat("x", maxLine-1), strings.Repeat("x", 11), "end"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%q", got)
	}
}

func TestStateOfATaskWithAnyName(t *testing.T) {
	for _, tt := range []struct{ text, head, tail string }{
		{"12 (x) D 2 0", "12 (x", "D 2 0"},
		{"12 (a) D (b) S 2 0", "12 (a) D (b", "S 2 0"},
	} {
		head, tail, ok := cutLast(tt.text, ") ")
		if !ok || head != tt.head || tail != tt.tail {
			t.Errorf("%s: %q %q", tt.text, head, tail)
		}
	}
	if _, _, ok := cutLast("x", ") "); ok {
		t.Error("found what is not there")
	}
}

func TestReadText(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, make([]byte, maxRead+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readText(name); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a huge file: %v", err)
	}
	if text, err := readText("/proc/self/comm"); err != nil || text == "" {
		t.Errorf("a file of size 0: %q, %v", text, err)
	}
}
