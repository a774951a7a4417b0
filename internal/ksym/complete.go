package ksym

import (
	"bytes"
	"slices"
	"strings"
)

// Complete lists the names of symbols that begin with prefix, sorted.
func (t *Table) Complete(prefix string) []string {
	var out []string
	var buf []byte
	p := 0
	for range t.core.n {
		var tokens []byte
		tokens, p, _ = t.core.entry(p)
		if buf = t.core.expand(buf[:0], tokens); len(buf) > 0 && bytes.HasPrefix(buf[1:], []byte(prefix)) {
			out = append(out, string(buf[1:]))
		}
	}
	for _, m := range t.modules {
		for _, s := range m.symbols() {
			if strings.HasPrefix(s.Name, prefix) {
				out = append(out, s.Name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
