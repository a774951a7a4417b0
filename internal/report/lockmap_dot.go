package report

import (
	"io"
	"strconv"
)

// DOT writes the map for Graphviz, the outermost locks at the top.
func (m *LockMap) DOT(w io.Writer) error {
	p := &printer{w: w}
	p.printf("digraph locks {\n  rankdir=TB; label=%s; labelloc=t;\n", quoteDOT("Lock hierarchy of "+m.Title+": "+m.Counts()))
	p.printf("  node [fontname=\"Helvetica\" fontsize=\"11\" style=\"filled\"];\n  edge [fontname=\"Helvetica\" fontsize=\"9\"];\n")
	for i := range m.Locks {
		l := &m.Locks[i]
		shape := "hexagon"
		if sleeps(l) {
			shape = "box"
		}
		fill, line := dotMapColors(mapClass(l))
		p.printf("  l%d [label=%s shape=%s fillcolor=%s color=%s tooltip=%s];\n", i, quoteDOT(l.Name+"\n"+string(l.Type)), quoteDOT(shape), quoteDOT(fill), quoteDOT(line), quoteDOT(contextWords(l.Contexts)+" "+declared(l)))
	}
	keep := m.essential()
	for i, o := range m.Orders {
		style := "solid"
		color := "black"
		switch {
		case o.Bad:
			color = "firebrick"
		case o.Back:
			color, style = "darkorange", "dashed"
		case o.Try:
			color, style = "gray50", "dotted"
		case !keep[i]:
			color, style = "gray80", "solid"
		}
		tip := o.At
		if n := mapOrderNote(o); n != "" {
			tip += " " + n
		}
		p.printf("  l%d -> l%d [color=%s style=%s tooltip=%s weight=%s];\n", o.From, o.To, quoteDOT(color), quoteDOT(style), quoteDOT(tip), quoteDOT(strconv.Itoa(min(o.Paths, 100))))
	}
	p.printf("}\n")
	return p.err
}

func dotMapColors(class string) (fill, line string) {
	switch class {
	case "c-hardirq":
		return "#f6e6fb", "#7b2fa8"
	case "c-softirq":
		return "#fff2d4", "#99650a"
	case "c-spins":
		return "#e2f4ee", "#1f7a5a"
	}
	return "#e9f1fb", "#2b6cb0"
}
