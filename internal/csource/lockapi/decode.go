package lockapi

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"gordian/internal/model"
)

// document is the form of kernel/*.toml and gordian.toml. docs/gordian-toml.md
// explains it to people who write one.
type document struct {
	Call      []callForm
	Guard     []callForm
	Op        []opForm
	Type      []typeForm
	Define    []typeForm
	Init      []typeForm
	GFP       []gfpForm
	Cleanup   []cleanupForm
	Predicate []predicateForm

	Ignore []string
	Order  [][]string
	Same   map[string]string
}

// names is the part that all entries begin with.
type names struct {
	Names  []string
	Also   []string // names that the kernel of Source does not have: older or newer ones
	Source string
}

func (n *names) all(yield func(string) bool) {
	for _, list := range [][]string{n.Names, n.Also} {
		for _, name := range list {
			if !yield(name) {
				return
			}
		}
	}
}

type callForm struct {
	names
	effectForm              // the only effect
	Effects    []effectForm // or several, in order
}

type effectForm struct {
	Do       Kind
	Type     typeWord
	Mode     modeWord
	Arg      *int
	Member   string
	Struct   string
	Global   string
	Any      bool
	IRQ      IRQ
	Flags    *int
	Subclass *int
	Nest     bool
	Try      bool
	On       Outcome
	GFP      *int
	If       *int
	Spin     bool
	Unless   string
	Timeout  bool
	Target   Target
	Callback *int
	Context  contextWord
	Threaded *int
	Holds    []string
	IRQsOff  bool `toml:"irqs_off"`
	Arg2     *int
}

type opForm struct {
	Struct  string
	Fields  []string
	Also    []string
	Source  string
	Context contextWord
	IRQsOff bool `toml:"irqs_off"`
	Atomic  bool
	Holds   []string
}

type typeForm struct {
	names
	Type typeWord
	Arg  int // [[define]]: the argument that is the name
}

type gfpForm struct {
	names
	Blocks *bool // absent: a modifier that says nothing
}

type cleanupForm struct {
	names
	Sleeps bool
}

type predicateForm struct {
	names
	Is string
}

// parse reads one data file; errors begin with its name and line.
func parse(name string, data []byte) (*document, error) {
	var doc document
	err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(&doc)
	if err == nil {
		return &doc, nil
	}
	if strict := (*toml.StrictMissingError)(nil); errors.As(err, &strict) && len(strict.Errors) > 0 {
		first := &strict.Errors[0]
		line, _ := first.Position()
		return nil, fmt.Errorf("%s:%d: unknown key %q", name, line, strings.Join(first.Key(), "."))
	}
	if at := (*toml.DecodeError)(nil); errors.As(err, &at) {
		line, _ := at.Position()
		if key := strings.Join(at.Key(), "."); key != "" {
			return nil, fmt.Errorf("%s:%d: %s: %s", name, line, key, at.Error())
		}
		return nil, fmt.Errorf("%s:%d: %s", name, line, at.Error())
	}
	return nil, fmt.Errorf("%s: %w", name, err)
}

const none = -1

func or(p *int, otherwise int) int {
	if p == nil {
		return otherwise
	}
	return *p
}

// effect fills in what an entry may leave out.
func (f *effectForm) effect() Effect {
	e := Effect{
		Kind: f.Do, Type: model.LockType(f.Type), Mode: model.Mode(f.Mode),
		Arg: or(f.Arg, none), Member: f.Member, Struct: f.Struct, Global: f.Global, Any: f.Any,
		IRQ: f.IRQ, Flags: or(f.Flags, none), Subclass: or(f.Subclass, none), Nest: f.Nest, Try: f.Try, On: f.On,
		GFP: or(f.GFP, none), If: or(f.If, none), Spin: f.Spin, Unless: f.Unless, Timeout: f.Timeout, Target: f.Target,
		Callback: or(f.Callback, none), Context: model.Context(f.Context), Threaded: or(f.Threaded, none),
		Holds: f.Holds, IRQsOff: f.IRQsOff, Arg2: or(f.Arg2, none),
	}
	if e.isLock() && e.Mode == "" {
		e.Mode = model.Write
	}
	if e.isLock() && e.Flags != none {
		e.IRQ = IRQFlags
	}
	if e.isCallback() && e.Context == "" {
		e.Context = model.Process
	}
	return e
}

func (e *Effect) isLock() bool     { return e.Kind >= Acquire && e.Kind <= Destroy }
func (e *Effect) isCallback() bool { return e.Kind == Register || e.Kind == Setup || e.Kind == Calls }

// maxArg bounds argument numbers: a larger one is a slip of the pen.
const maxArg = 31

// check says what is wrong with an effect, or nil.
func (e *Effect) check() error {
	for _, arg := range []int{e.Arg, e.Arg2, e.Flags, e.Subclass, e.GFP, e.If, e.Callback, e.Threaded} {
		if arg < -2 || arg > maxArg {
			return fmt.Errorf("%s: argument %d: they are numbered from 0; -1 is none, -2 the returned value", e.Kind, arg)
		}
	}
	switch {
	case e.Kind == 0:
		return errors.New("do: missing")
	case e.isLock() && e.Type == "" && e.Kind != AssertHeld && e.Kind != AssertNotHeld:
		return fmt.Errorf("%s: type: missing", e.Kind)
	case e.isLock() && e.Arg == none && e.Global == "" && !e.Any:
		return fmt.Errorf("%s: one of arg, global or any must say which lock", e.Kind)
	case e.Kind == Wait && e.Target == "":
		return fmt.Errorf("%s: target: missing", e.Kind)
	case e.isCallback() && e.Callback == none && e.Threaded == none:
		return fmt.Errorf("%s: callback: missing", e.Kind)
	case (e.Kind == IRQSave || e.Kind == IRQRestore) && e.Flags == none:
		return fmt.Errorf("%s: flags: missing", e.Kind)
	case e.Kind == Free && e.Arg == none:
		return fmt.Errorf("%s: arg: missing", e.Kind)
	}
	return nil
}
