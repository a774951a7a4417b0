package kmem

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
)

// osFile is a file on disk, or one of /proc, whose size is not told.
//
// It is read by pread(2) and not mapped: a file that is cut while it is mapped
// kills the process with SIGBUS, and a dump may be on its way from elsewhere.
type osFile struct {
	*os.File
	size int64
}

func newOSFile(f *os.File) (*osFile, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errors.New("is a folder")
	}
	size := info.Size()
	if size == 0 || !info.Mode().IsRegular() {
		size = math.MaxInt64
	}
	return &osFile{f, size}, nil
}

func (f *osFile) Size() int64 { return f.size }

// refuse says no to /dev/mem and its like: reading them can hang or crash the
// machine (registers of devices are mapped there), and /proc/kcore has all.
func refuse(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Mode()&fs.ModeCharDevice == 0 {
		return nil
	}
	return errors.New("gordian does not read " + filepath.Clean(path) + ": use /proc/kcore for the running kernel")
}
