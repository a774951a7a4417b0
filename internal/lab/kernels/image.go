package kernels

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Open describes the kernel image at path. Its modules and headers are looked
// for where distributions and build trees have them, unless modulesDir names
// the folder of the modules.
func Open(path, modulesDir string) (Kernel, error) {
	release, err := imageRelease(path)
	if err != nil {
		return Kernel{}, err
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	k := Kernel{Name: path, Image: path, Release: release, ModulesDir: modulesDir, Origin: path,
		Config: existing(filepath.Join(filepath.Dir(path), "config-"+release))}
	if modulesDir != "" && !isDir(modulesDir) {
		return Kernel{}, fmt.Errorf("modules of the kernel: %s is no folder", modulesDir)
	}
	root := filepath.Dir(filepath.Dir(path)) // /boot/vmlinuz → /
	tree := filepath.Join(filepath.Dir(path), "..", "..", "..")
	if built := filepath.Join(tree, "include", "config", "kernel.release"); isFile(built) {
		k.HeadersDir = filepath.Clean(tree) // arch/x86/boot/bzImage of a build tree
		k.ModulesDir = first(k.ModulesDir, k.HeadersDir)
		k.Config = existing(filepath.Join(tree, ".config"))
	}
	for _, dir := range []string{filepath.Join(root, "lib/modules", release), filepath.Join("/lib/modules", release)} {
		if k.ModulesDir == "" && isDir(filepath.Join(dir, "kernel")) {
			k.ModulesDir = dir
		}
		if k.HeadersDir == "" && isDir(filepath.Join(dir, "build")) {
			k.HeadersDir = filepath.Join(dir, "build")
		}
	}
	return k, nil
}

// imageRelease reads the release out of a bzImage: the setup header has the
// magic "HdrS" at 0x202 and, at 0x20e, where the version string stands
// (Documentation/x86/boot.rst).
func imageRelease(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("kernel image: %w", err)
	}
	defer f.Close() //nolint:errcheck // opened for reading
	head := make([]byte, 64<<10)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", fmt.Errorf("kernel image %s: %w", path, err)
	}
	head = head[:n]
	if len(head) < 0x210 || !bytes.Equal(head[0x202:0x206], []byte("HdrS")) {
		return "", fmt.Errorf("kernel image %s: this is no x86 bzImage (of a build tree take arch/x86/boot/bzImage, not vmlinux)", path)
	}
	at := 0x200 + int(head[0x20e]) + int(head[0x20f])<<8
	if at >= len(head) {
		return "", fmt.Errorf("kernel image %s: its version string is out of reach", path)
	}
	text, _, ok := bytes.Cut(head[at:], []byte{0})
	release, _, _ := strings.Cut(string(text), " ")
	if !ok || release == "" {
		return "", fmt.Errorf("kernel image %s: it does not say its version", path)
	}
	return release, nil
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func isDir(p string) bool {
	st, err := os.Stat(p)
	return err == nil && st.IsDir()
}

func isFile(p string) bool {
	st, err := os.Stat(p)
	return err == nil && st.Mode().IsRegular()
}
