package srccache

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func drop(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func folder(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

// aged makes a file look settled.
func aged(t *testing.T, paths ...string) {
	t.Helper()
	old := time.Now().Add(-time.Hour)
	for _, p := range paths {
		if err := os.Chtimes(p, old, old); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, path string, dir bool) srcfact.Read {
	t.Helper()
	r := srcfact.Read{Path: path, Dir: dir}
	r.Size, r.MTime = stat(&r)
	return r
}

// world is a folder with source, and a result that was made of it.
func world(t *testing.T) (Store, *Result, string) {
	t.Helper()
	src := t.TempDir()
	put(t, filepath.Join(src, "a.c"), "one")
	aged(t, filepath.Join(src, "a.c"), src)
	return Store{Dir: filepath.Join(t.TempDir(), "cache"), Max: 1 << 20}, &Result{
		Findings: []model.Finding{{Rule: "r", Title: "t", Locations: []model.Location{{File: "a.c", Excerpt: []string{"x"}}}}},
		Files:    []srcfact.File{{Path: "a.c"}}, Stats: map[string]int64{"files": 1},
		Reads: []srcfact.Read{read(t, src, true), read(t, filepath.Join(src, "a.c"), false), read(t, filepath.Join(src, ".config"), false)},
	}, src
}

func mustPut(t *testing.T, s Store, key string, r *Result) {
	t.Helper()
	if err := s.Put(key, r, time.Now()); err != nil {
		t.Fatal(err)
	}
}

func TestRoundTrip(t *testing.T) {
	s, r, _ := world(t)
	key := Key("a", "b")
	if key == Key("ab") || key == Key("a", "b", "") {
		t.Error("keys")
	}
	if _, ok := s.Get(key); ok {
		t.Error("found before it was put")
	}
	mustPut(t, s, key, r)
	got, ok := s.Get(key)
	if !ok || !reflect.DeepEqual(got, r) {
		t.Errorf("%v %+v", ok, got)
	}
	if _, ok := (Store{}).Get(key); ok {
		t.Error("no store")
	}
}

func TestChanges(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, src string)
		valid  bool
	}{
		{"edited", func(t *testing.T, src string) { put(t, src+"/a.c", "two") }, false},
		{"touched", func(t *testing.T, src string) { put(t, src+"/a.c", "one") }, true},
		{"deleted", func(t *testing.T, src string) { drop(t, src+"/a.c") }, false},
		{"new file", func(t *testing.T, src string) { put(t, src+"/b.c", "") }, false},
		{"built", func(t *testing.T, src string) { put(t, src+"/a.o", ""); put(t, src+"/.a.o.cmd", "") }, true},
		{"configured", func(t *testing.T, src string) { put(t, src+"/.config", "") }, false},
		{"folder now", func(t *testing.T, src string) { drop(t, src+"/a.c"); folder(t, src+"/a.c") }, false},
		{"gone", func(t *testing.T, src string) { drop(t, src) }, false},
	} {
		s, r, src := world(t)
		mustPut(t, s, "k", r)
		tt.change(t, src)
		if _, ok := s.Get("k"); ok != tt.valid {
			t.Errorf("%s: valid %v", tt.name, ok)
		}
	}
}

func TestNotKept(t *testing.T) {
	for name, spoil := range map[string]func(r *Result, file string){
		"fresh":   func(r *Result, file string) { put(t, file, "new"); r.Reads[1] = read(t, file, false) },
		"changed": func(_ *Result, file string) { put(t, file, "later"); aged(t, file) },
		"nothing": func(r *Result, _ string) { r.Reads = nil },
	} {
		s, r, src := world(t)
		spoil(r, filepath.Join(src, "a.c"))
		mustPut(t, s, "k", r)
		if _, ok := s.Get("k"); ok {
			t.Error(name)
		}
	}
}

func TestDamaged(t *testing.T) {
	s, r, _ := world(t)
	mustPut(t, s, "k", r)
	whole, err := os.ReadFile(s.path("k"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		b := append([]byte{}, whole...)
		b[i*len(b)/40] ^= 0x55
		put(t, s.path("k"), string(b))
		if _, ok := s.Get("k"); ok {
			t.Errorf("byte %d", i*len(b)/40)
		}
		put(t, s.path("k"), string(whole[:i*len(whole)/40]))
		if _, ok := s.Get("k"); ok {
			t.Errorf("cut at %d", i*len(whole)/40)
		}
	}
	mustPut(t, s, "k", r)
	if _, ok := s.Get("k"); !ok {
		t.Error("not replaced")
	}
}

func TestTrimAndParallel(t *testing.T) {
	s, r, _ := world(t)
	mustPut(t, s, "first", r)
	info, err := os.Stat(s.path("first"))
	if err != nil {
		t.Fatal(err)
	}
	s.Max = info.Size()*3 + 10
	aged(t, s.path("first"))
	put(t, filepath.Join(s.Dir, "left.tmp"), "x")
	put(t, filepath.Join(s.Dir, "keep.txt"), strings.Repeat("x", 1<<16))
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(filepath.Join(s.Dir, "left.tmp"), old, old); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if err := s.Put(fmt.Sprint("k", i%4), r, time.Now()); err != nil {
				t.Error(err)
			}
			s.Get(fmt.Sprint("k", i%4))
		})
	}
	wg.Wait()
	list, err := os.ReadDir(s.Dir)
	if err != nil || len(list) != 4 { // three entries and keep.txt
		t.Errorf("%v %v", list, err)
	}
	if _, ok := s.Get("first"); ok {
		t.Error("the oldest is still there")
	}
}

func TestCannotWrite(t *testing.T) {
	_, r, src := world(t)
	s := Store{Dir: filepath.Join(src, "a.c", "below a file")}
	if err := s.Put("k", r, time.Now()); err == nil {
		t.Error("no error")
	}
}
