package kernels

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// StockOptions chooses one of the distribution's kernels.
type StockOptions struct {
	Version string // the beginning of a release, "6.1" or "6.1.0-56"; empty: what the distribution installs by default
	Flavour string // cloud (made for VMs), rt, generic
	Step    func(string)
}

// InstallStock fetches the distribution's kernel package and unpacks it into
// the cache, unless it is there or in /boot already. Nothing is installed.
func (s Store) InstallStock(ctx context.Context, o StockOptions) (Kernel, error) {
	pkg, err := stockPackage(ctx, o)
	if err != nil {
		return Kernel{}, err
	}
	release := strings.TrimPrefix(pkg, "linux-image-")
	list, _ := s.List() // damaged neighbours are the business of `lab kernel`
	for _, k := range list {
		if k.Release == release && (k.Flavour == Stock || k.Flavour == Boot) {
			return k, nil
		}
	}
	if err := os.MkdirAll(s.Dir, 0o777); err != nil {
		return Kernel{}, fmt.Errorf("install %s: %w", release, err)
	}
	tmp, err := os.MkdirTemp(s.Dir, ".stock-")
	if err != nil {
		return Kernel{}, fmt.Errorf("install %s: %w", release, err)
	}
	defer os.RemoveAll(tmp) //nolint:errcheck // renamed when all went well
	o.Step("fetching " + pkg)
	deb, err := download(ctx, pkg, tmp)
	if err != nil {
		return Kernel{}, err
	}
	o.Step("unpacking " + filepath.Base(deb))
	if err := unpackDeb(deb, tmp); err != nil {
		return Kernel{}, err
	}
	if err := os.Remove(deb); err != nil {
		return Kernel{}, err
	}
	k, err := describeStock(tmp, release)
	if err != nil {
		return Kernel{}, err
	}
	k.Origin, k.Default = filepath.Base(deb), o.Version == ""
	return s.adopt(tmp, k)
}

// adopt makes a finished folder the kernel's place in the cache.
func (s Store) adopt(tmp string, k Kernel) (Kernel, error) {
	if err := save(tmp, k); err != nil {
		return k, err
	}
	dir := filepath.Join(s.Dir, k.Name)
	if err := os.Rename(tmp, dir); err != nil {
		return k, fmt.Errorf("keep kernel %s: %w", k.Name, err)
	}
	if err := os.Chmod(dir, 0o777&^umask()); err != nil { // MkdirTemp made it private
		return k, err
	}
	return load(dir)
}

func describeStock(dir, release string) (Kernel, error) {
	k := Kernel{Name: release, Flavour: Stock, Release: release, Image: "boot/vmlinuz-" + release,
		Config: "boot/config-" + release, Symbols: "boot/System.map-" + release, ModulesDir: "lib/modules/" + release}
	for _, p := range []string{k.Image, k.ModulesDir} {
		if _, err := os.Stat(filepath.Join(dir, p)); err != nil {
			return k, fmt.Errorf("the package of %s has no %s", release, p)
		}
	}
	return k, nil
}

// stockPackage returns the name of the package that holds the image.
func stockPackage(ctx context.Context, o StockOptions) (string, error) {
	if _, err := exec.LookPath("apt-cache"); err != nil {
		return "", errors.New("find the distribution's kernel: there is no apt-get here; give --kernel the path of an image instead")
	}
	suffix := debArch()
	if o.Flavour != "generic" {
		suffix = o.Flavour + "-" + suffix
	}
	if o.Version == "" {
		return defaultPackage(ctx, "linux-image-"+suffix)
	}
	out, err := exec.CommandContext(ctx, "apt-cache", "pkgnames", "linux-image-"+o.Version).Output()
	if err != nil {
		return "", fmt.Errorf("ask apt-cache for kernels: %w", err)
	}
	var found []string
	for name := range strings.FieldsSeq(string(out)) {
		rest, ok := strings.CutSuffix(strings.TrimPrefix(name, "linux-image-"), suffix)
		if !ok || !abiOnly(rest) || !means(Kernel{Name: rest}, o.Version) {
			continue
		}
		found = append(found, name)
	}
	if len(found) == 0 {
		return "", fmt.Errorf("no package linux-image-%s*-%s is known: apt-get update, or see apt-cache pkgnames linux-image-", o.Version, suffix)
	}
	return slices.MaxFunc(found, compareVersions), nil
}

// abiOnly reports whether what stands between "linux-image-" and the flavour
// is a version and no further flavour: "6.1.0-56-", "6.12.117+deb12-".
func abiOnly(s string) bool {
	s, ok := strings.CutSuffix(s, "-")
	if !ok {
		return false
	}
	for part := range strings.SplitSeq(s, "-") {
		if part == "" || part[0] < '0' || part[0] > '9' {
			return false
		}
	}
	return true
}

// defaultPackage is what the distribution's metapackage depends on.
func defaultPackage(ctx context.Context, meta string) (string, error) {
	out, err := exec.CommandContext(ctx, "apt-cache", "depends", "--important", meta).Output()
	if err == nil {
		for line := range strings.Lines(string(out)) {
			if _, name, ok := strings.Cut(line, "Depends: "); ok && strings.HasPrefix(name, "linux-image-") {
				return strings.TrimSpace(name), nil
			}
		}
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return "", fmt.Errorf("package %s is not known: apt-get update, or name a --version and --flavour of apt-cache pkgnames linux-image-", meta)
}

func debArch() string {
	if runtime.GOARCH == "386" {
		return "686"
	}
	return runtime.GOARCH
}

// download fetches a package file into dir.
func download(ctx context.Context, pkg, dir string) (string, error) {
	c := exec.CommandContext(ctx, "apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", pkg)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", fmt.Errorf("apt-get download %s: %w: %s (apt-get update, if it is not found)", pkg, err, lastLine(string(out)))
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil || len(files) != 1 {
		return "", fmt.Errorf("apt-get download %s left %d packages", pkg, len(files))
	}
	return files[0], nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
