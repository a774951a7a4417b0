package lockapi

import (
	"errors"
	"slices"
)

// projectForm is what a file says before its first section.
type projectForm struct{ notes Project }

func (f *projectForm) set(key string, v *node) error {
	switch key {
	case "ignore":
		return list(&f.notes.IgnorePaths, v)
	case "order":
		return elements(v, f.addOrder)
	}
	return errUnknownKey
}

func (f *projectForm) addOrder(v *node) error {
	var locks []string
	if err := list(&locks, v); err != nil {
		return err
	}
	if len(locks) < 2 {
		return errors.New("an order needs two locks or more")
	}
	f.notes.Order = append(f.notes.Order, locks)
	return nil
}

func (f *projectForm) add(t *Table) error {
	t.project = t.project.with(&f.notes)
	return nil
}

// sameForm is [same]: names of locks that are one class.
type sameForm struct{ classes map[string]string }

func (f *sameForm) set(key string, v *node) error {
	var class string
	if err := text(&class, v); err != nil {
		return err
	}
	if f.classes == nil {
		f.classes = map[string]string{}
	}
	if _, ok := f.classes[key]; ok {
		return errTwice
	}
	f.classes[key] = class
	return nil
}

func (f *sameForm) add(t *Table) error {
	t.project = t.project.with(&Project{Classes: f.classes})
	return nil
}

// with returns the notes of p and own together.
func (p *Project) with(own *Project) *Project {
	return &Project{
		IgnorePaths: slices.Concat(p.IgnorePaths, own.IgnorePaths),
		Classes:     merge(nonNil(p.Classes), own.Classes),
		Order:       slices.Concat(p.Order, own.Order),
	}
}
