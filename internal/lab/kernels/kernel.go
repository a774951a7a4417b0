// Package kernels finds, unpacks, builds and keeps the kernels that the lab
// boots: the distribution's own ("stock"), and one with every check of locking
// ("lockdep").
package kernels

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Flavours. A kernel that was named by the path of its image has none.
const (
	Stock   = "stock"   // unpacked from the distribution's package
	Lockdep = "lockdep" // built here
	Boot    = "boot"    // installed on this machine
)

// Kernel is one that can be booted. Paths are absolute; those that may be
// empty are so when the kernel has no such part.
type Kernel struct {
	Name    string `json:"name"` // what --kernel takes
	Flavour string `json:"flavour"`
	Release string `json:"release"`           // uname -r
	Image   string `json:"image"`             // bzImage
	Config  string `json:"config,omitempty"`  // its .config
	Symbols string `json:"symbols,omitempty"` // System.map
	// ModulesDir holds the kernel's own modules, somewhere below; empty when all is built in.
	ModulesDir string `json:"modules,omitempty"`
	// HeadersDir is what kbuild takes as -C; empty when it is not there.
	HeadersDir string `json:"headers,omitempty"`
	Origin     string `json:"origin"` // package and version, or source and compiler
	// Default marks the stock kernel that was installed without naming a version.
	Default bool   `json:"default,omitempty"`
	Dir     string `json:"-"` // its folder in the cache; empty if it is not there
}

const manifest = "kernel.json"

// Headers of the distribution are installed, never unpacked: their makefiles
// name each other by absolute paths.
func installedHeaders(release string) string {
	dir := filepath.Join("/lib/modules", release, "build")
	if _, err := os.Stat(filepath.Join(dir, "Makefile")); err != nil {
		return ""
	}
	return dir
}

// load reads a kernel from its folder in the cache.
func load(dir string) (Kernel, error) {
	var k Kernel
	b, err := os.ReadFile(filepath.Join(dir, manifest))
	if err != nil {
		return k, err
	}
	if err := json.Unmarshal(b, &k); err != nil {
		return k, fmt.Errorf("%s: %w", filepath.Join(dir, manifest), err)
	}
	if k.Name == "" || k.Image == "" || k.Release == "" {
		return k, fmt.Errorf("%s: names no kernel", filepath.Join(dir, manifest))
	}
	k.Dir = dir
	for _, p := range []*string{&k.Image, &k.Config, &k.Symbols, &k.ModulesDir, &k.HeadersDir} {
		if *p == "" {
			continue
		}
		if !filepath.IsLocal(*p) {
			return k, fmt.Errorf("%s: %s is outside its folder", filepath.Join(dir, manifest), *p)
		}
		*p = filepath.Join(dir, *p)
	}
	if k.HeadersDir == "" {
		k.HeadersDir = installedHeaders(k.Release)
	}
	return k, nil
}

// save writes the manifest, with paths relative to dir: the cache may move.
// It comes last, so that a folder with a manifest is whole.
func save(dir string, k Kernel) error {
	b, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, manifest), append(b, '\n'), 0o666)
}

// MissingHeaders is the error of a kernel that no module can be built for.
func (k Kernel) MissingHeaders() error {
	if k.HeadersDir != "" {
		return nil
	}
	if k.Flavour == Lockdep {
		return fmt.Errorf("kernel %s has no headers: remove it (gordian lab kernel remove %s) and build it again", k.Name, k.Name)
	}
	return errors.New("kernel " + k.Name + " has no headers to build modules with: apt-get install linux-headers-" + k.Release)
}
