package ctype

import (
	"slices"
	"strings"
	"sync"

	"gordian/internal/csource/cast"
)

// DB is what all files of a check declare. Headers are added first, by any
// number of goroutines, and Seal makes them known to all files. Files that are
// added afterwards are known to themselves only: that is how C sees the
// structures and static variables of a .c file. After Seal, questions may be
// asked at any time, by anyone.
type DB struct {
	pool   pool
	scopes sync.Map // path → *scope

	headers  []*scope // by id
	tags     index[*StructDef]
	typedefs index[*decl]
	funcs    index[*decl]
	vars     index[*decl]
	macros   index[*cast.Macro]
	reach    *reach
}

// NewDB returns an empty DB.
func NewDB() *DB {
	return &DB{pool: newPool()}
}

// Add takes what f declares. Nothing of f is kept. A file that is added twice,
// with other #if arms, has what either has.
func (db *DB) Add(f *cast.File) { db.AddWith(f, nil) }

// AddWith is Add for a file whose included files are known, by path.
func (db *DB) AddWith(f *cast.File, includes []string) {
	s := newScope(db.pool, f, includes)
	for {
		old, loaded := db.scopes.LoadOrStore(s.path, s)
		if !loaded || db.scopes.CompareAndSwap(s.path, old, old.(*scope).merge(s)) {
			return
		}
	}
}

// Forget drops what a file declared that was added after Seal: no other file
// sees it. Types that were asked for stay valid.
func (db *DB) Forget(path string) {
	if s := db.scope(path); s != nil && s.id < 0 {
		db.scopes.Delete(path)
	}
}

// Seal ends the time of headers.
func (db *DB) Seal() {
	db.pool.full = true
	db.scopes.Range(func(_, v any) bool {
		db.headers = append(db.headers, v.(*scope))
		return true
	})
	slices.SortFunc(db.headers, func(a, b *scope) int { return strings.Compare(a.path, b.path) })
	for i, s := range db.headers {
		s.id = int32(i)
	}
	db.reach = newReach(db.headers)
	// Lists are built back to front, so that each runs in the order of paths.
	for _, s := range slices.Backward(db.headers) {
		db.index(s)
	}
}

func (db *DB) index(s *scope) {
	for i, d := range s.structs {
		if i == 0 || s.structs[i-1].Tag != d.Tag {
			db.tags.add(d.Tag, s.id, d)
		}
	}
	for i := range s.typedefs {
		db.typedefs.add(s.typedefs[i].name, s.id, &s.typedefs[i])
	}
	for i := range s.funcs {
		db.funcs.add(s.funcs[i].name, s.id, &s.funcs[i])
	}
	for i := range s.vars {
		if !s.vars[i].static {
			db.vars.add(s.vars[i].name, s.id, &s.vars[i])
		}
	}
	// The first of several in one file is the one under the first #if arm.
	for _, m := range slices.Backward(s.macros) {
		db.macros.add(m.Name, s.id, m)
	}
}

// scope returns what the file from declares, or nil.
func (db *DB) scope(from string) *scope {
	v, ok := db.scopes.Load(from)
	if !ok {
		return nil
	}
	return v.(*scope)
}
