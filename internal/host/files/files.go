// Package files reads small files of procfs and sysfs in bounded time.
//
// A read of /proc can block for ever when the task that it is about is stuck
// with a lock that the read needs (fs/proc/base.c, lock_trace();
// fs/locks.c, locks_start() takes file_rwsem for writing). A thread that is
// blocked in the kernel cannot be given up: even the exit of its process waits
// for it. So on a live host every read is done by a helper process, which is
// left behind when it does not answer.
package files

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// ErrTimeout is wrapped by the error of a read that did not come back.
var ErrTimeout = errors.New("the kernel did not answer in time")

// MaxSize bounds one file, in bytes. /proc/lockdep_chains of a busy kernel is
// the largest file of interest, with some tens of MB.
const MaxSize = 64 << 20

// Files reads files by their absolute path on the host. The implementations
// differ in where they look and in how long they wait.
type Files interface {
	// Read returns at most limit bytes of a file. A longer file is cut without
	// an error: what is read here are tables whose beginning is of use alone.
	Read(path string, limit int) ([]byte, error)
	// List returns the names in a directory, sorted.
	List(path string) ([]string, error)
}

// Dir reads below a directory, in this process: a fixture, or the mounted
// files of another host that cannot block.
type Dir string

// Read implements Files.
func (d Dir) Read(path string, limit int) ([]byte, error) {
	f, err := os.Open(filepath.Join(string(d), filepath.Clean("/"+path)))
	if err != nil {
		return nil, hostError(path, err)
	}
	defer f.Close() //nolint:errcheck // opened for reading
	b, err := io.ReadAll(io.LimitReader(f, int64(min(limit, MaxSize))))
	if err != nil {
		return b, hostError(path, err)
	}
	return b, nil
}

// List implements Files.
func (d Dir) List(path string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(string(d), filepath.Clean("/"+path)))
	if err != nil {
		return nil, hostError(path, err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, nil
}

// hostError names the file as the host knows it, not where a fixture keeps it.
func hostError(path string, err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s %s: %w", p.Op, path, p.Err)
	}
	return fmt.Errorf("read %s: %w", path, err)
}
