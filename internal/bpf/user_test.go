package bpf

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/cilium/ebpf"

	"gordian/internal/trace"
)

// TestUserHooks: each program that a function is given to is there.
func TestUserHooks(t *testing.T) {
	spec, err := loadUser()
	if err != nil {
		t.Fatal(err)
	}
	for fn, h := range userHooks() {
		for _, p := range []string{h.program, h.returns} {
			if s := spec.Programs[p]; p != "" && (s == nil || s.Type != ebpf.Kprobe) {
				t.Errorf("%s: no program %q", fn, p)
			}
		}
		if (h.returns != "") != (h.kind&trace.Try != 0) {
			t.Errorf("%s: what may fail is noted at its return", fn)
		}
	}
	sum := 0
	for _, m := range spec.Maps {
		if m.Type == ebpf.RingBuf {
			sum += int(m.MaxEntries)
			continue
		}
		sum += int(m.MaxEntries) * int(m.KeySize+m.ValueSize+64)
	}
	if sum > 32<<20 {
		t.Errorf("%d bytes of maps", sum)
	}
	t.Logf("%d KiB of maps", sum>>10)
}

func TestUserEvent(t *testing.T) {
	e := userEvent{N: 99, Size: 1 << 30, TID: 7, TGID: 6, To: trace.Lock{Addr: 8, Class: 9, From: 3}}
	e.Held[1] = trace.Lock{Addr: 4}
	var b bytes.Buffer
	if err := binary.Write(&b, binary.NativeEndian, &e); err != nil {
		t.Fatal(err)
	}
	got, ok := toUser(b.Bytes())
	if !ok || len(got.Held) != 1 || got.To.Init != 9 || got.To.Number != 3 || got.PID != 6 || len(got.Memory) != len(e.Stack) {
		t.Errorf("%v: %+v", ok, got)
	}
	if _, ok := toUser(b.Bytes()[:100]); ok {
		t.Error("a part of an event was read")
	}
}
