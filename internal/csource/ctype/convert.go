package ctype

import "gordian/internal/csource/cast"

// maxDepth bounds how deep types nest; what lies deeper is unknown. Real code
// stays below 10, hostile code must not exhaust the stack.
const maxDepth = 64

// converter turns the syntax types of one file into types.
type converter struct {
	pool pool
	path string
	line func(cast.Pos) int        // nil if lines are not known
	own  *scope                    // what the file defined already; may be nil
	defs map[*cast.Type]*StructDef // made when the first is defined
}

// typ converts t. owner names an anonymous structure that t defines.
func (c *converter) typ(t *cast.Type, owner string, depth int) *Type {
	if t == nil || depth > maxDepth {
		return c.pool.share(Type{})
	}
	switch t.Kind {
	case cast.BaseType:
		return c.pool.share(Type{Kind: Scalar, Tag: t.Name})
	case cast.NamedType:
		return c.pool.share(Type{Kind: Named, Tag: t.Name})
	case cast.EnumType:
		return c.pool.share(Type{Kind: Scalar, Tag: "enum"})
	case cast.StructType, cast.UnionType:
		return c.structure(t, owner, depth)
	case cast.PointerType:
		return c.derived(Pointer, t, owner, depth)
	case cast.ArrayType:
		return c.derived(Array, t, owner, depth)
	case cast.FuncType:
		return c.derived(Func, t, owner, depth)
	default: // typeof: whoever knows the expression's type knows better
		return c.pool.share(Type{})
	}
}

func (c *converter) derived(k Kind, t *cast.Type, owner string, depth int) *Type {
	return c.pool.share(Type{Kind: k, Elem: c.typ(t.Elem, owner, depth+1)})
}

func (c *converter) structure(t *cast.Type, owner string, depth int) *Type {
	if !t.Def {
		return c.pool.share(Type{Kind: Struct, Tag: t.Name})
	}
	return c.pool.share(Type{Kind: Struct, Tag: t.Name, Def: c.define(t, owner, depth)})
}

// define converts the definition t, once.
func (c *converter) define(t *cast.Type, owner string, depth int) *StructDef {
	if d := c.defs[t]; d != nil {
		return d
	}
	if d := c.own.definition(t.Name, int32(t.Pos)); d != nil {
		return d
	}
	d := &StructDef{Tag: c.pool.name(t.Name), File: c.path, Line: c.lineOf(t.Pos), pos: int32(t.Pos)}
	d.Owner = d.Tag
	if d.Owner == "" {
		d.Owner = c.pool.name(owner)
	}
	if c.defs == nil {
		c.defs = make(map[*cast.Type]*StructDef)
	}
	c.defs[t] = d
	d.Fields = make([]Field, 0, len(t.Fields))
	for _, v := range t.Fields {
		d.Fields = append(d.Fields, c.field(v, d.Owner, depth))
	}
	return d
}

func (c *converter) field(v *cast.Var, owner string, depth int) Field {
	inner := owner
	// Only an anonymous structure takes its name from where it stands.
	if v.Name != "" && definesAnonymous(v.Type) {
		inner = owner + "." + v.Name
	}
	return Field{Name: c.pool.name(v.Name), Type: c.typ(v.Type, inner, depth+1), Line: c.lineOf(v.Pos)}
}

func definesAnonymous(t *cast.Type) bool {
	for range maxDepth {
		if t == nil {
			return false
		}
		if t.Kind == cast.StructType || t.Kind == cast.UnionType {
			return t.Def && t.Name == ""
		}
		t = t.Elem
	}
	return false
}

func (c *converter) lineOf(p cast.Pos) int {
	if c.line == nil {
		return 0
	}
	return c.line(p)
}
