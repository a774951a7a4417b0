package cparse

import (
	"gordian/internal/csource/cast"
	"gordian/internal/csource/cpp"
)

// call parses the arguments of a call of f.
func (p *parser) call(f *cast.Expr) *cast.Expr {
	e := p.around(cast.Call, f)
	e.Args = p.arguments()
	return e
}

// arguments parses "(a, b)". An argument that is no expression is tried as
// statements, and else skipped: a macro may take anything.
func (p *parser) arguments() []*cast.Expr {
	p.next()
	arg := p.inArg
	p.inArg = 0
	from := len(p.exprs)
	for p.tok != cpp.RParen && !p.bad {
		p.exprs = append(p.exprs, p.argument())
		if p.tok != cpp.Comma {
			break
		}
		p.next()
		if p.tok == cpp.RParen {
			p.exprs = append(p.exprs, p.node(cast.BadExpr, p.cur())) // f(a, )
		}
	}
	p.inArg = arg
	l := p.popExprs(from)
	p.expect(cpp.RParen)
	return l
}

// argument parses one argument. The commonest, a single token, is told apart
// first: it needs none of the guessing that the others do.
func (p *parser) argument() *cast.Expr {
	start := p.i
	if k := p.peek(1); k == cpp.Comma || k == cpp.RParen || p.tok == cpp.Comma {
		if p.tok != cpp.Ident || p.mark(p.i)&cpp.Typename != 0 {
			return p.tokenArgument()
		}
	}
	if p.bad || !p.enter() {
		return p.node(cast.BadExpr, p.cur())
	}
	reported := p.f.Stats.FirstError
	e := p.someArgument()
	if p.tok == cpp.KwAttribute {
		p.attributes(nil) // DEFINE_SPINLOCK(x __attribute__((unused)))
	}
	p.leave()
	if !p.bad && (p.tok == cpp.Comma || p.tok == cpp.RParen) {
		return e
	}
	return p.oddArgument(start, reported)
}

// someArgument parses what looks like an expression, a type or a value of a
// struct; the caller sees whether that was right by where it ends.
func (p *parser) someArgument() *cast.Expr {
	switch {
	case p.tok == cpp.Dot, p.tok == cpp.LBracket: // of a macro that fills a struct
		return p.designated()
	case p.tok == cpp.LBrace:
		return p.initializer()
	case p.tok == cpp.Ident && p.stringAhead():
		return p.assignment()
	case p.argumentIsType():
		return p.typeArgument()
	}
	return p.assignment()
}

// tokenArgument is an argument of at most one token: a number, a type, an
// operator, or nothing.
func (p *parser) tokenArgument() *cast.Expr {
	t := p.cur()
	switch p.tok {
	case cpp.Comma:
		return p.node(cast.BadExpr, t)
	case cpp.Number, cpp.Char:
		return p.literal()
	case cpp.String:
		return p.strings()
	case cpp.KwType, cpp.Ident, cpp.KwQual:
		return p.typeArgument()
	}
	e := p.node(cast.Ident, t)
	e.Name = spell(t)
	if p.tok >= cpp.LParen && p.tok <= cpp.RBracket || p.tok == cpp.EOF {
		p.fail()
		return e
	}
	p.next()
	return e
}

// oddArgument parses the argument that starts at the index as statements, if
// it looks like some, and else skips it. reported is the first error before
// it was tried as an expression.
func (p *parser) oddArgument(start int, reported string) *cast.Expr {
	semis, ok := p.argumentEnd(start)
	if !ok {
		p.fail()
		return p.node(cast.BadExpr, p.cur())
	}
	p.bad = false
	p.seek(start)
	if semis || p.tok == cpp.LBrace || p.tok.IsFlow() {
		p.f.Stats.FirstError = reported
		return p.statementArgument()
	}
	e := p.node(cast.BadExpr, p.cur())
	p.countSkip()
	p.skipArgument()
	return e
}

// argumentEnd looks for the end of an argument; semis is set if it contains
// statements.
func (p *parser) argumentEnd(i int) (semis, ok bool) {
	for {
		switch p.at(i).Kind {
		case cpp.LParen, cpp.LBrace, cpp.LBracket:
			semis = semis || p.at(i).Kind == cpp.LBrace
			end, closed := p.closing(i, maxSkip)
			if !closed {
				return semis, false
			}
			i = end
		case cpp.Semi:
			semis = true
		case cpp.Comma, cpp.RParen:
			return semis, true
		case cpp.EOF, cpp.RBrace, cpp.RBracket:
			return semis, false
		}
		i++
	}
}

// skipArgument passes everything up to the end of an argument, brackets and
// all.
func (p *parser) skipArgument() {
	for p.tok != cpp.Comma && p.tok != cpp.RParen && p.tok != cpp.EOF {
		switch p.tok {
		case cpp.LParen, cpp.LBrace, cpp.LBracket:
			p.skipBrackets()
		default:
			p.next()
		}
	}
}

// statementArgument is an argument like "spin_unlock(&l); schedule()".
func (p *parser) statementArgument() *cast.Expr {
	e := p.node(cast.StmtExpr, p.cur())
	b := p.a.Stmt()
	b.Kind, b.Pos = cast.BlockStmt, p.pos()
	p.inArg = 1
	from := len(p.stmts)
	for p.tok != cpp.Comma && p.tok != cpp.RParen && p.tok != cpp.EOF && p.tok != cpp.RBrace {
		before := p.i
		p.stmts = append(p.stmts, p.statement())
		if p.i == before {
			break
		}
	}
	p.inArg = 0
	b.List = p.popStmts(from)
	b.End = p.lastPos()
	e.Body = b
	return e
}

// typeArgument is a type as an argument; a name behind it, as in a macro that
// declares something, is kept.
func (p *parser) typeArgument() *cast.Expr {
	e := p.node(cast.TypeArg, p.cur())
	d := p.typeAndName()
	e.Type, e.Name = d.typ, d.name
	return e
}
