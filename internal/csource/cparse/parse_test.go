package cparse

import (
	"testing"

	"gordian/internal/csource/cast"
)

func TestParseOneFunction(t *testing.T) {
	f := Parse(nil, "a.c", "static int __init f(struct foo *p)\n{\n\tspin_lock(&p->lock);\n\treturn 0;\n}\n", Options{})
	if len(f.Funcs) != 1 || f.Stats.BadFuncs != 0 {
		t.Fatalf("%+v", f.Stats)
	}
	fn := f.Funcs[0]
	if fn.Name != "f" || !fn.Static || len(fn.Body.List) != 2 || fn.Body.List[0].X.Op != cast.Call {
		t.Errorf("%+v", fn)
	}
}
