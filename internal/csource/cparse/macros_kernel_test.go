package cparse

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gordian/internal/csource/cast"
)

// headerMacros stands for a real MacroSource: what the headers of include/
// and of the file's own folder define.
type headerMacros struct {
	common map[string]*cast.Macro
	byDir  map[string]map[string]*cast.Macro
	dir    string
}

func (h *headerMacros) Lookup(name string) *cast.Macro {
	if m := h.byDir[h.dir][name]; m != nil {
		return m
	}
	return h.common[name]
}

// TestKernelHeaders parses all headers of KERNEL_SRC, and then all files with
// the macros of these headers.
func TestKernelHeaders(t *testing.T) {
	root := os.Getenv("KERNEL_SRC")
	if root == "" {
		t.Skip("set KERNEL_SRC to a kernel tree to parse all of it")
	}
	h := &headerMacros{common: map[string]*cast.Macro{}, byDir: map[string]map[string]*cast.Macro{}}
	var k kernelRun
	k.each(t, root, ".h", func(path, text string) {
		f := k.parse(path, text, Options{})
		to := h.common
		if !strings.HasPrefix(path, filepath.Join(root, "include")+"/") {
			if to = h.byDir[filepath.Dir(path)]; to == nil {
				to = map[string]*cast.Macro{}
				h.byDir[filepath.Dir(path)] = to
			}
		}
		for _, m := range f.Macros {
			if to[m.Name] == nil {
				to[m.Name] = m
			}
		}
	})
	k.print(t)
	t.Logf("%d macros of include/", len(h.common))
	for arms := range 2 {
		var k kernelRun
		k.each(t, root, ".c", func(path, text string) {
			h.dir = filepath.Dir(path)
			k.parse(path, text, Options{Macros: h, Relevant: relevant, Arms: arms})
		})
		k.print(t)
	}
}

// relevant stands for the API table: cheap, as the table is.
func relevant(name string) bool {
	for _, p := range []string{"spin_", "mutex_", "read_", "write_", "rcu_", "down_", "up_", "rtnl_", "GFP_"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// cpuTime is what this process used so far, on all cores: the machine may be
// busy with other things.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (k *kernelRun) each(t testing.TB, root, ext string, f func(path, text string)) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.HasSuffix(path, ext) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Log(err)
				return nil
			}
			f(path, string(b))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (k *kernelRun) parse(path, text string, o Options) *cast.File {
	start := cpuTime()
	k.arena.Reset()
	f := Parse(&k.arena, path, text, o)
	k.spent += cpuTime() - start
	k.count(f, path, text)
	return f
}
