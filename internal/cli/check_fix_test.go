package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gordian/internal/check"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

const fixable = `int a;
// BUG missing-unlock high one FIX
// BUG missing-unlock high two
// BUG recursive-lock low three FIX
int b;
`

func TestCheckFix(t *testing.T) {
	t.Chdir(put(t, map[string]string{"a.c": fixable, "b.c": strings.ReplaceAll(fixable, "\n", "\r\n")}))
	r := runCheck(t, "", "--fix", "--format", "json", "a.c", "b.c")
	if d := r.document(t); names(d) != "three three two two" || d.Stats["fixed"] != 2 || strings.Count(r.errs, "gordian: fixed ") != 2 {
		t.Errorf("%q %v %s", names(d), d.Stats, r.errs)
	}
	want := strings.Replace(fixable, "// BUG missing-unlock high one FIX\n", "", 1)
	if slurp(t, "a.c") != want || slurp(t, "b.c") != strings.ReplaceAll(want, "\n", "\r\n") {
		t.Errorf("%q\n%q", slurp(t, "a.c"), slurp(t, "b.c"))
	}
	r = runCheck(t, "", "--fix", "a.c")
	if r.status != exitFindings || !strings.Contains(r.errs, "nothing to fix") || slurp(t, "a.c") != want {
		t.Errorf("status %d: %s", r.status, r.errs)
	}
	for _, args := range []string{"--fix -"} {
		if r := runCheck(t, fixable, strings.Fields(args)...); r.status != exitFailure {
			t.Errorf("%s: status %d", args, r.status)
		}
	}
}

// A file that changes between the analysis and the fix stays as it is.
func TestCheckFixDirty(t *testing.T) {
	dir := put(t, map[string]string{"a.c": fixable, "over/a.c": fixable})
	t.Chdir(dir)
	var out, errs bytes.Buffer
	s := fakeStreams(&out, &errs)
	s.source = fakeAnalysis()
	s.source.judge = func(ctx context.Context, f *model.Facts, sf *srcfact.Facts, text check.TextSource) []model.Finding {
		found := fakeJudge(ctx, f, sf, text)
		if len(found) == 3 && !strings.Contains(slurp(t, "a.c"), "edited") {
			overwrite(t, "a.c", "edited\n"+fixable)
		}
		return found
	}
	if got := Run(t.Context(), []string{"check", "--fix", "a.c"}, s); got != exitFindings || !strings.Contains(errs.String(), "a.c has changed since it was read") {
		t.Errorf("status %d: %s", got, errs.String())
	}
	if slurp(t, "a.c") != "edited\n"+fixable {
		t.Error("the file was changed")
	}
}

// A fix that does not cure, or that overlaps with another, is not applied; an
// overlay's file is fixed in place of the tree's.
func TestCheckFixOverlay(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir := put(t, map[string]string{"tree/a.c": "int x;\n", "over/a.c": fixable})
	r := runCheck(t, "", "--fix", "--root", filepath.Join(dir, "tree"), "--overlay", filepath.Join(dir, "over"), filepath.Join(dir, "tree", "a.c"))
	if r.status != exitFindings || slurp(t, filepath.Join(dir, "tree/a.c")) != "int x;\n" || strings.Contains(slurp(t, filepath.Join(dir, "over/a.c")), "one") {
		t.Errorf("status %d: %s%s", r.status, r.out, r.errs)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "gordian-fix-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestManyFixes(t *testing.T) {
	var text strings.Builder
	for i := range maxConfirmed + 5 {
		fmt.Fprintf(&text, "// BUG missing-unlock high f%d FIX\n\n\n\n", i) // apart: they are tried together
	}
	dir := put(t, map[string]string{"a.c": text.String()})
	with := 0
	for _, f := range runCheck(t, "", "--format", "json", dir).document(t).Findings {
		if len(f.Fix) > 0 {
			with++
		}
	}
	if with != maxConfirmed {
		t.Errorf("%d fixes, want %d", with, maxConfirmed)
	}
}
