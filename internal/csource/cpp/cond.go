package cpp

import (
	"strconv"
	"strings"
)

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

func put[K comparable](m *map[K]bool, k K, v bool) {
	if *m == nil {
		*m = map[K]bool{}
	}
	(*m)[k] = v
}

// truth of a condition.
type truth uint8

const (
	maybe truth = iota
	yes
	no
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// value is what a part of a condition is. Some names are known to be true
// without being a known number.
type value struct {
	n     int64
	known bool
	truth truth
}

func number(n int64) value { return value{n, true, truthOf(n != 0)} }
func boolean(t truth) value {
	if t == maybe {
		return value{}
	}
	return value{n: int64(2 - t), known: true, truth: t}
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

func (c *condition) kind() Kind {
	if c.i < len(c.toks) {
		return c.toks[c.i].Kind
	}
	return EOF
}

func (c *condition) accept(k Kind) bool {
	if c.kind() != k {
		return false
	}
	c.i++
	return true
}

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

func known2(known, b bool) truth {
	if !known {
		return maybe
	}
	return truthOf(b)
}

func apply(op Kind, a, b value) value {
	switch op {
	case AndAnd:
		return boolean(and(a.truth, b.truth))
	case OrOr:
		// Not both false, by De Morgan.
		return boolean(flip(and(flip(a.truth), flip(b.truth))))
	}
	if !a.known || !b.known {
		return value{}
	}
	if compare, ok := comparison(op, a.n, b.n); ok {
		return boolean(truthOf(compare))
	}
	n, ok := arithmetic(op, a.n, b.n)
	if !ok {
		return value{}
	}
	return number(n)
}

func flip(t truth) truth { return [...]truth{maybe, no, yes}[t] }

func and(a, b truth) truth {
	switch {
	case a == no || b == no:
		return no
	case a == yes && b == yes:
		return yes
	}
	return maybe
}

func comparison(op Kind, a, b int64) (result, ok bool) {
	switch op {
	case EqEq:
		return a == b, true
	case NotEq:
		return a != b, true
	case Lt:
		return a < b, true
	case Gt:
		return a > b, true
	case Le:
		return a <= b, true
	case Ge:
		return a >= b, true
	}
	return false, false
}

func arithmetic(op Kind, a, b int64) (int64, bool) {
	switch op {
	case Add:
		return a + b, true
	case Sub:
		return a - b, true
	case Mul:
		return a * b, true
	case Or:
		return a | b, true
	case And:
		return a & b, true
	case Xor:
		return a ^ b, true
	case Shl:
		return a << (uint64(b) & 63), true
	case Shr:
		return a >> (uint64(b) & 63), true
	case Div:
		if b != 0 {
			return a / b, true
		}
	case Mod:
		if b != 0 {
			return a % b, true
		}
	}
	return 0, false
}

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

func parseNumber(text string) value {
	n, err := strconv.ParseInt(strings.TrimRight(text, "uUlL"), 0, 64)
	if err != nil {
		return value{}
	}
	return number(n)
}

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
