package cparse

import (
	"strings"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/cpp"
)

// identStatement parses a statement that starts with a name: a label, a
// declaration, an expression, or a macro that is a statement of its own kind.
func (p *parser) identStatement() *cast.Stmt {
	switch k := p.peek(1); {
	case k == cpp.LParen && loopName(p.cur().Text):
		return p.loopStatement()
	case k == cpp.Arrow, k == cpp.Eq, k == cpp.Dot:
		return p.exprStatement()
	case k == cpp.Colon && p.peek(2) != cpp.Colon:
		s := p.stmt(cast.LabelStmt)
		s.Label = p.cur().Text
		p.next()
		p.next()
		if p.tok == cpp.KwAttribute { // label: __attribute__((unused));
			p.attributes(nil)
		}
		return s
	case p.declAhead():
		return p.declStatement(nil)
	}
	return p.exprStatement()
}

// loopName reports whether a macro of this name repeats the statement behind
// it.
func loopName(name string) bool {
	if !strings.Contains(name, "for") && !strings.Contains(name, "each") && !strings.Contains(name, "FOR") &&
		!strings.Contains(name, "EACH") && !strings.HasSuffix(name, "_loop") {
		return false
	}
	l := strings.ToLower(name)
	return strings.Contains(l, "for_each") || strings.Contains(l, "foreach") || strings.HasPrefix(l, "for_") ||
		strings.HasSuffix(l, "_each") || strings.Contains(l, "_for_") || strings.HasSuffix(l, "_loop")
}

// loopStatement parses "for_each_x(a, b) body", or a function of such a name.
func (p *parser) loopStatement() *cast.Stmt {
	start := p.i
	s := p.stmt(cast.LoopStmt)
	s.X = p.call(p.name())
	switch {
	case p.bad:
		return s
	case p.continues():
		p.seek(start)
		return p.exprStatement()
	case p.tok == cpp.Semi || p.endsInArg():
		s.Kind = cast.ExprStmt
		p.semi()
	case p.tok == cpp.RBrace:
		s.Kind = cast.ExprStmt
	default:
		s.Body = p.body()
	}
	return s
}

// continues reports whether the expression of a call goes on.
func (p *parser) continues() bool {
	switch p.tok {
	case cpp.Arrow, cpp.Dot, cpp.LBracket, cpp.Comma, cpp.Question:
		return !p.endsInArg()
	case cpp.Mul, cpp.And, cpp.Add, cpp.Sub:
		return false // more likely the body starts with it
	}
	return p.tok.IsAssign() || p.tok.Precedence() > 0
}

// exprStatement parses an expression with its semicolon, or a macro call that
// governs what follows.
func (p *parser) exprStatement() *cast.Stmt {
	s := p.stmt(cast.ExprStmt)
	t := *p.cur()
	s.X = p.expression()
	if p.bad {
		return s
	}
	if p.tok == cpp.Semi {
		p.next()
		return s
	}
	if !p.endsInArg() {
		p.governs(s, &t)
	}
	return s
}

// governs handles an expression without a semicolon behind it: a macro with a
// body, or one that brings its own semicolon.
func (p *parser) governs(s *cast.Stmt, first *cpp.Token) {
	callee := macroName(s.X)
	switch {
	case callee == "":
		p.fail()
	case p.tok == cpp.LBrace && s.X.Op == cast.Call:
		p.scoped(s)
	case p.tok == cpp.RBrace, p.tok == cpp.KwCase, p.tok == cpp.KwDefault, p.tok == cpp.KwElse:
		// FOO(x) }
	case p.cur().Flags&cpp.BOL == 0 || p.tok == cpp.EOF || !p.startsStatement():
		if s.X.Op != cast.Call || !p.startsStatement() {
			p.fail()
			return
		}
		p.scoped(s)
	case s.X.Op == cast.Call && p.column(p.cur()) > p.column(first):
		p.scoped(s)
	}
}

// macroName is the name of the macro that x may be a call of, or "".
func macroName(x *cast.Expr) string {
	for x.Op == cast.Call {
		x = x.X
	}
	if x.Op != cast.Ident {
		return ""
	}
	return x.Name
}

// startsStatement reports whether a statement may begin with the token here.
// Numbers and operators are left out: behind a call they are the rest of an
// expression that went wrong.
func (p *parser) startsStatement() bool {
	switch p.tok {
	case cpp.Ident, cpp.Mul, cpp.Inc, cpp.Dec, cpp.LParen, cpp.KwAsm, cpp.LBrace:
		return true
	}
	return p.tok.IsFlow() || p.tok.StartsDecl()
}

// scoped gives the macro call of s a body; with an else it was an if.
func (p *parser) scoped(s *cast.Stmt) {
	s.Kind = cast.ScopedStmt
	if loopName(macroName(s.X)) {
		s.Kind = cast.LoopStmt
	}
	s.Body = p.body()
	if p.tok == cpp.KwElse {
		p.next()
		s.Kind = cast.IfStmt
		s.Else = p.body()
	}
}
