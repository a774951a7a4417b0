package report

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode"

	"gordian/internal/model"
)

// FuzzRender: `gordian render` takes any file. Whatever document it holds, no
// renderer panics, and a terminal gets printable text only.
func FuzzRender(f *testing.F) {
	for _, d := range []*model.Document{htmlDocument(htmlABBA()), htmlDocument(htmlBlocker()), emptyDocument()} {
		var b bytes.Buffer
		if err := JSON().Render(&b, d, Options{}); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte(`{"schema":"gordian/v1","findings":[{"reports":[-1,9],"path":[{"kind":"waits"},{"kind":"?"}],"tasks":[{"behind":"/0"}],` +
		`"history":[{},{}],"evidence":[{"input":-3}],"locks":[{}],"fix":[{}],"interleaving":[{"does":"x"}]}],"reports":[{},null],"incomplete":[{"input":7}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := model.ReadDocument(bytes.NewReader(b))
		if err != nil {
			return
		}
		for _, r := range All(sampleRules()) {
			if err := r.Render(io.Discard, d, Options{}); err != nil && r.Name != "json" {
				t.Fatalf("%s: %v", r.Name, err)
			}
		}
		for _, o := range []Options{{Width: 1}, {Width: 75, Verbose: true}} {
			var out strings.Builder
			if err := Text().Render(&out, d, o); err != nil {
				t.Fatal(err)
			}
			bad := func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }
			if i := strings.IndexFunc(out.String(), bad); i >= 0 {
				t.Fatalf("%q", out.String()[i:])
			}
		}
	})
}
