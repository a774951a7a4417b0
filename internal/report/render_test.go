package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"gordian/internal/model"
)

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("output differs from %s; look at it, then run go test -update\n%s", file, firstDifference(got, want))
	}
}

func firstDifference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "got  " + g[i] + "\nwant " + w[i]
		}
	}
	return "one has more lines"
}

func render(t *testing.T, r Renderer, d *model.Document, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.Render(&b, d, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sampleRules() []RuleDoc {
	return []RuleDoc{{
		ID: "deadlock", Summary: "Tasks wait for each other in a cycle, now", Severity: model.SevError,
		What: "Each holds what the *next* one needs.\n\nSo none goes on.", Why: "Two tasks, two locks.",
		Example: "mutex_lock(&a);\nmutex_lock(&b);\n", Fixes: []model.Fix{{Title: "One order", Detail: "Take `a` first.", Diff: "-b\n+a"}},
		Verify: []string{"CONFIG_PROVE_LOCKING"}, Sources: []string{"kernel/locking/lockdep.c"}, LogForms: []string{"INFO: task x blocked"},
	}, {ID: "lock-order-inversion", Summary: "Opposite orders", Severity: model.SevError, What: "Orders."}}
}

func emptyDocument() *model.Document {
	return &model.Document{Schema: model.Schema, Tool: "gordian test"}
}

func TestRenderersGolden(t *testing.T) {
	tests := []struct {
		file string
		r    Renderer
		o    Options
		d    *model.Document
	}{
		{"text.txt", Text(), Options{}, htmlAllSamples()},
		{"text-narrow.txt", Text(), Options{Width: 60}, htmlAllSamples()},
		{"text-verbose-color.txt", Text(), Options{Width: 100, Verbose: true, Color: true}, htmlDocument(htmlABBA(), htmlBlocker())},
		{"text-empty.txt", Text(), Options{}, emptyDocument()},
		{"quiet.txt", Verdicts(), Options{}, htmlAllSamples()},
		{"json.json", JSON(), Options{}, htmlAllSamples()},
		{"json-empty.json", JSON(), Options{}, emptyDocument()},
		{"sarif.sarif", SARIF(sampleRules()), Options{}, htmlAllSamples()},
		{"dot.dot", DOT(), Options{}, htmlAllSamples()},
		{"dot-empty.dot", DOT(), Options{}, emptyDocument()},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			got := render(t, tt.r, tt.d, tt.o)
			golden(t, tt.file, got)
			if again := render(t, tt.r, tt.d, tt.o); !bytes.Equal(got, again) {
				t.Error("a second run gives other bytes")
			}
		})
	}
}

func TestRulePagesGolden(t *testing.T) {
	golden(t, "rule.md", []byte(RulePage(sampleRules()[0])))
	golden(t, "rules.md", []byte(RuleIndex(sampleRules())))
	var b bytes.Buffer
	RuleText(&b, sampleRules()[0], Options{Width: 60})
	golden(t, "rule.txt", b.Bytes())
}

// TestTextHostile: whatever a document holds, a terminal gets nothing but
// printable characters, line ends, and our own colours.
func TestTextHostile(t *testing.T) {
	for _, d := range htmlHostileDocuments() {
		for _, r := range []Renderer{Text(), Verdicts(), DOT()} {
			for _, o := range []Options{{}, {Width: 50, Verbose: true}, {Width: 90, Color: true}} {
				out := string(render(t, r, d, o))
				for _, c := range []ink{bold, dim, red, green, yellow, cyan, "0"} {
					out = strings.ReplaceAll(out, "\x1b["+string(c)+"m", "")
				}
				bad := func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) || r == unicode.ReplacementChar }
				if i := strings.IndexFunc(out, bad); i >= 0 {
					t.Fatalf("%s: %q", r.Help, out[i:min(len(out), i+40)])
				}
			}
		}
	}
}

func TestTextFitsTheTerminal(t *testing.T) {
	for _, width := range []int{40, 60, 80, 120} {
		for _, o := range []Options{{Width: width}, {Width: width, Verbose: true, Color: true}} {
			for _, l := range strings.Split(string(render(t, Text(), htmlAllSamples(), o)), "\n") {
				// Diffs are never wrapped: someone may copy them.
				if columns(l) > width && !strings.HasPrefix(l, "       ") {
					t.Errorf("width %d: %d columns: %q", width, columns(l), l)
				}
			}
		}
	}
}

func TestTextNoColour(t *testing.T) {
	if out := render(t, Text(), htmlAllSamples(), Options{Width: 80}); bytes.ContainsRune(out, 0x1b) {
		t.Error("colours without being asked")
	}
}

func TestJSONRoundTrip(t *testing.T) {
	first := render(t, JSON(), htmlAllSamples(), Options{})
	d, err := model.ReadDocument(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	if again := render(t, JSON(), d, Options{}); !bytes.Equal(first, again) {
		t.Errorf("not the same after reading it back\n%s", firstDifference(again, first))
	}
	for _, r := range []Renderer{Text(), SARIF(nil), DOT()} {
		if a, b := render(t, r, htmlAllSamples(), Options{}), render(t, r, d, Options{}); !bytes.Equal(a, b) {
			t.Errorf("%s of the saved document differs\n%s", r.Name, firstDifference(b, a))
		}
	}
}

func TestJSONHasNoNull(t *testing.T) {
	d := htmlDocument(model.Finding{Rule: "x", Path: []model.PathStep{{}}})
	d.Inputs, d.Incomplete = nil, nil
	if out := render(t, JSON(), d, Options{}); bytes.Contains(out, []byte("null")) {
		t.Errorf("null in %s", out)
	}
	var any map[string]any
	if err := json.Unmarshal(render(t, JSON(), emptyDocument(), Options{}), &any); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"inputs", "findings", "reports", "incomplete", "stats"} {
		if reflect.ValueOf(any[k]).Kind() == reflect.Invalid {
			t.Errorf("%s is missing", k)
		}
	}
}

func TestFold(t *testing.T) {
	tests := []struct {
		in          string
		first, rest int
		want        string
	}{
		{"", 20, 20, ""},
		{"one two three four", 10, 20, "one two|three four"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaa b", 10, 12, "aaaaaaaaaa|aaaaaaaaaaaa|aaa b"},
		{"näive → wörds äre cöunted", 13, 13, "näive → wörds|äre cöunted"},
	}
	for _, tt := range tests {
		if got := strings.Join(fold(tt.in, tt.first, tt.rest), "|"); got != tt.want {
			t.Errorf("fold(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestWaitersOf: a saved document may claim that tasks wait behind each other
// in a circle; all of them must be shown, once.
func TestWaitersOf(t *testing.T) {
	task := func(pid int, behind string) model.TaskInfo {
		return model.TaskInfo{PID: pid, Comm: "t", Behind: behind}
	}
	fo := waitersOf([]model.TaskInfo{task(1, "t/2"), task(2, "t/3"), task(3, "t/1"), task(4, "t/4"), task(5, "t/1"), task(6, "gone/9")})
	seen := map[int]int{}
	var walk func(i int)
	walk = func(i int) {
		if seen[i]++; seen[i] > 1 {
			return
		}
		for _, c := range fo.behind[i] {
			walk(c)
		}
	}
	for _, r := range fo.roots {
		walk(r)
	}
	for i := range 6 {
		if seen[i] != 1 {
			t.Errorf("task %d is shown %d times", i, seen[i])
		}
	}
}
