package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const oneMore = `--- a/d/a.c
+++ b/d/a.c
@@ -1,2 +1,3 @@
 // BUG missing-unlock high one
+// BUG missing-unlock high two
 // end
--- /dev/null
+++ b/d/n.c
@@ -0,0 +1 @@
+// BUG missing-unlock high three
`

func TestCheckDiff(t *testing.T) {
	before := map[string]string{"d/a.c": "// BUG missing-unlock high one\n// end\n", "d/b.c": "// BUG missing-unlock high other\n"}
	after := map[string]string{"d/a.c": "// BUG missing-unlock high one\n// BUG missing-unlock high two\n// end\n", "d/n.c": "// BUG missing-unlock high three\n", "d/b.c": before["d/b.c"]}
	patch := filepath.Join(put(t, map[string]string{"p.diff": oneMore}), "p.diff")
	for _, tt := range []struct {
		name    string
		files   map[string]string
		path    string
		names   string
		notNew  int64
		problem string
	}{
		{"applied", after, "", "three two", 1, ""},
		{"applied, folder", after, "d", "three two", 2, ""},
		{"applied, one file", after, "d/n.c", "three", 0, ""},
		{"pending", before, "", "three two", 1, ""},
		{"other", map[string]string{"d/a.c": "x\n"}, "", "", 0, "does not match the file"},
	} {
		t.Chdir(put(t, tt.files))
		args := []string{"--diff", patch, "--format", "json"}
		if tt.path != "" {
			args = append(args, tt.path)
		}
		r := runCheck(t, "", args...)
		if tt.problem != "" {
			if r.status != exitFailure || !strings.Contains(r.errs, tt.problem) {
				t.Errorf("%s: status %d: %s", tt.name, r.status, r.errs)
			}
			continue
		}
		if d := r.document(t); names(d) != tt.names || d.Stats["findings_not_new"] != tt.notNew || r.status != exitFindings {
			t.Errorf("%s: %q, status %d, %v", tt.name, names(d), r.status, d.Stats)
		}
	}
}

func TestCheckDiffOverlay(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir := put(t, map[string]string{"tree/d/a.c": "// BUG missing-unlock high one\n// end\n", "over/d/b.c": "// BUG missing-unlock high b\n", "tree/d/b.c": "\n"})
	t.Chdir(dir)
	r := runCheck(t, oneMore, "--diff", "-", "--format", "json", "--root", "tree", "--overlay", "over", "tree/d/b.c", "tree/d/a.c")
	if d := r.document(t); names(d) != "two" || d.Stats["findings_not_new"] != 2 {
		t.Errorf("%q %v", names(d), d.Stats)
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "gordian-change-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestCheckDiffNothing(t *testing.T) {
	t.Chdir(put(t, map[string]string{"x.h": "b\n"}))
	r := runCheck(t, "--- a/x.h\n+++ b/x.h\n@@ -1 +1 @@\n-a\n+b\n", "--diff", "-")
	if r.status != exitOK || !strings.Contains(r.errs, "touches headers only") {
		t.Errorf("status %d: %s%s", r.status, r.out, r.errs)
	}
	r = runCheck(t, "--- a/Kconfig\n+++ b/Kconfig\n@@ -1 +1 @@\n-a\n+b\n", "--diff", "-")
	if r.status != exitOK || !strings.Contains(r.errs, "no C source") {
		t.Errorf("status %d: %s%s", r.status, r.out, r.errs)
	}
	r = runCheck(t, "", "--diff", "-")
	if r.status != exitFailure || !strings.Contains(r.errs, "no unified diff") {
		t.Errorf("status %d: %s%s", r.status, r.out, r.errs)
	}
	for _, args := range []string{"--diff x --since y", "--since HEAD -"} {
		if r := runCheck(t, "", strings.Fields(args)...); r.status != exitFailure {
			t.Errorf("%s: status %d", args, r.status)
		}
	}
}

func TestCheckSince(t *testing.T) {
	dir := put(t, map[string]string{"d/a.c": "// BUG missing-unlock high one\n"})
	t.Chdir(dir)
	r := runCheck(t, "", "--since", "HEAD", "d")
	if r.status != exitFailure || !strings.Contains(r.errs, "in no git repository") {
		t.Errorf("status %d: %s", r.status, r.errs)
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "x"}} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	overwrite(t, "d/a.c", "// BUG missing-unlock high one\n// BUG missing-unlock high two\n")
	overwrite(t, "d/n.c", "// BUG missing-unlock high three\n")
	for _, path := range []string{".", "d", ""} {
		args := []string{"--since", "HEAD", "--format", "json"}
		if path != "" {
			args = append(args, path)
		}
		if d := runCheck(t, "", args...).document(t); names(d) != "three two" {
			t.Errorf("%q: %q", path, names(d))
		}
	}
	if r := runCheck(t, "", "--since", "HEAD", "--format", "json", "."); names(r.document(t)) != "three two" {
		t.Errorf("%s", r.out)
	}
	for _, args := range [][]string{{"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "y"}} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", args, out)
		}
	}
	if r := runCheck(t, "", "--since", "HEAD", "."); r.status != exitOK || !strings.Contains(r.errs, "the change touches no C source") {
		t.Errorf("status %d: %s%s", r.status, r.out, r.errs)
	}
	if r := runCheck(t, "", "--since", "nowhere", "d"); r.status != exitFailure || !strings.Contains(r.errs, `no revision "nowhere"`) {
		t.Errorf("status %d: %s", r.status, r.errs)
	}
}
