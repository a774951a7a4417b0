package lower

import (
	"strconv"
	"strings"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/ctype"
	"gordian/internal/csource/ir"
)

// eval emits the calls and assignments in e, in order, and returns its value
// and type as far as they are known.
func (b *fn) eval(e *cast.Expr) (ir.Val, *ctype.Type) {
	if e == nil {
		return ir.Val{}, nil
	}
	switch e.Op {
	case cast.Ident:
		return b.ident(e)
	case cast.Number, cast.Char:
		return number(b, e), nil
	case cast.String:
		return ir.Val{Kind: ir.StringVal}, nil
	case cast.Call:
		return b.call(e, 0)
	case cast.Member, cast.Arrow, cast.Index, cast.Deref:
		id, t := b.lvalue(e)
		return b.valueOf(id, e), t
	case cast.AddrOf:
		return b.addr(e)
	case cast.Assign:
		return b.assign(e)
	case cast.PreInc, cast.PreDec, cast.PostInc, cast.PostDec:
		id, t := b.lvalue(e.X)
		b.store(e.X, id, ir.Val{}, b.line(e.Pos))
		return ir.Val{}, t
	case cast.Cast:
		v, _ := b.eval(e.X)
		return v, b.env.Types.Of(e.Type)
	case cast.Comma:
		b.eval(e.X)
		return b.eval(e.Y)
	case cast.StmtExpr:
		return b.stmtExpr(e)
	case cast.Cond:
		return b.condValue(e)
	case cast.CompoundLit:
		t := b.env.Types.Of(e.Type)
		b.inits(e.X, t, "", b.out.Name, "")
		b.evalAll(e.X.Args)
		return ir.Val{}, t
	case cast.SizeofExpr, cast.SizeofType, cast.TypeArg, cast.BadExpr:
		return ir.Val{}, nil
	}
	return b.operator(e)
}

// operator is a binary or unary operator, or an initialiser.
func (b *fn) operator(e *cast.Expr) (ir.Val, *ctype.Type) {
	if b.constant(e) {
		return b.symbol(e), nil
	}
	if e.Op == cast.Binary && (e.Name == "&&" || e.Name == "||") {
		// The right side is called only sometimes.
		then, end := b.newBlock(), b.newBlock()
		b.cond(e, then, end)
		b.start(then)
		b.jump(end)
		b.start(end)
		return b.atomVal(e), nil
	}
	b.eval(e.X)
	b.eval(e.Y)
	b.evalAll(e.Args)
	if e.Op == cast.Binary || e.Op == cast.Not {
		return b.atomVal(e), nil
	}
	return ir.Val{}, nil
}

func (b *fn) evalAll(es []*cast.Expr) {
	for _, a := range es {
		if a.Op == cast.Designated {
			b.eval(a.Y)
			continue
		}
		b.eval(a)
	}
}

// pure evaluates without emitting anything.
func (b *fn) pure(e *cast.Expr) (ir.Val, *ctype.Type) {
	was := b.dead
	b.dead = true
	v, t := b.eval(e)
	b.dead = was
	return v, t
}

func number(b *fn, e *cast.Expr) ir.Val {
	v := numberOf(e)
	v.Text = b.str(v.Text)
	return v
}

func numberOf(e *cast.Expr) ir.Val {
	n, err := strconv.ParseInt(strings.TrimRight(e.Name, "uUlL"), 0, 64)
	if err != nil {
		return ir.Val{Kind: ir.SymbolVal, Text: e.Name}
	}
	return ir.Val{Kind: ir.NumberVal, Num: n, Text: e.Name}
}

// symbol is the value of a constant expression.
func (b *fn) symbol(e *cast.Expr) ir.Val {
	s := b.text(e)
	switch s {
	case "NULL", "false", "0":
		return ir.Val{Kind: ir.NumberVal, Text: "0"}
	case "true":
		return ir.Val{Kind: ir.NumberVal, Num: 1, Text: "1"}
	}
	if !digits(s) {
		return ir.Val{Kind: ir.SymbolVal, Text: b.str(s)}
	}
	if n, err := strconv.ParseInt(s, 0, 64); err == nil {
		return ir.Val{Kind: ir.NumberVal, Num: n, Text: b.str(s)}
	}
	return ir.Val{Kind: ir.SymbolVal, Text: b.str(s)}
}

// digits reports whether a text begins as a number does: to parse one that is
// none costs an error.
func digits(s string) bool {
	return s != "" && (s[0] == '-' || s[0] == '+' || s[0] >= '0' && s[0] <= '9')
}

func (b *fn) ident(e *cast.Expr) (ir.Val, *ctype.Type) {
	if v := b.lookup(e.Name); v != nil {
		id := v.alias
		if id == 0 {
			id = b.localPath(v)
		}
		return ir.Val{Kind: ir.PathVal, Path: id, Atom: b.localAtom(v)}, v.typ
	}
	if isConstName(e.Name) {
		return b.symbol(e), nil
	}
	if b.isFunc(e.Name) {
		return ir.Val{Kind: ir.FuncVal, Text: b.str(e.Name)}, nil
	}
	id := b.globalPath(e.Name)
	return ir.Val{Kind: ir.PathVal, Path: id, Atom: b.atom(e)}, b.out.Paths[id].Type
}

// lvalue returns the path of an object.
func (b *fn) lvalue(e *cast.Expr) (ir.PathID, *ctype.Type) {
	if e == nil {
		return 0, nil
	}
	switch e.Op {
	case cast.Ident, cast.Call, cast.Cast, cast.AddrOf, cast.StmtExpr, cast.Comma, cast.Cond:
		v, t := b.eval(e)
		return v.Path, t
	case cast.Member, cast.Arrow:
		base, t := b.lvalue(e.X)
		return b.field(base, t, e.Name)
	case cast.Index:
		base, t := b.lvalue(e.X)
		b.eval(e.Y)
		return b.index(base, t, b.text(e.Y))
	case cast.Deref:
		if e.X.Op == cast.AddrOf && e.X.X != nil {
			return b.lvalue(e.X.X)
		}
		base, t := b.lvalue(e.X)
		return b.deref(base, t)
	case cast.Binary: // pointer arithmetic: table + i
		base, t := b.lvalue(e.X)
		b.eval(e.Y)
		if e.Name == "+" && base != 0 {
			return b.index(base, t, b.text(e.Y))
		}
		return 0, t
	}
	v, t := b.eval(e)
	return v.Path, t
}

// valueOf is the value of the object at a path.
func (b *fn) valueOf(id ir.PathID, e *cast.Expr) ir.Val {
	if id == 0 {
		return ir.Val{Kind: ir.AtomVal, Atom: b.atom(e)}
	}
	return ir.Val{Kind: ir.PathVal, Path: id, Atom: b.atom(e)}
}

func (b *fn) addr(e *cast.Expr) (ir.Val, *ctype.Type) {
	if e.X == nil {
		return ir.Val{}, nil
	}
	if e.X.Op == cast.Ident && b.lookup(e.X.Name) == nil && b.isFunc(e.X.Name) {
		return ir.Val{Kind: ir.FuncVal, Text: b.str(e.X.Name)}, nil
	}
	id, t := b.lvalue(e.X)
	v := ir.Val{Kind: ir.AddrVal, Path: id}
	if e.X.Op == cast.Ident {
		if l := b.lookup(e.X.Name); l != nil {
			v.Atom = b.localAtom(l)
		}
	}
	if t == nil {
		return v, nil
	}
	return v, &ctype.Type{Kind: ctype.Pointer, Elem: t}
}

func (b *fn) assign(e *cast.Expr) (ir.Val, *ctype.Type) {
	if e.Name != "=" {
		b.eval(e.Y)
		id, t := b.lvalue(e.X)
		b.store(e.X, id, ir.Val{}, b.line(e.Pos))
		b.setBits(e)
		return ir.Val{Kind: ir.PathVal, Path: id, Atom: b.atom(e.X)}, t
	}
	b.assignFrom(e.X, e.Y, b.line(e.Pos))
	id, t := b.lvalue(e.X)
	return ir.Val{Kind: ir.PathVal, Path: id, Atom: b.atom(e.X)}, t
}

// setBits is what "x |= FLAG" and "x &= ~FLAG" say of "x & FLAG".
func (b *fn) setBits(e *cast.Expr) {
	flag, v := e.Y, ir.Val{Kind: ir.NumberVal, Num: 1, Text: "1"}
	switch {
	case e.Name == "|=":
	case e.Name == "&=" && flag.Op == cast.BitNot && flag.X != nil:
		flag, v = flag.X, ir.Val{Kind: ir.NumberVal, Text: "0"}
	default:
		return
	}
	if flag.Op == cast.Ident && b.constant(flag) {
		b.emit(ir.Instr{Atom: b.atom(&cast.Expr{Op: cast.Binary, Name: "&", X: e.X, Y: flag, Pos: e.Pos}), Src: v, Line: b.line(e.Pos)})
	}
}

// assignFrom emits dst = src, with the branches of a conditional source.
func (b *fn) assignFrom(dst, src *cast.Expr, line int32) {
	if dst.Op == cast.Deref && dst.X.Op == cast.AddrOf && dst.X.X != nil {
		dst = dst.X.X // *(&x), as macros have it
	}
	if src.Op == cast.Cond && src.Y != nil {
		b.diamond(src, func(e *cast.Expr) { b.assignFrom(dst, e, line) })
		return
	}
	if isBool(src) {
		b.boolean(src, func(v ir.Val) {
			id, _ := b.lvalue(dst)
			b.store(dst, id, v, line)
		})
		return
	}
	if src.Op == cast.Call {
		b.assignCall(dst, src, line)
		return
	}
	v, _ := b.eval(src)
	id, _ := b.lvalue(dst)
	b.store(dst, id, v, line)
	b.functionStore(dst, id, v, line)
}

// diamond evaluates the two arms of a conditional expression.
func (b *fn) diamond(e *cast.Expr, arm func(*cast.Expr)) {
	then, els, end := b.newBlock(), b.newBlock(), b.newBlock()
	b.cond(e.X, then, els)
	b.start(then)
	arm(e.Y)
	b.jump(end)
	b.start(els)
	arm(e.Z)
	b.jump(end)
	b.start(end)
}

func (b *fn) condValue(e *cast.Expr) (ir.Val, *ctype.Type) {
	if e.Y == nil { // X ?: Z
		v, t := b.eval(e.X)
		b.eval(e.Z)
		v.Kind, v.Path, v.Atom = ir.UnknownVal, 0, 0
		return v, t
	}
	var t *ctype.Type
	b.diamond(e, func(arm *cast.Expr) {
		if _, at := b.eval(arm); at != nil {
			t = at
		}
	})
	return ir.Val{Text: b.text(e)}, t
}

// isBool reports whether e is a comparison or a logical expression.
func isBool(e *cast.Expr) bool {
	if e.Op == cast.Not {
		return true
	}
	if e.Op != cast.Binary {
		return false
	}
	switch e.Name {
	case "&&", "||", "==", "!=", "<", ">", "<=", ">=":
		return true
	}
	return false
}

// boolean splits the paths on e and gives each its value.
func (b *fn) boolean(e *cast.Expr, with func(ir.Val)) {
	then, els, end := b.newBlock(), b.newBlock(), b.newBlock()
	b.cond(e, then, els)
	b.start(then)
	with(ir.Val{Kind: ir.NumberVal, Num: 1, Text: "1"})
	b.jump(end)
	b.start(els)
	with(ir.Val{Kind: ir.NumberVal, Text: "0"})
	b.jump(end)
	b.start(end)
}

// assignCall emits dst = f(…).
func (b *fn) assignCall(dst, src *cast.Expr, line int32) {
	v, t := b.call(src, b.atom(dst))
	id, dt := b.lvalue(dst)
	if id != 0 && t == nil && dt != nil && v.Path != 0 && b.out.Paths[v.Path].Type == nil {
		b.out.Paths[v.Path].Type = dt
	}
	n := b.registerResult(src, id)
	b.store(dst, id, v, line)
	if n != nil && !b.dead {
		after, _ := b.pure(dst)
		if blk := b.out.Blocks[n.block].Instrs; n.at < len(blk) {
			blk[n.at].Obj = after.Path
		}
	}
}

// place is where an instruction stands.
type place struct {
	block int32
	at    int
}

// registerResult notes that a thread or the like is kept in dst, and returns
// where the call stands.
func (b *fn) registerResult(src *cast.Expr, dst ir.PathID) *place {
	if b.dead || dst == 0 || calleeName(src) == "" {
		return nil
	}
	ins := b.out.Blocks[b.cur].Instrs
	for i := len(ins) - 1; i >= 0; i-- {
		if c := ins[i].Call; c != nil && c.Name == src.X.Name {
			ins[i].Dst = dst
			return &place{b.cur, i}
		}
	}
	return nil
}

// nameResult tells the call that was just emitted how the code after it names
// the object that it returns.
func (b *fn) nameResult(e *cast.Expr, id ir.PathID) {
	if b.dead || id == 0 || calleeName(e) == "" {
		return
	}
	ins := b.out.Blocks[b.cur].Instrs
	if n := len(ins); n > 0 && ins[n-1].Call != nil && ins[n-1].Call.Name == e.X.Name {
		ins[n-1].Obj = id
	}
}

// store emits the assignment of v to an object and gives an alias to a local
// that is assigned once.
func (b *fn) store(dst *cast.Expr, id ir.PathID, v ir.Val, line int32) {
	in := ir.Instr{Dst: id, Src: v, Line: line}
	if dst != nil && dst.Op == cast.Ident {
		if l := b.lookup(dst.Name); l != nil {
			b.alias(l, dst.Name, v)
			in.Dst, in.Atom = b.localPath(l), b.localAtom(l)
			b.emit(in)
			return
		}
	}
	if dst != nil {
		in.Atom = b.atom(dst)
	}
	b.emit(in)
}

// alias lets a local stand for what is assigned to it, if that is the only
// assignment and what is assigned does not change from one pass of a loop to
// the next.
func (b *fn) alias(l *local, name string, v ir.Val) {
	if b.writes[name] != 1 || v.Path == 0 || l.alias != 0 || (v.Kind != ir.PathVal && v.Kind != ir.AddrVal) {
		return
	}
	if b.depth > 0 && !b.steady(v.Path) {
		return
	}
	if l.typ != nil && l.typ.Kind == ctype.Scalar {
		return
	}
	l.alias = v.Path
}

// steady reports whether a path does not lead through locals or calls.
func (b *fn) steady(id ir.PathID) bool {
	for n := 0; id != 0 && n < 64; n++ {
		switch p := &b.out.Paths[id]; p.Kind {
		case ir.ParamPath, ir.GlobalPath:
			return true
		case ir.FieldPath, ir.OuterPath:
			id = p.Base
		default:
			return false
		}
	}
	return false
}

// functionStore notes x->member = function, and x->ops = &table.
func (b *fn) functionStore(dst *cast.Expr, id ir.PathID, v ir.Val, line int32) {
	if v.Kind != ir.FuncVal || id == 0 || b.out.Paths[id].Kind != ir.FieldPath {
		return
	}
	p := &b.out.Paths[id]
	handle := b.out.Paths[p.Base].Class
	b.unit.Inits = append(b.unit.Inits, ir.Init{Struct: p.Owner, Field: p.Name, Fn: v.Text, Func: b.out.Name, Line: line, Handle: handle})
}

// call emits a call. res is the atom that its result becomes, or 0.
func (b *fn) call(e *cast.Expr, res ir.AtomID) (ir.Val, *ctype.Type) {
	name := calleeName(e)
	if strings.HasPrefix(name, "__seqprop_") { // a _Generic of include/linux/seqlock.h has one for each type
		return ir.Val{}, nil
	}
	if v, t, ok := b.special(e, name); ok {
		return v, t
	}
	if e.X != nil && e.X.Op == cast.Call {
		return b.classCall(e)
	}
	c := b.scratch.calls.Next()
	c.Name, c.Macro = b.str(name), b.str(e.Macro)
	if name == "" || b.lookup(name) != nil {
		c.Name = ""
		c.Through, _ = b.lvalue(e.X)
	}
	vals := b.scratch.vals.Make(len(e.Args))
	args := e.Args
	var last *cast.Expr
	if n := len(args); n == 4 && strings.HasSuffix(name, "_cmd") && strings.HasPrefix(name, "wait_event") {
		last, args = args[3], args[:3] // runs after the sleep
		defer b.eval(last)
	}
	for _, a := range args {
		v, _ := b.eval(a)
		if s, ok := b.signArg(a); ok {
			v = s
		}
		if v.Kind == ir.UnknownVal || v.Kind == ir.SymbolVal || v.Kind == ir.AtomVal {
			v.Text = b.text(a)
		}
		vals = append(vals, v)
	}
	c.Args = vals
	b.setUp(c)
	if res == 0 {
		res = b.atom(e)
	}
	b.emit(ir.Instr{Call: c, Atom: res, Line: b.line(e.Pos)})
	fn := b.callee(name)
	t := fn.result
	out := ir.Val{Kind: ir.AtomVal, Atom: res}
	if t == nil || t.Kind != ctype.Scalar {
		if fn.fresh {
			out.Path = b.freshPath(name, t)
		} else if name != "" {
			out.Path = b.callPath(name, vals, t)
		}
		if out.Path != 0 {
			out.Kind = ir.PathVal
		}
	}
	return out, t
}
