package lockapi

import (
	"reflect"
	"strings"
	"testing"

	"gordian/internal/model"
)

func load(t testing.TB, text string) (*Table, error) {
	t.Helper()
	return kernel(t).Load("gordian.toml", strings.NewReader(text))
}

func TestLoad(t *testing.T) {
	table, err := load(t, `
ignore = ["old/*"]


[[call]]
names = ["foo_lock"]
do = "acquire"
type = "spinlock"
arg = 0
member = "lock"
struct = "foo"
flags = 1

[[call]]
names = ["mutex_lock"] # in place of the kernel's
effects = []

[[op]]
struct = "foo_ops"
fields = ["kick"]
context = "hardirq"
irqs_off = true

[[op]]
struct = "*"
fields = ["foo_tick"]
context = "softirq"

[[type]]
names = ["struct foo_lock"]
type = "mutex"
`)
	if err != nil {
		t.Fatal(err)
	}
	want := noEffect()
	want.Kind, want.Type, want.Mode, want.Arg = Acquire, model.Spinlock, model.Write, 0
	want.Member, want.Struct, want.IRQ, want.Flags = "lock", "foo", IRQFlags, 1
	if api := table.Call("foo_lock"); api == nil || !reflect.DeepEqual(api.Effects, []Effect{want}) || api.Source != "gordian.toml" {
		t.Errorf("foo_lock: %+v", api)
	}
	if api := table.Call("mutex_lock"); api == nil || len(api.Effects) != 0 {
		t.Errorf("mutex_lock: %+v", api)
	}
	if op := table.Op("foo_ops", "kick"); op == nil || op.Context != model.Hardirq || !op.IRQsOff {
		t.Errorf("foo_ops.kick: %+v", op)
	}
	if op := table.Op("anything", "foo_tick"); op == nil || op.Context != model.Softirq {
		t.Errorf("*.foo_tick: %+v", op)
	}
	if typ := table.LockType("struct foo_lock"); typ != model.Mutex {
		t.Errorf("struct foo_lock: %q", typ)
	}
	p := table.Project()
	if len(p.IgnorePaths) != 1 {
		t.Errorf("project: %+v", p)
	}
	if table.Call("spin_lock") == nil || table.Op("uart_ops", "start_tx") == nil {
		t.Error("the kernel's entries are gone")
	}
}

func TestLoadLeavesTheTableAlone(t *testing.T) {
	base := kernel(t)
	_, err := base.Load("x", strings.NewReader("[[call]]\nnames = [\"mutex_lock\"]\neffects = []\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(base.Call("mutex_lock").Effects) == 0 {
		t.Error("the first table changed")
	}
}

func TestLoadErrors(t *testing.T) {
	const name = "[[call]]\nnames = [\"f\"]\n"
	tests := []struct{ text, want string }{
		{"x = 1", `gordian.toml:1: "x": unknown key`},
		{"\n[[cal]]\n", `gordian.toml:2: unknown section "cal"`},
		{"[call]\n", `gordian.toml:1: unknown section "call"`},
		{name + "do = \"grab\"", `gordian.toml:3: "do": "grab" is none of: acquire, release`},
		{name + "do = 1", `gordian.toml:3: "do":`},
		{name + "gpf = 1", `gordian.toml:3: "gpf": unknown key`},
		{name + "arg = 0\narg = 1", `gordian.toml:4: "arg": given twice`},
		{name + "a.b = 1", `gordian.toml:3: "a.b": unknown key`},
		{name + "arg = 99", `gordian.toml:3: "arg": "99" is no argument`},
		{name + "arg = \"x\"", `gordian.toml:3: "arg": must be a number`},
		{name + "nest = 1", `gordian.toml:3: "nest": must be true or false`},
		{name + "effects = [{ do = \"sleep\", x = 1 }]", `gordian.toml:3: "effects": "x": unknown key`},
		{name + "effects = [1]", `gordian.toml:3: "effects": must be a table`},
		{name + "arg = 0", `gordian.toml:1: do: missing`},
		{name + "do = \"sleep\"\neffects = []", `gordian.toml:1: do: an entry has either`},
		{name, `gordian.toml:1: do: an entry has either`},
		{name + "do = \"acquire\"\narg = 0", `gordian.toml:1: type: missing`},
		{name + "do = \"acquire\"\ntype = \"mutex\"", `gordian.toml:1: arg: missing`},
		{name + "do = \"wait\"", `gordian.toml:1: target: missing`},
		{name + "do = \"register\"", `gordian.toml:1: callback: missing`},
		{name + "do = \"irq-save\"", `gordian.toml:1: flags: missing`},
		{name + "do = \"free\"", `gordian.toml:1: arg: missing`},
		{"[[call]]\nnames = [\"f\", \"f\"]\ndo = \"sleep\"", `gordian.toml:1: "f" has an entry already`},
		{"[[call]]\nnames = [\"a b\"]\ndo = \"sleep\"", `gordian.toml:1: "a b" is not a name`},
		{"[[call]]\nnames = [1]\n", `gordian.toml:2: "names": an element must be a string`},
		{"[[call]]\ndo = \"sleep\"", `gordian.toml:1: names: missing`},
		{"[[op]]\nfields = [\"f\"]", `gordian.toml:1: struct: missing`},
		{"[[type]]\nnames = [\"f\"]", `gordian.toml:1: type: missing`},
		{"[[type]]\narg = 1", `gordian.toml:2: "arg": unknown key`},
		{"[[predicate]]\nnames = [\"f\"]", `gordian.toml:1: is: missing`},
		{"[[call]]\nnames = [", `gordian.toml:2: `},
		{strings.Repeat("#", maxFile+1), "gordian.toml: larger than"},
	}
	for _, tt := range tests {
		_, err := load(t, tt.text)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%.60q: error %v, want %s", tt.text, err, tt.want)
		}
	}
}

func TestDeepNesting(t *testing.T) {
	for _, text := range []string{
		"ignore = " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"[[call]]\neffects = " + strings.Repeat("[{a = ", 100_000),
		"[[" + strings.Repeat("a.", 100_000) + "a]]",
	} {
		if _, err := load(t, text); err == nil || len(err.Error()) > 200 {
			t.Errorf("%.20q: error of %d bytes", text, len(err.Error()))
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("[[call]]\nnames = [\"f\"]\ndo = \"acquire\"\ntype = \"mutex\"\narg = 0\n")
	f.Add("ignore = [\"x\"]\n[[op]]\nstruct = \"s\"\nfields = [\"f\"]\n")
	f.Add("[[call]]\neffects = [{ do = \"sleep\", gfp = 1 }, { }]\n[[gfp]]\nblocks = true\n")
	base := kernel(f)
	f.Fuzz(func(t *testing.T, text string) {
		table, err := base.Load("x", strings.NewReader(text))
		if (table == nil) == (err == nil) {
			t.Fatalf("table %v, error %v", table != nil, err)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "x:") {
			t.Errorf("error without a place: %v", err)
		}
	})
}
