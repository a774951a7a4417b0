package cparse

import (
	"fmt"
	"strings"

	"gordian/internal/csource/cast"
)

// walkStmts calls f for s and all statements inside it, also those in
// statement expressions.
func walkStmts(s *cast.Stmt, f func(*cast.Stmt)) {
	if s == nil {
		return
	}
	f(s)
	for _, c := range append([]*cast.Stmt{s.Init, s.Body, s.Else}, s.List...) {
		walkStmts(c, f)
	}
	walkInner(s.X, f)
	walkInner(s.Y, f)
	for _, d := range s.Decls {
		walkInner(d.Init, f)
	}
}

func walkInner(e *cast.Expr, f func(*cast.Stmt)) {
	cast.Walk(e, func(e *cast.Expr) bool {
		walkStmts(e.Body, f)
		return true
	})
}

// The dump of a tree is what the tests compare: operators in prefix form.

func dumpFile(f *cast.File) string {
	var b strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	for _, i := range f.Includes {
		line("include %s %v", i.Name, i.Angle)
	}
	for _, m := range f.Macros {
		line("macro %s(%s) %v %v = %s", m.Name, strings.Join(m.Params, ","), m.FuncLike, m.Variadic, strings.Join(strings.Fields(m.Body), " "))
	}
	for _, t := range f.Types {
		line("type %s", dumpType(t))
	}
	for _, v := range f.Typedefs {
		line("typedef %s", dumpVar(v))
	}
	for _, v := range f.Vars {
		line("var %s", dumpVar(v))
	}
	for _, e := range f.Calls {
		line("call %s", dumpExpr(e))
	}
	for _, fn := range f.Funcs {
		line("func %s%s %s%s %s", flags(fn.Static, "static "), fn.Name, dumpType(fn.Type), dumpAttrs(fn.Attrs), dumpStmt(fn.Body))
	}
	return b.String()
}

func flags(on bool, s string) string {
	if on {
		return s
	}
	return ""
}

func dumpAttrs(attrs []cast.Attr) string {
	var b strings.Builder
	for _, a := range attrs {
		b.WriteString(" @" + a.Name)
		if a.Args != nil {
			b.WriteString("(" + dumpExprs(a.Args) + ")")
		}
	}
	return b.String()
}

func dumpVar(v *cast.Var) string {
	s := flags(v.Static, "static ") + flags(v.Extern, "extern ") + v.Name + ":" + dumpType(v.Type) + dumpAttrs(v.Attrs)
	if v.Bitsize != nil {
		s += " :" + dumpExpr(v.Bitsize)
	}
	if v.Init != nil {
		s += " = " + dumpExpr(v.Init)
	}
	return s
}

func dumpVars(l []*cast.Var) string {
	var out []string
	for _, v := range l {
		out = append(out, dumpVar(v))
	}
	return strings.Join(out, ", ")
}

func dumpType(t *cast.Type) string {
	if t == nil {
		return "nil"
	}
	name := t.Name
	switch t.Kind {
	case cast.BaseType, cast.NamedType:
		return name
	case cast.StructType, cast.UnionType, cast.EnumType:
		s := []string{"struct", "union", "enum"}[t.Kind-cast.StructType] + flags(name != "", " "+name)
		if t.Def {
			s += "{" + dumpVars(t.Fields) + "}"
		}
		return s
	case cast.PointerType:
		return "*" + dumpType(t.Elem)
	case cast.ArrayType:
		return "[" + dumpExpr(t.Expr) + "]" + dumpType(t.Elem)
	case cast.FuncType:
		return "fn(" + dumpVars(t.Params) + flags(t.Variadic, ", ...") + ")" + dumpType(t.Elem)
	case cast.TypeofType:
		return "typeof " + dumpExpr(t.Expr)
	}
	return "?" + name
}

func dumpExprs(l []*cast.Expr) string {
	var out []string
	for _, e := range l {
		out = append(out, dumpExpr(e))
	}
	return strings.Join(out, ", ")
}

var opNames = map[cast.Op]string{
	cast.Deref: "*", cast.AddrOf: "&", cast.Not: "!", cast.BitNot: "~", cast.Neg: "-", cast.Plus: "+",
	cast.PreInc: "++", cast.PreDec: "--", cast.PostInc: "post++", cast.PostDec: "post--", cast.SizeofExpr: "sizeof ",
}

func dumpExpr(e *cast.Expr) string {
	if e == nil {
		return ""
	}
	x, y := dumpExpr(e.X), dumpExpr(e.Y)
	switch e.Op {
	case cast.BadExpr:
		return "BAD"
	case cast.Ident, cast.Number, cast.String, cast.Char:
		return e.Name
	case cast.Call:
		return x + "(" + dumpExprs(e.Args) + ")" + flags(y != "", "="+y)
	case cast.Member:
		return x + "." + e.Name
	case cast.Arrow:
		return x + "->" + e.Name
	case cast.Index:
		return x + "[" + y + "]"
	case cast.AddrOf:
		if e.X == nil {
			return "&&" + e.Name
		}
	case cast.Binary, cast.Assign:
		return "(" + x + " " + e.Name + " " + y + ")"
	case cast.Cond:
		return "(" + x + " ? " + y + " : " + dumpExpr(e.Z) + ")"
	case cast.Comma:
		return "(" + x + ", " + y + ")"
	case cast.Cast:
		return "(" + dumpType(e.Type) + ")" + x
	case cast.SizeofType:
		return "sizeof(" + dumpType(e.Type) + ")"
	case cast.StmtExpr:
		return "(" + dumpStmt(e.Body) + ")"
	case cast.CompoundLit:
		return "(" + dumpType(e.Type) + ")" + x
	case cast.InitList:
		return "{" + dumpExprs(e.Args) + "}"
	case cast.Designated:
		if e.X != nil {
			return "[" + x + flags(e.Z != nil, "..."+dumpExpr(e.Z)) + "]=" + y
		}
		return "." + e.Name + "=" + y
	case cast.TypeArg:
		return "<" + dumpType(e.Type) + flags(e.Name != "", " "+e.Name) + ">"
	case cast.Generic:
		return "_Generic(" + x + ": " + dumpExprs(e.Args) + ")"
	}
	return opNames[e.Op] + x
}

func dumpStmt(s *cast.Stmt) string {
	if s == nil {
		return "nil"
	}
	x := dumpExpr(s.X)
	switch s.Kind {
	case cast.BadStmt:
		return "BAD"
	case cast.EmptyStmt:
		return ";"
	case cast.ExprStmt:
		return x + ";"
	case cast.DeclStmt:
		return dumpVars(s.Decls) + ";"
	case cast.BlockStmt:
		var out []string
		for _, c := range s.List {
			out = append(out, dumpStmt(c))
		}
		return "{" + strings.Join(out, " ") + "}"
	case cast.IfStmt:
		return "if " + x + " " + dumpStmt(s.Body) + flags(s.Else != nil, " else "+dumpStmt(s.Else))
	case cast.WhileStmt:
		return "while " + x + " " + dumpStmt(s.Body)
	case cast.DoStmt:
		return "do " + dumpStmt(s.Body) + " while " + x
	case cast.ForStmt:
		return "for [" + dumpStmt(s.Init) + " " + x + "; " + dumpExpr(s.Y) + "] " + dumpStmt(s.Body)
	case cast.SwitchStmt:
		return "switch " + x + " " + dumpStmt(s.Body)
	case cast.CaseStmt:
		return "case " + x + flags(s.Y != nil, "..."+dumpExpr(s.Y)) + ":"
	case cast.DefaultStmt:
		return "default:"
	case cast.LabelStmt:
		return s.Label + ":"
	case cast.GotoStmt:
		return "goto " + s.Label + flags(x != "", "*"+x) + ";"
	case cast.BreakStmt:
		return "break;"
	case cast.ContinueStmt:
		return "continue;"
	case cast.ReturnStmt:
		return "return " + x + ";"
	case cast.AsmStmt:
		return "asm" + fmt.Sprint(s.Labels) + ";"
	case cast.LoopStmt:
		return "loop " + x + " " + dumpStmt(s.Body)
	case cast.ScopedStmt:
		return "scoped " + x + " " + dumpStmt(s.Body)
	}
	return "?"
}
