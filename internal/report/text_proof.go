package report

import (
	"regexp"
	"strconv"
	"strings"

	"gordian/internal/model"
)

// How much evidence is shown without --verbose.
const (
	fewLines   = 3
	fewSteps   = 24
	fewFrames  = 12
	fewTasks   = 24
	fewReasons = 2
)

// proof lists the edges of the cycle or the chain, each with the place in the
// evidence that states it. A finding without edges shows its evidence.
// Where the source is shown, the edges need no further reasons.
func (t *text) proof(f *model.Finding) {
	if len(f.Path) == 0 {
		if len(f.Evidence) > 0 {
			t.head("Evidence")
			t.reasons("  ", f.Evidence)
		}
		return
	}
	t.head("Proof")
	for i, s := range t.upTo(len(f.Path), fewSteps) {
		step := &f.Path[s]
		lead := "  " + strconv.Itoa(i+1) + ". "
		t.wrap(lead, strings.Repeat(" ", len(lead)), plain, stepWords(step))
		if len(f.Locations) == 0 {
			t.reasons("       ", step.Why)
		}
	}
	t.more("  ", len(f.Path), fewSteps, "step")
}

// upTo returns the indices to show.
func (t *text) upTo(n, few int) []int {
	if !t.verbose {
		n = min(n, few)
	}
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func (t *text) more(indent string, n, few int, what string) {
	if !t.verbose && n > few {
		t.line(indent + t.ink(dim, "… "+count(n-few, "more "+what)+" (-v shows all)"))
	}
}

func stepWords(s *model.PathStep) string {
	from, to, mode := safeLine(s.From), safeLine(s.To), ""
	if s.Mode.Shared() {
		mode = ", for " + safeLine(string(s.Mode))
	}
	var w string
	switch s.Kind {
	case model.Waits:
		w = from + " waits for " + to + mode
	case model.HeldBy:
		w = from + " is held by " + to + mode
	case model.Before:
		w = from + " is held when " + to + " is taken" + mode
	default:
		w = from + " " + safeLine(string(s.Kind)) + " " + to
	}
	if s.At != "" {
		w += ", in " + safeLine(s.At)
	}
	return w
}

// reasons prints where the evidence says so.
func (t *text) reasons(indent string, why []model.Provenance) {
	for _, i := range t.upTo(len(why), fewReasons) {
		p := why[i]
		place := t.place(p)
		if p.Derived {
			place += " (inferred)"
		}
		lines := strings.Split(strings.TrimSpace(p.Excerpt), "\n")
		if lines[0] == "" {
			t.wrap(indent, indent, dim, place)
			continue
		}
		show := lines
		if !t.verbose {
			show = lines[:min(len(lines), fewLines)]
		}
		t.wrap(indent, indent+"  ", dim, place+": "+safeLine(strings.TrimSpace(show[0])))
		for _, l := range show[1:] {
			t.line(indent + "  " + t.ink(dim, cut(safeLine(strings.TrimRight(l, " \t\r")), t.width-len(indent)-2)))
		}
		t.more(indent+"  ", len(lines), fewLines, "line")
	}
	t.more(indent, len(why), fewReasons, "place")
}

// lineLocator is the locator of a place in a log.
var lineLocator = regexp.MustCompile(`^line (\d+)$`)

// place is where something stands in the evidence, as editors write it.
func (t *text) place(p model.Provenance) string {
	name := t.inputName(p.Input)
	if l := safeLine(p.Locator); strings.HasPrefix(l, name+":") {
		return l // the file is the input
	}
	if m := lineLocator.FindStringSubmatch(p.Locator); m != nil {
		return name + ":" + m[1]
	}
	if p.Locator == "" {
		return name
	}
	return name + ", " + safeLine(p.Locator)
}
