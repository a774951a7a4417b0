package ir

import "strings"

// Mask reports whether an atom is "param & NAME", where param is a parameter
// that is never assigned. NAME is empty if it is not.
func (f *Func) Mask(a AtomID) (param int32, name string) {
	left, right, ok := strings.Cut(f.Atoms[a].Text, " & ")
	if !ok || strings.ContainsAny(right, " ()|&~") {
		return 0, ""
	}
	for i := range f.Params {
		if p := &f.Params[i]; p.Name == left && f.Paths[p.Path].Kind == ParamPath {
			return int32(i), right
		}
	}
	return 0, ""
}

// Target reports whether an atom is "*param", where param is a parameter that
// is never assigned: what a caller's "&x" points to.
func (f *Func) Target(a AtomID) (param int32, ok bool) {
	name, ok := strings.CutPrefix(f.Atoms[a].Text, "*")
	if !ok {
		return 0, false
	}
	for i := range f.Params {
		if p := &f.Params[i]; p.Name == name && f.Paths[p.Path].Kind == ParamPath {
			return int32(i), true
		}
	}
	return 0, false
}

// Last reports whether an atom asks if a reference was the last one.
func (a *Atom) Last() bool {
	return strings.HasSuffix(a.Call, "_dec_and_test") || strings.HasSuffix(a.Call, "_sub_and_test") || strings.HasSuffix(a.Call, "_dec_and_lock")
}

// pickAtoms drops the atoms that no analysis can use: expressions that are
// tested once and never assigned. What remains is renumbered.
func (f *Func) pickAtoms() {
	n := len(f.Atoms)
	uses := make([]int, n)
	must := make([]bool, n)
	for i := range f.Blocks {
		b := &f.Blocks[i]
		for j := range b.Instrs {
			in := &b.Instrs[j]
			uses[in.Atom]++
			uses[in.Src.Atom]++
			if in.Call == nil {
				continue
			}
			for k := range in.Call.Args {
				if v := &in.Call.Args[k]; v.Kind == PathVal || v.Kind == AddrVal {
					must[v.Atom] = true
				}
			}
		}
		uses[b.Test.Atom]++
		uses[b.Test.Same]++
		uses[b.Ret.Atom]++
	}
	ids := make([]AtomID, n)
	kept := f.Atoms[:min(1, n)]
	for i := 1; i < n; i++ {
		_, target := f.Target(AtomID(i))
		if _, mask := f.Mask(AtomID(i)); uses[i] > 1 || must[i] || target || f.Atoms[i].Param >= 0 || mask != "" || f.Atoms[i].Last() {
			ids[i] = AtomID(len(kept))
			kept = append(kept, f.Atoms[i])
		}
	}
	f.Atoms = kept
	f.renumber(ids)
}

func (f *Func) renumber(ids []AtomID) {
	for i := range f.Blocks {
		b := &f.Blocks[i]
		for j := range b.Instrs {
			in := &b.Instrs[j]
			in.Atom, in.Src.Atom = ids[in.Atom], ids[in.Src.Atom]
			if in.Call != nil {
				for k := range in.Call.Args {
					in.Call.Args[k].Atom = ids[in.Call.Args[k].Atom]
				}
			}
		}
		b.Test.Atom, b.Test.Same, b.Ret.Atom = ids[b.Test.Atom], ids[b.Test.Same], ids[b.Ret.Atom]
	}
}
