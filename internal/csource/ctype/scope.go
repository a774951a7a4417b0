package ctype

import (
	"cmp"
	"path"
	"slices"
	"sort"
	"strings"

	"gordian/internal/csource/cast"
)

// scope is what one file declares. It does not change once it is published.
type scope struct {
	path     string
	dir      string
	id       int32    // of a header after Seal; -1 before, and of files added later
	includes []string // files that it includes, as far as they were found
	structs  []*StructDef
	typedefs []decl
	funcs    []decl
	vars     []decl
	macros   []*cast.Macro
}

// decl is a name with its type.
type decl struct {
	name   string
	typ    *Type
	line   int32
	static bool
	extern bool
}

// newScope takes from f what types need.
func newScope(p pool, f *cast.File, includes []string) *scope {
	name := p.name(f.Path)
	s := &scope{path: name, dir: path.Dir(name), id: -1}
	for _, i := range includes {
		s.includes = append(s.includes, p.name(i))
	}
	c := &converter{pool: p, path: name, line: f.Line}
	// Typedefs and variables first: they name the anonymous structures.
	s.typedefs = c.decls(f.Typedefs)
	s.funcs = make([]decl, 0, len(f.Funcs))
	s.addVars(c, f)
	for _, fn := range f.Funcs {
		if fn.Type != nil {
			s.funcs = append(s.funcs, c.decl(fn.Name, fn.Type.Elem, fn.Pos))
		}
	}
	for _, t := range f.Types {
		if t.Def && t.Name != "" && t.Kind != cast.EnumType {
			c.define(t, "", 0)
		}
	}
	for _, d := range c.defs {
		if d.Tag != "" {
			s.structs = append(s.structs, d)
		}
	}
	s.macros = f.Macros
	s.sort()
	return s
}

func (s *scope) addVars(c *converter, f *cast.File) {
	for _, v := range f.Vars {
		if v.Type != nil && v.Type.Kind == cast.FuncType {
			s.funcs = append(s.funcs, c.decl(v.Name, v.Type.Elem, v.Pos))
			continue
		}
		d := c.decl(v.Name, v.Type, v.Pos)
		d.static, d.extern = v.Static, v.Extern
		s.vars = append(s.vars, d)
	}
	for _, e := range f.Calls {
		if d, ok := c.defined(f, e); ok {
			s.vars = append(s.vars, d)
		}
	}
}

func (c *converter) decls(vs []*cast.Var) []decl {
	out := make([]decl, 0, len(vs))
	for _, v := range vs {
		out = append(out, c.decl(v.Name, v.Type, v.Pos))
	}
	return out
}

func (c *converter) decl(name string, t *cast.Type, at cast.Pos) decl {
	return decl{name: c.pool.name(name), typ: c.typ(t, name, 0), line: int32(c.lineOf(at))}
}

// sort orders all lists by name, a definition before an extern declaration,
// and drops repeats: what comes first wins.
func (s *scope) sort() {
	slices.SortFunc(s.structs, func(a, b *StructDef) int {
		return cmp.Or(strings.Compare(a.Tag, b.Tag), cmp.Compare(a.pos, b.pos))
	})
	for _, l := range []*[]decl{&s.typedefs, &s.funcs, &s.vars} {
		slices.SortStableFunc(*l, func(a, b decl) int {
			if c := strings.Compare(a.name, b.name); c != 0 || a.extern == b.extern {
				return c
			}
			if b.extern {
				return -1
			}
			return 1
		})
		*l = unique(*l)
	}
}

func unique(l []decl) []decl {
	out := l[:0]
	for _, d := range l {
		if d.name != "" && (len(out) == 0 || out[len(out)-1].name != d.name) {
			out = append(out, d)
		}
	}
	return out[:len(out):len(out)]
}

// find returns the declaration of name, or nil.
func find(l []decl, name string) *decl {
	i := sort.Search(len(l), func(i int) bool { return l[i].name >= name })
	if i < len(l) && l[i].name == name {
		return &l[i]
	}
	return nil
}

// structure returns the first definition of tag with members, or nil.
func (s *scope) structure(tag string) *StructDef {
	if s == nil {
		return nil
	}
	i := sort.Search(len(s.structs), func(i int) bool { return s.structs[i].Tag >= tag })
	if i < len(s.structs) && s.structs[i].Tag == tag {
		return s.structs[i]
	}
	return nil
}

// definition returns the definition of tag that stands at pos, or nil.
func (s *scope) definition(tag string, pos int32) *StructDef {
	if s == nil || tag == "" {
		return nil
	}
	i := sort.Search(len(s.structs), func(i int) bool {
		d := s.structs[i]
		return d.Tag > tag || d.Tag == tag && d.pos >= pos
	})
	if i < len(s.structs) && s.structs[i].Tag == tag && s.structs[i].pos == pos {
		return s.structs[i]
	}
	return nil
}

// merge returns s with what other has in addition: the same file under
// another choice of #if arms.
func (s *scope) merge(other *scope) *scope {
	m := *s
	m.includes = append(append([]string(nil), s.includes...), other.includes...)
	m.structs = append([]*StructDef(nil), s.structs...)
	for _, d := range other.structs {
		if s.definition(d.Tag, d.pos) == nil {
			m.structs = append(m.structs, d)
		}
	}
	m.typedefs = join(s.typedefs, other.typedefs)
	m.funcs = join(s.funcs, other.funcs)
	m.vars = join(s.vars, other.vars)
	m.macros = append(append([]*cast.Macro(nil), s.macros...), other.macros...)
	m.sort()
	return &m
}

func join(a, b []decl) []decl {
	return append(append(make([]decl, 0, len(a)+len(b)), a...), b...)
}

// common counts the folders that two folders share at their start.
func common(a, b string) int {
	n := 0
	for {
		x, restA, moreA := strings.Cut(a, "/")
		y, restB, moreB := strings.Cut(b, "/")
		if x != y {
			return n
		}
		n++
		if !moreA || !moreB {
			return n
		}
		a, b = restA, restB
	}
}
