package cparse

import (
	"os"
	"strings"
	"testing"
	"time"

	"gordian/internal/csource/cast"
)

// FuzzParse parses any bytes, in both arms and with a macro of its own for
// every name, and checks that the tree is sound and came in time.
func FuzzParse(f *testing.F) {
	data, err := os.ReadFile("testdata/constructs.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range strings.Split(string(data), "=== ")[1:] {
		_, rest, _ := strings.Cut(c, "\n")
		src, _, _ := strings.Cut(rest, "---\n")
		f.Add(src)
	}
	for _, make := range hostile {
		f.Add(make(3))
		f.Add(make(40))
	}
	f.Fuzz(func(t *testing.T, text string) {
		start := cpuTime()
		for arms := range 2 {
			var a cast.Arena
			checkTree(t, Parse(&a, "x.c", text, Options{Arms: arms, Relevant: relevant}))
			a.Reset()
			checkTree(t, Parse(&a, "x.c", text, Options{Arms: arms, Macros: anyMacro{}}))
		}
		if spent := cpuTime() - start; spent > 10*time.Second+time.Duration(len(text))*20*time.Microsecond {
			t.Errorf("%v for %d bytes", spent, len(text))
		}
	})
}

// anyMacro has nasty macros for short names.
type anyMacro struct{}

func (anyMacro) Lookup(name string) *cast.Macro {
	switch name {
	case "a":
		return &cast.Macro{Name: name, Body: "b->c("}
	case "b":
		return &cast.Macro{Name: name, FuncLike: true, Params: []string{"x", "y"}, Variadic: true, Body: "x##y #x if (x) { goto y; } c(y, ##y)"}
	case "c":
		return &cast.Macro{Name: name, FuncLike: true, Params: []string{"x"}, Body: "a b(x, x, c(x) a) } ) ({ x; })"}
	case "f":
		return &cast.Macro{Name: name, Body: "static int"}
	}
	return nil
}
