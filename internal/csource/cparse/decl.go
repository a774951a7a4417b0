package cparse

import (
	"gordian/internal/csource/cast"
	"gordian/internal/csource/cpp"
)

// declaration parses one, inside a function or, with a body for its function,
// outside. Inside, its variables are pushed on p.vars.
// Its specifiers were parsed.
func (p *parser) declaration(s *specs, outside bool) {
	if p.bad {
		return
	}
	base := p.resolve(s)
	if p.accept(cpp.Semi) || outside && p.tok == cpp.EOF && s.guessed {
		return // struct foo { … }; or a macro at the end of the file
	}
	if base.Kind == cast.UnknownType && p.tok != cpp.Ident && p.tok != cpp.Mul {
		p.fail()
		return
	}
	p.declarators(s, base, outside)
}

// declarators parses the list behind the specifiers, up to the semicolon or the
// end of the function whose head it is.
func (p *parser) declarators(s *specs, base *cast.Type, outside bool) {
	for first := true; !p.bad; first = false {
		v := p.variable(s, base)
		if p.bad {
			return
		}
		if outside && first && v.Type.Kind == cast.FuncType && p.startsBody(v) {
			p.function(s, v, "")
			return
		}
		if p.accept(cpp.Eq) {
			v.Init = p.initializer()
		}
		p.declare(s, v, outside)
		if outside && s.guessed && p.column0(p.i) {
			return // two macros, each on its line
		}
		if p.tok == cpp.Comma && !p.endsInArg() {
			p.next()
			continue
		}
		p.semi()
		return
	}
}

// variable parses a declarator with all that belongs to it, but its value.
func (p *parser) variable(s *specs, base *cast.Type) *cast.Var {
	d := p.declarator(base)
	v := p.a.Var()
	v.Name, v.Type, v.Pos, v.Static, v.Extern = d.name, d.typ, d.pos, s.static, s.extern
	if d.name == "" && !s.typedef {
		p.fail()
		return v
	}
	v.Attrs = append(s.attrs[:len(s.attrs):len(s.attrs)], d.attrs...)
	v.Attrs = p.trailing(v.Attrs)
	if p.tok == cpp.Colon { // a bit-field where none should be
		p.fail()
	}
	return v
}

// declare files v where it belongs.
func (p *parser) declare(s *specs, v *cast.Var, outside bool) {
	switch {
	case s.typedef:
		p.f.Typedefs = append(p.f.Typedefs, v)
		p.learn(v)
	case outside:
		p.f.Vars = append(p.f.Vars, v)
	default:
		p.vars = append(p.vars, v)
	}
}

// learn marks the name of a typedef as a type from here on. The declarator
// just ended, so its name is among the tokens before this one.
func (p *parser) learn(v *cast.Var) {
	for i := p.i; i >= 0; i-- {
		if t := &p.toks[i]; t.Kind == cpp.Ident && t.Text == v.Name {
			p.r.Symbol(t.Sym).Mark |= cpp.Typename
			return
		}
	}
}

// startsBody reports whether a function's body follows. The types of
// old-style parameters may come first.
func (p *parser) startsBody(v *cast.Var) bool {
	if p.tok == cpp.LBrace {
		return true
	}
	if p.tok != cpp.Ident && !p.tok.StartsDecl() || !p.oldStyle() {
		return false
	}
	from := len(p.vars)
	for n := 0; p.tok != cpp.LBrace && !p.bad && n < 64; n++ {
		var s specs
		p.specifiers(&s)
		p.declaration(&s, false)
	}
	adopt(v.Type, p.vars[from:])
	p.vars = p.vars[:from]
	return !p.bad
}

// oldStyle looks for "int a; char *b; {".
func (p *parser) oldStyle() bool {
	semi := false
	for i := p.i; i < p.i+256; i++ {
		switch p.at(i).Kind {
		case cpp.Semi:
			semi = true
		case cpp.LBrace:
			return semi && p.at(i-1).Kind == cpp.Semi
		case cpp.Eq, cpp.RBrace, cpp.EOF, cpp.LParen:
			return false
		}
	}
	return false
}

// adopt gives the parameters of f, which are names only, their types.
func adopt(f *cast.Type, decls []*cast.Var) {
	for _, param := range f.Params {
		if param.Name == "" && param.Type.Kind == cast.NamedType {
			param.Name = param.Type.Name
		}
		for _, d := range decls {
			if d.Name == param.Name {
				param.Type = d.Type
			}
		}
	}
}
