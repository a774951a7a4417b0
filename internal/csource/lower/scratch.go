package lower

import (
	"gordian/internal/csource/arena"
	"gordian/internal/csource/ir"
)

// Lowerer lowers one file after the other, and uses its memory again: what a
// function is lowered to is packed at once. The zero value is ready. It is for
// one goroutine.
type Lowerer struct {
	strs    map[string]string
	callees map[string]callee
	buf     []byte
	packer  ir.Packer
	fn      fn
}

// Memory that is larger is given up rather than used again: to clear what one
// huge function left would cost each of the small ones.
const (
	maxKept = 4096
	maxMap  = 96
)

// again empties a map, to be used again.
func again[K comparable, V any](m map[K]V, most int) map[K]V {
	if m == nil || len(m) > most {
		return make(map[K]V)
	}
	clear(m)
	return m
}

// scratch is the memory that the functions of a file share.
type scratch struct {
	blocks []ir.Block
	paths  []ir.Path
	atoms  []ir.Atom
	locals arena.Pool[local]
	calls  arena.Pool[ir.Call]
	vals   arena.Lists[ir.Val]
	deps   arena.Lists[string]
	ids    arena.Lists[ir.PathID]
}

func (s *scratch) reset() {
	if len(s.blocks) > maxKept || len(s.paths) > maxKept || len(s.atoms) > maxKept {
		s.blocks, s.paths, s.atoms = nil, nil, nil
	}
	s.locals.Reset()
	s.calls.Reset()
	s.vals.Reset()
	s.deps.Reset()
	s.ids.Reset()
}

// reset makes b ready for another function.
func (b *fn) reset(l *file) {
	b.file = l
	b.scratch.reset()
	b.paths, b.atoms, b.writes = again(b.paths, maxMap), again(b.atoms, maxMap), again(b.writes, maxMap)
	b.labels, b.compounds, b.vars = again(b.labels, maxMap), again(b.compounds, maxMap), again(b.vars, maxMap)
	b.scopes, b.loops, b.declared = b.scopes[:0], b.loops[:0], b.declared[:0]
	b.cur, b.fresh, b.depth, b.shadow, b.dead = 0, 0, 0, 0, false
	b.body = ir.Body{Params: b.body.Params[:0]}
	b.out = &ir.Func{Unit: l.unit, Body: &b.body}
	b.out.Blocks = b.scratch.blocks[:0]
	b.out.Paths = append(b.scratch.paths[:0], ir.Path{})
	b.out.Atoms = append(b.scratch.atoms[:0], ir.Atom{})
}

// pack packs what was made of the function, and takes back the memory.
func (b *fn) pack() *ir.Func {
	f := b.out
	b.scratch.blocks, b.scratch.paths, b.scratch.atoms = f.Blocks, f.Paths, f.Atoms
	b.packer.Pack(f)
	b.out = nil
	return f
}

// newBlock adds a block, with the instructions of an earlier function to be
// written over.
func (b *fn) newBlock() int32 {
	n := len(b.out.Blocks)
	if n < cap(b.out.Blocks) {
		b.out.Blocks = b.out.Blocks[:n+1]
	} else {
		b.out.Blocks = append(b.out.Blocks, ir.Block{})
	}
	blk := &b.out.Blocks[n]
	*blk = ir.Block{Instrs: blk.Instrs[:0], Term: ir.Halt}
	return int32(n)
}
