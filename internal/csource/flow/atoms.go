package flow

import (
	"slices"
	"strings"

	"gordian/internal/csource/ir"
)

// guards lists what this path assumes of the parameters.
func (r *run) guards(s *state) []Guard {
	var out []Guard
	for _, a := range r.guarding {
		p, m := r.fn.Atoms[a].Param, r.masks[a]
		v := s.vals[r.slot[a]]
		switch {
		case len(out) >= 4:
		case p >= 0 && (v.bits != ir.Any || v.eqs > noneOf || v.ne != 0):
			out = append(out, Guard{Param: p, Bits: v.bits, Eq: r.vals.oneOf(v), Ne: r.vals.text(v.ne)})
		case p < 0 && (v.bits == ir.Zero || v.bits&ir.Zero == 0):
			out = append(out, Guard{Param: m.param, Mask: m.name, Bits: v.bits})
		}
	}
	for _, o := range r.outs {
		if b := s.vals[o.entry].bits; b != ir.Any && len(out) < 4 {
			out = append(out, Guard{Param: o.param, Mask: target, Bits: b})
		}
	}
	return out
}

// context reports whether this path asked in which context it runs, and which
// parameter with GFP flags it asked whether it may sleep.
func (r *run) context(s *state) (asked bool, gfp int32) {
	gfp = -1
	if !r.knowsAsking {
		r.findQuestions()
	}
	for _, q := range r.asking {
		switch {
		case s.vals[r.slot[q.atom]].bits == ir.Any:
		case q.gfp:
			if gfp = r.paramNamed(r.fn.Atoms[q.atom].Deps); gfp < 0 {
				asked = true
			}
		default:
			asked = true
		}
	}
	return asked, gfp
}

// question is an atom that tells the context, or the GFP flags that allow to
// sleep.
type question struct {
	atom ir.AtomID
	gfp  bool
}

// question finds out whether an atom is one.
func (r *run) question(a ir.AtomID) (question, bool) {
	t := &r.fn.Atoms[a]
	kind := r.tab.Predicate(t.Call)
	gfp := kind == "gfp-blocks" || strings.Contains(t.Text, "GFP_DIRECT_RECLAIM") || strings.Contains(t.Text, "GFP_RECLAIM")
	asks := gfp || kind == "in-interrupt" || kind == "irqs-disabled" || kind == "held" ||
		strings.Contains(t.Text, "in_interrupt") || strings.Contains(t.Text, "in_atomic") || strings.Contains(t.Text, "irqs_disabled") ||
		strings.Contains(t.Text, "oops_in_progress") || strings.Contains(t.Text, "system_state")
	return question{a, gfp}, asks
}

// sortAtoms lists the atoms that are followed by what they tell of an event:
// there are many events, and each asks.
func (r *run) sortAtoms() {
	for i := range r.fn.Atoms {
		a := ir.AtomID(i)
		if r.slot[a] < 0 {
			continue
		}
		t := &r.fn.Atoms[a]
		if t.Param >= 0 || r.masks[a].name != "" {
			r.guarding = append(r.guarding, a)
		}
		if t.Last() {
			r.lasts = append(r.lasts, a)
		}
	}
}

func (r *run) findQuestions() {
	r.knowsAsking = true
	for a := range r.fn.Atoms {
		if r.slot[a] < 0 {
			continue
		}
		if q, ok := r.question(ir.AtomID(a)); ok {
			r.asking = append(r.asking, q)
		}
	}
}

func (r *run) paramNamed(names []string) int32 {
	for _, n := range names {
		for i := range r.fn.Params {
			if r.fn.Params[i].Name == n {
				return int32(i)
			}
		}
	}
	return -1
}

// last reports whether this path has dropped the last reference to something.
func (r *run) last(s *state) bool {
	return slices.ContainsFunc(r.lasts, func(a ir.AtomID) bool { return s.vals[r.slot[a]].bits&ir.Zero == 0 })
}
