package flow

import (
	"path"
	"strconv"
	"strings"

	"gordian/internal/csource/ir"
)

// bkey is the identity of a path in its function.
type bkey struct {
	kind  ir.PathKind
	base  ir.PathID
	index int32
	name  string
}

// book finds and adds paths of the function that is analysed.
type book struct {
	fn     *ir.Func
	memory *Memory
	ids    map[bkey]ir.PathID // nil until it is needed
	// from is a path of a callee that means to here: the object it returns.
	from, to ir.PathID
}

func (b *book) index() {
	if m := b.memory; m.ids == nil || len(m.ids) > maxMap {
		m.ids = map[bkey]ir.PathID{}
	} else {
		clear(m.ids)
	}
	b.ids = b.memory.ids
	for i := range b.fn.Paths {
		if i > 0 {
			b.ids[keyOf(&b.fn.Paths[i])] = ir.PathID(i)
		}
	}
}

func keyOf(p *ir.Path) bkey {
	k := bkey{kind: p.Kind, base: p.Base, index: p.Index, name: p.Name}
	switch p.Kind {
	case ir.GlobalPath:
		k.name = p.Class
	case ir.CallPath:
		k.name += args(p.Args)
	case ir.ParamPath:
		k.name = ""
	case ir.OuterPath:
		k.index = 0
	}
	return k
}

func args(ids []ir.PathID) string {
	var w strings.Builder
	for _, a := range ids {
		w.WriteByte('#')
		w.WriteString(strconv.Itoa(int(a)))
	}
	return w.String()
}

// find returns the path that is the same as p, whatever text p has.
func (b *book) find(p *ir.Path) (id ir.PathID, ok bool) {
	if b.ids == nil {
		b.index()
	}
	id, ok = b.ids[keyOf(p)]
	return id, ok
}

func (b *book) add(p ir.Path) ir.PathID {
	if id, ok := b.find(&p); ok {
		return id
	}
	if len(b.fn.Paths) > 20000 {
		return 0
	}
	id := ir.PathID(len(b.fn.Paths))
	b.fn.Paths = append(b.fn.Paths, p)
	b.ids[keyOf(&p)] = id
	return id
}

// maxDepth bounds the length of paths, so that recursion ends.
const maxDepth = 12

// rebase expresses a path of callee g in terms of the caller, given the
// call's arguments. It returns 0 if the caller cannot name the object.
func (b *book) rebase(g *ir.Func, id ir.PathID, call []ir.Val, depth int) ir.PathID {
	if id == 0 || depth > maxDepth || int(id) >= len(g.Paths) {
		return 0
	}
	if id == b.from && b.from != 0 {
		return b.to
	}
	p := &g.Paths[id]
	switch p.Kind {
	case ir.ParamPath:
		if int(p.Index) < len(call) && call[p.Index].Kind != ir.SignVal {
			return call[p.Index].Path
		}
		return 0
	case ir.GlobalPath:
		return b.add(ir.Path{Kind: p.Kind, Name: p.Name, Decl: p.Decl, Type: p.Type, Class: p.Class, Text: p.Text})
	case ir.FieldPath:
		return b.rebaseField(g, p, call, depth)
	case ir.CallPath:
		return b.rebaseCall(g, p, call, depth)
	case ir.OuterPath:
		base := b.rebase(g, p.Base, call, depth+1)
		if base == 0 {
			return 0
		}
		if q := &b.fn.Paths[base]; q.Kind == ir.FieldPath && q.Name == p.Name {
			return q.Base
		}
		n := *p
		n.Base = base
		return b.add(n)
	case ir.IndexPath, ir.DerefPath:
		if q := &g.Paths[p.Base]; p.Kind == ir.DerefPath && q.Kind == ir.ParamPath && int(q.Index) < len(call) && call[q.Index].Kind == ir.AddrVal {
			return call[q.Index].Path // what f(&x) does to *p it does to x
		}
		base := b.rebase(g, p.Base, call, depth+1)
		if base == 0 {
			return 0
		}
		n := *p
		n.Base, n.Class = base, b.fn.Paths[base].Class
		if p.Kind == ir.IndexPath {
			n.Name = g.Name + ":" + p.Name // its index is another's
			if isNumber(p.Name) {
				n.Name = p.Name
			}
		}
		return b.add(n)
	}
	return 0
}

func isNumber(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

func (b *book) rebaseField(g *ir.Func, p *ir.Path, call []ir.Val, depth int) ir.PathID {
	base := b.rebase(g, p.Base, call, depth+1)
	if base == 0 {
		return 0
	}
	q := &b.fn.Paths[base]
	if q.Kind == ir.OuterPath && q.Name == p.Name {
		return q.Base
	}
	n := *p
	n.Base = base
	if id, ok := b.find(&n); ok {
		return id
	}
	if n.Owner == "" && q.Class != "" {
		n.Class = q.Class + "." + n.Name
	}
	n.Text = q.Text + "->" + n.Name
	return b.add(n)
}

func (b *book) rebaseCall(g *ir.Func, p *ir.Path, call []ir.Val, depth int) ir.PathID {
	n := *p
	n.Args = make([]ir.PathID, len(p.Args))
	for i, a := range p.Args {
		if a == 0 {
			continue
		}
		if n.Args[i] = b.rebase(g, a, call, depth+1); n.Args[i] == 0 {
			return 0
		}
	}
	return b.add(n)
}

// member returns the path of a member of an object, for locks that the table
// describes as "this member of that argument".
func (b *book) member(base ir.PathID, owner, name string) ir.PathID {
	if base == 0 {
		return 0
	}
	// Of "dev.mutex" only the last member is the owner's.
	for {
		first, rest, more := strings.Cut(name, ".")
		if !more {
			break
		}
		base = b.add(ir.Path{Kind: ir.FieldPath, Base: base, Name: first, Decl: "include/", Text: b.fn.Paths[base].Text + "->" + first})
		if base == 0 {
			return 0
		}
		name = rest
	}
	return b.add(ir.Path{Kind: ir.FieldPath, Base: base, Name: name, Owner: owner, Decl: "include/", Class: owner + "." + name,
		Text: b.fn.Paths[base].Text + "->" + name})
}

// global returns the path of a global that the table names.
func (b *book) global(name string) ir.PathID {
	return b.add(ir.Path{Kind: ir.GlobalPath, Name: name, Class: name, Decl: "include/", Text: name})
}

// root returns the first step of a path.
func root(f *ir.Func, id ir.PathID) *ir.Path {
	for n := 0; n < 64; n++ {
		p := &f.Paths[id]
		if p.Base == 0 {
			return p
		}
		id = p.Base
	}
	return &f.Paths[id]
}

// rootID is root, by its number.
func rootID(f *ir.Func, id ir.PathID) ir.PathID {
	for n := 0; n < 64 && f.Paths[id].Base != 0; n++ {
		id = f.Paths[id].Base
	}
	return id
}

// visible reports whether a caller of f can name the object.
func visible(f *ir.Func, id ir.PathID) bool {
	if id == 0 {
		return false
	}
	switch p := root(f, id); p.Kind {
	case ir.ParamPath, ir.GlobalPath:
		return true
	case ir.CallPath:
		for _, a := range p.Args {
			if a != 0 && !visible(f, a) {
				return false
			}
		}
		return true
	}
	return false
}

// mentions reports whether a path leads through the local with that path or
// an index that names it.
func mentions(f *ir.Func, id, local ir.PathID) bool {
	name := f.Paths[local].Name
	for n := 0; id != 0 && n < 64; n++ {
		if id == local {
			return true
		}
		p := &f.Paths[id]
		if p.Kind == ir.IndexPath && hasWord(p.Name, name) {
			return true
		}
		for _, a := range p.Args {
			if a != 0 && mentions(f, a, local) {
				return true
			}
		}
		id = p.Base
	}
	return false
}

func hasWord(s, w string) bool {
	for i := 0; ; {
		j := strings.Index(s[i:], w)
		if j < 0 {
			return false
		}
		i += j
		end := i + len(w)
		if (i == 0 || !isWordByte(s[i-1])) && (end == len(s) || !isWordByte(s[end])) {
			return true
		}
		i = end
	}
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// classOf names the class of a lock that only its function knows.
func classOf(f *ir.Func, id ir.PathID) string {
	if id == 0 {
		return ""
	}
	p := &f.Paths[id]
	if p.Class != "" {
		return p.Class
	}
	switch p.Kind {
	case ir.LocalPath:
		if isOwnLock(p) {
			return path.Base(f.Unit.File) + ":" + f.Name + ":" + p.Name
		}
	case ir.CallPath:
		return p.Name + "()"
	}
	return ""
}

// isOwnLock reports whether a local is a lock itself, not a pointer to one.
func isOwnLock(p *ir.Path) bool { return p.Type != nil && p.Type.Kind == 2 }
