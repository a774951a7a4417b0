package kmem

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/anchore/go-lzo"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// How a page is compressed: flags of its description (diskdump_mod.h,
// DUMP_DH_COMPRESSED_*). 0 is not at all.
const (
	pageZlib   = 0x1
	pageLZO    = 0x2
	pageSnappy = 0x4
	pageZstd   = 0x20
)

// codec undoes the compression of pages. Each dump has one; its decoders are
// made when the first page needs them.
type codec struct {
	size int // of a page
	zlib sync.Pool
	once sync.Once
	zstd *zstd.Decoder
	err  error
}

// page returns the contents of one page.
func (c *codec) page(data []byte, flags uint32) ([]byte, error) {
	var out []byte
	var err error
	switch flags & (pageZlib | pageLZO | pageSnappy | pageZstd) {
	case 0:
		out = data
	case pageZlib:
		out, err = c.inflate(data)
	case pageLZO:
		out = make([]byte, c.size)
		var n int
		if n, err = lzo.Decompress(data, out); err == nil {
			out = out[:n]
		}
	case pageSnappy:
		var n int
		if n, err = snappy.DecodedLen(data); err == nil && n <= c.size { // it may claim any size
			out, err = snappy.Decode(make([]byte, c.size), data)
		}
	case pageZstd:
		out, err = c.unzstd(data)
	default:
		return nil, fmt.Errorf("compressed in an unknown way (flags %#x)", flags)
	}
	if err != nil {
		return nil, err
	}
	if len(out) != c.size {
		return nil, fmt.Errorf("it gives %d bytes", len(out))
	}
	return out, nil
}

func (c *codec) inflate(data []byte) ([]byte, error) {
	src := bytes.NewReader(data)
	z, _ := c.zlib.Get().(io.ReadCloser)
	var err error
	if z == nil {
		z, err = zlib.NewReader(src)
	} else {
		err = z.(zlib.Resetter).Reset(src, nil)
	}
	if err != nil {
		return nil, err
	}
	out := make([]byte, c.size)
	n, err := io.ReadFull(z, out)
	if err == nil {
		c.zlib.Put(z)
	}
	return out[:n], err
}

func (c *codec) unzstd(data []byte) ([]byte, error) {
	c.once.Do(func() {
		c.zstd, c.err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(1<<20))
	})
	if c.err != nil {
		return nil, c.err
	}
	return c.zstd.DecodeAll(data, make([]byte, 0, c.size))
}
