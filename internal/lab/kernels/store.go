package kernels

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Store is the cache of kernels, and the kernels that this machine has
// installed.
type Store struct {
	Dir  string // the cache
	Root string // where boot/ and lib/modules/ are: "/", and something else in tests
}

// UserStore is the store below the user's cache directory.
func UserStore() (Store, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return Store{}, fmt.Errorf("find the cache for kernels: %w", err)
	}
	return Store{Dir: filepath.Join(dir, "gordian", "kernels"), Root: "/"}, nil
}

// ErrNoKernel is wrapped by the errors about kernels that are not there.
var ErrNoKernel = errors.New("no such kernel")

// List returns all kernels, the preferred one of each kind first. What is in
// the cache and is no kernel is reported beside those that are.
func (s Store) List() ([]Kernel, error) {
	var out []Kernel
	var errs []error
	entries, err := os.ReadDir(s.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the cache of kernels: %w", err)
	}
	for _, e := range entries {
		k, err := load(filepath.Join(s.Dir, e.Name()))
		switch {
		case err == nil:
			out = append(out, k)
		case !errors.Is(err, fs.ErrNotExist) && e.IsDir():
			errs = append(errs, err)
		}
	}
	out = append(out, s.booted(out)...)
	slices.SortStableFunc(out, prefer)
	return out, errors.Join(errs...)
}

// booted lists the kernels in /boot that have their modules, unless the same
// release is in the cache: an image that only root may read is of no use.
func (s Store) booted(cached []Kernel) []Kernel {
	var out []Kernel
	images, err := filepath.Glob(filepath.Join(s.Root, "boot", "vmlinuz-*"))
	if err != nil {
		return nil
	}
	for _, image := range images {
		release := strings.TrimPrefix(filepath.Base(image), "vmlinuz-")
		modules := filepath.Join(s.Root, "lib", "modules", release)
		if _, err := os.Stat(modules); err != nil {
			continue
		}
		f, err := os.Open(image)
		if err != nil {
			continue
		}
		f.Close() //nolint:errcheck // opened for reading
		if slices.ContainsFunc(cached, func(k Kernel) bool { return k.Release == release }) {
			continue
		}
		out = append(out, Kernel{Name: release, Flavour: Boot, Release: release, Image: image, ModulesDir: modules,
			Config: existing(filepath.Join(s.Root, "boot", "config-"+release)), HeadersDir: installedHeaders(release), Origin: image})
	}
	return out
}

func existing(path string) string {
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// prefer orders kernels so that the first that fits a name is the one meant:
// stock before lockdep; the default one; ordinary before real-time, whose
// locks are others; those one can build modules for; the newest.
func prefer(a, b Kernel) int {
	for _, better := range []func(Kernel) bool{
		func(k Kernel) bool { return k.Flavour == Stock },
		func(k Kernel) bool { return k.Flavour == Boot },
		func(k Kernel) bool { return k.Default },
		func(k Kernel) bool { return !strings.Contains(k.Release, "-rt-") && !strings.Contains(k.Name, "kasan") },
		func(k Kernel) bool { return k.HeadersDir != "" },
	} {
		if x, y := better(a), better(b); x != y {
			if x {
				return -1
			}
			return 1
		}
	}
	if c := compareVersions(b.Release, a.Release); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

// Find returns the kernel that name means: the name of one, the beginning of
// a name ("lockdep", "6.1"), "stock" for any of the distribution's, or the
// path of an image.
func (s Store) Find(name string) (Kernel, error) {
	list, err := s.List()
	if strings.ContainsRune(name, '/') {
		if i := slices.IndexFunc(list, func(k Kernel) bool { return sameFile(k.Image, name) }); i >= 0 {
			return list[i], nil // we know more of it than its path tells: its headers, say
		}
		return Open(name, "")
	}
	if i := slices.IndexFunc(list, func(k Kernel) bool { return k.Name == name }); i >= 0 {
		return list[i], nil
	}
	if i := slices.IndexFunc(list, func(k Kernel) bool { return means(k, name) }); i >= 0 {
		return list[i], nil
	}
	return Kernel{}, errors.Join(s.notFound(name, list), err)
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

func means(k Kernel, name string) bool {
	if name == Stock {
		return k.Flavour == Stock || k.Flavour == Boot
	}
	rest, ok := strings.CutPrefix(k.Name, name)
	return ok && name != "" && (rest == "" || rest[0] == '-' || rest[0] == '.' || rest[0] == '+')
}

func (s Store) notFound(name string, list []Kernel) error {
	var how string
	switch {
	case name == Stock:
		how = "gordian lab kernel install stock"
	case strings.HasPrefix(name, Lockdep):
		how = "gordian lab kernel build lockdep"
	default:
		var names []string
		for _, k := range list {
			names = append(names, k.Name)
		}
		if len(names) == 0 {
			return fmt.Errorf("%w: %s; there are none yet: gordian lab kernel install stock", ErrNoKernel, name)
		}
		return fmt.Errorf("%w: %s; there are %s", ErrNoKernel, name, strings.Join(names, ", "))
	}
	return fmt.Errorf("%w: %s; get it by: %s", ErrNoKernel, name, how)
}

// Remove takes a kernel out of the cache. Only a whole name will do.
func (s Store) Remove(name string) error {
	list, err := s.List()
	for _, k := range list {
		if k.Name != name {
			continue
		}
		if k.Dir == "" {
			return fmt.Errorf("remove %s: it belongs to this machine (%s), not to the cache", name, k.Image)
		}
		if err := os.RemoveAll(k.Dir); err != nil {
			return fmt.Errorf("remove %s: %w", name, err)
		}
		return nil
	}
	return errors.Join(s.notFound(name, list), err)
}

// compareVersions orders release names as people do: 6.1.0-9 before 6.1.0-56
// before 6.12.
func compareVersions(a, b string) int {
	for a != "" && b != "" {
		x, y := leadingDigits(a), leadingDigits(b)
		if x != "" && y != "" {
			if c := compareNumbers(x, y); c != 0 {
				return c
			}
			a, b = a[len(x):], b[len(y):]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

func leadingDigits(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
}

// compareNumbers takes numbers of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
