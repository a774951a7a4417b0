package ctype

import (
	"slices"

	"gordian/internal/csource/cast"
)

// maxSteps bounds how long a chain of typedefs or pointers is followed: code
// that does not compile may define a type by itself.
const maxSteps = 32

// Of converts a type as written in the file from. Typedefs stay names until
// Resolve. It never returns nil.
func (db *DB) Of(t *cast.Type, from string) *Type {
	s := db.scope(from)
	name := from
	if s != nil {
		name = s.path
	}
	c := &converter{pool: db.pool, path: name, own: s}
	return c.typ(t, "", 0)
}

// Struct returns the definition of a structure or union that the file from
// means by tag, or nil.
func (db *DB) Struct(tag, from string) *StructDef {
	if tag == "" {
		return nil
	}
	if d := db.scope(from).structure(tag); d != nil {
		return d
	}
	d, _, _ := nearest(db, &db.tags, tag, from)
	return d
}

// Resolve follows typedefs until a type that is none, or a typedef that is
// not known.
func (db *DB) Resolve(t *Type, from string) *Type {
	for range maxSteps {
		if t == nil || t.Kind != Named {
			return t
		}
		next, file := db.typedef(t.Tag, from)
		if next == nil || next == t {
			return t
		}
		// The rest of the chain is read where this link stands.
		t, from = next, file
	}
	return t
}

func (db *DB) typedef(name, from string) (*Type, string) {
	if s := db.scope(from); s != nil {
		if d := find(s.typedefs, name); d != nil {
			return d.typ, from
		}
	}
	d, header, ok := nearest(db, &db.typedefs, name, from)
	if !ok {
		return nil, ""
	}
	return d.typ, db.headers[header].path
}

// structOf returns the structure that t is, or leads to through pointers,
// arrays and typedefs.
func (db *DB) structOf(t *Type, from string) *StructDef {
	for range maxSteps {
		t = db.Resolve(t, from)
		switch {
		case t == nil:
			return nil
		case t.Kind == Pointer, t.Kind == Array:
			t = t.Elem
		case t.Kind == Struct && t.Def != nil:
			return t.Def
		case t.Kind == Struct:
			return db.Struct(t.Tag, from)
		default:
			return nil
		}
	}
	return nil
}

// Member returns the type of a member of t, which is a structure or leads to
// one through pointers, arrays and typedefs, and how people name the structure
// that declares it (see StructDef.Owner). Anonymous members are searched.
// It returns nil and "" if the structure or the member is not known.
func (db *DB) Member(t *Type, name, from string) (field *Type, owner string) {
	f, def := db.Field(t, name, from)
	if f == nil {
		return nil, ""
	}
	return db.bind(f.Type, def.File), def.Owner
}

// Field is Member for who wants to know where the member is declared.
func (db *DB) Field(t *Type, name, from string) (*Field, *StructDef) {
	def := db.structOf(t, from)
	if def == nil || name == "" {
		return nil, nil
	}
	return db.search(def, name, &[]*StructDef{})
}

// maxSearched bounds how many anonymous members a member is searched in.
const maxSearched = 256

// search looks in def, then in its anonymous members. seen are the structures
// already searched: code that does not compile may contain itself.
func (db *DB) search(def *StructDef, name string, seen *[]*StructDef) (*Field, *StructDef) {
	for i := range def.Fields {
		if def.Fields[i].Name == name {
			return &def.Fields[i], def
		}
	}
	*seen = append(*seen, def)
	for i := range def.Fields {
		if def.Fields[i].Name != "" || len(*seen) > maxSearched {
			continue
		}
		inner := db.structOf(def.Fields[i].Type, def.File)
		if inner == nil || slices.Contains(*seen, inner) {
			continue
		}
		if f, d := db.search(inner, name, seen); f != nil {
			return f, d
		}
	}
	return nil, nil
}

// bind ties the structure that t leads to, if several have its tag, to the one
// that the header which declares t includes: whoever reads the member from far
// away could find another one nearer.
func (db *DB) bind(t *Type, header string) *Type {
	base := t
	for range maxSteps {
		if base == nil || base.Elem == nil {
			break
		}
		base = base.Elem
	}
	if base == nil || base.Kind != Struct || base.Def != nil {
		return t
	}
	i, ok := db.tags.first[base.Tag]
	if !ok || db.tags.list[i].next < 0 {
		return t
	}
	_, id, _ := nearest(db, &db.tags, base.Tag, header)
	s := db.scope(header)
	if s == nil || s.id != id && db.reach.from(db.included(s), id) == unreached {
		return t
	}
	return db.rebuild(t, db.Struct(base.Tag, header), 0)
}

func (db *DB) rebuild(t *Type, def *StructDef, depth int) *Type {
	if t.Elem == nil || depth > maxSteps {
		return db.pool.share(Type{Kind: t.Kind, Tag: t.Tag, Def: def})
	}
	return db.pool.share(Type{Kind: t.Kind, Elem: db.rebuild(t.Elem, def, depth+1)})
}

// Var returns the file-scope variable that the file from means by name: its
// type, and where it is declared. t is nil if there is none.
func (db *DB) Var(name, from string) (t *Type, file string, line int, static bool) {
	if s := db.scope(from); s != nil {
		if d := find(s.vars, name); d != nil {
			return d.typ, s.path, int(d.line), d.static
		}
	}
	d, header, ok := nearest(db, &db.vars, name, from)
	if !ok {
		return nil, "", 0, false
	}
	return db.bind(d.typ, db.headers[header].path), db.headers[header].path, int(d.line), false
}

// FuncResult returns what the function name returns, or nil.
func (db *DB) FuncResult(name, from string) *Type {
	if s := db.scope(from); s != nil {
		if d := find(s.funcs, name); d != nil {
			return d.typ
		}
	}
	d, header, ok := nearest(db, &db.funcs, name, from)
	if !ok {
		return nil
	}
	return db.bind(d.typ, db.headers[header].path)
}
