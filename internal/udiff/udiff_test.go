package udiff

import (
	"errors"
	"strings"
	"testing"
)

const before = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"
const after = "one\ntwo\n3\nfour\nfive\nsix\nseven\neight"

const change = `From: someone
Subject: numbers

---
 x.c | 3 ++-

diff --git a/x.c b/x.c
index 1..2 100644
--- a/x.c
+++ b/x.c	2024-01-01 00:00:00
@@ -1,5 +1,5 @@ head
 one
 two
-three
+3
 four
 five
@@ -6,2 +6,3 @@
 six
 seven
+eight
\ No newline at end of file
-- 
2.39
`

func parseOne(t *testing.T, text string) *File {
	t.Helper()
	fs, err := Parse(text)
	if err != nil || len(fs) != 1 {
		t.Fatalf("%d files, %v", len(fs), err)
	}
	return fs[0]
}

func TestApplyAndReverse(t *testing.T) {
	f := parseOne(t, change)
	if f.Old != "a/x.c" || f.New != "b/x.c" || len(f.Hunks) != 2 {
		t.Fatalf("%+v", f)
	}
	if got, err := f.Apply(before); err != nil || got != after {
		t.Errorf("forwards: %q %v", got, err)
	}
	if got, err := f.Reverse().Apply(after); err != nil || got != before {
		t.Errorf("backwards: %q %v", got, err)
	}
	if got, err := f.Apply("zero\n" + before); err != nil || got != "zero\n"+after {
		t.Errorf("moved: %q %v", got, err)
	}
	_, err := f.Apply(after)
	if !errors.Is(err, ErrMismatch) || !strings.Contains(err.Error(), `line 3 is "3", and the diff expects "three"`) {
		t.Errorf("mismatch: %v", err)
	}
	if _, err := f.Apply(""); !errors.Is(err, ErrMismatch) {
		t.Errorf("empty: %v", err)
	}
}

func TestNewDeletedRenamedBinary(t *testing.T) {
	fs, err := Parse("diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1,2 @@\n+a\n+b\n" +
		"--- a/d\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n" +
		"diff --git a/o b/p\nsimilarity index 100%\nrename from o\nrename to p\n" +
		"diff --git a/q b/r\nrename from q\nrename to r\n--- a/q\n+++ b/r\n@@ -1 +1 @@\n-x\n+y\n" +
		"diff --git a/i b/i\nBinary files a/i and b/i differ\n" +
		"--- \"a/\\303\\244.c\"\n+++ \"b/\\303\\244.c\"\n@@ -1 +1 @@\r\n-x\r\n+y\r\n")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range fs {
		names = append(names, f.Old+">"+f.New)
	}
	if got, want := strings.Join(names, " "), ">b/n a/d> a/o>b/p a/q>b/r a/i>b/i a/ä.c>b/ä.c"; got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	if got, err := fs[0].Apply(""); err != nil || got != "a\nb\n" {
		t.Errorf("new: %q %v", got, err)
	}
	if got, err := fs[0].Reverse().Apply("a\nb\n"); err != nil || got != "" {
		t.Errorf("not new: %q %v", got, err)
	}
	if got, err := fs[1].Apply("gone\n"); err != nil || got != "" {
		t.Errorf("deleted: %q %v", got, err)
	}
	if got, err := fs[2].Apply("same"); err != nil || got != "same" {
		t.Errorf("renamed: %q %v", got, err)
	}
	if _, err := fs[4].Apply("x"); !errors.Is(err, ErrMismatch) {
		t.Errorf("binary: %v", err)
	}
	if got, err := fs[5].Apply("x\r\n"); err != nil || got != "y\r\n" {
		t.Errorf("CRLF: %q %v", got, err)
	}
}

func TestBadDiffs(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "no unified diff",
		"hello\n":                              "no unified diff",
		"--- a\n+++ b\n@@ -1,3 +1,3 @@\n x\n":  "is cut",
		"--- a\n+++ b\n@@ -1 +1 @@\n x\n-y\n":  "",
		"--- a\n+++ b\n@@ -1 +1 @@\n-x\n-y\n":  "more lines than it says",
		"--- a\n+++ b\n@@ nonsense\n":          "not a hunk header",
		"--- a\n+++ b\n@@ -1,2 +1 @@\n-x\n!\n": "begins with",
		"--- /dev/null\n+++ /dev/null\n":       "both sides",
	} {
		_, err := Parse(text)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// FuzzParse: any diff either fails or undoes itself where it applies.
func FuzzParse(f *testing.F) {
	f.Add(change, before)
	f.Add("--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n", "")
	f.Fuzz(func(t *testing.T, diff, text string) {
		fs, err := Parse(diff)
		if err != nil {
			return
		}
		for _, x := range fs {
			got, err := x.Apply(text)
			if err != nil {
				continue
			}
			if _, err := x.Reverse().Apply(got); err != nil && !errors.Is(err, ErrMismatch) {
				t.Errorf("back: %v", err)
			}
		}
	})
}
