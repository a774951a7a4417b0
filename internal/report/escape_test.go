package report

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestSafeText(t *testing.T) {
	tests := []struct{ in, text, line string }{
		{"kworker/u8:2", "kworker/u8:2", "kworker/u8:2"},
		{"naïve → ok", "naïve → ok", "naïve → ok"},
		{"a\nb\tc", "a\nb\tc", `a\x0ab\x09c`},
		{"\x1b[2Jgone", `\x1b[2Jgone`, `\x1b[2Jgone`},
		{"cr\rover", `cr\x0dover`, `cr\x0dover`},
		{"c1\u009b31m", `c1\u{9b}31m`, `c1\u{9b}31m`},
		{"bad\xff\xfeutf", `bad\xff\xfeutf`, `bad\xff\xfeutf`},
		{"rlo\u202egnp", `rlo\u{202e}gnp`, `rlo\u{202e}gnp`},
		{"zero\u200bwidth", `zero\u{200b}width`, `zero\u{200b}width`},
		{"bom\ufeff", `bom\u{feff}`, `bom\u{feff}`},
		{"del\x7f", `del\x7f`, `del\x7f`},
		{"real \ufffd", "real \ufffd", "real \ufffd"},
	}
	for _, tt := range tests {
		if got := SafeText(tt.in); got != tt.text {
			t.Errorf("SafeText(%q) = %q, want %q", tt.in, got, tt.text)
		}
		if got := safeLine(tt.in); got != tt.line {
			t.Errorf("safeLine(%q) = %q, want %q", tt.in, got, tt.line)
		}
	}
}

func FuzzSafeText(f *testing.F) {
	for _, s := range []string{"", "x\x1b]0;t\a", "\u202e", "\xc3\x28", "a\nb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, got := range []string{SafeText(s), safeLine(s)} {
			if !utf8.ValidString(got) {
				t.Fatalf("%q: not UTF-8: %q", s, got)
			}
			rest := strings.NewReplacer("\n", "", "\t", "").Replace(got)
			if i := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
				t.Fatalf("%q: %q is left", s, rest[i:])
			}
		}
		if strings.ContainsAny(safeLine(s), "\n\t") {
			t.Fatalf("%q: safeLine has a line end", s)
		}
	})
}
