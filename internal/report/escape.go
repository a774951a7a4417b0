package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SafeText makes text from the evidence harmless to a terminal, a pager and a
// reader: control characters (an ESC sequence could rewrite the screen),
// characters that reorder or hide text (bidirectional overrides, zero-width
// and other format characters), and bytes that are no UTF-8 are shown as
// \xNN or \u{NNNN}. Line ends and tabs stay.
func SafeText(s string) string { return escape(s, true) }

// safeLine is SafeText for a name or a title: line ends and tabs are shown too.
func safeLine(s string) string { return escape(s, false) }

func escape(s string, lines bool) string {
	if clean(s, lines) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case harmless(r, lines):
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
		i += size
	}
	return b.String()
}

// clean is the fast path: nearly all text is plain ASCII.
func clean(s string, lines bool) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x7f || c < 0x20 && (!lines || c != '\n' && c != '\t') {
			return false
		}
	}
	return true
}

// harmless keeps letters, marks, numbers, punctuation, symbols and the space.
// unicode.IsPrint leaves out every format and control character.
func harmless(r rune, lines bool) bool {
	return unicode.IsPrint(r) || lines && (r == '\n' || r == '\t')
}
