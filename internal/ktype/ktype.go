// Package ktype knows the types of a kernel: how big its structures are and
// where their members stand. It reads BTF (Documentation/bpf/btf.rst), which
// is in the kernel's own memory.
//
// Layouts differ between versions, configurations and distributions that
// carry changes back; so ask for a member, and branch on whether it is there.
package ktype

import (
	"errors"
	"fmt"
)

// Kind is the kind of a type (include/uapi/linux/btf.h, BTF_KIND_*).
type Kind uint8

// Kinds. Zero is void.
const (
	Void Kind = iota
	Int
	Pointer
	Array
	Struct
	Union
	Enum
	Forward
	Typedef
	Volatile
	Const
	Restrict
	Func
	FuncProto
	Var
	DataSec
	Float
	DeclTag
	TypeTag
	Enum64
)

func (k Kind) String() string {
	names := [...]string{"void", "int", "pointer", "array", "struct", "union", "enum", "forward", "typedef", "volatile", "const", "restrict", "function", "prototype", "variable", "section", "float", "declaration tag", "type tag", "enum64"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Types is the set of types of the kernel or, with the kernel's behind it, of
// one module. It is safe for concurrent use.
type Types struct {
	base *Types // types of the kernel, for those of a module
	btf  *btf
}

// Empty returns a set without types.
func Empty() *Types { return &Types{btf: &btf{}} }

// ErrNoType is wrapped by errors about types and members that do not exist.
var ErrNoType = errors.New("no such type in this kernel")

// Type is one type; the zero Type is void.
type Type struct {
	set *Types // where id is looked up
	id  uint32
}

// Field is a member of a structure, found by its path.
type Field struct {
	Name   string
	Offset uint64 // in bytes, from the start of the outermost structure
	Size   uint64 // in bytes; of a bit field: of the bytes that hold it
	Bit    uint8  // first bit within these bytes, and how many:
	Bits   uint8  // 0 if this is no bit field
	Type   Type
}

// Find returns the structure, union, enum or typedef of a name: "task_struct".
// A structure goes before a typedef of the same name, and a type of the module
// before one of the kernel.
func (t *Types) Find(name string) (Type, bool) {
	for s := t; s != nil; s = s.base {
		if id, ok := s.btf.find(name); ok {
			return Type{t, id}, true
		}
	}
	return Type{}, false
}

// Struct returns a structure or union by name, through typedefs.
func (t *Types) Struct(name string) (Type, bool) {
	ty, ok := t.Find(name)
	if !ok {
		return Type{}, false
	}
	ty = ty.Strip()
	return ty, ty.Kind() == Struct || ty.Kind() == Union
}

// Member finds a member of a structure by its path, through anonymous members
// and through arrays: Member("task_struct", "se.exec_start"). No pointers are
// followed.
func (t *Types) Member(structure, path string) (Field, bool) {
	s, ok := t.Struct(structure)
	if !ok {
		return Field{}, false
	}
	return s.Member(path)
}

// Has reports whether a structure has a member.
func (t *Types) Has(structure, path string) bool {
	_, ok := t.Member(structure, path)
	return ok
}

// Offset returns the offset of a member in bytes. The error names what is
// missing and wraps ErrNoType.
func (t *Types) Offset(structure, path string) (uint64, error) {
	f, ok := t.Member(structure, path)
	if !ok {
		return 0, fmt.Errorf("struct %s, member %s: %w", structure, path, ErrNoType)
	}
	return f.Offset, nil
}

// Size returns the size of a structure in bytes.
func (t *Types) Size(structure string) (uint64, error) {
	s, ok := t.Struct(structure)
	if !ok {
		return 0, fmt.Errorf("struct %s: %w", structure, ErrNoType)
	}
	return s.Size(), nil
}

// EnumValue returns the value of an enumerator of a named enum.
func (t *Types) EnumValue(enum, name string) (int64, bool) {
	e, ok := t.Find(enum)
	if !ok {
		return 0, false
	}
	for _, v := range e.Strip().Enumerators() {
		if v.Name == name {
			return v.Value, true
		}
	}
	return 0, false
}
