package lockapi

import (
	"maps"
	"slices"
	"strings"

	"gordian/internal/model"
)

// Table is what is known about the kernel's functions. It never changes after
// it was made, so any number of goroutines may ask it.
type Table struct {
	calls      map[string]*API
	guards     map[string]*API
	ops        map[string]map[string]*Op // by structure and field
	types      map[string]model.LockType
	defines    map[string]definition
	inits      map[string]model.LockType // initialisers: __MUTEX_INITIALIZER
	gfp        map[string]gfpMeaning
	cleanups   map[string]bool // __free(name): whether it may sleep
	predicates map[string]string
	project    *Project
}

type definition struct {
	typ model.LockType
	arg int
}

func newTable(size int) *Table {
	return &Table{
		calls:      make(map[string]*API, size),
		guards:     map[string]*API{},
		ops:        map[string]map[string]*Op{},
		types:      map[string]model.LockType{},
		defines:    map[string]definition{},
		inits:      map[string]model.LockType{},
		gfp:        map[string]gfpMeaning{},
		cleanups:   map[string]bool{},
		predicates: map[string]string{},
		project:    &Project{},
	}
}

// with returns a table that has what t has and own, own first.
func (t *Table) with(own *Table) *Table {
	return &Table{
		calls:      merge(t.calls, own.calls),
		guards:     merge(t.guards, own.guards),
		ops:        mergeOps(t.ops, own.ops),
		types:      merge(t.types, own.types),
		defines:    merge(t.defines, own.defines),
		inits:      merge(t.inits, own.inits),
		gfp:        merge(t.gfp, own.gfp),
		cleanups:   merge(t.cleanups, own.cleanups),
		predicates: merge(t.predicates, own.predicates),
		project:    t.project.with(own.project),
	}
}

func merge[V any](base, own map[string]V) map[string]V {
	if len(own) == 0 {
		return base // tables never change
	}
	out := maps.Clone(base)
	maps.Copy(out, own)
	return out
}

func mergeOps(base, own map[string]map[string]*Op) map[string]map[string]*Op {
	out := maps.Clone(base)
	for tag, fields := range own {
		out[tag] = merge(nonNil(base[tag]), fields)
	}
	return out
}

func nonNil[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}

// Call returns what the function or macro does, or nil if the table does not
// say.
func (t *Table) Call(name string) *API { return t.calls[name] }

// anyStruct stands for every structure that has the field.
const anyStruct = "*"

// Op returns who calls the field of the structure with this tag, or nil if
// the table does not say.
func (t *Table) Op(structTag, name string) *Op {
	if op := t.ops[structTag][name]; op != nil {
		return op
	}
	return t.ops[anyStruct][name]
}

// HasOps reports whether the table describes members of a structure.
func (t *Table) HasOps(structTag string) bool { return t.ops[structTag] != nil }

// Relevant reports whether a macro that mentions ident matters to locks: it
// is a function of the table, a GFP flag, or makes a lock.
func (t *Table) Relevant(ident string) bool {
	if t.calls[ident] != nil || strings.HasPrefix(ident, "GFP_") {
		return true
	}
	if _, ok := t.defines[ident]; ok {
		return true
	}
	_, ok := t.inits[ident]
	return ok
}

// Marks lists what drivers set or call to be treated otherwise: every Unless
// of the table, sorted.
func (t *Table) Marks() []string {
	seen := map[string]bool{}
	for _, api := range t.calls {
		for i := range api.Effects {
			seen[api.Effects[i].Unless] = true
		}
	}
	for _, fields := range t.ops {
		for _, op := range fields {
			seen[op.Unless] = true
		}
	}
	delete(seen, "")
	return slices.Sorted(maps.Keys(seen))
}

// LockType returns the primitive that a type name stands for: "spinlock_t",
// "struct mutex", with or without "struct". It is empty if the type is none.
func (t *Table) LockType(typeName string) model.LockType {
	return t.types[strings.TrimPrefix(typeName, "struct ")]
}

// Defines returns the type of the object that a file-scope macro defines, and
// which of its arguments is the object's name.
func (t *Table) Defines(macro string) (typ model.LockType, nameArg int, ok bool) {
	d, ok := t.defines[macro]
	return d.typ, d.arg, ok
}

// Guard returns what the constructor of guard(name) does; the destructor
// undoes it. Arguments are those of the guard: the lock of guard(mutex)(&m)
// is argument 0. It is nil for an unknown guard.
func (t *Table) Guard(name string) *API { return t.guards[name] }

// Cleanup reports whether the destructor of __free(name) may sleep.
func (t *Table) Cleanup(name string) (sleeps, ok bool) {
	sleeps, ok = t.cleanups[name]
	return sleeps, ok
}

// Predicate says what a function that only asks is asking: "gfp-blocks",
// "in-interrupt", "irqs-disabled", "is-err", "is-err-or-null", "likely",
// "unlikely" or "held"; empty if it is none of these.
func (t *Table) Predicate(name string) string { return t.predicates[name] }

// Project returns the notes of the user's project; never nil.
func (t *Table) Project() *Project { return t.project }

// All returns the functions of the table, sorted by name.
func (t *Table) All() []*API {
	return slices.SortedFunc(maps.Values(t.calls), func(a, b *API) int { return strings.Compare(a.Name, b.Name) })
}

// Ops returns the members of operations tables, sorted by structure and field.
func (t *Table) Ops() []*Op {
	var out []*Op
	for _, tag := range slices.Sorted(maps.Keys(t.ops)) {
		for _, name := range slices.Sorted(maps.Keys(t.ops[tag])) {
			out = append(out, t.ops[tag][name])
		}
	}
	return out
}
