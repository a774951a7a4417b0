package cparse

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gordian/internal/csource/cast"
)

// hostile are texts that grow with n: deep nesting, long chains, brackets
// that nobody closes, macros that explode.
var hostile = map[string]func(n int) string{
	"braces":        func(n int) string { return "void f(void) " + strings.Repeat("{", n) },
	"closed braces": func(n int) string { return "void f(void) " + strings.Repeat("{", n) + strings.Repeat("}", n) },
	"parens":        func(n int) string { return "int a = " + strings.Repeat("(", n) },
	"closed parens": func(n int) string {
		return "void f(void) { a = " + strings.Repeat("(", n) + "b" + strings.Repeat(")", n) + "; }"
	},
	"brackets": func(n int) string { return "void f(void) { " + strings.Repeat("a[", n) },
	"calls":    func(n int) string { return "void f(void) { " + strings.Repeat("a(", n) },
	"bad calls": func(n int) string {
		return "void f(void) { " + strings.Repeat("a(b c ", n) + strings.Repeat(") d", n) + "; }"
	},
	"declarator":   func(n int) string { return "int " + strings.Repeat("(*", n) + "a" },
	"stars":        func(n int) string { return "int " + strings.Repeat("*", n) + "a;" },
	"arrays":       func(n int) string { return "int a" + strings.Repeat("[1]", n) + ";" },
	"parameters":   func(n int) string { return "int f" + strings.Repeat("(int a", n) },
	"casts":        func(n int) string { return "void f(void) { a = " + strings.Repeat("(int)", n) + "b; }" },
	"not":          func(n int) string { return "void f(void) { a = " + strings.Repeat("!", n) + "b; }" },
	"sum":          func(n int) string { return "void f(void) { a = b" + strings.Repeat(" + b", n) + "; }" },
	"assignments":  func(n int) string { return "void f(void) { " + strings.Repeat("a = ", n) + "b; }" },
	"members":      func(n int) string { return "void f(void) { a" + strings.Repeat("->b", n) + "; }" },
	"conditionals": func(n int) string { return "void f(void) { " + strings.Repeat("a ? ", n) + "b; }" },
	"commas":       func(n int) string { return "void f(void) { a" + strings.Repeat(", b", n) + "; }" },
	"ifs":          func(n int) string { return "void f(void) { " + strings.Repeat("if (a) ", n) + "b(); }" },
	"else ifs": func(n int) string {
		return "void f(void) { if (a) b(); " + strings.Repeat("else if (a) b(); ", n) + "}"
	},
	"labels":        func(n int) string { return "void f(void) { if (a) " + strings.Repeat("b: ", n) + "c(); }" },
	"do":            func(n int) string { return "void f(void) { " + strings.Repeat("do ", n) + "c(); }" },
	"loops":         func(n int) string { return "void f(void) { " + strings.Repeat("for_each_a(b) ", n) + "c(); }" },
	"stmt exprs":    func(n int) string { return "void f(void) { a = " + strings.Repeat("({ ", n) + "b; }" },
	"structs":       func(n int) string { return strings.Repeat("struct a { ", n) },
	"struct fields": func(n int) string { return "struct a { " + strings.Repeat("x y z ", n) + "};" },
	"initialisers":  func(n int) string { return "int a = " + strings.Repeat("{ ", n) + "1 };" },
	"designators":   func(n int) string { return "int a = { " + strings.Repeat(".b", n) + " = 1 };" },
	"attributes":    func(n int) string { return strings.Repeat("__attribute__((a(", n) },
	"annotations":   func(n int) string { return strings.Repeat("A ", n) + "int x;" },
	"typeof":        func(n int) string { return strings.Repeat("typeof(", n) },
	"sizeof":        func(n int) string { return "int a = " + strings.Repeat("sizeof ", n) + "b;" },
	"generic":       func(n int) string { return "int a = " + strings.Repeat("_Generic(b, int: ", n) },
	"strings":       func(n int) string { return "char *a = " + strings.Repeat(`"b" C `, n) + ";" },
	"quotes":        func(n int) string { return strings.Repeat("\"\n'\n", n) },
	"backslashes":   func(n int) string { return strings.Repeat("\\", n) + "\n" + strings.Repeat("\\\n", n) },
	"blanks":        func(n int) string { return strings.Repeat("\\ \t ", n) },
	"comment":       func(n int) string { return "int a; /*" + strings.Repeat("/* ", n) },
	"comments":      func(n int) string { return strings.Repeat("#/**/", n) },
	"ifdefs":        func(n int) string { return strings.Repeat("#if A\n", n) + "int a;" },
	"skipped":       func(n int) string { return "#if 0\n" + strings.Repeat("#if A\n", n) + strings.Repeat("#endif\n", n) },
	"elifs":         func(n int) string { return "#if 0\n" + strings.Repeat("#elif B\n", n) },
	"conditions": func(n int) string {
		return "#if " + strings.Repeat("(", n) + "1\n#endif\n#if " + strings.Repeat("!", n) + "A\n#endif"
	},
	"terms":         func(n int) string { return "#if A" + strings.Repeat(" || A", n) + "\nint b;\n#endif" },
	"defined chain": func(n int) string { return chain(n) + "#if A0\nint b;\n#endif\n" },
	"macro call":    func(n int) string { return "#define A(x) b->x\nint a = " + strings.Repeat("A(", n) },
	"closed call": func(n int) string {
		return "#define A(x) b->x\nint a = " + strings.Repeat("A(", n) + strings.Repeat(")", n) + ";"
	},
	"macro chain": func(n int) string { return chain(n) + "int a = A0;" },
	"doubling": func(n int) string {
		return "#define A(x) x x\n#define B(x) A(A(x->y))\n#define C(x) B(B(B(x)))\n" + strings.Repeat("C(C(C(a)))\n", n)
	},
	"empty macros": func(n int) string { return "#define A\n" + strings.Repeat("A ", n) },
	"self":         func(n int) string { return "#define A(x) A(x->y) A(x)\n" + strings.Repeat("A(A(A(b))) ", n) },
	"pasting":      func(n int) string { return "#define A(x) x##x\nint A(" + strings.Repeat("b", n) + ");" },
	"parameters 2": func(n int) string { return "#define A(" + strings.Repeat("x,", n) + "y) y\nA(1)" },
	"undef":        func(n int) string { return strings.Repeat("#define A 1\n#undef A\n", n) },
	"odd args":     func(n int) string { return "void f(void) { " + strings.Repeat("a(; ", n) },
	"nested odd": func(n int) string {
		return "void f(void) { " + strings.Repeat("a(if (b) ", n) + strings.Repeat(")", n) + "; }"
	},
	"annotation (": func(n int) string { return "int " + strings.Repeat("__a(", n) },
	"enum":         func(n int) string { return "enum { " + strings.Repeat("A(", n) },
	"enumerators":  func(n int) string { return "enum { " + strings.Repeat("A = , 1 2 ", n) + "};" },
	"top parens":   func(n int) string { return strings.Repeat("A(\n", n) },
	"functions":    func(n int) string { return strings.Repeat("void f(void)\n{\n", n) },
	"early end":    func(n int) string { return strings.Repeat("void f(void)\n{ } } \n a\n", n) },
	"asm":          func(n int) string { return "void f(void) { asm goto(" + strings.Repeat(":", n) },
	"labels as":    func(n int) string { return "void f(void) { " + strings.Repeat("&&", n) + "a; }" },
	"old style":    func(n int) string { return "int f(a) " + strings.Repeat("int a; ", n) },
	"nul":          func(n int) string { return strings.Repeat("\x00", n) },
	"high":         func(n int) string { return strings.Repeat("\xff", n) },
	"digits":       func(n int) string { return strings.Repeat("1", n) },
	"dots":         func(n int) string { return strings.Repeat(".", n) },
}

// chain defines A0 as A1, A1 as A2 …
func chain(n int) string {
	var b strings.Builder
	name := func(i int) string {
		return "A" + strings.Repeat("i", i%50) + strings.Repeat("j", i/50%50) + strings.Repeat("k", i/2500)
	}
	b.WriteString("#define A0 " + name(0) + "\n")
	for i := range n {
		b.WriteString("#define " + name(i) + " " + name(i+1) + "->x\n")
	}
	return b.String()
}

func TestHostile(t *testing.T) {
	var a cast.Arena
	for name, make := range hostile {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{1, 7, 600, 10_000} {
				a.Reset()
				text := make(n)
				start := cpuTime()
				f := Parse(&a, "x.c", text, Options{Relevant: relevant})
				if spent := cpuTime() - start; spent > 2*time.Second {
					t.Errorf("%d times: %v for %d bytes", n, spent, len(text))
				}
				checkTree(t, f)
			}
		})
	}
}

// TestLarge parses lines of many megabytes and random bytes.
func TestLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	r := rand.New(rand.NewPCG(1, 2))
	random := make([]byte, 8<<20)
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	for name, text := range map[string]string{
		"random":       string(random),
		"zeros":        strings.Repeat("\x00", 100<<20),
		"blanks":       strings.Repeat(" ", 100<<20),
		"one string":   `"` + strings.Repeat("a", 100<<20),
		"one comment":  "/*" + strings.Repeat("*", 100<<20),
		"one name":     strings.Repeat("a", 100<<20),
		"one macro":    "#define A " + strings.Repeat("b ", 10<<20),
		"statements":   "void f(void) {" + strings.Repeat("a(b);", 4<<20),
		"declarations": strings.Repeat("int a; ", 4<<20),
		"braces":       strings.Repeat("{", 16<<20),
	} {
		start := cpuTime()
		f := Parse(nil, "x.c", text, Options{})
		t.Logf("%s: %d bytes in %v, truncated: %v", name, len(text), cpuTime()-start, f.Stats.SkipDecls > 0)
		if spent := cpuTime() - start; spent > 20*time.Second {
			t.Errorf("%s: %v", name, spent)
		}
	}
}

// checkTree checks the positions of a tree.
func checkTree(t testing.TB, f *cast.File) {
	t.Helper()
	end := cast.Pos(len(f.Text))
	last := cast.Pos(0)
	for _, fn := range f.Funcs {
		if fn.Pos < last || fn.End < fn.Pos || fn.End > end {
			t.Errorf("function %s from %d to %d, after %d, in a text of %d", fn.Name, fn.Pos, fn.End, last, end)
		}
		last = fn.Pos
		if fn.Body == nil || fn.Type == nil || fn.Type.Elem == nil {
			t.Errorf("function %s lacks a part: %+v", fn.Name, fn)
			continue
		}
		walkStmts(fn.Body, func(s *cast.Stmt) { checkStmt(t, s, end) })
	}
	if f.Stats.Funcs != len(f.Funcs) || f.Stats.BadFuncs > f.Stats.Funcs {
		t.Errorf("%d functions, %+v", len(f.Funcs), f.Stats)
	}
}

func checkStmt(t testing.TB, s *cast.Stmt, end cast.Pos) {
	t.Helper()
	if s.Pos < 0 || s.End < s.Pos || s.End > end {
		t.Errorf("statement %v from %d to %d in a text of %d", s.Kind, s.Pos, s.End, end)
	}
	last := s.Pos
	for _, c := range s.List {
		if c.Pos < last {
			t.Errorf("statement at %d after %d", c.Pos, last)
		}
		last = c.Pos
	}
	for _, e := range []*cast.Expr{s.X, s.Y} {
		cast.Walk(e, func(e *cast.Expr) bool {
			if e.Pos < 0 || e.Pos > end {
				t.Errorf("expression at %d in a text of %d", e.Pos, end)
			}
			return true
		})
	}
}
