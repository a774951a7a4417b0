package ir

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
		if uses[i] > 1 || must[i] || f.Atoms[i].Param >= 0 {
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
