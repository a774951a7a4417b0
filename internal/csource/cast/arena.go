package cast

// Arena hands out nodes from slabs that are used again for the next file, so
// that parsing a whole kernel leaves little for the garbage collector.
// The zero value is ready. It is not safe for concurrent use.
type Arena struct {
	// Scratch belongs to the parser: buffers that it uses again for the next file.
	Scratch any

	exprs slab[Expr]
	stmts slab[Stmt]
	types slab[Type]
	vars  slab[Var]

	exprLists lists[Expr]
	stmtLists lists[Stmt]
	varLists  lists[Var]
}

// Reset makes all nodes available again; trees made before must not be used.
func (a *Arena) Reset() {
	a.exprs.reset()
	a.stmts.reset()
	a.types.reset()
	a.vars.reset()
	a.exprLists.reset()
	a.stmtLists.reset()
	a.varLists.reset()
}

// Expr returns a new, zero expression.
func (a *Arena) Expr() *Expr { return a.exprs.next() }

// Stmt returns a new, zero statement.
func (a *Arena) Stmt() *Stmt { return a.stmts.next() }

// Type returns a new, zero type.
func (a *Arena) Type() *Type { return a.types.next() }

// Var returns a new, zero declaration.
func (a *Arena) Var() *Var { return a.vars.next() }

// Exprs returns a copy of l that lives as long as the tree.
func (a *Arena) Exprs(l []*Expr) []*Expr { return a.exprLists.copy(l) }

// Stmts returns a copy of l that lives as long as the tree.
func (a *Arena) Stmts(l []*Stmt) []*Stmt { return a.stmtLists.copy(l) }

// Vars returns a copy of l that lives as long as the tree.
func (a *Arena) Vars(l []*Var) []*Var { return a.varLists.copy(l) }

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

// lists keeps many short lists in few large ones.
type lists[T any] struct {
	chunks [][]*T
	chunk  int
}

const listSize = 8192

func (s *lists[T]) copy(l []*T) []*T {
	if len(l) == 0 {
		return nil
	}
	if len(l) > listSize/4 {
		return append([]*T(nil), l...)
	}
	for {
		if s.chunk == len(s.chunks) {
			s.chunks = append(s.chunks, make([]*T, 0, listSize))
		}
		c := s.chunks[s.chunk]
		if from := len(c); from+len(l) <= cap(c) {
			c = append(c, l...)
			s.chunks[s.chunk] = c
			return c[from:len(c):len(c)]
		}
		s.chunk++
	}
}

func (s *lists[T]) reset() {
	if len(s.chunks) > keep {
		s.chunks = s.chunks[:keep:keep]
	}
	for i := range s.chunks {
		s.chunks[i] = s.chunks[i][:0]
	}
	s.chunk = 0
}
