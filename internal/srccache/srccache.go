// Package srccache keeps results of long analyses of source, so that a second
// look at unchanged files is quick. An entry knows all that its result was
// made of, and is used only while every bit of that is the same.
//
// Nothing depends on the cache: what is damaged, too old or cannot be written
// is passed over in silence. Several processes may use one folder.
package srccache

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// Result is what is kept of an analysis.
type Result struct {
	Findings   []model.Finding
	Files      []srcfact.File
	Incomplete []srcfact.Note
	Ignored    []srcfact.Ignore
	Stats      map[string]int64
	Reads      []srcfact.Read
}

// Store is a folder of results. The zero value keeps nothing.
type Store struct {
	Dir string
	Max int64 // bytes, of all entries together
}

// Key names a result by the program that made it and by what it was asked.
func Key(parts ...string) string {
	h := sha256.New()
	for _, p := range append([]string{magic}, parts...) {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// magic begins every entry. It changes with the form of an entry.
const magic = "gordian-cache 1\n"

const suffix = ".run"

// entry is what is stored: a result and the content of what it read, as sums
// in the order of Reads.
type entry struct {
	Result Result
	Sums   []string
}

func (s Store) path(key string) string { return filepath.Join(s.Dir, key+suffix) }

// Get returns the result for a key, if there is one and all that it was made
// of is unchanged.
func (s Store) Get(key string) (*Result, bool) {
	if s.Dir == "" {
		return nil, false
	}
	e, err := load(s.path(key))
	if err != nil || len(e.Sums) != len(e.Result.Reads) || !current(e) {
		return nil, false
	}
	now := time.Now()
	os.Chtimes(s.path(key), now, now) //nolint:errcheck // only says which entry was used last
	return &e.Result, true
}

// Put keeps a result that was begun at a time. It is not kept if what it was
// made of has changed since, or so shortly before that a change might not show.
func (s Store) Put(key string, r *Result, begun time.Time) error {
	if s.Dir == "" || len(r.Reads) == 0 {
		return nil
	}
	sums, ok := sum(r.Reads, begun.Add(-settle))
	if !ok {
		return nil
	}
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	if err := store(s.path(key), &entry{*r, sums}); err != nil {
		return err
	}
	s.trim()
	return nil
}

// settle is the coarsest time stamp of common file systems.
const settle = 2 * time.Second

// store writes an entry so that a reader sees all of it or nothing: magic,
// the sum of the rest, the rest.
func store(path string, e *entry) error {
	var body bytes.Buffer
	z, err := zstd.NewWriter(&body, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return err
	}
	if err := gob.NewEncoder(z).Encode(e); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "*"+temporary)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // gone already when all went well
	check := sha256.Sum256(body.Bytes())
	_, err = f.Write(slices.Concat([]byte(magic), check[:], body.Bytes()))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

const temporary = ".tmp"

// maxEntry bounds what an entry may unpack to.
const maxEntry = 2 << 30

func load(path string) (*entry, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	b, ok := bytes.CutPrefix(b, []byte(magic))
	if !ok || len(b) < sha256.Size {
		return nil, fmt.Errorf("%s: not an entry", path)
	}
	if check := sha256.Sum256(b[sha256.Size:]); !bytes.Equal(check[:], b[:sha256.Size]) {
		return nil, fmt.Errorf("%s: damaged", path)
	}
	z, err := zstd.NewReader(bytes.NewReader(b[sha256.Size:]), zstd.WithDecoderMaxMemory(maxEntry))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	var e entry
	return &e, gob.NewDecoder(io.LimitReader(z, maxEntry)).Decode(&e)
}

// trim removes the entries that were not used for longest, until the rest is
// within the limit, and what writers have left behind.
func (s Store) trim() {
	list, err := os.ReadDir(s.Dir)
	if err != nil {
		return
	}
	var entries []os.FileInfo
	total := int64(0)
	for _, e := range list {
		info, err := e.Info()
		switch {
		case err != nil || !info.Mode().IsRegular():
		case strings.HasSuffix(e.Name(), temporary) && time.Since(info.ModTime()) > time.Hour:
			os.Remove(filepath.Join(s.Dir, e.Name())) //nolint:errcheck // the next run tries again
		case strings.HasSuffix(e.Name(), suffix):
			entries = append(entries, info)
			total += info.Size()
		}
	}
	slices.SortFunc(entries, func(a, b os.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	for _, e := range entries {
		if total <= s.Max {
			return
		}
		os.Remove(filepath.Join(s.Dir, e.Name())) //nolint:errcheck // the next run tries again
		total -= e.Size()
	}
}
