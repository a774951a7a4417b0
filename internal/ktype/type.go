package ktype

import (
	"encoding/binary"
	"iter"
	"strconv"
	"strings"
)

// Limits that only damaged or hostile data reaches.
const (
	maxChain = 64  // typedefs of typedefs, arrays of arrays
	maxDepth = 16  // anonymous members in anonymous members
	maxWork  = 1e5 // members looked at for one path
)

func (t Type) raw() raw {
	if t.set == nil || t.id == 0 {
		return raw{}
	}
	return t.set.btf.get(t.id)
}

func (t Type) with(id uint32) Type { return Type{t.set, id} }

// Kind returns what kind of type this is.
func (t Type) Kind() Kind { return t.raw().kind() }

// Name returns the type's own name, without "struct"; "" if it has none.
func (t Type) Name() string {
	r := t.raw()
	if r.owner == nil {
		return ""
	}
	return r.owner.str(r.name)
}

// Strip goes through typedefs and qualifiers to the type itself.
func (t Type) Strip() Type {
	for range maxChain {
		r := t.raw()
		switch r.kind() {
		case Typedef, Volatile, Const, Restrict, TypeTag:
			t = t.with(r.size)
		default:
			return t
		}
	}
	return Type{}
}

// Elem returns what a pointer points to, an array consists of, or a typedef
// or qualifier stands for.
func (t Type) Elem() Type {
	r := t.raw()
	switch r.kind() {
	case Pointer, Typedef, Volatile, Const, Restrict, TypeTag, Var, Func:
		return t.with(r.size)
	case Array:
		return t.with(binary.LittleEndian.Uint32(r.extra))
	}
	return Type{}
}

// Len returns the number of elements of an array.
func (t Type) Len() uint64 {
	r := t.raw()
	if r.kind() != Array {
		return 0
	}
	return uint64(binary.LittleEndian.Uint32(r.extra[8:]))
}

// Size returns the size in bytes, 0 for what has none.
func (t Type) Size() uint64 {
	size := uint64(1)
	for range maxChain {
		t = t.Strip()
		r := t.raw()
		switch r.kind() {
		case Int, Struct, Union, Enum, Enum64, Float:
			return size * uint64(r.size)
		case Pointer:
			return size * 8
		case Array:
			size *= t.Len()
			t = t.Elem()
			if size > 1<<40 { // no such thing fits into a kernel
				return 0
			}
		default:
			return 0
		}
	}
	return 0
}

// Signed reports whether an integer or enum is signed.
func (t Type) Signed() bool {
	r := t.Strip().raw()
	switch r.kind() {
	case Int:
		return r.extra[3]&1 != 0 // BTF_INT_SIGNED, bits 24…27
	case Enum, Enum64:
		return r.flag()
	}
	return false
}

// Members lists the direct members of a structure or union. Members without a
// name are structures whose members count as the outer one's.
func (t Type) Members() iter.Seq[Field] {
	return func(yield func(Field) bool) {
		r := t.raw()
		if r.kind() != Struct && r.kind() != Union {
			return
		}
		for i := range r.vlen() {
			if !yield(t.member(r, i)) {
				return
			}
		}
	}
}

func (t Type) member(r raw, i int) Field {
	e := r.extra[12*i:]
	off := binary.LittleEndian.Uint32(e[8:])
	f := Field{Name: r.owner.str(binary.LittleEndian.Uint32(e)), Type: t.with(binary.LittleEndian.Uint32(e[4:]))}
	bits := uint32(0)
	if r.flag() { // kind_flag: the size of a bit field is in the top byte
		bits, off = off>>24, off&0xffffff
	}
	f.Offset, f.Size = uint64(off/8), f.Type.Size()
	if bits > 0 || off%8 != 0 {
		f.Bit, f.Bits = uint8(off%8), uint8(bits)
		f.Size = uint64(off%8+bits+7) / 8
	}
	return f
}

// Member finds a member by its path: "a.b.c"; anonymous members are gone
// through, and an array stands for its first element.
func (t Type) Member(path string) (Field, bool) {
	out := Field{Type: t}
	work := 0
	for path != "" {
		name, rest, _ := strings.Cut(path, ".")
		of := out.Type.Strip()
		for range maxChain {
			if of.Kind() != Array {
				break
			}
			of = of.Elem().Strip()
		}
		f, ok := of.direct(name, 0, &work)
		if !ok {
			return Field{}, false
		}
		f.Offset += out.Offset
		out, path = f, rest
	}
	return out, out.Name != ""
}

// direct finds a member of this structure, or of its anonymous ones.
func (t Type) direct(name string, depth int, work *int) (Field, bool) {
	r := t.raw()
	if (r.kind() != Struct && r.kind() != Union) || depth > maxDepth {
		return Field{}, false
	}
	for i := range r.vlen() {
		if *work++; *work > maxWork {
			return Field{}, false
		}
		e := r.extra[12*i:]
		switch own := r.owner.rawStr(binary.LittleEndian.Uint32(e)); {
		case string(own) == name:
			return t.member(r, i), true
		case len(own) == 0:
			outer := t.member(r, i)
			if f, ok := outer.Type.Strip().direct(name, depth+1, work); ok {
				f.Offset += outer.Offset
				return f, true
			}
		}
	}
	return Field{}, false
}

// Enumerator is one name of an enum.
type Enumerator struct {
	Name  string
	Value int64
}

// Enumerators lists the names of an enum.
func (t Type) Enumerators() []Enumerator {
	r := t.raw()
	var out []Enumerator
	u := func(i int) uint32 { return binary.LittleEndian.Uint32(r.extra[i:]) }
	switch r.kind() {
	case Enum:
		for i := range r.vlen() {
			v := int64(u(8*i + 4))
			if r.flag() {
				v = int64(int32(v))
			}
			out = append(out, Enumerator{r.owner.str(u(8 * i)), v})
		}
	case Enum64:
		for i := range r.vlen() {
			out = append(out, Enumerator{r.owner.str(u(12 * i)), int64(uint64(u(12*i+4)) | uint64(u(12*i+8))<<32)})
		}
	}
	return out
}

// String writes the type as C does: "struct mutex *", "char[16]".
func (t Type) String() string { return t.write(0) }

func (t Type) write(depth int) string {
	if depth > maxChain {
		return "…"
	}
	name := t.Name()
	switch k := t.Kind(); k {
	case Struct, Union, Enum, Enum64, Forward:
		word := map[Kind]string{Struct: "struct ", Union: "union ", Enum: "enum ", Enum64: "enum ", Forward: "struct "}[k]
		if name == "" {
			name = "{…}"
		}
		return word + name
	case Pointer:
		if to := t.Elem(); to.Kind() == FuncProto {
			return "function *"
		}
		return strings.TrimSuffix(t.Elem().write(depth+1), " ") + " *"
	case Array:
		return t.Elem().write(depth+1) + "[" + strconv.FormatUint(t.Len(), 10) + "]"
	case Const, Volatile:
		return k.String() + " " + t.Elem().write(depth+1)
	case Restrict, TypeTag:
		return t.Elem().write(depth + 1)
	case Void:
		return "void"
	}
	return name
}
