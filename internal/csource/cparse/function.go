package cparse

import (
	"strings"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/cpp"
)

// function parses the body of v, whose brace comes next.
func (p *parser) function(s *specs, v *cast.Var, macro string) {
	f := &cast.Func{
		Name: v.Name, Type: v.Type, Static: s.static, Inline: s.inline, Attrs: v.Attrs, Pos: v.Pos, Macro: macro,
	}
	if f.Macro == "" {
		f.Macro = p.fromMacro()
	}
	if v.Type.Elem.Kind == cast.FuncType {
		f.Type = v.Type.Elem // a macro made the name: HANDLER(x)(struct y *z)
	}
	p.skipped = 0
	end := p.bodyEnd()
	f.Hash = p.hash(end)
	p.bounded(f, end)
	f.Skipped = p.skipped
	p.f.Stats.Funcs++
	if f.Skipped > 0 {
		p.f.Stats.BadFuncs++
	}
	p.f.Funcs = append(p.f.Funcs, f)
}

// fromMacro is the macro that the body here was expanded from, or "".
func (p *parser) fromMacro() string {
	if t := p.cur(); t.Macro != 0 {
		return p.r.Symbol(t.Macro).Name
	}
	return ""
}

// bodyEnd finds the brace that ends the body: the matching one if it stands
// where the kernel's style wants it, or the first one that does.
func (p *parser) bodyEnd() int {
	end, ok := p.closingBrace(p.i)
	if ok && (p.column0(end) || !p.column0(p.i) || p.sameLine(p.i, end)) {
		return end
	}
	if after := p.at(end + 1); ok && after.Kind != cpp.EOF && !p.column0(end+1) {
		return p.laterEnd(end) // the body goes on: a brace too many
	}
	for i := p.i + 1; i <= end; i++ {
		if p.toks[i].Kind == cpp.RBrace && p.column0(i) {
			if ok && p.sameLine(i, end) {
				return end // "} }"
			}
			return i
		}
	}
	return end
}

// sameLine reports whether two tokens of the window stand in one line.
func (p *parser) sameLine(i, j int) bool {
	return p.f.Line(cast.Pos(p.toks[i].Pos)) == p.f.Line(cast.Pos(p.toks[j].Pos))
}

// laterEnd looks for a brace in the first column not too far behind the index.
func (p *parser) laterEnd(end int) int {
	for i := end + 1; i < end+compact && p.at(i).Kind != cpp.EOF; i++ {
		if !p.column0(i) {
			continue
		}
		if p.toks[i].Kind == cpp.RBrace {
			return i
		}
		if p.toks[i].Kind.StartsDecl() {
			break
		}
	}
	return end
}

// closingBrace counts braces only: a lost parenthesis is a statement's matter.
func (p *parser) closingBrace(i int) (int, bool) {
	depth := 0
	for ; ; i++ {
		switch p.at(i).Kind {
		case cpp.LBrace:
			depth++
		case cpp.RBrace:
			if depth--; depth == 0 {
				return i, true
			}
		case cpp.EOF:
			return i - 1, false
		}
	}
}

// bounded parses the body so that nothing in it can read beyond its end.
func (p *parser) bounded(f *cast.Func, end int) {
	p.at(end + ahead) // parsing must not read, or the mark below moves
	after := p.toks[end+1]
	p.toks[end+1] = cpp.Token{Kind: cpp.EOF, Pos: p.toks[end].Pos}
	f.Body = p.block()
	for p.i < end { // a brace too many
		p.appendRest(f, end)
	}
	f.End = cast.Pos(p.toks[end].Pos)
	f.Body.End = f.End
	p.toks[end+1] = after
	p.bad, p.depth, p.inArg = false, 0, 0
	p.seek(end + 1)
}

// appendRest goes on with a body that closed too early.
func (p *parser) appendRest(f *cast.Func, end int) {
	p.countSkip()
	from := len(p.stmts)
	for p.i < end && p.tok != cpp.EOF && p.tok != cpp.RBrace {
		before := p.i
		p.stmts = append(p.stmts, p.statement())
		if p.i == before {
			p.next()
		}
	}
	f.Body.List = append(f.Body.List[:len(f.Body.List):len(f.Body.List)], p.popStmts(from)...)
	if p.tok == cpp.RBrace || p.tok == cpp.EOF {
		p.seek(p.i + 1)
	}
}

// hash covers the tokens of the function from its first one to the end.
func (p *parser) hash(end int) uint64 {
	h := uint64(14695981039346656037)
	for i := p.first; i <= end; i++ {
		h = p.r.Hash(h, &p.toks[i])
	}
	return h
}

// macroFunction parses a function whose head is a macro call that ends at the
// index: SYSCALL_DEFINE1(name, …) {…}, HANDLER(x)(struct y *z) {…}.
func (p *parser) macroFunction(s *specs, end int) {
	macro := p.cur().Text
	v := p.a.Var()
	v.Name, v.Pos = macro, p.pos()
	v.Type = p.typ(cast.FuncType)
	v.Type.Elem = p.typ(cast.UnknownType)
	if p.at(end+1).Kind == cpp.LParen {
		p.seek(end)
		p.next()
		p.parameters(v.Type)
	} else {
		p.macroHead(v)
	}
	v.Attrs = p.trailing(s.attrs)
	if p.tok != cpp.LBrace {
		if !p.accept(cpp.Semi) {
			p.fail()
		}
		return
	}
	p.function(s, v, macro)
}

// macroHead takes name and parameters from the arguments of the macro.
func (p *parser) macroHead(v *cast.Var) {
	macro := p.cur().Text
	p.next()
	args := p.arguments()
	if p.bad || len(args) == 0 {
		return
	}
	prefix, pairs := macroFamily(macro)
	if !pairs && !strings.HasPrefix(macro, "DEFINE_") || args[0].Op != cast.Ident {
		return
	}
	v.Name = prefix + args[0].Name
	if pairs {
		v.Type.Params = p.pairs(args[1:])
	}
}

// macroFamily knows the macros that take a name and pairs of type and name.
func macroFamily(macro string) (prefix string, ok bool) {
	switch {
	case strings.HasPrefix(macro, "SYSCALL_DEFINE"), strings.HasPrefix(macro, "SYSCALL32_DEFINE"):
		return "sys_", true
	case strings.HasPrefix(macro, "COMPAT_SYSCALL_DEFINE"):
		return "compat_sys_", true
	case strings.HasPrefix(macro, "BPF_CALL_"):
		return "", true
	}
	return "", false
}

// pairs makes parameters of "type, name, type, name".
func (p *parser) pairs(args []*cast.Expr) []*cast.Var {
	from := len(p.vars)
	for i := 0; i+1 < len(args); i += 2 {
		v := p.a.Var()
		v.Name, v.Pos, v.Type = args[i+1].Name, args[i+1].Pos, args[i].Type
		if v.Type == nil { // a name that did not look like a type
			v.Type = p.a.Type()
			v.Type.Kind, v.Type.Name, v.Type.Pos = cast.NamedType, args[i].Name, args[i].Pos
		}
		p.vars = append(p.vars, v)
	}
	l := p.a.Vars(p.vars[from:])
	p.vars = p.vars[:from]
	return l
}
