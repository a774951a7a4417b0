package ktype

import (
	"slices"
	"strings"
)

// Complete lists the names of structures, unions, enums and typedefs that
// begin with prefix, sorted.
func (t *Types) Complete(prefix string) []string {
	t.btf.index.Do(t.btf.buildIndex)
	var out []string
	for _, id := range t.btf.names {
		if name := t.btf.str(t.btf.get(id).name); strings.HasPrefix(name, prefix) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
