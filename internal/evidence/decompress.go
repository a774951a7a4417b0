package evidence

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/therootcompany/xz"
)

// maxWindow bounds what a compressed file can make the decompressor allocate:
// the dictionary of `xz -9`, and more than zstd uses without --ultra or --long.
const maxWindow = 64 << 20

// headBytes is how much of an input is looked at to say what it is.
const headBytes = 4096

// decompress recognises gzip, xz, zstd and bzip2 by their magic numbers. The
// name of the format is "" for plain input.
func decompress(r io.Reader) (io.Reader, string, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	magic, err := br.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(br)
		return z, "gzip", err
	case bytes.HasPrefix(magic, []byte{0xfd, '7', 'z', 'X', 'Z', 0}):
		z, err := xz.NewReader(br, maxWindow)
		return z, "xz", err
	case bytes.HasPrefix(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, "", err
		}
		return z.IOReadCloser(), "zstd", nil
	case bytes.HasPrefix(magic, []byte("BZh")):
		return bzip2.NewReader(br), "bzip2", nil
	}
	if len(magic) == 0 {
		return br, "", nil
	}
	return br, "", nil
}

// peek returns the first bytes of r and a reader that still has them. A read
// error comes again from that reader, behind what could be read.
func peek(r io.Reader) ([]byte, io.Reader) {
	head := make([]byte, headBytes)
	n := 0
	for n < len(head) {
		m, err := r.Read(head[n:])
		n += m
		if err != nil {
			return head[:n], io.MultiReader(bytes.NewReader(head[:n]), failing{err})
		}
	}
	return head, io.MultiReader(bytes.NewReader(head), r)
}

// failing is a reader that has only an error to give.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
