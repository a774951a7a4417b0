package cparse

import (
	"strings"
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
	if f.Line(fn.Pos) != 1 || f.Line(fn.Body.List[1].Pos) != 4 || f.Line(fn.End) != 5 {
		t.Errorf("lines %d, %d, %d", f.Line(fn.Pos), f.Line(fn.Body.List[1].Pos), f.Line(fn.End))
	}
	if s := fn.Body.List[0]; f.Text[s.Pos:s.End+1] != "spin_lock(&p->lock);" {
		t.Errorf("statement is %q", f.Text[s.Pos:s.End+1])
	}
}

type macros map[string]*cast.Macro

func (m macros) Lookup(name string) *cast.Macro { return m[name] }

func TestMacrosOfHeaders(t *testing.T) {
	header := Parse(nil, "foo.h", `
#ifndef FOO_H
#define FOO_H
#define FOO_MAX 3
#define foo_lock(f) spin_lock(&(f)->lock)
#define foo_twice(f) do { foo_lock(f); foo_lock(f); } while (0)
#define memset(p, c, n) __builtin_memset(p, c, n)
#define foo_get(f, n) ((f)->foo_get(f, n))
#define for_each_foo(f) for (f = first(); f; f = next(f))
#define for_each_locked(f) for (f = lock_first(); f; f = next(f)) if (skip(f)) {} else
#endif
`, Options{})
	if header.Arms {
		t.Error("an include guard is no choice")
	}
	m := macros{}
	for _, d := range header.Macros {
		m[d.Name] = d
	}
	if m["FOO_MAX"] != nil || m["foo_lock"] == nil || m["foo_lock"].Line != 5 || m["foo_lock"].File != "foo.h" {
		t.Errorf("%+v", header.Macros)
	}
	f := Parse(nil, "foo.c", `
void *memset(void *p, int c, size_t n) { return p; }
void f(struct foo *f)
{
	foo_twice(f);
	foo_get(f, 1);
	for_each_foo(f) g(f);
	for_each_locked(f) h(FOO_MAX);
}
`, Options{Macros: m, Relevant: relevant})
	if len(f.Funcs) != 2 || f.Funcs[0].Name != "memset" {
		t.Fatalf("%s", dumpFile(f))
	}
	const want = "{do {spin_lock(&f->lock); spin_lock(&f->lock);} while 0 f->foo_get(f, 1); loop for_each_foo(f) g(f); " +
		"for [(f = lock_first()); f; (f = next(f))] if skip(f) {} else h(FOO_MAX);}"
	if got := dumpStmt(f.Funcs[1].Body); got != want {
		t.Errorf("got\n%s want\n%s", got, want)
	}
	lock := f.Funcs[1].Body.List[0].Body.List[0]
	if lock.X.Macro != "foo_twice" || f.Line(lock.X.Pos) != 5 {
		t.Errorf("spin_lock() comes from %q in line %d", lock.X.Macro, f.Line(lock.X.Pos))
	}
}

func TestConfig(t *testing.T) {
	const text = `
#ifdef CONFIG_Y
int y;
#endif
#if IS_ENABLED(CONFIG_M) && IS_MODULE(CONFIG_M) && !IS_BUILTIN(CONFIG_M) && defined(CONFIG_M_MODULE)
int m;
#endif
#if CONFIG_N > 3 && CONFIG_N < 0x20 && !defined(CONFIG_OFF)
int n;
#endif
`
	f := Parse(nil, "x.c", text, Options{Config: map[string]string{"CONFIG_Y": "y", "CONFIG_M": "m", "CONFIG_N": "16"}})
	if len(f.Vars) != 3 || f.Arms {
		t.Errorf("%d variables, choice %v", len(f.Vars), f.Arms)
	}
	if f = Parse(nil, "x.c", text, Options{Config: map[string]string{"CONFIG_N": "2", "CONFIG_OFF": "y"}}); len(f.Vars) != 0 {
		t.Errorf("%s", dumpFile(f))
	}
	if f = Parse(nil, "x.c", text, Options{}); len(f.Vars) == 0 || !f.Arms {
		t.Errorf("%d variables, choice %v", len(f.Vars), f.Arms)
	}
}

func TestHash(t *testing.T) {
	const text = `
int same(void) { return N; }
int other(void)
{
#ifdef CONFIG_X
	return 1;
#else
	return 2;
#endif
}
`
	a, b := Parse(nil, "x.c", text, Options{}), Parse(nil, "x.c", text, Options{Arms: 1})
	if a.Funcs[0].Hash != b.Funcs[0].Hash {
		t.Error("one function, two hashes")
	}
	if a.Funcs[1].Hash == b.Funcs[1].Hash {
		t.Error("two functions, one hash")
	}
}

// TestArena parses one file after another with the same memory.
func TestArena(t *testing.T) {
	var a cast.Arena
	want := ""
	for i := range 3 {
		a.Reset()
		Parse(&a, "x.c", "typedef int bar;\n#define g h\n#ifdef FOO\n#endif\nvoid f(void) { bar *x; g(); }", Options{})
		a.Reset()
		got := dumpFile(Parse(&a, "y.c", "#ifndef FOO\nint n;\n#endif\nvoid f(void) { a = (bar)(x); g(); }", Options{}))
		if i > 0 && got != want {
			t.Errorf("got %s want %s", got, want)
		}
		want = got
	}
	if !strings.Contains(want, "(a = bar(x)); g();") || !strings.Contains(want, "var n:int") {
		t.Error(want)
	}
}

func TestStats(t *testing.T) {
	f := Parse(nil, "x.c", "void f(void)\n{\n\ta b c d e f;\n\tg();\n}\nvoid h(void)\n{\n\tif (x y)\n\t\tg();\n\t= ;\n}\n) junk ( ;\nvoid i(void) { }\n", Options{})
	s := f.Stats
	if s.Funcs != 3 || s.BadFuncs != 1 || s.SkipStmts != 2 || s.SkipDecls != 1 || f.Funcs[1].Skipped != 2 {
		t.Errorf("%+v\n%s", s, dumpFile(f))
	}
	if s.FirstError != `line 8: unexpected "y"` {
		t.Error(s.FirstError)
	}
}
