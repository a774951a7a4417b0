package lockapi

import (
	"errors"
	"maps"
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

func (f *projectForm) add(a *adder) error {
	p := *a.t.project
	p.IgnorePaths = slices.Concat(p.IgnorePaths, f.notes.IgnorePaths)
	p.Order = slices.Concat(p.Order, f.notes.Order)
	a.t.project = &p
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
	f.classes[key] = class
	return nil
}

func (f *sameForm) add(a *adder) error {
	p := *a.t.project
	p.Classes = maps.Clone(p.Classes)
	if p.Classes == nil {
		p.Classes = map[string]string{}
	}
	maps.Copy(p.Classes, f.classes)
	a.t.project = &p
	return nil
}
