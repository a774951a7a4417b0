package kernels

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// source is kernel source: a tree, or a tarball that holds one.
type source struct {
	path    string
	tarball bool
	id      string // equal for equal source
}

// findSource resolves what --source says. "auto" is the newest source package
// of the distribution: /usr/src/linux-source-*.tar.xz.
func findSource(ctx context.Context, name string) (source, error) {
	if name == "auto" {
		found, err := filepath.Glob("/usr/src/linux-source-*.tar.*")
		if err != nil || len(found) == 0 {
			return source{}, errors.New("find kernel source: no /usr/src/linux-source-*.tar.xz: apt-get install linux-source-6.1, or name a tree by --source")
		}
		name = slices.MaxFunc(found, compareVersions)
	}
	st, err := os.Stat(name)
	if err != nil {
		return source{}, fmt.Errorf("find kernel source: %w", err)
	}
	abs, err := filepath.Abs(name)
	if err != nil {
		return source{}, err
	}
	s := source{path: abs, tarball: !st.IsDir()}
	if s.tarball {
		s.id, err = hashFile(abs)
		return s, err
	}
	if err := checkTree(abs); err != nil {
		return s, err
	}
	s.id, err = hashTree(ctx, abs)
	return s, err
}

// checkTree refuses what is no kernel source, and trees that were built in:
// kbuild does not build elsewhere from those.
func checkTree(dir string) error {
	if _, err := sourceVersion(dir); err != nil {
		return err
	}
	for _, left := range []string{".config", "include/config", "arch/x86/include/generated"} {
		if existing(filepath.Join(dir, left)) != "" {
			return fmt.Errorf("kernel source %s: it was built in place (%s is there): make -C %s mrproper, or name another tree", dir, left, dir)
		}
	}
	return nil
}

var versionLine = regexp.MustCompile(`(?m)^(VERSION|PATCHLEVEL|SUBLEVEL) = ([0-9]+)$`)

// sourceVersion reads the head of the top Makefile.
func sourceVersion(dir string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, "Makefile"))
	if err != nil {
		return "", fmt.Errorf("kernel source %s: %w", dir, err)
	}
	m := versionLine.FindAllStringSubmatch(string(b), 3)
	if len(m) != 3 || existing(filepath.Join(dir, "Kconfig")) == "" {
		return "", fmt.Errorf("kernel source %s: that is no kernel tree (its Makefile has no VERSION, PATCHLEVEL and SUBLEVEL)", dir)
	}
	return m[0][2] + "." + m[1][2] + "." + m[2][2], nil
}

func hashFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // opened for reading
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// hashTree names a tree by the path, size and time of each file: reading all
// of Linux takes longer than the answer is worth, and an edit changes the time.
func hashTree(ctx context.Context, dir string) (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if d.IsDir() {
			if d.Name() == ".git" {
				return filepath.SkipDir
			}
			return nil
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(h, "%s\x00%d\x00%d\n", rel, st.Size(), st.ModTime().UnixNano())
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

// unpack puts the tree of a tarball at dir, which appears when it is whole.
func (s source) unpack(dir string) error {
	if existing(dir) != "" {
		return nil // from a build that was interrupted
	}
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // opened for reading
	part := dir + ".part"
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	// The tarball's top folder goes: linux-source-6.1/Makefile is Makefile.
	strip := func(name string) string {
		_, rest, _ := strings.Cut(name, "/")
		return rest
	}
	r, err := decompressTar(bufio.NewReaderSize(f, 1<<20))
	if err == nil {
		err = untar(r, part, strip)
	}
	if err == nil {
		_, err = sourceVersion(part)
	}
	if err != nil {
		_ = os.RemoveAll(part) // the error that led here matters more
		return fmt.Errorf("unpack %s: %w", s.path, err)
	}
	return os.Rename(part, dir)
}

// decompressTar knows compression by its first bytes: names lie.
func decompressTar(r *bufio.Reader) (io.Reader, error) {
	magic, _ := r.Peek(6) // what is too short is no tar either
	for ext, m := range map[string]string{".xz": "\xfd7zXZ\x00", ".zst": "\x28\xb5\x2f\xfd", ".gz": "\x1f\x8b"} {
		if bytes.HasPrefix(magic, []byte(m)) {
			return decompressor(r, ext)
		}
	}
	return r, nil
}

// headerFile reports whether module builds need a file of the source tree,
// named relative to it: what scripts/package/builddeb, 6.1, puts into a headers
// package.
func headerFile(rel string) bool {
	top, rest, nested := strings.Cut(rel, "/")
	switch top {
	case "include", "scripts":
		return nested
	case "arch":
		arch, file, _ := strings.Cut(rest, "/")
		dirs := path.Dir(file) + "/"
		return arch == "x86" && (strings.HasPrefix(file, "Makefile") || strings.HasSuffix(file, "Kbuild.platforms") ||
			strings.HasPrefix(dirs, "include/") || strings.HasPrefix(dirs, "scripts/"))
	}
	return strings.HasPrefix(top, "Makefile") && !nested
}

// builtFile reports the same of a file of the build directory.
func builtFile(rel string) bool {
	switch rel {
	case "Module.symvers", ".config", "tools/objtool/objtool", "tools/bpf/resolve_btfids/resolve_btfids":
		return true
	}
	switch path.Ext(rel) {
	case ".o", ".cmd", ".d", ".a":
		return false
	}
	return strings.HasPrefix(rel, "include/") || strings.HasPrefix(rel, "scripts/") || strings.HasPrefix(rel, "arch/x86/include/")
}
