package cli

import (
	"slices"

	"gordian/internal/check"
)

func knownNames() []string {
	var out []string
	for _, r := range check.Rules() {
		out = append(out, r.Doc.ID)
	}
	for _, f := range check.Families() {
		if !slices.Contains(out, f[0]) {
			out = append(out, f[0])
		}
	}
	return out
}

// nearest returns the name with the fewest typing mistakes, or "" if none is
// near enough to be meant.
func nearest(word string, names []string) string {
	best, least := "", len(word)/3+2
	for _, n := range names {
		if d := distance(word, n); d < least {
			best, least = n, d
		}
	}
	return best
}

// distance is the Levenshtein distance, one row at a time.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(cost, row[j]+1, diag+1)
		}
	}
	return row[len(b)]
}
