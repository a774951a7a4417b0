package report

import (
	"strconv"
	"strings"

	"gordian/internal/model"
)

// footer counts, and says what the report does not cover.
func (t *text) footer() {
	t.blank()
	t.line(t.ink(dim, strings.Repeat("─", t.width)))
	if t.d.Stats["detectors"] == 0 {
		t.wrap("", "  ", plain, t.counts())
	}
	for _, i := range t.upTo(len(t.d.Incomplete), fewIncomplete) {
		in := t.d.Incomplete[i]
		t.wrap("! ", "  ", yellow, "incomplete: "+t.inputName(in.Input)+": "+safeLine(in.Reason))
	}
	t.more("! ", len(t.d.Incomplete), fewIncomplete, "note")
	for _, k := range leftOut() {
		if n := int(t.d.Stats[k.stat]); n > 0 {
			t.line(count(n, "finding") + " left out: " + k.words)
		}
	}
	if len(t.d.Findings) > 0 {
		t.wrap("", "  ", dim, "gordian explain RULE says more about a rule.")
	}
}

// fewIncomplete is how many notes are shown without --verbose: a whole kernel
// has something odd in many places.
const fewIncomplete = 20

// leftOut lists the statistics that count findings which are not shown, and
// why they are not.
func leftOut() []struct{ stat, words string } {
	return []struct{ stat, words string }{
		{"fixed", "--fix has cured it"},
		{"suppressed", "a comment in the source says why"},
		{"findings_not_new", "there without the change too"},
		{"baselined", "known in the baseline"},
		{"findings_below_confidence", "less sure than --min-confidence asks for (--min-confidence low shows all)"},
		{"findings_beyond_limit", "beyond --max-findings"},
	}
}

func (t *text) counts() string {
	if ofSource(t.d) {
		return sourceCounts(t.d)
	}
	var bytes int64
	for _, in := range t.d.Inputs {
		bytes += in.Bytes
	}
	return count(len(t.d.Findings), "finding") + " from " + count(len(t.d.Reports), "kernel report") + " in " +
		count(len(t.d.Inputs), "input") + ", " + htmlBytes(bytes) + "."
}

// ofSource reports whether a document is about C source alone.
func ofSource(d *model.Document) bool {
	for i := range d.Inputs {
		if d.Inputs[i].Kind != model.InputSource {
			return false
		}
	}
	return len(d.Inputs) > 0
}

// filesOf is the number of files that were checked: a long list of inputs is
// cut to those that findings name, the statistics have them all.
func filesOf(d *model.Document) int {
	if n := d.Stats["files"]; n > 0 {
		return int(n)
	}
	return len(d.Inputs)
}

func sourceCounts(d *model.Document) string {
	s := count(len(d.Findings), "finding") + " in " + count(filesOf(d), "file")
	if n := d.Stats["functions"]; n > 0 {
		s += ", " + count(int(n), "function")
	}
	if n := d.Stats["lock_functions"]; n > 0 {
		s += " (" + strconv.Itoa(int(n)) + " with locks)"
	}
	return s + "."
}

func nothingInSource(d *model.Document) string {
	s := "Nothing found in " + count(filesOf(d), "file")
	for _, k := range leftOut() {
		if d.Stats[k.stat] > 0 {
			return s + " beyond what was left out"
		}
	}
	if len(d.Incomplete) > 0 {
		s += ", but part of the source could not be used"
	}
	return s
}
