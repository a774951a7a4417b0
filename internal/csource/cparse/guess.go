package cparse

import (
	"strings"

	"gordian/internal/csource/cpp"
)

// Whether a name is a type is guessed from what is known of it and from the
// tokens around it. All guesses look at a bounded number of tokens.

// typish reports whether the identifier with index i is a type by itself.
func (p *parser) typish(i int) bool {
	return p.mark(i)&cpp.Typename != 0 || strings.HasSuffix(p.toks[i].Text, "_t")
}

// annotation reports whether the identifier with index i is a word like
// __init or __user.
func (p *parser) annotation(i int) bool {
	m := p.mark(i)
	return m&cpp.Annotation != 0 || m&cpp.Typename == 0 && strings.HasPrefix(p.toks[i].Text, "__")
}

// startsType reports whether k is a keyword that a type may start with.
func startsType(k cpp.Kind) bool {
	switch k {
	case cpp.KwType, cpp.KwStruct, cpp.KwUnion, cpp.KwEnum, cpp.KwQual, cpp.KwTypeof, cpp.KwAutoType:
		return true
	}
	return false
}

// abstract passes names, qualifiers and stars from index i on and says how
// many stars there were and where it stopped.
func (p *parser) abstract(i int) (stars, end int) {
	for n := 0; n < 8; n++ {
		switch p.toks[i].Kind {
		case cpp.Mul:
			stars++
		case cpp.KwQual:
		case cpp.Ident:
			if stars > 0 && p.mark(i)&cpp.Annotation == 0 {
				return stars, i
			}
		default:
			return stars, i
		}
		i++
	}
	return stars, i
}

// parenIsType reports whether the parenthesis here is that of a cast.
func (p *parser) parenIsType() bool {
	k := p.peek(1)
	if startsType(k) || k == cpp.KwAttribute && p.peek(2) == cpp.LParen {
		return true
	}
	if k != cpp.Ident {
		return false
	}
	first := p.i + 1
	stars, end := p.abstract(first)
	known := p.typish(first)
	switch p.toks[end].Kind {
	case cpp.RParen:
		if stars > 0 {
			return true
		}
		return p.castable(first, end+1, known || end-first > 1)
	case cpp.LParen: // a pointer to a function: (foo_t (*)(int))
		return known && end == first+1 && p.toks[end+1].Kind == cpp.Mul
	case cpp.LBracket: // a compound literal, (u8 []){1}, but not (s16[i])
		last, ok := p.closing(end, ahead/2)
		return ok && p.at(last+1).Kind == cpp.RParen && p.at(last+2).Kind == cpp.LBrace
	case cpp.KwStruct, cpp.KwUnion, cpp.KwType, cpp.KwEnum, cpp.KwTypeof:
		return stars == 0
	}
	return false
}

// castable reports whether "(name)" is a cast, given that the token with
// index after follows it.
func (p *parser) castable(first, after int, known bool) bool {
	switch p.toks[after].Kind {
	case cpp.Ident, cpp.Number, cpp.Char, cpp.String, cpp.Tilde, cpp.KwSizeof, cpp.LBrace, cpp.KwExtension, cpp.Not:
		return true
	case cpp.LParen:
		return known || !cpp.HasLower(p.toks[first].Text) || startsType(p.toks[after+1].Kind) ||
			p.toks[after+1].Kind == cpp.Ident && p.typish(after+1) && p.toks[after+2].Kind == cpp.RParen
	case cpp.Mul, cpp.And, cpp.Add, cpp.Sub, cpp.Inc, cpp.Dec:
		return known
	}
	return false
}

// sizeofType reports whether sizeof is of a type. sizeof(foo) of an unknown
// name stays an expression.
func (p *parser) sizeofType() bool {
	k := p.peek(1)
	if k == cpp.Ident && p.typish(p.i+1) {
		return p.peek(2) == cpp.RParen || p.peek(2) == cpp.Mul || p.peek(2) == cpp.LBracket || p.peek(2) == cpp.Ident
	}
	return startsType(k) || k == cpp.Ident && p.peek(2) == cpp.Mul && p.parenIsType()
}

// argumentIsType reports whether the argument here is a type.
func (p *parser) argumentIsType() bool {
	if startsType(p.tok) || p.tok == cpp.KwStatic || p.tok == cpp.KwExtern {
		return true
	}
	if p.tok != cpp.Ident {
		return false
	}
	if p.typish(p.i) {
		switch p.peek(1) {
		case cpp.Comma, cpp.RParen:
			return p.mark(p.i)&cpp.Typename != 0
		case cpp.Ident, cpp.KwQual:
			return true
		case cpp.Mul:
			stars, end := p.abstract(p.i)
			return stars > 0 && p.mark(p.i)&cpp.Typename != 0 || p.endsArgument(end)
		}
		return false
	}
	switch p.peek(1) {
	case cpp.Mul:
		_, end := p.abstract(p.i)
		return p.endsArgument(end)
	case cpp.Ident: // a declaration: DEFINE_X(foo y)
		return p.endsArgument(p.i+2) || startsType(p.peek(2)) || p.peek(2) == cpp.Mul || p.peek(2) == cpp.Ident
	case cpp.KwStruct, cpp.KwUnion, cpp.KwEnum, cpp.KwType, cpp.KwQual:
		return true
	}
	return false
}

// endsArgument reports whether an argument ends before the token with index i.
func (p *parser) endsArgument(i int) bool {
	return p.toks[i].Kind == cpp.Comma || p.toks[i].Kind == cpp.RParen
}

// declAhead reports whether a statement that starts with an identifier is a
// declaration.
func (p *parser) declAhead() bool {
	switch k := p.peek(1); {
	case k == cpp.Ident:
		return p.twoNames()
	case k == cpp.Mul:
		return p.pointerDecl()
	case startsType(k), k == cpp.KwStatic, k == cpp.KwExtern, k == cpp.KwStorage, k == cpp.KwInline:
		return true
	case k == cpp.KwAttribute:
		return true
	case k == cpp.LParen:
		return p.typish(p.i) && p.pointerName(p.i+1)
	}
	return false
}

// pointerName looks for "(*name)" or "(*const name[2])" at index i.
func (p *parser) pointerName(i int) bool {
	if p.toks[i].Kind != cpp.LParen || p.toks[i+1].Kind != cpp.Mul {
		return false
	}
	for i += 2; p.toks[i].Kind == cpp.KwQual; i++ {
		if i > p.i+ahead/2 {
			return false
		}
	}
	k := p.toks[i+1].Kind
	if p.toks[i].Kind == cpp.RParen {
		return k == cpp.LParen // a type without a name
	}
	return p.toks[i].Kind == cpp.Ident && (k == cpp.LBracket || k == cpp.RParen && p.toks[i+2].Kind == cpp.LParen)
}

// twoNames: "foo_t x;" declares, "MACRO call(x);" does not.
func (p *parser) twoNames() bool {
	switch p.peek(2) {
	case cpp.Semi, cpp.Comma, cpp.LBracket:
		return true
	case cpp.Eq, cpp.Ident, cpp.Mul, cpp.KwAttribute, cpp.KwQual:
		return true
	case cpp.LParen:
		return p.typish(p.i) || p.annotation(p.i+1)
	}
	return startsType(p.peek(2))
}

// pointerDecl: "foo *x;" and "foo *x = y;" declare, since the product would
// be of no use.
func (p *parser) pointerDecl() bool {
	i := p.i + 1
	for n := 0; n < 8 && (p.toks[i].Kind == cpp.Mul || p.toks[i].Kind == cpp.KwQual); n++ {
		i++
	}
	for n := 0; n < 4 && p.toks[i].Kind == cpp.Ident && p.toks[i+1].Kind == cpp.Ident; n++ {
		if !p.annotation(i) {
			return p.annotation(i + 1)
		}
		i++
	}
	if p.toks[i].Kind == cpp.LParen {
		return p.mark(p.i)&cpp.Typename != 0
	}
	if p.toks[i].Kind != cpp.Ident {
		return false
	}
	switch p.toks[i+1].Kind {
	case cpp.Semi, cpp.Eq, cpp.Comma, cpp.LBracket, cpp.KwAttribute:
		return true
	case cpp.LParen:
		return p.mark(p.i)&cpp.Typename != 0
	}
	return false
}
