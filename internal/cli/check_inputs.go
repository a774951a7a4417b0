package cli

import (
	"slices"

	"gordian/internal/model"
)

// manyInputs is the number of files beyond which a document names only those
// that something is said of: a list of the whole kernel helps nobody.
const manyInputs = 1000

// pruneInputs shortens a long list of inputs, and keeps every index right.
func pruneInputs(d *model.Document) {
	if len(d.Inputs) <= manyInputs {
		return
	}
	used := make([]bool, len(d.Inputs))
	eachInput(d, len(used), func(i *int) { used[*i] = true })
	named := namedFiles(d.Findings)
	to := make([]int, len(d.Inputs))
	var kept []model.Input
	for i, in := range d.Inputs {
		if used[i] || named[in.Path] {
			to[i] = len(kept)
			kept = append(kept, in)
		}
	}
	d.Inputs = kept
	for i := range d.Findings { // the lists may be shared with the analysis
		f := &d.Findings[i]
		f.Evidence = slices.Clone(f.Evidence)
		f.Path = slices.Clone(f.Path)
		for j := range f.Path {
			f.Path[j].Why = slices.Clone(f.Path[j].Why)
		}
	}
	d.Incomplete = slices.Clone(d.Incomplete)
	eachInput(d, len(used), func(i *int) { *i = to[*i] })
}

// eachInput calls visit with every index below n of an input in a document.
func eachInput(d *model.Document, n int, visit func(i *int)) {
	valid := func(i *int) {
		if *i >= 0 && *i < n {
			visit(i)
		}
	}
	for i := range d.Incomplete {
		valid(&d.Incomplete[i].Input)
	}
	for i := range d.Findings {
		f := &d.Findings[i]
		for j := range f.Evidence {
			valid(&f.Evidence[j].Input)
		}
		for j := range f.Path {
			for k := range f.Path[j].Why {
				valid(&f.Path[j].Why[k].Input)
			}
		}
	}
}

// namedFiles are the files of the places that findings go through.
func namedFiles(fs []model.Finding) map[string]bool {
	out := map[string]bool{}
	for i := range fs {
		out[fs[i].File] = true
		for _, l := range fs[i].Locations {
			out[l.File] = true
		}
	}
	return out
}
