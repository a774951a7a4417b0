package tree

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"gordian/internal/csource/cast"
)

// plant writes files, given as "path: text", into a new folder. A text that
// starts with "-> " makes a link.
func plant(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		name, text, _ := strings.Cut(f, ": ")
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if to, ok := strings.CutPrefix(text, "-> "); ok {
			err = os.Symlink(to, p)
		} else {
			err = os.WriteFile(p, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func plantFile(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// kernelFiles make a folder a kernel tree.
func kernelFiles(more ...string) []string {
	return append([]string{
		"Kbuild: ", "Makefile: ", "include/linux/types.h: typedef unsigned int u32;",
		"drivers/a/a.c: #include <linux/types.h>\n#include \"a.h\"\n",
		"drivers/a/a.h: struct a { u32 x; };\n",
		"drivers/a/b.c: int b;\n",
		"tools/t.c: int t;\n", "scripts/s.c: int s;\n", "Documentation/d.c: int d;\n", "samples/p.c: int p;\n",
		".git/g.c: int g;\n",
	}, more...)
}

// seen is what Each visits and notes.
type seen struct {
	tree  *Tree
	files []string // path, with "+h" for headers and "-" for context
	notes []string
	texts map[string]string
}

func walk(t *testing.T, o Options) seen {
	t.Helper()
	tr, err := Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	s := seen{tree: tr, texts: make(map[string]string)}
	var mu sync.Mutex
	err = tr.Each(t.Context(), lockNames, func(_ int, src *Source, _ int, f *cast.File) error {
		mu.Lock()
		defer mu.Unlock()
		name := src.Path
		switch {
		case src.Header:
			name += "+h"
		case !src.Check:
			name += "-"
		}
		s.files = append(s.files, name)
		s.texts[src.Path] = f.Text
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(s.files)
	for _, n := range tr.Notes() {
		s.notes = append(s.notes, n.File+": "+n.Reason)
	}
	return s
}

func (s seen) want(t *testing.T, headers int, files ...string) {
	t.Helper()
	if !slices.Equal(s.files, files) {
		t.Errorf("visited %v, want %v", s.files, files)
	}
	if got := s.tree.Headers(); got != headers {
		t.Errorf("%d headers, want %d", got, headers)
	}
}

func TestPaths(t *testing.T) {
	root := plant(t, kernelFiles()...)
	in := func(names ...string) []string {
		for i, n := range names {
			names[i] = filepath.Join(root, n)
		}
		return names
	}
	tests := []struct {
		name    string
		o       Options
		headers int
		files   []string
	}{
		{"one file, root found", Options{Paths: in("drivers/a/a.c")}, 2, []string{"drivers/a/a.c"}},
		{"a folder", Options{Paths: in("drivers")}, 2, []string{"drivers/a/a.c", "drivers/a/b.c"}},
		{"the whole tree, without its programs", Options{Paths: in("")}, 2, []string{"drivers/a/a.c", "drivers/a/b.c", "samples/p.c"}},
		{"a folder of programs, asked for", Options{Paths: in("tools")}, 0, []string{"tools/t.c"}},
		{"named twice", Options{Paths: in("drivers/a", "drivers/a/a.c", "drivers/a/../a/b.c")}, 2, []string{"drivers/a/a.c", "drivers/a/b.c"}},
		{"below the root", Options{Root: root, Paths: []string{"drivers/a/b.c"}}, 0, []string{"drivers/a/b.c"}},
		{"with neighbours", Options{Paths: in("drivers/a/a.c"), Neighbours: true}, 2, []string{"drivers/a/a.c", "drivers/a/b.c-"}},
		{"a header, asked for", Options{Paths: in("drivers/a/a.h")}, 0, []string{"drivers/a/a.h"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := walk(t, tt.o)
			s.want(t, tt.headers, tt.files...)
			if len(s.notes) > 0 || s.tree.Root != root {
				t.Errorf("root %q, notes %v", s.tree.Root, s.notes)
			}
		})
	}
}

func TestWithoutRoot(t *testing.T) {
	root := plant(t, kernelFiles()...)
	s := walk(t, Options{Paths: []string{filepath.Join(root, "drivers/a/a.c")}, NoRoot: true})
	s.want(t, 1, filepath.ToSlash(filepath.Join(root, "drivers/a/a.c")))
	if s.tree.Root != "" || len(s.notes) > 0 {
		t.Errorf("root %q, notes %v", s.tree.Root, s.notes)
	}
	t.Chdir(filepath.Join(root, "drivers"))
	walk(t, Options{Paths: []string{"a/a.c"}, NoRoot: true}).want(t, 1, "a/a.c")
	walk(t, Options{Paths: []string{"a/a.c"}}).want(t, 2, "drivers/a/a.c")
}

func TestRefused(t *testing.T) {
	root := plant(t, kernelFiles()...)
	file := filepath.Join(root, "drivers/a/a.c")
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"no such path", Options{Paths: []string{filepath.Join(root, "nope.c")}}, "no such file"},
		{"no such root", Options{Paths: []string{file}, Root: filepath.Join(root, "nope")}, "no such file"},
		{"root is a file", Options{Paths: []string{file}, Root: file}, "not a folder"},
		{"no such overlay", Options{Paths: []string{file}, Overlay: filepath.Join(root, "nope")}, "no such file"},
		{"overlay over nothing", Options{Paths: []string{file}, NoRoot: true, Overlay: root}, "needs a kernel tree"},
		{"no such config", Options{Paths: []string{file}, Config: filepath.Join(root, "nope")}, "no such file"},
	}
	for _, tt := range tests {
		if _, err := Load(t.Context(), tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestOverlay(t *testing.T) {
	root := plant(t, kernelFiles()...)
	over := plant(t, "drivers/a/a.c: int changed;\n#include \"new.h\"\n", "drivers/a/new.h: int n;\n",
		"drivers/a/more.c: int more;\n", "drivers/n/n.c: int n;\n", "other/o.c: int o;\n")
	file := filepath.Join(root, "drivers/a/a.c")
	for _, p := range []string{file, filepath.Join(over, "drivers/a/a.c"), "drivers/a/a.c"} {
		s := walk(t, Options{Root: root, Overlay: over, Paths: []string{p}})
		s.want(t, 1, "drivers/a/a.c")
		if got := s.texts["drivers/a/a.c"]; !strings.Contains(got, "changed") {
			t.Errorf("%s: read %q", p, got)
		}
		if got := s.tree.Sources[0].Read; got != filepath.Join(over, "drivers/a/a.c") {
			t.Errorf("%s: read from %s", p, got)
		}
	}
	walk(t, Options{Root: root, Overlay: over, Paths: []string{filepath.Join(root, "drivers")}}).
		want(t, 1, "drivers/a/a.c", "drivers/a/b.c", "drivers/a/more.c", "drivers/n/n.c")
	walk(t, Options{Root: root, Overlay: over, Paths: []string{filepath.Join(root, "drivers/n")}}).want(t, 0, "drivers/n/n.c")
}

func TestHeaders(t *testing.T) {
	root := plant(t, kernelFiles(
		"drivers/h/loop.c: #include \"one.h\"\n",
		"drivers/h/one.h: #include \"two.h\"\n", "drivers/h/two.h: #include \"one.h\"\n",
		"drivers/h/missing.c: #include \"gone.h\"\n#include <linux/gone.h>\n#include MACRO\n#include \"\n#include\n",
		"drivers/h/asm.c: #include <asm/x.h>\n#include <asm/gen.h>\n",
		"arch/x86/include/asm/x.h: ", "include/asm-generic/gen.h: ", "include/asm-generic/x.h: ",
		"arch/arm/a.c: #include <asm/x.h>\n", "arch/arm/include/asm/x.h: ",
		"drivers/h/Makefile: ccflags-y := -Wall -I $(src)/inc -I$(srctree)/drivers/a\nobj-y += x.o # -I$(call foo,-Ibar) -I",
		"drivers/h/make.c: #include \"inc.h\"\n#include \"a.h\"\n#include <angle.h>\n",
		"drivers/h/inc/inc.h: ", "drivers/h/inc/angle.h: ",
		"drivers/h/deep/er/name.c: #include \"far/far.h\"\n", "drivers/h/lib/x/far/far.h: ", "drivers/h/lib/x/near/far.h: ",
		"drivers/h/uses.c: #include \"../a/b.c\"\n",
		"drivers/h/flag.c: #include \"flag.h\"\n", "extra/flag.h: ",
		"drivers/h/dir.c: #include \"lib\"\n",
	)...)
	tests := []struct {
		file    string
		headers []string
		notes   int
	}{
		{"drivers/h/loop.c", []string{"drivers/h/one.h", "drivers/h/two.h"}, 0},
		{"drivers/h/missing.c", nil, 1},
		{"drivers/h/asm.c", []string{"arch/x86/include/asm/x.h", "include/asm-generic/gen.h"}, 0},
		{"arch/arm/a.c", []string{"arch/arm/include/asm/x.h"}, 0},
		{"drivers/h/make.c", []string{"drivers/a/a.h", "drivers/h/inc/angle.h", "drivers/h/inc/inc.h"}, 0},
		{"drivers/h/deep/er/name.c", []string{"drivers/h/lib/x/far/far.h"}, 0},
		{"drivers/h/uses.c", []string{"drivers/a/b.c"}, 0},
		{"drivers/h/flag.c", []string{"extra/flag.h"}, 0},
		{"drivers/h/dir.c", []string{"drivers/h/lib"}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			tr, err := Load(t.Context(), Options{
				Root: root, Paths: []string{filepath.Join(root, tt.file)}, Includes: []string{filepath.Join(root, "extra")}, Jobs: 3,
			})
			if err != nil {
				t.Fatal(err)
			}
			r := newReader(t.Context(), tr, lockNames, nil)
			if err := r.readHeaders(); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, h := range r.headers {
				got = append(got, h.source.Path)
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.headers) {
				t.Errorf("headers %v, want %v", got, tt.headers)
			}
			if n := tr.Notes(); len(n) != tt.notes {
				t.Errorf("notes %v, want %d", n, tt.notes)
			}
		})
	}
}

func TestUnusableFiles(t *testing.T) {
	root := plant(t, kernelFiles(
		"drivers/u/binary.c: \x7fELF\x00\x01", "drivers/u/empty.c: ", "drivers/u/bad.c: -> nowhere.c",
		"drivers/u/dir.c/x.c: int x;\n", "drivers/u/loop: -> ../u", "drivers/u/linked.c: -> ../a/b.c",
	)...)
	plantFile(t, root, "drivers/u/huge.c", "")
	if err := os.Truncate(filepath.Join(root, "drivers/u/huge.c"), maxFile+1); err != nil {
		t.Fatal(err)
	}
	want := []string{"drivers/u/bad.c: a link that leads nowhere", "drivers/u/binary.c: binary file", "drivers/u/huge.c: larger than 64 MB"}
	if os.Getuid() != 0 { // root may read everything
		secret := filepath.Join(root, "drivers/u/secret.c")
		if err := os.WriteFile(secret, nil, 0); err != nil {
			t.Fatal(err)
		}
		want = append(want, "drivers/u/secret.c: permission denied")
	}
	s := walk(t, Options{Paths: []string{filepath.Join(root, "drivers/u")}})
	s.want(t, 0, "drivers/u/dir.c/x.c", "drivers/u/empty.c", "drivers/u/linked.c")
	if !slices.Equal(s.notes, want) {
		t.Errorf("notes %q, want %q", s.notes, want)
	}
	// The folder through a link, and a link that leads to itself.
	s = walk(t, Options{Paths: []string{filepath.Join(root, "drivers/u/loop/dir.c")}})
	s.want(t, 0, "drivers/u/loop/dir.c/x.c")
	if err := os.Symlink("self", filepath.Join(root, "self")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(t.Context(), Options{Paths: []string{filepath.Join(root, "self")}}); err == nil {
		t.Error("a link to itself was taken")
	}
}

func TestStopping(t *testing.T) {
	root := plant(t, kernelFiles()...)
	ctx, cancel := context.WithCancel(t.Context())
	tr, err := Load(ctx, Options{Paths: []string{root}, Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	visits := 0
	err = tr.Each(ctx, lockNames, func(int, *Source, int, *cast.File) error { visits++; return boom })
	if !errors.Is(err, boom) || visits != 1 {
		t.Errorf("after an error: %v, %d visits", err, visits)
	}
	if tr, err = Load(ctx, Options{Paths: []string{root}, Jobs: 1}); err != nil {
		t.Fatal(err)
	}
	visits = 0
	err = tr.Each(ctx, lockNames, func(int, *Source, int, *cast.File) error { visits++; cancel(); return nil })
	if !errors.Is(err, context.Canceled) || visits != 1 {
		t.Errorf("after a cancel: %v, %d visits", err, visits)
	}
	if _, err = Load(ctx, Options{Paths: []string{root}}); !errors.Is(err, context.Canceled) {
		t.Errorf("Load after a cancel: %v", err)
	}
}

func TestProgress(t *testing.T) {
	root := plant(t, kernelFiles()...)
	var mu sync.Mutex
	last := make(map[string][2]int)
	walk(t, Options{Paths: []string{filepath.Join(root, "drivers")}, Progress: func(stage string, done, total int) {
		mu.Lock()
		defer mu.Unlock()
		if done >= last[stage][0] {
			last[stage] = [2]int{done, total}
		}
	}})
	if last["files"] != [2]int{2, 2} || last["headers"] != [2]int{4, 4} {
		t.Errorf("last reports: %v", last)
	}
}
