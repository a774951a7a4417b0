package bpf

import (
	"slices"
	"strings"
	"testing"
)

func TestParseRAM(t *testing.T) {
	const iomem = "00000000-00000fff : Reserved\n00001000-0009fbff : System RAM\n00100000-1ffdffff : System RAM\n  01000000-01c02627 : Kernel code\nfec00000-fec003ff : IOAPIC 0\n"
	got, err := parseRAM(strings.NewReader(iomem))
	if want := [][2]uint64{{0x1000, 0x9fc00}, {0x100000, 0x1ffe0000}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%x, %v", got, err)
	}
	if _, err := parseRAM(strings.NewReader("00000000-00000000 : System RAM\n")); err == nil {
		t.Error("hidden addresses give no error")
	}
}
