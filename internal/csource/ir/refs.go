package ir

import (
	"iter"
	"slices"
	"strings"
)

// Ref is one call or use of a function, for the call graph: what is needed of
// a body before it is unpacked.
type Ref struct {
	Name  string // the function; "" through a pointer
	Owner string // pointer: the structure, Name its member
	Field string
	Var   string // pointer: the table it is read from, if that is a global
	Class string // the notifier chain that Name runs: class of its first argument
	Pass  bool   // Name is passed, not called
}

// addRefs lists the calls of f.
func (w *Packer) addRefs(f *Func) {
	w.called, w.seen = cleared(w.called, 64), cleared(w.seen, 64)
	w.names, w.refs = w.names[:0], w.refs[:0]
	f.NoReturn = true
	for b := range f.Blocks {
		f.NoReturn = f.NoReturn && f.Blocks[b].Term != Return
		for i := range f.Blocks[b].Instrs {
			c := f.Blocks[b].Instrs[i].Call
			if c == nil {
				continue
			}
			f.addCall(c, w.addRef)
			for _, a := range c.Args {
				if a.Kind == FuncVal {
					w.addRef(Ref{Name: a.Text, Pass: true})
				}
			}
		}
	}
	if len(w.refs) > 0 {
		f.Refs = slices.Clone(w.refs)
	}
	if len(w.names) > 0 {
		f.called = make([]uint32, len(w.names))
	}
	for i, name := range w.names {
		f.called[i] = uint32(w.str(name))
	}
}

// Called yields the names of the functions that f calls by name, until Drop.
func (f *Func) Called() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, id := range f.called {
			if !yield(f.Unit.tables.str(uint64(id))) {
				return
			}
		}
	}
}

func (w *Packer) addRef(r Ref) {
	switch {
	case r != (Ref{Name: r.Name}):
		if !w.seen[r] {
			w.seen[r] = true
			w.refs = append(w.refs, r)
		}
	case !w.called[r.Name]:
		w.called[r.Name] = true
		w.names = append(w.names, r.Name)
	}
}

func (f *Func) addCall(c *Call, add func(Ref)) {
	switch {
	case c.Guard || c.Undo:
	case c.Name != "":
		r := Ref{Name: c.Name}
		if len(c.Args) > 0 && c.Args[0].Path != 0 && strings.Contains(c.Name, "_chain") {
			r.Class = f.Paths[c.Args[0].Path].Class
		}
		add(r)
	default:
		owner, field, v := f.Member(c.Through)
		if owner == "" {
			f.CallsParam = true
		} else {
			add(Ref{Owner: owner, Field: field, Var: v})
		}
	}
}

// Member says which member of which structure a called pointer is.
func (f *Func) Member(id PathID) (owner, field, variable string) {
	if id == 0 {
		return "", "", ""
	}
	p := &f.Paths[id]
	if p.Kind == DerefPath {
		p = &f.Paths[p.Base]
	}
	if p.Kind != FieldPath {
		return "", "", ""
	}
	if base := &f.Paths[p.Base]; base.Kind == GlobalPath {
		variable = base.Name
	}
	return p.Owner, p.Name, variable
}
