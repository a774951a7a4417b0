package cparse

import (
	"gordian/internal/csource/cast"
	"gordian/internal/csource/cpp"
)

// node makes an expression that starts at t.
func (p *parser) node(op cast.Op, t *cpp.Token) *cast.Expr {
	e := p.a.Expr()
	e.Op, e.Pos = op, cast.Pos(t.Pos)
	if t.Macro != 0 {
		e.Macro = p.r.Symbol(t.Macro).Name
	}
	return e
}

// around makes an expression whose first part is x.
func (p *parser) around(op cast.Op, x *cast.Expr) *cast.Expr {
	e := p.a.Expr()
	e.Op, e.Pos, e.X, e.Macro = op, x.Pos, x, x.Macro
	return e
}

// expression parses one with commas.
func (p *parser) expression() *cast.Expr {
	e := p.assignment()
	for n := 0; p.tok == cpp.Comma && !p.bad; n++ {
		if p.inArg > 0 || n > maxChain {
			break // the comma belongs to the call around
		}
		p.next()
		c := p.around(cast.Comma, e)
		c.Y = p.assignment()
		e = c
	}
	return e
}

// assignment parses an expression without commas. x = y ? a : b = c is more
// than the standard allows and what compilers and macros take.
func (p *parser) assignment() *cast.Expr {
	if !p.enter() {
		return p.node(cast.BadExpr, p.cur())
	}
	defer p.leave()
	return p.assignmentFrom(p.unary())
}

// assignmentFrom goes on after the operand e.
func (p *parser) assignmentFrom(e *cast.Expr) *cast.Expr {
	e = p.binary(e, 1)
	if p.tok == cpp.Question && !p.bad {
		e = p.conditional(e)
	}
	if p.tok.IsAssign() && !p.bad {
		a := p.around(cast.Assign, e)
		a.Name = p.tok.String()
		p.next()
		if p.tok == cpp.LBrace { // DECLARE_BITMAP(x, n) = { 0 }
			a.Y = p.initializer()
		} else {
			a.Y = p.assignment()
		}
		e = a
	}
	return e
}

// conditional parses "? a : b"; in GNU C the a may be missing. Commas inside it
// are its own, also where they would end an argument.
func (p *parser) conditional(cond *cast.Expr) *cast.Expr {
	e := p.around(cast.Cond, cond)
	p.next()
	arg := p.inArg
	p.inArg = 0
	if p.tok != cpp.Colon {
		e.Y = p.expression()
	}
	p.inArg = arg
	p.expect(cpp.Colon)
	if !p.bad {
		e.Z = p.assignment()
	}
	return e
}

// binary parses the operators behind left that bind at least as tight as
// least.
func (p *parser) binary(left *cast.Expr, least int) *cast.Expr {
	for n := 0; !p.bad; n++ {
		prec := p.tok.Precedence()
		if prec < least || prec == 0 {
			break
		}
		if n > maxChain {
			p.fail()
			break
		}
		e := p.around(cast.Binary, left)
		e.Name = p.tok.String()
		p.next()
		right := p.unary()
		if p.tok.Precedence() > prec {
			right = p.binary(right, prec+1)
		}
		e.Y = right
		left = e
	}
	return left
}

var prefixOps = [...]struct {
	kind cpp.Kind
	op   cast.Op
}{
	{cpp.Mul, cast.Deref}, {cpp.And, cast.AddrOf}, {cpp.Not, cast.Not}, {cpp.Tilde, cast.BitNot},
	{cpp.Sub, cast.Neg}, {cpp.Add, cast.Plus}, {cpp.Inc, cast.PreInc}, {cpp.Dec, cast.PreDec},
}

// prefixOp is the operation of a prefix operator.
func prefixOp(k cpp.Kind) cast.Op {
	for _, o := range prefixOps {
		if o.kind == k {
			return o.op
		}
	}
	return cast.BadExpr
}

// unary parses prefix operators, casts and what follows them.
func (p *parser) unary() *cast.Expr {
	if p.tok == cpp.Ident { // most of all
		return p.postfix(p.name())
	}
	if !p.enter() {
		return p.node(cast.BadExpr, p.cur())
	}
	defer p.leave()
	switch t := p.cur(); p.tok {
	case cpp.LParen:
		return p.paren()
	case cpp.Mul, cpp.And, cpp.Not, cpp.Tilde, cpp.Sub, cpp.Add, cpp.Inc, cpp.Dec:
		e := p.node(prefixOp(p.tok), t)
		p.next()
		e.X = p.unary()
		return e
	case cpp.AndAnd:
		return p.labelAddress()
	case cpp.KwSizeof, cpp.KwAlignof:
		return p.sizeof()
	case cpp.KwExtension:
		p.next()
		return p.unary()
	case cpp.Number, cpp.Char:
		return p.postfix(p.literal())
	case cpp.String:
		return p.postfix(p.strings())
	case cpp.KwGeneric:
		return p.generic()
	case cpp.KwTypeof, cpp.KwStruct, cpp.KwType, cpp.KwStaticAssert, cpp.KwAttribute, cpp.KwQual, cpp.KwUnion, cpp.KwEnum:
		return p.looseType()
	}
	e := p.node(cast.BadExpr, p.cur())
	p.fail()
	return e
}

// labelAddress parses &&label.
func (p *parser) labelAddress() *cast.Expr {
	e := p.node(cast.AddrOf, p.cur())
	p.next()
	e.Name = p.cur().Text
	p.expect(cpp.Ident)
	return e
}

// looseType: a type where none can stand is an argument of some macro, or a
// call by a word that is a keyword here: static_assert(…).
func (p *parser) looseType() *cast.Expr {
	if p.tok == cpp.KwStaticAssert {
		return p.postfix(p.name())
	}
	return p.typeArgument()
}

// name parses an identifier; one before a string is a piece of it, as in
// KERN_ERR "text".
func (p *parser) name() *cast.Expr {
	if p.stringAhead() {
		return p.strings()
	}
	t := p.cur()
	e := p.node(cast.Ident, t)
	e.Name = t.Text
	p.next()
	return e
}

// stringAhead looks for KERN_ERR PFX "text" and KERN_ERR pr_fmt("text").
func (p *parser) stringAhead() bool {
	for i := 1; i < ahead-2; i++ {
		switch p.peek(i) {
		case cpp.String:
			return true
		case cpp.Ident:
			if p.peek(i+1) == cpp.LParen {
				return p.holdsString(i + 2)
			}
		default:
			return false
		}
	}
	return false
}

// holdsString reports whether the n-th token from here is a string, or names
// before one.
func (p *parser) holdsString(n int) bool {
	for ; n < ahead-1; n++ {
		switch p.peek(n) {
		case cpp.String:
			return true
		case cpp.Ident, cpp.Number, cpp.LParen, cpp.RParen:
		default:
			return false
		}
	}
	return false
}

// literal parses a number or a character.
func (p *parser) literal() *cast.Expr {
	t := p.cur()
	op := cast.Number
	if t.Kind == cpp.Char {
		op = cast.Char
	}
	e := p.node(op, t)
	e.Name = t.Text
	p.next()
	return e
}

// strings parses adjacent strings and the names of strings between them.
func (p *parser) strings() *cast.Expr {
	e := p.node(cast.String, p.cur())
	for {
		switch {
		case p.tok == cpp.String:
			if e.Name == "" {
				e.Name = p.cur().Text
			}
			p.next()
		case p.tok == cpp.Ident && p.peek(1) == cpp.LParen && (e.Name != "" || p.holdsString(2)):
			p.next()
			p.skipBrackets()
		case p.tok == cpp.Ident && (e.Name == "" || !p.stringEnds()):
			p.next()
		default:
			return e
		}
	}
}

// stringEnds reports whether the name here, behind a string, begins something
// else: where a comma was forgotten, or a macro of its own line.
func (p *parser) stringEnds() bool {
	switch p.peek(1) {
	case cpp.String, cpp.RParen, cpp.Comma, cpp.Semi, cpp.Ident, cpp.RBrace, cpp.Colon, cpp.RBracket, cpp.Question:
		return false
	}
	return true
}

// postfix parses calls, members, indexes and x++ behind e.
func (p *parser) postfix(e *cast.Expr) *cast.Expr {
	for n := 0; !p.bad; n++ {
		switch p.tok {
		case cpp.LParen:
			e = p.call(e)
		case cpp.Arrow:
			e = p.member(cast.Arrow, e)
		case cpp.Dot:
			e = p.member(cast.Member, e)
		case cpp.LBracket:
			e = p.index(e)
		case cpp.Inc:
			e = p.around(cast.PostInc, e)
			p.next()
		case cpp.Dec:
			e = p.around(cast.PostDec, e)
			p.next()
		case cpp.String:
			if e.Op != cast.Call {
				return e
			}
			return p.strings() // FMT(x) "text"
		default:
			return e
		}
		if n > maxChain {
			p.fail()
		}
	}
	return e
}

// member parses ".name" or "->name" behind x. Keywords are names here: a member
// may be called "default" if a macro says so.
func (p *parser) member(op cast.Op, x *cast.Expr) *cast.Expr {
	e := p.around(op, x)
	p.next()
	e.Name = p.cur().Text
	if p.tok != cpp.Ident && !p.tok.IsKeyword() {
		p.fail()
		return e
	}
	p.next()
	return e
}

// index parses "[y]" behind x.
func (p *parser) index(x *cast.Expr) *cast.Expr {
	e := p.around(cast.Index, x)
	p.next()
	e.Y = p.inner()
	p.expect(cpp.RBracket)
	return e
}

// inner parses an expression inside brackets of its own.
func (p *parser) inner() *cast.Expr {
	arg := p.inArg
	p.inArg = 0
	e := p.expression()
	p.inArg = arg
	return e
}

// paren parses what starts with a parenthesis: a cast, a compound literal, a
// statement expression, or just an expression.
func (p *parser) paren() *cast.Expr {
	switch {
	case p.peek(1) == cpp.LBrace:
		return p.postfix(p.statementExpr())
	case p.parenIsType():
		return p.castOrLiteral()
	}
	p.next()
	e := p.inner()
	p.expect(cpp.RParen)
	if p.bad {
		return e
	}
	return p.postfix(e)
}

// statementExpr parses ({ … }).
func (p *parser) statementExpr() *cast.Expr {
	e := p.node(cast.StmtExpr, p.cur())
	p.next()
	arg := p.inArg
	p.inArg = 0
	e.Body = p.block()
	p.inArg = arg
	p.expect(cpp.RParen)
	return e
}

// castOrLiteral parses "(type)x" and "(type){ … }", which differ only behind the
// parenthesis.
func (p *parser) castOrLiteral() *cast.Expr {
	e := p.node(cast.Cast, p.cur())
	p.next()
	e.Type = p.typeName()
	p.expect(cpp.RParen)
	if p.bad {
		return e
	}
	if p.tok == cpp.LBrace {
		e.Op = cast.CompoundLit
		e.X = p.initializer()
		return p.postfix(e)
	}
	e.X = p.unary()
	return e
}

// sizeof parses sizeof and _Alignof, of a type or of an expression.
func (p *parser) sizeof() *cast.Expr {
	e := p.node(cast.SizeofExpr, p.cur())
	p.next()
	if p.tok == cpp.LParen && p.sizeofType() {
		e.Op = cast.SizeofType
		p.next()
		e.Type = p.typeName()
		p.expect(cpp.RParen)
		return e
	}
	e.X = p.unary()
	return e
}

// generic parses _Generic(X, T: a, default: b).
func (p *parser) generic() *cast.Expr {
	e := p.node(cast.Generic, p.cur())
	p.next()
	p.expect(cpp.LParen)
	if p.bad {
		return e
	}
	arg := p.inArg
	p.inArg = 0
	e.X = p.assignment()
	from := len(p.exprs)
	for !p.bad && p.accept(cpp.Comma) {
		if !p.accept(cpp.KwDefault) {
			p.typeName()
		}
		p.expect(cpp.Colon)
		if !p.bad {
			p.exprs = append(p.exprs, p.assignment())
		}
	}
	e.Args = p.popExprs(from)
	p.inArg = arg
	p.expect(cpp.RParen)
	return p.postfix(e)
}

// popExprs takes the expressions above from off the stack.
func (p *parser) popExprs(from int) []*cast.Expr {
	l := p.a.Exprs(p.exprs[from:])
	p.exprs = p.exprs[:from]
	return l
}
