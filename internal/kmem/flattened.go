package kmem

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
)

// flatFile puts a flattened dump in order. `makedumpfile -F` and QEMU write it
// when they cannot seek: a header, then records of (offset, size, bytes), big
// endian, in the order in which they were written; a later record overwrites
// an earlier one (makedumpfile.h, struct makedumpfile_header).
type flatFile struct {
	f    file
	recs []flatRecord // by offset, then by order of writing
	most int64        // size of the biggest record
	size int64
}

type flatRecord struct {
	off, size int64 // in the dump
	at        int64 // in the file
	seq       int32
}

const (
	flatMagic      = "makedumpfile"
	flatHeader     = 4096
	flatRecordSize = 16
	// maxFlatRecords bounds the list (32 bytes each); makedumpfile collects
	// 4 MiB in a record, QEMU 4 KiB of descriptions and 64 KiB of pages.
	maxFlatRecords = 4 << 20
	flatPiece      = 1 << 20
)

// openFlat reads all record headers. When the file is cut, it returns what is
// there and a note.
func openFlat(ctx context.Context, f file, o Options) (*flatFile, string, error) {
	h := make([]byte, 32)
	if err := readAt(f, h, 0); err != nil {
		return nil, "", fmt.Errorf("read header of flattened dump: %w", err)
	}
	if typ, version := binary.BigEndian.Uint64(h[16:]), binary.BigEndian.Uint64(h[24:]); typ != 1 || version != 1 {
		return nil, "", fmt.Errorf("flattened dump of type %d, version %d: %w", typ, version, ErrNotDump)
	}
	ff := &flatFile{f: f}
	lacks, err := ff.scan(ctx, o)
	if err != nil {
		return nil, "", err
	}
	slices.SortFunc(ff.recs, func(a, b flatRecord) int {
		return cmp.Or(cmp.Compare(a.off, b.off), cmp.Compare(a.seq, b.seq))
	})
	return ff, lacks, nil
}

// scan walks the records. Their headers are read through a buffer: most
// records are small in QEMU's dumps.
func (ff *flatFile) scan(ctx context.Context, o Options) (lacks string, err error) {
	size := ff.f.Size()
	r := &skipReader{f: ff.f, at: flatHeader}
	br := bufio.NewReaderSize(r, 64<<10)
	at := int64(flatHeader)
	var h [flatRecordSize]byte
	for n := 0; ; n++ {
		if n%4096 == 0 {
			if ctx.Err() != nil {
				return "", ctx.Err()
			}
			if o.Progress != nil {
				o.Progress("ordering the flattened dump", at, size)
			}
		}
		if _, err := io.ReadFull(br, h[:]); err != nil {
			return fmt.Sprintf("the flattened dump ends without its end mark (%v): what came after is missing", cut(err)), nil
		}
		at += flatRecordSize
		rec := flatRecord{off: int64(binary.BigEndian.Uint64(h[:])), size: int64(binary.BigEndian.Uint64(h[8:])), at: at, seq: int32(len(ff.recs))}
		if rec.off == -1 && rec.size == -1 {
			return "", nil
		}
		if rec.off < 0 || rec.size <= 0 || rec.size > 1<<40 || rec.off > 1<<60 {
			return fmt.Sprintf("the flattened dump is damaged at byte %d: what came after is missing", at-flatRecordSize), nil
		}
		if rec.size > size-at {
			rec.size = max(0, size-at)
			lacks = "the flattened dump is cut in the middle of a record"
		}
		if len(ff.recs)+int(rec.size/flatPiece) >= maxFlatRecords {
			return "", errors.New("flattened dump of too many records: `makedumpfile -R` puts it in order")
		}
		ff.add(rec)
		at += rec.size
		if lacks != "" {
			return lacks, nil
		}
		if rec.size <= int64(br.Buffered()) {
			br.Discard(int(rec.size)) //nolint:errcheck // it is buffered
			continue
		}
		r.at = at
		br.Reset(r)
	}
}

// add adds a record in pieces, so that one big record does not make every read
// look at all the small ones.
func (ff *flatFile) add(rec flatRecord) {
	for rec.size > 0 {
		piece := rec
		piece.size = min(rec.size, flatPiece)
		ff.recs = append(ff.recs, piece)
		ff.most, ff.size = max(ff.most, piece.size), max(ff.size, piece.off+piece.size)
		rec.off, rec.at, rec.size = rec.off+piece.size, rec.at+piece.size, rec.size-piece.size
	}
}

// skipReader reads on from a place that can be moved.
type skipReader struct {
	f  file
	at int64
}

func (r *skipReader) Read(p []byte) (int, error) {
	n, err := r.f.ReadAt(p, r.at)
	r.at += int64(n)
	return n, err
}

func (ff *flatFile) Size() int64 { return ff.size }

// ReadAt reads from the records that cover p. What no record covers is a hole
// of the file that was written: zeros, as in a sparse file.
func (ff *flatFile) ReadAt(p []byte, off int64) (int, error) {
	if off >= ff.size {
		return 0, io.EOF
	}
	want := p[:min(int64(len(p)), ff.size-off)]
	clear(want)
	for _, rec := range ff.covering(off, off+int64(len(want))) {
		from, to := max(off, rec.off), min(off+int64(len(want)), rec.off+rec.size)
		if n, err := ff.f.ReadAt(want[from-off:to-off], rec.at+from-rec.off); int64(n) < to-from {
			return int(from - off), cut(err)
		}
	}
	if len(want) < len(p) {
		return len(want), io.EOF
	}
	return len(want), nil
}

// covering returns the records that have bytes of [from, to), in the order in
// which they were written.
func (ff *flatFile) covering(from, to int64) []flatRecord {
	var out []flatRecord
	i := sort.Search(len(ff.recs), func(i int) bool { return ff.recs[i].off >= to })
	for i--; i >= 0 && ff.recs[i].off > from-ff.most; i-- {
		if r := ff.recs[i]; r.off+r.size > from {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b flatRecord) int { return cmp.Compare(a.seq, b.seq) })
	return out
}
