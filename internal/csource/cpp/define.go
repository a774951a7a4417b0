package cpp

import (
	"strings"

	"gordian/internal/csource/cast"
)

// macro is a macro of the file, or one of a header that the file used.
type macro struct {
	name     string
	params   []string
	funcLike bool
	variadic bool
	body     string
	pos      int32
	external bool

	toks     []Token // the body; a parameter has its number, from 1, as Macro
	lexed    bool
	judged   bool
	judging  bool
	interest interest
	busy     bool // being expanded
}

// define reads "NAME body" or "NAME(a, b) body" after #define.
func (r *Reader) define(arg string, pos int) {
	from := skipBlanks(arg, 0)
	i := from
	for i < len(arg) && class[arg[i]] <= digit {
		i++
	}
	if i == from {
		return
	}
	if constant(arg[i:]) {
		r.skipped = append(r.skipped, int32(pos))
		return
	}
	r.addMacro(arg[from:i], arg[i:], pos)
}

// constant reports whether a macro's body has no name in it. Register lists
// have millions of these, and nobody asks for any.
func constant(body string) bool {
	word, empty := false, true
	for i := 0; i < len(body); i++ {
		c := body[i]
		switch class[c] {
		case digit:
			word = true
		case letter:
			if !word {
				return false
			}
		case blank:
			word = false
		case operator:
			if c == '/' && i+1 < len(body) && (body[i+1] == '*' || body[i+1] == '/') {
				return i > 0 && strings.TrimSpace(body[:i]) != ""
			}
			if c == ':' || empty && strings.IndexByte("*/%<>=&|^", c) >= 0 {
				return false // #define KB *(1 << 10)
			}
			word = false
		case single:
			if i == 0 || c != '(' && c != ')' && c != '~' {
				return false
			}
			word = false
		default:
			return false
		}
		empty = empty && class[c] == blank
	}
	return !empty
}

// readSkipped makes the constants known that define passed over.
func (r *Reader) readSkipped() {
	for _, hash := range r.skipped {
		text := r.s.text
		i := skipBlanks(text, int(hash)+1) + len("define")
		arg := text[i:directiveEnd(text, i)]
		arg = arg[skipBlanks(arg, 0):]
		name := firstWord(arg)
		if s := r.Symbol(r.tab.intern(name, hashOf(name))); s.macro == nil {
			s.macro = &macro{name: s.Name, body: arg[len(name):], judged: true}
			s.state = plain
		}
	}
	r.skipped = r.skipped[:0]
}

// addMacro makes name a macro; rest is what follows its name.
func (r *Reader) addMacro(name, rest string, pos int) {
	s := r.Symbol(r.tab.intern(name, hashOf(name)))
	m := &macro{name: s.Name, body: rest, pos: int32(pos)}
	if strings.HasPrefix(rest, "(") {
		m.funcLike = true
		if !m.parseParams(rest) {
			return
		}
	}
	s.macro = m
	if s.Kind == Ident {
		s.state = defined
		r.macros = append(r.macros, m)
	}
}

// parseParams takes "(a, b...)" off the body.
func (m *macro) parseParams(rest string) bool {
	end := strings.IndexByte(rest, ')')
	if end < 0 {
		return false
	}
	m.body = rest[end+1:]
	list := rest[1:end]
	if strings.TrimSpace(list) == "" {
		return true
	}
	for _, p := range strings.Split(list, ",") {
		p = strings.TrimSpace(strings.ReplaceAll(p, "\\\n", " "))
		if named, ok := strings.CutSuffix(p, "..."); ok {
			m.variadic = true
			if p = strings.TrimSpace(named); p == "" {
				p = "__VA_ARGS__"
			}
		}
		m.params = append(m.params, p)
	}
	return true
}

// undef obeys #undef. From here on not even a header has such a macro: files
// undefine a name to give it to a function of their own.
func (r *Reader) undef(arg string) {
	r.readSkipped()
	name := firstWord(arg)
	if name == "" {
		return
	}
	s := r.Symbol(r.tab.intern(name, hashOf(name)))
	s.macro = nil
	if s.Kind == Ident {
		s.state = undefed
	}
}

// lexBody splits the body into tokens once. One that is longer than any
// expansion may be counts as empty, and worthless.
func (r *Reader) lexBody(m *macro) []Token {
	if m.lexed {
		return m.toks
	}
	m.lexed = true
	var s scanner
	s.init(m.body, &r.tab)
	toks := r.buffer()
	for {
		var t Token
		s.scan(&t)
		if t.Kind == EOF {
			m.toks = r.keep(toks)
			return m.toks
		}
		t.Flags = 0
		for i, p := range m.params {
			if t.Sym != 0 && t.Text == p {
				t.Macro = int32(i + 1)
			}
		}
		toks = append(toks, t)
		if len(toks) > maxExpand {
			m.judged = true
			return nil
		}
	}
}

// macroOf is the macro that an identifier is to be replaced by, or nil.
func (r *Reader) macroOf(sym int32) *macro {
	s := r.Symbol(sym)
	switch s.state {
	case plain, undefed:
		return nil
	case unseen:
		r.lookUp(s)
	}
	m := s.macro
	if m == nil || r.relevantSymbol(sym) || r.judge(m) < worthHere {
		r.Symbol(sym).state = plain
		return nil
	}
	r.Symbol(sym).state = defined
	return m
}

// lookUp makes s what the headers say, once: a macro must not be found twice,
// or it is not seen that its expansion contains itself.
func (r *Reader) lookUp(s *Symbol) {
	s.macro = r.external(s)
	s.state = defined
}

// external asks the headers for a macro.
func (r *Reader) external(s *Symbol) *macro {
	if r.cfg.Macros == nil || s.Mark&Annotation != 0 {
		return nil
	}
	h := r.cfg.Macros.Lookup(s.Name)
	if h == nil || never(s.Name) {
		return nil
	}
	return &macro{
		name: s.Name, params: h.Params, funcLike: h.FuncLike, variadic: h.Variadic, body: h.Body, external: true,
	}
}

// relevantSymbol asks Config.Relevant, once for each name.
func (r *Reader) relevantSymbol(sym int32) bool {
	s := r.Symbol(sym)
	if s.Mark&known == 0 {
		s.Mark |= known
		if r.cfg.Relevant != nil && r.cfg.Relevant(s.Name) {
			s.Mark |= relevant
		}
	}
	return s.Mark&relevant != 0
}

// Macros are the file's own macros that other files may need expanded; their
// strings outlive the text. line gives the line of an offset.
func (r *Reader) Macros(path string, line func(cast.Pos) int) []*cast.Macro {
	var out []*cast.Macro
	for _, m := range r.macros {
		sym := r.tab.intern(m.name, hashOf(m.name))
		if r.Symbol(sym).macro != m || r.relevantSymbol(sym) || r.judge(m) < worthAbroad {
			continue
		}
		c := &cast.Macro{
			Name: strings.Clone(m.name), FuncLike: m.funcLike, Variadic: m.variadic, Body: strings.Clone(m.body),
			File: path, Line: line(cast.Pos(m.pos)),
		}
		for _, p := range m.params {
			c.Params = append(c.Params, strings.Clone(p))
		}
		out = append(out, c)
	}
	return out
}
