package kmem

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"sort"
)

// flatFile puts a flattened dump in order. `makedumpfile -F` and QEMU write it
// when they cannot seek: a header, then records of (offset, size, bytes), big
// endian, in the order in which they were written; a later record overwrites
// an earlier one (makedumpfile.h, struct makedumpfile_header).
type flatFile struct {
	f    file
	recs []flatRecord // by offset; none overlaps another
	size int64
}

type flatRecord struct {
	off, size int64 // in the dump
	at        int64 // in the file
	seq       int32 // the place in the order of writing
}

func (r *flatRecord) end() int64 { return r.off + r.size }

const (
	flatMagic      = "makedumpfile"
	flatHeader     = 4096
	flatRecordSize = 16
	// maxFlatRecords bounds the list (32 bytes each); makedumpfile collects
	// 4 MiB in a record, QEMU 4 KiB of descriptions and 64 KiB of pages.
	maxFlatRecords = 4 << 20
	// tinyRecords may be of any size: headers are. More of them must have
	// leastRecord bytes on average, or reading a page would take for ever.
	tinyRecords = 64 << 10
	leastRecord = 512
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
	ff.recs = lay(ff.recs)
	if n := len(ff.recs); n > 0 {
		ff.size = ff.recs[n-1].end()
	}
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
		if n := int64(len(ff.recs)); n >= maxFlatRecords || n >= tinyRecords && (at-flatHeader)/n < leastRecord {
			return "", fmt.Errorf("flattened dump of too many records (%d in the first %d bytes): `makedumpfile -R` puts it in order", n, at)
		}
		if rec.size > 0 {
			ff.recs = append(ff.recs, rec)
		}
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
	end := off + int64(len(want))
	i := sort.Search(len(ff.recs), func(i int) bool { return ff.recs[i].end() > off })
	for ; i < len(ff.recs) && ff.recs[i].off < end; i++ {
		rec := &ff.recs[i]
		from, to := max(off, rec.off), min(end, rec.end())
		if n, err := ff.f.ReadAt(want[from-off:to-off], rec.at+from-rec.off); int64(n) < to-from {
			return int(from - off), cut(err)
		}
	}
	if len(want) < len(p) {
		return len(want), io.EOF
	}
	return len(want), nil
}
