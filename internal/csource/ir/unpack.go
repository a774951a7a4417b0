package ir

import (
	"encoding/binary"

	"gordian/internal/csource/arena"
	"gordian/internal/csource/ctype"
)

// Unpacker brings bodies back, and uses its memory again. The zero value is
// ready.
type Unpacker struct {
	t   *tables
	buf []byte

	bodies arena.Pool[Body]
	parms  arena.Lists[Param]
	pths   arena.Lists[Path]
	atms   arena.Lists[Atom]
	blks   arena.Lists[Block]
	instrs arena.Lists[Instr]
	calls  arena.Pool[Call]
	vals   arena.Lists[Val]
	ids    arena.Lists[PathID]
	deps   arena.Lists[string]
}

// morePaths is room for the paths that an analysis adds.
const morePaths = 8

// Unpack brings the body of f back, as it was when it was packed. It lives
// until Reset.
func (r *Unpacker) Unpack(f *Func) {
	r.t, r.buf = &f.Unit.tables, f.packed
	f.Body = r.bodies.Next()
	f.Params = r.params()
	f.Paths = r.paths()
	f.Atoms = r.atoms()
	f.Blocks = r.blks.Zero(int(r.n()), 0)
	for i := range f.Blocks {
		r.block(&f.Blocks[i])
	}
	r.t, r.buf = nil, nil
}

// Reset takes back the bodies of all functions.
func (r *Unpacker) Reset() {
	r.bodies.Reset()
	r.parms.Reset()
	r.pths.Reset()
	r.atms.Reset()
	r.blks.Reset()
	r.instrs.Reset()
	r.calls.Reset()
	r.vals.Reset()
	r.ids.Reset()
	r.deps.Reset()
}

func (r *Unpacker) n() uint64 {
	v, k := binary.Uvarint(r.buf)
	r.buf = r.buf[k:]
	return v
}

func (r *Unpacker) i() int64 {
	v, k := binary.Varint(r.buf)
	r.buf = r.buf[k:]
	return v
}

func (r *Unpacker) s() string {
	if v := r.n(); v > 0 {
		return r.t.str(v)
	}
	return ""
}

func (r *Unpacker) typ() *ctype.Type {
	if v := r.n(); v > 0 {
		return r.t.types[v-1]
	}
	return nil
}

func (r *Unpacker) path() PathID { return PathID(r.n()) }

func (r *Unpacker) params() []Param {
	out := r.parms.Zero(int(r.n()), 0)
	for i := range out {
		out[i] = Param{Name: r.s(), Type: r.typ(), Path: r.path()}
	}
	return out
}

func (r *Unpacker) paths() []Path {
	out := r.pths.Zero(int(r.n()), morePaths)
	for i := range out {
		p := &out[i]
		p.Kind = PathKind(r.n())
		p.Base = r.path()
		p.Index = int32(r.i())
		p.Name, p.Owner, p.Decl = r.s(), r.s(), r.s()
		p.Type = r.typ()
		p.Class = r.s()
		if p.Kind == FieldPath {
			base := &out[p.Base]
			p.Text = base.Text + Arrow(base.Type) + p.Name
		} else {
			p.Text = r.s()
		}
		if n := r.n(); n > 0 {
			p.Args = r.ids.Zero(int(n), 0)
			for j := range p.Args {
				p.Args[j] = r.path()
			}
		}
	}
	return out
}

func (r *Unpacker) atoms() []Atom {
	out := r.atms.Zero(int(r.n()), 0)
	for i := range out {
		a := &out[i]
		a.Text, a.Path, a.Call = r.s(), r.path(), r.s()
		a.Param = int32(r.i())
		if n := r.n(); n > 0 {
			a.Deps = r.deps.Zero(int(n), 0)
			for j := range a.Deps {
				a.Deps[j] = r.s()
			}
		}
	}
	return out
}

func (r *Unpacker) val(v *Val) {
	v.Kind = ValKind(r.n())
	if r.n() == 0 {
		return
	}
	v.Path, v.Atom = r.path(), AtomID(r.n())
	v.Num, v.Text = r.i(), r.s()
}

func (r *Unpacker) block(b *Block) {
	b.Instrs = r.instrs.Zero(int(r.n()), 0)
	for i := range b.Instrs {
		r.instr(&b.Instrs[i])
	}
	b.Term = TermKind(r.n())
	b.Line = int32(r.i())
	switch b.Term {
	case Jump:
		b.Then = int32(r.n())
	case Branch:
		b.Then, b.Else = int32(r.n()), int32(r.n())
		b.Test.Atom, b.Test.Mask = AtomID(r.n()), Bits(r.n())
		b.Test.Eq, b.Test.Same, b.Test.Text = r.s(), AtomID(r.n()), r.s()
	case Return:
		r.val(&b.Ret)
	}
}

func (r *Unpacker) instr(in *Instr) {
	if bits := r.n(); bits&1 != 0 {
		c := r.calls.Next()
		c.Guard, c.Undo = bits&2 != 0, bits&4 != 0
		c.Name, c.Through, c.Macro = r.s(), r.path(), r.s()
		if n := r.n(); n > 0 {
			c.Args = r.vals.Zero(int(n), 0)
			for i := range c.Args {
				r.val(&c.Args[i])
			}
		}
		in.Call = c
	}
	in.Dst, in.Obj, in.Atom = r.path(), r.path(), AtomID(r.n())
	r.val(&in.Src)
	in.Line = int32(r.i())
}
