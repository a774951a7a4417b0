package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"gordian/internal/model"
)

// sourceSample is a finding from source with two paths and a fix that is a
// diff.
func sourceSample() *model.Document {
	loc := func(thread, fn string, line int, note string, excerpt ...string) model.Location {
		return model.Location{Thread: thread, Function: fn, File: "drivers/x/a.c", Line: line, Note: note, First: line - 1, Excerpt: excerpt}
	}
	const cpu0, cpu1 = "CPU0: rx() holds dev.lock and takes bus_lock", "CPU1: attach() holds bus_lock and takes dev.lock"
	f := model.Finding{
		Rule: "lock-order-inversion", Status: model.Potential, Verdict: model.CouldDeadlock, Severity: model.SevError, Confidence: model.High,
		Title: "lock order inversion of bus_lock and dev.lock in rx()", Fingerprint: "0123456789abcdef",
		Function: "rx", File: "drivers/x/a.c", Line: 22,
		Locks:       []model.LockInfo{{Name: "bus_lock", Type: model.Mutex}, {Name: "dev.lock", Type: model.Mutex}},
		Explanation: "rx() takes bus_lock while it holds dev.lock. But attach() takes dev.lock while it holds bus_lock.",
		Path: []model.PathStep{{Kind: model.Before, From: "dev.lock", To: "bus_lock", At: "rx (drivers/x/a.c:22)",
			Why: []model.Provenance{{Locator: "drivers/x/a.c:20", Excerpt: "mutex_lock(&d->lock);"}}}},
		Reasons: []string{"dev.lock before bus_lock: taken in one function"},
		Locations: []model.Location{
			loc(cpu0, "rx", 20, "takes dev.lock", "", "\tmutex_lock(&d->lock);", "\tif (d->n)"),
			loc(cpu0, "rx", 22, "takes bus_lock", "\tif (d->n)", "\t\tmutex_lock(&bus_lock);", "\td->n = 0;\t/* empty */"),
			loc(cpu1, "attach", 90, "takes bus_lock", "{", "\tmutex_lock(&bus_lock);", "\tbind(d);"),
			loc(cpu1, "attach", 91, "calls bind()", "\tmutex_lock(&bus_lock);", "\tbind(d);", "\tmutex_unlock(&bus_lock);"),
			loc(cpu1, "bind", 40, "takes dev.lock"),
		},
		Fix: []model.Fix{{Title: "Take bus_lock first", Detail: "Nothing between depends on dev.lock.",
			Diff:  "--- a/drivers/x/a.c\n+++ b/drivers/x/a.c\n@@ -20,1 +20,1 @@\n-\tmutex_lock(&d->lock);\n+\tmutex_lock(&bus_lock);\n",
			Edits: []model.Edit{{File: "drivers/x/a.c", Line: 20, Delete: 1, Insert: []string{"\tmutex_lock(&bus_lock);"}}, {File: "drivers/x/a.c", Line: 30, Delete: 1}}}},
	}
	return &model.Document{Schema: model.Schema, Tool: "gordian test", Findings: []model.Finding{f},
		Inputs: []model.Input{{Path: "drivers/x", Kind: model.InputSource, Bytes: 1000}}}
}

func TestSourceGolden(t *testing.T) {
	tests := []struct {
		file string
		r    Renderer
		o    Options
	}{
		{"source.txt", Text(), Options{Width: 90}},
		{"source-narrow.txt", Text(), Options{Width: 46}},
		{"source.sarif", SARIF(sampleRules()), Options{}},
		{"source.json", JSON(), Options{}},
		{"source-quiet.txt", Verdicts(), Options{}},
	}
	for _, tt := range tests {
		golden(t, tt.file, render(t, tt.r, sourceSample(), tt.o))
	}
}

func TestSourceHTML(t *testing.T) {
	page := string(render(t, HTML(), sourceSample(), Options{}))
	for _, want := range []string{"In the source", "CPU1: attach() holds bus_lock", `<span class="hit"><span class="ln">22</span>`, "Why this confidence"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestSourceSARIFSchema(t *testing.T) {
	odd := sourceSample()
	odd.Findings[0].Locations = append(odd.Findings[0].Locations, model.Location{}, model.Location{File: "\x1b", Line: -3, First: -9, Excerpt: []string{"\xff\x00"}})
	odd.Findings[0].Fix[0].Edits = append(odd.Findings[0].Fix[0].Edits, model.Edit{Line: -1, Delete: -4, Insert: []string{"\xff"}})
	schema := sarifSchema(t)
	for i, d := range []*model.Document{sourceSample(), odd} {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(render(t, SARIF(nil), d, Options{})))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("document %d: %v", i, err)
		}
		for _, r := range []Renderer{Text(), HTML(), DOT(), Verdicts()} {
			render(t, r, d, Options{Width: 30})
		}
	}
}

func TestSourceBlocks(t *testing.T) {
	at := func(fn string, line int, n int) model.Location {
		return model.Location{Function: fn, File: "a.c", Line: line, Note: "n" + fn, First: line, Excerpt: make([]string, n)}
	}
	tests := []struct {
		name string
		locs []model.Location
		want int
	}{
		{"close", []model.Location{at("f", 1, 3), at("f", 4, 3)}, 1},
		{"apart", []model.Location{at("f", 1, 3), at("f", 9, 3)}, 2},
		{"another function", []model.Location{at("f", 1, 3), at("g", 2, 3)}, 2},
		{"backwards", []model.Location{at("f", 5, 3), at("f", 4, 3)}, 2},
		{"no text", []model.Location{at("f", 5, 0), at("f", 6, 0)}, 2},
		{"the same line", []model.Location{at("f", 5, 1), at("f", 5, 1)}, 1},
	}
	for _, tt := range tests {
		if got := len(srcBlocks(tt.locs)); got != tt.want {
			t.Errorf("%s: %d blocks, want %d", tt.name, got, tt.want)
		}
	}
}
