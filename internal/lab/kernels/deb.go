package kernels

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/therootcompany/xz"
)

// xzWindow bounds the dictionary of an xz stream: that of `xz -9`.
const xzWindow = 64 << 20

// unpackDeb writes the image, configuration, symbols and modules of a kernel
// package below dir. Nothing is installed, and no script of the package runs.
// deb(5): an ar archive with data.tar.* as its third member.
func unpackDeb(file, dir string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // opened for reading
	data, err := debData(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return fmt.Errorf("unpack %s: %w", file, err)
	}
	if err := untar(data, dir, kernelPart); err != nil {
		return fmt.Errorf("unpack %s: %w", file, err)
	}
	return nil
}

// kernelPart keeps /boot and /lib/modules, and leaves out links to headers
// that are elsewhere.
func kernelPart(name string) string {
	name = strings.TrimPrefix(name, "usr/") // merged-/usr
	base := path.Base(name)
	if base == "build" || base == "source" {
		return ""
	}
	if strings.HasPrefix(name, "boot/") || strings.HasPrefix(name, "lib/modules/") {
		return name
	}
	return ""
}

// debData finds the member data.tar.* and returns it decompressed.
func debData(r io.Reader) (io.Reader, error) {
	magic := make([]byte, 8)
	if _, err := io.ReadFull(r, magic); err != nil || string(magic) != "!<arch>\n" {
		return nil, errors.New("no Debian package")
	}
	for {
		var head [60]byte // name 16, time 12, owner 6, group 6, mode 8, size 10, end 2
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, errors.New("the package has no data.tar")
		}
		name := strings.TrimRight(string(head[:16]), " /")
		size, err := strconv.ParseInt(string(bytes.TrimSpace(head[48:58])), 10, 64)
		if err != nil || size < 0 || string(head[58:]) != "`\n" {
			return nil, errors.New("damaged: bad member header")
		}
		member := io.LimitReader(r, size)
		if ext, ok := strings.CutPrefix(name, "data.tar"); ok {
			return decompressor(member, ext)
		}
		if _, err := io.CopyN(io.Discard, r, size+size%2); err != nil {
			return nil, fmt.Errorf("damaged: %w", err)
		}
	}
}

// decompressor reads what a name ending in ext holds.
func decompressor(r io.Reader, ext string) (io.Reader, error) {
	switch ext {
	case ".xz":
		return xz.NewReader(r, xzWindow)
	case ".zst":
		return zstd.NewReader(r, zstd.WithDecoderMaxWindow(xzWindow<<1))
	case ".gz":
		return gzip.NewReader(r)
	case "":
		return r, nil
	}
	return nil, fmt.Errorf("compressed in an unknown way (%s)", ext)
}

// untar writes the entries that keep gives a name for below dir. os.Root
// refuses names and links that lead out of it.
func untar(r io.Reader, dir string, keep func(string) string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing is written through it
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := keep(path.Clean(strings.TrimPrefix(h.Name, "./")))
		if name == "" || name == "." {
			continue
		}
		if err := untarOne(root, name, h, t, keep); err != nil {
			return err
		}
	}
}

func untarOne(root *os.Root, name string, h *tar.Header, r io.Reader, keep func(string) string) error {
	if err := root.MkdirAll(path.Dir(name), 0o777); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, 0o777)
	case tar.TypeSymlink:
		return root.Symlink(h.Linkname, name)
	case tar.TypeLink:
		return root.Link(keep(path.Clean(strings.TrimPrefix(h.Linkname, "./"))), name)
	case tar.TypeReg:
		f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666|h.FileInfo().Mode()&0o111)
		if err != nil {
			return err
		}
		if _, err := io.Copy(f, r); err != nil {
			f.Close() //nolint:errcheck // the error of the copy is the one to tell
			return err
		}
		return f.Close()
	}
	return nil // device nodes and the like are no part of a kernel
}
