package tree

import (
	"io"
	"strings"
	"unsafe"
)

// readAll reads size bytes, less if there are less.
func readAll(r io.Reader, size int) (string, error) {
	if size == 0 {
		return "", nil
	}
	b := make([]byte, size)
	n, err := io.ReadFull(r, b)
	if err != nil && n == 0 {
		return "", short(err)
	}
	// b is not written to again: a copy of every file would double the memory.
	text := unsafe.String(&b[0], n)
	if strings.IndexByte(text[:min(n, 8<<10)], 0) >= 0 {
		return "", errSkip("binary file")
	}
	return text, nil
}

// include is one #include as written.
type include struct {
	name  string
	angle bool
}

// scanIncludes finds the #include lines of a text, whatever #if they are
// under. It looks at nothing but '#' signs, so one in a comment counts too:
// that only makes more headers known.
func scanIncludes(text string) []include {
	var out []include
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '#')
		if i < 0 {
			return out
		}
		at += i + 1
		rest := blanks(text[at:])
		if len(rest) < 9 || rest[:7] != "include" {
			continue
		}
		if inc, ok := includeName(blanks(rest[7:])); ok && startsLine(text, at-1) {
			out = append(out, inc)
		}
	}
}

func includeName(s string) (include, bool) {
	if s == "" {
		return include{}, false
	}
	closing := byte('"')
	switch s[0] {
	case '"':
	case '<':
		closing = '>'
	default: // a macro
		return include{}, false
	}
	s = s[1:]
	end := strings.IndexByte(s[:min(len(s), 256)], closing)
	if end <= 0 || strings.IndexByte(s[:end], '\n') >= 0 {
		return include{}, false
	}
	return include{name: s[:end], angle: closing == '>'}, true
}

func blanks(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	return s
}

func startsLine(text string, at int) bool {
	for at--; at >= 0; at-- {
		switch text[at] {
		case ' ', '\t':
		case '\n':
			return true
		default:
			return false
		}
	}
	return true
}

// directives calls f with each preprocessor line of a text, with the lines
// that continue it, and returns true at the end. It returns false at the first
// thing that is neither such a line nor a comment.
func directives(text string, f func(line string)) bool {
	for {
		text = strings.TrimLeft(text, " \t\r\n\f\v")
		switch {
		case text == "":
			return true
		case text[0] == '#':
			end := directiveEnd(text)
			f(text[:end])
			text = text[end:]
		case strings.HasPrefix(text, "/*"):
			text = afterComment(text)
		case strings.HasPrefix(text, "//"):
			text = text[lineEnd(text):]
		default:
			return false
		}
	}
}

// directiveEnd returns the length of the directive that text starts with. A
// comment in it may go on over several lines.
func directiveEnd(text string) int {
	at := 0
	for {
		end := at + lineEnd(text[at:])
		if open := strings.LastIndex(text[at:end], "/*"); open >= 0 {
			rest := text[at+open:]
			if after := len(text) - len(afterComment(rest)); after > end {
				at = after
				continue
			}
		}
		line := strings.TrimRight(text[at:end], "\r\n")
		if !strings.HasSuffix(line, "\\") || end == len(text) {
			return end
		}
		at = end
	}
}

// lineEnd returns the length of the first line, with its newline.
func lineEnd(s string) int {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return i + 1
	}
	return len(s)
}

// afterComment returns what follows the comment that s starts with.
func afterComment(s string) string {
	if i := strings.Index(s[2:], "*/"); i >= 0 {
		return s[2+i+2:]
	}
	return ""
}

// callLike says whether a directive defines a macro with parameters.
func callLike(directive string) bool {
	s := blanks(directive[1:])
	if len(s) < 7 || s[:6] != "define" {
		return false
	}
	s = blanks(s[6:])
	i := 0
	for i < len(s) && isWord(s[i]) {
		i++
	}
	return i < len(s) && s[i] == '('
}
