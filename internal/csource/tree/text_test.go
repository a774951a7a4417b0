package tree

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestScanIncludes(t *testing.T) {
	got := scanIncludes("#include <a.h>\n  #  include\t\"b.h\" // x\nint x; #include <no.h>\n#include \"open\n#include <open2\n" +
		"#include MACRO\n#include \"\"\n#define S \"#include\"\n#include \"last.h\"")
	want := []include{{"a.h", true}, {"b.h", false}, {"last.h", false}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := scanIncludes("#include <" + strings.Repeat("x", 1000) + ">"); got != nil {
		t.Errorf("a name of 1000 bytes: %v", got)
	}
}

func TestDirectives(t *testing.T) {
	tests := []struct {
		text  string
		only  bool
		lines []string
	}{
		{"", true, nil},
		{"/* a\n * b */\n// c\n#define A 1\n", true, []string{"#define A 1\n"}},
		{"#define A \\\n\t1\n#if X", true, []string{"#define A \\\n\t1\n", "#if X"}},
		{"#define A /* b\n c */ 1\n#endif", true, []string{"#define A /* b\n c */ 1\n", "#endif"}},
		{"#define A /* b */ 1\n#endif", true, []string{"#define A /* b */ 1\n", "#endif"}},
		{"#define A\nint x;\n", false, []string{"#define A\n"}},
		{"#define A \\", true, []string{"#define A \\"}},
		{"#define A /* open", true, []string{"#define A /* open"}},
		{"/* open", true, nil},
		{"/", false, nil},
	}
	for _, tt := range tests {
		var lines []string
		only := directives(tt.text, func(l string) { lines = append(lines, l) })
		if only != tt.only || !slices.Equal(lines, tt.lines) {
			t.Errorf("%q: %v %q, want %v %q", tt.text, only, lines, tt.only, tt.lines)
		}
	}
}

func TestRegisterLists(t *testing.T) {
	r := &reader{relevant: lockNames}
	for text, want := range map[string]bool{
		"#define A 1\n#define B(x) ((x) << 2)\n":                   true,
		"#define A lock\n":                                         true, // an object-like macro of a huge list is a number
		"#define A(x) spin_lock(x)\n":                              false,
		"# define A(x) do { \\\n spin_lock(x); \\\n } while (0)\n": false,
		"#define A 1\nstruct a { int b; };\n":                      false,
	} {
		if got := r.isList(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestHiddenArms(t *testing.T) {
	r := &reader{relevant: lockNames}
	for text, want := range map[string]bool{
		"spin_lock(a);\n":                          false,
		"#ifdef CONFIG_A\nspin_lock(a);\n#endif\n": false,
		"#ifdef CONFIG_A\nspin_lock(a);\n#else\nx();\n#endif\nspin_lock(b);\n":              false,
		"#ifdef CONFIG_A\nx();\n#else\nspin_lock(a);\n#endif\n":                             true,
		"#if A\nx();\n#elif B\nspin_lock(a);\n#endif\n":                                     true,
		"#ifndef CONFIG_A\nspin_lock(a);\n#endif\n":                                         true,
		"#if !defined(A)\nspin_lock(a);\n# endif\n":                                         true,
		"#ifdef A\n#else\n#ifdef B\nspin_lock(a);\n#endif\n#endif\n":                        true,
		"#ifdef A\n#else\n#ifdef B\nx();\n#else\ny();\n#endif\nz();\n#endif\nspin_lock(a);": false,
		"#ifdef A\n#else\n#ifdef B\nx();\n#else\ny();\n#endif\nspin_lock(a);\n#endif\n":     true,
		"#else\nspin_lock(a);\n#endif\n#endif\n#elif\n#if":                                  false,
		"a #else spin_lock\n#endif\n":                                                       false,
		"#":                                                                                 false,
	} {
		if got := r.hidden(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
