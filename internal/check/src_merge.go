package check

import (
	"cmp"
	"slices"
	"strings"

	"gordian/internal/model"
)

// mergeSource joins findings that are one to whoever has to cure them: those
// of the same rule, function and locks. The surest tells the story, the
// others add their places and what would cure them.
func (v *srcView) mergeSource(fs []model.Finding) []model.Finding {
	at := map[string]int{}
	var out []model.Finding
	var more [][]model.Finding // by place in out
	for _, f := range fs {
		k := f.Rule + "\x00" + f.Fingerprint
		i, ok := at[k]
		if !ok {
			at[k] = len(out)
			out, more = append(out, f), append(more, nil)
			continue
		}
		if f.Confidence.Rank() > out[i].Confidence.Rank() {
			f, out[i] = out[i], f
		}
		more[i] = append(more[i], f)
	}
	for i := range out {
		v.mergeFinding(&out[i], more[i])
	}
	return out
}

func (v *srcView) mergeFinding(f *model.Finding, more []model.Finding) {
	var lines []string
	for i := range more {
		m := &more[i]
		addPlaces(f, m.Locations)
		if m.File == f.File && m.Line != f.Line {
			lines = append(lines, itoa(m.Line))
		}
		v.mergeEdits(f, m)
	}
	if lines = uniq(lines); len(lines) > 0 {
		f.Explanation += " The same goes for line" + pick(len(lines) > 1, "s ", " ") + list(lines, 8) + "."
	}
}

// mergeEdits adds the edits of another finding to those of f: a change that
// cures one of several places would leave the finding as it is.
func (v *srcView) mergeEdits(f, m *model.Finding) {
	a, b := firstDiff(f), firstDiff(m)
	if a < 0 || b < 0 || f.Fix[a].Edits[0].File != m.Fix[b].Edits[0].File {
		return
	}
	edits := slices.Clone(f.Fix[a].Edits)
	for _, e := range m.Fix[b].Edits {
		if !slices.ContainsFunc(edits, func(x model.Edit) bool { return sameEdit(x, e) }) {
			edits = append(edits, e)
		}
	}
	t := v.file(edits[0].File)
	if diff, err := t.Diff(edits); err == nil && len(edits) > len(f.Fix[a].Edits) {
		f.Fix[a].Edits, f.Fix[a].Diff = edits, diff
		title, _, _ := strings.Cut(f.Fix[a].Title, likewise)
		f.Fix[a].Title = title + likewise
	}
}

const likewise = ", and likewise in the other places"

func sameEdit(a, b model.Edit) bool {
	return a.File == b.File && a.Line == b.Line && a.Delete == b.Delete && slices.Equal(a.Insert, b.Insert)
}

// firstDiff returns the first fix that is a diff, or -1.
func firstDiff(f *model.Finding) int {
	return slices.IndexFunc(f.Fix, func(x model.Fix) bool { return len(x.Edits) > 0 })
}

func addPlaces(f *model.Finding, more []model.Location) {
	for _, l := range more {
		same := func(x model.Location) bool {
			return x.File == l.File && x.Line == l.Line && x.Note == l.Note
		}
		if len(f.Locations) < maxPlaces && !slices.ContainsFunc(f.Locations, same) {
			l.Thread = "also: " + strings.TrimPrefix(l.Thread, "also: ")
			f.Locations = append(f.Locations, l)
		}
	}
}

// sortSource orders findings of equal weight by their place.
func sortSource(fs []model.Finding) {
	slices.SortStableFunc(fs, func(a, b model.Finding) int {
		return cmp.Or(cmp.Compare(b.Severity.Rank(), a.Severity.Rank()), cmp.Compare(b.Confidence.Rank(), a.Confidence.Rank()),
			cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Title, b.Title))
	})
}
