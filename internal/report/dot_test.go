package report

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// TestDOTIsValid reads the output with a small reader of the language, and
// with Graphviz itself where it is installed.
func TestDOTIsValid(t *testing.T) {
	dot, _ := exec.LookPath("dot")
	for i, d := range append(htmlHostileDocuments(), htmlAllSamples(), emptyDocument()) {
		out := render(t, DOT(), d, Options{})
		if err := checkDOT(string(out)); err != nil {
			t.Errorf("document %d: %v", i, err)
		}
		if dot == "" {
			continue
		}
		cmd := exec.CommandContext(t.Context(), dot, "-Tsvg")
		cmd.Stdin = bytes.NewReader(out)
		var complaints bytes.Buffer
		cmd.Stderr = &complaints
		svg, err := cmd.Output()
		if err != nil || complaints.Len() > 0 {
			t.Errorf("document %d: dot: %v: %s", i, err, complaints.String())
		}
		if bytes.Contains(svg, []byte("<script")) {
			t.Errorf("document %d: markup in the drawing", i)
		}
	}
}

func TestQuoteDOT(t *testing.T) {
	tests := [][2]string{
		{`&dev->lock`, `"&amp;dev->lock"`},
		{`a"b`, `"a\"b"`},
		{`back\slash\N`, `"back\\slash\\N"`},
		{"two\nlines", `"two\nlines"`},
		{"esc\x1b", `"esc\\x1b"`},
		{"&lt;", `"&amp;lt;"`},
	}
	for _, tt := range tests {
		if got := quoteDOT(tt[0]); got != tt[1] {
			t.Errorf("quoteDOT(%q) = %s, want %s", tt[0], got, tt[1])
		}
	}
}

// checkDOT checks what can go wrong when names are hostile: strings end where
// they should, braces balance, and outside of strings there is nothing but
// words, punctuation and numbers of ours.
func checkDOT(s string) error {
	depth, word := 0, ""
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			end := i + 1
			for end < len(s) && s[end] != '"' {
				if s[end] == '\\' {
					end++
				}
				if end < len(s) && s[end] == '\n' {
					return fmt.Errorf("line end in a string at %d", end)
				}
				end++
			}
			if end >= len(s) {
				return fmt.Errorf("string at %d does not end", i)
			}
			i = end
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth < 0 {
				return fmt.Errorf("brace at %d closes nothing", i)
			}
		case 'a' <= c && c <= 'z':
			word += string(c)
			continue
		case !strings.ContainsRune("[]=;-> \n", rune(c)):
			return fmt.Errorf("%q at %d", c, i)
		}
		switch word {
		case "", "digraph", "gordian", "subgraph", "node", "edge", "label", "color", "shape", "style", "fontname", "fontsize":
			word = ""
		default:
			return fmt.Errorf("word %q", word)
		}
	}
	if depth != 0 {
		return fmt.Errorf("%d braces stay open", depth)
	}
	return nil
}
