package kernels

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gordian/internal/kconfig"
)

// fakeMakefile builds a kernel of one object, by the steps of the real one.
// It counts its compilations in a file beside the objects.
const fakeMakefile = `VERSION = 6
PATCHLEVEL = 1
SUBLEVEL = 7
allnoconfig:
	mkdir -p $(O)
	cp $(KCONFIG_ALLCONFIG) $(O)/.config
bzImage: $(O)/one.o
	@mkdir -p $(O)/arch/x86/boot $(O)/include/config $(O)/include/generated $(O)/scripts
	@test ! -e $(CURDIR)/broken || { echo "kernel/x.c:1:2: error: it is broken" >&2; exit 1; }
	cp $(O)/one.o $(O)/vmlinux
	echo image > $(O)/arch/x86/boot/bzImage
	echo 6.1.7-gordian-lockdep > $(O)/include/config/kernel.release
	echo map > $(O)/System.map; echo syms > $(O)/Module.symvers; echo tool > $(O)/scripts/fixdep
modules: bzImage
modules_install:
	mkdir -p $(INSTALL_MOD_PATH)/lib/modules/6.1.7-gordian-lockdep/kernel
	ln -s $(CURDIR) $(INSTALL_MOD_PATH)/lib/modules/6.1.7-gordian-lockdep/source
	echo m > $(INSTALL_MOD_PATH)/lib/modules/6.1.7-gordian-lockdep/kernel/m.ko
$(O)/one.o: one.c
	@echo "  CC      one.o"
	@echo compiled >> $(O)/count
	gcc -c -o $@ $<
`

func fakeTree(t *testing.T) string {
	t.Helper()
	for _, n := range needs() {
		if n.program == "" && hasHeader(context.Background(), n.header) {
			continue
		}
		if _, err := exec.LookPath(n.program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s%s is missing: apt-get install %s", n.program, n.header, n.pkg)
			}
			t.Skipf("%s%s is missing: apt-get install %s", n.program, n.header, n.pkg)
		}
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "Makefile"), fakeMakefile)
	write(t, filepath.Join(dir, "Kconfig"), "")
	write(t, filepath.Join(dir, "one.c"), "int one = 1;\n")
	write(t, filepath.Join(dir, "include/linux/x.h"), "source\n")
	write(t, filepath.Join(dir, "drivers/y.c"), "no part of headers\n")
	return dir
}

type told struct {
	steps []string
	done  int
}

func (s *told) options(source string) BuildOptions {
	return BuildOptions{Source: source, Jobs: 1, Step: func(x string) { s.steps = append(s.steps, x) }, Progress: func(done, _ int) { s.done = done }}
}

// TestBuildLockdep goes through a build that fails, goes on where it was, and
// is not done again.
func TestBuildLockdep(t *testing.T) {
	tree := fakeTree(t)
	s := Store{Dir: filepath.Join(t.TempDir(), "kernels"), Root: t.TempDir()}
	write(t, filepath.Join(tree, "broken"), "")
	var first told
	_, err := s.BuildLockdep(context.Background(), first.options(tree))
	if err == nil || !strings.Contains(err.Error(), "it is broken") || !strings.Contains(err.Error(), "build.log") || first.done != 1 {
		t.Fatalf("a compiler's complaint: %v; %d objects", err, first.done)
	}
	counts, err := filepath.Glob(filepath.Join(s.Dir, ".*", "out", "count"))
	if err != nil || len(counts) != 1 {
		t.Fatalf("the work is gone: %v, %v", counts, err)
	}
	work := filepath.Dir(filepath.Dir(counts[0]))

	// The repaired tree is another source: take over the work of the broken one.
	if err := os.Remove(filepath.Join(tree, "broken")); err != nil {
		t.Fatal(err)
	}
	src, err := findSource(context.Background(), tree)
	if err != nil {
		t.Fatal(err)
	}
	cc, err := compiler(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var second told
	o := second.options(tree)
	b, err := s.newBuild(o, src, cc)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(work, filepath.Join(s.Dir, "."+b.key)); err != nil {
		t.Fatal(err)
	}
	k, err := s.BuildLockdep(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if second.done != 0 {
		t.Error("what was compiled before the error was compiled again")
	}
	checkBuilt(t, s, k)
	if k.ModulesDir != "" {
		t.Errorf("modules of a kernel that has none: %s", k.ModulesDir)
	}
	var third told
	again, err := s.BuildLockdep(context.Background(), third.options(tree))
	if err != nil || again.Name != k.Name || len(third.steps) != 0 {
		t.Errorf("built twice: %v, %v, %v", err, again.Name, third.steps)
	}
}

func checkBuilt(t *testing.T, s Store, k Kernel) {
	t.Helper()
	if k.Release != "6.1.7-gordian-lockdep" || !strings.HasPrefix(k.Name, "lockdep-6.1.7-") || k.Flavour != Lockdep {
		t.Errorf("%+v", k)
	}
	for path, there := range map[string]bool{k.Image: true, k.Config: true, k.Symbols: true, k.HeadersDir + "/Makefile": true,
		k.HeadersDir + "/include/linux/x.h": true, k.HeadersDir + "/scripts/fixdep": true, k.HeadersDir + "/Module.symvers": true,
		k.HeadersDir + "/vmlinux": true, k.HeadersDir + "/drivers/y.c": false, k.HeadersDir + "/one.o": false} {
		if (existing(path) != "") != there {
			t.Errorf("%s: there %v, want %v", path, !there, there)
		}
	}
	left, err := filepath.Glob(filepath.Join(s.Dir, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestBuildModules: options of the user that are modules come along.
func TestBuildModules(t *testing.T) {
	o := (&told{}).options(fakeTree(t))
	extra := filepath.Join(t.TempDir(), "extra.config")
	write(t, extra, "CONFIG_USB=m\n")
	o.Fragments = []string{extra}
	s := Store{Dir: t.TempDir(), Root: t.TempDir()}
	k, err := s.BuildLockdep(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if existing(filepath.Join(k.ModulesDir, "kernel", "m.ko")) == "" || k.ModulesDir == "" {
		t.Errorf("no modules in %q", k.ModulesDir)
	}
	if _, err := os.Lstat(filepath.Join(k.ModulesDir, "source")); err == nil {
		t.Error("the link to the source is left")
	}
}

func TestBuildIsInterrupted(t *testing.T) {
	tree := fakeTree(t)
	ctx, cancel := context.WithCancel(context.Background())
	o := BuildOptions{Source: tree, Jobs: 1, Progress: func(int, int) {}, Step: func(s string) {
		if strings.HasPrefix(s, "compiling") {
			cancel()
		}
	}}
	s := Store{Dir: t.TempDir(), Root: t.TempDir()}
	if _, err := s.BuildLockdep(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if list, err := s.List(); len(list) != 0 || err != nil {
		t.Errorf("half a kernel is listed: %v, %v", list, err)
	}
}

func TestFindSource(t *testing.T) {
	tree := t.TempDir()
	tests := map[string]struct {
		files map[string]string
		want  string
	}{
		"no tree":        {map[string]string{"README": ""}, "no such file"},
		"other Makefile": {map[string]string{"Makefile": "all:\n", "Kconfig": ""}, "no kernel tree"},
		"built in place": {map[string]string{"Makefile": fakeMakefile, "Kconfig": "", ".config": ""}, "mrproper"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(tree, name)
			for f, text := range tt.files {
				write(t, filepath.Join(dir, f), text)
			}
			if _, err := findSource(context.Background(), dir); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want something with %q", err, tt.want)
			}
		})
	}
}

// TestTarball: the tree inside is unpacked without its top folder, once.
func TestTarball(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "linux.tar.xz")
	write(t, file, string(xzed(t, tarball(t, entry{name: "linux-6.1/Makefile", text: fakeMakefile}, entry{name: "linux-6.1/Kconfig"}, entry{name: "linux-6.1/arch/x"}))))
	s, err := findSource(context.Background(), file)
	if err != nil || !s.tarball || len(s.id) != 64 {
		t.Fatalf("%+v, %v", s, err)
	}
	to := filepath.Join(dir, "src")
	if err := s.unpack(to); err != nil {
		t.Fatal(err)
	}
	if v, err := sourceVersion(to); v != "6.1.7" || err != nil {
		t.Errorf("version %q, %v", v, err)
	}
	write(t, file, "not a tarball any more")
	if err := s.unpack(to); err != nil {
		t.Errorf("unpacked again: %v", err)
	}
	if err := s.unpack(filepath.Join(dir, "other")); err == nil || existing(filepath.Join(dir, "other")) != "" {
		t.Errorf("damaged: %v", err)
	}
}

func TestCheckTaken(t *testing.T) {
	config := func(text string) kconfig.Config {
		c, err := kconfig.Parse(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	want := config("CONFIG_PROVE_LOCKING=y\nCONFIG_NEW_OPTION=y\n# CONFIG_SWAP is not set\nCONFIG_USB=y\n")
	dropped, err := checkTaken(want, config("CONFIG_PROVE_LOCKING=y\nCONFIG_USB=y\n"), "CONFIG_USB=y\n")
	if err != nil || !slices.Equal(dropped, []string{"NEW_OPTION"}) {
		t.Errorf("%v, %v", dropped, err)
	}
	if _, err := checkTaken(want, config("CONFIG_PROVE_LOCKING=y\n"), "CONFIG_USB=y\n"); err == nil || !strings.Contains(err.Error(), "USB=y") {
		t.Errorf("the user's own option is lost: %v", err)
	}
	if _, err := checkTaken(want, config("CONFIG_USB=y\n"), ""); err == nil || !strings.Contains(err.Error(), "PROVE_LOCKING") {
		t.Errorf("no lockdep kernel: %v", err)
	}
}

// TestFragments: they say something, and each option has its reason above it
// or above the group that it stands in.
func TestFragments(t *testing.T) {
	for name, text := range map[string]string{"lockdep": lockdepFragment, "kasan": kasanFragment} {
		c, err := kconfig.Parse(strings.NewReader(text))
		if err != nil || len(c) == 0 || strings.Count(text, "\nCONFIG_") != len(c) {
			t.Errorf("%s: %d options in %d lines, %v", name, len(c), strings.Count(text, "\nCONFIG_"), err)
		}
	}
	c, err := kconfig.Parse(strings.NewReader(lockdepFragment))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range kconfig.Judge(c) {
		if s.Level == "production" && !s.On && s.Name != "DETECT_HUNG_TASK_BLOCKER" {
			t.Errorf("the lockdep kernel lacks %s", s.Name)
		}
	}
}
