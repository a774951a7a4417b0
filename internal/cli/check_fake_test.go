package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gordian/internal/check"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// fakeAnalysis finds what the text says of itself: a line with
//
//	BUG rule confidence name
//
// is a finding of that rule, in function name.
func fakeAnalysis() analysis { return analysis{facts: fakeFacts, judge: fakeJudge} }

func fakeFacts(_ context.Context, o sourceOptions) (*srcfact.Facts, lookAgain, error) {
	s := &srcfact.Facts{Stats: map[string]int64{}}
	if o.Progress != nil {
		o.Progress("reading", 1, 2)
	}
	for _, p := range o.Paths {
		if f := fakeFile(p, o); f.Read != p { // in the overlay
			s.Files = append(s.Files, f)
			continue
		}
		for place := range o.Replace { // a file that is not on disk
			dir, _ := filepath.Abs(p)
			if _, err := os.Stat(place); err != nil && strings.HasPrefix(place, dir+"/") && strings.HasSuffix(place, ".c") {
				s.Files = append(s.Files, fakeFile(place, o))
			}
		}
		err := filepath.WalkDir(p, func(path string, e os.DirEntry, err error) error {
			if err == nil && !e.IsDir() && strings.HasSuffix(path, ".c") {
				s.Files = append(s.Files, fakeFile(path, o))
			}
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	for _, f := range s.Files {
		if st, err := os.Stat(f.Read); err == nil {
			s.Reads = append(s.Reads, srcfact.Read{Path: f.Read, Size: st.Size(), MTime: st.ModTime().UnixNano()})
		}
	}
	s.Stats["files"] = int64(len(s.Files))
	again := func(context.Context, string, string) (*srcfact.Facts, error) { // its text is all that counts
		t := *s
		t.Files = slices.Clone(s.Files)
		return &t, nil
	}
	return s, again, nil
}

func fakeFile(path string, o sourceOptions) srcfact.File {
	root, _ := filepath.Abs(o.Root)
	f := srcfact.File{Path: path, Read: path}
	path, _ = filepath.Abs(path)
	replaced := o.Replace[path] != ""
	if replaced {
		f.Read = o.Replace[path]
	}
	if rel, err := filepath.Rel(root, path); o.Root != "" && err == nil {
		f.Path = rel
		if over := filepath.Join(o.Overlay, rel); o.Overlay != "" && !replaced {
			if st, err := os.Stat(over); err == nil && !st.IsDir() {
				f.Read = over
			}
		}
	}
	b, _ := os.ReadFile(f.Read)
	sum := sha256.Sum256(b)
	f.SHA256, f.Bytes = hex.EncodeToString(sum[:]), int64(len(b))
	return f
}

var fakeBug = regexp.MustCompile(`BUG (\S+) (\S+) (\w+)`)

func fakeJudge(_ context.Context, _ *model.Facts, s *srcfact.Facts, text check.TextSource) []model.Finding {
	var out []model.Finding
	for _, f := range s.Files {
		for i, l := range text.Lines(f.Path) {
			m := fakeBug.FindStringSubmatch(l)
			if m == nil {
				continue
			}
			var fix []model.Fix
			if strings.Contains(l, "FIX") {
				fix = []model.Fix{{Title: "take the line away", Diff: "-" + l, Edits: []model.Edit{{File: f.Path, Line: i + 1, Delete: 1}}}}
			}
			out = append(out, model.Finding{
				Fix:  fix,
				Rule: m[1], Confidence: model.Confidence(m[2]), Function: m[3], File: f.Path, Line: i + 1,
				Severity: model.SevError, Status: model.Potential, Verdict: model.Bug, Title: m[1] + " in " + m[3],
				Fingerprint: model.Fingerprint(m[1], m[3]),
				Locations:   []model.Location{{Function: m[3], File: f.Path, Line: i + 1}},
			})
		}
	}
	model.SortFindings(out)
	return out
}

// checkRun is one run of gordian check on the fake analysis.
type checkRun struct {
	status    int
	out, errs string
}

func runCheck(t *testing.T, stdin string, args ...string) checkRun {
	t.Helper()
	var out, errs bytes.Buffer
	s := fakeStreams(&out, &errs)
	s.In = strings.NewReader(stdin)
	s.source = fakeAnalysis()
	r := checkRun{status: Run(t.Context(), append([]string{"check"}, args...), s)}
	r.out, r.errs = out.String(), errs.String()
	return r
}

// document reads back what --format json printed.
func (r checkRun) document(t *testing.T) *model.Document {
	t.Helper()
	var d model.Document
	if err := json.Unmarshal([]byte(r.out), &d); err != nil {
		t.Fatalf("status %d, %v: %s%s", r.status, err, r.out, r.errs)
	}
	return &d
}

// names are the functions that were reported, sorted.
func names(d *model.Document) string {
	var out []string
	for _, f := range d.Findings {
		out = append(out, f.Function)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// put writes files into a new folder, and returns it.
func put(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func overwrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func slurp(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
