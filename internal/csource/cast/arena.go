package cast

import "gordian/internal/csource/arena"

// Arena hands out nodes from slabs that are used again for the next file, so
// that parsing a whole kernel leaves little for the garbage collector.
// The zero value is ready. It is not safe for concurrent use.
type Arena struct {
	// Scratch belongs to the parser: buffers that it uses again for the next file.
	Scratch any

	exprs arena.Pool[Expr]
	stmts arena.Pool[Stmt]
	types arena.Pool[Type]
	vars  arena.Pool[Var]

	exprLists arena.Lists[*Expr]
	stmtLists arena.Lists[*Stmt]
	varLists  arena.Lists[*Var]
}

// Reset makes all nodes available again; trees made before must not be used.
func (a *Arena) Reset() {
	a.exprs.Reset()
	a.stmts.Reset()
	a.types.Reset()
	a.vars.Reset()
	a.exprLists.Reset()
	a.stmtLists.Reset()
	a.varLists.Reset()
}

// Expr returns a new, zero expression.
func (a *Arena) Expr() *Expr { return a.exprs.Next() }

// Stmt returns a new, zero statement.
func (a *Arena) Stmt() *Stmt { return a.stmts.Next() }

// Type returns a new, zero type.
func (a *Arena) Type() *Type { return a.types.Next() }

// Var returns a new, zero declaration.
func (a *Arena) Var() *Var { return a.vars.Next() }

// Exprs returns a copy of l that lives as long as the tree.
func (a *Arena) Exprs(l []*Expr) []*Expr { return a.exprLists.Copy(l) }

// Stmts returns a copy of l that lives as long as the tree.
func (a *Arena) Stmts(l []*Stmt) []*Stmt { return a.stmtLists.Copy(l) }

// Vars returns a copy of l that lives as long as the tree.
func (a *Arena) Vars(l []*Var) []*Var { return a.varLists.Copy(l) }
