package check

import (
	"cmp"
	"slices"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// manyHolders is how many functions have to break a rule in the same way before
// what they have in common is more likely wrong than each of them: the place
// that sleeps, or what is thought of it.
const manyHolders = 4

// sleepSite is a place that sleeps, reached through calls.
type sleepSite struct {
	file, fn string
	line     int
}

// sleepGroup is the slips that end in one place.
type sleepGroup struct {
	best  *srcfact.Slip
	slips []*srcfact.Slip
}

// sleepSiteOf names the place that a slip sleeps in, if it is in another function
// than the holder's.
func sleepSiteOf(s *srcfact.Slip) sleepSite {
	if s.Kind != srcfact.SlipSleep || len(s.Locks) == 0 || len(s.Path) == 0 {
		return sleepSite{}
	}
	last := s.Path[len(s.Path)-1]
	if holder := afterAcquire(s.Path, &s.Locks[0]); holder.Func == last.Func {
		return sleepSite{}
	}
	return sleepSite{last.File, last.Func, last.Line}
}

// sleepGroups finds the places that many functions reach with a lock held.
func sleepGroups(slips []srcfact.Slip) map[sleepSite]*sleepGroup {
	all := map[sleepSite]*sleepGroup{}
	for i := range slips {
		k := sleepSiteOf(&slips[i])
		if k == (sleepSite{}) {
			continue
		}
		if all[k] == nil {
			all[k] = &sleepGroup{}
		}
		all[k].slips = append(all[k].slips, &slips[i])
	}
	for k, g := range all {
		if len(g.holders()) < manyHolders {
			delete(all, k)
			continue
		}
		slices.SortStableFunc(g.slips, func(a, b *srcfact.Slip) int {
			return cmp.Or(cmp.Compare(b.Confidence.Rank(), a.Confidence.Rank()), compareSteps(a.Path, b.Path))
		})
		g.best = g.slips[0]
	}
	return all
}

// holders are the functions that go on to the place with a lock held.
func (g *sleepGroup) holders() []string {
	var out []string
	for _, s := range g.slips {
		out = append(out, afterAcquire(s.Path, &s.Locks[0]).Func)
	}
	return uniq(out)
}

// sleepGroup tells the surest way to the place, and names the others.
func (v *srcView) sleepGroup(r slipRule, g *sleepGroup) model.Finding {
	f := v.slip(r, g.best)
	last := g.best.Path[len(g.best.Path)-1]
	others := slices.DeleteFunc(g.holders(), func(fn string) bool { return fn == f.Function })
	f.Explanation += " The same place is reached with a lock held from " + plural(len(others), "other function") + ": " + callList(others) +
		". If that many are wrong, look at " + last.Func + "() first."
	for _, s := range g.slips[1:] {
		l := &s.Locks[0]
		at := acquiredAt(s.Path[:len(s.Path)-1], l)
		v.addPath(&f, "also: "+afterAcquire(s.Path, l).Func+"() with "+lockNode(l)+" held", []srcfact.Step{s.Path[at], afterAcquire(s.Path, l)})
	}
	return f
}

func callList(fns []string) string {
	var out []string
	for _, f := range fns {
		out = append(out, f+"()")
	}
	return list(out, 6)
}
