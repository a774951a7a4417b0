package kernels

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"gordian/internal/kconfig"
)

// BuildOptions says what to build and who wants to know.
type BuildOptions struct {
	Source    string   // a tree, a tarball, or "auto"
	Fragments []string // configuration files of the user, merged last
	KASAN     bool
	Jobs      int
	Step      func(string)          // a new step begins
	Progress  func(done, total int) // objects; total is an estimate
}

// buildSpace is what a build takes at its peak, unpacked source included.
const buildSpace = 4 << 30

// BuildLockdep builds the lockdep kernel, unless the cache has it: the name of
// its folder is a hash of source, configuration and compiler. What an
// interrupted build has done is kept, and the next one goes on there.
func (s Store) BuildLockdep(ctx context.Context, o BuildOptions) (Kernel, error) {
	if runtime.GOARCH != "amd64" {
		return Kernel{}, fmt.Errorf("build the lockdep kernel: its configuration is for x86-64, not for %s", runtime.GOARCH)
	}
	if err := checkTools(ctx); err != nil {
		return Kernel{}, err
	}
	cc, err := compiler(ctx)
	if err != nil {
		return Kernel{}, err
	}
	src, err := findSource(ctx, o.Source)
	if err != nil {
		return Kernel{}, err
	}
	b, err := s.newBuild(o, src, cc)
	if err != nil {
		return Kernel{}, err
	}
	return b.run(ctx)
}

func (s Store) newBuild(o BuildOptions, src source, cc string) (*build, error) {
	frag, err := fragment(o)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(src.id + "\x00" + frag + "\x00" + cc))
	return &build{store: s, o: o, src: src, cc: cc, fragment: frag, key: hex.EncodeToString(sum[:])[:12]}, nil
}

type build struct {
	store    Store
	o        BuildOptions
	src      source
	cc       string
	fragment string
	key      string
	dir      string // work: src/, out/, result/, build.log
}

func (b *build) run(ctx context.Context) (Kernel, error) {
	if k, ok := b.cached(); ok {
		return k, nil
	}
	b.dir = filepath.Join(b.store.Dir, "."+b.key) // hidden: List sees no kernel in it
	if err := os.MkdirAll(b.dir, 0o777); err != nil {
		return Kernel{}, fmt.Errorf("build a kernel: %w", err)
	}
	held, err := lock(b.dir)
	if err != nil {
		return Kernel{}, err
	}
	defer held.Close() //nolint:errcheck // gives up the lock, writes nothing
	if k, ok := b.cached(); ok {
		return k, nil // built while we waited for nothing: by the one who held the lock before
	}
	if err := checkSpace(b.dir); err != nil {
		return Kernel{}, err
	}
	k, err := b.make(ctx)
	if err != nil {
		return k, err
	}
	k, err = b.store.adopt(filepath.Join(b.dir, "result"), k)
	if err != nil {
		return k, err
	}
	return k, os.RemoveAll(b.dir)
}

func (b *build) cached() (Kernel, bool) {
	list, _ := b.store.List() // damaged neighbours are the business of `lab kernel`
	for _, k := range list {
		if k.Flavour == Lockdep && strings.HasSuffix(k.Name, "-"+b.key) {
			return k, true
		}
	}
	return Kernel{}, false
}

// checkSpace counts what a build that goes on has used already as free.
func checkSpace(dir string) error {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return fmt.Errorf("ask for the free space of %s: %w", dir, err)
	}
	free := st.Bavail * uint64(st.Bsize)
	if free < buildSpace && existing(filepath.Join(dir, "out", "vmlinux.o")) == "" && existing(filepath.Join(dir, "out", ".config")) == "" {
		return fmt.Errorf("build a kernel in %s: %d MB are free, and it takes up to %d MB", dir, free>>20, buildSpace>>20)
	}
	return nil
}

// make goes through the steps; each knows when it was done before.
func (b *build) make(ctx context.Context) (Kernel, error) {
	tree := b.src.path
	if b.src.tarball {
		b.o.Step("unpacking " + b.src.path)
		tree = filepath.Join(b.dir, "src")
		if err := b.src.unpack(tree); err != nil {
			return Kernel{}, err
		}
	}
	log, err := os.OpenFile(filepath.Join(b.dir, "build.log"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o666)
	if err != nil {
		return Kernel{}, err
	}
	defer log.Close() //nolint:errcheck // the log of a build that ended; its result is checked
	m := &maker{src: tree, build: filepath.Join(b.dir, "out"), log: log, progress: b.o.Progress}
	if err := os.MkdirAll(m.build, 0o777); err != nil {
		return Kernel{}, err
	}
	b.o.Step("configuring")
	if err := b.configure(ctx, m); err != nil {
		return Kernel{}, err
	}
	jobs := b.o.Jobs
	if jobs <= 0 {
		jobs = runtime.NumCPU()
	}
	b.o.Step("compiling (output: " + log.Name() + ")")
	if err := m.run(ctx, "-j"+strconv.Itoa(jobs), "bzImage", "modules"); err != nil {
		return Kernel{}, err
	}
	b.o.Step("keeping the image and what modules are built with")
	k, err := b.collect(ctx, tree, m.build)
	if err != nil {
		return k, err
	}
	return b.installModules(ctx, m, k)
}

// configure merges the fragment into allnoconfig and looks at what came out.
func (b *build) configure(ctx context.Context, m *maker) error {
	file := filepath.Join(b.dir, "fragment")
	if err := os.WriteFile(file, []byte(b.fragment), 0o666); err != nil {
		return err
	}
	if existing(filepath.Join(m.build, ".config")) == "" {
		if err := m.run(ctx, "KCONFIG_ALLCONFIG="+file, "allnoconfig"); err != nil {
			return err
		}
	}
	want, err := kconfig.Parse(strings.NewReader(b.fragment))
	if err != nil {
		return err
	}
	got, err := kconfig.ReadFile(filepath.Join(m.build, ".config"))
	if err != nil {
		return err
	}
	dropped, err := checkTaken(want, got.Config, strings.TrimPrefix(b.fragment, lockdepFragment))
	if len(dropped) > 0 {
		b.o.Step("this source does not know, or cannot have: " + strings.Join(dropped, ", "))
	}
	return err
}

// collect makes the folder of the finished kernel, and describes it.
func (b *build) collect(ctx context.Context, tree, out string) (Kernel, error) {
	dir := filepath.Join(b.dir, "result")
	if err := os.RemoveAll(dir); err != nil {
		return Kernel{}, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return Kernel{}, err
	}
	text, err := os.ReadFile(filepath.Join(out, "include/config/kernel.release"))
	if err != nil {
		return Kernel{}, err
	}
	release := strings.TrimSpace(string(text))
	version, err := sourceVersion(tree)
	if err != nil {
		return Kernel{}, err
	}
	for from, to := range map[string]string{"arch/x86/boot/bzImage": "bzImage", ".config": "config", "System.map": "System.map"} {
		if err := copyFile(filepath.Join(out, from), filepath.Join(dir, to)); err != nil {
			return Kernel{}, err
		}
	}
	if err := collectHeaders(ctx, tree, out, filepath.Join(dir, "headers")); err != nil {
		return Kernel{}, errors.Join(errors.New("keep what modules are built with"), err)
	}
	name := "lockdep-"
	if b.o.KASAN {
		name = "lockdep-kasan-"
	}
	return Kernel{Name: name + version + "-" + b.key, Flavour: Lockdep, Release: release, Image: "bzImage", Config: "config",
		Symbols: "System.map", HeadersDir: "headers", Origin: b.src.path + ", " + b.cc}, nil
}

// installModules puts the kernel's own modules into the result, if the user's
// options have made some.
func (b *build) installModules(ctx context.Context, m *maker, k Kernel) (Kernel, error) {
	c, err := kconfig.ReadFile(filepath.Join(m.build, ".config"))
	if err != nil {
		return k, err
	}
	if !slices.Contains(slices.Collect(maps.Values(c.Config)), "m") {
		return k, nil
	}
	result := filepath.Join(b.dir, "result")
	if err := m.run(ctx, "INSTALL_MOD_PATH="+result, "modules_install"); err != nil {
		return k, err
	}
	k.ModulesDir = filepath.Join("lib/modules", k.Release)
	for _, link := range []string{"build", "source"} { // to folders that go
		if err := os.Remove(filepath.Join(result, k.ModulesDir, link)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return k, err
		}
	}
	return k, nil
}
