package lower

import (
	"strings"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/ir"
)

// atom returns the atom of an expression's value.
func (b *fn) atom(e *cast.Expr) ir.AtomID {
	if e == nil {
		return 0
	}
	if e.Op == cast.Ident {
		if v := b.lookup(e.Name); v != nil {
			return b.localAtom(v)
		}
	}
	// A shadowed local could be mistaken for its namesake, which only costs a
	// correlation.
	return b.atomOf(b.text(e), e)
}

func (b *fn) atomOf(s string, e *cast.Expr) ir.AtomID {
	if id, ok := b.atoms[s]; ok {
		return id
	}
	if len(b.out.Atoms) > 4000 {
		return 0
	}
	a := ir.Atom{Text: b.str(s), Param: -1}
	if e != nil {
		a.Deps = b.deps(e)
		a.Call = b.str(calleeName(e))
	}
	return b.addAtom(a)
}

func (b *fn) addAtom(a ir.Atom) ir.AtomID {
	id := ir.AtomID(len(b.out.Atoms))
	b.out.Atoms = append(b.out.Atoms, a)
	b.atoms[a.Text] = id
	return id
}

func (b *fn) localAtom(v *local) ir.AtomID {
	if id, ok := b.atoms[v.name]; ok {
		return id
	}
	return b.addAtom(ir.Atom{Text: v.name, Param: v.param, Deps: append(b.scratch.deps.Make(1), v.name)})
}

// maxDeps bounds what is told of one value.
const maxDeps = 16

// deps lists the locals and members that e reads: a local by its name, a
// member as ".name".
func (b *fn) deps(e *cast.Expr) []string {
	out := b.scratch.deps.Make(maxDeps)
	defer func() { b.scratch.deps.Back(max(maxDeps-len(out), 0)) }()
	cast.Walk(e, func(x *cast.Expr) bool {
		switch x.Op {
		case cast.Ident:
			if b.lookup(x.Name) != nil {
				out = append(out, b.str(x.Name))
			}
		case cast.Member, cast.Arrow:
			out = append(out, b.str("."+x.Name))
		}
		return len(out) < maxDeps
	})
	return out
}

// atomVal is the value of an expression that is followed by its text only.
func (b *fn) atomVal(e *cast.Expr) ir.Val {
	return ir.Val{Kind: ir.AtomVal, Atom: b.atom(e)}
}

// cond emits e as a condition: on to then if it is true, else to els.
func (b *fn) cond(e *cast.Expr, then, els int32) {
	if e == nil {
		b.branch(ir.Test{}, then, els, 0)
		return
	}
	line := b.line(e.Pos)
	switch e.Op {
	case cast.Not:
		b.cond(e.X, els, then)
		return
	case cast.Comma:
		b.eval(e.X)
		b.cond(e.Y, then, els)
		return
	case cast.Cast:
		b.cond(e.X, then, els)
		return
	case cast.Binary:
		b.condBinary(e, then, els, line)
		return
	case cast.Number:
		b.jump(map[bool]int32{true: els, false: then}[number(b, e).Num == 0])
		return
	case cast.Ident:
		if e.Name == "true" || e.Name == "false" {
			b.jump(map[bool]int32{true: then, false: els}[e.Name == "true"])
			return
		}
		if l := b.lookup(e.Name); l != nil && l.test != nil && b.outcome(l, e, then, els, line) {
			return
		}
	case cast.Call:
		if b.condCall(e, then, els, line) {
			return
		}
	case cast.Assign:
		v, _ := b.assign(e)
		b.branch(ir.Test{Atom: v.Atom, Mask: ir.Neg | ir.Pos, Text: b.text(e.X)}, then, els, line)
		return
	}
	v, _ := b.eval(e)
	b.test(v, e, ir.Neg|ir.Pos, then, els, line)
}

func (b *fn) test(v ir.Val, e *cast.Expr, mask ir.Bits, then, els, line int32) {
	if v.Kind == ir.NumberVal {
		b.jump(map[bool]int32{true: then, false: els}[mask&sign(v.Num) != 0])
		return
	}
	at := v.Atom
	if at == 0 {
		at = b.atom(e)
	}
	b.branch(ir.Test{Atom: at, Mask: mask, Text: b.text(e)}, then, els, line)
}

func sign(n int64) ir.Bits {
	switch {
	case n < 0:
		return ir.Neg
	case n > 0:
		return ir.Pos
	}
	return ir.Zero
}

// condCall handles conditions that are calls. It reports whether it did.
func (b *fn) condCall(e *cast.Expr, then, els, line int32) bool {
	if len(e.Args) == 0 {
		return false
	}
	name := calleeName(e)
	switch name {
	case "likely", "unlikely", "__builtin_expect", "WARN_ON", "WARN_ON_ONCE", "WARN", "WARN_ONCE", "__builtin_constant_p", "data_race", "READ_ONCE",
		"IS_ENABLED", "drm_WARN_ON", "drm_WARN_ON_ONCE":
		if name == "IS_ENABLED" || name == "__builtin_constant_p" {
			b.branch(ir.Test{Atom: b.atom(e), Mask: ir.Pos | ir.Neg, Text: b.text(e)}, then, els, line)
			return true
		}
		arg := e.Args[0]
		if strings.HasPrefix(name, "drm_") && len(e.Args) > 1 {
			arg = e.Args[1]
		}
		b.cond(arg, then, els)
		return true
	case "IS_ERR", "IS_ERR_VALUE", "IS_ERR_OR_NULL":
		v, _ := b.eval(e.Args[0])
		mask := ir.Neg
		if name == "IS_ERR_OR_NULL" {
			mask |= ir.Zero
		}
		b.test(v, e.Args[0], mask, then, els, line)
		return true
	}
	return false
}

func (b *fn) condBinary(e *cast.Expr, then, els, line int32) {
	if b.repeated(e, then, els, line) {
		return
	}
	switch e.Name {
	case "&&":
		mid := b.newBlock()
		b.cond(e.X, mid, els)
		b.start(mid)
		b.cond(e.Y, then, els)
		return
	case "||":
		mid := b.newBlock()
		b.cond(e.X, then, mid)
		b.start(mid)
		b.cond(e.Y, then, els)
		return
	case "==", "!=", "<", ">", "<=", ">=":
		b.compare(e, then, els, line)
		return
	}
	v, _ := b.operator(e)
	b.test(v, e, ir.Neg|ir.Pos, then, els, line)
}

// compare is a comparison: with zero it is about the sign of the other side,
// with a constant about that value, else it is followed by its text.
func (b *fn) compare(e *cast.Expr, then, els, line int32) {
	x, y, op := e.X, e.Y, e.Name
	if b.constant(x) && !b.constant(y) {
		x, y, op = y, x, mirror(op)
	}
	v, _ := b.eval(x)
	if x.Op == cast.Assign {
		x = x.X
	}
	w, _ := b.eval(y)
	if op == "!=" {
		op, then, els = "==", els, then
	}
	txt := b.text(e)
	if w.Kind == ir.NumberVal {
		if mask, ok := signMask(op, w.Num); ok {
			if v.Kind == ir.NumberVal && w.Num == 0 {
				b.test(v, x, mask, then, els, line)
				return
			}
			b.branch(ir.Test{Atom: b.atomFor(v, x), Mask: mask, Text: txt}, then, els, line)
			return
		}
	}
	same := &cast.Expr{Op: cast.Binary, Name: op, X: x, Y: y, Pos: e.Pos}
	at := b.atom(same)
	if op == "==" && (w.Kind == ir.NumberVal || w.Kind == ir.SymbolVal) {
		b.branch(ir.Test{Atom: b.atomFor(v, x), Eq: b.text(y), Same: at, Mask: symbolSign(w), Text: txt}, then, els, line)
		return
	}
	b.branch(ir.Test{Atom: at, Mask: ir.Neg | ir.Pos, Text: txt}, then, els, line)
}

func (b *fn) atomFor(v ir.Val, e *cast.Expr) ir.AtomID {
	if v.Atom != 0 {
		return v.Atom
	}
	return b.atom(e)
}

func mirror(op string) string {
	switch op {
	case "<":
		return ">"
	case ">":
		return "<"
	case "<=":
		return ">="
	case ">=":
		return "<="
	}
	return op
}

// signMask is the set of signs for which "x op n" holds, if signs decide it.
func signMask(op string, n int64) (ir.Bits, bool) {
	switch {
	case n == 0 && op == "==":
		return ir.Zero, true
	case n == 0 && op == "<", n == -1 && op == "<=":
		return ir.Neg, true
	case n == 0 && op == ">", n == 1 && op == ">=":
		return ir.Pos, true
	case n == 0 && op == "<=", n == 1 && op == "<":
		return ir.Neg | ir.Zero, true
	case n == 0 && op == ">=", n == -1 && op == ">":
		return ir.Zero | ir.Pos, true
	}
	return 0, false
}

// symbolSign is what the sign of a constant can be.
func symbolSign(v ir.Val) ir.Bits {
	if v.Kind == ir.NumberVal {
		return sign(v.Num)
	}
	if strings.HasPrefix(v.Text, "-E") || strings.HasPrefix(v.Text, "ERR_PTR(") {
		return ir.Neg
	}
	return ir.Any
}
