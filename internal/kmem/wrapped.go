package kmem

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/therootcompany/xz"
)

// maxWindow bounds what a compressed file can make the decompressor take.
const maxWindow = 64 << 20

// unwrap returns what a compressed file holds, or nil if it is not compressed.
//
// A dump is read at random, and these formats only from their start; so the
// contents go to a temporary file. It takes no memory, and pages of zeros no
// space. Keeping the decompressor's state at many places would save the space
// and cost the time again at each jump.
func (im *Image) unwrap(ctx context.Context, f file, o Options) (file, error) {
	head := make([]byte, 6)
	n, _ := f.ReadAt(head, 0) // whoever reads the file next sees the error
	head = head[:n]
	src := &countedReader{f: f}
	var r io.Reader
	var err error
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		r, err = gzip.NewReader(src)
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		r, err = xz.NewReader(bufio.NewReaderSize(src, 64<<10), maxWindow)
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		var z *zstd.Decoder
		z, err = zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err == nil {
			defer z.Close()
		}
		r = z
	case bytes.HasPrefix(head, []byte("BZh")):
		r = bzip2.NewReader(bufio.NewReader(src))
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return im.spool(ctx, r, func(int64) { o.progress("unpacking", src.at, f.Size()) })
}

func (o Options) progress(what string, done, total int64) {
	if o.Progress != nil {
		o.Progress(what, done, total)
	}
}

// countedReader reads a file from its start.
type countedReader struct {
	f  file
	at int64
}

func (r *countedReader) Read(p []byte) (int, error) {
	n, err := r.f.ReadAt(p, r.at)
	r.at += int64(n)
	return n, err
}

const (
	spoolChunk = 256 << 10
	// maxSpool bounds what is unpacked: a few KiB can stand for petabytes of
	// zeros, which take no space but would take for ever.
	maxSpool = 1 << 42
)

// spool copies r into a temporary file that vanishes with the process. A
// stream that breaks off gives what came before it: the dump is cut.
func (im *Image) spool(ctx context.Context, r io.Reader, tick func(done int64)) (file, error) {
	t, err := os.CreateTemp("", "gordian-dump-")
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	im.close = append(im.close, t.Close)
	if err := os.Remove(t.Name()); err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	var size int64
	buf := make([]byte, spoolChunk)
	for {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		n, err := io.ReadFull(r, buf)
		if werr := writeSparse(t, buf[:n], size); werr != nil {
			return nil, fmt.Errorf("unpack into %s (TMPDIR names another place): %w", os.TempDir(), werr)
		}
		size += int64(n)
		tick(size)
		if err == nil && size < maxSpool {
			continue
		}
		if err == nil {
			return nil, errors.New("unpack: it holds more than any dump")
		}
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) || damaged(r, err) {
			im.Incomplete = append(im.Incomplete, fmt.Sprintf("the compressed file is damaged or cut after %d bytes of the dump: %v", size, err))
		}
		if size == 0 && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("unpack: %w", err)
		}
		return &osFile{t, size}, nil
	}
}

// damaged tells a stream that breaks off from one that ends: io.ReadFull calls
// both ErrUnexpectedEOF.
func damaged(r io.Reader, err error) bool {
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		return false
	}
	_, again := r.Read(make([]byte, 1))
	return !errors.Is(again, io.EOF)
}

// writeSparse writes b at off, and leaves out pages of zeros.
func writeSparse(f *os.File, b []byte, off int64) error {
	var zero [PageSize]byte
	for len(b) > 0 {
		n := 0
		for n < len(b) && !bytes.Equal(b[n:min(n+PageSize, len(b))], zero[:min(PageSize, len(b)-n)]) {
			n = min(n+PageSize, len(b))
		}
		if n > 0 {
			if _, err := f.WriteAt(b[:n], off); err != nil {
				return err
			}
		} else {
			n = min(PageSize, len(b))
		}
		b, off = b[n:], off+int64(n)
	}
	return nil
}
