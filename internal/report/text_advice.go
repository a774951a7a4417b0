package report

import (
	"strconv"
	"strings"

	"gordian/internal/model"
)

// advice prints what to do. Advice that an earlier finding had in the same
// words is named, not repeated: a log with ten inversions reads as one.
func (t *text) advice(f *model.Finding, n int) {
	if len(f.Fix) > 0 {
		t.head("What to do")
	}
	var again []string
	var first, shown int
	for _, x := range f.Fix {
		if at, ok := t.seen(x.Title+"\x00"+x.Detail+"\x00"+x.Diff, n); ok {
			again, first = append(again, safeLine(x.Title)), at
			continue
		}
		shown++
		lead := "  " + strconv.Itoa(shown) + ". "
		t.wrap(lead, "     ", bold, safeLine(x.Title))
		if x.Detail != "" {
			t.wrap("     ", "     ", plain, SafeText(x.Detail))
		}
		t.diff(x.Diff)
	}
	if len(again) > 0 {
		t.wrap("  also: ", "        ", plain, strings.Join(again, "; ")+" (see finding "+strconv.Itoa(first)+")")
	}
	t.list("How to check the fix", f.Verify, n)
	t.list("What would tell more", f.Missing, n)
}

// seen says in which finding a text was printed, and remembers it for n.
func (t *text) seen(key string, n int) (int, bool) {
	if at, ok := t.said[key]; ok {
		return at, true
	}
	t.said[key] = n
	return 0, false
}

func (t *text) list(title string, items []string, n int) {
	var first, again int
	for i, s := range items {
		if i == 0 {
			t.head(title)
		}
		if at, ok := t.seen(title+"\x00"+s, n); ok {
			first, again = at, again+1
			continue
		}
		t.wrap("  - ", "    ", plain, SafeText(s))
	}
	if again > 0 {
		t.line("  - and as for finding " + strconv.Itoa(first))
	}
}

func (t *text) diff(diff string) {
	if diff == "" {
		return
	}
	for _, l := range strings.Split(strings.TrimRight(diff, "\n"), "\n") {
		c := plain
		switch {
		case strings.HasPrefix(l, "+"):
			c = green
		case strings.HasPrefix(l, "-"):
			c = red
		}
		t.line("       " + t.ink(c, SafeText(l)))
	}
}

// history tells that one thing was reported several times, and what other
// findings have to do with this one.
func (t *text) history(f *model.Finding) {
	if len(f.History) > 1 {
		first, last := f.History[0], f.History[len(f.History)-1]
		s := "Reported " + strconv.Itoa(len(f.History)) + " times"
		if first.Time != "" && last.Time != "" {
			s += ", first at " + safeLine(first.Time) + ", last at " + safeLine(last.Time)
		}
		if last.Seconds > 0 {
			s += " (then stuck for " + htmlSeconds(last.Seconds) + ")"
		}
		t.blank()
		t.wrap("", "  ", plain, s+".")
	}
	for i, r := range f.Related {
		if i == 0 {
			t.head("Related")
		}
		t.wrap("  - ", "    ", plain, t.relatedName(r)+": "+safeLine(r.How))
	}
}

func (t *text) relatedName(r model.Relation) string {
	for i := range t.d.Findings {
		if t.d.Findings[i].Fingerprint == r.Fingerprint {
			return "finding " + strconv.Itoa(i+1) + " (" + safeLine(r.Rule) + ")"
		}
	}
	return safeLine(r.Rule)
}
