package unwind

import (
	"encoding/binary"
	"errors"
	"fmt"

	"gordian/internal/kmem"
)

// Field is a bit field of an ORC entry.
type Field struct{ Bit, Bits uint }

func (f Field) of(v uint64) uint64 { return v >> f.Bit & (1<<f.Bits - 1) }

// Layout says how the entries of one kernel's tables look. The offsets are
// the same in all of them: sp_offset at byte 0 and bp_offset at byte 2, signed
// 16 bit (arch/x86/include/asm/orc_types.h, struct orc_entry).
type Layout struct {
	Size        int // bytes of an entry
	SPReg       Field
	BPReg       Field
	Type        Field
	End         Field // no bits since 6.4: a type of its own says it
	hasEnd      bool
	typeRenamed bool
}

// MemberFunc finds a member of struct orc_entry: its first bit and its width.
type MemberFunc func(name string) (bit, bits uint, ok bool)

// NewLayout makes a layout from the members of struct orc_entry. Up to 6.3 an
// entry has an `end` bit and types begin with CALL = 0; 6.4 dropped the bit
// and numbered the types anew (UNDEFINED, END_OF_STACK, CALL, REGS,
// REGS_PARTIAL), so that the member tells the numbers too.
func NewLayout(size int, member MemberFunc) (Layout, error) {
	if size < 6 || size > 8 {
		return Layout{}, fmt.Errorf("orc: struct orc_entry of %d bytes", size)
	}
	l := Layout{Size: size}
	for _, m := range []struct {
		name string
		to   *Field
	}{{"sp_reg", &l.SPReg}, {"bp_reg", &l.BPReg}, {"type", &l.Type}} {
		bit, bits, ok := member(m.name)
		if !ok || bits == 0 || bits > 8 || bit+bits > uint(size)*8 {
			return Layout{}, fmt.Errorf("orc: struct orc_entry has no usable member %s", m.name)
		}
		*m.to = Field{bit, bits}
	}
	if bit, bits, ok := member("end"); ok && bits > 0 {
		l.End, l.hasEnd = Field{bit, bits}, true
	}
	l.typeRenamed = !l.hasEnd
	return l, nil
}

// LayoutOf returns the layout of a kernel release whose types are not known:
// the last resort.
func LayoutOf(major, minor int) Layout {
	l := Layout{Size: 6, SPReg: Field{32, 4}, BPReg: Field{36, 4}}
	switch {
	case major > 6 || major == 6 && minor >= 4:
		l.Type, l.typeRenamed = Field{40, 3}, true
	case major == 6 && minor == 3: // 6.3 put the signal bit between the two
		l.Type, l.End, l.hasEnd = Field{40, 2}, Field{43, 1}, true
	default:
		l.Type, l.End, l.hasEnd = Field{40, 2}, Field{42, 1}, true
	}
	return l
}

// The base registers (ORC_REG_*), the same in all kernels.
const (
	regUndefined  = 0
	regPrevSP     = 1
	regDX         = 2
	regDI         = 3
	regBP         = 4
	regSP         = 5
	regR10        = 6
	regR13        = 7
	regBPIndirect = 8
	regSPIndirect = 9
)

// kind is what an entry says of its frame, by the numbers of no kernel.
type kind uint8

const (
	kindUndefined kind = iota // the table knows nothing here
	kindEnd                   // outermost frame
	kindCall                  // an ordinary function
	kindRegs                  // a whole struct pt_regs lies on the stack
	kindPartial               // only its hardware part (ip … ss) does
)

type entry struct {
	spOff, bpOff int64
	spReg, bpReg uint8
	kind         kind
}

func (l *Layout) decode(b []byte) entry {
	var raw [8]byte
	copy(raw[:], b)
	v := binary.LittleEndian.Uint64(raw[:])
	return entry{
		spOff: int64(int16(v)), bpOff: int64(int16(v >> 16)),
		spReg: uint8(l.SPReg.of(v)), bpReg: uint8(l.BPReg.of(v)),
		kind: l.kindOf(v),
	}
}

func (l *Layout) kindOf(v uint64) kind {
	t := l.Type.of(v)
	if l.typeRenamed {
		if t <= uint64(kindPartial) {
			return kind(t)
		}
		return kindUndefined
	}
	switch {
	case l.hasEnd && l.End.of(v) == 1:
		return kindEnd
	case l.SPReg.of(v) == regUndefined:
		return kindUndefined
	case t <= 2:
		return kindCall + kind(t)
	}
	return kindUndefined
}

// Table is one ORC table: that of the kernel, or of a module.
type Table struct {
	Low, High uint64 // the code that it covers: [Low, High)
	IPs       uint64 // address of the array of int32, each relative to itself, sorted
	Entries   uint64 // address of the array of struct orc_entry
	Len       int
}

var errNoEntry = errors.New("orc: no entry")

// maxEntries bounds a table that a damaged dump makes absurdly long: today's
// kernels have less than a million.
const maxEntries = 1 << 24

// find returns the entry for an address: the last one that begins at or
// before it.
func (t *Table) find(m kmem.Memory, l *Layout, ip uint64) (entry, error) {
	if t.Len <= 0 || t.Len > maxEntries {
		return entry{}, errNoEntry
	}
	lo, hi := 0, t.Len
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		at, err := t.ip(m, mid)
		if err != nil {
			return entry{}, err
		}
		if at <= ip {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return entry{}, errNoEntry
	}
	b := make([]byte, l.Size)
	if err := kmem.Read(m, b, t.Entries+uint64(lo-1)*uint64(l.Size)); err != nil {
		return entry{}, fmt.Errorf("orc entry for %#x: %w", ip, err)
	}
	return l.decode(b), nil
}

func (t *Table) ip(m kmem.Memory, i int) (uint64, error) {
	va := t.IPs + 4*uint64(i)
	off, err := kmem.U32(m, va)
	if err != nil {
		return 0, fmt.Errorf("orc table: %w", err)
	}
	return va + uint64(int64(int32(off))), nil
}
