package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSplitWords(t *testing.T) {
	for in, want := range map[string]string{
		"a b":           "a|b",
		"  a\tb  ":      "a|b",
		`a 'b c' "d'e"`: "a|b c|d'e",
		`a ''`:          "a|",
		`x"y z"w`:       "xy zw",
		`'open`:         "!",
		"":              "!",
		"   ":           "!",
	} {
		words, err := splitWords(in)
		got := strings.Join(words, "|")
		if err != nil {
			got = "!"
		}
		if got != want {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
}

func FuzzSplitWords(f *testing.F) {
	f.Add(`a 'b c' "d`)
	f.Fuzz(func(t *testing.T, s string) {
		words, err := splitWords(s)
		if (len(words) == 0) != (err != nil) {
			t.Errorf("%q: %q, %v", s, words, err)
		}
	})
}

// What is wrong is said before anything boots, and with status 2.
func TestLabRunRefuses(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("XDG_CACHE_HOME", dir)
	image := slices.Concat(make([]byte, 0x202), []byte("HdrS"), make([]byte, 8), []byte{0x20, 0}, make([]byte, 0x10), []byte("6.1.0-9-amd64 (x@y) #1\x00"))
	for name, b := range map[string][]byte{
		"text": []byte("no kernel"), "bzImage": image, "m.ko": []byte("no module"), "two/a.ko": nil, "two/b.ko": nil, "none/x": nil,
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for args, want := range map[string]string{
		"--kernel ./missing":                           "kernel image: open ./missing",
		"--kernel ./text":                              "this is no x86 bzImage",
		"--kernel nonsense":                            "no such kernel: nonsense",
		"--kernel ./bzImage --modules-dir ./missing":   "./missing is no folder",
		"--kernel ./bzImage --module missing.ko":       "missing.ko: no such file",
		"--kernel ./bzImage --module m.ko":             "m.ko: this is no kernel module",
		"--kernel ./bzImage --module two":              "two has 2 modules",
		"--kernel ./bzImage --module none":             "neither C source nor a .ko file",
		"--kernel ./bzImage --cpus 0":                  "--cpus 0",
		"--kernel ./bzImage --memory 1":                "--memory 1",
		"--kernel ./bzImage --exec no-such-program":    "no-such-program",
		"--kernel ./bzImage --file text:relative":      "must be absolute",
		"--kernel ./bzImage --file missing:/x":         "missing: no such file",
		"--kernel ./bzImage --explore":                 "--explore: name the module",
		"--kernel ./bzImage --dump-format core":        "must be one of elf, kdump-zlib",
		"--kernel ./bzImage --module m.ko --explore=f": "m.ko: this is no kernel module",
	} {
		var out, errs bytes.Buffer
		s := Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: os.Getenv}
		status := Run(t.Context(), append([]string{"lab", "run"}, strings.Fields(args)...), s)
		if status != exitFailure || !strings.Contains(errs.String(), want) || out.Len() > 0 {
			t.Errorf("%s: status %d, %q, want 2 and %q", args, status, errs.String(), want)
		}
	}
	if _, err := os.Stat("gordian-lab.log"); err == nil {
		t.Error("a run that was refused left a log")
	}
}

func TestExploredFunctions(t *testing.T) {
	name := filepath.Join(t.TempDir(), "report.json")
	write := func(text string) {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"schema":"gordian/v1","findings":[
		{"rule":"lock-order-inversion","function":"fill","path":[{"kind":"before","from":"a","to":"b","at":"fill (x.c:3)"},{"kind":"before","from":"b","to":"a","at":"drain()"}]},
		{"rule":"missing-unlock","function":"other"}]}`)
	for value, want := range map[string]string{exploreAll: "", "f,g": "f g", name: "drain fill"} {
		got, err := exploredFunctions(value)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v, want %q", value, got, err, want)
		}
	}
	write(`{"schema":"gordian/v1","findings":[]}`)
	if _, err := exploredFunctions(name); err == nil || !strings.Contains(err.Error(), "no finding about the order of locks") {
		t.Errorf("an empty report: %v", err)
	}
}
