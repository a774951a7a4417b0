package lower

import (
	"strings"

	"gordian/internal/csource/cast"
)

// maxText bounds the text of a condition or argument.
const maxText = 160

// text writes an expression in one canonical form: two spellings of the same
// condition give the same text.
func text(e *cast.Expr) string {
	if e == nil {
		return ""
	}
	if e.Op == cast.Ident || e.Op == cast.Number {
		return e.Name
	}
	var w strings.Builder
	write(&w, e, 0)
	return w.String()
}

func write(w *strings.Builder, e *cast.Expr, depth int) {
	if e == nil || w.Len() > maxText || depth > 40 {
		return
	}
	sub := func(x *cast.Expr) { write(w, x, depth+1) }
	switch e.Op {
	case cast.Ident, cast.Number, cast.String, cast.Char:
		w.WriteString(e.Name)
	case cast.Call:
		sub(e.X)
		w.WriteByte('(')
		list(w, e.Args, depth)
		w.WriteByte(')')
	case cast.Member, cast.Arrow:
		sub(e.X)
		w.WriteString(map[bool]string{true: "->", false: "."}[e.Op == cast.Arrow])
		w.WriteString(e.Name)
	case cast.Index:
		sub(e.X)
		w.WriteByte('[')
		sub(e.Y)
		w.WriteByte(']')
	case cast.Binary, cast.Assign:
		operand(w, e.X, depth)
		w.WriteByte(' ')
		w.WriteString(e.Name)
		w.WriteByte(' ')
		operand(w, e.Y, depth)
	case cast.Cond:
		operand(w, e.X, depth)
		w.WriteString(" ? ")
		sub(e.Y)
		w.WriteString(" : ")
		sub(e.Z)
	case cast.Cast, cast.CompoundLit:
		sub(e.X)
	case cast.Comma:
		sub(e.Y)
	case cast.SizeofType, cast.SizeofExpr:
		w.WriteString("sizeof(")
		sub(e.X)
		w.WriteByte(')')
	case cast.InitList:
		w.WriteString("{…}")
	case cast.StmtExpr:
		w.WriteString("({…})")
	default:
		unary(w, e, depth)
	}
}

func unary(w *strings.Builder, e *cast.Expr, depth int) {
	op := map[cast.Op]string{cast.Deref: "*", cast.AddrOf: "&", cast.Not: "!", cast.BitNot: "~", cast.Neg: "-",
		cast.PreInc: "++", cast.PreDec: "--"}[e.Op]
	w.WriteString(op)
	operand(w, e.X, depth)
	switch e.Op {
	case cast.PostInc:
		w.WriteString("++")
	case cast.PostDec:
		w.WriteString("--")
	}
}

func operand(w *strings.Builder, e *cast.Expr, depth int) {
	if e != nil && (e.Op == cast.Binary || e.Op == cast.Assign || e.Op == cast.Cond) {
		w.WriteByte('(')
		write(w, e, depth+1)
		w.WriteByte(')')
		return
	}
	write(w, e, depth+1)
}

func list(w *strings.Builder, es []*cast.Expr, depth int) {
	for i, a := range es {
		if i > 0 {
			w.WriteString(", ")
		}
		write(w, a, depth+1)
	}
}

// constant reports whether an expression is made of constants only: numbers
// and names that no variable of the function has and that are all upper case.
func (b *fn) constant(e *cast.Expr) bool {
	switch e.Op {
	case cast.Number, cast.Char, cast.SizeofType:
		return true
	case cast.Ident:
		return isConstName(e.Name) && b.lookup(e.Name) == nil
	case cast.Neg, cast.BitNot, cast.Plus, cast.Cast:
		return e.X != nil && b.constant(e.X)
	case cast.Binary:
		return e.X != nil && e.Y != nil && b.constant(e.X) && b.constant(e.Y)
	case cast.Call:
		n := calleeName(e)
		return (n == "ERR_PTR" || isConstName(n)) && len(e.Args) == 1 && b.constant(e.Args[0])
	}
	return false
}

// isConstName reports whether a name is written like a constant.
func isConstName(s string) bool {
	if s == "true" || s == "false" {
		return true
	}
	upper := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z':
			// __GFP_ZERO and IRQF_x are upper case throughout; kPage is not.
			return false
		case c >= 'A' && c <= 'Z':
			upper = true
		}
	}
	return upper
}
