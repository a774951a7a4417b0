package lockapi

import (
	"errors"

	"gordian/internal/model"
)

// An entry of a data file is a form that is filled in key by key and then
// added to the table. docs/gordian-toml.md explains them to who writes one.
type form interface {
	set(key string, v *node) error
	add(t *Table) error
}

// newForm returns an empty form for the section [[kind]], nil for none. The
// file itself is the source of what names no other.
func newForm(kind, file string) form {
	n := names{source: file}
	switch kind {
	case "call", "guard":
		return &callForm{names: n, kind: kind, only: noEffect()}
	case "op":
		return &opForm{names: n, op: Op{Context: model.Process}}
	case "type", "define", "init":
		return &typeForm{names: n, kind: kind}
	case "gfp":
		return &gfpForm{names: n}
	case "cleanup":
		return &cleanupForm{names: n}
	case "predicate":
		return &predicateForm{names: n}
	}
	return nil
}

// names is the part that most entries have.
type names struct {
	names  []string
	also   []string // names that the kernel of source does not have: older or newer ones
	source string
}

func (n *names) set(key string, v *node) error {
	switch key {
	case "names":
		return list(&n.names, v)
	case "also":
		return list(&n.also, v)
	case "source":
		return text(&n.source, v)
	}
	return errUnknownKey
}

// callForm is [[call]] or [[guard]]: one effect of which the keys stand in the
// entry itself, or a list of effects. An empty list is a function that is
// known to do nothing.
type callForm struct {
	names
	kind    string
	single  bool // a key of only was set
	only    Effect
	listed  bool
	effects []Effect
}

func (f *callForm) set(key string, v *node) error {
	if key == "effects" {
		f.listed = true
		return elements(v, func(v *node) error {
			e := noEffect()
			f.effects = append(f.effects, e)
			return table(v, f.effects[len(f.effects)-1].set)
		})
	}
	if err := f.names.set(key, v); !errors.Is(err, errUnknownKey) {
		return err
	}
	f.single = true
	return f.only.set(key, v)
}

const none = -1

// noEffect has no argument where 0 would be one.
func noEffect() Effect {
	return Effect{Arg: none, Flags: none, Subclass: none, GFP: none, If: none, Callback: none, Threaded: none, Arg2: none}
}

func (e *Effect) set(key string, v *node) error {
	switch key {
	case "do":
		return choice(&e.Kind, v, kindWords())
	case "type":
		return oneOf(&e.Type, v, lockTypes())
	case "mode":
		return oneOf(&e.Mode, v, modes())
	case "irq":
		return choice(&e.IRQ, v, irqWords())
	case "on":
		return choice(&e.On, v, outcomeWords())
	case "target":
		return oneOf(&e.Target, v, targets())
	case "context":
		return oneOf(&e.Context, v, contexts())
	case "holds":
		return list(&e.Holds, v)
	}
	if s := e.textKey(key); s != nil {
		return text(s, v)
	}
	if n := e.argKey(key); n != nil {
		return number(n, v)
	}
	if b := e.flagKey(key); b != nil {
		return flag(b, v)
	}
	return errUnknownKey
}

func (e *Effect) textKey(key string) *string {
	switch key {
	case "member":
		return &e.Member
	case "struct":
		return &e.Struct
	case "global":
		return &e.Global
	case "unless":
		return &e.Unless
	}
	return nil
}

func (e *Effect) argKey(key string) *int {
	switch key {
	case "arg":
		return &e.Arg
	case "arg2":
		return &e.Arg2
	case "flags":
		return &e.Flags
	case "subclass":
		return &e.Subclass
	case "gfp":
		return &e.GFP
	case "if":
		return &e.If
	case "callback":
		return &e.Callback
	case "threaded":
		return &e.Threaded
	}
	return nil
}

func (e *Effect) flagKey(key string) *bool {
	switch key {
	case "any":
		return &e.Any
	case "nest":
		return &e.Nest
	case "try":
		return &e.Try
	case "spin":
		return &e.Spin
	case "timeout":
		return &e.Timeout
	case "irqs_off":
		return &e.IRQsOff
	}
	return nil
}

// opForm is [[op]]: fields of one operations structure that are called alike.
type opForm struct {
	names
	op Op
}

func (f *opForm) set(key string, v *node) error {
	switch key {
	case "struct":
		return text(&f.op.Struct, v)
	case "fields":
		return list(&f.names.names, v)
	case "also", "source":
		return f.names.set(key, v)
	case "context":
		return oneOf(&f.op.Context, v, contexts())
	case "irqs_off":
		return flag(&f.op.IRQsOff, v)
	case "atomic":
		return flag(&f.op.Atomic, v)
	case "some":
		return flag(&f.op.Some, v)
	case "holds":
		return list(&f.op.Holds, v)
	case "unless":
		return text(&f.op.Unless, v)
	}
	return errUnknownKey
}

// typeForm is [[type]], [[define]] or [[init]].
type typeForm struct {
	names
	kind string
	typ  model.LockType
	arg  int // [[define]]: the argument that is the name
}

func (f *typeForm) set(key string, v *node) error {
	switch {
	case key == "type":
		return oneOf(&f.typ, v, lockTypes())
	case key == "arg" && f.kind == "define":
		return number(&f.arg, v)
	}
	return f.names.set(key, v)
}

// gfpForm is [[gfp]].
type gfpForm struct {
	names
	meaning gfpMeaning
}

func (f *gfpForm) set(key string, v *node) error {
	if key != "blocks" {
		return f.names.set(key, v)
	}
	blocks := false
	err := flag(&blocks, v)
	f.meaning = gfpAtomic
	if blocks {
		f.meaning = gfpBlocks
	}
	return err
}

// cleanupForm is [[cleanup]].
type cleanupForm struct {
	names
	sleeps bool
}

func (f *cleanupForm) set(key string, v *node) error {
	if key == "sleeps" {
		return flag(&f.sleeps, v)
	}
	return f.names.set(key, v)
}

// predicateForm is [[predicate]].
type predicateForm struct {
	names
	is string
}

func (f *predicateForm) set(key string, v *node) error {
	if key == "is" {
		return oneOf(&f.is, v, questions())
	}
	return f.names.set(key, v)
}
