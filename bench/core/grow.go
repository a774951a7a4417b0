package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

const (
	headerSize = 64
	phdrSize   = 56
	// sectionTable is what may follow the memory in a dump of QEMU.
	sectionTable = 4096
)

// grow copies an ELF dump, and gives its highest memory a sparse tail until the
// file has size bytes.
func grow(from, to string, size int64) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close() //nolint:errcheck // opened for reading
	dst, err := os.Create(to)
	if err != nil {
		return err
	}
	defer dst.Close() //nolint:errcheck // what matters is checked below
	end, err := io.Copy(dst, src)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	head := make([]byte, headerSize)
	if _, err := dst.ReadAt(head, 0); err != nil {
		return err
	}
	phoff, n := int64(le.Uint64(head[32:])), int(le.Uint16(head[56:]))
	headers := make([]byte, n*phdrSize)
	if _, err := dst.ReadAt(headers, phoff); err != nil {
		return fmt.Errorf("%s: program headers: %w", from, err)
	}
	last := headers
	for h := headers; len(h) >= phdrSize; h = h[phdrSize:] {
		if le.Uint64(h[24:]) >= le.Uint64(last[24:]) {
			last = h
		}
	}
	off := int64(le.Uint64(last[8:]))
	if end-off-int64(le.Uint64(last[32:])) > sectionTable {
		return fmt.Errorf("%s: its highest memory is not at the end of the file", from)
	}
	le.PutUint64(last[32:], uint64(size-off))
	le.PutUint64(last[40:], uint64(size-off))
	if _, err := dst.WriteAt(headers, phoff); err != nil {
		return err
	}
	return dst.Truncate(size)
}
