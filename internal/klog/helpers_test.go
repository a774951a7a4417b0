package klog

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gordian/internal/model"
)

// form is one sample of testdata/forms: a log, and what must be read from it.
type form struct {
	file, name string
	log        string
	want       []map[string]any // every report, in order; only the listed fields are compared
}

// loadForms reads testdata/forms. A file holds samples of this shape:
//
//	=== name
//	the log, line by line
//	--- want
//	{"report":"hung-task", …}      one line per report
func loadForms(t testing.TB) []form {
	t.Helper()
	files, err := filepath.Glob("testdata/forms/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata/forms: %v, %d files", err, len(files))
	}
	var out []form
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.TrimPrefix(string(data), "=== ")
		for part := range strings.SplitSeq(text, "\n=== ") {
			name, rest, _ := strings.Cut(part, "\n")
			log, want, ok := strings.Cut("\n"+rest, "\n--- want")
			if !ok {
				t.Fatalf("%s: %s: no line \"--- want\"", file, name)
			}
			f := form{file: filepath.Base(file), name: name, log: strings.TrimPrefix(log, "\n") + "\n"}
			for line := range strings.Lines(want) {
				if strings.TrimSpace(line) == "" {
					continue
				}
				var m map[string]any
				if err := json.Unmarshal([]byte(line), &m); err != nil {
					t.Fatalf("%s: %s: %v: %s", file, name, err, line)
				}
				f.want = append(f.want, m)
			}
			out = append(out, f)
		}
	}
	return out
}

// readText reads a log and returns its facts.
func readText(t testing.TB, text string) *model.Facts {
	t.Helper()
	f := &model.Facts{}
	if err := Read(context.Background(), strings.NewReader(text), 0, f); err != nil {
		t.Fatal(err)
	}
	return f
}

// asJSON gives a report as a person's program sees it.
func asJSON(t testing.TB, r model.Report) map[string]any {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// samples returns every log of the tests by name: the forms, the logs that
// hold no report, and the consoles in testdata.
func samples(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, f := range loadForms(t) {
		out[f.file+": "+f.name] = f.log
	}
	files, err := filepath.Glob("testdata/*/*.log")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[file] = string(data)
	}
	return out
}
