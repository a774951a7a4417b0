package srccache

import (
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gordian/internal/srcfact"
)

// current reports whether all that a result was made of is as it was. What
// has another time stamp is compared by its content: a checkout there and
// back changes nothing.
func current(e *entry) bool {
	return all(len(e.Sums), func(i int) bool {
		r := &e.Result.Reads[i]
		if same(r) {
			return true
		}
		s, ok := content(r)
		return ok && s == e.Sums[i]
	})
}

// same reports whether a file or folder is as it was, by what stat says.
func same(r *srcfact.Read) bool {
	size, mtime := stat(r)
	return size == r.Size && mtime == r.MTime
}

func stat(r *srcfact.Read) (size, mtime int64) {
	info, err := os.Stat(r.Path)
	if err != nil || info.IsDir() != r.Dir {
		return -1, 0
	}
	if r.Dir {
		return 0, info.ModTime().UnixNano()
	}
	return info.Size(), info.ModTime().UnixNano()
}

// sum returns the content of all that was read, if none of it has changed
// since it was read, nor later than a time.
func sum(reads []srcfact.Read, latest time.Time) ([]string, bool) {
	out := make([]string, len(reads))
	ok := all(len(reads), func(i int) bool {
		r := &reads[i]
		if r.MTime >= latest.UnixNano() {
			return false
		}
		var ok bool
		out[i], ok = content(r)
		return ok && same(r) // still, after its content was read
	})
	return out, ok
}

// content sums up a file, or the names in a folder that can matter. What does
// not exist has an empty sum.
func content(r *srcfact.Read) (string, bool) {
	h := newSummer()
	if r.Dir {
		list, err := os.ReadDir(r.Path) // sorted
		if err != nil {
			return "", os.IsNotExist(err)
		}
		for _, e := range list {
			if matters(e.Name()) {
				fmt.Fprintf(h, "%q %v\n", e.Name(), e.IsDir())
			}
		}
		return h.sum(), true
	}
	info, err := os.Stat(r.Path)
	if err != nil {
		return "", os.IsNotExist(err)
	}
	if !info.Mode().IsRegular() {
		return "", false
	}
	f, err := os.Open(r.Path)
	if err != nil {
		return "", false
	}
	defer f.Close() //nolint:errcheck // read only
	_, err = io.Copy(h, f)
	return h.sum(), err == nil
}

// summer sums up content with two CRCs that processors compute as fast as
// they read memory: a whole kernel has more than a gigabyte. Nobody attacks
// their own cache, so chance is all that it must withstand.
type summer struct {
	a, b hash.Hash32
	n    int64
}

func newSummer() *summer {
	return &summer{a: crc32.NewIEEE(), b: crc32.New(crc32.MakeTable(crc32.Castagnoli))}
}

func (s *summer) Write(p []byte) (int, error) {
	s.a.Write(p)
	s.b.Write(p)
	s.n += int64(len(p))
	return len(p), nil
}

func (s *summer) sum() string { return fmt.Sprintf("%x %x %x", s.n, s.a.Sum32(), s.b.Sum32()) }

// matters leaves out what building and editing put beside the source.
func matters(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") {
		return name == ".config"
	}
	return !slices.Contains([]string{".o", ".ko", ".a", ".cmd", ".mod", ".order", ".symvers", ".d", ".s", ".i", ".orig", ".rej"}, filepath.Ext(name))
}

// all reports whether ok holds for 0 … n-1. It asks several at once: most of
// the time goes to the file system.
func all(n int, ok func(int) bool) bool {
	var next atomic.Int64
	var failed atomic.Bool
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 8) {
		wg.Go(func() {
			for !failed.Load() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if !ok(i) {
					failed.Store(true)
				}
			}
		})
	}
	wg.Wait()
	return !failed.Load()
}
