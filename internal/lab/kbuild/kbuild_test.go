package kbuild

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const good = `#include <linux/module.h>
static int __init m_init(void) { return 0; }
static void __exit m_exit(void) { }
module_init(m_init);
module_exit(m_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("test");
`

// headers finds the headers of any installed kernel.
func headers(t *testing.T) Headers {
	t.Helper()
	dirs, err := filepath.Glob("/lib/modules/*/build/include/generated/utsrelease.h")
	if err != nil || len(dirs) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("no kernel headers: apt-get install linux-headers-amd64")
		}
		t.Skip("no kernel headers: apt-get install linux-headers-amd64")
	}
	dir := strings.TrimSuffix(dirs[0], "/include/generated/utsrelease.h")
	return Headers{Dir: dir, Release: filepath.Base(filepath.Dir(dir))}
}

func write(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func list(t *testing.T, dir string) string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(p string, _ os.DirEntry, err error) error {
		out = append(out, p)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

// TestBuild: two modules, one of two files with a header beside the folder,
// and stale objects that must not be used; the source stays as it was.
func TestBuild(t *testing.T) {
	h := headers(t)
	top := write(t, t.TempDir(), map[string]string{
		"shared.h":       "#define VALUE 7\n",
		"drv/Makefile":   "obj-m := one.o two.o\ntwo-y := a.o sub/b.o\nccflags-y := -I$(src)\n",
		"drv/one.c":      good,
		"drv/one.o":      "stale",
		"drv/.one.o.cmd": "savedcmd_one.o := true\n",
		"drv/a.c":        "#include \"../shared.h\"\nextern int b(void);\n" + strings.Replace(good, "return 0", "return b() - VALUE", 1),
		"drv/sub/b.c":    "int b(void);\nint b(void) { return 7; }\n",
	})
	before := list(t, top)
	r, err := Build(context.Background(), filepath.Join(top, "drv"), t.TempDir(), h)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Modules) != 2 || filepath.Base(r.Modules[0]) != "one.ko" || filepath.Base(r.Modules[1]) != "two.ko" {
		t.Errorf("modules: %v", r.Modules)
	}
	if after := list(t, top); after != before {
		t.Errorf("the source was written to:\n%s", after)
	}
}

func TestNoMakefile(t *testing.T) {
	h := headers(t)
	r, err := Build(context.Background(), write(t, t.TempDir(), map[string]string{"solo.c": good}), t.TempDir(), h)
	if err != nil || len(r.Modules) != 1 || filepath.Base(r.Modules[0]) != "solo.ko" {
		t.Errorf("%v, %v", r, err)
	}
}

// TestCompileError: the message is the compiler's, with the user's path.
func TestCompileError(t *testing.T) {
	h := headers(t)
	dir := write(t, t.TempDir(), map[string]string{"bad.c": good + "int x = nowhere;\n"})
	_, err := Build(context.Background(), dir, t.TempDir(), h)
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(err.Error(), filepath.Join(dir, "bad.c")+":8:9: error:") || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("got: %v", err)
	}
}

func TestRefused(t *testing.T) {
	dir := write(t, t.TempDir(), map[string]string{
		"headers/include/generated/utsrelease.h": "#define UTS_RELEASE \"6.1.0-1-amd64\"\n",
		"empty/README":                           "nothing\n",
	})
	ok := Headers{Dir: filepath.Join(dir, "headers"), Release: "6.1.0-1-amd64"}
	tests := map[string]struct {
		dir  string
		h    Headers
		want string
	}{
		"no headers":     {dir, Headers{Dir: filepath.Join(dir, "empty")}, "make modules_prepare"},
		"other headers":  {dir, Headers{Dir: ok.Dir, Release: "6.1.0-2-amd64"}, "linux-headers-6.1.0-2-amd64"},
		"no source":      {filepath.Join(dir, "empty"), ok, "neither a Kbuild or Makefile nor a .c file"},
		"no folder":      {filepath.Join(dir, "missing"), ok, "no such file"},
		"a file":         {filepath.Join(dir, "empty/README"), ok, "no folder"},
		"too many files": {manyFiles(t), ok, "more than"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Build(context.Background(), tt.dir, t.TempDir(), tt.h)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want something with %q", err, tt.want)
			}
		})
	}
}

// manyFiles is a folder with one sparse file beyond the bound.
func manyFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "disk.img"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(maxBytes + 1); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCompilerDiffers(t *testing.T) {
	text := func(kernel, mine string) string {
		return "warning: the compiler differs from the one used to build the kernel\n  The kernel was built by: " + kernel + "\n  You are using:           " + mine + "\n"
	}
	gcc12 := "gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0"
	tests := []struct{ out, want string }{
		{"", ""},
		{text(gcc12, "gcc-12 (Debian 12.3.0-1) 12.3.0"), ""},
		{text(gcc12, "gcc (Debian 13.2.0-1) 13.2.0"), "apt-get install gcc-12"},
		{text(gcc12, ""), "the compiler here is none"},
		{text(gcc12, "Debian clang version 12.0.6"), "clang"},
	}
	for _, tt := range tests {
		got := compilerDiffers(tt.out)
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.out, got, tt.want)
		}
	}
}
