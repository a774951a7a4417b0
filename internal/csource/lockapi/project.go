package lockapi

import "slices"

// projectForm is what a file says before its first section.
type projectForm struct{ notes Project }

func (f *projectForm) set(key string, v *node) error {
	if key != "ignore" {
		return errUnknownKey
	}
	return list(&f.notes.IgnorePaths, v)
}

func (f *projectForm) add(t *Table) error {
	t.project = t.project.with(&f.notes)
	return nil
}

// with returns the notes of p and own together.
func (p *Project) with(own *Project) *Project {
	return &Project{IgnorePaths: slices.Concat(p.IgnorePaths, own.IgnorePaths)}
}
