package lower

import "gordian/internal/csource/cast"

// survey reads a body once before it is lowered. It counts, by name, what
// assigns a variable or takes its address, and, by text, the conditions with
// && or ||; and it records each label with the blocks around it.
func (b *fn) survey(s *cast.Stmt, around []*cast.Stmt) {
	if s == nil {
		return
	}
	switch s.Kind {
	case cast.LabelStmt:
		b.labels[s.Label] = &label{block: -1, scopes: append([]*cast.Stmt(nil), around...)}
	case cast.BlockStmt, cast.ScopedStmt, cast.ForStmt:
		around = append(around, s)
	case cast.LoopStmt:
		b.cursor(s.X)
	}
	b.surveyExpr(s.X, around)
	b.surveyExpr(s.Y, around)
	for _, v := range s.Decls {
		if v.Init != nil {
			b.writes[v.Name] += ways(v.Init)
			b.surveyExpr(v.Init, around)
		}
	}
	b.survey(s.Init, around)
	b.survey(s.Body, around)
	b.survey(s.Else, around)
	for _, c := range s.List {
		b.survey(c, around)
	}
}

// cursor counts what a for_each macro assigns.
func (b *fn) cursor(call *cast.Expr) {
	if call == nil {
		return
	}
	for _, a := range call.Args {
		if a.Op == cast.Ident {
			b.writes[a.Name]++
			return
		}
	}
}

func (b *fn) surveyExpr(e *cast.Expr, around []*cast.Stmt) {
	if e == nil {
		return
	}
	switch e.Op {
	case cast.Ident, cast.Number, cast.String, cast.Char:
		return
	case cast.Assign, cast.PreInc, cast.PreDec, cast.PostInc, cast.PostDec, cast.AddrOf:
		if e.X != nil && e.X.Op == cast.Ident {
			b.writes[e.X.Name] += ways(e.Y)
		}
	case cast.Binary:
		if isCompound(e) {
			b.compounds[b.text(e)]++
		}
	case cast.Call:
		if calleeName(e) == "swap" {
			for _, a := range e.Args {
				if a.Op == cast.Ident {
					b.writes[a.Name] += 2
				}
			}
		}
	case cast.StmtExpr:
		b.survey(e.Body, around)
	}
	b.surveyExpr(e.X, around)
	b.surveyExpr(e.Y, around)
	b.surveyExpr(e.Z, around)
	for _, a := range e.Args {
		b.surveyExpr(a, around)
	}
}

// ways is how many objects an assignment may give: a < b ? a : b is either,
// a ? a->b : NULL is one.
func ways(src *cast.Expr) int {
	if src == nil || src.Op != cast.Cond || src.Y == nil || isNull(src.Y) || isNull(src.Z) {
		return 1
	}
	return 2
}

func isNull(e *cast.Expr) bool {
	return e != nil && (e.Op == cast.Ident && e.Name == "NULL" || e.Op == cast.Number)
}
