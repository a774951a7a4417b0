package kmem

import (
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// xzDict is as far back as xz looks: twice the type information, the biggest
// piece of a trimmed dump.
const xzDict = 8 << 20

// Compressor writes to w in the way that the name of a file promises: ".xz",
// ".zst", or as it is. Close ends the compressed stream, and not w.
func Compressor(name string, w io.Writer) (io.WriteCloser, error) {
	switch {
	case strings.HasSuffix(name, ".xz"):
		return xz.WriterConfig{DictCap: xzDict}.NewWriter(w)
	case strings.HasSuffix(name, ".zst"):
		return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	}
	return plainCloser{w}, nil
}

type plainCloser struct{ io.Writer }

func (plainCloser) Close() error { return nil }
