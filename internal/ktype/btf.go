package ktype

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
)

const (
	btfMagic   = 0xeb9f
	btfHeader  = 24
	typeHeader = 12
	// maxBTF is several times what a kernel with everything built in has.
	maxBTF = 64 << 20
)

// btf is the type section of one object. Types are read where they stand, when
// they are asked for; opening it only finds where each begins.
type btf struct {
	b       []byte // type section
	strings []byte
	first   uint32   // id of the first type here; 1 for a kernel
	firstS  uint32   // offset of the first string here
	at      []uint32 // offset of type first+i in b
	base    *btf

	index sync.Once
	seed  maphash.Seed
	slots []uint32 // hash table of names: 1 + place in at
}

// Parse reads the BTF of a kernel.
func Parse(data []byte) (*Types, error) {
	b, err := parse(data, nil)
	if err != nil {
		return nil, fmt.Errorf("read BTF: %w", err)
	}
	return &Types{btf: b}, nil
}

// Module reads the BTF of a module, whose types build on those of the kernel.
func (t *Types) Module(data []byte) (*Types, error) {
	b, err := parse(data, t.btf)
	if err != nil {
		return nil, fmt.Errorf("read BTF of module: %w", err)
	}
	return &Types{base: t, btf: b}, nil
}

func parse(data []byte, base *btf) (*btf, error) {
	if len(data) < btfHeader || len(data) > maxBTF {
		return nil, fmt.Errorf("%d bytes", len(data))
	}
	u32 := func(i int) uint32 { return binary.LittleEndian.Uint32(data[i:]) }
	if m := binary.LittleEndian.Uint16(data); m != btfMagic {
		return nil, fmt.Errorf("magic number %#x, expected %#x", m, btfMagic)
	}
	hdr := uint64(u32(4))
	types, err := section(data, hdr+uint64(u32(8)), uint64(u32(12)))
	if err != nil {
		return nil, fmt.Errorf("types: %w", err)
	}
	strs, err := section(data, hdr+uint64(u32(16)), uint64(u32(20)))
	if err != nil {
		return nil, fmt.Errorf("strings: %w", err)
	}
	b := &btf{b: types, strings: strs, first: 1, base: base}
	if base != nil {
		b.first = base.first + uint32(len(base.at))
		b.firstS = base.firstS + uint32(len(base.strings))
	}
	return b, b.scan()
}

func section(data []byte, off, size uint64) ([]byte, error) {
	if off > uint64(len(data)) || size > uint64(len(data))-off {
		return nil, errors.New("section is outside of the data")
	}
	return data[off : off+size : off+size], nil
}

// scan finds where each type begins.
func (b *btf) scan() error {
	b.at = make([]uint32, 0, len(b.b)/24) // the average in a kernel
	for p := 0; p < len(b.b); {
		if len(b.b)-p < typeHeader {
			return fmt.Errorf("type %d is cut", len(b.at)+int(b.first))
		}
		info := binary.LittleEndian.Uint32(b.b[p+4:])
		extra, ok := extraSize(kindOf(info), int(info&0xffff))
		if !ok || len(b.b)-p-typeHeader < extra {
			return fmt.Errorf("type %d (%v) is damaged or cut", len(b.at)+int(b.first), kindOf(info))
		}
		b.at = append(b.at, uint32(p))
		p += typeHeader + extra
	}
	return nil
}

func kindOf(info uint32) Kind { return Kind(info >> 24 & 31) }

// extraSize returns how many bytes follow the header of a type with n entries.
func extraSize(k Kind, n int) (int, bool) {
	switch k {
	case Int, Var, DeclTag:
		return 4, true
	case Array:
		return 12, true
	case Struct, Union, DataSec, Enum64:
		return 12 * n, true
	case Enum, FuncProto:
		return 8 * n, true
	case Pointer, Forward, Typedef, Volatile, Const, Restrict, Func, Float, TypeTag:
		return 0, true
	}
	return 0, false
}

// raw is the header of one type.
type raw struct {
	name, info, size uint32 // size or type
	extra            []byte
	owner            *btf
}

func (r raw) kind() Kind { return kindOf(r.info) }
func (r raw) flag() bool { return r.info>>31 == 1 }
func (r raw) vlen() int  { return int(r.info & 0xffff) }

// get returns a type by its id; an id that does not exist is void.
func (b *btf) get(id uint32) raw {
	for b != nil && id < b.first {
		b = b.base
	}
	if b == nil || id-b.first >= uint32(len(b.at)) {
		return raw{}
	}
	p := b.at[id-b.first]
	u := func(i uint32) uint32 { return binary.LittleEndian.Uint32(b.b[p+i:]) }
	return raw{u(0), u(4), u(8), b.b[p+typeHeader:], b}
}

// str returns a string by its offset, "" for one outside.
func (b *btf) str(off uint32) string { return string(b.rawStr(off)) }

func (b *btf) rawStr(off uint32) []byte {
	for b != nil && off < b.firstS {
		b = b.base
	}
	if b == nil || off-b.firstS >= uint32(len(b.strings)) {
		return nil
	}
	s := b.strings[off-b.firstS:]
	if i := bytes.IndexByte(s, 0); i >= 0 {
		return s[:i]
	}
	return s
}

// find returns the id of the type of a name.
func (b *btf) find(name string) (uint32, bool) {
	b.index.Do(b.buildIndex)
	if len(b.slots) == 0 {
		return 0, false
	}
	mask := uint64(len(b.slots) - 1)
	for h := maphash.String(b.seed, name) & mask; b.slots[h] != 0; h = (h + 1) & mask {
		if p := b.at[b.slots[h]-1]; string(b.rawStr(binary.LittleEndian.Uint32(b.b[p:]))) == name {
			return b.first + b.slots[h] - 1, true
		}
	}
	return 0, false
}

// buildIndex indexes what a person may ask for by name. Of types of one name
// the first structure or union is found, then an enum, then a typedef: those
// that go in first stand first.
func (b *btf) buildIndex() {
	var ranked [3][]uint32
	for i, p := range b.at {
		if binary.LittleEndian.Uint32(b.b[p:]) == 0 {
			continue
		}
		switch kindOf(binary.LittleEndian.Uint32(b.b[p+4:])) {
		case Struct, Union:
			ranked[0] = append(ranked[0], uint32(i))
		case Enum, Enum64:
			ranked[1] = append(ranked[1], uint32(i))
		case Typedef:
			ranked[2] = append(ranked[2], uint32(i))
		}
	}
	size := 64
	for size < 2*(len(ranked[0])+len(ranked[1])+len(ranked[2])) {
		size *= 2
	}
	b.seed, b.slots = maphash.MakeSeed(), make([]uint32, size)
	mask := uint64(size - 1)
	for _, list := range ranked {
		for _, i := range list {
			h := maphash.Bytes(b.seed, b.rawStr(binary.LittleEndian.Uint32(b.b[b.at[i]:]))) & mask
			for b.slots[h] != 0 {
				h = (h + 1) & mask
			}
			b.slots[h] = i + 1
		}
	}
}
