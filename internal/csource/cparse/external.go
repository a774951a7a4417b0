package cparse

import (
	"gordian/internal/csource/cast"
	"gordian/internal/csource/cpp"
)

// external parses one file-scope construct and always moves on.
func (p *parser) external() {
	p.slide()
	start := p.i
	p.first = start
	switch p.tok {
	case cpp.Semi:
		p.next()
		return
	case cpp.KwStaticAssert:
		p.skipStatement()
		return
	case cpp.KwAsm:
		p.next()
		for p.tok == cpp.KwQual {
			p.next()
		}
		if p.tok == cpp.LParen {
			p.skipBrackets()
		}
		p.accept(cpp.Semi)
		return
	}
	if p.tok == cpp.KwExtern && p.peek(1) == cpp.String { // extern "C" {
		p.next()
		p.next()
		p.accept(cpp.LBrace)
		return
	}
	var s specs
	p.specifiers(&s)
	if !s.hasType() && p.tok == cpp.Ident && p.peek(1) == cpp.LParen && !p.bad {
		p.fileCalls(&s)
	} else {
		p.declaration(&s, true)
	}
	if p.bad || p.i == start {
		p.recoverExternal(start)
	}
}

// recoverExternal skips what external did not understand: up to a semicolon
// or brace outside of brackets, or to a line that looks like a new start.
func (p *parser) recoverExternal(start int) {
	p.bad, p.depth, p.inArg = false, 0, 0
	p.exprs, p.stmts, p.vars = p.exprs[:0], p.stmts[:0], p.vars[:0]
	p.f.Stats.SkipDecls++
	p.seek(start)
	depth := 0
	for first := true; p.tok != cpp.EOF; first = false {
		p.slide()
		if !first && p.fresh(depth) {
			return
		}
		k := p.tok
		closes := k == cpp.RBrace && p.column0(p.i)
		p.next()
		switch {
		case closes:
			p.accept(cpp.Semi)
			return
		case k == cpp.LBrace || k == cpp.LParen || k == cpp.LBracket:
			depth++
		case k == cpp.RBrace || k == cpp.RParen || k == cpp.RBracket:
			if depth--; depth <= 0 && k == cpp.RBrace && p.cur().Flags&cpp.BOL != 0 {
				return
			}
		case k == cpp.Semi && depth <= 0:
			return
		}
	}
}

// fresh reports whether a new declaration plausibly starts here.
func (p *parser) fresh(depth int) bool {
	if !p.column0(p.i) {
		return false
	}
	switch p.tok {
	case cpp.KwStatic, cpp.KwExtern, cpp.KwTypedef, cpp.KwInline:
		return true
	case cpp.KwStruct, cpp.KwUnion, cpp.KwEnum, cpp.KwType:
		return depth <= 0
	}
	return false
}

// fileCalls parses macro calls at file scope: the name of one comes next, and
// no type stood before it.
func (p *parser) fileCalls(s *specs) {
	for !p.bad {
		end, ok := p.closing(p.i+1, maxSkip)
		if !ok {
			p.fail()
			return
		}
		switch after := p.at(end + 1); {
		case after.Kind == cpp.LBrace && p.at(end+2).Kind == cpp.Dot:
			p.filledCall(end, cpp.RBrace)
			return
		case after.Kind == cpp.Dot: // MACHINE_START(…) .a = b, MACHINE_END
			p.filledCall(end, cpp.Ident)
			return
		case after.Kind == cpp.LBrace, after.Kind == cpp.LParen:
			p.macroFunction(s, end)
			return
		default:
			if !p.fileCall(end) {
				return
			}
		}
	}
}

// fileCall parses one call; true if a comma promises another.
func (p *parser) fileCall(end int) bool {
	t := *p.cur()
	if junk(t.Text) {
		e := p.node(cast.Call, &t)
		e.X = p.node(cast.Ident, &t)
		e.X.Name = t.Text
		p.f.Calls = append(p.f.Calls, e)
		p.seek(end)
		p.next()
		p.accept(cpp.Semi)
		return false
	}
	e := p.call(p.name())
	if p.bad {
		return false
	}
	p.f.Calls = append(p.f.Calls, e)
	for p.tok == cpp.LBracket {
		p.skipBrackets()
	}
	p.trailingCall()
	if p.accept(cpp.Eq) { // DEFINE_PER_CPU(int, x) = 3: kept beside the call
		e.Y = p.initializer()
	}
	if p.tok == cpp.Comma && p.peek(1) == cpp.Ident && p.peek(2) == cpp.LParen {
		p.next()
		return true
	}
	p.accept(cpp.Semi) // some macros bring their own
	return false
}

// filledCall parses a call with the members of a struct behind it, kept
// beside the call: define_machine(x) { .a = b }.
func (p *parser) filledCall(end int, closes cpp.Kind) {
	e := p.call(p.name())
	list := p.node(cast.InitList, p.cur())
	p.accept(cpp.LBrace)
	from := len(p.exprs)
	for p.tok == cpp.Dot && !p.bad {
		p.exprs = append(p.exprs, p.designated())
		p.accept(cpp.Comma)
	}
	list.Args = p.popExprs(from)
	p.expect(closes)
	p.accept(cpp.Semi)
	if !p.bad {
		e.Y = list
		p.f.Calls = append(p.f.Calls, e)
	}
}

// trailingCall passes annotations behind a call on its line.
func (p *parser) trailingCall() {
	for p.tok == cpp.KwAttribute || p.tok == cpp.Ident && p.cur().Flags&cpp.BOL == 0 && p.annotation(p.i) {
		p.trailing(nil)
		if p.bad {
			return
		}
	}
}

// junk reports whether a macro's arguments are a language of their own.
func junk(name string) bool {
	switch name {
	case "TRACE_EVENT", "TRACE_EVENT_CONDITION", "TRACE_EVENT_FN", "TRACE_EVENT_FN_COND", "TRACE_EVENT_SYSCALL",
		"DECLARE_EVENT_CLASS", "DEFINE_EVENT", "DEFINE_EVENT_PRINT", "DEFINE_EVENT_CONDITION", "DEFINE_EVENT_FN",
		"DECLARE_TRACE", "TRACE_EVENT_MAP", "FTRACE_ENTRY", "FTRACE_ENTRY_DUP", "FTRACE_ENTRY_FN", "FTRACE_ENTRY_PACKED":
		return true
	}
	return false
}
