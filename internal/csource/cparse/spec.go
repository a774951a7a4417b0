package cparse

import (
	"strings"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/cpp"
)

// specs is what stands before the declarators of a declaration.
type specs struct {
	typ     *cast.Type
	words   [8]string // of a basic type
	n       int
	guessed bool // typ is a name that may turn out to be an annotation

	static, extern, typedef, inline bool
	attrs                           []cast.Attr
}

// hasType reports whether a type was seen, be it only a guessed one.
func (s *specs) hasType() bool { return s.typ != nil || s.n > 0 }

// specifiers parses storage classes, qualifiers, annotations and the type.
func (p *parser) specifiers(s *specs) {
	for !p.bad {
		switch p.tok {
		case cpp.KwStatic, cpp.KwExtern, cpp.KwTypedef, cpp.KwInline, cpp.KwStorage, cpp.KwExtension:
			p.storage(s)
		case cpp.KwQual:
			p.next()
		case cpp.KwType:
			p.demote(s)
			if s.n < len(s.words) {
				s.words[s.n] = p.cur().Text
				s.n++
			}
			p.next()
		case cpp.KwStruct, cpp.KwUnion, cpp.KwEnum, cpp.KwTypeof, cpp.KwAutoType:
			if s.typ != nil && !s.guessed {
				return
			}
			p.demote(s)
			s.typ = p.tagged()
		case cpp.KwAttribute, cpp.KwAlignas:
			s.attrs = p.attributes(s.attrs)
		case cpp.LBracket:
			if p.peek(1) != cpp.LBracket || s.hasType() {
				return
			}
			s.attrs = p.attributes(s.attrs)
		case cpp.Ident:
			if !p.specName(s) {
				return
			}
		default:
			return
		}
	}
}

// storage notes a storage class.
func (p *parser) storage(s *specs) {
	switch p.tok {
	case cpp.KwStatic:
		s.static = true
	case cpp.KwExtern:
		s.extern = true
	case cpp.KwTypedef:
		s.typedef = true
	case cpp.KwInline:
		s.inline = true
	}
	p.next()
}

// tagged parses a type that starts with a keyword of its own.
func (p *parser) tagged() *cast.Type {
	switch p.tok {
	case cpp.KwEnum:
		return p.enum()
	case cpp.KwTypeof:
		return p.typeof()
	case cpp.KwAutoType:
		t := p.typ(cast.NamedType)
		t.Name = p.cur().Text
		p.next()
		return t
	}
	return p.structOrUnion()
}

// typ makes a type that stands here.
func (p *parser) typ(k cast.TypeKind) *cast.Type {
	t := p.a.Type()
	t.Kind, t.Pos = k, p.pos()
	return t
}

// demote makes a guessed type an annotation: a better one came.
func (p *parser) demote(s *specs) {
	if s.guessed {
		s.attrs = append(s.attrs, cast.Attr{Name: s.typ.Name})
		s.typ, s.guessed = nil, false
	}
}

// specName handles an identifier among specifiers: a type, an annotation, or
// the start of the declarator, when it returns false.
func (p *parser) specName(s *specs) bool {
	k := p.peek(1)
	switch {
	case p.annotates(k, s.hasType()):
		s.attrs = p.attribute(s.attrs)
		return true
	case s.hasType():
		return p.secondName(s, k)
	case k == cpp.LParen && !p.declaresFunction():
		return false
	}
	p.namedType(s)
	return true
}

// declaresFunction: "foo_t (*f)(int)" starts with a type though a
// parenthesis follows.
func (p *parser) declaresFunction() bool {
	return p.pointerName(p.i+1) || p.mark(p.i)&cpp.Typename != 0
}

// namedType takes the name here for the type. Unless it is known to be one, a
// better type may still come.
func (p *parser) namedType(s *specs) {
	t := p.typ(cast.NamedType)
	t.Name = p.cur().Text
	if p.mark(p.i)&cpp.Basic != 0 {
		t.Kind = cast.BaseType
	}
	s.typ, s.guessed = t, !p.typish(p.i)
	p.next()
}

// annotates reports whether the name here, followed by k, is an annotation.
func (p *parser) annotates(k cpp.Kind, typed bool) bool {
	if k == cpp.LParen {
		return p.annotatesCall(typed)
	}
	if !p.annotation(p.i) {
		return false
	}
	if typed {
		if k == cpp.Ident && p.isName() {
			return false
		}
		return k == cpp.Ident || k == cpp.Mul || startsType(k) || k == cpp.KwAttribute && p.mark(p.i)&cpp.Annotation != 0
	}
	switch {
	case p.mark(p.i)&cpp.Annotation != 0:
		return true
	case p.typish(p.i), k == cpp.Ident && p.mark(p.i+1)&cpp.Annotation != 0:
		return false
	case k == cpp.Ident:
		n := p.peek(2) // "__init foo_t bar", but "__foo bar;"
		return n == cpp.Ident || n == cpp.Mul || startsType(n)
	case k == cpp.KwQual:
		n := p.peek(2)
		return n == cpp.Ident || startsType(n)
	}
	return k.StartsDecl()
}

// isName tells "struct x __table_y __used = …", where the name comes first
// though it looks like an annotation, from "void __cold __used f(void)".
func (p *parser) isName() bool {
	if p.mark(p.i)&cpp.Annotation != 0 || p.mark(p.i+1)&cpp.Annotation == 0 {
		return false
	}
	i := p.i + 1
	for p.toks[i].Kind == cpp.Ident && p.annotation(i) && i < p.i+ahead/2 {
		if i++; p.toks[i].Kind == cpp.LParen {
			end, ok := p.closing(i, 64)
			if !ok {
				return false
			}
			p.at(end + ahead)
			i = end + 1
		}
	}
	return p.toks[i].Kind != cpp.Ident
}

// definedNext reports whether the next name, however it looks, is that of a
// function with a body.
func (p *parser) definedNext() bool {
	if p.peek(2) != cpp.LParen || p.mark(p.i+1)&cpp.Annotation != 0 {
		return false
	}
	end, ok := p.closing(p.i+2, 256)
	return ok && p.at(end+1).Kind == cpp.LBrace
}

// annotatesCall: "__printf(1, 2) int f(…)". What follows the parenthesis
// tells it from a declarator or a macro call.
func (p *parser) annotatesCall(typed bool) bool {
	if p.mark(p.i)&cpp.Typename != 0 {
		return false
	}
	end, ok := p.closing(p.i+1, 64)
	if !ok || p.mark(p.i)&cpp.Annotation != 0 {
		return ok
	}
	if !typed && !p.annotation(p.i) && p.column0(end+1) {
		return false // module_init(f), and the semicolon forgotten
	}
	switch after := p.at(end + 1).Kind; after {
	case cpp.Ident:
		return p.annotatesName(end+1, typed)
	case cpp.Mul:
		return true
	case cpp.KwAttribute:
		return !typed
	default:
		return after.StartsDecl() && (!typed || p.annotation(p.i))
	}
}

// annotatesName: the name with index i follows the parenthesis. In "int f(void)
// __acquires(x)" and "DEFINE_X(y) __aligned = 0" it is an annotation itself.
func (p *parser) annotatesName(i int, typed bool) bool {
	after := p.at(i + 1).Kind
	if !typed {
		return !p.annotation(i) || after != cpp.Eq && after != cpp.Semi
	}
	return p.annotation(p.i) && (!p.annotation(i) || after == cpp.LBracket || after == cpp.Eq)
}

// secondName is a name behind the type.
func (p *parser) secondName(s *specs, k cpp.Kind) bool {
	if k != cpp.Ident && k != cpp.Mul && !startsType(k) {
		return false
	}
	if s.n == 0 && s.guessed && k != cpp.Mul && !p.annotation(p.i+1) || s.guessed && p.typish(p.i) {
		p.demote(s)
		p.namedType(s)
		return true
	}
	if k == cpp.Ident && p.annotation(p.i+1) && p.mark(p.i)&cpp.Annotation == 0 && !p.definedNext() {
		return false // "int x __aligned(8)"
	}
	if k == cpp.Ident && s.typ != nil && s.typ.Def {
		return false
	}
	s.attrs = p.attribute(s.attrs)
	return true
}

// resolve makes the type of what was parsed.
func (p *parser) resolve(s *specs) *cast.Type {
	if s.n > 0 {
		s.typ = p.typ(cast.BaseType)
		s.typ.Name = join(s.words[:s.n])
	}
	if s.typ == nil {
		s.typ = p.typ(cast.UnknownType)
	}
	return s.typ
}

var common = []string{
	"unsigned int", "unsigned long", "unsigned char", "long long", "unsigned long long", "unsigned short",
	"long int", "unsigned long int", "signed char", "signed int",
}

// join joins words, without allocating for the usual types.
func join(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
next:
	for _, c := range common {
		rest := c
		for i, w := range words {
			if i > 0 {
				rest = strings.TrimPrefix(rest, " ")
			}
			var ok bool
			if rest, ok = strings.CutPrefix(rest, w); !ok {
				continue next
			}
		}
		if rest == "" {
			return c
		}
	}
	return strings.Join(words, " ")
}
