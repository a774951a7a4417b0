package report

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"sync"

	"gordian/internal/model"
)

//go:embed html/*.tmpl html/*.css html/script.js
var htmlFiles embed.FS

// HTML renders a document as one self-contained page: no request ever leaves
// it, and it works from a file, a mail attachment or a web server. Everything
// is in the page (long parts folded), whatever Options say; how much of a very
// large document is drawn is set by htmlLimits.
func HTML() Renderer {
	return Renderer{
		Name: "html",
		Help: "one self-contained page with drawn graphs, to attach to a bug report",
		Render: func(w io.Writer, d *model.Document, _ Options) error {
			page, err := htmlTemplate()
			if err != nil {
				return err
			}
			out := bufio.NewWriter(w)
			if err := page.tmpl.Execute(out, newHTMLPage(d, page.assets, htmlDefaultLimits())); err != nil {
				return err
			}
			return out.Flush()
		},
	}
}

// htmlLimits keeps the page usable when a document is huge. What goes beyond
// is counted on the page, and complete in the JSON.
type htmlLimits struct {
	Full     int // findings shown with all their parts
	Listed   int // findings shown as one line after those
	Drawn    int // findings with a graph
	Reports  int // rows of the table of kernel reports
	Rows     int // rows of any table or list inside a finding
	Frames   int // lines of one stack
	Ring     int // nodes of a cycle
	Layered  int // nodes of any other graph
	LineLen  int // characters of a name or a title
	BlockLen int // characters of an excerpt, an explanation or a diff
}

func htmlDefaultLimits() htmlLimits {
	return htmlLimits{
		Full: 300, Listed: 3000, Drawn: 100, Reports: 2000, Rows: 100, Frames: 200,
		Ring: 16, Layered: 40, LineLen: 400, BlockLen: 20000,
	}
}

// htmlAssets is what the page has inline beside its content. Style and script
// are whole elements, so that their bytes are exactly those that the policy
// allows by hash.
type htmlAssets struct {
	Style  template.HTML
	Script template.HTML
	Policy string
}

type htmlCompiled struct {
	tmpl   *template.Template
	assets htmlAssets
}

// htmlTemplate parses the templates once, and only when a page is wanted.
var htmlTemplate = sync.OnceValues(func() (*htmlCompiled, error) {
	tmpl, err := template.New("page.tmpl").ParseFS(htmlFiles, "html/*.tmpl")
	if err != nil {
		return nil, err
	}
	css, err := htmlFiles.ReadFile("html/style.css")
	if err != nil {
		return nil, err
	}
	js, err := htmlFiles.ReadFile("html/script.js")
	if err != nil {
		return nil, err
	}
	return &htmlCompiled{tmpl: tmpl, assets: htmlAssets{
		Style:  template.HTML("<style>" + string(css) + "</style>"),
		Script: template.HTML("<script>" + string(js) + "</script>"),
		// Nothing may be loaded, and nothing may run but these two: should
		// hostile text ever get past the escaping, the browser stops it here.
		Policy: "default-src 'none'; style-src '" + htmlHash(css) + "'; script-src '" + htmlHash(js) +
			"'; base-uri 'none'; form-action 'none'",
	}}, nil
})

func htmlHash(b []byte) string {
	h := sha256.Sum256(b)
	return "sha256-" + base64.StdEncoding.EncodeToString(h[:])
}
