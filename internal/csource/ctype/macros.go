package ctype

import "gordian/internal/csource/cast"

// Macros answers which macro of another file a file means. It is for one
// goroutine.
type Macros struct {
	where where
	known map[string]*cast.Macro // what was asked for; nil if the file sees none
}

// Macros returns the macros that the file from sees through the files that it
// includes. Unlike types, macros of other files never stand in: one name is
// used for all kinds of things.
func (db *DB) Macros(from string, includes []string) *Macros {
	w := newWhere(db, from)
	w.includes = db.reach.numbers(includes)
	return &Macros{where: w}
}

// Lookup returns the macro name, or nil.
func (m *Macros) Lookup(name string) *cast.Macro {
	x := &m.where.db.macros
	i, ok := x.first[name]
	if !ok {
		return nil
	}
	if known, ok := m.known[name]; ok {
		return known
	}
	best, rank := m.where.best(x.all(i))
	var found *cast.Macro
	if rank >= rankIncluded {
		found = x.list[best].value
	}
	if m.known == nil {
		m.known = make(map[string]*cast.Macro)
	}
	m.known[name] = found
	return found
}
