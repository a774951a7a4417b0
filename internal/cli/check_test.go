package cli

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

const threeBugs = `// BUG missing-unlock high one
// BUG recursive-lock medium two
// BUG sleep-in-atomic low three
`

func TestCheckConfidence(t *testing.T) {
	dir := put(t, map[string]string{"a.c": threeBugs, "b.c": "clean\n"})
	for _, tt := range []struct {
		args   string
		status int
		names  string
	}{
		{"--format json", exitFindings, "one three two"},
		{"--format json --min-confidence high", exitFindings, "one"},
		{"--format json --rule recursive-lock --rule sleep-in-atomic", exitFindings, "three two"},
		{"--format json --rule sleep-in-atomic", exitOK, "three"}, // too unsure for the status
		{"--format json --rule sleep-in-atomic --min-confidence low", exitFindings, "three"},
		{"--format json --fail-on never", exitOK, "one three two"},
	} {
		r := runCheck(t, "", append(strings.Fields(tt.args), dir)...)
		if d := r.document(t); r.status != tt.status || names(d) != tt.names || len(d.Inputs) != 2 {
			t.Errorf("%s: status %d, %q, %d inputs", tt.args, r.status, names(d), len(d.Inputs))
		}
	}
	r := runCheck(t, "", dir)
	if !strings.Contains(r.out, "1 finding left out: less sure than --min-confidence asks for") || strings.Contains(r.out, "three") {
		t.Errorf("%s", r.out)
	}
}

func TestCheckSuppression(t *testing.T) {
	dir := put(t, map[string]string{"a.c": `/* gordian: ignore missing-unlock the caller releases it */
int one(void)
{
	x(); // BUG missing-unlock high one
	x(); // BUG recursive-lock high two
}
/* gordian: ignore missing-unlock */
// BUG missing-unlock high three
/* gordian: ignore missing-unlocks a reason */
// BUG missing-unlock high four
// BUG missing-unlock high five  gordian: ignore missing-unlock not a comment mark before it
x(); // gordian: ignore sleep-in-atomic BUG sleep-in-atomic high six
`})
	d := runCheck(t, "", "--format", "json", dir).document(t)
	if names(d) != "five four three two" || d.Stats["suppressed"] != 2 {
		t.Errorf("%q, %v", names(d), d.Stats)
	}
	if len(d.Incomplete) != 2 || !strings.Contains(d.Incomplete[0].Reason, "line 7") || !strings.Contains(d.Incomplete[0].Reason, "no reason") ||
		!strings.Contains(d.Incomplete[1].Reason, "did you mean missing-unlock?") {
		t.Errorf("%+v", d.Incomplete)
	}
}

func TestCheckBaseline(t *testing.T) {
	dir := put(t, map[string]string{"a.c": threeBugs, "b.c": ""})
	known := filepath.Join(t.TempDir(), "known.json")
	r := runCheck(t, "", "--write-baseline", known, "--format", "json", dir)
	if d := r.document(t); r.status != exitOK || names(d) != "" || d.Stats["baselined"] != 3 || !strings.Contains(r.errs, "3 findings are known now") {
		t.Errorf("status %d: %s%s", r.status, r.out, r.errs)
	}
	more := put(t, map[string]string{"a.c": "//\n" + threeBugs + "// BUG missing-unlock high one\n// BUG missing-unlock high four\n"})
	r = runCheck(t, "", "--baseline", known, "--format", "json", more)
	if d := r.document(t); r.status != exitFindings || names(d) != "four one" || r.errs != "" {
		t.Errorf("status %d: %s%s", r.status, r.out, r.errs)
	}
	r = runCheck(t, "", "--baseline", filepath.Join(dir, "a.c"), dir)
	if r.status != exitFailure || !strings.Contains(r.errs, "not a baseline") {
		t.Errorf("status %d: %s", r.status, r.errs)
	}
	r = runCheck(t, "", "--baseline", "missing.json", dir)
	if r.status != exitFailure || !strings.Contains(r.errs, "missing.json: no such file") {
		t.Errorf("status %d: %s", r.status, r.errs)
	}
}

func TestCheckStaleBaseline(t *testing.T) {
	t.Chdir(put(t, map[string]string{"a.c": threeBugs, "b.c": "// BUG missing-unlock high other\n"}))
	runCheck(t, "", "--write-baseline", "known.json", ".")
	overwrite(t, "a.c", "// BUG missing-unlock high one\n")
	r := runCheck(t, "", "--baseline", "known.json", "a.c")
	if r.status != exitOK || strings.Count(r.errs, "stale") != 2 || strings.Contains(r.errs, "other") {
		t.Errorf("status %d: %s", r.status, r.errs)
	}
}

func TestCheckStdin(t *testing.T) {
	r := runCheck(t, threeBugs, "--format", "json", "-")
	d := r.document(t)
	if names(d) != "one three two" || d.Inputs[0].Path != "<stdin>" || d.Findings[0].File != "<stdin>" {
		t.Errorf("status %d: %s%s", r.status, r.out, r.errs)
	}
	if r := runCheck(t, "", "-"); r.status != exitFailure || !strings.Contains(r.errs, "nothing came in") {
		t.Errorf("status %d: %s", r.status, r.errs)
	}
	if r := runCheck(t, "x", "-", "a.c"); r.status != exitFailure {
		t.Errorf("status %d: %s", r.status, r.errs)
	}
}

func TestCheckUsage(t *testing.T) {
	dir := put(t, map[string]string{"a.c": "", "x.h": "", "known.json": ""})
	for args, want := range map[string]string{
		"":                         "no source given",
		"missing.c":                "missing.c: no such file",
		"--rule nonsense .":        `no rule "nonsense"`,
		"--rule recursive-locks .": "did you mean recursive-lock?",
		"--root missing .":         "--root missing: no such file",
		"--overlay a.c .":          "--overlay a.c: not a folder",
		"x.h":                      "no C source was read",
		"-o a.c a.c":               "is an input",
	} {
		t.Chdir(dir)
		r := runCheck(t, "", strings.Fields(args)...)
		if r.status != exitFailure || !strings.Contains(r.errs, want) || r.out != "" {
			t.Errorf("%q: status %d: %s%s", args, r.status, r.out, r.errs)
		}
	}
}

func TestManyInputs(t *testing.T) {
	d := &model.Document{}
	for range manyInputs + 5 {
		d.Inputs = append(d.Inputs, model.Input{Path: "x" + strings.Repeat("y", len(d.Inputs)) + ".c"})
	}
	d.Incomplete = []model.Incomplete{{Input: 7}}
	d.Findings = []model.Finding{{File: d.Inputs[3].Path, Path: []model.PathStep{{Why: []model.Provenance{{Input: 9}}}},
		Evidence: []model.Provenance{{Input: 3}, {Input: -1}}}}
	pruneInputs(d)
	if len(d.Inputs) != 3 || d.Incomplete[0].Input != 1 || d.Findings[0].Path[0].Why[0].Input != 2 || d.Findings[0].Evidence[0].Input != 0 || d.Findings[0].Evidence[1].Input != -1 {
		t.Errorf("%+v", d)
	}
}

// An interrupt ends the run at once, says what was going on, and reports nothing.
func TestCheckInterrupt(t *testing.T) {
	dir := put(t, map[string]string{"a.c": threeBugs})
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs bytes.Buffer
	s := fakeStreams(&out, &errs)
	s.source = fakeAnalysis()
	release := make(chan bool)
	defer close(release)
	s.source.facts = func(_ context.Context, o sourceOptions) (*srcfact.Facts, lookAgain, error) {
		o.Progress("reading files", 3, 10)
		cancel()
		<-release // an analysis that does not stop
		return nil, nil, errors.New("too late")
	}
	file := filepath.Join(dir, "out.txt")
	if got := Run(ctx, []string{"check", "-o", file, dir}, s); got != exitInterrupted || out.Len() > 0 || exists(file) {
		t.Errorf("status %d: %s", got, out.String())
	}
	if want := "gordian: interrupted while reading files: nothing is reported\n"; errs.String() != want {
		t.Errorf("%q", errs.String())
	}
}

func TestStages(t *testing.T) {
	var b bytes.Buffer
	now := time.Unix(0, 0)
	p := &stages{w: &b, width: 100, now: func() time.Time { return now }, begin: now}
	p.update("headers", 1, 2)
	if b.Len() > 0 {
		t.Errorf("drawn at once: %q", b.String())
	}
	now = now.Add(time.Second)
	p.update("files", 0, 400)
	now = now.Add(10 * time.Second)
	p.update("files", 100, 400)
	p.update("files", 101, 400) // too soon
	now = now.Add(time.Second)
	p.update("thinking", 0, 0)
	p.done()
	p.update("files", 102, 400)
	want := "\r\x1b[K[" + strings.Repeat(".", 40) + "]   0 %  files, 0 of 400" +
		"\r\x1b[K[" + strings.Repeat("#", 10) + strings.Repeat(".", 30) + "]  25 %  files, 100 of 400, 30 s left" +
		"\r\x1b[Kthinking\r\x1b[K"
	if b.String() != want {
		t.Errorf("%q\n%q", b.String(), want)
	}
	if got := remaining(125 * time.Second); got != "2:05 min left" {
		t.Error(got)
	}
	if !strings.HasPrefix((&stages{stage: "x", width: 10}).line(1, 2, 0), "50 %") {
		t.Error("a narrow terminal")
	}
}
