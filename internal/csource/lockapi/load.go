package lockapi

import (
	"bytes"
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

// seen holds the names that were defined, by kind of entry: two entries for
// one name in the same table contradict each other.
type seen map[[2]string]bool

func (s seen) first(kind, name string) error {
	if name == "" || strings.ContainsAny(name, " \t\n") {
		return fmt.Errorf("%q is not a name", cut([]byte(name)))
	}
	key := [2]string{kind, name}
	if s[key] {
		return fmt.Errorf("%q has an entry already", cut([]byte(name)))
	}
	s[key] = true
	return nil
}

// adder puts the entries of one file into a table.
type adder struct {
	t    *Table
	name string
	data []byte
	seen seen
}

func (t *Table) add(name string, data []byte, s seen) error {
	doc, err := parse(name, data)
	if err != nil {
		return err
	}
	a := &adder{t: t, name: name, data: data, seen: s}
	return errors.Join(
		each(a, "call", doc.Call, func(f *callForm) error { return a.call("call", f, t.calls) }),
		each(a, "guard", doc.Guard, func(f *callForm) error { return a.call("guard", f, t.guards) }),
		each(a, "op", doc.Op, a.op),
		each(a, "type", doc.Type, a.lockType),
		each(a, "define", doc.Define, a.define),
		each(a, "init", doc.Init, a.init),
		each(a, "gfp", doc.GFP, a.gfp),
		each(a, "cleanup", doc.Cleanup, a.cleanup),
		each(a, "predicate", doc.Predicate, a.predicate),
		a.notes(doc),
	)
}

// each adds the entries of one kind, up to the first that is wrong.
func each[F any](a *adder, kind string, forms []F, add func(*F) error) error {
	for i := range forms {
		if err := add(&forms[i]); err != nil {
			return fmt.Errorf("%s:%d: [[%s]]: %w", a.name, a.line(kind, i), kind, err)
		}
	}
	return nil
}

// line finds the n-th entry of a kind: the decoder keeps no positions.
func (a *adder) line(kind string, n int) int {
	line := 0
	for text := range bytes.Lines(a.data) {
		line++
		if bytes.HasPrefix(bytes.ReplaceAll(text, []byte(" "), nil), []byte("[["+kind+"]]")) {
			if n == 0 {
				return line
			}
			n--
		}
	}
	return 1
}

func (a *adder) source(s string) string {
	if s == "" {
		return a.name
	}
	return s
}

// named calls add for each name of an entry, once each.
func (a *adder) named(kind string, n *names, add func(name string)) error {
	if len(n.Names)+len(n.Also) == 0 {
		return errors.New("names: missing")
	}
	for name := range n.all {
		if err := a.seen.first(kind, name); err != nil {
			return fmt.Errorf("names: %w", err)
		}
		add(name)
	}
	return nil
}

func (a *adder) call(kind string, f *callForm, into map[string]*API) error {
	forms := f.Effects
	if f.Do != 0 {
		if len(forms) > 0 {
			return errors.New("do: an entry has either do or effects")
		}
		forms = []effectForm{f.effectForm}
	}
	effects := make([]Effect, 0, len(forms))
	for i := range forms {
		e := forms[i].effect()
		if err := e.check(); err != nil {
			return err
		}
		effects = append(effects, e)
	}
	source := a.source(f.Source)
	return a.named(kind, &f.names, func(name string) {
		into[name] = &API{Name: name, Effects: effects, Source: source}
	})
}

func (a *adder) op(f *opForm) error {
	if f.Struct == "" {
		return errors.New("struct: missing")
	}
	op := Op{
		Struct: f.Struct, Context: model.Context(f.Context), IRQsOff: f.IRQsOff, Atomic: f.Atomic,
		Holds: f.Holds, Source: a.source(f.Source),
	}
	if op.Context == "" {
		op.Context = model.Process
	}
	fields := names{Names: f.Fields, Also: f.Also}
	return a.named("op "+f.Struct, &fields, func(name string) {
		one := op
		one.Field = name
		a.t.ops[field{f.Struct, name}] = &one
	})
}

func (a *adder) lockType(f *typeForm) error {
	return a.typed("type", f, func(name string) { a.t.types[name] = model.LockType(f.Type) })
}

func (a *adder) define(f *typeForm) error {
	if f.Arg < 0 || f.Arg > maxArg {
		return fmt.Errorf("arg: %d is no argument", f.Arg)
	}
	return a.typed("define", f, func(name string) { a.t.defines[name] = define{model.LockType(f.Type), f.Arg} })
}

func (a *adder) init(f *typeForm) error {
	return a.typed("init", f, func(name string) { a.t.inits[name] = model.LockType(f.Type) })
}

func (a *adder) typed(kind string, f *typeForm, add func(string)) error {
	if f.Type == "" {
		return errors.New("type: missing")
	}
	for _, list := range [][]string{f.Names, f.Also} {
		for i, name := range list {
			list[i] = strings.TrimPrefix(name, "struct ")
		}
	}
	return a.named(kind, &f.names, add)
}

func (a *adder) gfp(f *gfpForm) error {
	meaning := gfpModifier
	if f.Blocks != nil && *f.Blocks {
		meaning = gfpBlocks
	} else if f.Blocks != nil {
		meaning = gfpAtomic
	}
	return a.named("gfp", &f.names, func(name string) { a.t.gfp[name] = meaning })
}

func (a *adder) cleanup(f *cleanupForm) error {
	return a.named("cleanup", &f.names, func(name string) { a.t.cleanups[name] = f.Sleeps })
}

func (a *adder) predicate(f *predicateForm) error {
	switch f.Is {
	case "gfp-blocks", "in-interrupt", "irqs-disabled", "is-err", "is-err-or-null", "likely", "unlikely", "held":
	default:
		return fmt.Errorf("is: %q is no question that gordian knows", cut([]byte(f.Is)))
	}
	return a.named("predicate", &f.names, func(name string) { a.t.predicates[name] = f.Is })
}

// notes adds to the project's notes: several files may speak for one.
func (a *adder) notes(doc *document) error {
	if len(doc.Ignore)+len(doc.Order)+len(doc.Same) == 0 {
		return nil
	}
	for _, chain := range doc.Order {
		if len(chain) < 2 {
			return fmt.Errorf("%s: order: an order needs two locks or more", a.name)
		}
	}
	a.t.project = a.t.project.with(doc)
	return nil
}
