package report

import (
	"fmt"
	"strconv"
	"strings"
)

// htmlLine makes a name or a title safe to look at, and bounds its length.
// (html/template makes it safe for the browser.)
func htmlLine(s string, limit int) string { return htmlBound(s, limit, safeLine) }

// htmlBlock does the same for text of several lines.
func htmlBlock(s string, limit int) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return htmlBound(strings.TrimRight(s, "\n"), limit, SafeText)
}

func htmlBound(s string, limit int, safe func(string) string) string {
	n := 0
	for i := range s { // steps over whole characters
		if n++; n > limit {
			return safe(s[:i]) + fmt.Sprintf("… [%d more bytes]", len(s)-i)
		}
	}
	return safe(s)
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

// count says "1 task", "2 tasks".
func count(n int, one string) string {
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
	return count(n, "more "+one) + " not shown here; the JSON document has all of them."
}
