package kcore

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"gordian/internal/kmem"
)

// flat is memory from address 0 on.
type flat []byte

func (m flat) View(addr uint64) ([]byte, error) {
	if addr >= uint64(len(m)) {
		return nil, &kmem.MissingError{Addr: addr, Err: errors.New("not there")}
	}
	return m[addr:], nil
}

// testRing is a ring of four records and 128 bytes of text in a memory of its
// own: descriptors at 0, infos at 128, text at 512.
func testRing(mem flat) *ring {
	return &ring{
		mem: mem, infos: 128, descSize: 24, infoSize: 88, count: 4, data: 512, dataSize: 128,
		begin: 8, next: 16, ts: 8, textLen: 16, caller: 20, flags: 19, hasCaller: true, hasFlags: true,
	}
}

// put writes record id with its text at a logical position.
func (m flat) put(id, begin, next uint64, text string) {
	le := binary.LittleEndian
	i := id % 4
	le.PutUint64(m[i*24:], descFinalized<<62|id)
	le.PutUint64(m[i*24+8:], begin)
	le.PutUint64(m[i*24+16:], next)
	le.PutUint64(m[128+i*88:], id)
	le.PutUint64(m[128+i*88+8:], 5e9)
	le.PutUint16(m[128+i*88+16:], uint16(len(text)))
	m[128+i*88+19] = 6 << 5
	le.PutUint32(m[128+i*88+20:], callerCPU|3)
	at := begin % 128
	if text == "" {
		return
	}
	if begin/128 != (next-1)/128 {
		at = 0
	}
	le.PutUint64(m[512+at:], id)
	copy(m[520+at:], text)
}

func TestRing(t *testing.T) {
	mem := make(flat, 640)
	mem.put(40, 0, 16, "one")
	mem.put(41, 96, 160, "wraps to the start") // 32 bytes at the start of the ring
	r := testRing(mem)
	for id, want := range map[uint64]string{40: "", 41: "wraps to the start"} {
		rec, there, err := r.record(id)
		if want == "" { // its text was overwritten by record 41
			if there || err == nil {
				t.Errorf("record %d: %+v, %v", id, rec, err)
			}
			continue
		}
		if !there || err != nil || rec.Text != want || rec.Caller != "C3" || rec.Level != 6 || rec.Nsec != 5e9 || rec.Seq != id {
			t.Errorf("record %d: %+v, %v, %v", id, rec, there, err)
		}
	}
	if _, there, err := r.record(42); there || err != nil {
		t.Errorf("a record that does not exist: %v, %v", there, err)
	}
	mem.put(42, 3, 3, "")
	if rec, there, err := r.record(42); !there || err != nil || rec.Text != "" {
		t.Errorf("an empty record: %+v, %v, %v", rec, there, err)
	}
	r.mem = mem[:520]
	if _, there, err := r.record(41); there || err == nil || !strings.Contains(err.Error(), "not there") {
		t.Errorf("a record whose text is missing: %v, %v", there, err)
	}
}

// FuzzRing: whatever the ring holds, reading its records stays within it.
func FuzzRing(f *testing.F) {
	mem := make(flat, 640)
	mem.put(40, 0, 16, "one")
	mem.put(41, 96, 160, "wraps to the start")
	f.Add([]byte(mem), uint64(40))
	f.Fuzz(func(t *testing.T, b []byte, id uint64) {
		r := testRing(b)
		for i := range uint64(8) {
			rec, there, err := r.record((id + i) & descIDMask)
			if there && err == nil && len(rec.Text) > 128 {
				t.Errorf("%d bytes of text out of a ring of 128", len(rec.Text))
			}
			rec.AppendText(nil)
		}
	})
}
