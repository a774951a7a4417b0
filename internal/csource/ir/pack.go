package ir

import (
	"encoding/binary"
	"slices"
	"strings"

	"gordian/internal/csource/ctype"
)

// A whole kernel has over half a million functions; as blocks, paths and
// atoms they would take ten gigabytes. So a function is kept as a string of
// small numbers that point into its unit's tables, and is unpacked for as long
// as it is analysed.

// tables are what the packed functions of a unit point into. Its strings are
// one piece of memory: millions of small ones would keep the garbage collector
// busy.
type tables struct {
	text  string
	ends  []uint32 // of each string in text
	types []*ctype.Type
}

// str returns the string with number i, from 1.
func (t *tables) str(i uint64) string {
	from := uint32(0)
	if i > 1 {
		from = t.ends[i-2]
	}
	return t.text[from:t.ends[i-1]]
}

func newTables(strs []string, types []*ctype.Type) tables {
	t := tables{ends: make([]uint32, len(strs)), types: slices.Clone(types)}
	size := 0
	for i, s := range strs {
		size += len(s)
		t.ends[i] = uint32(size)
	}
	var b strings.Builder
	b.Grow(size)
	for _, s := range strs {
		b.WriteString(s)
	}
	t.text = b.String()
	return t
}

// Packer packs the functions of one unit after the other, and uses its memory
// again. The zero value is ready.
type Packer struct {
	unit   *Unit
	strs   []string
	types  []*ctype.Type
	strIDs map[string]uint64
	typIDs map[*ctype.Type]uint64
	buf    []byte
	names  []string
	refs   []Ref
	called map[string]bool
	seen   map[Ref]bool
}

// Begin starts on a unit.
func (w *Packer) Begin(u *Unit) {
	w.unit = u
	w.strIDs, w.typIDs = cleared(w.strIDs, 4096), cleared(w.typIDs, 1024)
	w.strs, w.types = w.strs[:0], w.types[:0]
}

// cleared empties a map, or makes a new one if it had more than most: to clear
// what a huge one left takes time each time.
func cleared[K comparable, V any](m map[K]V, most int) map[K]V {
	if m == nil || len(m) > most {
		return make(map[K]V)
	}
	clear(m)
	return m
}

func (w *Packer) str(s string) uint64 {
	if s == "" {
		return 0
	}
	if id, ok := w.strIDs[s]; ok {
		return id
	}
	w.strs = append(w.strs, s)
	id := uint64(len(w.strs))
	w.strIDs[s] = id
	return id
}

func (w *Packer) typ(p *ctype.Type) uint64 {
	if p == nil {
		return 0
	}
	if id, ok := w.typIDs[p]; ok {
		return id
	}
	w.types = append(w.types, p)
	id := uint64(len(w.types))
	w.typIDs[p] = id
	return id
}

// Seal ends the packing of a unit's functions.
func (w *Packer) Seal() {
	u := w.unit
	u.left.Store(int32(len(u.Funcs)))
	u.tables = newTables(w.strs, w.types)
	clear(w.strs)
	clear(w.types)
	w.unit = nil
}

// Pack moves the body of f into its packed form. What f had is the caller's
// again.
func (w *Packer) Pack(f *Func) {
	w.addRefs(f)
	f.forget()
	w.buf = w.buf[:0]
	w.params(f.Params)
	w.paths(f.Paths)
	w.atoms(f.Atoms)
	w.n(uint64(len(f.Blocks)))
	for i := range f.Blocks {
		w.block(&f.Blocks[i])
	}
	f.packed = append([]byte(nil), w.buf...)
	f.Unload()
	f.Paths = nil
}

// forget drops the texts that nobody will ask for: of conditions where no lock
// is near, and of arguments that are no constants.
func (f *Func) forget() {
	for i := range f.Blocks {
		b := &f.Blocks[i]
		if !f.HasLock {
			b.Test.Text = ""
		}
		for j := range b.Instrs {
			if c := b.Instrs[j].Call; c != nil {
				for k := range c.Args {
					if v := &c.Args[k]; v.Kind == UnknownVal || v.Kind == AtomVal && !strings.Contains(v.Text, "GFP") {
						v.Text = ""
					}
				}
			}
		}
	}
	f.pickAtoms()
}

// Unload forgets the unpacked body, except for its paths: what is known of
// the function speaks of them.
func (f *Func) Unload() { f.Body = nil }

// Drop forgets the packed body too: it cannot be unpacked any more.
func (f *Func) Drop() {
	f.Unload()
	f.packed, f.Refs, f.called = nil, nil, nil
	if f.Unit.left.Add(-1) == 0 {
		f.Unit.tables = tables{}
	}
}

// Arrow is the operator between a value of type t and its member.
func Arrow(t *ctype.Type) string {
	if t != nil && t.Kind == ctype.Struct {
		return "."
	}
	return "->"
}

func (w *Packer) n(v uint64)    { w.buf = binary.AppendUvarint(w.buf, v) }
func (w *Packer) i(v int64)     { w.buf = binary.AppendVarint(w.buf, v) }
func (w *Packer) s(v string)    { w.n(w.str(v)) }
func (w *Packer) path(v PathID) { w.n(uint64(v)) }
func (w *Packer) bit(v ...bool) {
	var b uint64
	for i, x := range v {
		if x {
			b |= 1 << i
		}
	}
	w.n(b)
}

func (w *Packer) params(ps []Param) {
	w.n(uint64(len(ps)))
	for i := range ps {
		w.s(ps[i].Name)
		w.n(w.typ(ps[i].Type))
		w.path(ps[i].Path)
	}
}

func (w *Packer) paths(ps []Path) {
	w.n(uint64(len(ps)))
	for i := range ps {
		p := &ps[i]
		w.n(uint64(p.Kind))
		w.path(p.Base)
		w.i(int64(p.Index))
		w.s(p.Name)
		w.s(p.Owner)
		w.s(p.Decl)
		w.n(w.typ(p.Type))
		w.s(p.Class)
		if p.Kind != FieldPath { // its text is made again
			w.s(p.Text)
		}
		w.n(uint64(len(p.Args)))
		for _, a := range p.Args {
			w.path(a)
		}
	}
}

func (w *Packer) atoms(as []Atom) {
	w.n(uint64(len(as)))
	for i := range as {
		a := &as[i]
		w.s(a.Text)
		w.path(a.Path)
		w.s(a.Call)
		w.i(int64(a.Param))
		w.n(uint64(len(a.Deps)))
		for _, d := range a.Deps {
			w.s(d)
		}
	}
}

func (w *Packer) val(v *Val) {
	w.n(uint64(v.Kind))
	if v.Kind == UnknownVal && v.Path == 0 && v.Atom == 0 && v.Text == "" {
		w.bit(false)
		return
	}
	w.bit(true)
	w.path(v.Path)
	w.n(uint64(v.Atom))
	w.i(v.Num)
	w.s(v.Text)
}

func (w *Packer) block(b *Block) {
	w.n(uint64(len(b.Instrs)))
	for i := range b.Instrs {
		w.instr(&b.Instrs[i])
	}
	w.n(uint64(b.Term))
	w.i(int64(b.Line))
	switch b.Term {
	case Jump:
		w.n(uint64(b.Then))
	case Branch:
		w.n(uint64(b.Then))
		w.n(uint64(b.Else))
		w.n(uint64(b.Test.Atom))
		w.n(uint64(b.Test.Mask))
		w.s(b.Test.Eq)
		w.n(uint64(b.Test.Same))
		w.s(b.Test.Text)
	case Return:
		w.val(&b.Ret)
	}
}

func (w *Packer) instr(in *Instr) {
	c := in.Call
	if c == nil {
		w.bit(false)
	} else {
		w.bit(true, c.Guard, c.Undo)
		w.s(c.Name)
		w.path(c.Through)
		w.s(c.Macro)
		w.n(uint64(len(c.Args)))
		for i := range c.Args {
			w.val(&c.Args[i])
		}
	}
	w.path(in.Dst)
	w.path(in.Obj)
	w.n(uint64(in.Atom))
	w.val(&in.Src)
	w.i(int64(in.Line))
}
