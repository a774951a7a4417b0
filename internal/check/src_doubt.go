package check

import (
	"slices"
	"strings"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// public reports whether a class is declared in a header for all of the
// kernel: each driver has locks of its own in it.
func (v *srcView) public(class model.Ref) bool {
	file := v.decls[class]
	return strings.HasPrefix(file, "include/") || strings.Contains(file, "/include/")
}

// shared counts the files that two paths have in common.
func shared(a, b []srcfact.Step) int {
	var files []string
	for i := range a {
		files = append(files, a[i].File)
	}
	n := 0
	for _, f := range uniq(files) {
		if slices.ContainsFunc(b, func(s srcfact.Step) bool { return s.File == f }) {
			n++
		}
	}
	return n
}

func shareFile(a, b []srcfact.Step) bool { return shared(a, b) > 0 }

// lowered is the next lower confidence.
func lowered(c model.Confidence) model.Confidence {
	if c == model.High {
		return model.Medium
	}
	return model.Low
}
