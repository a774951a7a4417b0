package cparse

import (
	"strings"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/cpp"
)

// typeof parses typeof(x), of an expression or of a type.
func (p *parser) typeof() *cast.Type {
	t := p.typ(cast.TypeofType)
	p.next()
	if p.tok != cpp.LParen {
		p.fail()
		return t
	}
	asType := p.sizeofType()
	p.next()
	if asType {
		inner := p.typeName()
		if p.accept(cpp.Comma) { // typeof_member(T, m)
			t.Expr = p.inner()
			inner = t
		}
		p.expect(cpp.RParen)
		return inner
	}
	t.Expr = p.inner()
	p.expect(cpp.RParen)
	return t
}

// structOrUnion parses "struct tag" with or without members.
func (p *parser) structOrUnion() *cast.Type {
	t := p.typ(cast.StructType)
	if p.tok == cpp.KwUnion {
		t.Kind = cast.UnionType
	}
	p.next()
	p.tag(t)
	if p.tok != cpp.LBrace || p.bad || !p.enter() {
		return t
	}
	p.next()
	p.define(t)
	p.fields(t, cpp.RBrace)
	p.expect(cpp.RBrace)
	p.afterBody()
	p.leave()
	return t
}

// define notes a definition; outer ones come before those inside.
func (p *parser) define(t *cast.Type) {
	t.Def = true
	p.f.Types = append(p.f.Types, t)
}

// tag parses what stands between struct and {.
func (p *parser) tag(t *cast.Type) {
	p.attributes(nil)
	if p.tok == cpp.Ident && p.annotation(p.i) && p.peek(1) == cpp.Ident && p.peek(2) == cpp.LBrace {
		p.next() // struct __packed foo {
	}
	if p.tok == cpp.Ident && p.mark(p.i)&cpp.Annotation != 0 && p.peek(1) == cpp.LParen {
		p.attribute(nil) // struct __aligned(8) foo
	}
	if p.tok != cpp.Ident || p.peek(1) == cpp.LBrace && strings.HasPrefix(p.cur().Text, "__packed") {
		p.accept(cpp.Ident)
		p.attributes(nil)
		return
	}
	t.Name = p.cur().Text
	p.next()
	if p.tok == cpp.Ident && p.peek(1) == cpp.LBrace { // struct foo __packed {
		p.next()
	}
	if p.tok == cpp.LParen && p.tagMacro() {
		p.skipBrackets()
	}
	if p.tok == cpp.KwAttribute {
		p.attributes(nil)
	}
}

// tagMacro: "struct NAME(x) {" or "struct NAME(x) *p".
func (p *parser) tagMacro() bool {
	if p.peek(1) != cpp.Ident {
		return false
	}
	end, ok := p.closing(p.i, ahead/2)
	k := p.at(end + 1).Kind
	return ok && (k == cpp.LBrace || k == cpp.Mul || k == cpp.Ident)
}

// afterBody passes annotations behind a closing brace: "} __packed x;".
func (p *parser) afterBody() {
	for !p.bad {
		switch {
		case p.tok == cpp.KwAttribute:
			p.attributes(nil)
		case p.tok == cpp.Ident && p.annotation(p.i) && p.peek(1) != cpp.LBracket && p.peek(1) != cpp.Eq &&
			(p.peek(1) != cpp.LParen || p.mark(p.i)&cpp.Annotation != 0):
			p.attribute(nil)
		default:
			return
		}
	}
}

// fields parses members up to the token that closes them.
func (p *parser) fields(t *cast.Type, end cpp.Kind) {
	from := len(p.vars)
	for p.tok != end && p.tok != cpp.EOF {
		start := p.i
		p.field()
		if p.bad || p.i == start {
			p.recoverField(start, end)
		}
	}
	t.Fields = p.a.Vars(p.vars[from:])
	p.vars = p.vars[:from]
}

// recoverField skips a member that was not understood.
func (p *parser) recoverField(start int, end cpp.Kind) {
	p.bad = false
	p.f.Stats.SkipDecls++
	p.seek(start)
	p.skipStatement()
	if p.i == start && p.tok != end {
		p.next()
	}
}

// field parses one declaration of members and pushes them.
func (p *parser) field() {
	switch {
	case p.tok == cpp.Semi:
		p.next()
		return
	case p.tok == cpp.KwStaticAssert:
		p.skipStatement()
		return
	case p.tok == cpp.Ident && p.peek(1) == cpp.LParen && p.fieldMacro():
		return
	}
	var s specs
	p.specifiers(&s)
	base := p.resolve(&s)
	if base.Kind == cast.UnknownType && p.tok != cpp.Ident {
		p.fail()
	}
	p.members(&s, base)
}

// members parses the declarators of one declaration of members.
func (p *parser) members(s *specs, base *cast.Type) {
	for !p.bad {
		d := p.declarator(base)
		v := p.a.Var()
		v.Name, v.Type, v.Pos, v.Attrs = d.name, d.typ, d.pos, append(s.attrs[:len(s.attrs):len(s.attrs)], d.attrs...)
		if p.accept(cpp.Colon) {
			v.Bitsize = p.assignment()
		}
		v.Attrs = p.trailing(v.Attrs)
		p.vars = append(p.vars, v)
		if p.tok == cpp.Comma {
			p.next()
			continue
		}
		if p.tok == cpp.RParen || p.tok == cpp.RBrace || p.tok == cpp.EOF {
			return // a member of struct_group() or the last of a sloppy list
		}
		p.expect(cpp.Semi)
		return
	}
}

// fieldMacro parses a member that a macro declares. It returns false if the
// parenthesis belongs to something else.
func (p *parser) fieldMacro() bool {
	name := p.cur().Text
	if strings.Contains(name, "struct_group") || strings.HasPrefix(name, "union_group") {
		p.group(name)
		return true
	}
	end, ok := p.closing(p.i+1, maxSkip)
	if !ok {
		return false
	}
	switch k := p.at(end + 1); k.Kind {
	case cpp.Semi, cpp.RBrace:
	case cpp.LBracket:
	default:
		if k.Flags&cpp.BOL == 0 || k.Kind == cpp.LParen {
			return false
		}
	}
	p.declaredField(name, end)
	return true
}

// declaredField is DECLARE_X(name, …): the first argument that is a lone name
// is taken for the member's.
func (p *parser) declaredField(macro string, end int) {
	v := p.a.Var()
	v.Type, v.Pos = p.typ(cast.UnknownType), p.pos()
	v.Type.Name = macro
	for i := p.i + 1; i < end; i++ {
		after := p.at(i + 1).Kind
		before := p.at(i).Kind
		if n := p.at(i + 1); (before == cpp.LParen || before == cpp.Comma) && after == cpp.Ident &&
			(p.at(i+2).Kind == cpp.Comma || p.at(i+2).Kind == cpp.RParen) && !p.typish(i+1) {
			v.Name, v.Pos = n.Text, cast.Pos(n.Pos)
			break
		}
	}
	p.vars = append(p.vars, v)
	p.seek(end)
	p.next()
	v.Type = p.suffix(v.Type)
	p.accept(cpp.Semi)
}

// group parses struct_group(name, members) as an anonymous struct: that is
// how its members are named.
func (p *parser) group(name string) {
	v := p.a.Var()
	v.Type, v.Pos = p.typ(cast.StructType), p.pos()
	skip := 1 // struct_group(NAME, …)
	switch {
	case name == "__struct_group":
		skip = 3
	case name != "struct_group":
		skip = 2
	}
	p.next()
	p.next()
	for ; skip > 0; skip-- {
		p.skipArgument()
		p.accept(cpp.Comma)
	}
	p.define(v.Type)
	p.fields(v.Type, cpp.RParen)
	p.expect(cpp.RParen)
	p.accept(cpp.Semi)
	p.vars = append(p.vars, v)
}

// enum parses "enum tag { A, B = 2 }".
func (p *parser) enum() *cast.Type {
	t := p.typ(cast.EnumType)
	p.next()
	p.tag(t)
	if p.tok != cpp.LBrace || p.bad {
		return t
	}
	p.next()
	p.define(t)
	integer := p.typ(cast.BaseType)
	integer.Name = "int"
	from := len(p.vars)
	for p.tok != cpp.RBrace && p.tok != cpp.EOF {
		start := p.i
		p.enumerator(integer)
		if p.bad || p.i == start {
			p.bad = false
			p.f.Stats.SkipDecls++
			p.seek(start)
			p.skipEnumerator()
		}
	}
	t.Fields = p.a.Vars(p.vars[from:])
	p.vars = p.vars[:from]
	p.expect(cpp.RBrace)
	p.afterBody()
	return t
}

// enumerator parses "NAME = value".
func (p *parser) enumerator(integer *cast.Type) {
	if p.accept(cpp.Comma) {
		return
	}
	v := p.a.Var()
	v.Name, v.Pos, v.Type = p.cur().Text, p.pos(), integer
	p.expect(cpp.Ident)
	if p.tok == cpp.LParen { // a macro makes enumerators
		p.skipBrackets()
		return
	}
	v.Attrs = p.trailing(nil)
	if p.accept(cpp.Eq) {
		v.Init = p.assignment()
	}
	if !p.bad {
		p.vars = append(p.vars, v)
	}
}

// skipEnumerator passes everything up to the next comma.
func (p *parser) skipEnumerator() {
	for p.tok != cpp.Comma && p.tok != cpp.RBrace && p.tok != cpp.EOF {
		if p.tok == cpp.LParen || p.tok == cpp.LBrace || p.tok == cpp.LBracket {
			p.skipBrackets()
			continue
		}
		p.next()
	}
}
