package lower

import (
	"strings"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/ctype"
	"gordian/internal/csource/ir"
)

// stmt emits a statement.
func (b *fn) stmt(s *cast.Stmt) {
	if s == nil {
		return
	}
	switch s.Kind {
	case cast.ExprStmt:
		b.eval(s.X)
	case cast.DeclStmt:
		b.decls(s.Decls)
	case cast.BlockStmt:
		b.pushScope(s)
		for _, c := range s.List {
			b.stmt(c)
		}
		b.popScope(true)
	case cast.IfStmt:
		b.ifStmt(s)
	case cast.WhileStmt:
		b.while(s)
	case cast.DoStmt:
		b.do(s)
	case cast.ForStmt:
		b.forStmt(s)
	case cast.LoopStmt:
		b.eachStmt(s)
	case cast.ScopedStmt:
		b.scoped(s)
	case cast.SwitchStmt:
		b.switchStmt(s)
	case cast.LabelStmt:
		b.label(s)
	case cast.AsmStmt:
		b.asm(s)
	default:
		b.leaveStmt(s)
	}
}

// leaveStmt is a statement that goes elsewhere.
func (b *fn) leaveStmt(s *cast.Stmt) {
	switch s.Kind {
	case cast.GotoStmt:
		if l := b.labels[s.Label]; l != nil {
			b.leave(b.common(l.scopes))
			b.jump(b.labelBlock(l))
		} else {
			b.dead = true
		}
	case cast.BreakStmt, cast.ContinueStmt:
		b.breakOut(s.Kind == cast.ContinueStmt)
	case cast.ReturnStmt:
		b.returnStmt(s.X, b.line(s.Pos))
	}
}

func (b *fn) breakOut(cont bool) {
	for i := len(b.loops) - 1; i >= 0; i-- {
		t := b.loops[i]
		if cont && t.cont < 0 {
			continue
		}
		b.leave(t.scopes)
		if cont {
			b.jump(t.cont)
		} else {
			b.jump(t.brk)
		}
		return
	}
	b.dead = true
}

func (b *fn) returnStmt(e *cast.Expr, line int32) {
	if e != nil && e.Op == cast.Cond && e.Y != nil {
		then, els := b.newBlock(), b.newBlock()
		b.cond(e.X, then, els)
		b.start(then)
		b.returnStmt(e.Y, line)
		b.start(els)
		b.returnStmt(e.Z, line)
		return
	}
	if e != nil && isBool(e) {
		then, els := b.newBlock(), b.newBlock()
		b.cond(e, then, els)
		b.start(then)
		b.leave(0)
		b.ret(ir.Val{Kind: ir.NumberVal, Num: 1, Text: "true"}, line)
		b.start(els)
		b.leave(0)
		b.ret(ir.Val{Kind: ir.NumberVal, Text: "false"}, line)
		return
	}
	v, _ := b.eval(e)
	if e != nil && e.Op == cast.Call {
		b.nameResult(e, v.Path)
	}
	if e != nil && v.Text == "" && v.Kind != ir.NumberVal {
		v.Text = b.text(e)
	}
	b.leave(0)
	b.ret(v, line)
}

func (b *fn) decls(vs []*cast.Var) {
	for _, v := range vs {
		t := b.env.Types.Of(v.Type)
		if v.Static || v.Extern {
			b.staticLocal(v, t)
			continue
		}
		l := b.declare(v.Name, t)
		for _, a := range v.Attrs {
			if a.Name == "__free" && len(a.Args) > 0 {
				b.cleanup(l, b.text(a.Args[0]))
			}
		}
		if v.Init == nil {
			continue
		}
		if v.Init.Op == cast.InitList {
			b.inits(v.Init, t, v.Name, b.out.Name, "")
			b.evalAll(v.Init.Args)
			b.emit(ir.Instr{Dst: b.localPath(l), Atom: b.localAtom(l), Line: b.line(v.Pos)})
			continue
		}
		if isBool(v.Init) && b.writes[v.Name] == 1 {
			l.test = v.Init
		}
		name := &cast.Expr{Op: cast.Ident, Name: v.Name, Pos: v.Pos}
		b.assignFrom(name, v.Init, b.line(v.Pos))
	}
}

// staticLocal is a static lock or table inside a function: it is a global.
func (b *fn) staticLocal(v *cast.Var, t *ctype.Type) {
	if v.Init != nil {
		b.inits(v.Init, t, v.Name, b.out.Name, "")
	}
	if typ := b.lockType(t); typ != "" {
		b.unit.Locks[b.str(v.Name)] = ir.Global{Type: typ, Line: int(b.line(v.Pos)), Static: v.Static}
		return
	}
	l := b.declare(v.Name, t)
	l.alias = b.globalPath(v.Name)
}

// cleanup notes a __free() variable: what frees it may sleep.
func (b *fn) cleanup(l *local, free string) {
	s := &b.scopes[len(b.scopes)-1]
	s.cleanups = append(s.cleanups, ir.Call{Name: b.str(free), Undo: true, Macro: "__free",
		Args: []ir.Val{{Kind: ir.PathVal, Path: b.localPath(l)}}})
}

func (b *fn) ifStmt(s *cast.Stmt) {
	then, end := b.newBlock(), b.newBlock()
	els := end
	if s.Else != nil {
		els = b.newBlock()
	}
	b.cond(s.X, then, els)
	b.start(then)
	b.stmt(s.Body)
	b.jump(end)
	if s.Else != nil {
		b.start(els)
		b.stmt(s.Else)
		b.jump(end)
	}
	b.start(end)
}

// loop runs body with break and continue going to the given blocks.
func (b *fn) loop(brk, cont int32, body func()) {
	b.loops = append(b.loops, target{brk: brk, cont: cont, scopes: len(b.scopes)})
	if cont >= 0 {
		b.depth++
	}
	body()
	if cont >= 0 {
		b.depth--
	}
	b.loops = b.loops[:len(b.loops)-1]
}

func (b *fn) while(s *cast.Stmt) {
	head, body, end := b.newBlock(), b.newBlock(), b.newBlock()
	b.jump(head)
	b.start(head)
	b.loop(end, head, func() {
		b.cond(s.X, body, end)
		b.start(body)
		b.stmt(s.Body)
	})
	b.jump(head)
	b.start(end)
}

func (b *fn) do(s *cast.Stmt) {
	body, test, end := b.newBlock(), b.newBlock(), b.newBlock()
	b.jump(body)
	b.start(body)
	once := s.X != nil && s.X.Op == cast.Number && s.X.Name == "0"
	if once {
		b.depth-- // do { } while (0) is no loop
	}
	b.loop(end, test, func() { b.stmt(s.Body) })
	if once {
		b.depth++
	}
	b.jump(test)
	b.start(test)
	b.cond(s.X, body, end)
	b.start(end)
}

func (b *fn) forStmt(s *cast.Stmt) {
	b.pushScope(s)
	b.stmt(s.Init)
	head, body, next, end := b.newBlock(), b.newBlock(), b.newBlock(), b.newBlock()
	b.jump(head)
	b.start(head)
	b.loop(end, next, func() {
		if s.X == nil {
			b.jump(body)
		} else {
			b.cond(s.X, body, end)
		}
		b.start(body)
		b.stmt(s.Body)
	})
	b.jump(next)
	b.start(next)
	b.eval(s.Y)
	b.jump(head)
	b.start(end)
	b.popScope(true)
}

// eachStmt is a for_each macro: its cursor changes with each pass.
func (b *fn) eachStmt(s *cast.Stmt) {
	head, body, done, end := b.newBlock(), b.newBlock(), b.newBlock(), b.newBlock()
	for _, a := range s.X.Args {
		if a.Op != cast.Ident && a.Op != cast.TypeArg {
			b.eval(a)
		}
	}
	b.jump(head)
	b.start(head)
	cursor := b.walker(s)
	b.loop(end, head, func() {
		if cursor != nil {
			b.emit(ir.Instr{Dst: b.localPath(cursor), Atom: b.localAtom(cursor), Line: b.line(s.Pos)})
		}
		b.branch(ir.Test{Text: b.str(calleeName(s.X))}, body, done, b.line(s.Pos))
		b.start(body)
		b.stmt(s.Body)
	})
	b.jump(head)
	b.start(done)
	if cursor != nil && strings.HasPrefix(calleeName(s.X), "hlist_for_each_entry") { // include/linux/list.h: it ends when there is none
		b.emit(ir.Instr{Dst: b.localPath(cursor), Atom: b.localAtom(cursor), Src: ir.Val{Kind: ir.NumberVal, Text: "0"}, Line: b.line(s.Pos)})
	}
	b.jump(end)
	b.start(end)
}

// walker is the variable that a loop macro walks with.
func (b *fn) walker(s *cast.Stmt) *local {
	for _, a := range s.X.Args {
		if a.Op == cast.Ident {
			return b.lookup(a.Name)
		}
	}
	return nil
}

func (b *fn) label(s *cast.Stmt) {
	l := b.labels[s.Label]
	if l == nil { // of an initialiser's statement expression
		l = &label{block: -1}
		b.labels[s.Label] = l
	}
	if !l.placed { // a macro's local label may stand more than once: _THIS_IP_
		l.placed = true
		n := b.labelBlock(l)
		b.jump(n)
		b.start(n)
	}
	b.stmt(s.Body)
}

func (b *fn) labelBlock(l *label) int32 {
	if l.block < 0 {
		l.block = b.newBlock()
	}
	return l.block
}

// common returns how many of the open scopes are also around a label.
func (b *fn) common(around []*cast.Stmt) int {
	n, i := 1, 0 // scope 0 holds the parameters
	for n < len(b.scopes) && i < len(around) {
		if around[i] != b.scopes[n].block {
			break
		}
		n, i = n+1, i+1
	}
	return n
}

func (b *fn) asm(s *cast.Stmt) {
	for _, name := range s.Labels {
		l := b.labels[name]
		if l == nil {
			continue
		}
		next := b.newBlock()
		b.branch(ir.Test{Text: "asm goto"}, next, b.labelBlock(l), b.line(s.Pos))
		b.start(next)
	}
}

// switchStmt lowers a switch into a chain of tests, one for each case.
func (b *fn) switchStmt(s *cast.Stmt) {
	v, _ := b.eval(s.X)
	end := b.newBlock()
	var cases []*cast.Stmt
	collectCases(s.Body, &cases, 0)
	blocks := make(map[*cast.Stmt]int32, len(cases))
	for _, c := range cases {
		blocks[c] = b.newBlock()
	}
	def := end
	for _, c := range cases {
		if c.Kind == cast.DefaultStmt {
			def = blocks[c]
			continue
		}
		next := b.newBlock()
		b.branch(b.caseTest(s.X, v, c), blocks[c], next, b.line(c.Pos))
		b.start(next)
	}
	b.jump(def)
	b.loop(end, -1, func() { b.switchBody(s.Body, blocks) })
	b.jump(end)
	b.start(end)
}

func (b *fn) caseTest(x *cast.Expr, v ir.Val, c *cast.Stmt) ir.Test {
	if c.Y != nil || c.X == nil || x == nil {
		return ir.Test{Text: "case range"}
	}
	w := ir.Val{Kind: ir.SymbolVal, Text: b.text(c.X)}
	if b.constant(c.X) {
		w = b.symbol(c.X)
	}
	eq := &cast.Expr{Op: cast.Binary, Name: "==", X: x, Y: c.X, Pos: c.Pos}
	txt := b.text(eq)
	if w.Kind == ir.NumberVal && w.Num == 0 {
		return ir.Test{Atom: b.atomFor(v, x), Mask: ir.Zero, Text: txt}
	}
	return ir.Test{Atom: b.atomFor(v, x), Eq: b.text(c.X), Same: b.atom(eq), Mask: symbolSign(w), Text: txt}
}

// collectCases lists the case labels of a switch, not those of switches in it.
func collectCases(s *cast.Stmt, out *[]*cast.Stmt, depth int) {
	if s == nil || depth > 200 {
		return
	}
	switch s.Kind {
	case cast.CaseStmt, cast.DefaultStmt:
		*out = append(*out, s)
	case cast.SwitchStmt:
		return
	}
	collectCases(s.Body, out, depth+1)
	collectCases(s.Else, out, depth+1)
	for _, c := range s.List {
		collectCases(c, out, depth+1)
	}
}

// switchBody emits the body; a case label starts its block, with what stood
// before it falling through.
func (b *fn) switchBody(s *cast.Stmt, blocks map[*cast.Stmt]int32) {
	if s == nil {
		return
	}
	if s.Kind != cast.BlockStmt {
		b.caseOr(s, blocks)
		return
	}
	b.pushScope(s)
	for _, c := range s.List {
		b.caseOr(c, blocks)
	}
	b.popScope(true)
}

func (b *fn) caseOr(c *cast.Stmt, blocks map[*cast.Stmt]int32) {
	n, ok := blocks[c]
	if !ok {
		if c.Kind == cast.BlockStmt && hasCase(c, blocks) {
			b.switchBody(c, blocks)
			return
		}
		b.stmt(c)
		return
	}
	b.jump(n)
	b.start(n)
	if c.Body != nil {
		b.caseOr(c.Body, blocks)
	}
}

func hasCase(s *cast.Stmt, blocks map[*cast.Stmt]int32) bool {
	for _, c := range s.List {
		if _, ok := blocks[c]; ok {
			return true
		}
	}
	return false
}

// stmtExpr emits a statement expression; its value is its last expression.
func (b *fn) stmtExpr(e *cast.Expr) (ir.Val, *ctype.Type) {
	if e.Body == nil {
		return ir.Val{}, nil
	}
	b.pushScope(e.Body)
	var v ir.Val
	var t *ctype.Type
	for i, s := range e.Body.List {
		if i == len(e.Body.List)-1 && s.Kind == cast.ExprStmt {
			v, t = b.eval(s.X)
			break
		}
		b.stmt(s)
	}
	b.popScope(true)
	if strings.Contains(v.Text, "'") {
		v = ir.Val{}
	}
	return v, t
}
