package change

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// say writes a change down: "path old>new", "-" for what does not exist.
func say(s *Set) string {
	word := func(t Text) string {
		if !t.Exists {
			return "-"
		}
		return strings.ReplaceAll(t.Text, "\n", "")
	}
	var out []string
	for _, f := range s.Files {
		p := ""
		if f.Pending {
			p = "*"
		}
		out = append(out, f.Path+p+" "+word(f.Old)+">"+word(f.New))
	}
	return strings.Join(out, ", ")
}

const diff = `diff --git a/d/x.c b/d/x.c
--- a/d/x.c
+++ b/d/x.c
@@ -1 +1 @@
-old
+new
diff --git a/d/n.h b/d/n.h
new file mode 100644
--- /dev/null
+++ b/d/n.h
@@ -0,0 +1 @@
+fresh
diff --git a/Kconfig b/Kconfig
--- a/Kconfig
+++ b/Kconfig
@@ -1 +1 @@
-a
+b
`

func TestFromDiff(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
		fails string
	}{
		{"applied", map[string]string{"d/x.c": "new\n", "d/n.h": "fresh\n"}, "d/n.h ->fresh, d/x.c old>new", ""},
		{"pending", map[string]string{"d/x.c": "old\n"}, "d/n.h* ->fresh, d/x.c* old>new", ""},
		{"neither", map[string]string{"d/x.c": "other\n", "d/n.h": "fresh\n"}, "", `d/x.c: line 4 of the diff: the diff does not match the file: line 1 is "other"`},
		{"half", map[string]string{"d/x.c": "old\n", "d/n.h": "fresh\n"}, "", "does not match"},
		{"elsewhere", map[string]string{"e/y.c": "old\n"}, "", "d/x.c, which is not in"},
	} {
		dir := t.TempDir()
		put(t, dir, tt.files)
		s, err := FromDiff(diff, []string{dir}, nil)
		switch {
		case tt.fails == "" && (err != nil || say(s) != tt.want):
			t.Errorf("%s: %v, %v", tt.name, s, err)
		case tt.fails != "" && (err == nil || !strings.Contains(err.Error(), tt.fails)):
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestFromDiffElsewhere(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string]string{"x.c": "new\n", "over/x.c": "old\n"})
	if s, err := FromDiff("--- x.c\n+++ x.c\n@@ -1 +1 @@\n-old\n+new\n", []string{filepath.Join(dir, "none"), dir}, nil); err != nil || say(s) != "x.c old>new" {
		t.Errorf("%v %v", s, err)
	}
	over := func(abs string) string { return filepath.Join(filepath.Dir(abs), "over", filepath.Base(abs)) }
	if s, err := FromDiff("--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-old\n+new\n", []string{dir}, over); err != nil || say(s) != "x.c* old>new" {
		t.Errorf("%v %v", s, err)
	}
	if _, err := FromDiff("--- a/../../x.c\n+++ b/../../x.c\n@@ -1 +1 @@\n-old\n+new\n", []string{filepath.Join(dir, "over")}, nil); err == nil {
		t.Error("a name leads out of the folder")
	}
	if s, err := FromDiff("--- a/Kconfig\n+++ b/Kconfig\n@@ -1 +1 @@\n-old\n+new\n", []string{dir}, nil); err != nil || len(s.Files) != 0 {
		t.Errorf("%v %v", s, err)
	}
	rename := "diff --git a/y.c b/x.c\nrename from y.c\nrename to x.c\n--- a/y.c\n+++ b/x.c\n@@ -1 +1 @@\n-old\n+new\n"
	if s, err := FromDiff(rename, []string{dir}, nil); err != nil || say(s) != "x.c ->new, y.c old>-" {
		t.Errorf("%v %v", s, err)
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	s := &Set{Base: "/base", Files: []File{{Path: "d/x.c", Old: Text{true, "old"}}, {Path: "n.c", New: Text{true, "new"}}}}
	files, err := s.Write(dir, Old)
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	for name, want := range map[string]string{"/base/d/x.c": "old", "/base/n.c": ""} {
		if b, err := os.ReadFile(files[name]); err != nil || string(b) != want {
			t.Errorf("%s: %q %v", name, b, err)
		}
	}
}

func TestFromGit(t *testing.T) {
	dir := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		c := exec.Command("git", args...)
		c.Dir = dir
		c.Env = append(os.Environ(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b", "GIT_CONFIG_GLOBAL=/dev/null")
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v %s", args, err, out)
		}
	}
	run("init", "-q", "-b", "main")
	put(t, dir, map[string]string{"d/x.c": "1\n", "same.c": "s", "gone.c": "g\n", "up.c": "u\n", ".gitignore": "ignored.c\n"})
	run("add", ".")
	run("commit", "-q", "-m", "one")
	run("checkout", "-q", "-b", "work")
	put(t, dir, map[string]string{"d/x.c": "2\n"})
	run("commit", "-q", "-a", "-m", "two")
	run("checkout", "-q", "main")
	put(t, dir, map[string]string{"up.c": "upstream\n"})
	run("commit", "-q", "-a", "-m", "not ours")
	run("checkout", "-q", "work")
	put(t, dir, map[string]string{"d/ä.h": "fresh\n", "ignored.c": "i", "note.txt": "t"})
	if err := os.Remove(filepath.Join(dir, "gone.c")); err != nil {
		t.Fatal(err)
	}
	s, err := FromGit(t.Context(), filepath.Join(dir, "d"), "main")
	if err != nil || say(s) != "d/x.c 1>2, d/ä.h ->fresh, gone.c g>-" {
		t.Errorf("%v %v", s, err)
	}
	for rev, want := range map[string]string{"nonsense": `no revision "nonsense"`, "--help": "no revision", "": "no revision"} {
		if _, err := FromGit(t.Context(), dir, rev); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", rev, err)
		}
	}
	if _, err := FromGit(t.Context(), t.TempDir(), "HEAD"); err == nil || !strings.Contains(err.Error(), "in no git repository") {
		t.Errorf("no repository: %v", err)
	}
}
