package kmem

import (
	"cmp"
	"fmt"
	"os"
	"slices"
)

// splitStore is a dump in several files (makedumpfile --split): each has the
// pages of one range.
type splitStore struct{ parts []store }

// IsPart reports whether a file is one of a split dump.
func IsPart(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // opened for reading
	magic := make([]byte, len(kdumpMagic))
	if _, err := f.ReadAt(magic, 0); err != nil || string(magic) != kdumpMagic {
		return false
	}
	h, err := readKdumpHeader(&osFile{f, info.Size()})
	return err == nil && h.split
}

func (im *Image) joinSplit(parts []part) {
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(first(a.store), first(b.store)) })
	s := &splitStore{}
	end := uint64(0)
	missing := func(to uint64) {
		if end < to {
			im.Incomplete = append(im.Incomplete, fmt.Sprintf("a file of the split dump is missing: it has the memory from %#x to %#x", end, to))
		}
	}
	for _, p := range parts {
		r := p.store.ranges()[0]
		missing(r.Start)
		end = r.End
		s.parts = append(s.parts, p.store)
	}
	missing(parts[0].end)
	im.store, im.Format = s, fmt.Sprintf("%s, split in %d", im.Format, len(parts))
}

func first(s store) uint64 { return s.ranges()[0].Start }

func (s *splitStore) read(p []byte, pa uint64) (int, error) {
	for _, part := range s.parts {
		if r := part.ranges()[0]; r.Start <= pa && pa < r.End {
			return part.read(p, pa)
		}
	}
	return 0, errNotInDump
}

func (s *splitStore) ranges() []Range {
	var out []Range
	for _, p := range s.parts {
		out = append(out, p.ranges()...)
	}
	return out
}
