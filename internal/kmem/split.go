package kmem

import (
	"cmp"
	"fmt"
	"os"
	"slices"
)

// splitStore is a dump in several files (makedumpfile --split): each has the
// pages of one range.
type splitStore struct{ parts []*kdumpStore }

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
	s := &splitStore{}
	for _, p := range parts {
		if k, ok := p.store.(*kdumpStore); ok {
			s.parts = append(s.parts, k)
		}
	}
	slices.SortStableFunc(s.parts, func(a, b *kdumpStore) int { return cmp.Compare(a.start, b.start) })
	end := uint64(0)
	missing := func(to uint64) {
		if end < to {
			im.Incomplete = append(im.Incomplete, fmt.Sprintf("a file of the split dump is missing: it has the memory from %#x to %#x", end, to))
		}
	}
	for i, p := range s.parts {
		start := p.start << p.shift
		if missing(start); i > 0 && start < end {
			im.Incomplete = append(im.Incomplete, fmt.Sprintf("two files of the split dump have the memory from %#x on: one is named twice, or is of another dump", start))
		}
		end = max(end, p.end<<p.shift)
	}
	missing(parts[0].end)
	im.store, im.Format = s, fmt.Sprintf("%s, split in %d", im.Format, len(parts))
}

func (s *splitStore) read(p []byte, pa uint64) (int, error) {
	for _, part := range s.parts {
		if pfn := pa >> part.shift; part.start <= pfn && pfn < part.end {
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
