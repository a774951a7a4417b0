package kmem

import (
	"bytes"
	"encoding/binary"
)

// Memory is what can be read by address: an Image by physical ones, a Space
// by virtual ones.
type Memory interface {
	// View returns at least one byte: those from addr to the end of its page,
	// or to where the dump ends. They must not be changed, and stay as they
	// are. An error is a *MissingError.
	View(addr uint64) ([]byte, error)
}

// Read fills p with the bytes at addr.
func Read(m Memory, p []byte, addr uint64) error {
	for len(p) > 0 {
		v, err := m.View(addr)
		if err != nil {
			return err
		}
		n := copy(p, v)
		p, addr = p[n:], addr+uint64(n)
	}
	return nil
}

// Bytes returns n bytes at addr. Callers bound n.
func Bytes(m Memory, addr uint64, n int) ([]byte, error) {
	p := make([]byte, n)
	if err := Read(m, p, addr); err != nil {
		return nil, err
	}
	return p, nil
}

// U64 reads 8 bytes at addr, little endian.
func U64(m Memory, addr uint64) (uint64, error) {
	v, err := m.View(addr)
	if err != nil {
		return 0, err
	}
	if len(v) >= 8 {
		return binary.LittleEndian.Uint64(v), nil
	}
	return across(m, addr, 8)
}

// U32 reads 4 bytes at addr.
func U32(m Memory, addr uint64) (uint32, error) {
	v, err := m.View(addr)
	if err != nil {
		return 0, err
	}
	if len(v) >= 4 {
		return binary.LittleEndian.Uint32(v), nil
	}
	u, err := across(m, addr, 4)
	return uint32(u), err
}

// U16 reads 2 bytes at addr.
func U16(m Memory, addr uint64) (uint16, error) {
	u, err := Uint(m, addr, 2)
	return uint16(u), err
}

// U8 reads the byte at addr.
func U8(m Memory, addr uint64) (uint8, error) {
	v, err := m.View(addr)
	if err != nil {
		return 0, err
	}
	return v[0], nil
}

// Uint reads an integer of size 1 to 8 bytes at addr.
func Uint(m Memory, addr uint64, size int) (uint64, error) {
	v, err := m.View(addr)
	if err != nil {
		return 0, err
	}
	switch {
	case size == 4 && len(v) >= 4:
		return uint64(binary.LittleEndian.Uint32(v)), nil
	case size >= 8 && len(v) >= 8:
		return binary.LittleEndian.Uint64(v), nil
	}
	return across(m, addr, min(size, 8))
}

// across reads a number that may lie on two pages.
func across(m Memory, addr uint64, size int) (uint64, error) {
	var u uint64
	for i := 0; i < size; {
		v, err := m.View(addr + uint64(i))
		if err != nil {
			return 0, err
		}
		for ; i < size && len(v) > 0; i, v = i+1, v[1:] {
			u |= uint64(v[0]) << (8 * i)
		}
	}
	return u, nil
}

// String reads the string at addr up to its NUL, or max bytes. What it holds
// is whatever the dump holds: escape it before it is shown.
func String(m Memory, addr uint64, max int) (string, error) {
	v, err := m.View(addr)
	if err != nil {
		return "", err
	}
	if i := bytes.IndexByte(v[:min(len(v), max)], 0); i >= 0 {
		return string(v[:i]), nil
	}
	if len(v) >= max {
		return string(v[:max]), nil
	}
	var out []byte
	for {
		if i := bytes.IndexByte(v, 0); i >= 0 && len(out)+i <= max {
			return string(append(out, v[:i]...)), nil
		}
		out = append(out, v[:min(len(v), max-len(out))]...)
		if len(out) >= max {
			return string(out), nil
		}
		if v, err = m.View(addr + uint64(len(out))); err != nil {
			return "", err
		}
	}
}
