package ctype

import (
	"fmt"
	"sync"
	"testing"

	"gordian/internal/csource/cast"
)

func TestNearestDefinition(t *testing.T) {
	var p position
	db := NewDB()
	for _, h := range []struct {
		path     string
		includes []string
	}{
		{"drivers/a/a.h", nil},
		{"drivers/a/sub/b.h", []string{"drivers/c/deep.h"}},
		{"drivers/c/deep.h", nil},
		{"drivers/d/x.h", nil},
		{"include/linux/priv.h", nil},
		{"loop/one.h", []string{"loop/two.h"}},
		{"loop/two.h", []string{"loop/one.h"}},
	} {
		db.AddWith(types(h.path, p.def("priv", field("lock", base("int")))), h.includes)
	}
	db.Seal()
	db.AddWith(types("fs/own.c", p.def("priv")), []string{"drivers/d/x.h"})
	for from, includes := range map[string][]string{
		"drivers/a/direct.c":   {"drivers/c/deep.h"},
		"drivers/a/indirect.c": {"drivers/a/sub/b.h"},
		"drivers/z/through.c":  {"drivers/a/sub/b.h", "missing.h"},
		"loop/user.c":          {"loop/one.h"},
	} {
		db.AddWith(&cast.File{Path: from}, includes)
	}
	tests := []struct{ from, want, why string }{
		{"fs/own.c", "fs/own.c", "its own before all others"},
		{"drivers/a/x.c", "drivers/a/a.h", "nothing known about includes: the same folder"},
		{"drivers/d/sub/x.c", "drivers/d/x.h", "the folder above"},
		{"sound/x.c", "include/linux/priv.h", "nothing in common: include/"},
		{"drivers/a/direct.c", "drivers/c/deep.h", "included before the same folder"},
		{"drivers/a/indirect.c", "drivers/a/sub/b.h", "included directly before included indirectly"},
		{"drivers/z/through.c", "drivers/a/sub/b.h", "missing headers do no harm"},
		{"loop/user.c", "loop/one.h", "headers that include each other"},
		{"drivers/c/deep.h", "drivers/c/deep.h", "a header its own"},
	}
	for _, tt := range tests {
		d := db.Struct("priv", tt.from)
		if d == nil || d.File != tt.want {
			t.Errorf("priv from %s: %v, want that of %s (%s)", tt.from, d, tt.want, tt.why)
		}
	}
	if d := db.Struct("unknown", "fs/own.c"); d != nil {
		t.Errorf("unknown tag: %v", d)
	}
	if d := db.Struct("", "fs/own.c"); d != nil {
		t.Errorf("empty tag: %v", d)
	}
}

// portDB has one structure with members of all kinds.
func portDB() *DB {
	var p position
	db := NewDB()
	db.Add(types("port.h", p.def("port",
		field("lock", named("spinlock_t")),
		field("parent", ptr(tagged("port"))),
		field("", p.def("", field("flags", base("int")), field("", p.def("", field("deep", tagged("mutex")))))),
		field("rx", p.def("", field("lock", named("spinlock_t")))),
		field("tx", arr(p.def("", field("lock", named("spinlock_t"))))),
		field("", tagged("base")),
		field("q", arr(ptr(tagged("queue")))),
		field("in", p.def("inner", field("sem", tagged("semaphore")))),
	), p.def("base", field("id", base("int"))), p.def("queue", field("head", ptr(base("void"))))))
	db.Add(&cast.File{Path: "types.h", Typedefs: []*cast.Var{
		field("port_t", tagged("port")), field("port_p", ptr(named("port_t"))),
		field("anon_t", p.def("", field("m", tagged("mutex")))),
	}})
	db.Seal()
	return db
}

func TestMember(t *testing.T) {
	db := portDB()
	tests := []struct {
		of    *cast.Type
		path  []string
		owner string
		kind  Kind
		tag   string
	}{
		{tagged("port"), []string{"lock"}, "port", Named, "spinlock_t"},
		{ptr(ptr(tagged("port"))), []string{"lock"}, "port", Named, "spinlock_t"},
		{arr(named("port_p")), []string{"parent", "parent", "lock"}, "port", Named, "spinlock_t"},
		{tagged("port"), []string{"flags"}, "port", Scalar, "int"},
		{tagged("port"), []string{"deep"}, "port", Struct, "mutex"},
		{tagged("port"), []string{"rx", "lock"}, "port.rx", Named, "spinlock_t"},
		{tagged("port"), []string{"tx", "lock"}, "port.tx", Named, "spinlock_t"},
		{tagged("port"), []string{"id"}, "base", Scalar, "int"},
		{tagged("port"), []string{"q", "head"}, "queue", Pointer, ""},
		{tagged("port"), []string{"in", "sem"}, "inner", Struct, "semaphore"},
		{tagged("inner"), []string{"sem"}, "inner", Struct, "semaphore"},
		{named("anon_t"), []string{"m"}, "anon_t", Struct, "mutex"},
	}
	for _, tt := range tests {
		typ, owner := db.Of(tt.of, "x.c"), ""
		for _, m := range tt.path {
			typ, owner = db.Member(typ, m, "x.c")
		}
		if typ == nil || typ.Kind != tt.kind || typ.Tag != tt.tag || owner != tt.owner {
			t.Errorf("%v: %+v of %q, want %v %q of %q", tt.path, typ, owner, tt.kind, tt.tag, tt.owner)
		}
	}
	for _, bad := range []*cast.Type{nil, base("int"), tagged("nope"), named("nope_t"), tagged("port")} {
		if f, owner := db.Member(db.Of(bad, "x.c"), "missing", "x.c"); f != nil || owner != "" {
			t.Errorf("member of %v: %v %q", bad, f, owner)
		}
	}
	if f, _ := db.Member(nil, "lock", "x.c"); f != nil {
		t.Error("member of nil")
	}
}

func TestTypedefs(t *testing.T) {
	db := NewDB()
	db.Add(&cast.File{Path: "a.h", Typedefs: []*cast.Var{
		field("one", named("two")), field("two", named("three")), field("three", tagged("end")),
		field("self", named("self")), field("ping", named("pong")), field("pong", named("ping")),
		field("pself", ptr(named("pself"))), field("open", named("nobody")),
	}})
	db.Seal()
	tests := []struct {
		name string
		kind Kind
		tag  string
	}{
		{"one", Struct, "end"},
		{"self", Named, "self"},
		{"open", Named, "nobody"},
		{"nobody", Named, "nobody"},
	}
	for _, tt := range tests {
		if got := db.Resolve(db.Of(named(tt.name), "x.c"), "x.c"); got.Kind != tt.kind || got.Tag != tt.tag {
			t.Errorf("%s: %+v, want %v %q", tt.name, got, tt.kind, tt.tag)
		}
	}
	// These have no answer; there must be an end all the same.
	for _, name := range []string{"ping", "pself"} {
		db.Resolve(db.Of(named(name), "x.c"), "x.c")
		if f, _ := db.Member(db.Of(named(name), "x.c"), "m", "x.c"); f != nil {
			t.Errorf("%s has a member", name)
		}
	}
}

func TestStructuresThatContainThemselves(t *testing.T) {
	var p position
	db := NewDB()
	f := types("a.h")
	for i := range 100 {
		next := tagged(fmt.Sprint("s", (i+1)%100))
		f.Types = append(f.Types, p.def(fmt.Sprint("s", i), field("", next), field("", next)))
	}
	deep := base("int")
	for range 100_000 {
		deep = ptr(deep)
	}
	f.Vars = []*cast.Var{field("deep", deep)}
	db.Add(f)
	db.Seal()
	if got, _ := db.Member(db.Of(tagged("s0"), "x.c"), "m", "x.c"); got != nil {
		t.Errorf("found %v", got)
	}
	if got, _ := db.Member(db.Of(deep, "x.c"), "m", "x.c"); got != nil {
		t.Errorf("found %v", got)
	}
}

// A header's member is of the type that the header sees, though the file that
// reads it is nearer to another one of the same name.
func TestMemberTypeIsReadWhereItStands(t *testing.T) {
	var p position
	db := NewDB()
	db.AddWith(types("a/dev.h", p.def("dev", field("priv", ptr(tagged("priv"))))), []string{"a/priv.h"})
	db.Add(types("a/priv.h", p.def("priv", field("right", base("int")))))
	db.Add(types("b/priv.h", p.def("priv", field("wrong", base("int")))))
	db.Seal()
	f, _ := db.Member(db.Of(tagged("dev"), "b/x.c"), "priv", "b/x.c")
	if got, owner := db.Member(f, "right", "b/x.c"); got == nil || owner != "priv" {
		t.Errorf("dev.priv.right: %v %q", got, owner)
	}
}

func TestVarsAndResults(t *testing.T) {
	db := NewDB()
	call := func(macro, name string, at cast.Pos) *cast.Expr {
		return &cast.Expr{
			Op: cast.Call, Pos: at, X: &cast.Expr{Op: cast.Ident, Name: macro},
			Args: []*cast.Expr{{Op: cast.Ident, Name: name}},
		}
	}
	db.Add(&cast.File{Path: "a.h", Vars: []*cast.Var{
		{Name: "glob", Type: tagged("mutex"), Extern: true},
		{Name: "hidden", Type: tagged("mutex"), Static: true},
		{Name: "get_port", Type: returns(ptr(tagged("port")))},
	}})
	db.Seal()
	const text = "static DEFINE_MUTEX(m);\nDEFINE_SPINLOCK(s);"
	db.Add(&cast.File{
		Path: "x.c", Text: text, Lines: []int32{0, 24},
		Calls: []*cast.Expr{call("DEFINE_MUTEX", "m", 7), call("DEFINE_SPINLOCK", "s", 24), call("MODULE_LICENSE", "l", 24)},
		Vars:  []*cast.Var{{Name: "loc", Type: tagged("port"), Static: true}},
		Funcs: []*cast.Func{{Name: "own", Type: returns(base("int")), Static: true}},
	})
	tests := []struct {
		name, from, tag, file string
		line                  int
		static                bool
	}{
		{"m", "x.c", "mutex", "x.c", 1, true},
		{"s", "x.c", "spinlock_t", "x.c", 2, false},
		{"loc", "x.c", "port", "x.c", 0, true},
		{"glob", "x.c", "mutex", "a.h", 0, false},
		{"m", "y.c", "", "", 0, false},
		{"loc", "y.c", "", "", 0, false},
		{"hidden", "y.c", "", "", 0, false},
		{"l", "x.c", "", "", 0, false},
	}
	for _, tt := range tests {
		typ, file, line, static := db.Var(tt.name, tt.from)
		tag := ""
		if typ != nil {
			tag = typ.Tag
		}
		// Lines of what has no position do not matter here.
		if tt.line == 0 {
			line = 0
		}
		if tag != tt.tag || file != tt.file || line != tt.line || static != tt.static {
			t.Errorf("%s from %s: %q %s:%d static %v, want %+v", tt.name, tt.from, tag, file, line, static, tt)
		}
	}
	if r := db.FuncResult("get_port", "x.c"); r == nil || r.Kind != Pointer || r.Elem.Tag != "port" {
		t.Errorf("get_port: %+v", r)
	}
	if r := db.FuncResult("own", "x.c"); r == nil || r.Tag != "int" {
		t.Errorf("own: %+v", r)
	}
	if r := db.FuncResult("own", "y.c"); r != nil {
		t.Errorf("own of another file: %+v", r)
	}
}

func TestMacros(t *testing.T) {
	macro := func(file, name string) *cast.File {
		return &cast.File{Path: file, Macros: []*cast.Macro{{Name: name, File: file}}}
	}
	db := NewDB()
	db.Add(macro("a/m.h", "LOCK"))
	db.Add(macro("b/m.h", "LOCK"))
	db.AddWith(&cast.File{Path: "b/all.h"}, []string{"b/m.h"})
	db.Seal()
	for _, tt := range []struct {
		from, include, want string
	}{
		{"a/x.c", "a/m.h", "a/m.h"},
		{"a/x.c", "b/all.h", "b/m.h"},
		{"a/x.c", "c.h", ""},
		{"a/x.c", "", ""},
	} {
		m := db.Macros(tt.from, []string{tt.include})
		for range 2 { // the second answer is remembered
			got := ""
			if found := m.Lookup("LOCK"); found != nil {
				got = found.File
			}
			if got != tt.want {
				t.Errorf("LOCK from %s with %q: %q, want %q", tt.from, tt.include, got, tt.want)
			}
		}
	}
}

func TestArmsAreMerged(t *testing.T) {
	var p position
	shared := p.def("both", field("a", base("int")))
	db := NewDB()
	db.Seal()
	db.Add(types("x.c", shared, p.def("first")))
	db.Add(types("x.c", shared, p.def("second")))
	for _, tag := range []string{"both", "first", "second"} {
		if db.Struct(tag, "x.c") == nil {
			t.Errorf("no struct %s", tag)
		}
	}
}

func TestForget(t *testing.T) {
	var p position
	db := NewDB()
	db.Add(types("a.h", p.def("kept")))
	db.Seal()
	db.Add(types("x.c", p.def("gone", field("lock", named("spinlock_t")), field("in", p.def("", field("a", base("int")))))))
	in, _ := db.Member(db.Of(tagged("gone"), "x.c"), "in", "x.c")
	db.Forget("x.c")
	db.Forget("a.h")
	db.Forget("never added.c")
	if db.Struct("gone", "x.c") != nil || db.Struct("kept", "x.c") == nil {
		t.Error("a source's structures stay, or a header's go")
	}
	if f, owner := db.Member(in, "a", "x.c"); f == nil || owner != "gone.in" {
		t.Errorf("a type that was kept: %v %q", f, owner)
	}
}

func TestManyAddAtOnce(t *testing.T) {
	db := NewDB()
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 200 {
				p := position{}
				db.Add(types(fmt.Sprintf("d%d/h%d.h", w, i), p.def("same", field("f", ptr(tagged("same"))))))
			}
		})
	}
	wg.Wait()
	db.Seal()
	for w := range 8 {
		wg.Go(func() {
			for i := range 200 {
				from := fmt.Sprintf("d%d/h%d.h", w, i)
				if d := db.Struct("same", from); d == nil || d.File != from {
					t.Errorf("same from %s: %v", from, d)
				}
				db.Member(db.Of(ptr(tagged("same")), "x.c"), "f", "x.c")
			}
		})
	}
	wg.Wait()
}
