package report

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	_ "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif" // for the official schema, which it has in a constant
	"github.com/santhosh-tekuri/jsonschema/v6"

	"gordian/internal/model"
)

// sarifSchema compiles the OASIS schema of SARIF 2.1.0. The schema is not
// copied into this repository: it is read from the source of a module that
// carries it.
func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif").Output()
	if err != nil {
		t.Fatalf("find the schema: %v", err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var text string
	ast.Inspect(f, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING && len(l.Value) > len(text) {
			text = l.Value
		}
		return true
	})
	if text, err = strconv.Unquote(text); err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSARIFSchema(t *testing.T) {
	schema := sarifSchema(t)
	docs := append(htmlHostileDocuments(), htmlAllSamples(), emptyDocument(), htmlDocument(
		model.Finding{}, // nothing known
		model.Finding{Rule: "no-such-rule", Reports: []int{99}, Evidence: []model.Provenance{{Input: 77}},
			Path: []model.PathStep{{Kind: model.Waits, Why: []model.Provenance{{Input: -1}}}}},
		model.Finding{Rule: "deadlock", File: "a b/c%d.c", Evidence: []model.Provenance{{Locator: "fs/x.c:12", Excerpt: "mutex_lock(&x);"}}},
	))
	twice := htmlAllSamples()
	twice.Inputs = append(twice.Inputs, twice.Inputs...)
	for i, d := range append(docs, twice) {
		for _, rules := range [][]RuleDoc{sampleRules(), nil} {
			out := render(t, SARIF(rules), d, Options{})
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader(out))
			if err != nil {
				t.Fatalf("document %d: %v", i, err)
			}
			if err := schema.Validate(v); err != nil {
				t.Errorf("document %d: %v", i, err)
			}
		}
	}
}

func TestSARIFSchemaRefuses(t *testing.T) {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(`{"version":"2.1.0","runs":[{"results":[]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if sarifSchema(t).Validate(v) == nil {
		t.Error("the schema accepts a run without a tool: it is not the real one")
	}
}

func TestSARIFContent(t *testing.T) {
	var log struct {
		Runs []struct {
			Results []struct {
				RuleID    string
				RuleIndex *int
				Level     string
				Locations []sarifLocation
				CodeFlows []sarifCodeFlow
				Prints    map[string]string `json:"partialFingerprints"`
			}
		}
	}
	if err := json.Unmarshal(render(t, SARIF(sampleRules()), htmlAllSamples(), Options{}), &log); err != nil {
		t.Fatal(err)
	}
	r := log.Runs[0].Results[0]
	if r.RuleID != "deadlock" || r.RuleIndex == nil || *r.RuleIndex != 0 || r.Level != "error" {
		t.Errorf("rule %q index %v level %q", r.RuleID, r.RuleIndex, r.Level)
	}
	if got := r.Locations[0].Physical; got.Artifact.URI != "dl_mutex_abba.c" || got.Region.StartLine != 31 {
		t.Errorf("location %+v", got)
	}
	if steps := r.CodeFlows[0].ThreadFlows[0].Locations; len(steps) != 4 || steps[0].Location.Physical.Region.StartLine != 846 {
		t.Errorf("flow %+v", steps)
	}
	if r.Prints["gordian/v1"] == "" {
		t.Error("no fingerprint")
	}
	inv := log.Runs[0].Results[1]
	if got := inv.Locations[0].Physical; got.Artifact.URI != "file:///var/log/kern.log" || got.Region.StartLine != 402 {
		t.Errorf("location in the log %+v", got)
	}
}
