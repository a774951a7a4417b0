package lockapi

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"gordian/internal/model"
)

//go:embed kernel/*.toml
var kernelFiles embed.FS

// Kernel returns the table of the kernel's own functions. It is made anew by
// each call: keep it.
func Kernel() (*Table, error) {
	files, err := fs.Glob(kernelFiles, "kernel/*.toml")
	if err != nil {
		return nil, err
	}
	// Every start of gordian waits for this, so the files are read at once.
	entries, errs := make([][]entry, len(files)), make([]error, len(files))
	var wg sync.WaitGroup
	for i, name := range files {
		wg.Go(func() {
			data, err := kernelFiles.ReadFile(name)
			if err == nil {
				entries[i], err = parse(name, data)
			}
			errs[i] = err
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	t := newTable(kernelSize)
	for _, e := range slices.Concat(entries...) {
		if err := e.form.add(t); err != nil {
			return nil, fmt.Errorf("%s: %w", e.place(), err)
		}
	}
	return t, nil
}

// kernelSize is about how many functions the kernel's table has.
const kernelSize = 4096

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
	entries, err := parse(name, data)
	if err != nil {
		return nil, err
	}
	own := newTable(0)
	for _, e := range entries {
		if err := e.form.add(own); err != nil {
			return nil, fmt.Errorf("%s: %w", e.place(), err)
		}
	}
	return t.with(own), nil
}

// define puts a value under each name of an entry. Two entries for one name
// would contradict each other.
func define[V any](into map[string]V, n *names, value func(name string) V) error {
	if len(n.names)+len(n.also) == 0 {
		return errors.New("names: missing")
	}
	for _, list := range [][]string{n.names, n.also} {
		for _, name := range list {
			if name == "" || strings.ContainsAny(name, " \t\r\n") {
				return fmt.Errorf("%s is not a name", quote(name))
			}
			if _, ok := into[name]; ok {
				return fmt.Errorf("%s has an entry already", quote(name))
			}
			into[name] = value(name)
		}
	}
	return nil
}

func (f *callForm) add(t *Table) error {
	if f.single == f.listed {
		return errors.New("do: an entry has either do or effects")
	}
	if f.single {
		f.effects = []Effect{f.only}
	}
	for i := range f.effects {
		f.effects[i].complete()
		if err := f.effects[i].check(); err != nil {
			return err
		}
	}
	into := t.calls
	if f.kind == "guard" {
		into = t.guards
	}
	apis := make([]API, 0, len(f.names.names)+len(f.also))
	return define(into, &f.names, func(name string) *API {
		apis = append(apis, API{Name: name, Effects: f.effects, Source: f.source})
		return &apis[len(apis)-1]
	})
}

func (f *opForm) add(t *Table) error {
	if f.op.Struct == "" {
		return errors.New("struct: missing")
	}
	fields := t.ops[f.op.Struct]
	if fields == nil {
		fields = map[string]*Op{}
		t.ops[f.op.Struct] = fields
	}
	f.op.Source = f.source
	return define(fields, &f.names, func(name string) *Op {
		op := f.op
		op.Field = name
		return &op
	})
}

func (f *typeForm) add(t *Table) error {
	if f.typ == "" {
		return errors.New("type: missing")
	}
	switch f.kind {
	case "define":
		return define(t.defines, &f.names, func(string) definition { return definition{f.typ, f.arg} })
	case "init":
		return define(t.inits, &f.names, func(string) model.LockType { return f.typ })
	}
	trimStruct(f.names.names)
	trimStruct(f.also)
	return define(t.types, &f.names, func(string) model.LockType { return f.typ })
}

func trimStruct(names []string) {
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, "struct ")
	}
}

func (f *gfpForm) add(t *Table) error {
	return define(t.gfp, &f.names, func(string) gfpMeaning { return f.meaning })
}

func (f *cleanupForm) add(t *Table) error {
	return define(t.cleanups, &f.names, func(string) bool { return f.sleeps })
}

func (f *predicateForm) add(t *Table) error {
	if f.is == "" {
		return errors.New("is: missing")
	}
	return define(t.predicates, &f.names, func(string) string { return f.is })
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
		return errors.New("do: missing")
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
	return fmt.Errorf("%s: missing: %s needs it", missing, e.Kind)
}
