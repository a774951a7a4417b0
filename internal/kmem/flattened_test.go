package kmem

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"
)

// flatWriter writes a flattened file record by record.
type flatWriter struct{ b []byte }

func newFlatWriter() *flatWriter {
	w := &flatWriter{make([]byte, flatHeader)}
	copy(w.b, flatMagic)
	binary.BigEndian.PutUint64(w.b[16:], 1)
	binary.BigEndian.PutUint64(w.b[24:], 1)
	return w
}

func (w *flatWriter) record(off, size uint64, data []byte) {
	w.b = binary.BigEndian.AppendUint64(w.b, off)
	w.b = binary.BigEndian.AppendUint64(w.b, size)
	w.b = append(w.b, data...)
}

func (w *flatWriter) end() memFile {
	w.record(^uint64(0), ^uint64(0), nil)
	return w.b
}

// TestFlatOverlaps: records that overlap in any way read like the file that
// was written.
func TestFlatOverlaps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		want := make([]byte, 300)
		size := 0
		w := newFlatWriter()
		for i := range 1 + r.IntN(30) {
			off, n := r.IntN(250), 1+r.IntN(50)
			data := bytes.Repeat([]byte{byte(i + 1)}, n)
			copy(want[off:], data)
			size = max(size, off+n)
			w.record(uint64(off), uint64(n), data)
		}
		ff, lacks, err := openFlat(context.Background(), w.end(), Options{})
		if err != nil || lacks != "" || ff.Size() != int64(size) {
			t.Fatalf("%d bytes of %d, lacks %q, error %v", ff.Size(), size, lacks, err)
		}
		got := make([]byte, size)
		if n, err := ff.ReadAt(got, 0); n != size || err != nil || !bytes.Equal(got, want[:size]) {
			t.Fatalf("%d bytes, %v:\n%v\n%v", n, err, got, want[:size])
		}
		from := r.IntN(size)
		if n, _ := ff.ReadAt(got[from:], int64(from)); n != size-from || !bytes.Equal(got, want[:size]) {
			t.Fatalf("from %d: %d bytes", from, n)
		}
	}
}

// TestFlatHostile: records without end, or of impossible sizes, cost nothing.
func TestFlatHostile(t *testing.T) {
	tiny := newFlatWriter()
	for i := range uint64(tinyRecords + 1) {
		tiny.record(i, 1, []byte{1})
	}
	if _, _, err := openFlat(context.Background(), tiny.end(), Options{}); err == nil || !strings.Contains(err.Error(), "too many records") {
		t.Errorf("tiny records: error %v", err)
	}
	for name, size := range map[string]uint64{"huge": 1 << 60, "of no bytes": 0, "negative": 1 << 63} {
		w := newFlatWriter()
		w.record(0, 4, []byte("abcd"))
		w.record(4, size, nil)
		ff, lacks, err := openFlat(context.Background(), w.end(), Options{})
		if err != nil || !strings.Contains(lacks, "damaged at byte") || ff.Size() != 4 {
			t.Errorf("%s: lacks %q, error %v", name, lacks, err)
		}
	}
	w := newFlatWriter()
	w.record(1<<60+1, 4, []byte("abcd"))
	if _, lacks, err := openFlat(context.Background(), w.end(), Options{}); err != nil || !strings.Contains(lacks, "damaged at byte") {
		t.Errorf("far away: lacks %q, error %v", lacks, err)
	}
}
