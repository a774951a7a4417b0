package lower

import (
	"strings"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/ctype"
	"gordian/internal/csource/ir"
	"gordian/internal/csource/lockapi"
)

// special handles calls that are no calls: annotations of conditions, casts
// from a member to its structure, and plain accesses.
func (b *fn) special(e *cast.Expr, name string) (ir.Val, *ctype.Type, bool) {
	n := len(e.Args)
	switch name {
	case "likely", "unlikely", "__builtin_expect", "READ_ONCE", "ACCESS_ONCE", "rcu_access_pointer", "WARN_ON", "WARN_ON_ONCE",
		"WARN", "WARN_ONCE", "smp_load_acquire", "ERR_CAST", "rcu_dereference", "rcu_dereference_raw", "__force", "unrcu_pointer",
		"rcu_dereference_bh", "rcu_dereference_sched", "data_race":
		if n > 0 && strings.HasPrefix(name, "WARN") && b.tries(e.Args[0]) {
			return ir.Val{}, nil, true
		}
		if n > 0 {
			v, t := b.eval(e.Args[0])
			return v, t, true
		}
	case "ERR_PTR", "PTR_ERR": // the same value, but no object
		if n == 1 {
			return b.errorValue(e, name), nil, true
		}
	case "rcu_dereference_protected", "rcu_dereference_check", "srcu_dereference":
		if n > 0 { // the condition is for lockdep: what it calls is not called
			v, t := b.eval(e.Args[0])
			return v, t, true
		}
	case "WRITE_ONCE", "smp_store_release", "rcu_assign_pointer", "RCU_INIT_POINTER", "smp_store_mb":
		if n == 2 {
			b.assignFrom(e.Args[0], e.Args[1], b.line(e.Pos))
			return ir.Val{}, nil, true
		}
	case "container_of", "list_entry", "hlist_entry", "rb_entry", "llist_entry", "container_of_const", "list_entry_rcu", "rb_entry_safe":
		if n == 3 {
			v, t := b.container(e.Args[0], e.Args[1], e.Args[2])
			return v, t, true
		}
	case "from_timer", "from_tasklet", "timer_container_of", "from_work":
		if n == 3 {
			_, t := b.pure(e.Args[0])
			v, _ := b.eval(e.Args[1])
			id := b.outer(v.Path, t, b.text(e.Args[2]))
			return ir.Val{Kind: ir.PathVal, Path: id}, t, true
		}
	case "swap":
		if n == 2 {
			for _, a := range e.Args {
				id, _ := b.lvalue(a)
				b.store(a, id, ir.Val{}, b.line(e.Pos))
			}
			return ir.Val{}, nil, true
		}
	case "BUG_ON":
		if n == 1 {
			bad, ok := b.newBlock(), b.newBlock()
			b.cond(e.Args[0], bad, ok)
			b.start(ok)
			return ir.Val{}, nil, true
		}
	case "BUG", "unreachable", "__builtin_unreachable", "panic":
		b.dead = true
		return ir.Val{}, nil, true
	case "sizeof", "offsetof", "ARRAY_SIZE", "typecheck", "BUILD_BUG_ON", "static_assert", "lockdep_set_class", "__builtin_constant_p", "__UNIQUE_ID":
		return ir.Val{}, nil, true
	}
	return ir.Val{}, nil, false
}

// tries reports whether e tries to take a lock. Code that warns if that worked
// asserts that somebody holds it.
func (b *fn) tries(e *cast.Expr) bool {
	if e.Op != cast.Call {
		return false
	}
	api := b.env.Table.Call(calleeName(e))
	return api != nil && len(api.Effects) > 0 && api.Effects[0].Kind == lockapi.Acquire && api.Effects[0].Try && api.Effects[0].On == lockapi.IfTrue
}

// errorValue is ERR_PTR(-EIO), or the value of what is cast.
func (b *fn) errorValue(e *cast.Expr, name string) ir.Val {
	if b.constant(e.Args[0]) {
		return ir.Val{Kind: ir.SymbolVal, Text: b.text(e)}
	}
	v, _ := b.eval(e.Args[0])
	if v.Kind == ir.PathVal && v.Atom != 0 {
		return ir.Val{Kind: ir.AtomVal, Atom: v.Atom}
	}
	return ir.Val{Kind: ir.AtomVal, Atom: b.atom(e.Args[0])}
}

func (b *fn) container(ptr, typ, member *cast.Expr) (ir.Val, *ctype.Type) {
	v, _ := b.eval(ptr)
	var t *ctype.Type
	if typ.Type != nil {
		t = b.env.Types.Of(typ.Type)
	}
	var p *ctype.Type
	if t != nil {
		p = &ctype.Type{Kind: ctype.Pointer, Elem: t}
	}
	id := b.outer(v.Path, t, b.text(member))
	return ir.Val{Kind: ir.PathVal, Path: id}, p
}

// classCall is guard(class)(args) or CLASS(class, name)(args): the
// constructor runs now, the destructor at the end of the block.
func (b *fn) classCall(e *cast.Expr) (ir.Val, *ctype.Type) {
	kind := calleeName(e.X)
	if (kind == "guard" || kind == "CLASS" || kind == "guard_if" || kind == "ACQUIRE") && len(e.X.Args) > 0 {
		b.guard(b.text(e.X.Args[0]), e.Args, b.line(e.Pos))
		return ir.Val{}, nil
	}
	v, _ := b.eval(e.X)
	c := &ir.Call{Through: v.Path}
	for _, a := range e.Args {
		av, _ := b.eval(a)
		c.Args = append(c.Args, av)
	}
	b.emit(ir.Instr{Call: c, Line: b.line(e.Pos)})
	return ir.Val{}, nil
}

// guard emits a guard's constructor and leaves its destructor to the scope.
func (b *fn) guard(class string, args []*cast.Expr, line int32) {
	if b.env.Table.Guard(class) == nil {
		b.evalAll(args)
		return
	}
	c := ir.Call{Name: b.str(class), Guard: true}
	for _, a := range args {
		v, _ := b.eval(a)
		c.Args = append(c.Args, v)
	}
	ctor := b.scratch.calls.Next()
	*ctor = c
	b.emit(ir.Instr{Call: ctor, Line: line})
	c.Guard, c.Undo = false, true
	s := &b.scopes[len(b.scopes)-1]
	s.cleanups = append(s.cleanups, c)
}

// scoped is a macro with a body: scoped_guard(class, args) { … }, or one that
// is not known, whose body runs once.
func (b *fn) scoped(s *cast.Stmt) {
	name := calleeName(s.X)
	b.pushScope(s)
	if args := s.X.Args; strings.HasPrefix(name, "scoped_") && len(args) > 0 && b.env.Table.Guard(b.text(args[0])) != nil {
		rest := args[1:]
		if strings.Contains(name, "cond_guard") && len(rest) > 0 { // scoped_cond_guard(class, fail, args)
			fail, ok := b.newBlock(), b.newBlock()
			b.branch(ir.Test{}, ok, fail, b.line(s.Pos))
			b.start(fail)
			b.eval(rest[0])
			b.jump(ok)
			b.start(ok)
			rest = rest[1:]
		}
		b.guard(b.text(args[0]), rest, b.line(s.Pos))
	} else {
		b.eval(s.X)
	}
	after := b.newBlock()
	b.stmt(s.Body)
	b.popScope(true)
	b.jump(after)
	b.start(after)
}
