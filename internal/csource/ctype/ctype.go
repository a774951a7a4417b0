// Package ctype knows the types that locks need: structures with their
// members, typedefs, and what functions return. It is filled from headers and
// source files and picks, of several definitions with one name, the one that
// is nearest to who asks.
package ctype

// Kind is the shape of a type, as far as locks need it.
type Kind uint8

// Kinds.
const (
	Unknown Kind = iota
	Scalar       // integers, enums, void, bool
	Struct       // a structure or union by value: Tag
	Pointer      // to Elem
	Array        // of Elem
	Func         // returning Elem
	Named        // a typedef that was not resolved yet: Tag
)

// Type is an immutable type. Pointers to it may be kept.
type Type struct {
	Kind Kind
	Tag  string // of a structure ("uart_port"; "" if anonymous), or the name of a typedef or scalar
	Elem *Type
	Def  *StructDef // an anonymous structure's own definition, or one bound at once

	bound bool // Def is set here or further down
}

// StructDef is a structure or union.
type StructDef struct {
	Tag string
	// Owner is how people name it: the tag; for an anonymous one the tag that
	// it stands in ("uart_port"), with the member's name if it has one
	// ("uart_port.rx"), or the typedef or variable that it was defined for.
	Owner  string
	File   string
	Line   int
	Fields []Field
	pos    int32 // of the definition: the same node converted twice is one definition
}

// Field is a member. Anonymous members have Name "" and are searched through.
type Field struct {
	Name string
	Type *Type
	Line int
}
