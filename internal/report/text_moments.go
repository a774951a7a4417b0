package report

import (
	"strconv"
	"strings"

	"gordian/internal/model"
)

// interleaving draws how it happens: one column per actor, time downwards,
// as the picture in a lockdep report. Where the columns would be too narrow
// to read it is a numbered list.
func (t *text) interleaving(f *model.Finding) {
	if len(f.Interleaving) == 0 {
		return
	}
	t.head("How it happens")
	actors := actorsOf(f.Interleaving)
	width := (t.width - 2) / len(actors)
	if t.narrow() || width < 24 {
		for i, m := range f.Interleaving {
			t.wrap("  "+strconv.Itoa(i+1)+". ", "     ", plain, safeLine(m.Actor)+": "+safeLine(m.Does))
			if m.Note != "" {
				t.wrap("     → ", "       ", yellow, safeLine(m.Note))
			}
		}
		return
	}
	t.columns(f.Interleaving, actors, width)
}

func actorsOf(ms []model.Moment) []string {
	var out []string
	seen := map[string]bool{}
	for _, m := range ms {
		if !seen[m.Actor] {
			seen[m.Actor] = true
			out = append(out, m.Actor)
		}
	}
	return out
}

func (t *text) columns(ms []model.Moment, actors []string, width int) {
	var names, rules []string
	at := map[string]int{}
	for i, a := range actors {
		at[a] = i
		name := cut(safeLine(a), width-2)
		names = append(names, pad(name, width))
		rules = append(rules, pad(strings.Repeat("─", columns(name)), width))
	}
	t.line("  " + t.ink(bold, strings.TrimRight(strings.Join(names, ""), " ")))
	t.line("  " + strings.Join(rules, ""))
	for _, m := range ms {
		left := strings.Repeat(" ", 2+width*at[m.Actor])
		room := width - 2
		if at[m.Actor] == len(actors)-1 {
			room = t.width - len(left) // the last column ends at the edge
		}
		for i, l := range fold(safeLine(m.Does), room, room-2) {
			if i > 0 {
				l = "  " + l
			}
			t.line(left + l)
		}
		if m.Note == "" {
			continue
		}
		for i, l := range fold(safeLine(m.Note), room-2, room-2) {
			lead := "  "
			if i == 0 {
				lead = "→ "
			}
			t.line(left + t.ink(yellow, lead+l))
		}
	}
}
