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
	for _, slot := range t.btf.slots {
		if slot == 0 {
			continue
		}
		if name := t.btf.str(t.btf.get(t.btf.first + slot - 1).name); strings.HasPrefix(name, prefix) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
