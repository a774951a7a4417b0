package report

import (
	"bytes"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"gordian/internal/model"
)

// update is for every golden file of this package.
var update = flag.Bool("update", false, "rewrite the golden files")

func htmlRender(t *testing.T, d *model.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := HTML().Render(&b, d, Options{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHTMLGolden(t *testing.T) {
	got := htmlRender(t, htmlDocument(htmlABBA(), htmlInversion()))
	if again := htmlRender(t, htmlDocument(htmlABBA(), htmlInversion())); !bytes.Equal(got, again) {
		t.Error("the same document gave different bytes the second time")
	}
	const file = "testdata/html_abba.golden.html"
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("page differs from %s; look at it, then run go test -update", file)
	}
}

// htmlPayloads are the strings that evidence must not get past the renderer.
func htmlPayloads() []string {
	return []string{
		`<script>window.__pwned=1</script>`,
		`"><img src=x onerror=window.__pwned=1>`,
		`'><svg onload=window.__pwned=1>`,
		`</style></script></title><script>window.__pwned=1</script><style>`,
		`javascript:window.__pwned=1`,
		"\x00\x07\x1b[31mred\x7f\u202etxt\u2066\u200b\ufeff\u2028\xff\xc3\x28",
		"{{.Script}}<!--<b>-->&lt;script&gt;",
		strings.Repeat("very_long_name_", 400),
	}
}

// htmlHostileDocuments fills every string of a document with each payload.
func htmlHostileDocuments() []*model.Document {
	var out []*model.Document
	for _, p := range htmlPayloads() {
		d := htmlAllSamples()
		htmlPoison(reflect.ValueOf(d).Elem(), p)
		// Kinds stay true, or there would be no drawing and no proof to attack.
		clean := htmlAllSamples()
		for i := range d.Findings {
			for j := range d.Findings[i].Path {
				d.Findings[i].Path[j].Kind = clean.Findings[i].Path[j].Kind
			}
		}
		out = append(out, d)
	}
	return out
}

func htmlPoison(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				htmlPoison(v.Field(i), s)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			htmlPoison(v.Index(i), s)
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			htmlPoison(v.Elem(), s)
		}
	case reflect.Map:
		v.SetMapIndex(reflect.ValueOf(s), reflect.ValueOf(int64(1)))
	}
}

// htmlShape lists the elements and attribute names of a page, and the values
// of those attributes that could do something.
func htmlShape(t *testing.T, page []byte) map[string]bool {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	shape := map[string]bool{}
	for n := range root.Descendants() {
		if n.Type == html.CommentNode {
			shape["comment"] = true
		}
		if n.Type != html.ElementNode {
			continue
		}
		shape["<"+n.Data+">"] = true
		for _, a := range n.Attr {
			shape[n.Data+"@"+a.Key] = true
			if a.Key == "href" && !strings.HasPrefix(a.Val, "#") || a.Key == "src" || a.Key == "style" ||
				strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
			}
		}
	}
	return shape
}

func TestHTMLHostileTextAddsNoMarkup(t *testing.T) {
	allowed := htmlShape(t, htmlRender(t, htmlAllSamples()))
	for i, d := range htmlHostileDocuments() {
		page := htmlRender(t, d)
		for what := range htmlShape(t, page) {
			if !allowed[what] {
				t.Errorf("payload %d added %s to the page", i, what)
			}
		}
		if n := bytes.Count(page, []byte("<script")); n != 1 {
			t.Errorf("payload %d: %d script elements", i, n)
		}
		htmlCheckVisible(t, i, page)
	}
}

// htmlCheckVisible asserts that nothing in the page is invisible or reorders
// text.
func htmlCheckVisible(t *testing.T, payload int, page []byte) {
	t.Helper()
	for i := 0; i < len(page); {
		r, size := utf8.DecodeRune(page[i:])
		if r == utf8.RuneError || r != '\n' && r != '\t' && !unicode.IsPrint(r) {
			from, to := max(0, i-40), min(len(page), i+20)
			t.Fatalf("payload %d: character %U in the page: %q", payload, r, page[from:to])
		}
		i += size
	}
}

func TestHTMLText(t *testing.T) {
	for _, c := range []struct{ in, line, block string }{
		{"plain ünïcode 日本", "plain ünïcode 日本", "plain ünïcode 日本"},
		{"a\x00b\x1b[0m", `a\x00b\x1b[0m`, `a\x00b\x1b[0m`},
		{"a\u202eb\u200bc", `a\u{202e}b\u{200b}c`, `a\u{202e}b\u{200b}c`},
		{"\xff\xfe", `\xff\xfe`, `\xff\xfe`},
		{"a\r\n\tb\n", `a\x0d\x0a\x09b\x0a`, "a\n\tb"},
		{strings.Repeat("x", 30), strings.Repeat("x", 20) + "… [10 more bytes]", strings.Repeat("x", 20) + "… [10 more bytes]"},
	} {
		if got := htmlLine(c.in, 20); got != c.line {
			t.Errorf("htmlLine(%q) = %q, want %q", c.in, got, c.line)
		}
		if got := htmlBlock(c.in, 20); got != c.block {
			t.Errorf("htmlBlock(%q) = %q, want %q", c.in, got, c.block)
		}
	}
}

func TestHTMLHeadline(t *testing.T) {
	twice := htmlABBA()
	tail := htmlABBA()
	tail.Path = append([]model.PathStep{{Kind: model.Waits, From: "cat/900", To: "lock_a", Mode: model.Read}}, tail.Path...)
	for _, c := range []struct {
		doc  *model.Document
		head string
		rest int
	}{
		{htmlDocument(htmlABBA()), "2 tasks are deadlocked", 0},
		{htmlDocument(htmlABBA(), twice, htmlWithBehind()), "2 tasks are deadlocked", 0},
		{htmlDocument(htmlABBA(), htmlInversion(), htmlSoftLockup()), "2 tasks are deadlocked", 2},
		{htmlDocument(tail), "2 tasks are deadlocked", 0},
		{htmlDocument(htmlInversion()), "1 place could deadlock", 0},
		{htmlDocument(htmlSelf()), "1 locking rule was broken", 0},
		{htmlDocument(), "Nothing found, but part of the evidence could not be used", 0},
		{&model.Document{}, "Nothing found", 0},
		{&model.Document{Inputs: []model.Input{{Path: "a.log"}}}, "Nothing found: no kernel report about a hang or a lock is in the evidence", 0},
	} {
		head, rest := headline(c.doc)
		if head != c.head || len(rest) != c.rest {
			t.Errorf("headline %q %q, want %q and %d more", head, rest, c.head, c.rest)
		}
	}
}

func TestHTMLStaysSmall(t *testing.T) {
	d := htmlDocument()
	for range 5000 {
		d.Findings = append(d.Findings, htmlABBA())
	}
	for range 10000 {
		d.Reports = append(d.Reports, d.Reports[0])
	}
	lim := htmlDefaultLimits()
	p := newHTMLPage(d, htmlAssets{}, lim)
	if len(p.Findings) != lim.Full || len(p.Listed) != lim.Listed || len(p.Reports) != lim.Reports {
		t.Errorf("%d findings in full, %d listed, %d reports", len(p.Findings), len(p.Listed), len(p.Reports))
	}
	if p.MoreFindings == "" || p.MoreReports == "" || p.Findings[lim.Drawn].FigureNote == "" {
		t.Error("the page does not say what it left out")
	}
	if page := htmlRender(t, d); len(page) > 16<<20 {
		t.Errorf("the page has %d MiB", len(page)>>20)
	}
}

func TestHTMLEmptyAndOdd(t *testing.T) {
	odd := &model.Document{
		Findings: []model.Finding{
			{Reports: []int{-1, 7}, Evidence: []model.Provenance{{Input: 9}}, Path: []model.PathStep{{Kind: "sideways", From: "a", To: "b"}}},
			{Path: []model.PathStep{{Kind: model.Waits, From: "a/1", To: "a/1"}}, Related: []model.Relation{{Fingerprint: "none"}}},
		},
		Incomplete: []model.Incomplete{{Input: -3, Reason: "gone"}},
	}
	for _, d := range []*model.Document{{}, odd} {
		htmlShape(t, htmlRender(t, d))
	}
}

// A graph beyond the limits is listed, not drawn, and the page says so.
func TestHTMLGraphLimits(t *testing.T) {
	f := htmlBlocker()
	for i := range 80 {
		f.Tasks = append(f.Tasks, model.TaskInfo{PID: 9000 + i, Comm: "sshd", Behind: "sync/5102"})
	}
	figures, note := htmlDraw(&f, htmlDefaultLimits())
	if len(figures) != 1 || len(figures[0].Nodes) > htmlDefaultLimits().Layered || !strings.Contains(note, "not drawn") {
		t.Errorf("%d figures, note %q", len(figures), note)
	}
	f = model.Finding{}
	for i := range 30 {
		name := func(i int) string { return string(rune('A' + i%30)) }
		f.Path = append(f.Path, model.PathStep{Kind: model.Before, From: name(i), To: name(i + 1)})
	}
	if figures, note = htmlDraw(&f, htmlDefaultLimits()); len(figures) != 0 || !strings.Contains(note, "not drawn") {
		t.Errorf("a ring of 30: %d figures, note %q", len(figures), note)
	}
}

// What leads to a cycle is drawn behind it, not in it.
func TestHTMLCycleWithATail(t *testing.T) {
	f := htmlABBA()
	f.Path = append([]model.PathStep{{Kind: model.Waits, From: "cat/900", To: "lock_a", Mode: model.Read}}, f.Path...)
	figures, note := htmlDraw(&f, htmlDefaultLimits())
	if len(figures) != 2 || note != "" {
		t.Fatalf("%d figures, note %q", len(figures), note)
	}
	if n, m := len(figures[0].Nodes), len(figures[1].Nodes); n != 4 || m != 2 {
		t.Errorf("%d nodes in the ring, %d behind it, want 4 and 2", n, m)
	}
}
