package cparse

import (
	"gordian/internal/csource/cast"
	"gordian/internal/csource/cpp"
)

// initializer parses a value or a braced list.
func (p *parser) initializer() *cast.Expr {
	if p.tok != cpp.LBrace {
		return p.assignment()
	}
	e := p.node(cast.InitList, p.cur())
	if !p.enter() {
		return e
	}
	defer p.leave()
	p.next()
	arg := p.inArg
	p.inArg = 0
	from := len(p.exprs)
	for p.tok != cpp.RBrace && p.tok != cpp.EOF && !p.bad {
		p.exprs = append(p.exprs, p.element())
		if p.accept(cpp.Comma) || p.tok == cpp.RBrace {
			continue
		}
		if !p.elementAhead() {
			p.fail()
		}
	}
	e.Args = p.popExprs(from)
	p.inArg = arg
	p.expect(cpp.RBrace)
	return e
}

// elementAhead: some macros bring the comma behind an element.
func (p *parser) elementAhead() bool {
	switch p.tok {
	case cpp.Ident, cpp.LBrace, cpp.Dot, cpp.LBracket, cpp.Number:
		return true
	}
	return false
}

// element parses one value, with its designator.
func (p *parser) element() *cast.Expr {
	switch p.tok {
	case cpp.Dot, cpp.LBracket:
		return p.designated()
	case cpp.Comma: // nothing: a macro that expands to nothing
		return p.node(cast.BadExpr, p.cur())
	case cpp.Ident:
		if p.peek(1) == cpp.Colon { // GNU: field: value
			e := p.node(cast.Designated, p.cur())
			e.Name = p.cur().Text
			p.next()
			p.next()
			e.Y = p.initializer()
			return e
		}
		if p.argumentIsType() {
			return p.typeArgument() // of a macro that stays
		}
	}
	return p.initializer()
}

// designated parses ".a.b[3] = x" as nested nodes; a range has its end as Z.
func (p *parser) designated() *cast.Expr {
	e := p.node(cast.Designated, p.cur())
	if !p.enter() {
		return e
	}
	defer p.leave()
	if p.accept(cpp.Dot) {
		e.Name = p.cur().Text
		if p.tok != cpp.Ident && !p.tok.IsKeyword() {
			p.fail()
		}
		p.next()
		if p.tok == cpp.LParen { // .MACRO(x) = y
			p.skipBrackets()
		}
	} else {
		p.next()
		e.X = p.assignment()
		if p.accept(cpp.Ellipsis) {
			e.Z = p.assignment()
		}
		p.expect(cpp.RBracket)
	}
	switch {
	case p.bad:
	case p.tok == cpp.Dot, p.tok == cpp.LBracket:
		e.Y = p.designated()
	case p.accept(cpp.Eq):
		e.Y = p.initializer()
	case e.X != nil: // old GNU: [3] value
		e.Y = p.initializer()
	default:
		p.fail()
	}
	return e
}
