package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// htmlLine makes a name or a title safe to look at: characters that would be
// invisible, reorder the text or break the line are shown as Go escapes, and
// the length is bounded. (html/template makes it safe for the browser.)
func htmlLine(s string, limit int) string { return htmlShow(s, limit, false) }

// htmlBlock does the same for text of several lines.
func htmlBlock(s string, limit int) string {
	return strings.TrimRight(htmlShow(strings.ReplaceAll(s, "\r\n", "\n"), limit, true), "\n")
}

func htmlShow(s string, limit int, lines bool) string {
	var b strings.Builder
	n := 0
	for i := 0; i < len(s); {
		if n++; n > limit {
			fmt.Fprintf(&b, "… [%d more bytes]", len(s)-i)
			break
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case lines && (r == '\n' || r == '\t'), unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		}
		i += size
	}
	return b.String()
}

// htmlShort cuts a label for a drawing, keeping its end: in names like
// "kworker/u8:2/1234" or "&s->lock#14" that is what tells them apart.
func htmlShort(s string, limit int) string {
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	tail := limit / 3
	return string(r[:limit-tail-1]) + "…" + string(r[len(r)-tail:])
}

// htmlID keeps of s what is harmless in an id and in a link to it.
func htmlID(prefix, s string) string {
	keep := func(r rune) rune {
		if r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return -1
	}
	id := strings.Map(keep, s)
	if len(id) > 64 {
		id = id[:64]
	}
	return prefix + id
}

func htmlSeconds(s int) string {
	if s <= 0 {
		return ""
	}
	return strconv.Itoa(s) + " s"
}

func htmlBytes(n int64) string {
	switch {
	case n < 10<<10:
		return strconv.FormatInt(n, 10) + " B"
	case n < 10<<20:
		return strconv.FormatInt(n>>10, 10) + " KiB"
	}
	return strconv.FormatInt(n>>20, 10) + " MiB"
}

// htmlCount says "1 task", "2 tasks".
func htmlCount(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// htmlMore says how many entries were left out, or nothing.
func htmlMore(n int, one string) string {
	if n <= 0 {
		return ""
	}
	return htmlCount(n, "more "+one) + " not shown here; the JSON document has all of them."
}
