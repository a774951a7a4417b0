package report

import (
	"cmp"
	"io"
	"slices"
	"strconv"
	"strings"

	"gordian/internal/model"
)

// Table writes the locks for a person at a terminal: a line for each, with
// what is held around it and taken inside it below.
func (m *LockMap) Table(w io.Writer, o Options) error {
	p := newPage(w, o)
	rows := [][]string{{"LOCK", "TYPE", "TAKEN AT", "IN", "DECLARED AT"}}
	for i := range m.Locks {
		l := &m.Locks[i]
		rows = append(rows, []string{safeLine(l.Name), cmp.Or(safeLine(string(l.Type)), "?"), count(l.Sites, "place"), contextWords(l.Contexts), declared(l)})
	}
	width := widths(rows)
	for i, row := range rows {
		if i == 0 {
			p.line(p.ink(dim, tableLine(row, width)))
			continue
		}
		l := &m.Locks[i-1]
		p.line(p.ink(bold, pad(row[0], width[0])) + tableLine(append([]string{""}, row[1:]...), append([]int{0}, width[1:]...)))
		m.nesting(p, "held outside: ", l.Outside)
		m.nesting(p, "taken inside: ", l.Inside)
		if l.Nests {
			p.wrap("    ", "    ", dim, "two of this class are held at once")
		}
	}
	p.blank()
	p.wrap("", "  ", plain, m.Counts()+".")
	return p.err
}

func (m *LockMap) nesting(p *page, lead string, names []string) {
	if len(names) > 0 {
		p.wrap("    "+lead, strings.Repeat(" ", 4+len(lead)), dim, safeLine(strings.Join(names, ", ")))
	}
}

// Counts says in words how much is in the map.
func (m *LockMap) Counts() string {
	bad := 0
	for _, o := range m.Orders {
		if o.Bad {
			bad++
		}
	}
	s := count(len(m.Locks), "lock class")
	if len(m.Locks) != 1 {
		s = strconv.Itoa(len(m.Locks)) + " lock classes"
	}
	s += ", " + count(len(m.Orders), "order") + " between them"
	if bad > 0 {
		s += ", " + strconv.Itoa(bad) + " of these in findings"
	}
	return s
}

func contextWords(cs []model.Context) string {
	var out []string
	for _, c := range cs {
		out = append(out, safeLine(string(c)))
	}
	return strings.Join(out, ", ")
}

func declared(l *MapLock) string {
	if l.File == "" || strings.HasSuffix(l.File, "/") { // somewhere in a folder: not worth saying
		return ""
	}
	if l.Line == 0 {
		return safeLine(l.File)
	}
	return safeLine(l.File) + ":" + strconv.Itoa(l.Line)
}

func widths(rows [][]string) []int {
	out := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			out[i] = max(out[i], columns(c)+2)
		}
	}
	return out
}

func tableLine(cells []string, width []int) string {
	var b strings.Builder
	for i, c := range cells {
		b.WriteString(pad(c, width[i]))
	}
	return strings.TrimRight(b.String(), " ")
}

// mapDocument is the map as JSON.
type mapDocument struct {
	Schema string       `json:"schema"`
	Tool   string       `json:"tool,omitempty"`
	Of     string       `json:"of"`
	Locks  []MapLock    `json:"locks"`
	Orders []orderEntry `json:"orders"`
}

type orderEntry struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Paths int    `json:"paths"`
	At    string `json:"at,omitempty"`
	Via   string `json:"via,omitempty"`
	Try   bool   `json:"try,omitempty"`
	Bad   bool   `json:"finding,omitempty"`
	Back  bool   `json:"cycle,omitempty"`
}

// JSON writes the map as a document of its own.
func (m *LockMap) JSON(w io.Writer, tool string) error {
	d := mapDocument{Schema: "gordian/locks/v1", Tool: tool, Of: m.Title, Locks: slices.Clone(m.Locks), Orders: []orderEntry{}}
	for i := range d.Locks {
		l := &d.Locks[i]
		l.Inside, l.Outside = filled(l.Inside), filled(l.Outside)
	}
	if d.Locks == nil {
		d.Locks = []MapLock{}
	}
	for _, o := range m.Orders {
		d.Orders = append(d.Orders, orderEntry{m.Locks[o.From].Name, m.Locks[o.To].Name, o.Paths, o.At, o.Via, o.Try, o.Bad, o.Back})
	}
	return encode(w, d)
}

func filled(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}
