package lower

import (
	"path"
	"strconv"
	"strings"

	"gordian/internal/csource/ctype"
	"gordian/internal/csource/ir"
)

// pathKey is the identity of a path: its type and text do not count.
type pathKey struct {
	kind  ir.PathKind
	base  ir.PathID
	index int32
	name  string
	args  string
}

// path returns the path with the given identity, making it from p if it is new.
func (b *fn) path(k pathKey, p ir.Path) ir.PathID {
	if id, ok := b.paths[k]; ok {
		return id
	}
	id := ir.PathID(len(b.out.Paths))
	b.out.Paths = append(b.out.Paths, p)
	b.paths[k] = id
	return id
}

func (b *fn) localPath(v *local) ir.PathID {
	return b.path(pathKey{kind: ir.LocalPath, name: v.name}, ir.Path{Kind: ir.LocalPath, Name: v.name, Type: v.typ, Text: v.name})
}

func (b *fn) globalPath(name string) ir.PathID {
	k := pathKey{kind: ir.GlobalPath, name: name}
	if id, ok := b.paths[k]; ok {
		return id
	}
	name = b.str(name)
	k.name = name
	t, decl, static := b.env.Types.Var(name)
	if g, ok := b.unit.Locks[name]; ok {
		decl, static = b.env.Path, g.Static
	}
	class := name
	if static || b.staticHere(name) {
		class, decl = b.join(path.Base(b.env.Path), ":", name), b.env.Path
	}
	return b.path(k, ir.Path{Kind: ir.GlobalPath, Name: name, Decl: decl, Type: t, Class: class, Text: name})
}

// staticHere reports whether name is a static variable of this file.
func (b *fn) staticHere(name string) bool {
	for _, v := range b.f.Vars {
		if v.Name == name && v.Static {
			return true
		}
	}
	return false
}

// field returns the path of a member of base, which is seen as type t.
func (b *fn) field(base ir.PathID, t *ctype.Type, name string) (ir.PathID, *ctype.Type) {
	ft, owner, decl := b.env.Types.Member(t, name)
	if base == 0 {
		return 0, ft
	}
	if p := &b.out.Paths[base]; p.Kind == ir.OuterPath && p.Name == name {
		return p.Base, ft
	}
	name = b.str(name)
	k := pathKey{kind: ir.FieldPath, base: base, name: name}
	if id, ok := b.paths[k]; ok {
		p := &b.out.Paths[id]
		if p.Owner == "" && owner != "" {
			p.Owner, p.Decl, p.Class, p.Type = b.str(owner), decl, b.fieldClass(base, owner, name), ft
		}
		return id, ft
	}
	if owner == "" && ft == nil {
		owner = structTag(t) // its members are not known, its name is
	}
	return b.path(k, ir.Path{Kind: ir.FieldPath, Base: base, Name: name, Owner: b.str(owner), Decl: decl, Type: ft,
		Class: b.fieldClass(base, owner, name), Text: b.join(b.out.Paths[base].Text, ir.Arrow(t), name)}), ft
}

func (b *fn) fieldClass(base ir.PathID, owner, name string) string {
	if owner != "" {
		return b.join(owner, ".", name)
	}
	if c := b.out.Paths[base].Class; c != "" {
		return b.join(c, ".", name)
	}
	return ""
}

func (b *fn) index(base ir.PathID, t *ctype.Type, text string) (ir.PathID, *ctype.Type) {
	var elem *ctype.Type
	if t != nil && (t.Kind == ctype.Array || t.Kind == ctype.Pointer) {
		elem = t.Elem
	}
	if base == 0 {
		return 0, elem
	}
	text = b.str(text)
	p := b.out.Paths[base]
	return b.path(pathKey{kind: ir.IndexPath, base: base, name: text},
		ir.Path{Kind: ir.IndexPath, Base: base, Name: text, Decl: p.Decl, Type: elem, Class: p.Class, Text: b.join(p.Text, "[", text, "]")}), elem
}

func (b *fn) deref(base ir.PathID, t *ctype.Type) (ir.PathID, *ctype.Type) {
	var elem *ctype.Type
	if t != nil && (t.Kind == ctype.Array || t.Kind == ctype.Pointer) {
		elem = t.Elem
	}
	if base == 0 {
		return 0, elem
	}
	p := b.out.Paths[base]
	return b.path(pathKey{kind: ir.DerefPath, base: base},
		ir.Path{Kind: ir.DerefPath, Base: base, Decl: p.Decl, Type: elem, Class: p.Class, Text: b.join("*", p.Text)}), elem
}

// outer is container_of(base, struct tag, member).
func (b *fn) outer(base ir.PathID, t *ctype.Type, member string) ir.PathID {
	if base == 0 {
		return b.freshPath("container", t)
	}
	p := b.out.Paths[base]
	if p.Kind == ir.FieldPath && p.Name == member && !strings.Contains(member, ".") {
		return p.Base
	}
	tag := structTag(t)
	member = b.str(member)
	return b.path(pathKey{kind: ir.OuterPath, base: base, name: member},
		ir.Path{Kind: ir.OuterPath, Base: base, Name: member, Owner: b.str(tag), Type: t, Text: b.join("container_of(", p.Text, ")")})
}

// callPath is the object that a call returns, if calls with the same
// arguments return the same object.
func (b *fn) callPath(name string, args []ir.Val, t *ctype.Type) ir.PathID {
	ids := b.scratch.ids.Make(len(args))
	w := b.buf[:0]
	for _, a := range args {
		if a.Path == 0 && a.Kind != ir.NumberVal && a.Kind != ir.SymbolVal {
			return b.freshPath(name, t)
		}
		ids = append(ids, a.Path)
		w = append(strconv.AppendInt(w, int64(a.Path), 10), a.Text...)
		w = append(strconv.AppendInt(w, a.Num, 10), ',')
	}
	name = b.str(name)
	k := pathKey{kind: ir.CallPath, name: name, args: b.strOf(w)}
	w = append(append(w[:0], name...), '(')
	for i, a := range args {
		if i > 0 {
			w = append(w, ", "...)
		}
		if a.Path != 0 {
			w = append(w, b.out.Paths[a.Path].Text...)
		} else {
			w = append(w, a.Text...)
		}
	}
	b.buf = append(w, ')')
	return b.path(k, ir.Path{Kind: ir.CallPath, Name: name, Args: ids, Type: t, Text: b.strOf(b.buf)})
}

func (b *fn) freshPath(name string, t *ctype.Type) ir.PathID {
	b.fresh++
	return b.path(pathKey{kind: ir.FreshPath, index: b.fresh},
		ir.Path{Kind: ir.FreshPath, Index: b.fresh, Name: b.str(name), Type: t, Text: b.join(name, "()")})
}
