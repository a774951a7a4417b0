package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gordian/internal/model"
)

// alike keeps one of the findings that say the same of other locks: a program
// that makes a thousand objects makes a thousand pairs of locks, and one slip.
// Its fingerprint then holds for the next run too, which has other addresses.
func alike(fs []model.Finding) []model.Finding {
	numbers := regexp.MustCompile(` 0x[0-9a-f]+(#[0-9]+)?|/[0-9]+|\+0x[0-9a-f]+.*`)
	first, renamed := map[string]int{}, map[string]string{}
	more := map[int]int{}
	out := []model.Finding{}
	for i := range fs {
		f := fs[i]
		var parts []string
		for _, l := range f.Locks {
			parts = append(parts, numbers.ReplaceAllString(l.Name, ""))
		}
		for _, t := range f.Tasks {
			var fns []string
			for _, fr := range t.Stack {
				fns = append(fns, numbers.ReplaceAllString(fr, ""))
			}
			parts = append(parts, strings.Join(fns, " "))
		}
		slices.Sort(parts)
		old := f.Fingerprint
		f.Fingerprint = model.Fingerprint(f.Rule, parts...)
		renamed[old] = f.Fingerprint
		if k, ok := first[f.Fingerprint]; ok {
			more[k]++
			continue
		}
		first[f.Fingerprint] = len(out)
		out = append(out, f)
	}
	for k, n := range more {
		out[k].Explanation += fmt.Sprintf(" The same places did so with further locks of the same kind: %d more cycles.", n)
	}
	for i := range out {
		out[i].Related = relations(&out[i], renamed)
	}
	return out
}

// relations gives the ties of a finding the new fingerprints.
func relations(f *model.Finding, renamed map[string]string) []model.Relation {
	var out []model.Relation
	for _, r := range f.Related {
		r.Fingerprint = renamed[r.Fingerprint]
		if r.Fingerprint != f.Fingerprint && !slices.ContainsFunc(out, func(o model.Relation) bool { return o.Fingerprint == r.Fingerprint }) {
			out = append(out, r)
		}
	}
	return out
}
