package lower

import "gordian/internal/csource/cast"

// maxText bounds the text of a condition or argument.
const maxText = 160

// text returns an expression in one canonical form: two spellings of the same
// condition give the same text.
func (l *file) text(e *cast.Expr) string {
	if e == nil {
		return ""
	}
	if e.Op == cast.Ident || e.Op == cast.Number {
		return l.str(e.Name)
	}
	l.buf = write(l.buf[:0], e, 0)
	return l.strOf(l.buf)
}

// write appends the text of e to w.
func write(w []byte, e *cast.Expr, depth int) []byte {
	if e == nil || len(w) > maxText || depth > 40 {
		return w
	}
	switch e.Op {
	case cast.Ident, cast.Number, cast.String, cast.Char:
		w = append(w, e.Name...)
	case cast.Call:
		w = append(write(w, e.X, depth+1), '(')
		w = append(list(w, e.Args, depth), ')')
	case cast.Member:
		w = append(write(w, e.X, depth+1), '.')
		w = append(w, e.Name...)
	case cast.Arrow:
		w = append(write(w, e.X, depth+1), "->"...)
		w = append(w, e.Name...)
	case cast.Index:
		w = append(write(w, e.X, depth+1), '[')
		w = append(write(w, e.Y, depth+1), ']')
	case cast.Binary, cast.Assign:
		w = append(operand(w, e.X, depth), ' ')
		w = append(append(w, e.Name...), ' ')
		w = operand(w, e.Y, depth)
	case cast.Cond:
		w = append(operand(w, e.X, depth), " ? "...)
		w = append(write(w, e.Y, depth+1), " : "...)
		w = write(w, e.Z, depth+1)
	case cast.Cast, cast.CompoundLit:
		w = write(w, e.X, depth+1)
	case cast.Comma:
		w = write(w, e.Y, depth+1)
	case cast.SizeofType, cast.SizeofExpr:
		w = append(write(append(w, "sizeof("...), e.X, depth+1), ')')
	case cast.InitList:
		w = append(w, "{…}"...)
	case cast.StmtExpr:
		w = append(w, "({…})"...)
	default:
		w = unary(w, e, depth)
	}
	return w
}

func unary(w []byte, e *cast.Expr, depth int) []byte {
	switch e.Op {
	case cast.Deref:
		w = append(w, '*')
	case cast.AddrOf:
		w = append(w, '&')
	case cast.Not:
		w = append(w, '!')
	case cast.BitNot:
		w = append(w, '~')
	case cast.Neg:
		w = append(w, '-')
	case cast.PreInc:
		w = append(w, "++"...)
	case cast.PreDec:
		w = append(w, "--"...)
	}
	w = operand(w, e.X, depth)
	switch e.Op {
	case cast.PostInc:
		w = append(w, "++"...)
	case cast.PostDec:
		w = append(w, "--"...)
	}
	return w
}

func operand(w []byte, e *cast.Expr, depth int) []byte {
	if e != nil && (e.Op == cast.Binary || e.Op == cast.Assign || e.Op == cast.Cond) {
		return append(write(append(w, '('), e, depth+1), ')')
	}
	return write(w, e, depth+1)
}

func list(w []byte, es []*cast.Expr, depth int) []byte {
	for i, a := range es {
		if i > 0 {
			w = append(w, ", "...)
		}
		w = write(w, a, depth+1)
	}
	return w
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
