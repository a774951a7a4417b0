package check

import (
	"strings"
	"testing"

	"gordian/internal/model"
	"gordian/internal/srcfact"
	"gordian/internal/srcfix"
)

// srcText is a TextSource of files written in the test.
type srcText map[string]string

func (s srcText) Lines(file string) []string {
	if t, ok := s[file]; ok {
		return strings.Split(strings.TrimSuffix(t, "\n"), "\n")
	}
	return nil
}

// lk makes a lock of a class: "foo.lock", of the type, taken by the API.
func lk(class string, typ model.LockType, api string) srcfact.Lock {
	l := srcfact.Lock{Class: model.ClassRef("struct " + class), Name: class, Type: typ, API: api, Mode: model.Write}
	if i := strings.IndexByte(class, '.'); i >= 0 {
		l.Expr = "&p->" + class[i+1:]
	} else {
		l.Class, l.Expr = model.ClassRef(class), "&"+class
	}
	return l
}

func stepAt(kind srcfact.StepKind, fn, file string, line int, more any) srcfact.Step {
	s := srcfact.Step{Kind: kind, Func: fn, File: file, Line: line}
	switch m := more.(type) {
	case srcfact.Lock:
		s.Lock = &m
	case string:
		if kind == srcfact.StepCall || kind == srcfact.StepRegister {
			s.Callee = m
		} else {
			s.Text = m
		}
	}
	return s
}

// order makes an order whose holder takes both locks in one function.
func order(fn, file string, line int, a, b srcfact.Lock, rel srcfact.Relation) srcfact.Order {
	return srcfact.Order{From: a, To: b, Relation: rel, Path: []srcfact.Step{
		stepAt(srcfact.StepAcquire, fn, file, line, a), stepAt(srcfact.StepAcquire, fn, file, line+1, b)}}
}

func TestSourceOrderCycle(t *testing.T) {
	a, b := lk("dev.lock", model.Mutex, "mutex_lock"), lk("bus_sem", model.Mutex, "mutex_lock")
	deep := order("attach", "a.c", 30, b, a, srcfact.RelGlobal)
	deep.Path = []srcfact.Step{stepAt(srcfact.StepAcquire, "attach", "a.c", 30, b), stepAt(srcfact.StepCall, "attach", "a.c", 31, "bind"), stepAt(srcfact.StepAcquire, "bind", "a.c", 12, a)}
	deep.Depth = 1
	s := &srcfact.Facts{Orders: []srcfact.Order{order("rx", "a.c", 3, a, b, srcfact.RelGlobal), deep}}
	fs := Source(t.Context(), nil, s, nil)
	if len(fs) != 1 || fs[0].Rule != "lock-order-inversion" || fs[0].Function != "rx" || fs[0].Line != 4 || fs[0].Confidence != model.High {
		t.Fatalf("%+v", fs)
	}
	if n := len(fs[0].Locations); n != 5 {
		t.Errorf("%d locations, want 5", n)
	}
}

func fileOf(text srcText, name string) srcfix.Text {
	return srcfix.Text{File: name, Lines: text.Lines(name)}
}
