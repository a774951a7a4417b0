package bpf

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
)

// TestObjectsAreOfTheSources: whoever changes a program must compile it.
func TestObjectsAreOfTheSources(t *testing.T) {
	h := sha256.New()
	headers, _ := filepath.Glob("src/*.h") // a good pattern
	programs, _ := filepath.Glob("src/*.bpf.c")
	for _, name := range slices.Concat([]string{"src/generate.sh"}, headers, programs) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(data)
	}
	sum, err := os.ReadFile("src/objects.sum")
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != strings.TrimSpace(string(sum)) {
		t.Errorf("the objects are not of these sources: run go generate ./internal/bpf (clang, llvm, libbpf-dev)")
	}
}

// TestKernelMemory: what the maps take stays below 32 MB, by default.
func TestKernelMemory(t *testing.T) {
	spec, err := loadOrder()
	if err != nil {
		t.Fatal(err)
	}
	var sum int
	for name, m := range spec.Maps {
		if m.Type == ebpf.RingBuf {
			sum += int(m.MaxEntries)
			continue
		}
		// A hash entry has a bucket and list pointers beside key and value.
		sum += int(m.MaxEntries) * int(m.KeySize+m.ValueSize+64)
		if m.Pinning != ebpf.PinNone {
			t.Errorf("map %s would be pinned, and stay", name)
		}
	}
	if sum > 32<<20 {
		t.Errorf("%d bytes of maps", sum)
	}
	t.Logf("%d KiB of maps", sum>>10)
}

// TestPairs: each function that is locked by is let go by another one, in both
// ways to attach.
func TestPairs(t *testing.T) {
	spec, err := loadOrder()
	if err != nil {
		t.Fatal(err)
	}
	for _, fn := range []string{"mutex_unlock", "up", "up_read", "up_write", "rt_mutex_unlock", "percpu_up_write", "downgrade_write"} {
		for _, way := range []string{"e_", "k_"} {
			if p := spec.Programs[way+fn]; p == nil || p.AttachTo != fn || rank(way+fn) == 0 && fn != "downgrade_write" {
				t.Errorf("%s%s: %v", way, fn, p)
			}
		}
	}
	for name, p := range spec.Programs {
		fn, ok := strings.CutPrefix(name, "x_")
		if ok && (spec.Programs["k_"+fn] == nil || spec.Programs["r_"+fn] == nil || p.AttachType != ebpf.AttachTraceFExit) {
			t.Errorf("%s has no kprobe and kretprobe", name)
		}
	}
}
