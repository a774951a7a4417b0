package evidence

import (
	"bytes"
	"context"
	"io"
	"syscall"
	"testing"
	"time"

	"gordian/internal/klog"
	"gordian/internal/model"
)

// fuzzFormat feeds the decompressor that a magic number selects with any
// bytes behind it: no panic, no hang, and all that comes out is read. Output
// is limited, since a few bytes can stand for very many.
func fuzzFormat(f *testing.F, magic []byte, files ...string) {
	for _, name := range files {
		f.Add(fixture(f, name)[len(magic):])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		start := usedCPU(t)
		z, _, err := decompress(bytes.NewReader(append(bytes.Clone(magic), data...)))
		if err != nil {
			return
		}
		head, rest := peek(io.LimitReader(z, 4<<20))
		if len(head) > headBytes {
			t.Fatalf("head of %d bytes", len(head))
		}
		facts := &model.Facts{}
		_ = klog.Read(context.Background(), rest, 0, facts) // damage is what is fed
		if took := usedCPU(t) - start; took > 10*time.Second {
			t.Fatalf("%d bytes took %s", len(data), took)
		}
	})
}

func FuzzGzip(f *testing.F) { fuzzFormat(f, []byte{0x1f, 0x8b}, "report.log.gz") }

func FuzzXz(f *testing.F) {
	fuzzFormat(f, []byte{0xfd, '7', 'z', 'X', 'Z', 0}, "report.log.xz", "dict-128M.log.xz")
}

func FuzzZstd(f *testing.F) { fuzzFormat(f, []byte{0x28, 0xb5, 0x2f, 0xfd}, "report.log.zst") }

func FuzzBzip2(f *testing.F) { fuzzFormat(f, []byte("BZh"), "report.log.bz2") }

// usedCPU is the CPU time that this process has used so far.
func usedCPU(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano())
}
