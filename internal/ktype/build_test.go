package ktype

import "encoding/binary"

// builder writes BTF.
type builder struct {
	types   []byte
	strings []byte
	n       uint32 // types so far
}

func newBuilder() *builder { return &builder{strings: []byte{0}} }

func (b *builder) str(s string) uint32 {
	if s == "" {
		return 0
	}
	at := uint32(len(b.strings))
	b.strings = append(append(b.strings, s...), 0)
	return at
}

func (b *builder) add(name string, k Kind, flag bool, vlen int, size uint32, extra ...uint32) uint32 {
	info := uint32(k)<<24 | uint32(vlen)
	if flag {
		info |= 1 << 31
	}
	for _, v := range append([]uint32{b.str(name), info, size}, extra...) {
		b.types = binary.LittleEndian.AppendUint32(b.types, v)
	}
	b.n++
	return b.n
}

func (b *builder) bytes() []byte {
	var h []byte
	h = binary.LittleEndian.AppendUint16(h, btfMagic)
	h = append(h, 1, 0)
	for _, v := range []int{btfHeader, 0, len(b.types), len(b.types), len(b.strings)} {
		h = binary.LittleEndian.AppendUint32(h, uint32(v))
	}
	return append(append(h, b.types...), b.strings...)
}

// sample is a small kernel: ids 1 to 12.
func sample() *builder {
	b := newBuilder()
	b.add("int", Int, false, 0, 4, 0x01000020)          // 1: signed
	b.add("char", Int, false, 0, 1, 0x00000008)         // 2
	b.add("", Array, false, 0, 0, 2, 1, 16)             // 3: char[16]
	b.add("", Pointer, false, 0, 7)                     // 4: struct node *
	b.add("u64", Int, false, 0, 8, 0x00000040)          // 5
	b.add("", Union, false, 2, 8, b.str("owner"), 5, 0, // 6: anonymous
		b.str("word"), 1, 0)
	b.add("node", Struct, true, 6, 48, // 7
		b.str("next"), 4, 0,
		b.str("name"), 3, 64,
		0, 6, 192,
		b.str("flag"), 1, 256|1<<24,
		b.str("rest"), 1, 257|7<<24,
		b.str("inner"), 8, 288)
	b.add("pair", Struct, false, 2, 8, b.str("a"), 1, 0, b.str("b"), 9, 32) // 8
	b.add("number", Typedef, false, 0, 10)                                  // 9
	b.add("", Const, false, 0, 1)                                           // 10
	b.add("colour", Enum, true, 2, 4, b.str("RED"), 0, b.str("BLUE"), 0xffffffff)
	b.add("big", Enum64, false, 1, 8, b.str("HUGE"), 1, 2)
	return b
}
