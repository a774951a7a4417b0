package lower

import (
	"gordian/internal/csource/cast"
	"gordian/internal/csource/ir"
)

// outcome emits the test of a local that was assigned once, from a condition:
// "bool x = !held && …; if (x) lock();" tells of held what x tells, if held is a
// parameter that is never assigned. It reports whether that is so for some part.
func (b *fn) outcome(l *local, e *cast.Expr, then, els, line int32) bool {
	all, none := b.steadyParts(l.test, "&&"), b.steadyParts(l.test, "||")
	if len(all)+len(none) == 0 {
		return false
	}
	yes, no, dead := b.newBlock(), b.newBlock(), b.newBlock()
	b.branch(ir.Test{Atom: b.localAtom(l), Mask: ir.Neg | ir.Pos, Text: b.text(e)}, yes, no, line)
	b.start(yes)
	for _, part := range all {
		next := b.newBlock()
		b.cond(part, next, dead)
		b.start(next)
	}
	b.jump(then)
	b.start(no)
	for _, part := range none {
		next := b.newBlock()
		b.cond(part, dead, next)
		b.start(next)
	}
	b.jump(els)
	return true
}

// steadyParts lists the parts of a condition, between the operator op, that
// read nothing but parameters which are never assigned.
func (b *fn) steadyParts(e *cast.Expr, op string) []*cast.Expr {
	if e.Op == cast.Binary && e.Name == op {
		return append(b.steadyParts(e.X, op), b.steadyParts(e.Y, op)...)
	}
	reads, steady := 0, true
	cast.Walk(e, func(x *cast.Expr) bool {
		switch x.Op {
		case cast.Ident:
			if l := b.lookup(x.Name); l != nil {
				reads++
				steady = steady && l.param >= 0 && b.writes[x.Name] == 0
			}
		case cast.Number, cast.Char, cast.Not, cast.Binary:
		default:
			steady = false
		}
		return steady
	})
	if !steady || reads == 0 {
		return nil
	}
	return []*cast.Expr{e}
}

// signArg is an argument that says something of a parameter which is never
// assigned: "f(x, wait > 0)", "f(x, mode == FOO)".
func (b *fn) signArg(e *cast.Expr) (ir.Val, bool) {
	switch {
	case e.Op == cast.Not:
		if v, ok := b.signArg(e.X); ok {
			return negated(v), true
		}
		if v, ok := b.steadyParam(e.X); ok {
			v.Num = int64(ir.Zero)
			return v, true
		}
	case e.Op == cast.Binary && e.X != nil && e.Y != nil && b.constant(e.Y) && !b.constant(e.X):
		v, ok := b.steadyParam(e.X)
		if !ok {
			return v, false
		}
		y, _ := b.pure(e.Y)
		op := e.Name
		if op == "!=" {
			op = "=="
		}
		if mask, sign := signMask(op, y.Num); sign && y.Kind == ir.NumberVal {
			v.Num = int64(mask)
		} else if op == "==" {
			v.Text, v.Num = b.text(e.Y), 1
		} else {
			return v, false
		}
		if e.Name == "!=" {
			v = negated(v)
		}
		return v, true
	}
	return ir.Val{}, false
}

// negated is the opposite of a SignVal.
func negated(v ir.Val) ir.Val {
	if v.Text != "" {
		v.Num = 1 - v.Num
	} else {
		v.Num = int64(ir.Any) &^ v.Num
	}
	return v
}

// steadyParam is a parameter that is never assigned.
func (b *fn) steadyParam(e *cast.Expr) (ir.Val, bool) {
	if e.Op != cast.Ident || b.writes[e.Name] != 0 {
		return ir.Val{}, false
	}
	l := b.lookup(e.Name)
	if l == nil || l.param < 0 {
		return ir.Val{}, false
	}
	v, _ := b.ident(e)
	if v.Path == 0 || b.out.Paths[v.Path].Kind != ir.ParamPath {
		return ir.Val{}, false
	}
	v.Kind, v.Text = ir.SignVal, ""
	return v, true
}
