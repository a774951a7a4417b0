package check

import (
	"cmp"
	"slices"
	"strings"

	"gordian/internal/model"
)

// mergeSource joins findings that are one to whoever has to cure them: those
// of the same rule, function and locks. The surest tells the story, the
// others add their places.
func mergeSource(fs []model.Finding) []model.Finding {
	at := map[string]int{}
	var out []model.Finding
	for _, f := range fs {
		k := f.Rule + "\x00" + f.Fingerprint
		i, ok := at[k]
		if !ok {
			at[k] = len(out)
			out = append(out, f)
			continue
		}
		a := &out[i]
		if f.Confidence.Rank() > a.Confidence.Rank() {
			f, *a = *a, f
		}
		addPlaces(a, f.Locations)
	}
	return out
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
