package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gordian/internal/srcfact"
)

// A second run on the same files gives the same bytes without an analysis.
func TestCheckCache(t *testing.T) {
	dir := put(t, map[string]string{"a.c": threeBugs})
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "a.c"), old, old); err != nil {
		t.Fatal(err)
	}
	cache := filepath.Join(t.TempDir(), "cache")
	runs := 0
	run := func(args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		s := fakeStreams(&out, &errs)
		s.source = fakeAnalysis()
		s.source.facts = func(ctx context.Context, o sourceOptions) (*srcfact.Facts, lookAgain, error) {
			runs++
			return fakeFacts(ctx, o)
		}
		if got := Run(t.Context(), append([]string{"check", "--format", "json", "--cache-dir", cache, dir}, args...), s); got != exitFindings {
			t.Errorf("status %d: %s", got, errs.String())
		}
		return out.String()
	}
	first := run()
	if again := run(); again != first || runs != 1 {
		t.Errorf("%d runs:\n%s\n%s", runs, first, again)
	}
	if run("--no-cache") != first || runs != 2 {
		t.Errorf("%d runs", runs)
	}
	if run("--root", dir) == first || runs != 3 {
		t.Errorf("%d runs", runs)
	}
	if only := run("--rule", "missing-unlock"); runs != 3 || strings.Contains(only, "recursive-lock") {
		t.Errorf("%d runs: %s", runs, only)
	}
	overwrite(t, filepath.Join(dir, "a.c"), "// BUG missing-unlock high changed\n")
	if changed := run(); runs != 4 || !strings.Contains(changed, "changed") {
		t.Errorf("%d runs: %s", runs, changed)
	}
	if files, err := filepath.Glob(filepath.Join(cache, "*")); err != nil || len(files) != 2 {
		t.Errorf("%v %v", files, err)
	}
}

func TestProjects(t *testing.T) {
	dir := put(t, map[string]string{"gordian.toml": "", "a/b/x.c": "", "c/gordian.toml": "", "c/d/y.c": "", "git/.git/HEAD": "", "git/z.c": ""})
	rel := func(list []string) string {
		var out []string
		for _, f := range list {
			r, err := filepath.Rel(dir, f)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, r)
		}
		return strings.Join(out, " ")
	}
	for _, tt := range []struct{ root, paths, want string }{
		{"", "a/b/x.c c/d c/d/y.c", "c/gordian.toml gordian.toml"},
		{"a", "a/b/x.c", ""},
		{"", "git/z.c", ""},
	} {
		root, paths := tt.root, []string{}
		if root != "" {
			root = filepath.Join(dir, root)
		}
		for p := range strings.FieldsSeq(tt.paths) {
			paths = append(paths, filepath.Join(dir, p))
		}
		if got, err := projects("", root, paths); err != nil || rel(got) != tt.want {
			t.Errorf("%+v: %q %v", tt, rel(got), err)
		}
	}
	if _, err := projects("missing.toml", "", nil); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}
