package evidence

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"gordian/internal/model"
)

// read reads what a person would hand over on standard input.
func read(data []byte) (*model.Facts, error) {
	return Read(context.Background(), []string{"-"}, Options{Stdin: bytes.NewReader(data)})
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFormats(t *testing.T) {
	plain := fixture(t, "report.log")
	tests := map[string]struct {
		data   []byte
		format string
	}{
		"plain":  {plain, ""},
		"gzip":   {fixture(t, "report.log.gz"), "gzip"},
		"xz":     {fixture(t, "report.log.xz"), "xz"},
		"zstd":   {fixture(t, "report.log.zst"), "zstd"},
		"bzip2":  {fixture(t, "report.log.bz2"), "bzip2"},
		"UTF-16": {utf16File(string(plain)), "UTF-16"},
		"journal export": {[]byte("__CURSOR=s=1\n_TRANSPORT=kernel\n_SOURCE_MONOTONIC_TIMESTAMP=363148800\n" +
			"MESSAGE=INFO: task mount.demo:945 blocked for more than 120 seconds.\n\n"), "journal export"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := read(test.data)
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Reports) != 1 || f.Reports[0].Base().Family != "hung-task" {
				t.Fatalf("reports: %v", f.Reports)
			}
			if in := f.Inputs[0]; in.Format != test.format || in.SHA256 == "" || in.Bytes != int64(len(test.data)) {
				t.Errorf("input: %+v", in)
			}
			if len(f.Incomplete) != 0 {
				t.Errorf("incomplete: %v", f.Incomplete)
			}
		})
	}
}

func utf16File(text string) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

// TestSameFromFile: a file is read like a pipe, with the same checksum.
func TestSameFromFile(t *testing.T) {
	path := filepath.Join("testdata", "report.log.xz")
	f, err := Read(context.Background(), []string{path, filepath.Join("testdata", "report.log")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := read(fixture(t, "report.log.xz"))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Reports) != 2 || f.Reports[1].Base().Input != 1 || f.Inputs[0].SHA256 != g.Inputs[0].SHA256 {
		t.Errorf("inputs %+v and %+v", f.Inputs, g.Inputs)
	}
}

// TestCutCompressed cuts a compressed log at every byte: what came before the
// cut is read, and the cut is told.
func TestCutCompressed(t *testing.T) {
	for _, name := range []string{"report.log.gz", "report.log.xz", "report.log.zst", "report.log.bz2"} {
		data := fixture(t, name)
		for end := range data {
			f, err := read(data[:end])
			if end > 32 && err == nil && len(f.Incomplete) == 0 {
				t.Errorf("%s: cut at byte %d of %d, and nobody is told", name, end, len(data))
			}
		}
	}
}

// TestWindows: what a header asks for beyond the limit is refused, not
// allocated.
func TestWindows(t *testing.T) {
	// a zstd frame header with a window of 128 MiB (RFC 8878, 3.1.1.1.2), one raw block
	bigZstd := append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 0x21, 0, 0}, "[ 1.000000] x\n"[:4]...)
	for name, data := range map[string][]byte{"zstd": bigZstd, "xz": fixture(t, "dict-128M.log.xz")} {
		t.Run(name, func(t *testing.T) {
			peak := watchHeap()
			f, err := read(data)
			if heap := peak(); heap > 100<<20 {
				t.Errorf("heap grew to %d MiB", heap>>20)
			}
			if err == nil && len(f.Incomplete) == 0 {
				t.Error("read as if nothing were wrong")
			}
		})
	}
}

// TestBombs: a small file that holds a large log is read as a stream.
func TestBombs(t *testing.T) {
	line := []byte("a line of nothing in particular\n")
	pack := func(w io.WriteCloser, out *bytes.Buffer) []byte {
		piece := bytes.Repeat(line, 1<<15)
		for range 64 {
			if _, err := w.Write(piece); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	var gz, zst bytes.Buffer
	zw, err := zstd.NewWriter(&zst, zstd.WithWindowSize(8<<20))
	if err != nil {
		t.Fatal(err)
	}
	bombs := map[string][]byte{
		"gzip": pack(gzip.NewWriter(&gz), &gz), "zstd": pack(zw, &zst),
		"xz": fixture(t, "bomb-64M.log.xz"), "bzip2": fixture(t, "bomb-64M.log.bz2"),
	}
	for name, data := range bombs {
		t.Run(name, func(t *testing.T) {
			peak := watchHeap()
			f, err := read(data)
			if err != nil || len(f.Reports) != 0 || len(f.Incomplete) != 0 {
				t.Fatalf("%v, %d reports, %v", err, len(f.Reports), f.Incomplete)
			}
			if heap := peak(); heap > 160<<20 {
				t.Errorf("%d bytes of input: heap grew to %d MiB", len(data), heap>>20)
			}
		})
	}
}

// watchHeap samples the heap until the returned function is called.
func watchHeap() func() uint64 {
	runtime.GC()
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		var peak uint64
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
			select {
			case <-stop:
				done <- peak
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() uint64 { close(stop); return <-done }
}

// TestNotForUs: evidence of other kinds is named, with what to do about it.
func TestNotForUs(t *testing.T) {
	tests := map[string]struct {
		data []byte
		want string
	}{
		"vmcore":         {[]byte("\x7fELF\x02\x01\x01"), "ELF"},
		"a cut dump":     {[]byte("KDUMP   \x06\x00\x00\x00"), "read dump header: the file ends"},
		"a cut stream":   {[]byte("makedumpfile\x00\x00\x00\x00"), "read header of flattened dump: the file ends"},
		"binary journal": {[]byte("LPKSHHRH\x00\x00"), "journalctl"},
		"our own JSON":   {[]byte(`{"schema":"gordian/v1"}`), "gordian render"},
		"C":              {[]byte("// SPDX-License-Identifier: GPL-2.0\nint x;\n"), "C source"},
		"a picture":      {[]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d\x01\x02\x03\x04\x05"), "neither text"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := read(test.data)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v does not say %q", err, test.want)
			}
			if len(f.Inputs) != 0 {
				t.Errorf("it is an input all the same: %+v", f.Inputs)
			}
		})
	}
}

// TestOneBadInput: an input that cannot be read does not stop the others.
func TestOneBadInput(t *testing.T) {
	dir := t.TempDir()
	paths := []string{filepath.Join(dir, "missing"), dir, filepath.Join("testdata", "report.log")}
	f, err := Read(context.Background(), paths, Options{})
	if err == nil || !strings.Contains(err.Error(), "no such file") || !errors.Is(err, ErrUnsupported) {
		t.Errorf("error %v", err)
	}
	if len(f.Reports) != 1 || f.Reports[0].Base().Input != 0 {
		t.Errorf("%d reports", len(f.Reports))
	}
}

// TestEmpty: an empty file is a log without lines; an empty pipe is most
// likely a command that failed.
func TestEmpty(t *testing.T) {
	if f, err := read(nil); err == nil || len(f.Incomplete) != 1 {
		t.Errorf("an empty pipe: %v, %v", f.Incomplete, err)
	}
	path := filepath.Join(t.TempDir(), "empty.log")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := Read(context.Background(), []string{path}, Options{}); err != nil || len(f.Incomplete) != 1 {
		t.Errorf("an empty file: %v, %v", f.Incomplete, err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Read(ctx, []string{"-"}, Options{Stdin: strings.NewReader("INFO: task\n")}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestProgress: the bytes told add up to the input.
func TestProgress(t *testing.T) {
	path := filepath.Join("testdata", "report.log")
	var done, total int64
	_, err := Read(context.Background(), []string{path}, Options{Progress: func(d, all int64) { done, total = d, all }})
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(len(fixture(t, "report.log"))); done != want || total != want {
		t.Errorf("told %d of %d, want %d", done, total, want)
	}
}
