package cparse

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the trees of testdata as they are now")

// TestConstructs parses each case of testdata/constructs.txt. Behind a line
// "---" stands its tree, one operator per bracket, and what was skipped.
func TestConstructs(t *testing.T) {
	const path = "testdata/constructs.txt"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	cases := strings.Split(string(data), "=== ")[1:]
	if len(cases) < 60 {
		t.Errorf("only %d cases", len(cases))
	}
	for _, c := range cases {
		name, rest, _ := strings.Cut(c, "\n")
		src, want, _ := strings.Cut(rest, "---\n")
		got := describe(src)
		if got != want && !*update {
			t.Errorf("%s:\n%sgot\n%swant\n%s", name, src, got, want)
		}
		fmt.Fprintf(&out, "=== %s\n%s---\n%s", name, src, got)
	}
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// describe dumps the tree of arm 0, and that of arm 1 if it differs.
func describe(src string) string {
	o := Options{Relevant: relevant}
	f := Parse(nil, "x.c", src, o)
	s := dumpFile(f)
	for _, c := range f.Comments {
		s += fmt.Sprintf("comment %q\n", c.Text)
	}
	if st := f.Stats; st.SkipStmts+st.SkipDecls > 0 {
		s += fmt.Sprintf("skipped %d statements in %d functions, %d declarations; %s\n", st.SkipStmts, st.BadFuncs, st.SkipDecls, st.FirstError)
	}
	if f.Arms {
		o.Arms = 1
		s += "arms 1\n" + dumpFile(Parse(nil, "x.c", src, o))
	}
	return s
}

// TestFiles compares the trees of whole files with those beside them.
func TestFiles(t *testing.T) {
	for _, name := range []string{"driver.c", "board.h"} {
		src, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		got := describe(string(src))
		if *update {
			if err := os.WriteFile("testdata/"+name+".tree", []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile("testdata/" + name + ".tree")
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}
