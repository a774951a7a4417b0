package srcfix

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gordian/internal/model"
)

func textOf(s string) Text {
	return Text{File: "dir/a.c", Lines: strings.Split(strings.TrimSuffix(s, "\n"), "\n")}
}

func mustApply(t *testing.T, x Text, edits []model.Edit) string {
	t.Helper()
	lines, err := x.Apply(edits)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestInsertBefore(t *testing.T) {
	tests := []struct {
		name, src string
		line      int
		want      string // "" if it must refuse
	}{
		{"plain", "{\n\ta();\n\treturn 1;\n}\n", 3, "{\n\ta();\n\tUP;\n\treturn 1;\n}\n"},
		{"behind a label", "out:\n\treturn 1;\n", 2, "out:\n\tUP;\n\treturn 1;\n"},
		{"body of an if", "\tif (x)\n\t\treturn 1;\n\ta();\n", 2, "\tif (x) {\n\t\tUP;\n\t\treturn 1;\n\t}\n\ta();\n"},
		{"body of a long if", "\tif (x &&\n\t    f(y))\n\t\treturn 1;\n", 3, "\tif (x &&\n\t    f(y)) {\n\t\tUP;\n\t\treturn 1;\n\t}\n"},
		{"body of an if with an else", "\tif (x)\n\t\treturn 1;\n\telse\n\t\ta();\n", 2, "\tif (x) {\n\t\tUP;\n\t\treturn 1;\n\t} else\n\t\ta();\n"},
		{"body of an else", "\telse\n\t\treturn 1;\n", 2, "\telse {\n\t\tUP;\n\t\treturn 1;\n\t}\n"},
		{"body of a loop", "\tlist_for_each(a, b)\n\t\treturn 1;\n", 2, "\tlist_for_each(a, b) {\n\t\tUP;\n\t\treturn 1;\n\t}\n"},
		{"one line", "\tif (f(x)) return y;\n", 1, "\tif (f(x)) {\n\t\tUP;\n\t\treturn y;\n\t}\n"},
		{"one line goto", "\tif (f(x)) goto out;\n", 1, "\tif (f(x)) {\n\t\tUP;\n\t\tgoto out;\n\t}\n"},
		{"end of a function", "{\n\ta();\n}\n", 3, "{\n\ta();\n\tUP;\n}\n"},
		{"spaces", "    if (x)\n        return 1;\n", 2, "    if (x) {\n        UP;\n        return 1;\n    }\n"},
		{"comment between", "\tif (x)\n\t\t/* why */\n\t\treturn 1;\n", 3, ""},
		{"line comment", "\tif (x) // why\n\t\treturn 1;\n", 2, ""},
		{"half a statement", "\treturn a +\n\t\tb;\n", 1, ""},
		{"second half", "\treturn a +\n\t\tb;\n", 2, ""},
		{"a macro", "#define X(a) \\\n\treturn a;\n", 2, ""},
		{"outside", "a\n", 9, ""},
	}
	for _, tt := range tests {
		x := textOf(tt.src)
		edits, ok := x.InsertBefore(tt.line, "UP;")
		if ok != (tt.want != "") {
			t.Errorf("%s: %v", tt.name, ok)
			continue
		}
		if ok {
			if got := mustApply(t, x, edits); got != tt.want {
				t.Errorf("%s:\n%s", tt.name, got)
			}
			checkGit(t, x, edits)
		}
	}
}

func TestDeleteSwap(t *testing.T) {
	tests := []struct {
		name, src string
		a, b      int // b 0: delete line a
		want      string
	}{
		{"delete", "\ta();\n\tb();\n\tc();\n", 2, 0, "\ta();\n\tc();\n"},
		{"delete the body of an if", "\tif (x)\n\t\tb();\n", 2, 0, ""},
		{"delete before the end, behind a label", "out:\n\tb();\n}\n", 2, 0, ""},
		{"delete behind a label", "out:\n\tb();\n\treturn;\n}\n", 2, 0, "out:\n\treturn;\n}\n"},
		{"swap", "\ta();\n\tb();\n", 1, 2, "\tb();\n\ta();\n"},
		{"swap across an empty line", "\ta();\n\n\tb();\n", 3, 1, "\tb();\n\n\ta();\n"},
		{"something between", "\ta();\n\tx();\n\tb();\n", 1, 3, ""},
		{"a condition between", "\ta();\n\tif (x)\n\t\tb();\n", 1, 3, ""},
		{"out of a branch", "\tif (x)\n\t\ta();\n\tb();\n", 2, 3, ""},
	}
	for _, tt := range tests {
		x := textOf(tt.src)
		edits, ok := x.DeleteLine(tt.a)
		if tt.b > 0 {
			edits, ok = x.Swap(tt.a, tt.b)
		}
		if ok != (tt.want != "") {
			t.Errorf("%s: %v", tt.name, ok)
			continue
		}
		if ok && mustApply(t, x, edits) != tt.want {
			t.Errorf("%s:\n%s", tt.name, mustApply(t, x, edits))
		}
	}
}

func TestDeclare(t *testing.T) {
	tests := []struct{ src, want string }{
		{"{\n\tint a;\n\tstruct x *p = f(y);\n\n\ta = 1;\n}\n", "{\n\tint a;\n\tstruct x *p = f(y);\n\tD;\n\n\ta = 1;\n}\n"},
		{"{\n\ta = 1;\n}\n", "{\n\tD;\n\n\ta = 1;\n}\n"},
		{"{\n\tint a;\n\ta = 1;\n}\n", "{\n\tint a;\n\tD;\n\n\ta = 1;\n}\n"},
		{"{\n\tstruct x *p =\n\t\tcontainer_of(w, struct x, w);\n\n\tg(p);\n}\n", "{\n\tstruct x *p =\n\t\tcontainer_of(w, struct x, w);\n\tD;\n\n\tg(p);\n}\n"},
		{"{\n\treturn x;\n}\n", "{\n\tD;\n\n\treturn x;\n}\n"},
		{"{\n\tu8 buf[4];\n\tg(buf);\n}\n", "{\n\tu8 buf[4];\n\tD;\n\n\tg(buf);\n}\n"},
		{"{\n\tint n, m;\n\tunsigned long long q;\n\n}\n", "{\n\tint n, m;\n\tunsigned long long q;\n\tD;\n\n}\n"},
	}
	for _, tt := range tests {
		x := textOf(tt.src)
		if got := mustApply(t, x, []model.Edit{x.Declare(1, "D;")}); got != tt.want {
			t.Errorf("%q becomes\n%s", tt.src, got)
		}
	}
}

func TestCalls(t *testing.T) {
	x := textOf("{\n\tspin_lock(&d->lock);\n\tspin_lock(& d->lock);\n\tmy_spin_lock(&d->lock);\n\t/* spin_lock(&d->lock); */\n\tspin_lock(&e->lock);\n\tspin_lock_irqsave(&d->lock, flags);\n}\n")
	if got := x.Calls(1, 8, "spin_lock", "&d->lock"); !slices.Equal(got, []int{2, 3}) {
		t.Errorf("calls on %v", got)
	}
	if args, ok := x.Args(7, "spin_lock_irqsave"); !ok || !slices.Equal(args, []string{"&d->lock", "flags"}) {
		t.Errorf("%q %v", args, ok)
	}
	if open, end, ok := x.Function(4); open != 1 || end != 8 || !ok {
		t.Errorf("function %d..%d %v", open, end, ok)
	}
	if e, ok := x.ReplaceCall(2, "spin_lock", "spin_lock_bh", "&d->lock"); !ok || e.Insert[0] != "\tspin_lock_bh(&d->lock);" {
		t.Errorf("%+v", e)
	}
}

func TestReplaceWord(t *testing.T) {
	x := textOf("\tp = f(GFP_KERNEL_ACCOUNT | GFP_KERNEL);\n\tf(GFP_KERNEL, GFP_KERNEL);\n")
	if e, ok := x.ReplaceWord(1, "GFP_KERNEL", "GFP_ATOMIC"); !ok || e[0].Insert[0] != "\tp = f(GFP_KERNEL_ACCOUNT | GFP_ATOMIC);" {
		t.Errorf("%+v", e)
	}
	if _, ok := x.ReplaceWord(2, "GFP_KERNEL", "GFP_ATOMIC"); ok {
		t.Error("one of two is replaced")
	}
}

func TestJumpVia(t *testing.T) {
	const tail = "undo:\n\tup(&s);\nout:\n\treturn r;\n}\n"
	tests := []struct {
		src  string
		want string
	}{
		{"{\n\tif (x)\n\t\tgoto out;\n" + tail, "undo"},
		{"{\n\tif (x)\n\t\tgoto undo;\n" + tail, ""},
		{"{\n\tif (x)\n\t\tgoto out;\n\tup(&s);\nout:\n\treturn r;\n}\n", ""},
		{"{\n\tif (x)\n\t\treturn r;\n" + tail, ""},
	}
	for _, tt := range tests {
		if via, edits, ok := textOf(tt.src).JumpVia(3, "up(& s);"); via != tt.want && (ok || tt.want != "") {
			t.Errorf("%q: %q %+v", tt.src, via, edits)
		}
	}
}

func TestUses(t *testing.T) {
	x := textOf("\ta = p->flags | q.flags;\n\tb = p->x + flags;\n")
	if x.Uses(1, 1, "flags") || !x.Uses(1, 2, "flags") {
		t.Error("members are no variables")
	}
	y := textOf("out:\n\tup();\n\tdown();\n")
	if !y.AtLabel(2) || y.AtLabel(3) {
		t.Error("label")
	}
}

func TestApplyRefuses(t *testing.T) {
	x := textOf("a\nb\nc\n")
	for _, edits := range [][]model.Edit{
		{{File: "dir/a.c", Line: 0}}, {{File: "dir/a.c", Line: 5}}, {{File: "dir/a.c", Line: 3, Delete: 2}}, {{File: "dir/a.c", Line: 1, Delete: -1}},
		{{File: "b.c", Line: 1}}, {{File: "dir/a.c", Line: 1, Delete: 2}, {File: "dir/a.c", Line: 2, Delete: 1}},
	} {
		if _, err := x.Apply(edits); err == nil {
			t.Errorf("%+v is applied", edits)
		}
		if _, err := x.Diff(edits); err == nil {
			t.Errorf("%+v has a diff", edits)
		}
	}
}

// TestDiffApplies compares git's result with ours for edits all over a file.
func TestDiffApplies(t *testing.T) {
	var src strings.Builder
	for i := range 60 {
		src.WriteString(strings.Repeat("x", i%7) + "\n")
	}
	x := textOf(src.String())
	ed := func(line, del int, ins ...string) model.Edit {
		return model.Edit{File: x.File, Line: line, Delete: del, Insert: ins}
	}
	for _, edits := range [][]model.Edit{
		{ed(1, 0, "new")}, {ed(1, 1)}, {ed(60, 1)}, {ed(61, 0, "end")}, {ed(1, 60, "all")},
		{ed(5, 1, "a", "b"), ed(6, 1, "c"), ed(12, 0, "d"), ed(40, 3), ed(47, 0, "e")},
		{ed(30, 1, "later"), ed(3, 2), ed(30, 0, "first")},
	} {
		checkGit(t, x, edits)
	}
}

func checkGit(t *testing.T, x Text, edits []model.Edit) {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is not installed: whether diffs apply is not tested")
	}
	diff, err := x.Diff(edits)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, x.File)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Join(x.Lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(git, "apply", "-")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(diff)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git apply: %v\n%s%s", err, out, diff)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := mustApply(t, x, edits); string(got) != want {
		t.Errorf("git made\n%s\nwant\n%s", got, want)
	}
}

// FuzzText: whatever the file, no line number makes an edit that does not
// apply.
func FuzzText(f *testing.F) {
	f.Add("static int f(void)\n{\n\tif (x)\n\t\treturn 1;\n\tg(a, b);\n}\n", 4, "g")
	f.Add("((((\n{", 1, "(")
	f.Fuzz(func(t *testing.T, src string, n int, word string) {
		x := textOf(src)
		for _, try := range []func() ([]model.Edit, bool){
			func() ([]model.Edit, bool) { return x.InsertBefore(n, "up();") },
			func() ([]model.Edit, bool) { return x.DeleteLine(n) },
			func() ([]model.Edit, bool) { return x.Swap(n, n+1) },
			func() ([]model.Edit, bool) { return x.ReplaceWord(n, word, "y") },
			func() ([]model.Edit, bool) {
				e, ok := x.ReplaceCall(n, word, "y", "a")
				return []model.Edit{e}, ok
			},
			func() ([]model.Edit, bool) {
				open, _, ok := x.Function(n)
				if !ok {
					return nil, false
				}
				return []model.Edit{x.Declare(open, "int i;")}, true
			},
		} {
			if edits, ok := try(); ok {
				if _, err := x.Apply(edits); err != nil {
					t.Fatalf("%+v: %v", edits, err)
				}
			}
		}
	})
}
