package cpp

import "strings"

// scanner splits text into tokens, without any preprocessing.
type scanner struct {
	text     string
	pos      int
	tab      *symtab
	bol      bool // no token of this line came yet
	comments func(from, to int)
}

// init makes s read text, its names going to tab.
func (s *scanner) init(text string, tab *symtab) {
	s.text, s.pos, s.tab, s.bol, s.comments = text, 0, tab, true, nil
}

// charClass says what a token that starts with a byte is.
type charClass uint8

const (
	letter charClass = iota // letters and digits come first: see ident
	digit
	blank
	newline
	single
	operator
	quote
	apostrophe
	backslash
	junk
)

var class = makeClass()

// makeClass says what starts with each byte. Bytes beyond ASCII count as
// letters: in strings and comments they do not matter, elsewhere they are rare.
func makeClass() (c [256]charClass) {
	for i := range c {
		c[i] = junk
		switch b := byte(i); {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b == '_', b == '$', b >= 0x80:
			c[i] = letter
		case b >= '0' && b <= '9':
			c[i] = digit
		case b == ' ', b == '\t', b == '\r', b == '\f', b == '\v':
			c[i] = blank
		case strings.IndexByte("(){}[];,?~", b) >= 0:
			c[i] = single
		case strings.IndexByte("+-*/%<>=!&|^.:#", b) >= 0:
			c[i] = operator
		}
	}
	c['\n'], c['"'], c['\''], c['\\'] = newline, quote, apostrophe, backslash
	return c
}

var singles = [256]Kind{
	'(': LParen, ')': RParen, '{': LBrace, '}': RBrace, '[': LBracket, ']': RBracket,
	';': Semi, ',': Comma, '?': Question, '~': Tilde,
}

// scan reads the next token into t; at the end of the text its kind is EOF.
func (s *scanner) scan(t *Token) {
	*t = Token{}
	for s.pos < len(s.text) {
		start := s.pos
		t.Pos = int32(start)
		c := s.text[start]
		switch class[c] {
		case blank:
			s.pos++
			continue
		case newline:
			s.pos++
			s.bol = true
			continue
		case backslash:
			s.splice(t)
			if t.Kind == EOF {
				continue
			}
		case letter:
			s.ident(t)
		case digit:
			s.number(t)
		case single:
			s.pos++
			t.Kind = singles[c]
		case operator:
			if c == '/' && s.comment() {
				continue
			}
			s.operator(t, c)
		case quote, apostrophe:
			s.literal(t, c)
		default:
			s.pos++
			t.Kind = Other
		}
		if s.bol {
			t.Flags = BOL
			s.bol = false
		}
		return
	}
	t.Pos = int32(len(s.text))
	t.Flags = BOL
}

// splice skips a backslash and the end of line after it; a backslash before
// anything else is a token of its own.
func (s *scanner) splice(t *Token) {
	n := spliceLen(s.text[s.pos:])
	if n == 0 {
		s.pos++
		t.Kind = Other
	}
	s.pos += n
}

// spliceLen is the length of the line splice that text starts with, or 0.
// Blanks between the backslash and the end of line do no harm to compilers.
func spliceLen(text string) int {
	for i := 1; i < len(text) && i < 80; i++ {
		switch text[i] {
		case '\n':
			return i + 1
		case ' ', '\t', '\r':
		default:
			return 0
		}
	}
	return 0
}

// ident reads a name, hashing it on the way: names are most of all bytes.
func (s *scanner) ident(t *Token) {
	text, i, h := s.text, s.pos, uint32(hashStart)
	for i < len(text) && class[text[i]] <= digit {
		h = (h ^ uint32(text[i])) * hashPrime
		i++
	}
	if i-s.pos <= 2 && i < len(text) && (text[i] == '"' || text[i] == '\'') && prefix(text[s.pos:i]) {
		start := s.pos
		s.pos = i
		s.literal(t, text[i])
		t.Text = text[start:s.pos]
		return
	}
	n := s.tab.intern(text[s.pos:i], h)
	sym := &s.tab.syms[n]
	t.Kind, t.Sym, t.Text = sym.Kind, n, sym.Name
	s.pos = i
}

// prefix reports whether p makes the literal after it a wide one.
func prefix(p string) bool { return p == "L" || p == "u" || p == "U" || p == "u8" }

// number reads what the standard calls a preprocessing number.
func (s *scanner) number(t *Token) {
	text, i := s.text, s.pos
	for i < len(text) {
		c := text[i]
		if class[c] <= digit || c == '.' && !strings.HasPrefix(text[i:], "...") {
			i++
			continue
		}
		if (c == '+' || c == '-') && exponent(text[s.pos:i]) {
			i++
			continue
		}
		break
	}
	t.Kind, t.Text = Number, text[s.pos:i]
	s.pos = i
}

// exponent reports whether a sign may follow the number so far.
func exponent(n string) bool {
	hex := len(n) > 1 && (n[1] == 'x' || n[1] == 'X')
	switch n[len(n)-1] {
	case 'e', 'E':
		return !hex
	case 'p', 'P':
		return hex
	}
	return false
}

// literal reads a string or character, up to the end of the line at most
// unless the line is spliced: what is not closed there is a lone quote of
// some text that is not C.
func (s *scanner) literal(t *Token, q byte) {
	text, i := s.text, s.pos+1
	for i < len(text) && text[i] != q && text[i] != '\n' {
		if text[i] == '\\' {
			if n := spliceLen(text[i:]); n > 1 {
				i += n - 1
			}
			i++
		}
		i++
	}
	if i < len(text) && text[i] == q {
		i++
	}
	i = min(i, len(text))
	t.Kind, t.Text = String, text[s.pos:i]
	if q == '\'' {
		t.Kind = Char
	}
	s.pos = i
}

// comment skips a comment at the position, if there is one.
func (s *scanner) comment() bool {
	if s.pos+1 >= len(s.text) {
		return false
	}
	start := s.pos
	switch s.text[start+1] {
	case '*':
		s.pos = endOfBlock(s.text, start+2)
	case '/':
		s.pos = endOfLine(s.text, start)
	default:
		return false
	}
	if s.comments != nil {
		s.comments(start, s.pos)
	}
	return true
}

// endOfBlock is the offset after the */ that closes a comment.
func endOfBlock(text string, from int) int {
	n := strings.Index(text[from:], "*/")
	if n < 0 {
		return len(text)
	}
	return from + n + 2
}

// endOfLine is the offset of the newline that ends the line of from, spliced
// lines being one.
func endOfLine(text string, from int) int {
	for {
		n := strings.IndexByte(text[from:], '\n')
		if n < 0 {
			return len(text)
		}
		end := from + n
		if !spliced(text[from:end]) {
			return end
		}
		from = end + 1
	}
}

// spliced reports whether a backslash joins the line to the next.
func spliced(line string) bool {
	for i := len(line) - 1; i >= 0; i-- {
		switch line[i] {
		case '\\':
			return true
		case ' ', '\t', '\r':
		default:
			return false
		}
	}
	return false
}

// operator reads the longest operator that starts with c.
func (s *scanner) operator(t *Token, c byte) {
	rest := s.text[s.pos:]
	c1, c2 := byte(0), byte(0)
	if len(rest) > 1 {
		c1 = rest[1]
	}
	if len(rest) > 2 {
		c2 = rest[2]
	}
	if c == '.' && class[c1] == digit {
		s.number(t)
		return
	}
	kind, n := longest(c, c1, c2)
	t.Kind = kind
	s.pos += n
}

// assigns has, for an operator byte, its kind, that followed by = and that
// doubled.
var operators = [256]struct{ one, withEq, twice Kind }{
	'+': {Add, AddEq, Inc}, '-': {Sub, SubEq, Dec}, '*': {Mul, MulEq, 0}, '/': {Div, DivEq, 0},
	'%': {Mod, ModEq, 0}, '<': {Lt, Le, Shl}, '>': {Gt, Ge, Shr}, '=': {Eq, EqEq, 0}, '!': {Not, NotEq, 0},
	'&': {And, AndEq, AndAnd}, '|': {Or, OrEq, OrOr}, '^': {Xor, XorEq, 0}, '.': {Dot, 0, 0},
	':': {Colon, 0, 0}, '#': {Hash, 0, HashHash},
}

// longest is the longest operator that c, c1 and c2 begin with, and its length.
func longest(c, c1, c2 byte) (Kind, int) {
	o := &operators[c]
	switch {
	case c1 == '=' && c != '=' && o.withEq != 0, c == '=' && c1 == '=':
		return o.withEq, 2
	case c == '-' && c1 == '>':
		return Arrow, 2
	case c == '.' && c1 == '.' && c2 == '.':
		return Ellipsis, 3
	case c == c1 && o.twice == Shl && c2 == '=':
		return ShlEq, 3
	case c == c1 && o.twice == Shr && c2 == '=':
		return ShrEq, 3
	case c == c1 && o.twice != 0:
		return o.twice, 2
	}
	return o.one, 1
}
