package lockapi

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"gordian/internal/model"
)

//go:embed kernel/*.toml
var kernelFiles embed.FS

// Kernel returns the table of the kernel's own functions. It is made anew by
// each call: keep it.
func Kernel() (*Table, error) {
	t := newTable()
	files, err := fs.Glob(kernelFiles, "kernel/*.toml")
	if err != nil {
		return nil, err
	}
	seen := seen{}
	for _, name := range files {
		data, err := kernelFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if err := t.add(name, data, seen); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// maxFile bounds what a project's file may hold.
const maxFile = 1 << 20

// Load returns a table with what a project's gordian.toml says added to t. An
// entry for a name that t has stands in its place; t itself stays as it is.
// Errors begin with name and line.
func (t *Table) Load(name string, r io.Reader) (*Table, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: larger than %d bytes", name, maxFile)
	}
	out := t.clone()
	if err := out.add(name, data, seen{}); err != nil {
		return nil, err
	}
	return out, nil
}

// add puts the entries of one file into t, up to the first that is wrong.
func (t *Table) add(name string, data []byte, s seen) error {
	entries, err := parse(name, data)
	if err != nil {
		return err
	}
	a := &adder{t: t, name: name, seen: s}
	for _, e := range entries {
		if err := e.form.add(a); err != nil {
			return fmt.Errorf("%s: %w", place(name, data, e.at), err)
		}
	}
	return nil
}

// seen holds the names that were defined, by kind of entry: two entries for
// one name in the same table contradict each other.
type seen map[[2]string]bool

// adder puts the entries of one file into a table.
type adder struct {
	t    *Table
	name string
	seen seen
}

func (a *adder) source(s string) string {
	if s == "" {
		return a.name
	}
	return s
}

// each calls add for the names of an entry, once each.
func (a *adder) each(kind, key string, names, also []string, add func(name string)) error {
	if len(names)+len(also) == 0 {
		return fmt.Errorf("%q: missing", key)
	}
	for _, list := range [][]string{names, also} {
		for _, name := range list {
			id := [2]string{kind, name}
			switch {
			case name == "" || strings.ContainsAny(name, " \t\r\n"):
				return fmt.Errorf("%q: %s is not a name", key, quote(name))
			case a.seen[id]:
				return fmt.Errorf("%q: %s has an entry already", key, quote(name))
			}
			a.seen[id] = true
			add(name)
		}
	}
	return nil
}

func (a *adder) named(kind string, n *names, add func(name string)) error {
	return a.each(kind, "names", n.names, n.also, add)
}

func (f *callForm) add(a *adder) error {
	effects := f.effects
	if f.only.Kind != 0 {
		if effects != nil {
			return errors.New(`"do": an entry has either do or effects`)
		}
		effects = []Effect{f.only}
	}
	for i := range effects {
		effects[i].complete()
		if err := effects[i].check(); err != nil {
			return err
		}
	}
	into := a.t.calls
	if f.kind == "guard" {
		into = a.t.guards
	}
	source := a.source(f.source)
	return a.named(f.kind, &f.names, func(name string) {
		into[name] = &API{Name: name, Effects: effects, Source: source}
	})
}

func (f *opForm) add(a *adder) error {
	if f.op.Struct == "" {
		return errors.New(`"struct": missing`)
	}
	f.op.Source = a.source(f.op.Source)
	return a.each("op "+f.op.Struct, "fields", f.fields, f.also, func(name string) {
		op := f.op
		op.Field = name
		a.t.ops[field{op.Struct, name}] = &op
	})
}

func (f *typeForm) add(a *adder) error {
	if f.typ == "" {
		return errors.New(`"type": missing`)
	}
	if f.kind == "type" {
		trimStruct(f.names.names)
		trimStruct(f.also)
	}
	return a.named(f.kind, &f.names, func(name string) {
		switch f.kind {
		case "type":
			a.t.types[name] = f.typ
		case "define":
			a.t.defines[name] = define{f.typ, f.arg}
		default:
			a.t.inits[name] = f.typ
		}
	})
}

func trimStruct(names []string) {
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, "struct ")
	}
}

func (f *gfpForm) add(a *adder) error {
	return a.named("gfp", &f.names, func(name string) { a.t.gfp[name] = f.meaning })
}

func (f *cleanupForm) add(a *adder) error {
	return a.named("cleanup", &f.names, func(name string) { a.t.cleanups[name] = f.sleeps })
}

func (f *predicateForm) add(a *adder) error {
	if f.is == "" {
		return errors.New(`"is": missing`)
	}
	return a.named("predicate", &f.names, func(name string) { a.t.predicates[name] = f.is })
}

// complete fills in what an entry may leave out.
func (e *Effect) complete() {
	if e.isLock() && e.Mode == "" {
		e.Mode = model.Write
	}
	if e.isLock() && e.Flags != none {
		e.IRQ = IRQFlags
	}
	if e.isCallback() && e.Context == "" {
		e.Context = model.Process
	}
}

func (e *Effect) isLock() bool     { return e.Kind >= Acquire && e.Kind <= Destroy }
func (e *Effect) isAssert() bool   { return e.Kind == AssertHeld || e.Kind == AssertNotHeld }
func (e *Effect) isCallback() bool { return e.Kind == Register || e.Kind == Setup || e.Kind == Calls }

// check says what is missing in an effect, or nil.
func (e *Effect) check() error {
	missing := ""
	switch {
	case e.Kind == 0:
		return errors.New(`"do": missing`)
	case e.isLock() && e.Type == "" && !e.isAssert():
		missing = "type"
	case e.isLock() && e.Arg == none && e.Global == "" && !e.Any:
		missing = "arg"
	case e.Kind == Wait && e.Target == "":
		missing = "target"
	case e.isCallback() && e.Callback == none && e.Target != TargetNotifier:
		missing = "callback"
	case (e.Kind == IRQSave || e.Kind == IRQRestore) && e.Flags == none:
		missing = "flags"
	case e.Kind == Free && e.Arg == none:
		missing = "arg"
	}
	if missing == "" {
		return nil
	}
	return fmt.Errorf("%q: missing: %s needs it", missing, e.Kind)
}
