package ctype

import (
	"strings"

	"gordian/internal/csource/cast"
)

// definers are the kernel's macros that define a variable at file scope, with
// the type that it gets. Name is always the first argument.
func definer(macro string) (Type, bool) {
	switch macro {
	case "DEFINE_MUTEX": // include/linux/mutex.h
		return Type{Kind: Struct, Tag: "mutex"}, true
	case "DEFINE_WW_CLASS", "DEFINE_WD_CLASS": // include/linux/ww_mutex.h
		return Type{Kind: Struct, Tag: "ww_class"}, true
	case "DEFINE_RT_MUTEX": // include/linux/rtmutex.h
		return Type{Kind: Struct, Tag: "rt_mutex"}, true
	case "DEFINE_SPINLOCK": // include/linux/spinlock_types.h
		return Type{Kind: Named, Tag: "spinlock_t"}, true
	case "DEFINE_RAW_SPINLOCK": // include/linux/spinlock_types_raw.h
		return Type{Kind: Named, Tag: "raw_spinlock_t"}, true
	case "DEFINE_RWLOCK": // include/linux/rwlock_types.h
		return Type{Kind: Named, Tag: "rwlock_t"}, true
	case "DEFINE_SEQLOCK": // include/linux/seqlock.h
		return Type{Kind: Named, Tag: "seqlock_t"}, true
	case "DECLARE_RWSEM": // include/linux/rwsem.h
		return Type{Kind: Struct, Tag: "rw_semaphore"}, true
	case "DEFINE_SEMAPHORE": // include/linux/semaphore.h
		return Type{Kind: Struct, Tag: "semaphore"}, true
	case "DEFINE_STATIC_PERCPU_RWSEM", "DEFINE_PERCPU_RWSEM": // include/linux/percpu-rwsem.h
		return Type{Kind: Struct, Tag: "percpu_rw_semaphore"}, true
	case "DEFINE_SRCU", "DEFINE_STATIC_SRCU": // include/linux/srcutree.h
		return Type{Kind: Struct, Tag: "srcu_struct"}, true
	case "DECLARE_COMPLETION": // include/linux/completion.h
		return Type{Kind: Struct, Tag: "completion"}, true
	case "DECLARE_WAIT_QUEUE_HEAD": // include/linux/wait.h
		return Type{Kind: Struct, Tag: "wait_queue_head"}, true
	case "DECLARE_WORK": // include/linux/workqueue.h
		return Type{Kind: Struct, Tag: "work_struct"}, true
	case "DECLARE_DELAYED_WORK", "DECLARE_DEFERRABLE_WORK": // include/linux/workqueue.h
		return Type{Kind: Struct, Tag: "delayed_work"}, true
	case "DEFINE_TIMER": // include/linux/timer.h
		return Type{Kind: Struct, Tag: "timer_list"}, true
	case "DECLARE_TASKLET", "DECLARE_TASKLET_DISABLED", "DECLARE_TASKLET_OLD": // include/linux/interrupt.h
		return Type{Kind: Struct, Tag: "tasklet_struct"}, true
	case "LIST_HEAD": // include/linux/list.h
		return Type{Kind: Struct, Tag: "list_head"}, true
	case "ATOMIC_NOTIFIER_HEAD": // include/linux/notifier.h
		return Type{Kind: Struct, Tag: "atomic_notifier_head"}, true
	case "BLOCKING_NOTIFIER_HEAD": // include/linux/notifier.h
		return Type{Kind: Struct, Tag: "blocking_notifier_head"}, true
	case "RAW_NOTIFIER_HEAD": // include/linux/notifier.h
		return Type{Kind: Struct, Tag: "raw_notifier_head"}, true
	}
	return Type{}, false
}

// defined returns the variable that the file-scope call e defines.
func (c *converter) defined(f *cast.File, e *cast.Expr) (decl, bool) {
	if e == nil || e.Op != cast.Call || e.X == nil {
		return decl{}, false
	}
	if d, ok := c.perCPU(e); ok {
		d.static = staticBefore(f.Text, e.Pos)
		return d, true
	}
	t, ok := definer(e.X.Name)
	if !ok || len(e.Args) == 0 || e.Args[0].Op != cast.Ident {
		return decl{}, false
	}
	return decl{
		name:   c.pool.name(e.Args[0].Name),
		typ:    c.pool.share(t),
		line:   int32(c.lineOf(e.Pos)),
		static: strings.HasPrefix(e.X.Name, "DEFINE_STATIC_") || staticBefore(f.Text, e.Pos),
	}, true
}

// perCPU reads DEFINE_PER_CPU(type, name) and its kin
// (include/linux/percpu-defs.h).
func (c *converter) perCPU(e *cast.Expr) (decl, bool) {
	name := e.X.Name
	if !strings.HasPrefix(name, "DEFINE_PER_CPU") && !strings.HasPrefix(name, "DECLARE_PER_CPU") || len(e.Args) < 2 {
		return decl{}, false
	}
	v := e.Args[1]
	for v != nil && v.Op == cast.Index {
		v = v.X
	}
	if v == nil || v.Op != cast.Ident {
		return decl{}, false
	}
	d := c.decl(v.Name, argType(e.Args[0]), e.Pos)
	d.extern = strings.HasPrefix(name, "DECLARE_")
	return d, true
}

func argType(e *cast.Expr) *cast.Type {
	switch {
	case e.Type != nil:
		return e.Type
	case e.Op == cast.Ident:
		return &cast.Type{Kind: cast.NamedType, Name: e.Name}
	}
	return nil
}

// staticBefore says whether the text before a file-scope call is "static".
func staticBefore(text string, at cast.Pos) bool {
	if at < 0 || int(at) > len(text) {
		return false
	}
	before := text[max(0, int(at)-40):at]
	if i := strings.LastIndexAny(before, ";}"); i >= 0 {
		before = before[i+1:]
	}
	for _, word := range strings.Fields(before) {
		if word == "static" {
			return true
		}
	}
	return false
}
