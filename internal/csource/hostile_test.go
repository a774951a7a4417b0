package csource_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"gordian/internal/csource"
	"gordian/internal/csource/lockapi"
	"gordian/internal/csource/tree"
)

// hostileFiles are what no kernel has, each beside code with a bug.
func hostileFiles() map[string]string {
	deep := func(open, end string, n int) string { return strings.Repeat(open, n) + strings.Repeat(end, n) }
	return map[string]string{
		"binary.c":  "\x7fELF\x00\x01",
		"zero.c":    twoPaths + "/*" + strings.Repeat("x", 9000) + "\x00*/\n",
		"empty.c":   "",
		"blank.c":   "\n\n \t\n",
		"braces.c":  "void deep(void)\n{" + deep("{", "}", 10_000) + "}\n" + twoPaths,
		"open.c":    "void deep(void)\n{" + strings.Repeat("{", 10_000) + "\n}\n" + twoPaths,
		"parens.c":  "int deep(void)\n{\n\treturn " + deep("(", ")", 10_000) + ";\n}\n" + twoPaths,
		"crlf.c":    strings.ReplaceAll(twoPaths, "\n", "\r\n"),
		"loop.c":    "#include \"loop.h\"\n" + twoPaths,
		"loop.h":    "#include \"loop.h\"\n#include \"round.h\"\n#define A B\n#define B A\n",
		"round.h":   "#include \"loop.h\"\nint x = A;\n",
		"missing.c": "#include \"gone.h\"\n#include <linux/gone.h>\n" + twoPaths,
		"line.c":    "static int x[] = {" + strings.Repeat("1,", 1<<20) + "};\n" + twoPaths,
	}
}

// Each file is looked at, or said to be left out, whatever is beside it.
func TestHostile(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range hostileFiles() {
		// Functions of one name in several files would say no more than one.
		text = strings.ReplaceAll(text, "int f(", fmt.Sprintf("int f_%s(", strings.TrimSuffix(name, filepath.Ext(name))))
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	odd(t)
	apis, err := lockapi.Kernel()
	if err != nil {
		t.Fatal(err)
	}
	facts, err := csource.Analyze(t.Context(), csource.Options{Tree: tree.Options{Paths: []string{"."}, NoRoot: true, Neighbours: true}, APIs: apis})
	if err != nil {
		t.Fatal(err)
	}

	var bugs, notes []string
	for _, s := range facts.Slips {
		bugs = append(bugs, s.Path[0].File)
	}
	slices.Sort(bugs)
	for _, n := range facts.Incomplete {
		notes = append(notes, n.File+": "+n.Reason)
	}
	if want := []string{"braces.c", "crlf.c", "line.c", "loop.c", "missing.c", "open.c", "parens.c", "zero.c"}; !slices.Equal(bugs, want) {
		t.Errorf("bugs found in\n\t%q, not\n\t%q", bugs, want)
	}
	for _, want := range []string{"binary.c: binary file", "dangling.c: a link that leads nowhere", "huge.c: larger than 64 MB", "missing.c: header \"gone.h\" not found", "pipe.c: not a regular file", "self.c: a link that leads nowhere"} {
		if !slices.Contains(notes, want) {
			t.Errorf("no note %q in\n\t%q", want, notes)
		}
	}
}

// odd makes what has the name of a source file and is none. As root one may
// read everything, so a file that may not be read is left to the link.
func odd(t *testing.T) {
	t.Helper()
	steps := []error{
		os.Mkdir("folder.c", 0o755),
		os.Symlink("nowhere", "dangling.c"),
		os.Symlink("self.c", "self.c"),
		syscall.Mkfifo("pipe.c", 0o644),
		os.WriteFile("huge.c", nil, 0o644),
		os.Truncate("huge.c", 100<<20),
	}
	for _, err := range steps {
		if err != nil {
			t.Fatal(err)
		}
	}
}
