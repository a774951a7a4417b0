package cast

// Arena hands out nodes from slabs that are used again for the next file, so
// that parsing a whole kernel leaves little for the garbage collector.
// The zero value is ready. It is not safe for concurrent use.
type Arena struct {
	exprs slab[Expr]
	stmts slab[Stmt]
	types slab[Type]
	vars  slab[Var]
}

// Reset makes all nodes available again; trees made before must not be used.
func (a *Arena) Reset() {
	a.exprs.reset()
	a.stmts.reset()
	a.types.reset()
	a.vars.reset()
}

// Expr returns a new, zero expression.
func (a *Arena) Expr() *Expr { return a.exprs.next() }

// Stmt returns a new, zero statement.
func (a *Arena) Stmt() *Stmt { return a.stmts.next() }

// Type returns a new, zero type.
func (a *Arena) Type() *Type { return a.types.next() }

// Var returns a new, zero declaration.
func (a *Arena) Var() *Var { return a.vars.next() }

const slabSize = 1024

type slab[T any] struct {
	chunks [][]T
	chunk  int
	used   int
}

func (s *slab[T]) next() *T {
	if s.used == slabSize {
		s.chunk++
		s.used = 0
	}
	if s.chunk == len(s.chunks) {
		s.chunks = append(s.chunks, make([]T, slabSize))
	}
	p := &s.chunks[s.chunk][s.used]
	s.used++
	var zero T
	*p = zero
	return p
}

// keep bounds what one huge file leaves behind in every worker.
const keep = 256

func (s *slab[T]) reset() {
	if len(s.chunks) > keep {
		s.chunks = s.chunks[:keep:keep]
	}
	s.chunk, s.used = 0, 0
}
