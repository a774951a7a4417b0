package kcore

import (
	"fmt"
	"strconv"
	"strings"

	"gordian/internal/kmem"
	"gordian/internal/ktype"
)

// Value is a member of a structure as a person reads it. Without an address
// there is only the layout.
type Value struct {
	Name    string  `json:"name,omitempty"`
	Type    string  `json:"type"`
	Offset  uint64  `json:"offset"` // in bytes, from the start of the outermost structure
	Size    uint64  `json:"size"`
	Bits    uint8   `json:"bits,omitempty"`    // of a bit field
	Text    string  `json:"value,omitempty"`   // "" for a structure, and when there is no address
	Missing string  `json:"missing,omitempty"` // why it cannot be read
	Members []Value `json:"members,omitempty"`
}

// Limits of what is shown.
const (
	maxValues = 4096 // members in all
	maxElems  = 16   // of one array
	maxNested = 6    // structures in structures
)

// Layout describes a structure.
func (k *Kernel) Layout(t ktype.Type) Value {
	p := &printer{k: k}
	return p.value(ktype.Field{Size: t.Size(), Type: t}, 0, false, 0)
}

// ValueAt reads a structure, or anything else, of a type at an address.
func (k *Kernel) ValueAt(t ktype.Type, addr uint64) Value {
	p := &printer{k: k}
	return p.value(ktype.Field{Size: t.Size(), Type: t}, addr, true, 0)
}

type printer struct {
	k     *Kernel
	count int
}

// value describes a field of the thing at base; its offset counts from there.
func (p *printer) value(f ktype.Field, base uint64, read bool, depth int) Value {
	p.count++
	v := Value{Name: f.Name, Type: f.Type.String(), Offset: f.Offset, Size: f.Size, Bits: f.Bits}
	t := f.Type.Strip()
	switch t.Kind() {
	case ktype.Struct, ktype.Union:
		if depth >= maxNested || (depth > 0 && !read) {
			return v
		}
		for m := range t.Members() {
			if p.count >= maxValues {
				v.Missing = "the rest is left out: name a member to see it"
				break
			}
			m.Offset += f.Offset
			v.Members = append(v.Members, p.value(m, base, read, depth+1))
		}
	case ktype.Array:
		if read {
			p.array(&v, t, base, depth)
		}
	default:
		if read {
			v.Text, v.Missing = p.scalar(f, t, base)
		}
	}
	return v
}

func (p *printer) array(v *Value, t ktype.Type, base uint64, depth int) {
	elem := t.Elem()
	if isChar(elem) {
		s, err := kmem.String(p.k.Mem, base+v.Offset, int(min(t.Len(), 256)))
		if err != nil {
			v.Missing = err.Error()
			return
		}
		v.Text = strconv.Quote(s)
		return
	}
	size := elem.Size()
	for i := range t.Len() {
		if i >= maxElems || p.count >= maxValues {
			v.Missing = fmt.Sprintf("%d of %d elements", i, t.Len())
			return
		}
		e := p.value(ktype.Field{Name: "[" + strconv.FormatUint(i, 10) + "]", Offset: v.Offset + i*size, Size: size, Type: elem}, base, true, depth+1)
		v.Members = append(v.Members, e)
	}
}

// isChar: char itself, not u8, of which nobody knows what it holds.
func isChar(t ktype.Type) bool { return t.Strip().Kind() == ktype.Int && t.Strip().Name() == "char" }

// scalar reads a number, pointer or enum.
func (p *printer) scalar(f ktype.Field, t ktype.Type, base uint64) (text, missing string) {
	if f.Size == 0 || f.Size > 8 {
		return "", ""
	}
	u, err := kmem.Uint(p.k.Mem, base+f.Offset, int(f.Size))
	if err != nil {
		return "", err.Error()
	}
	bits := uint(f.Size) * 8
	if f.Bits > 0 {
		bits = uint(f.Bits)
		u = u >> f.Bit & (1<<bits - 1)
	}
	switch {
	case t.Kind() == ktype.Pointer:
		return p.pointer(u), ""
	case t.Kind() == ktype.Enum || t.Kind() == ktype.Enum64:
		for _, e := range t.Enumerators() {
			if uint64(e.Value)<<(64-bits) == u<<(64-bits) {
				return fmt.Sprintf("%s (%d)", e.Name, e.Value), ""
			}
		}
	case t.Signed():
		return strconv.FormatInt(int64(u<<(64-bits))>>(64-bits), 10), ""
	}
	if u > 0xffff {
		return fmt.Sprintf("%#x", u), ""
	}
	return strconv.FormatUint(u, 10), ""
}

func (p *printer) pointer(u uint64) string {
	if u == 0 {
		return "NULL"
	}
	return strings.TrimSpace(fmt.Sprintf("%#x %s", u, p.k.SymbolAt(u)))
}

// SymbolAt names an address of the kernel's image or of a module:
// "<schedule+0x5>", "<lock_a [dl_abba]>"; "" for any other.
func (k *Kernel) SymbolAt(addr uint64) string {
	s, off, ok := k.Sym.Lookup(addr)
	if !ok || (s.Size > 0 && off >= s.Size) || addr>>32 == 0 {
		return ""
	}
	name := s.Name
	if off > 0 {
		name += "+0x" + strconv.FormatUint(off, 16)
	}
	if s.Module != "" {
		name += " [" + s.Module + "]"
	}
	return "<" + name + ">"
}

// Address understands what a person types for an address: a symbol, "+0x10"
// behind it, or a hexadecimal number with or without 0x.
func (k *Kernel) Address(text string) (uint64, error) {
	name, plus, more := strings.Cut(text, "+")
	off := uint64(0)
	if more {
		var err error
		if off, err = strconv.ParseUint(plus, 0, 64); err != nil {
			return 0, fmt.Errorf("%q: the offset must be a number", text)
		}
	}
	if s, ok := k.Sym.Find(name); ok {
		return s.Addr + off, nil
	}
	if u, err := strconv.ParseUint(strings.TrimPrefix(name, "0x"), 16, 64); err == nil {
		return u + off, nil
	}
	return 0, fmt.Errorf("%q: no such symbol in this kernel, and no hexadecimal number", text)
}
