package kconfig

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
	"github.com/therootcompany/xz"
)

const (
	maxFile   = 256 << 20 // an image; an uncompressed vmlinux with debug information is no input
	maxKernel = 256 << 20 // an image decompressed
	maxText   = 16 << 20  // a configuration: Linux 6.12's largest is 300 KB
	xzWindow  = 64 << 20
)

// File is a configuration and where in the file it was.
type File struct {
	Path   string
	From   string // "text", "gzip", "xz", "zstd", "kernel image"
	Config Config
}

// ReadFile reads a configuration from a text file, plain or compressed, such
// as /boot/config-* or /proc/config.gz, or from the image of a kernel with
// CONFIG_IKCONFIG.
func ReadFile(path string) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return File{}, fmt.Errorf("read kernel configuration: %w", err)
	}
	defer f.Close() //nolint:errcheck // opened for reading
	out, err := Read(f)
	if err != nil {
		return out, fmt.Errorf("read kernel configuration: %s: %w", path, err)
	}
	out.Path = path
	return out, nil
}

// Read is ReadFile for what is open already.
func Read(r io.Reader) (File, error) {
	data, err := readUpTo(r, maxFile)
	if err != nil {
		return File{}, err
	}
	switch from := compression(data); {
	case from != "":
		plain, err := decompress(data, from, maxText)
		if err != nil {
			return File{}, fmt.Errorf("%s: %w", from, err)
		}
		return parsed(plain, from)
	case isImage(data):
		return fromImage(data)
	case bytes.IndexByte(data[:min(len(data), 4096)], 0) >= 0:
		return File{}, errors.New("neither a kernel configuration nor an x86 kernel image")
	}
	return parsed(data, "text")
}

func parsed(text []byte, from string) (File, error) {
	c, err := Parse(bytes.NewReader(text))
	if err == nil && len(c) == 0 {
		err = ErrNoConfig
	}
	return File{From: from, Config: c}, err
}

func readUpTo(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("larger than %d MB", limit>>20)
	}
	return data, err
}

// compression names the format of compressed data, "" for none of these.
func compression(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\x1f\x8b")):
		return "gzip"
	case bytes.HasPrefix(data, []byte("\xfd7zXZ\x00")):
		return "xz"
	case bytes.HasPrefix(data, []byte("\x28\xb5\x2f\xfd")):
		return "zstd"
	}
	return ""
}

func decompress(data []byte, how string, limit int64) ([]byte, error) {
	r, err := opened(bytes.NewReader(data), how)
	if err != nil {
		return nil, err
	}
	return readUpTo(r, limit)
}

func opened(r io.Reader, how string) (io.Reader, error) {
	switch how {
	case "gzip":
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		z.Multistream(false) // in an image, other data follows
		return z, nil
	case "xz":
		z, err := xz.NewReader(r, xzWindow)
		if err != nil {
			return nil, err
		}
		z.Multistream(false)
		return z, nil
	}
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(2*xzWindow))
	if err != nil {
		return nil, err
	}
	return z.IOReadCloser(), nil
}
