package lower

import (
	"gordian/internal/csource/cast"
	"gordian/internal/csource/ir"
)

// A condition of several parts that a function tests twice has the same
// outcome both times: "if (a || b) lock(); … if (a || b) unlock();". Its parts
// alone do not say so once the paths have met again, so the whole is followed
// as one value beside them.

func isCompound(e *cast.Expr) bool {
	return e.Op == cast.Binary && (e.Name == "&&" || e.Name == "||")
}

// repeated emits a compound condition that the function tests more than once.
// It reports whether it did.
func (b *fn) repeated(e *cast.Expr, then, els, line int32) bool {
	key := b.text(e)
	if b.compounds[key] < 2 || len(key) >= maxText {
		return false
	}
	b.compounds[key] = -b.compounds[key] // its parts are emitted below
	defer func() { b.compounds[key] = -b.compounds[key] }()
	yes, no, dead := b.newBlock(), b.newBlock(), b.newBlock()
	b.branch(ir.Test{Atom: b.atom(e), Mask: ir.Neg | ir.Pos}, yes, no, line)
	b.start(yes)
	b.condBinary(e, then, dead, line)
	b.start(no)
	b.condBinary(e, dead, els, line)
	return true
}
