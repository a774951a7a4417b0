package lockapi

import (
	"os"
	"strings"
	"testing"
)

// TestDocument: the example of the documentation loads, and every key and word
// is explained.
func TestDocument(t *testing.T) {
	data, err := os.ReadFile("../../../docs/gordian-toml.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(data)
	_, example, _ := strings.Cut(doc, "```toml\n")
	example, _, ok := strings.Cut(example, "```")
	if !ok {
		t.Fatal("no example")
	}
	table, err := load(t, example)
	if err != nil {
		t.Fatal(err)
	}
	if table.Call("foo_lock") == nil || table.Op("foo_ops", "kick") == nil || len(table.Project().IgnorePaths) != 2 {
		t.Error("the example is not in the table")
	}
	words := append(kindWords(), questions()...)
	for _, w := range targets() {
		words = append(words, string(w))
	}
	words = append(words, irqWords()...)
	words = append(words, outcomeWords()...)
	for _, w := range words {
		if w != "" && w != "no-sleep" && !strings.Contains(doc, "`"+w+"`") {
			t.Errorf("%q is not explained", w)
		}
	}
}
