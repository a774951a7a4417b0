package flow

import (
	"slices"
	"strings"

	"gordian/internal/csource/ir"
)

// possible reports whether the arguments of a call allow what a callee does
// under a condition.
func (r *run) possible(when []Guard, in *ir.Instr, s *state) bool {
	for _, g := range when {
		if int(g.Param) >= len(in.Call.Args) {
			continue
		}
		if g.Mask != "" {
			if r.maskValue(s, in.Call.Args[g.Param], g.Mask)&g.Bits == 0 {
				return false
			}
			continue
		}
		v := r.value(s, in.Call.Args[g.Param])
		if v.bits&g.Bits == 0 || g.Eq != "" && !slices.ContainsFunc(OneOf(g.Eq), func(c string) bool { return r.vals.may(v, c) }) || g.Ne != "" && r.vals.eq(v) == g.Ne {
			return false
		}
	}
	return true
}

// maskValue is what is known of some bits of an argument: a constant has those
// that it names, and not others of their family.
func (r *run) maskValue(s *state, v ir.Val, name string) ir.Bits {
	if name == target && v.Kind == ir.AddrVal {
		if v.Atom != 0 && r.slot[v.Atom] >= 0 {
			return s.vals[r.slot[v.Atom]].bits
		}
		return ir.Any
	}
	switch v.Kind {
	case ir.NumberVal:
		if v.Num == 0 {
			return ir.Zero
		}
	case ir.SymbolVal:
		switch {
		case hasWord(v.Text, name):
			return ir.Neg | ir.Pos
		case kin(v.Text, name):
			return ir.Zero
		}
	case ir.PathVal:
		if p := &r.fn.Paths[v.Path]; p.Kind == ir.ParamPath {
			for a, m := range r.masks {
				if m.name == name && m.param == p.Index && r.slot[a] >= 0 {
					return s.vals[r.slot[a]].bits
				}
			}
		}
	}
	return ir.Any
}

// kin reports whether all names of a constant begin as a flag's does, up to
// its last word: then each is a flag too.
func kin(text, flag string) bool {
	i := strings.LastIndexByte(flag, '_')
	if i <= 0 {
		return false
	}
	for _, w := range strings.Split(text, "|") {
		if !strings.HasPrefix(strings.Trim(w, " ()"), flag[:i+1]) {
			return false
		}
	}
	return true
}

// assumeGuards takes over what a callee's exit says of its arguments.
func (r *run) assumeGuards(when []Guard, in *ir.Instr, s *state) {
	for _, g := range when {
		if int(g.Param) >= len(in.Call.Args) {
			continue
		}
		a := in.Call.Args[g.Param]
		if g.Mask != "" || a.Kind != ir.PathVal || a.Atom == 0 || r.slot[a.Atom] < 0 {
			continue
		}
		v := &s.vals[r.slot[a.Atom]]
		if v.bits &= g.Bits; v.bits == 0 {
			v.bits = g.Bits
		}
		if g.Eq != "" && v.eqs == anyOf {
			v.eqs = r.vals.these(g.Eq)
		}
	}
}

// lifted turns a callee's conditions on its parameters into conditions on the
// caller's, where it passes them on.
func (r *run) lifted(when []Guard, in *ir.Instr, own []Guard) []Guard {
	out := own
	for _, g := range when {
		if int(g.Param) >= len(in.Call.Args) {
			continue
		}
		a := in.Call.Args[g.Param]
		if a.Kind != ir.PathVal && a.Kind != ir.SignVal || a.Path == 0 {
			continue
		}
		p := &r.fn.Paths[a.Path]
		if p.Kind != ir.ParamPath {
			continue
		}
		n := Guard{Param: p.Index, Mask: g.Mask, Bits: g.Bits, Eq: g.Eq, Ne: g.Ne}
		if a.Kind == ir.SignVal {
			var ok bool
			if n, ok = signGuard(p.Index, a, g); !ok {
				continue
			}
		}
		if i := slices.IndexFunc(out, func(o Guard) bool { return o.Param == n.Param && o.Mask == n.Mask }); i >= 0 {
			out = slices.Clone(out)
			if out[i].Bits &= n.Bits; out[i].Eq == "" {
				out[i].Eq = n.Eq
			}
			if out[i].Ne == "" {
				out[i].Ne = n.Ne
			}
		} else if len(out) < 4 {
			out = append(out[:len(out):len(out)], n)
		}
	}
	return out
}

// signGuard turns a callee's condition on the outcome of a comparison into one
// on the parameter that is compared.
func signGuard(param int32, a ir.Val, g Guard) (Guard, bool) {
	if g.Mask != "" || g.Eq != "" || g.Bits != ir.Zero && g.Bits&ir.Zero != 0 {
		return Guard{}, false
	}
	n := Guard{Param: param, Bits: ir.Bits(a.Num)}
	if g.Bits == ir.Zero {
		n.Bits = ir.Any &^ n.Bits
	}
	if a.Text != "" {
		n = Guard{Param: param, Bits: ir.Any, Eq: a.Text}
		if (a.Num == 1) == (g.Bits == ir.Zero) {
			n.Eq, n.Ne = "", a.Text
		}
	}
	return n, true
}
