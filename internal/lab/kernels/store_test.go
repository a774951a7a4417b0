package kernels

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// cached puts a kernel into a store, as an install or a build would.
func cached(t *testing.T, s Store, k Kernel) {
	t.Helper()
	dir := filepath.Join(s.Dir, k.Name)
	k.Image = "bzImage"
	write(t, filepath.Join(dir, "bzImage"), "image")
	if k.HeadersDir != "" {
		k.HeadersDir = "headers"
	}
	if err := save(dir, k); err != nil {
		t.Fatal(err)
	}
}

func testStore(t *testing.T) Store {
	t.Helper()
	s := Store{Dir: filepath.Join(t.TempDir(), "kernels"), Root: t.TempDir()}
	cached(t, s, Kernel{Name: "6.1.0-9-cloud-amd64", Flavour: Stock, Release: "6.1.0-9-cloud-amd64", Origin: "a.deb"})
	cached(t, s, Kernel{Name: "6.1.0-56-cloud-amd64", Flavour: Stock, Release: "6.1.0-56-cloud-amd64", Origin: "b.deb", Default: true})
	cached(t, s, Kernel{Name: "6.12.1-rt-amd64", Flavour: Stock, Release: "6.12.1-rt-amd64", Origin: "c.deb"})
	cached(t, s, Kernel{Name: "lockdep-6.1.192-0123456789ab", Flavour: Lockdep, Release: "6.1.192-gordian-lockdep", Origin: "src", HeadersDir: "headers"})
	cached(t, s, Kernel{Name: "lockdep-kasan-6.1.192-ba9876543210", Flavour: Lockdep, Release: "6.1.192-gordian-lockdep-kasan", Origin: "src", HeadersDir: "headers"})
	write(t, filepath.Join(s.Dir, ".partial", "build.log"), "not finished")
	write(t, filepath.Join(s.Root, "boot", "vmlinuz-6.6.0-1-amd64"), "image")
	write(t, filepath.Join(s.Root, "lib", "modules", "6.6.0-1-amd64", "modules.dep"), "")
	write(t, filepath.Join(s.Root, "boot", "vmlinuz-6.7.0-1-amd64"), "its modules are not here")
	return s
}

func TestList(t *testing.T) {
	list, err := testStore(t).List()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, k := range list {
		names = append(names, k.Name)
	}
	want := []string{"6.1.0-56-cloud-amd64", "6.1.0-9-cloud-amd64", "6.12.1-rt-amd64", "6.6.0-1-amd64",
		"lockdep-6.1.192-0123456789ab", "lockdep-kasan-6.1.192-ba9876543210"}
	if !slices.Equal(names, want) {
		t.Errorf("got %q\nwant %q", names, want)
	}
}

func TestFind(t *testing.T) {
	s := testStore(t)
	for name, want := range map[string]string{
		"stock": "6.1.0-56-cloud-amd64", "6.1": "6.1.0-56-cloud-amd64", "6.1.0-9": "6.1.0-9-cloud-amd64", "6.12": "6.12.1-rt-amd64",
		"6.6": "6.6.0-1-amd64", "lockdep": "lockdep-6.1.192-0123456789ab", "lockdep-kasan": "lockdep-kasan-6.1.192-ba9876543210",
		"6.1.0-5": "", "6": "6.1.0-56-cloud-amd64", "": "", "nonsense": "",
	} {
		k, err := s.Find(name)
		if k.Name != want || (want == "") != errors.Is(err, ErrNoKernel) {
			t.Errorf("%q: got %q, %v", name, k.Name, err)
		}
	}
	path := filepath.Join(s.Dir, "lockdep-6.1.192-0123456789ab", "bzImage")
	if k, err := s.Find(path); err != nil || k.HeadersDir == "" {
		t.Errorf("the path of a cached image: %+v, %v", k, err)
	}
	for name, how := range map[string]string{"stock": "install stock", "lockdep": "build lockdep", "7.0": "install stock"} {
		if _, err := (Store{Dir: t.TempDir(), Root: t.TempDir()}).Find(name); err == nil || !strings.Contains(err.Error(), how) {
			t.Errorf("%s in an empty store: %v", name, err)
		}
	}
}

func TestRemove(t *testing.T) {
	s := testStore(t)
	if err := s.Remove("6.1"); err == nil {
		t.Error("half a name was enough to remove something")
	}
	if err := s.Remove("6.6.0-1-amd64"); err == nil || !strings.Contains(err.Error(), "belongs to this machine") {
		t.Errorf("a kernel of /boot: %v", err)
	}
	if err := s.Remove("6.12.1-rt-amd64"); err != nil {
		t.Error(err)
	}
	if _, err := s.Find("6.12"); !errors.Is(err, ErrNoKernel) {
		t.Errorf("still there: %v", err)
	}
}

// TestDamagedManifests: what is wrong is told, and the rest is listed; a
// manifest cannot name files outside its folder.
func TestDamagedManifests(t *testing.T) {
	for name, text := range map[string]string{
		"cut": `{"name": "x`, "empty": "", "other": `{"schema": 1}`,
		"outside":  `{"name":"x","release":"x","image":"../../../etc/passwd"}`,
		"absolute": `{"name":"x","release":"x","image":"/etc/passwd"}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := testStore(t)
			write(t, filepath.Join(s.Dir, "bad", manifest), text)
			list, err := s.List()
			if err == nil || len(list) != 6 {
				t.Errorf("%d kernels, %v", len(list), err)
			}
			if k, err := s.Find("lockdep"); err != nil || k.Flavour != Lockdep {
				t.Errorf("the good ones: %v", err)
			}
		})
	}
}

func TestCompareVersions(t *testing.T) {
	sorted := []string{"6.1", "6.1.0-9", "6.1.0-56", "6.1.0-56-rt", "6.1.192", "6.2", "6.12", "6.12.117+deb12", "6.100000000000000000000"}
	for i := range sorted {
		for j := range sorted {
			got := compareVersions(sorted[i], sorted[j])
			if (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%s and %s: %d", sorted[i], sorted[j], got)
			}
		}
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	head := make([]byte, 0x400)
	copy(head[0x202:], "HdrS")
	binary.LittleEndian.PutUint16(head[0x20e:], 0x100)
	copy(head[0x300:], "6.1.0-1-amd64 (someone@somewhere) #1\x00")
	image := filepath.Join(dir, "boot", "vmlinuz-6.1.0-1-amd64")
	write(t, image, string(head))
	write(t, filepath.Join(dir, "boot", "config-6.1.0-1-amd64"), "CONFIG_SMP=y\n")
	write(t, filepath.Join(dir, "lib/modules/6.1.0-1-amd64/kernel/x.ko"), "")
	k, err := Open(image, "")
	if err != nil || k.Release != "6.1.0-1-amd64" || k.ModulesDir != filepath.Join(dir, "lib/modules/6.1.0-1-amd64") || k.Config == "" {
		t.Errorf("%+v, %v", k, err)
	}
	for name, text := range map[string]string{"empty": "", "short": "MZ", "no header": strings.Repeat("x", 4096), "no version": string(head[:0x300])} {
		bad := filepath.Join(dir, "bad")
		write(t, bad, text)
		if _, err := Open(bad, ""); err == nil {
			t.Errorf("%s: was taken for a kernel", name)
		}
	}
}
