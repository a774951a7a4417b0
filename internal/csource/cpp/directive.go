package cpp

import (
	"strings"

	"gordian/internal/csource/cast"
)

// arm is the state of an open #if.
type arm struct {
	taken bool // an arm of it was chosen: the others are not
}

// directive obeys the directive whose # is at the offset.
func (r *Reader) directive(hash int) {
	name, arg := r.split(hash)
	switch name {
	case "define":
		r.define(arg, hash)
	case "undef":
		r.undef(arg)
	case "include", "include_next", "import":
		r.include(arg)
	case "if", "ifdef", "ifndef":
		yes := r.decide(name, arg)
		r.conds = append(r.conds, arm{taken: yes})
		if !yes {
			r.skip()
		}
	case "elif", "elifdef", "elifndef", "else":
		// Reached from inside a chosen arm: none of the rest is.
		if len(r.conds) > 0 {
			r.skip()
		}
	case "endif":
		r.endif()
	}
}

// split cuts the directive at the # into its name and the rest, and moves
// behind it.
func (r *Reader) split(hash int) (name, arg string) {
	text := r.s.text
	from := skipBlanks(text, hash+1)
	i := from
	for i < len(text) && class[text[i]] <= digit {
		i++
	}
	end := directiveEnd(text, i)
	r.s.pos, r.s.bol = end, true
	return text[from:i], text[i:end]
}

// skipBlanks passes blanks and comments.
func skipBlanks(text string, i int) int {
	for i < len(text) {
		switch {
		case class[text[i]] == blank:
			i++
		case strings.HasPrefix(text[i:], "/*"):
			i = endOfBlock(text, i+2)
		case text[i] == '\\' && spliceLen(text[i:]) > 0:
			i += spliceLen(text[i:])
		default:
			return i
		}
	}
	return i
}

// directiveEnd is the offset of the newline that ends a directive: comments
// and spliced lines belong to it.
func directiveEnd(text string, from int) int {
	for {
		end := endOfLine(text, from)
		open := openComment(text[from:end])
		if open < 0 {
			return end
		}
		from = endOfBlock(text, from+open+2)
	}
}

// openComment is the offset of a block comment that the line leaves open, or
// -1. Most lines have no comment at all, so the search comes first.
func openComment(line string) int {
	if !strings.Contains(line, "/*") {
		return -1
	}
	for i := 0; i+1 < len(line); i++ {
		switch c := line[i]; {
		case c == '"' || c == '\'':
			i = closing(line, i)
		case c == '/' && line[i+1] == '/':
			return -1
		case c == '/' && line[i+1] == '*':
			n := strings.Index(line[i+2:], "*/")
			if n < 0 {
				return i
			}
			i += n + 3
		}
	}
	return -1
}

// closing is the offset of the quote that closes the one at i, or the end.
func closing(line string, i int) int {
	q := line[i]
	for i++; i < len(line) && line[i] != q; i++ {
		if line[i] == '\\' {
			i++
		}
	}
	return i
}

// include notes the file that an #include names.
func (r *Reader) include(arg string) {
	arg = strings.TrimSpace(arg)
	if len(arg) < 2 {
		return
	}
	closes := byte('"')
	if arg[0] == '<' {
		closes = '>'
	} else if arg[0] != '"' {
		return // a macro names the file
	}
	if n := strings.IndexByte(arg[1:], closes); n > 0 {
		r.Includes = append(r.Includes, cast.Include{Name: arg[1 : 1+n], Angle: closes == '>'})
	}
}

// endif closes the innermost #if; one too many does no harm.
func (r *Reader) endif() {
	if n := len(r.conds); n > 0 {
		r.conds = r.conds[:n-1]
	}
}

// skip passes the arms that are not chosen and stops behind the directive
// that opens a chosen one or closes the #if.
func (r *Reader) skip() {
	top := &r.conds[len(r.conds)-1]
	depth := 0
	for {
		hash := r.nextDirective()
		if hash < 0 {
			return
		}
		name, arg := r.split(hash)
		switch name {
		case "if", "ifdef", "ifndef":
			depth++
		case "endif":
			if depth == 0 {
				r.endif()
				return
			}
			depth--
		case "elif", "elifdef", "elifndef", "else":
			if depth == 0 && !top.taken && r.decide(name, arg) {
				top.taken = true
				return
			}
		}
	}
}

// nextDirective moves to the next line that starts with # and returns the
// offset of the #, or -1 at the end of the text.
func (r *Reader) nextDirective() int {
	text, i := r.s.text, r.s.pos
	for i < len(text) {
		i = skipBlanks(text, i)
		if i < len(text) && text[i] == '#' {
			return i
		}
		i = directiveEnd(text, i) + 1
	}
	r.s.pos = len(text)
	return -1
}
