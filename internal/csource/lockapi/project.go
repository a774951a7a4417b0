package lockapi

import (
	"maps"
	"slices"
)

// with returns notes that hold those of p and of a further file.
func (p *Project) with(doc *document) *Project {
	classes := maps.Clone(p.Classes)
	if classes == nil && len(doc.Same) > 0 {
		classes = map[string]string{}
	}
	maps.Copy(classes, doc.Same)
	return &Project{
		IgnorePaths: slices.Concat(p.IgnorePaths, doc.Ignore),
		Classes:     classes,
		Order:       slices.Concat(p.Order, doc.Order),
	}
}
