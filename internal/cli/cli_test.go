package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gordian/internal/check"
	"gordian/internal/evidence"
	"gordian/internal/model"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// fakeStreams is a world without a terminal, in which read finds nothing.
func fakeStreams(out, errs io.Writer) Streams {
	return Streams{
		In: strings.NewReader(""), Out: out, Err: errs, Getenv: func(string) string { return "" },
		read: func(_ context.Context, paths []string, _ evidence.Options) (*model.Facts, error) {
			f := &model.Facts{}
			for _, p := range paths {
				f.Inputs = append(f.Inputs, model.Input{Path: p, Kind: model.InputLog})
			}
			return f, nil
		},
	}
}

func TestInterruptWhileReading(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs bytes.Buffer
	s := fakeStreams(&out, &errs)
	release := make(chan bool)
	defer close(release)
	s.read = func(context.Context, []string, evidence.Options) (*model.Facts, error) {
		cancel()
		<-release // a read from a terminal that cannot be stopped
		return nil, errors.New("too late")
	}
	file := filepath.Join(t.TempDir(), "out.txt")
	if got := Run(ctx, []string{"diagnose", "-o", file, "-"}, s); got != exitInterrupted {
		t.Errorf("status %d", got)
	}
	if out.Len() > 0 || errs.Len() > 0 {
		t.Errorf("output %q, errors %q", out.String(), errs.String())
	}
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// A bad input among good ones: the good ones are reported, and the status is 2.
func TestPartOfTheEvidenceIsBad(t *testing.T) {
	var out, errs bytes.Buffer
	s := fakeStreams(&out, &errs)
	good := s.read
	s.read = func(ctx context.Context, paths []string, o evidence.Options) (*model.Facts, error) {
		f, _ := good(ctx, paths[:1], o)
		return f, errors.Join(errors.New("b.log: no such file"), errors.New("c: \x1b[31mred"))
	}
	if got := Run(t.Context(), []string{"diagnose", "a.log", "b.log", "c"}, s); got != exitFailure {
		t.Errorf("status %d", got)
	}
	if !strings.Contains(out.String(), "Nothing found") {
		t.Errorf("output %q", out.String())
	}
	if want := "gordian: b.log: no such file\ngordian: c: \\x1b[31mred\n"; errs.String() != want {
		t.Errorf("errors %q, want %q", errs.String(), want)
	}
}

type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestBrokenPipeIsQuiet(t *testing.T) {
	for _, args := range [][]string{{"diagnose", "a.log"}, {"explain", "--all"}, {"explain", "deadlock"}, {"man"}, {"version"}} {
		var errs bytes.Buffer
		if got := Run(t.Context(), args, fakeStreams(closedPipe{}, &errs)); got != exitPipe {
			t.Errorf("%v: status %d", args, got)
		}
		if errs.Len() > 0 {
			t.Errorf("%v: %q", args, errs.String())
		}
	}
}

func TestFilters(t *testing.T) {
	doc := func() *model.Document {
		return &model.Document{Stats: map[string]int64{}, Findings: []model.Finding{
			{Severity: model.SevWarning, Confidence: model.High}, {Severity: model.SevError, Confidence: model.Low},
			{Severity: model.SevNote, Confidence: model.Medium},
		}}
	}
	for _, tt := range []struct {
		confidence, failOn string
		left               int
		fails              bool
	}{
		{"low", "error", 3, true}, {"medium", "error", 2, false}, {"medium", "warning", 2, true},
		{"high", "note", 1, true}, {"low", "never", 3, false},
	} {
		d := doc()
		keepConfident(d, model.Confidence(tt.confidence))
		if len(d.Findings) != tt.left || atLeast(d.Findings, tt.failOn) != tt.fails {
			t.Errorf("%+v: %d left, fails %v", tt, len(d.Findings), atLeast(d.Findings, tt.failOn))
		}
		if got := d.Stats["findings_below_confidence"]; got != int64(3-tt.left) {
			t.Errorf("%+v: %d counted", tt, got)
		}
	}
	d := doc()
	keepFirst(d, 2)
	if len(d.Findings) != 2 || d.Stats["findings_beyond_limit"] != 1 {
		t.Errorf("keepFirst: %d, %v", len(d.Findings), d.Stats)
	}
}

func TestProgress(t *testing.T) {
	var w bytes.Buffer
	now := time.Unix(0, 0)
	p := &progress{w: &w, width: 60, now: func() time.Time { return now }, start: now}
	p.update(1<<20, 100<<20)
	if w.Len() > 0 {
		t.Errorf("a bar for a small input: %q", w.String())
	}
	now = now.Add(time.Second)
	p.update(100<<20, 400<<20)
	if want := "\r\x1b[K[######....................]  25 %, 100 of 400 MB, 100 MB/s"; w.String() != want {
		t.Errorf("%q, want %q", w.String(), want)
	}
	w.Reset()
	p.update(101<<20, 400<<20)
	if w.Len() > 0 {
		t.Errorf("drawn again too soon: %q", w.String())
	}
	now = now.Add(time.Second)
	p.update(300<<20, -1)
	p.done()
	if want := "\r\x1b[Kreading 300 MB, 150 MB/s\r\x1b[K"; w.String() != want {
		t.Errorf("%q, want %q", w.String(), want)
	}
	newProgress(Streams{Err: &w}).update(300<<20, 400<<20) // no terminal: silent
	if strings.HasSuffix(w.String(), "MB/s") {
		t.Error("a bar without a terminal")
	}
}

func TestColour(t *testing.T) {
	for _, tt := range []struct {
		flag, noColor, file string
		tty, want           bool
	}{
		{"auto", "", "", true, true}, {"auto", "", "", false, false}, {"auto", "1", "", true, false},
		{"always", "1", "", false, true}, {"never", "", "", true, false}, {"auto", "", "x.txt", true, false},
	} {
		o := output{color: newChoice(tt.flag), file: tt.file, s: Streams{OutTTY: tt.tty, Getenv: func(k string) string {
			if k == "NO_COLOR" {
				return tt.noColor
			}
			return "xterm"
		}}}
		if got := o.useColor(); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}

func TestFamiliesNameRules(t *testing.T) {
	for _, f := range check.Families() {
		if _, ok := check.Lookup(f[1]); !ok {
			t.Errorf("family %s: no rule %s", f[0], f[1])
		}
	}
}

// TestFamiliesAreComplete reads the names of the families from the log
// reader's source, so that a new one is not forgotten here.
func TestFamiliesAreComplete(t *testing.T) {
	files, err := filepath.Glob("../klog/fam_*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no families found: ", err)
	}
	name := regexp.MustCompile(`name: "([a-z-]+)"`)
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range name.FindAllStringSubmatch(string(src), -1) {
			if _, ok := check.FamilyRule(m[1]); !ok {
				t.Errorf("family %s of %s is not in check.Families()", m[1], f)
			}
		}
	}
}

func TestNearest(t *testing.T) {
	for word, want := range map[string]string{
		"lock-order": "", "lock-order-inverson": "lock-order-inversion", "dedlock": "deadlock",
		"softlockup": "soft-lockup", "xyzzy": "", "": "",
	} {
		if got := nearest(word, knownNames()); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestWriteFileIsAtomic(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "out")
	write := func(text string, err error) error {
		return writeFile(file, func(w io.Writer) error {
			if _, werr := io.WriteString(w, text); werr != nil {
				return werr
			}
			return err
		})
	}
	if err := write("one", nil); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write("half", errors.New("disk full")); err == nil {
		t.Error("no error")
	}
	if got, _ := os.ReadFile(file); string(got) != "one" {
		t.Errorf("after a failure: %q", got)
	}
	if err := write("two", nil); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(file)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestManPageHasEveryFlag(t *testing.T) {
	var out, errs bytes.Buffer
	if got := Run(t.Context(), []string{"man"}, fakeStreams(&out, &errs)); got != exitOK {
		t.Fatalf("status %d: %s", got, errs.String())
	}
	for _, want := range []string{".TH GORDIAN 1", `\-\-fail\-on`, `\-\-min\-confidence`, `\-\-color`, "gordian render", "EXIT STATUS"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the manual page lacks %q", want)
		}
	}
}

func TestJSONOfNothingIsADocument(t *testing.T) {
	var out, errs bytes.Buffer
	if got := Run(t.Context(), []string{"diagnose", "--format", "json", "a"}, fakeStreams(&out, &errs)); got != exitOK {
		t.Fatalf("status %d: %s", got, errs.String())
	}
	var d model.Document
	if err := json.Unmarshal(out.Bytes(), &d); err != nil || d.Schema != model.Schema {
		t.Errorf("%v, schema %q", err, d.Schema)
	}
}
