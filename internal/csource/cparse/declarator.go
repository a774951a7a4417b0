package cparse

import (
	"gordian/internal/csource/cast"
	"gordian/internal/csource/cpp"
)

// declarator is a name with its type.
type declarator struct {
	name  string
	pos   cast.Pos
	typ   *cast.Type
	attrs []cast.Attr
}

// declarator parses "*name[3]", "(*name)(int)" and so on, of the type base.
// The name may be missing.
func (p *parser) declarator(base *cast.Type) declarator {
	d := declarator{pos: p.pos(), typ: base}
	if !p.enter() {
		return d
	}
	defer p.leave()
	p.pointers(&d)
	switch {
	case p.bad:
		return d
	case p.tok == cpp.Ident:
		d.name, d.pos = p.cur().Text, p.pos()
		p.next()
		if p.tok == cpp.LParen && p.nameMacro(d.name) {
			p.skipBrackets()
		}
	case p.tok == cpp.LParen && p.nested():
		return p.nestedDeclarator(d)
	}
	d.typ = p.suffix(d.typ)
	return d
}

// nameMacro reports whether the parenthesis behind a name belongs to a macro
// that makes the name, as in "static int __UNIQUE_ID(x) = 1": no function is
// followed by its value.
func (p *parser) nameMacro(name string) bool {
	if cpp.HasLower(name) {
		return false
	}
	end, ok := p.closing(p.i, ahead/2)
	return ok && p.at(end+1).Kind == cpp.Eq
}

// pointers parses stars with their qualifiers and annotations.
func (p *parser) pointers(d *declarator) {
	for n := 0; !p.bad; n++ {
		switch {
		case p.tok == cpp.Mul:
			t := p.typ(cast.PointerType)
			t.Elem, d.typ = d.typ, t
			p.next()
		case p.tok == cpp.KwQual:
			p.next()
		case p.tok == cpp.KwAttribute:
			d.attrs = p.attributes(d.attrs)
		case p.tok == cpp.Ident && p.beforeName():
			d.attrs = p.attribute(d.attrs)
		default:
			return
		}
		if n > maxNesting {
			p.fail()
		}
	}
}

// beforeName reports whether the identifier here only annotates: a name, a
// star or a nested declarator follows.
func (p *parser) beforeName() bool {
	switch p.peek(1) {
	case cpp.Ident:
		// "*x __free(kfree)": the second one annotates.
		if !p.annotation(p.i) {
			return !p.annotation(p.i+1) || p.definedNext()
		}
		return !p.isName()
	case cpp.Mul, cpp.KwQual:
		return true
	case cpp.LParen:
		if !p.annotation(p.i) {
			return false
		}
		end, ok := p.closing(p.i+1, 64)
		return ok && p.at(end+1).Kind == cpp.Ident && !p.annotation(end+1)
	}
	return false
}

// nested reports whether a parenthesis holds a declarator, not parameters.
func (p *parser) nested() bool {
	switch p.peek(1) {
	case cpp.Mul, cpp.LParen, cpp.Xor, cpp.KwAttribute:
		return true
	case cpp.Ident:
		switch p.peek(2) {
		case cpp.RParen:
			k := p.peek(3)
			return (k == cpp.LParen || k == cpp.Eq || k == cpp.LBracket || k == cpp.Semi) && !p.typish(p.i+1)
		case cpp.Mul, cpp.Ident:
			return !p.typish(p.i+1) && (p.annotation(p.i+1) || p.peek(3) == cpp.Ident && p.peek(4) == cpp.RParen && p.peek(5) == cpp.LParen)
		case cpp.LParen, cpp.LBracket:
			return !p.typish(p.i + 1)
		}
	}
	return false
}

// nestedDeclarator parses "(inner) suffix": what is inside applies to the
// type that the suffix makes, which is known only later. Until then an empty
// type stands for it.
func (p *parser) nestedDeclarator(outer declarator) declarator {
	p.next()
	hole := p.typ(cast.UnknownType)
	d := p.declarator(hole)
	d.attrs = append(outer.attrs, d.attrs...)
	d.attrs = p.trailing(d.attrs)
	p.expect(cpp.RParen)
	if !p.bad {
		*hole = *p.suffix(outer.typ)
	}
	if d.typ == hole {
		d.typ = p.own(hole)
	}
	return d
}

// own returns the type that hole stands for, as a node that nothing else
// points to.
func (p *parser) own(hole *cast.Type) *cast.Type {
	t := p.a.Type()
	*t = *hole
	return t
}

// suffix parses arrays and parameters behind a name.
func (p *parser) suffix(base *cast.Type) *cast.Type {
	if p.bad || p.tok != cpp.LBracket && p.tok != cpp.LParen || !p.enter() {
		return base
	}
	defer p.leave()
	if p.tok == cpp.LParen {
		t := p.typ(cast.FuncType)
		p.parameters(t)
		t.Elem = p.suffix(base)
		return t
	}
	t := p.typ(cast.ArrayType)
	p.next()
	for p.tok == cpp.KwStatic || p.tok == cpp.KwQual {
		p.next()
	}
	if p.tok != cpp.RBracket {
		t.Expr = p.inner()
	}
	p.expect(cpp.RBracket)
	t.Elem = p.suffix(base)
	return t
}

// parameters parses "(int a, …)".
func (p *parser) parameters(f *cast.Type) {
	p.next()
	from := len(p.vars)
	for p.tok != cpp.RParen && !p.bad {
		if p.accept(cpp.Ellipsis) {
			f.Variadic = true
		} else {
			p.vars = append(p.vars, p.parameter())
		}
		if !p.accept(cpp.Comma) {
			break
		}
	}
	p.expect(cpp.RParen)
	params := p.vars[from:]
	if len(params) != 1 || !isVoid(params[0]) {
		f.Params = p.a.Vars(params)
	}
	p.vars = p.vars[:from]
}

// isVoid reports whether v is the void of "f(void)".
func isVoid(v *cast.Var) bool {
	return v.Name == "" && v.Type.Kind == cast.BaseType && v.Type.Name == "void"
}

// parameter parses one; what does not look like one is skipped, as it may be
// a macro's.
func (p *parser) parameter() *cast.Var {
	start := p.i
	v := p.a.Var()
	d := p.typeAndName()
	v.Name, v.Type, v.Pos = d.name, d.typ, d.pos
	v.Attrs = p.trailing(d.attrs)
	if !p.bad && (p.tok == cpp.Comma || p.tok == cpp.RParen) {
		return v
	}
	if _, ok := p.argumentEnd(start); ok {
		p.bad = false
		p.seek(start)
		p.skipArgument()
		p.f.Stats.SkipDecls++
	}
	return v
}

// typeAndName parses the type and declarator of one parameter or argument.
func (p *parser) typeAndName() declarator {
	var s specs
	p.specifiers(&s)
	if !s.hasType() && p.tok == cpp.LParen {
		p.fail()
	}
	d := p.declarator(p.resolve(&s))
	d.attrs = append(s.attrs, d.attrs...)
	return d
}

// typeName parses a type without a name.
func (p *parser) typeName() *cast.Type {
	d := p.typeAndName()
	d.attrs = p.trailing(d.attrs)
	return d.typ
}
