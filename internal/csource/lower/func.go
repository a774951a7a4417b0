package lower

import (
	"gordian/internal/csource/cast"
	"gordian/internal/csource/ctype"
	"gordian/internal/csource/ir"
	"gordian/internal/csource/lockapi"
)

// fn lowers one function.
type fn struct {
	*file
	out       *ir.Func
	body      ir.Body
	scratch   scratch
	paths     map[pathKey]ir.PathID
	atoms     map[string]ir.AtomID
	writes    map[string]int // assignments per name, initialisers included; address taken counts
	cur       int32          // block that is filled
	dead      bool           // cur cannot be reached
	scopes    []scope
	vars      map[string]*local // by name, the innermost
	declared  []*local          // in all scopes
	loops     []target          // what break and continue leave for
	labels    map[string]*label
	compounds map[string]int // conditions of several parts, by text
	fresh     int32
	depth     int // of loops
	shadow    int
}

// local is a variable of the function.
type local struct {
	name  string // unique in the function
	typ   *ctype.Type
	param int32      // index, -1
	alias ir.PathID  // what it stands for, if it is assigned once
	test  *cast.Expr // the condition that it is the outcome of, if it is assigned once
	key   string     // its name in the source
	outer *local     // of the same name
}

// scope is a block with its variables and its cleanups.
type scope struct {
	first    int // of fn.declared
	cleanups []ir.Call
	block    *cast.Stmt
}

// target is where break and continue go, and the scopes that stay.
type target struct {
	brk, cont int32 // cont is -1 in a switch
	scopes    int
}

// label is a goto target.
type label struct {
	block  int32
	placed bool
	scopes []*cast.Stmt // the blocks around it
}

const maxBlocks = 60000 // of one function: generated code beyond that is not followed

// function lowers f, or returns nil if it has no body.
func (l *file) function(f *cast.Func) *ir.Func {
	if f.Body == nil {
		return nil
	}
	b := &l.fn
	b.reset(l)
	b.out.Name, b.out.Line, b.out.End = l.str(f.Name), l.line(f.Pos), l.line(f.End)
	b.out.Static, b.out.Inline, b.out.Skipped = f.Static, f.Inline, f.Skipped > 0
	b.result(f)
	b.survey(f.Body, nil)
	b.cur = b.newBlock()
	b.pushScope(nil)
	b.params(f)
	b.attrs(f)
	b.stmt(f.Body)
	b.popScope(true)
	if !b.dead {
		b.ret(ir.Val{}, b.out.End)
	}
	b.marks()
	return b.pack()
}

// marks notes what must be known of a body while it is packed.
func (b *fn) marks() {
	for i := range b.out.Blocks {
		for j := range b.out.Blocks[i].Instrs {
			c := b.out.Blocks[i].Instrs[j].Call
			if c == nil || c.Name == "" || c.Undo {
				continue
			}
			api := b.env.Table.Call(c.Name)
			if c.Guard {
				api = b.env.Table.Guard(c.Name)
			}
			if api != nil {
				b.mark(api)
			}
		}
	}
}

func (b *fn) mark(api *lockapi.API) {
	for i := range api.Effects {
		switch e := &api.Effects[i]; e.Kind {
		case lockapi.Acquire, lockapi.Release:
			b.out.HasLock = true
		case lockapi.Register, lockapi.Setup, lockapi.Queue, lockapi.Init:
			b.out.Registers = true
		case lockapi.Wait:
			b.out.Registers = b.out.Registers || e.Target == lockapi.TargetIRQ
		}
	}
}

func (b *fn) result(f *cast.Func) {
	if f.Type == nil || f.Type.Elem == nil {
		return
	}
	switch e := f.Type.Elem; e.Kind {
	case cast.PointerType:
		b.out.Pointer = true
	case cast.BaseType:
		b.out.Void = e.Name == "void"
	}
}

func (b *fn) params(f *cast.Func) {
	if f.Type == nil {
		return
	}
	for i, p := range f.Type.Params {
		if p.Type != nil && p.Type.Kind == cast.BaseType && p.Type.Name == "void" && p.Name == "" {
			continue
		}
		t := b.env.Types.Of(p.Type)
		v := b.scratch.locals.Next()
		v.name, v.typ, v.param = b.str(p.Name), t, int32(i)
		id := ir.PathID(0)
		if b.writes[p.Name] == 0 {
			id = b.path(pathKey{kind: ir.ParamPath, index: int32(i)}, ir.Path{Kind: ir.ParamPath, Index: int32(i), Name: v.name, Type: t, Text: v.name})
			v.alias = id
		} else {
			id = b.localPath(v)
			v.param = -1
		}
		if p.Name != "" {
			b.bind(p.Name, v)
		}
		b.out.Params = append(b.out.Params, ir.Param{Name: v.name, Type: t, Path: id})
	}
}

func (b *fn) attrs(f *cast.Func) {
	for _, a := range f.Attrs {
		switch a.Name {
		case "__acquires", "__releases", "__must_hold", "__init", "__exit", "__acquire", "__release", "__devinit":
			at := ir.Attr{Name: b.str(a.Name)}
			if len(a.Args) > 0 {
				if v, _ := b.pure(a.Args[len(a.Args)-1]); v.Path != 0 {
					at.Path = v.Path
				}
			}
			b.out.Attrs = append(b.out.Attrs, at)
		}
	}
}

func (b *fn) emit(in ir.Instr) {
	if b.dead {
		return
	}
	blk := &b.out.Blocks[b.cur]
	blk.Instrs = append(blk.Instrs, in)
	if in.Call != nil {
		b.out.Calls++
	}
}

// jump ends the current block.
func (b *fn) jump(to int32) {
	if !b.dead {
		blk := &b.out.Blocks[b.cur]
		blk.Term, blk.Then = ir.Jump, to
	}
	b.dead = true
}

// start goes on in block n, which something jumps to.
func (b *fn) start(n int32) {
	b.cur = n
	b.dead = len(b.out.Blocks) > maxBlocks
}

func (b *fn) branch(t ir.Test, then, els, line int32) {
	if !b.dead {
		blk := &b.out.Blocks[b.cur]
		blk.Term, blk.Test, blk.Then, blk.Else, blk.Line = ir.Branch, t, then, els, line
	}
	b.dead = true
}

func (b *fn) ret(v ir.Val, line int32) {
	if !b.dead {
		blk := &b.out.Blocks[b.cur]
		blk.Term, blk.Ret, blk.Line = ir.Return, v, line
	}
	b.dead = true
}

func (b *fn) pushScope(s *cast.Stmt) {
	b.scopes = append(b.scopes, scope{first: len(b.declared), block: s})
}

// popScope leaves the innermost scope; run says whether its end is reached.
func (b *fn) popScope(run bool) {
	n := len(b.scopes) - 1
	if run {
		b.leave(n)
	}
	for i := len(b.declared) - 1; i >= b.scopes[n].first; i-- {
		if v := b.declared[i]; v.outer == nil {
			delete(b.vars, v.key)
		} else {
			b.vars[v.key] = v.outer
		}
	}
	b.declared = b.declared[:b.scopes[n].first]
	b.scopes = b.scopes[:n]
}

// leave runs the cleanups of all scopes from depth n on, innermost first.
func (b *fn) leave(n int) {
	for i := len(b.scopes) - 1; i >= n; i-- {
		cs := b.scopes[i].cleanups
		for j := len(cs) - 1; j >= 0; j-- {
			c := b.scratch.calls.Next()
			*c = cs[j]
			b.emit(ir.Instr{Call: c})
		}
	}
}

func (b *fn) lookup(name string) *local {
	return b.vars[name]
}

// bind adds a variable to the innermost scope, under its name in the source.
func (b *fn) bind(name string, v *local) {
	v.key, v.outer = name, b.vars[name]
	b.vars[name] = v
	b.declared = append(b.declared, v)
}

// declare adds a variable to the innermost scope.
func (b *fn) declare(name string, t *ctype.Type) *local {
	v := b.scratch.locals.Next()
	v.name, v.typ, v.param = b.str(name), t, -1
	if b.lookup(name) != nil {
		b.shadow++
		v.name = b.str(name + "'" + string(rune('0'+b.shadow%10)))
	}
	b.bind(name, v)
	return v
}
