package cpp

import "strings"

const (
	maxExpand  = 64 << 10 // tokens that one macro call may become
	maxDepth   = 32       // macros inside macros
	maxBroken  = 16       // unclosed calls after which macros with arguments stay as they are
	maxParams  = 64 << 10 // tokens of a call's arguments
	maxStrings = 256      // bytes of a # string: nobody reads it
)

// context is a list of tokens that comes before the rest of the text.
type context struct {
	toks []Token
	i    int
	m    *macro // whose expansion it is, or nil
}

// next reads the next token after expansion.
func (r *Reader) next(t *Token) {
	for {
		r.pull(t)
		if t.Kind != Ident || t.Flags&noExpand != 0 || r.tab.syms[t.Sym].state == plain {
			return
		}
		m := r.macroOf(t.Sym)
		if m == nil {
			return
		}
		if m.busy || r.declares(m) {
			t.Flags |= noExpand
			return
		}
		if !r.expand(m, *t) {
			return
		}
	}
}

// pull reads the next token before expansion.
func (r *Reader) pull(t *Token) {
	for n := len(r.ctx); n > r.floor; n = len(r.ctx) {
		c := &r.ctx[n-1]
		if c.i < len(c.toks) {
			*t = c.toks[c.i]
			c.i++
			return
		}
		if c.m != nil {
			c.m.busy = false
		}
		r.ctx = r.ctx[:n-1]
	}
	if r.nested > 0 {
		*t = Token{}
		return
	}
	r.raw(t)
}

// expand replaces a call of m, whose name was just read, by its expansion. It
// returns false if this is no call, or too much of it.
func (r *Reader) expand(m *macro, call Token) bool {
	if call.Macro == 0 && r.nested == 0 {
		r.budget = min(maxExpand, r.total)
		r.total -= 8 // so that empty macros count, too
	}
	if r.budget <= 0 || len(r.ctx)-r.floor >= maxDepth || r.nested >= maxDepth {
		return false
	}
	var args [][]Token
	if m.funcLike {
		var ok bool
		if args, ok = r.arguments(m); !ok {
			return false
		}
	}
	body := r.substitute(m, args)
	outer := call.Macro
	if outer == 0 {
		outer = call.Sym
	}
	for i := range body {
		b := &body[i]
		b.Pos, b.Macro, b.Flags = call.Pos, outer, b.Flags&noExpand
	}
	if len(body) > 0 {
		body[0].Flags |= call.Flags & BOL
	}
	m.busy = true
	r.ctx = append(r.ctx, context{toks: body, m: m})
	return true
}

// spend takes n tokens off what the call and the file may still yield: macros
// that double each other would else fill the memory.
func (r *Reader) spend(n int) {
	r.budget -= n
	r.total -= n
}

// arguments reads "(a, b)". If there is none, or no end of it, all that was
// read is put back.
func (r *Reader) arguments(m *macro) ([][]Token, bool) {
	var t Token
	r.pull(&t)
	if t.Kind != LParen {
		r.putBack([]Token{t})
		return nil, false
	}
	if r.broken >= maxBroken {
		r.putBack([]Token{t})
		return nil, false
	}
	read := append(r.buffer(), t)
	ends := make([]int, 0, 16) // of arguments, in read
	depth := 0
	for {
		r.pull(&t)
		if t.Kind == EOF || len(read) > maxParams {
			r.broken++
			r.putBack(append(read, t))
			return nil, false // the buffer is what was put back
		}
		read = append(read, t)
		switch {
		case t.Kind == LParen:
			depth++
		case t.Kind == RParen && depth > 0:
			depth--
		case t.Kind == RParen:
			ends = append(ends, len(read)-1)
			r.spend(len(read))
			if !m.takes(len(ends)) {
				r.putBack(read) // another macro of that name
				return nil, false
			}
			return r.cut(m, r.keep(read), ends), true
		case t.Kind == Comma && depth == 0 && (!m.variadic || len(ends) < len(m.params)-1):
			ends = append(ends, len(read)-1)
		}
	}
}

// takes reports whether m can be called with n arguments; empty parentheses
// count as one.
func (m *macro) takes(n int) bool {
	want := len(m.params)
	return n == want || n == 1 && want == 0 || m.variadic && n >= want-1
}

// cut divides "(a, b)" into its arguments. A call that has fewer arguments than
// parameters gets empty ones.
func (r *Reader) cut(m *macro, read []Token, ends []int) [][]Token {
	args := r.args.Make(max(len(ends), len(m.params)))
	start := 1
	for _, end := range ends {
		args = append(args, read[start:end:end])
		start = end + 1
	}
	for len(args) < len(m.params) {
		args = append(args, nil)
	}
	return args
}

// putBack makes toks the next ones to be read. An EOF inside expandList is
// only the end of its list.
func (r *Reader) putBack(toks []Token) {
	if n := len(toks); toks[n-1].Kind == EOF && r.nested > 0 {
		toks = toks[:n-1]
	}
	r.ctx = append(r.ctx, context{toks: toks})
}

// expandList expands the tokens of an argument by themselves.
func (r *Reader) expandList(list []Token) []Token {
	if !r.anyMacro(list) {
		return list
	}
	floor := r.floor
	r.floor = len(r.ctx)
	r.nested++
	r.ctx = append(r.ctx, context{toks: list})
	out := r.buffer()
	for {
		var t Token
		r.next(&t)
		if t.Kind == EOF {
			break
		}
		out = append(out, t)
	}
	r.nested--
	r.floor = floor
	return r.keep(out)
}

// anyMacro saves most arguments from being copied.
func (r *Reader) anyMacro(list []Token) bool {
	for i := range list {
		if t := &list[i]; t.Kind == Ident && t.Flags&noExpand == 0 && r.macroOf(t.Sym) != nil {
			return true
		}
	}
	return false
}

// substitution builds the replacement of one macro call.
type substitution struct {
	r        *Reader
	m        *macro
	args     [][]Token
	expanded [][]Token
	out      []Token
}

// substitute puts the arguments into the body of m.
func (r *Reader) substitute(m *macro, args [][]Token) []Token {
	body := r.lexBody(m)
	s := substitution{r: r, m: m, args: args, out: r.buffer()}
	for i := 0; i < len(body) && r.budget > 0; i++ {
		n := len(s.out)
		i = s.token(body, i)
		r.spend(1 + max(0, len(s.out)-n))
	}
	return r.keep(s.finish())
}

// token handles body[i] and returns the index of the last token it used.
func (s *substitution) token(body []Token, i int) int {
	t := body[i]
	switch {
	case t.Kind == HashHash && i > 0 && i+1 < len(body):
		s.paste(body, i+1)
		return i + 1
	case t.Kind == Hash && i+1 < len(body) && body[i+1].Macro != 0 && s.m.funcLike:
		s.out = append(s.out, stringify(s.args[body[i+1].Macro-1]))
		return i + 1
	case t.Macro == 0:
		s.out = append(s.out, t)
	case i+1 < len(body) && body[i+1].Kind == HashHash:
		s.raw(t)
	default:
		s.out = append(s.out, s.full(t)...)
	}
	return i
}

// full is the expanded argument of a parameter.
func (s *substitution) full(t Token) []Token {
	if s.expanded == nil {
		s.expanded = s.r.args.Zero(len(s.args), 0)
	}
	p := t.Macro - 1
	if s.expanded[p] == nil && len(s.args[p]) > 0 {
		s.expanded[p] = s.r.expandList(s.args[p])
	}
	return s.expanded[p]
}

// raw appends a token of the body that stands beside ##.
func (s *substitution) raw(t Token) {
	switch {
	case t.Macro == 0:
		s.out = append(s.out, t)
	case len(s.args[t.Macro-1]) == 0:
		s.out = append(s.out, Token{Flags: placemarker})
	default:
		s.out = append(s.out, s.args[t.Macro-1]...)
	}
}

// paste joins the last token with body[i].
func (s *substitution) paste(body []Token, i int) {
	right := body[i]
	if len(s.out) == 0 {
		s.raw(right)
		return
	}
	last := len(s.out) - 1
	if s.out[last].Kind == Comma && s.m.variadic && int(right.Macro) == len(s.m.params) {
		// GNU: the comma goes with the arguments that are not there.
		if arg := s.full(right); len(arg) > 0 {
			s.out = append(s.out, arg...)
		} else {
			s.out = s.out[:last]
		}
		return
	}
	left := s.out[last]
	s.out = s.out[:last]
	at := len(s.out)
	s.raw(right)
	first := s.out[at]
	if joined, ok := s.r.join(left, first); ok {
		s.out[at] = joined
		return
	}
	s.out = append(s.out, Token{})
	copy(s.out[at+1:], s.out[at:])
	s.out[at] = left
}

// join makes one token of two.
func (r *Reader) join(a, b Token) (Token, bool) {
	if a.Flags&placemarker != 0 {
		return b, true
	}
	if b.Flags&placemarker != 0 {
		return a, true
	}
	var s scanner
	s.init(spelled(a)+spelled(b), &r.tab)
	s.bol = false
	var t Token
	s.scan(&t)
	return t, s.pos == len(s.text) && t.Kind != EOF
}

// spelled is the text of a token.
func spelled(t Token) string {
	if t.Text != "" {
		return t.Text
	}
	return t.Kind.String()
}

// stringify is #arg.
func stringify(arg []Token) Token {
	var b strings.Builder
	b.WriteByte('"')
	for i := range arg {
		if b.Len() > maxStrings {
			break
		}
		b.WriteString(strings.ReplaceAll(spelled(arg[i]), `"`, `\"`))
	}
	b.WriteByte('"')
	return Token{Kind: String, Text: b.String()}
}

// finish drops the places of empty arguments.
func (s *substitution) finish() []Token {
	out := s.out[:0]
	for _, t := range s.out {
		if t.Flags&placemarker == 0 {
			out = append(out, t)
		}
	}
	return out
}
