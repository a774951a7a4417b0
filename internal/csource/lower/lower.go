// Package lower turns the syntax tree of a file into the form that is
// analysed (package ir): control flow graphs with paths and conditions, and
// the registrations that tell who calls what.
package lower

import (
	"path"
	"strings"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/ctype"
	"gordian/internal/csource/ir"
	"gordian/internal/csource/lockapi"
)

// Types answers what lowering needs to know of types, from the file's view.
type Types interface {
	Of(t *cast.Type) *ctype.Type
	// Member finds a member of a structure, or of what a pointer points to:
	// its type, the tag of the structure that declares it ("" if anonymous or
	// unknown) and that structure's file.
	Member(t *ctype.Type, name string) (typ *ctype.Type, owner, decl string)
	// Var finds a file-scope variable.
	Var(name string) (typ *ctype.Type, decl string, static bool)
	FuncResult(name string) *ctype.Type
}

// Env is what the file stands in.
type Env struct {
	Path  string // as shown
	Check bool
	Head  bool // a header
	Types Types
	Table *lockapi.Table
	Marks []string // of the table
	// Seen tells functions that an earlier choice of #if arms gave already.
	Seen map[uint64]bool
}

// File lowers every function of f. Nothing in the result refers to f or w.
func (w *Lowerer) File(f *cast.File, env *Env) *ir.Unit {
	u := &ir.Unit{File: env.Path, Dir: path.Dir(env.Path), Check: env.Check, Header: env.Head, Locks: map[string]ir.Global{}}
	w.strs, w.callees = again(w.strs, maxKept), again(w.callees, maxKept)
	l := &file{Lowerer: w, f: f, env: env, unit: u, funcs: map[string]bool{}}
	w.packer.Begin(u)
	for _, fn := range f.Funcs {
		l.funcs[fn.Name] = true
	}
	l.marks()
	l.globals()
	for _, fn := range f.Funcs {
		if env.Seen != nil {
			if env.Seen[fn.Hash] {
				continue
			}
			env.Seen[fn.Hash] = true
		}
		if g := l.function(fn); g != nil {
			u.Funcs = append(u.Funcs, g)
		}
	}
	w.packer.Seal()
	return u
}

// file lowers one file.
type file struct {
	*Lowerer
	f     *cast.File
	env   *Env
	unit  *ir.Unit
	funcs map[string]bool // defined here
}

// str returns a copy of s that does not keep the file's text alive.
func (l *file) str(s string) string {
	if s == "" {
		return ""
	}
	if c, ok := l.strs[s]; ok {
		return c
	}
	c := strings.Clone(s)
	l.strs[c] = c
	return c
}

// strOf is str for text that will be written over.
func (l *file) strOf(s []byte) string {
	if c, ok := l.strs[string(s)]; ok {
		return c
	}
	c := string(s)
	l.strs[c] = c
	return c
}

// join is str for text that consists of several parts.
func (l *file) join(parts ...string) string {
	l.buf = l.buf[:0]
	for _, p := range parts {
		l.buf = append(l.buf, p...)
	}
	return l.strOf(l.buf)
}

func (l *file) line(p cast.Pos) int32 { return int32(l.f.Line(p)) }

// globals collects file-scope locks, function tables and registrations.
func (l *file) globals() {
	for _, v := range l.f.Vars {
		l.globalVar(v)
	}
	for _, c := range l.f.Calls {
		l.fileCall(c)
	}
}

func (l *file) globalVar(v *cast.Var) {
	t := l.env.Types.Of(v.Type)
	if typ := l.lockType(t); typ != "" {
		l.unit.Locks[l.str(v.Name)] = ir.Global{Type: typ, Line: int(l.line(v.Pos)), Static: v.Static}
	}
	if v.Init != nil {
		l.inits(v.Init, t, v.Name, "", l.classOfGlobal(v.Name, v.Static))
	}
}

func (l *file) classOfGlobal(name string, static bool) string {
	if static {
		return l.str(path.Base(l.env.Path) + ":" + name)
	}
	return l.str(name)
}

// lockType returns the lock type of a variable, or "".
func (l *file) lockType(t *ctype.Type) string {
	for t != nil && t.Kind == ctype.Array {
		t = t.Elem
	}
	if t == nil || t.Kind == ctype.Pointer {
		return ""
	}
	if t.Kind == ctype.Struct && t.Tag != "" {
		return string(l.env.Table.LockType("struct " + t.Tag))
	}
	return string(l.env.Table.LockType(t.Tag))
}

// fileCall reads DEFINE_MUTEX(x), DECLARE_WORK(w, fn), module_init(f) and
// their like.
func (l *file) fileCall(c *cast.Expr) {
	name := calleeName(c)
	if name == "" {
		return
	}
	static := strings.Contains(name, "STATIC") || l.afterStatic(c.Pos) // DEFINE_STATIC_SRCU(x), static DEFINE_MUTEX(x)
	if typ, arg, ok := l.env.Table.Defines(name); ok && arg < len(c.Args) && c.Args[arg].Op == cast.Ident {
		lock := c.Args[arg].Name
		l.unit.Locks[l.str(lock)] = ir.Global{Type: string(typ), Line: int(l.line(c.Pos)), Static: static}
	}
	l.definedSemaphore(name, c, static)
	l.pasted(name, c)
	for i, a := range c.Args {
		if a.Op == cast.AddrOf && a.X != nil {
			a = a.X
		}
		if a.Op != cast.Ident || !l.funcs[a.Name] {
			continue
		}
		handle := ""
		if i > 0 && c.Args[0].Op == cast.Ident {
			handle = l.classOfGlobal(c.Args[0].Name, true)
		}
		l.unit.Regs = append(l.unit.Regs, ir.Reg{Macro: l.str(name), Fn: l.str(a.Name), Handle: handle, Line: l.line(c.Pos)})
	}
}

// pasted finds the functions whose names a macro makes of its argument:
// DEVICE_ATTR_RO(name) uses name_show (include/linux/device.h, sysfs.h),
// DEFINE_SHOW_ATTRIBUTE(name) too (include/linux/seq_file.h).
func (l *file) pasted(macro string, c *cast.Expr) {
	if len(c.Args) == 0 || c.Args[0].Op != cast.Ident {
		return
	}
	var ends []string
	switch {
	case strings.Contains(macro, "ATTR_RO"), strings.Contains(macro, "ATTR_ADMIN_RO"), strings.HasSuffix(macro, "SHOW_ATTRIBUTE"):
		ends = []string{"_show"}
	case strings.Contains(macro, "ATTR_WO"):
		ends = []string{"_store"}
	case strings.Contains(macro, "ATTR_RW"), strings.Contains(macro, "ATTR_ADMIN_RW"):
		ends = []string{"_show", "_store"}
	}
	for _, e := range ends {
		if fn := c.Args[0].Name + e; l.funcs[fn] {
			l.unit.Regs = append(l.unit.Regs, ir.Reg{Macro: l.str(macro), Fn: l.str(fn), Line: l.line(c.Pos),
				Handle: l.classOfGlobal("dev_attr_"+c.Args[0].Name, true)})
		}
	}
}

// afterStatic reports whether "static" stands before a macro call, on its line.
func (l *file) afterStatic(p cast.Pos) bool {
	n := l.f.Line(p) - 1
	if n < 0 || n >= len(l.f.Lines) || int(p) > len(l.f.Text) {
		return false
	}
	return strings.Contains(l.f.Text[l.f.Lines[n]:p], "static")
}

// inits records the functions that an initialiser puts into members.
func (l *file) inits(e *cast.Expr, t *ctype.Type, variable, fn, class string) {
	if e == nil {
		return
	}
	if e.Op == cast.CompoundLit {
		l.inits(e.X, l.env.Types.Of(e.Type), variable, fn, class)
		return
	}
	if e.Op != cast.InitList {
		return
	}
	elem := t
	for elem != nil && elem.Kind == ctype.Array {
		elem = elem.Elem
	}
	for _, a := range e.Args {
		l.initElem(a, t, elem, variable, fn, class)
	}
}

func (l *file) initElem(a *cast.Expr, t, elem *ctype.Type, variable, fn, class string) {
	if a.Op == cast.InitList || a.Op == cast.CompoundLit {
		l.inits(a, elem, variable, fn, class)
		return
	}
	if a.Op != cast.Designated {
		return
	}
	if a.Name == "" { // [X] = Y
		l.inits(a.Y, elem, variable, fn, class)
		return
	}
	ft, owner, _ := l.env.Types.Member(elem, a.Name)
	v := a.Y
	for v != nil && (v.Op == cast.Cast || v.Op == cast.AddrOf) && v.X != nil {
		v = v.X
	}
	if v == nil {
		return
	}
	switch v.Op {
	case cast.Ident:
		if owner == "" {
			owner = structTag(elem)
		}
		if l.isFunc(v.Name) {
			l.unit.Inits = append(l.unit.Inits, ir.Init{Struct: l.str(owner), Field: l.str(a.Name), Fn: l.str(v.Name),
				Var: l.str(variable), Func: fn, Line: l.line(a.Pos), Handle: class})
		}
	case cast.InitList, cast.CompoundLit:
		l.inits(v, ft, variable, fn, class+"."+a.Name)
	}
}

// structTag returns the tag of a structure, through pointers and arrays.
func structTag(t *ctype.Type) string {
	for t != nil && (t.Kind == ctype.Pointer || t.Kind == ctype.Array) {
		t = t.Elem
	}
	if t != nil && (t.Kind == ctype.Struct || t.Kind == ctype.Named) {
		return t.Tag
	}
	return ""
}

// calleeName returns the name of a directly called function, or "".
func calleeName(c *cast.Expr) string {
	if c == nil || c.Op != cast.Call || c.X == nil || c.X.Op != cast.Ident {
		return ""
	}
	return c.X.Name
}
