package cparse

import (
	"gordian/internal/csource/cast"
	"gordian/internal/csource/cpp"
)

// control parses a statement that governs others.
func (p *parser) control() *cast.Stmt {
	switch p.tok {
	case cpp.KwIf:
		return p.ifStatement()
	case cpp.KwDo:
		return p.doStatement()
	case cpp.KwFor:
		return p.forStatement()
	}
	s := p.stmt(cast.WhileStmt)
	if p.tok == cpp.KwSwitch {
		s.Kind = cast.SwitchStmt
	}
	p.next()
	s.X = p.condition()
	if !p.bad {
		s.Body = p.body()
	}
	return s
}

// ifStatement parses a chain of else-ifs in a loop: some are longer than the
// nesting that is allowed.
func (p *parser) ifStatement() *cast.Stmt {
	first := p.stmt(cast.IfStmt)
	for s, n := first, 0; ; n++ {
		p.next()
		s.X = p.condition()
		if p.bad || n > maxChain {
			p.fail()
			return first
		}
		s.Body = p.body()
		s.End = p.lastPos()
		if p.tok != cpp.KwElse {
			return first
		}
		p.next()
		if p.tok != cpp.KwIf {
			s.Else = p.body()
			return first
		}
		s.Else = p.stmt(cast.IfStmt)
		s = s.Else
		p.f.Stats.Stmts++
	}
}

// condition parses "(x)". One that is not understood is skipped alone: what
// it governs may still be.
func (p *parser) condition() *cast.Expr {
	if p.tok != cpp.LParen {
		if p.tok == cpp.Ident && p.peek(1) == cpp.LParen { // if IS_ERR(x)
			return p.postfix(p.name())
		}
		p.fail()
		return nil
	}
	open := p.i
	p.next()
	e := p.inner()
	p.expect(cpp.RParen)
	if p.bad {
		e = p.recoverParen(open)
	}
	return e
}

// recoverParen skips the parenthesis with index open, and what is in it.
func (p *parser) recoverParen(open int) *cast.Expr {
	end, ok := p.closing(open, maxSkip)
	if !ok {
		return nil
	}
	p.bad = false
	p.countSkip()
	p.seek(end)
	e := p.node(cast.BadExpr, &p.toks[open])
	p.next()
	return e
}

// doStatement parses do … while (x). The end may be a macro, and a macro may
// bring the semicolon.
func (p *parser) doStatement() *cast.Stmt {
	s := p.stmt(cast.DoStmt)
	p.next()
	s.Body = p.body()
	if p.tok != cpp.Ident || p.peek(1) != cpp.LParen { // do { … } while_each_thread(g, t);
		p.expect(cpp.KwWhile)
	}
	if p.bad {
		return s
	}
	s.X = p.condition()
	if p.tok == cpp.Semi || p.bad || p.endsInArg() {
		p.semi()
	}
	return s // a missing semicolon is a macro's
}

// forStatement parses a for loop. A head that is not understood is skipped
// alone: what it repeats may still be.
func (p *parser) forStatement() *cast.Stmt {
	s := p.stmt(cast.ForStmt)
	p.next()
	open := p.i
	p.expect(cpp.LParen)
	if p.bad {
		return s
	}
	arg := p.inArg
	p.inArg = 0
	p.forHead(s)
	p.inArg = arg
	if p.bad {
		s.Init, s.Y = nil, nil
		s.X = p.recoverParen(open)
	}
	if !p.bad {
		s.Body = p.body()
	}
	return s
}

// forHead parses "init; cond; post)".
func (p *parser) forHead(s *cast.Stmt) {
	switch {
	case p.tok == cpp.Semi:
		p.next()
	case p.tok.StartsDecl(), p.tok == cpp.Ident && p.declAhead():
		s.Init = p.declStatement(nil)
		s.Init.End = p.lastPos()
	default:
		s.Init = p.stmt(cast.ExprStmt)
		s.Init.X = p.expression()
		s.Init.End = p.lastPos()
		p.expect(cpp.Semi)
	}
	if !p.bad && p.tok != cpp.Semi {
		s.X = p.expression()
	}
	p.expect(cpp.Semi)
	if !p.bad && p.tok != cpp.RParen {
		s.Y = p.expression()
	}
	p.expect(cpp.RParen)
}
