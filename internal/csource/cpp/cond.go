package cpp

import "strings"

// decide says whether the arm behind a directive is chosen.
func (r *Reader) decide(name, arg string) bool {
	switch name {
	case "else":
		return true
	case "ifdef", "elifdef":
		return r.choose("defined "+firstWord(arg), false)
	case "ifndef", "elifndef":
		w := firstWord(arg)
		if r.definesNext(w) {
			return true // an include guard, or a default value
		}
		return r.choose("!defined "+w, false)
	}
	return r.choose(strings.TrimSpace(arg), true)
}

// firstWord is the identifier that s starts with, blanks aside.
func firstWord(s string) string {
	s = s[skipBlanks(s, 0):]
	n := 0
	for n < len(s) && class[s[n]] <= digit {
		n++
	}
	return s[:n]
}

// definesNext reports whether the next directive is "#define name".
func (r *Reader) definesNext(name string) bool {
	text := r.s.text
	i := r.s.pos
	for i < len(text) && (text[i] == '\n' || class[text[i]] == blank) {
		i++
	}
	if i >= len(text) || text[i] != '#' || name == "" {
		return false
	}
	rest, ok := strings.CutPrefix(text[skipBlanks(text, i+1):], "define")
	return ok && firstWord(rest) == name
}

// choose evaluates a condition. What it cannot know it decides by the arms
// asked for, and then sticks to it: a name that is assumed to be defined here
// is defined further down as well.
func (r *Reader) choose(text string, whole bool) bool {
	c := condition{r: r}
	c.lex(text)
	v := c.run()
	r.ByChoice = r.ByChoice || c.byChoice || v.truth == maybe
	if v.truth != maybe {
		return v.truth == yes
	}
	if got, ok := r.decided[text]; ok {
		return got
	}
	want := r.cfg.Arms == 0
	if !c.assume(want) && whole {
		put(&r.decided, text, want)
	}
	return want
}

// put sets m[k], making m if there is none yet: most files need no such map.
func put[K comparable](m *map[K]bool, k K, v bool) {
	if *m == nil {
		*m = map[K]bool{}
	}
	(*m)[k] = v
}

// condition evaluates the expression of an #if.
type condition struct {
	r        *Reader
	toks     []Token
	i        int
	depth    int
	atoms    []int32 // names that nothing is known of
	byChoice bool    // the value depends on the arms asked for
}

const (
	maxCondTokens = 2048
	maxCondDepth  = 64
)

// lex splits the condition into tokens once; it may be evaluated three times.
func (c *condition) lex(text string) {
	var s scanner
	s.init(text, &c.r.tab)
	for len(c.toks) < maxCondTokens {
		var t Token
		s.scan(&t)
		if t.Kind == EOF {
			break
		}
		c.toks = append(c.toks, t)
	}
}

// run evaluates the condition under what is assumed so far.
func (c *condition) run() value {
	c.i, c.depth, c.atoms = 0, 0, c.atoms[:0]
	return c.ternary()
}

// assume gives all unknown names the one value that makes the condition what
// is wanted, and keeps it for the rest of the file.
func (c *condition) assume(want bool) bool {
	atoms := append([]int32(nil), c.atoms...)
	for _, try := range []bool{true, false} {
		for _, a := range atoms {
			put(&c.r.assumed, a, try)
		}
		if c.run().truth == truthOf(want) {
			return true
		}
	}
	for _, a := range atoms {
		delete(c.r.assumed, a)
	}
	return false
}

// kind is the kind of the next token.
func (c *condition) kind() Kind {
	if c.i < len(c.toks) {
		return c.toks[c.i].Kind
	}
	return EOF
}

// accept passes a token of kind k.
func (c *condition) accept(k Kind) bool {
	if c.kind() != k {
		return false
	}
	c.i++
	return true
}

// ternary parses "a ? b : c".
func (c *condition) ternary() value {
	c.depth++
	defer func() { c.depth-- }()
	if c.depth > maxCondDepth {
		c.i = len(c.toks)
		return value{}
	}
	v := c.binary(1)
	if !c.accept(Question) {
		return v
	}
	a := c.ternary()
	c.accept(Colon)
	b := c.ternary()
	switch v.truth {
	case yes:
		return a
	case no:
		return b
	}
	return value{}
}

// binary parses operators that bind at least as tight as least. Both sides are
// always evaluated: that only makes more names known as unknown.
func (c *condition) binary(least int) value {
	v := c.unary()
	for {
		op := c.kind()
		p := op.Precedence()
		if p < least || p == 0 {
			return v
		}
		c.i++
		v = apply(op, v, c.binary(p+1))
	}
}

// unary parses prefix operators and parentheses.
func (c *condition) unary() value {
	c.depth++
	defer func() { c.depth-- }()
	if c.depth > maxCondDepth {
		c.i = len(c.toks)
		return value{}
	}
	switch {
	case c.accept(Not):
		v := c.unary()
		return boolean([...]truth{maybe, no, yes}[v.truth])
	case c.accept(Sub):
		v := c.unary()
		v.n = -v.n
		return v
	case c.accept(Add):
		return c.unary()
	case c.accept(Tilde):
		v := c.unary()
		return value{^v.n, v.known, known2(v.known, ^v.n != 0)}
	case c.accept(LParen):
		v := c.ternary()
		c.accept(RParen)
		return v
	}
	return c.primary()
}

// primary parses a number or a name.
func (c *condition) primary() value {
	if c.i >= len(c.toks) {
		return value{}
	}
	t := c.toks[c.i]
	c.i++
	switch {
	case t.Kind == Number:
		return parseNumber(t.Text)
	case t.Kind == Char && len(t.Text) == 3:
		return number(int64(t.Text[1]))
	case t.Sym == 0:
		return value{}
	case t.Text == "defined":
		return c.definedName()
	}
	if c.kind() == LParen {
		return c.call(t)
	}
	return c.name(t)
}

// definedName parses what follows "defined".
func (c *condition) definedName() value {
	paren := c.accept(LParen)
	if c.i >= len(c.toks) {
		return value{}
	}
	t := c.toks[c.i]
	c.i++
	if paren {
		c.accept(RParen)
	}
	return c.isDefined(t)
}

// call evaluates what looks like a function-like macro.
func (c *condition) call(t Token) value {
	args := c.arguments()
	switch t.Text {
	case "IS_ENABLED", "IS_BUILTIN", "IS_MODULE", "IS_REACHABLE", "IS_ENABLED_MODULE":
		if len(args) == 1 && len(args[0]) == 1 && isConfig(args[0][0].Text) {
			return c.config(args[0][0].Text, t.Text)
		}
	case "KERNEL_VERSION":
		return kernelVersion(args)
	}
	return c.unknown(t.Sym)
}

// arguments collects the tokens of a call's arguments.
func (c *condition) arguments() [][]Token {
	c.accept(LParen)
	var args [][]Token
	depth, start := 0, c.i
	for ; c.i < len(c.toks); c.i++ {
		switch k := c.kind(); {
		case k == LParen:
			depth++
		case k == RParen && depth > 0:
			depth--
		case k == RParen:
			args = append(args, c.toks[start:c.i])
			c.i++
			return args
		case k == Comma && depth == 0:
			args = append(args, c.toks[start:c.i])
			start = c.i + 1
		}
	}
	return args
}

// kernelVersion is KERNEL_VERSION(a, b, c) of include/generated/uapi/linux/version.h.
func kernelVersion(args [][]Token) value {
	var n int64
	if len(args) != 3 {
		return value{}
	}
	for _, a := range args {
		if len(a) != 1 {
			return value{}
		}
		v := parseNumber(a[0].Text)
		if !v.known {
			return value{}
		}
		n = n<<8 + v.n
	}
	return number(n)
}
