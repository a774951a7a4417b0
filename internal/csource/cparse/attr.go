package cparse

import (
	"gordian/internal/csource/cast"
	"gordian/internal/csource/cpp"
)

// attributes parses __attribute__((…)), [[…]] and _Alignas(…), any number.
func (p *parser) attributes(out []cast.Attr) []cast.Attr {
	for !p.bad {
		switch {
		case p.tok == cpp.KwAttribute && p.peek(1) == cpp.LParen && p.peek(2) == cpp.LParen:
			p.next()
			p.next()
			out = p.attributeList(out, cpp.LParen, cpp.RParen)
			p.expect(cpp.RParen)
		case p.tok == cpp.LBracket && p.peek(1) == cpp.LBracket:
			p.next()
			out = p.attributeList(out, cpp.LBracket, cpp.RBracket)
			p.expect(cpp.RBracket)
		case p.tok == cpp.KwAlignas, p.tok == cpp.KwAttribute:
			p.next()
			if p.tok == cpp.LParen {
				p.skipBrackets()
			}
		default:
			return out
		}
	}
	return out
}

// attributeList parses "(a, b(c))" or "[a, b(c)]".
func (p *parser) attributeList(out []cast.Attr, opens, closes cpp.Kind) []cast.Attr {
	p.expect(opens)
	for !p.bad && p.tok != closes {
		switch {
		case p.tok == cpp.Ident || p.tok.IsKeyword():
			out = p.attribute(out)
		case p.tok == cpp.Comma, p.tok == cpp.Colon:
			p.next()
		default:
			p.fail()
		}
	}
	p.expect(closes)
	return out
}

// attribute parses one name with its arguments.
func (p *parser) attribute(out []cast.Attr) []cast.Attr {
	a := cast.Attr{Name: p.cur().Text}
	p.next()
	if p.tok == cpp.LParen && !p.declaratorAhead() {
		a.Args = p.arguments()
	}
	return append(out, a)
}

// declaratorAhead tells "__user (*p)[4]" from "__acquires(*p)".
func (p *parser) declaratorAhead() bool {
	if p.peek(1) != cpp.Mul {
		return false
	}
	end, ok := p.closing(p.i, ahead/2)
	k := p.at(end + 1).Kind
	return ok && (k == cpp.LParen || k == cpp.LBracket)
}

// trailing parses what may stand behind a declarator: attributes, an asm
// name, annotations known and unknown.
func (p *parser) trailing(out []cast.Attr) []cast.Attr {
	for !p.bad {
		switch p.tok {
		case cpp.KwAttribute, cpp.KwAlignas:
			out = p.attributes(out)
		case cpp.KwAsm:
			p.next()
			if p.tok == cpp.LParen {
				p.skipBrackets()
			}
		case cpp.KwQual:
			p.next()
		case cpp.Ident:
			// The type of an old-style parameter comes next.
			if k := p.peek(1); !p.annotation(p.i) && (k == cpp.Mul || k == cpp.Ident && !p.annotation(p.i+1)) {
				return out
			}
			out = p.attribute(out)
		default:
			return out
		}
	}
	return out
}
