package report

import (
	"cmp"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"gordian/internal/model"
	"gordian/internal/report/layout"
)

// mapNodes is how many locks a drawing can hold and still be read. Of more,
// those with the most orders are drawn.
const mapNodes = 250

// mapPage is the map as the templates see it.
type mapPage struct {
	htmlAssets
	Title, Head string
	Figure      htmlFigure
	Left        string // what is not drawn
	Keys        []mapKey
	Locks       []mapRow
	Orders      []mapOrderRow
	W, H        string // of the sheet
	X, Y        string // of the drawing on it
}

// mapKey explains a colour or a shape.
type mapKey struct {
	Class, Words, X, Y string
	Hexagon, Line      bool
}

type mapRow struct {
	Name, Type, At, Contexts, Outside, Inside, Class string
	Sites                                            int
}

type mapOrderRow struct {
	From, To, At, Via, Note, Class string
	Paths                          int
}

// HTML writes the map as a self-contained page.
func (m *LockMap) HTML(w io.Writer, tool string) error { return m.page(w, "lockmap.tmpl", tool) }

// SVG writes the drawing alone, with its legend: a sheet to print.
func (m *LockMap) SVG(w io.Writer, tool string) error { return m.page(w, "lockmapsheet.tmpl", tool) }

func (m *LockMap) page(w io.Writer, name, tool string) error {
	page, err := htmlTemplate()
	if err != nil {
		return err
	}
	css, err := htmlFiles.ReadFile("html/lockmap.css")
	if err != nil {
		return err
	}
	p := m.newPage()
	p.Head = htmlLine(tool, 100)
	base, err := htmlFiles.ReadFile("html/style.css")
	if err != nil {
		return err
	}
	if name == "lockmap.tmpl" {
		css = append(base, css...)
	}
	p.Style = template.HTML("<style>" + string(css) + "</style>")
	p.Policy = "default-src 'none'; style-src '" + htmlHash(css) + "'; base-uri 'none'; form-action 'none'"
	return page.tmpl.ExecuteTemplate(w, name, p)
}

func (m *LockMap) newPage() *mapPage {
	p := &mapPage{Title: htmlLine(m.Title, 200)}
	g, left := m.graph()
	caption := "Lock hierarchy of " + p.Title + ": " + m.Counts() + "."
	p.Figure = newFigure(g, layout.PlaceRanked(g.Graph), caption)
	p.Figure.ID = "map"
	p.Left = left
	p.keys()
	p.sheet()
	for i := range m.Locks {
		l := &m.Locks[i]
		p.Locks = append(p.Locks, mapRow{
			Name: htmlLine(l.Name, 200), Type: htmlLine(string(l.Type), 40), At: htmlLine(declared(l), 300), Sites: l.Sites,
			Contexts: htmlLine(contextWords(l.Contexts), 100), Class: mapClass(l),
			Outside: mapNames(l.Outside), Inside: mapNames(l.Inside),
		})
	}
	for _, o := range m.Orders {
		p.Orders = append(p.Orders, mapOrderRow{
			From: htmlLine(m.Locks[o.From].Name, 200), To: htmlLine(m.Locks[o.To].Name, 200), Paths: o.Paths,
			At: htmlLine(o.At, 300), Via: htmlLine(o.Via, 200), Note: mapOrderNote(o), Class: mapOrderClass(o),
		})
	}
	return p
}

func mapNames(names []string) string {
	s := ""
	for i, n := range names {
		if i > 0 {
			s += ", "
		}
		s += n
	}
	return htmlLine(s, 2000)
}

// graph picks what is drawn: the locks that nest, by the orders that say so.
func (m *LockMap) graph() (g *htmlGraph, left string) {
	g = newHTMLGraph(mapNodes)
	keep := m.essential()
	drawn := m.drawn()
	for i := range m.Locks {
		if drawn[i] {
			m.node(g, i)
		}
	}
	hidden := 0
	for i, o := range m.Orders {
		switch {
		case !drawn[o.From] || !drawn[o.To]:
		case !keep[i]:
			hidden++
		default:
			m.edge(g, o)
		}
	}
	if n := len(m.Locks) - len(g.Nodes); n > 0 {
		left = count(n, "lock") + " not drawn: " + mapWhyNot(len(m.Orders))
	}
	if hidden > 0 {
		if left != "" {
			left += "; "
		}
		left += count(hidden, "order") + " not drawn, which chains of others show"
	}
	return g, left
}

func mapWhyNot(orders int) string {
	if orders > mapNodes*4 {
		return "they nest with no other lock, or with fewer than those that are drawn"
	}
	return "nothing nests with them"
}

// drawn picks the locks with the most orders; without any order, all.
func (m *LockMap) drawn() []bool {
	degree := make([]int, len(m.Locks))
	for _, o := range m.Orders {
		degree[o.From]++
		degree[o.To]++
		if o.Bad { // never left out
			degree[o.From] += len(m.Orders)
			degree[o.To] += len(m.Orders)
		}
	}
	list := make([]int, 0, len(degree))
	for i, d := range degree {
		if d > 0 || len(m.Orders) == 0 {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(degree[b], degree[a]) })
	out := make([]bool, len(m.Locks))
	for _, i := range list[:min(len(list), mapNodes)] {
		out[i] = true
	}
	return out
}

func (m *LockMap) node(g *htmlGraph, i int) {
	l := &m.Locks[i]
	note := string(l.Type)
	if l.Sites > 0 {
		note += " · " + count(l.Sites, "site")
	}
	key := strconv.Itoa(i) // names need not differ
	g.node("map", key, l.Name, note)
	at := g.index["map\x00"+key]
	g.Nodes[at].Label[0] = htmlShort(htmlLine(l.Name, 400), 44) // a sheet has room
	if sleeps(l) {
		g.Nodes[at].Shape = layout.RoundRect
	}
	g.nodes[at].Class = "node " + mapClass(l)
	g.nodes[at].Full = htmlLine(fmt.Sprintf("%s %s, taken in %s context %s", l.Type, l.Name, contextWords(l.Contexts), declared(l)), 400)
}

func sleeps(l *MapLock) bool { return l.Type.Sleeps() || l.Type == "" }

// mapClass is the colour of a lock: the most urgent context that takes it.
func mapClass(l *MapLock) string {
	switch {
	case slices.Contains(l.Contexts, model.Hardirq) || slices.Contains(l.Contexts, model.NMI):
		return "c-hardirq"
	case slices.Contains(l.Contexts, model.Softirq):
		return "c-softirq"
	case sleeps(l):
		return "c-sleeps"
	}
	return "c-spins"
}

func (m *LockMap) edge(g *htmlGraph, o MapOrder) {
	from, to := g.index["map\x00"+strconv.Itoa(o.From)], g.index["map\x00"+strconv.Itoa(o.To)]
	g.Edges = append(g.Edges, layout.Edge{From: from, To: to})
	full := m.Locks[o.From].Name + " is held when " + m.Locks[o.To].Name + " is taken"
	if o.At != "" {
		full += ", in " + o.At
	}
	if n := mapOrderNote(o); n != "" {
		full += " (" + n + ")"
	}
	weight := min(1+int(math.Log2(float64(max(o.Paths, 1)))), 5)
	g.edges = append(g.edges, htmlEdgeInfo{Class: "edge " + mapOrderClass(o) + " w" + strconv.Itoa(weight), Full: htmlLine(full, 600)})
}

func mapOrderClass(o MapOrder) string {
	switch {
	case o.Bad:
		return "o-bad"
	case o.Back:
		return "o-back"
	case o.Try:
		return "o-try"
	}
	return "o-plain"
}

func mapOrderNote(o MapOrder) string {
	switch {
	case o.Bad:
		return "part of a finding"
	case o.Back:
		return "part of a cycle in which no deadlock was found"
	case o.Try:
		return "only by trylock"
	}
	return ""
}

// keys explains the classes that the drawing has.
func (p *mapPage) keys() {
	all := []mapKey{
		{Class: "c-sleeps", Words: "sleeping lock"},
		{Class: "c-spins", Words: "spinning lock, process context", Hexagon: true},
		{Class: "c-softirq", Words: "taken in a softirq", Hexagon: true},
		{Class: "c-hardirq", Words: "taken in a hardirq", Hexagon: true},
		{Class: "o-plain", Words: "held when the lower one is taken", Line: true},
		{Class: "o-bad", Words: "part of a finding", Line: true},
		{Class: "o-back", Words: "cycle, no deadlock found", Line: true},
		{Class: "o-try", Words: "by trylock", Line: true},
	}
	for _, k := range all {
		if p.uses(k.Class) {
			p.Keys = append(p.Keys, k)
		}
	}
}

func (p *mapPage) uses(class string) bool {
	has := func(s string) bool { return slices.Contains(strings.Fields(s), class) }
	return slices.ContainsFunc(p.Figure.Nodes, func(n htmlSVGNode) bool { return has(n.Class) }) ||
		slices.ContainsFunc(p.Figure.Edges, func(e htmlSVGEdge) bool { return has(e.Class) })
}

// sheet measures the sheet that is printed: title, drawing, legend.
func (p *mapPage) sheet() {
	const head, margin, row = 84.0, 24.0, 30.0
	w, _ := strconv.ParseFloat(p.Figure.W, 64)
	h, _ := strconv.ParseFloat(p.Figure.H, 64)
	width := max(w+2*margin, 760, 2*margin+7.3*float64(len(p.Figure.Caption)))
	x, y := margin, head+h+row
	for i := range p.Keys {
		k := &p.Keys[i]
		room := 64 + 7.3*float64(len(k.Words))
		if x > margin && x+room > width {
			x, y = margin, y+row
		}
		k.X, k.Y = htmlNum(x), htmlNum(y)
		x += room
	}
	p.W, p.H = htmlNum(width), htmlNum(y+row+margin)
	p.X, p.Y = htmlNum((width-w)/2), htmlNum(head)
}
