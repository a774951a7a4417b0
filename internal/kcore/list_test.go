package kcore

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"gordian/internal/kmem"
)

// words is memory of 8 bytes per address.
type words map[uint64]uint64

func (m words) View(addr uint64) ([]byte, error) {
	v, ok := m[addr]
	if !ok {
		return nil, &kmem.MissingError{Addr: addr, Err: errors.New("not there")}
	}
	return binary.LittleEndian.AppendUint64(nil, v), nil
}

func TestList(t *testing.T) {
	tests := map[string]struct {
		mem   words
		nodes int
		err   string
	}{
		"empty":       {words{8: 8}, 0, ""},
		"three":       {words{8: 16, 16: 24, 24: 32, 32: 8}, 3, ""},
		"to nowhere":  {words{8: 16, 16: 0xdead}, 2, "not there"},
		"loops":       {words{8: 16, 16: 24, 24: 32, 32: 24}, 0, "loops"},
		"onto itself": {words{8: 16, 16: 16}, 0, "loops"},
		"no head":     {words{}, 0, "not there"},
		"too long":    {words{8: 16, 16: 24, 24: 32, 32: 40, 40: 48, 48: 56, 56: 8}, 5, "more than 5"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			n := 0
			err := List(test.mem, 8, 5, func(uint64) error { n++; return nil })
			if test.err == "" && (err != nil || n != test.nodes) {
				t.Errorf("%d nodes, %v", n, err)
			}
			if test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if n > 8 {
				t.Errorf("%d nodes were visited", n)
			}
		})
	}
	stop := errors.New("enough")
	if err := List(words{8: 16, 16: 8}, 8, 5, func(uint64) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error of the caller: %v", err)
	}
}
