package ctype

import "gordian/internal/csource/cast"

// The tests write syntax trees by hand: what a type means must not depend on
// how well C is parsed.

func base(name string) *cast.Type     { return &cast.Type{Kind: cast.BaseType, Name: name} }
func named(name string) *cast.Type    { return &cast.Type{Kind: cast.NamedType, Name: name} }
func tagged(tag string) *cast.Type    { return &cast.Type{Kind: cast.StructType, Name: tag} }
func ptr(t *cast.Type) *cast.Type     { return &cast.Type{Kind: cast.PointerType, Elem: t} }
func arr(t *cast.Type) *cast.Type     { return &cast.Type{Kind: cast.ArrayType, Elem: t} }
func returns(t *cast.Type) *cast.Type { return &cast.Type{Kind: cast.FuncType, Elem: t} }

func field(name string, t *cast.Type) *cast.Var { return &cast.Var{Name: name, Type: t} }

// position makes every definition one of its own.
type position struct{ next cast.Pos }

func (p *position) def(tag string, fields ...*cast.Var) *cast.Type {
	p.next++
	return &cast.Type{Kind: cast.StructType, Name: tag, Def: true, Fields: fields, Pos: p.next}
}

func types(path string, ts ...*cast.Type) *cast.File { return &cast.File{Path: path, Types: ts} }
