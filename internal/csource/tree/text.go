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
