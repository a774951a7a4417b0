package report

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// A screen reader needs headings in order, ids that are unique, drawings that
// say what they show, and links that lead somewhere.
func TestHTMLIsAccessible(t *testing.T) {
	root, err := html.Parse(bytes.NewReader(htmlRender(t, htmlAllSamples())))
	if err != nil {
		t.Fatal(err)
	}
	ids, refs, level := map[string]bool{}, map[string]string{}, 0
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			switch a.Key {
			case "id":
				if ids[a.Val] {
					t.Errorf("id %q is used twice", a.Val)
				}
				ids[a.Val] = true
			case "href":
				refs[strings.TrimPrefix(a.Val, "#")] = n.Data
			case "aria-labelledby", "for":
				for id := range strings.FieldsSeq(a.Val) {
					refs[id] = n.Data
				}
			}
		}
		if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
			if next := int(n.Data[1] - '0'); next > level+1 {
				t.Errorf("heading level %d follows level %d", next, level)
			} else {
				level = next
			}
		}
		if n.Data == "svg" && !htmlHasAttr(n, "aria-hidden") && (!htmlHasAttr(n, "role") || htmlChild(n, "desc") == nil) {
			t.Error("a drawing has no role or no description")
		}
		if n.Data == "th" && !htmlHasAttr(n, "scope") {
			t.Error("a table heading has no scope")
		}
	}
	for id, from := range refs {
		if !ids[id] {
			t.Errorf("a <%s> refers to %q, which is not there", from, id)
		}
	}
}

func htmlHasAttr(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

func htmlChild(n *html.Node, name string) *html.Node {
	for c := range n.ChildNodes() {
		if c.Data == name {
			return c
		}
	}
	return nil
}

// Text must have a contrast of 4.5:1 to what is behind it in either theme
// (WCAG 2.2, 1.4.3), lines and shapes 3:1 (1.4.11).
func TestHTMLContrast(t *testing.T) {
	css, err := os.ReadFile("html/style.css")
	if err != nil {
		t.Fatal(err)
	}
	themes := regexp.MustCompile(`(?s)color-scheme: (light|dark);(.*?)\}`).FindAllSubmatch(css, -1)
	if len(themes) != 3 || !bytes.Equal(bytes.TrimSpace(themes[1][2]), bytes.TrimSpace(themes[2][2])) {
		t.Fatal("the style sheet has not one light and two equal dark themes")
	}
	for _, theme := range themes[:2] {
		color := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]+)`).FindAllSubmatch(theme[2], -1) {
			color[string(m[1])] = string(m[2])
		}
		for _, c := range []struct {
			fore, back string
			least      float64
		}{
			{"text", "page", 4.5}, {"text", "card", 4.5}, {"text", "sunk", 4.5}, {"muted", "page", 4.5}, {"muted", "card", 4.5},
			{"muted", "sunk", 4.5}, {"accent", "card", 4.5}, {"accent", "page", 4.5}, {"err", "err-bg", 4.5},
			{"warn", "warn-bg", 4.5}, {"note", "note-bg", 4.5}, {"add", "add-bg", 4.5}, {"del", "del-bg", 4.5},
			{"text", "task", 4.5}, {"muted", "task", 4.5}, {"text", "lock", 4.5}, {"muted", "lock", 4.5},
			{"task-line", "sunk", 3}, {"lock-line", "sunk", 3}, {"wait", "sunk", 3}, {"held", "sunk", 3}, {"focus", "page", 3},
		} {
			if r := htmlContrast(t, color[c.fore], color[c.back]); r < c.least {
				t.Errorf("%s theme: %s on %s has a contrast of %.2f, less than %.1f", theme[1], c.fore, c.back, r, c.least)
			}
		}
	}
}

func htmlContrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := htmlLuminance(t, a), htmlLuminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// htmlLuminance is the relative luminance of a #rgb or #rrggbb colour.
func htmlLuminance(t *testing.T, color string) float64 {
	t.Helper()
	hex := strings.TrimPrefix(color, "#")
	if len(hex) == 3 {
		hex = fmt.Sprintf("%[1]c%[1]c%[2]c%[2]c%[3]c%[3]c", hex[0], hex[1], hex[2])
	}
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 {
		t.Fatalf("not a colour: %q", color)
	}
	linear := func(c uint64) float64 {
		s := float64(c&0xff) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(v>>16) + 0.7152*linear(v>>8) + 0.0722*linear(v)
}
