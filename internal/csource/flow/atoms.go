package flow

import (
	"slices"
	"strings"

	"gordian/internal/csource/ctype"
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

// mask is the atom "param & name", or "*param" if name is target.
type mask struct {
	param int32
	name  string
}

// target is the name of the mask of what a parameter points to.
const target = "*"

// pickAtoms chooses the atoms that are worth following: those that are tested
// twice, those that are assigned and tested or returned, parameters, and
// results that decide about a lock.
func (r *run) pickAtoms() {
	n := len(r.fn.Atoms)
	tests, sets := make([]int, n), make([]int, n)
	for i := range r.fn.Blocks {
		b := &r.fn.Blocks[i]
		for j := range b.Instrs {
			if a := b.Instrs[j].Atom; a != 0 {
				sets[a]++
			}
			if a := b.Instrs[j].Src.Atom; a != 0 && b.Instrs[j].Call == nil {
				tests[a]++
				if d := b.Instrs[j].Dst; d != 0 && r.fn.Paths[d].Kind != ir.LocalPath {
					r.given[a] = true
				}
			}
		}
		switch b.Term {
		case ir.Branch:
			tests[b.Test.Atom]++
			tests[b.Test.Same]++
		case ir.Return:
			tests[b.Ret.Atom]++
			r.given[b.Ret.Atom] = true
		}
	}
	r.slot, r.masks = make([]int32, n), make([]mask, n)
	for i := range r.slot {
		r.slot[i] = -1
		if i > 0 {
			r.masks[i].param, r.masks[i].name = r.fn.Mask(ir.AtomID(i))
		}
		r.pickTarget(ir.AtomID(i), tests[i], sets[i])
		if i > 0 && r.slot[i] < 0 && r.nslot < 200 && (tests[i] > 1 || tests[i] > 0 && (r.masks[i].name != "" || r.fn.Atoms[i].Last()) || tests[i] > 0 && (sets[i] > 0 || r.fn.Atoms[i].Param >= 0) || sets[i] > 1) {
			r.slot[i] = int32(r.nslot)
			r.nslot++
		}
	}
}

// out is "*param" that the function writes: its atom, and the slot of what it
// was when the function was entered.
type out struct {
	atom  ir.AtomID
	param int32
	entry int32
}

// asEntered is the constant of what has not been written yet.
const asEntered = "\x00"

// pickTarget follows what a parameter points to: callers pass the address of a
// flag, and learn from it whether a lock is still held.
func (r *run) pickTarget(a ir.AtomID, tests, sets int) {
	p, ok := r.fn.Target(a)
	switch {
	case !ok || r.nslot >= 200 || !isFlag(r.fn.Params[p].Type):
	case sets > 0:
		r.outs = append(r.outs, out{a, p, int32(r.nslot + 1)})
		r.slot[a] = int32(r.nslot)
		r.nslot += 2
		r.sum.Writes = append(r.sum.Writes, p)
	case tests > 0:
		r.masks[a] = mask{p, target}
	}
}

// isFlag reports whether a type is a pointer to a number or bool: pointers that
// callees write are followed as objects.
func isFlag(t *ctype.Type) bool {
	return t != nil && t.Kind == ctype.Pointer && t.Elem != nil && t.Elem.Kind == ctype.Scalar
}
