package cparse

import (
	"strings"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/cpp"
)

// stmt makes a statement that starts here.
func (p *parser) stmt(k cast.StmtKind) *cast.Stmt {
	s := p.a.Stmt()
	s.Kind, s.Pos = k, p.pos()
	return s
}

// lastPos is the position of the token before this one.
func (p *parser) lastPos() cast.Pos {
	if p.i == 0 {
		return p.pos()
	}
	return cast.Pos(p.toks[p.i-1].Pos)
}

// popStmts takes the statements above from off the stack.
func (p *parser) popStmts(from int) []*cast.Stmt {
	l := p.a.Stmts(p.stmts[from:])
	p.stmts = p.stmts[:from]
	return l
}

// block parses { … }. Statements inside recover by themselves, so only a
// missing end makes it fail.
func (p *parser) block() *cast.Stmt {
	b := p.stmt(cast.BlockStmt)
	p.expect(cpp.LBrace)
	from := len(p.stmts)
	for p.tok != cpp.RBrace && p.tok != cpp.EOF {
		before := p.i
		s := p.statement()
		if p.i == before { // a stray bracket
			p.next()
		}
		p.stmts = append(p.stmts, s)
	}
	b.List = p.popStmts(from)
	b.End = p.pos()
	if !p.accept(cpp.RBrace) {
		p.countSkip() // an end that is missing for all blocks around, too
	}
	return b
}

// statement parses one statement. One that it does not understand is skipped
// and counted.
func (p *parser) statement() *cast.Stmt {
	start := p.i
	var s *cast.Stmt
	if p.enter() {
		s = p.rawStatement()
		p.leave()
	}
	if p.bad {
		s = p.recoverStatement(start)
	}
	s.End = max(s.Pos, p.lastPos())
	p.f.Stats.Stmts++
	return s
}

// recoverStatement goes back to where the statement began: how deep in brackets
// it failed is not known, but from its start they can be counted.
func (p *parser) recoverStatement(start int) *cast.Stmt {
	p.bad = false
	p.seek(start)
	p.countSkip()
	s := p.stmt(cast.BadStmt)
	p.skipStatement()
	return s
}

// countSkip counts something of a function that was not understood.
func (p *parser) countSkip() {
	p.report()
	p.skipped++
	p.f.Stats.SkipStmts++
}

// skipStatement passes tokens up to a semicolon, a block or the end of the
// block around.
func (p *parser) skipStatement() {
	braces, parens := 0, 0
	for p.tok != cpp.EOF {
		switch p.tok {
		case cpp.LParen, cpp.LBracket:
			parens++
		case cpp.RParen, cpp.RBracket:
			if parens == 0 && braces == 0 && p.inArg > 0 {
				return
			}
			parens--
		case cpp.LBrace:
			braces++
		case cpp.RBrace:
			if braces == 0 {
				return
			}
			if braces--; braces == 0 && parens <= 0 {
				p.next()
				p.accept(cpp.Semi)
				return
			}
		case cpp.Semi:
			if braces == 0 && parens <= 0 {
				p.next()
				return
			}
		}
		p.next()
	}
}

// body parses the statement that a control structure governs. Labels in
// front of it make it a block.
func (p *parser) body() *cast.Stmt {
	s := p.statement()
	if !isLabel(s) {
		return s
	}
	b := p.a.Stmt()
	b.Kind, b.Pos = cast.BlockStmt, s.Pos
	from := len(p.stmts)
	for p.stmts = append(p.stmts, s); isLabel(s) && p.tok != cpp.RBrace && p.tok != cpp.EOF; {
		s = p.statement()
		p.stmts = append(p.stmts, s)
	}
	b.List, b.End = p.popStmts(from), s.End
	return b
}

// isLabel reports whether s only marks the statement behind it.
func isLabel(s *cast.Stmt) bool {
	return s.Kind == cast.LabelStmt || s.Kind == cast.CaseStmt || s.Kind == cast.DefaultStmt
}

// rawStatement tells statements apart by their first token. It leaves recovery
// to statement.
func (p *parser) rawStatement() *cast.Stmt {
	switch p.tok {
	case cpp.Ident:
		return p.identStatement()
	case cpp.LBrace:
		return p.block()
	case cpp.Semi:
		s := p.stmt(cast.EmptyStmt)
		p.next()
		return s
	case cpp.KwIf, cpp.KwWhile, cpp.KwDo, cpp.KwFor, cpp.KwSwitch:
		return p.control()
	case cpp.KwCase, cpp.KwDefault, cpp.KwGoto, cpp.KwBreak, cpp.KwContinue, cpp.KwReturn:
		return p.jump()
	case cpp.KwAsm:
		return p.asm()
	case cpp.KwStaticAssert, cpp.KwLabel:
		s := p.stmt(cast.EmptyStmt)
		p.skipStatement()
		return s
	case cpp.KwAttribute:
		return p.attributed()
	case cpp.KwExtension:
		if k := p.peek(1); k.StartsDecl() {
			p.next()
			return p.declStatement(nil)
		}
	case cpp.KwTypeof:
		return p.declStatement(nil)
	}
	if p.tok.StartsDecl() {
		return p.declStatement(nil)
	}
	return p.exprStatement()
}

// attributed parses __attribute__((fallthrough)); and declarations that start
// with an attribute.
func (p *parser) attributed() *cast.Stmt {
	s := p.stmt(cast.EmptyStmt)
	attrs := p.attributes(nil)
	if p.tok == cpp.Semi {
		p.next()
		return s
	}
	if p.tok.StartsDecl() || p.tok == cpp.Ident && p.declAhead() {
		return p.declStatement(attrs)
	}
	return p.rawStatement()
}

// jump parses what goes somewhere else, and the labels of a switch.
func (p *parser) jump() *cast.Stmt {
	s := p.stmt(cast.BreakStmt)
	k := p.tok
	p.next()
	switch k {
	case cpp.KwCase:
		s.Kind = cast.CaseStmt
		s.X = p.assignment()
		if p.accept(cpp.Ellipsis) {
			s.Y = p.assignment()
		}
		p.expect(cpp.Colon)
		return s
	case cpp.KwDefault:
		s.Kind = cast.DefaultStmt
		p.expect(cpp.Colon)
		return s
	case cpp.KwGoto:
		p.target(s)
	case cpp.KwContinue:
		s.Kind = cast.ContinueStmt
	case cpp.KwReturn:
		s.Kind = cast.ReturnStmt
		if p.tok != cpp.Semi && !p.endsInArg() {
			s.X = p.expression()
		}
	}
	p.semi()
	return s
}

// target parses what a goto goes to.
func (p *parser) target(s *cast.Stmt) {
	s.Kind = cast.GotoStmt
	if p.tok == cpp.Ident && p.peek(1) != cpp.LParen {
		s.Label = p.cur().Text
		p.next()
		return
	}
	p.accept(cpp.Mul)
	s.X = p.unary()
}

// semi ends a statement; the last one of an argument has no semicolon.
func (p *parser) semi() {
	if p.bad || p.accept(cpp.Semi) || p.endsInArg() {
		return
	}
	p.fail()
}

// endsInArg reports whether the statement ends because the argument that it
// stands in does.
func (p *parser) endsInArg() bool {
	return p.inArg > 0 && (p.tok == cpp.Comma || p.tok == cpp.RParen)
}

// asm parses an asm statement for the labels it may jump to.
func (p *parser) asm() *cast.Stmt {
	s := p.stmt(cast.AsmStmt)
	jumps := strings.HasSuffix(p.cur().Text, "goto")
	p.next()
	for p.tok == cpp.KwQual || p.tok == cpp.KwGoto || p.tok == cpp.KwInline {
		jumps = jumps || p.tok == cpp.KwGoto
		p.next()
	}
	if p.tok != cpp.LParen {
		p.fail()
		return s
	}
	from := p.i
	p.skipBrackets()
	if jumps {
		s.Labels = asmLabels(p.toks[from:p.i])
	}
	p.semi()
	return s
}

// asmLabels are the names behind the fourth colon.
func asmLabels(toks []cpp.Token) []string {
	var out []string
	depth, colons := 0, 0
	for _, t := range toks {
		switch t.Kind {
		case cpp.LParen, cpp.LBracket:
			depth++
		case cpp.RParen, cpp.RBracket:
			depth--
		case cpp.Colon:
			if depth == 1 {
				colons++
			}
		case cpp.Ident:
			if colons == 4 && depth == 1 {
				out = append(out, t.Text)
			}
		}
	}
	return out
}

// declStatement parses a declaration inside a function.
func (p *parser) declStatement(attrs []cast.Attr) *cast.Stmt {
	s := p.stmt(cast.DeclStmt)
	from := len(p.vars)
	sp := specs{attrs: attrs}
	p.specifiers(&sp)
	if !p.bad && !sp.hasType() && p.tok == cpp.Ident && p.peek(1) == cpp.LParen {
		s.Kind = cast.ExprStmt // static DEFINE_MUTEX(x);
		s.X = p.expression()
		p.trailingCall()
		p.semi()
		return s
	}
	p.declaration(&sp, false)
	s.Decls = p.a.Vars(p.vars[from:])
	p.vars = p.vars[:from]
	return s
}
