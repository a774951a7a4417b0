package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// open opens a path, or standard input for "-".
func open(path string, stdin io.Reader) (*source, error) {
	if path == "-" {
		if stdin == nil {
			return nil, errors.New("-: there is no standard input")
		}
		return &source{name: "-", r: stdin, hash: newHasher()}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, clearer(path, err)
	}
	if info.IsDir() && hasSource(path) {
		return nil, fmt.Errorf("%s: this folder has C source: `gordian check %s` reads it", path, path)
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s: this is a folder, and gordian reads files: name the logs in it, as in %s/*.log (%w)", path, path, ErrUnsupported)
	}
	if info.Mode()&fs.ModeCharDevice != 0 {
		return openKmsg(path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, clearer(path, err)
	}
	s := &source{name: path, r: f, file: f}
	if !info.Mode().IsRegular() {
		s.hash = newHasher()
	}
	return s, nil
}

// hasSource reports whether a folder has C files in it.
func hasSource(dir string) bool {
	list, err := filepath.Glob(filepath.Join(dir, "*.c"))
	return err == nil && len(list) > 0
}

func clearer(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: no such file", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: no permission to read it", path)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// openKmsg opens /dev/kmsg for what is in the ring buffer now. Each read gives
// one record; a reader that is overtaken gets EPIPE once and goes on
// (Documentation/ABI/testing/dev-kmsg).
func openKmsg(path string) (*source, error) {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, clearer(path, &fs.PathError{Op: "open", Path: path, Err: err})
	}
	return &source{name: path, r: &kmsgReader{fd: fd}, hash: newHasher()}, nil
}

type kmsgReader struct {
	fd   int
	done bool
}

func (k *kmsgReader) Read(p []byte) (int, error) {
	for !k.done {
		n, err := syscall.Read(k.fd, p)
		switch {
		case errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN) || (err == nil && n <= 0):
		case errors.Is(err, syscall.EINVAL) && len(p) < 8192:
			return 0, nil // the record is longer than p; the caller comes back with more room
		case err != nil:
			k.close()
			return 0, err
		default:
			return n, nil
		}
		k.close()
	}
	return 0, io.EOF
}

func (k *kmsgReader) close() {
	if !k.done {
		k.done = true
		syscall.Close(k.fd) //nolint:errcheck // opened for reading
	}
}

// hasher computes the checksum of an input while it is read.
type hasher struct{ h hash.Hash }

func newHasher() *hasher { return &hasher{sha256.New()} }

func (h *hasher) write(p []byte) { h.h.Write(p) }

// sum returns the SHA-256 of the whole input, or "" when it cannot be had. A
// file is read a second time, so that a log without any report costs one scan
// and no hashing.
func (s *source) sum() string {
	if s.hash != nil {
		if _, err := io.Copy(io.Discard, s); err != nil {
			return ""
		}
		return hex.EncodeToString(s.hash.h.Sum(nil))
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return ""
	}
	h := sha256.New()
	if _, err := io.Copy(h, s.file); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}
