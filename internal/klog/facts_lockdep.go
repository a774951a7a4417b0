package klog

import (
	"strconv"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

// lockdep makes order edges and usage states of a splat.
func (b *factory) lockdep(r *kreport.Lockdep) {
	b.chain(r)
	b.dependencies(r, r.SafeDeps)
	b.dependencies(r, r.UnsafeDeps)
	if r.Acquiring != nil && r.Holding != nil && r.Acquiring.Lock != r.Holding.Lock && len(r.Cycle) == 0 {
		b.before(r, r.Holding.Lock, r.Acquiring.Lock, stackOf(r.Backtrace), r.Acquiring.LogLine, lockText(r.Acquiring))
	}
	b.usage(r)
	if r.Task != nil {
		b.mention(&r.ReportBase, r.Task.Comm, r.Task.PID, r.Line)
	}
}

// chain: entry #i was taken while entry #i-1 was held, and #0, the new one,
// while #N was (print_circular_bug(), kernel/locking/lockdep.c).
func (b *factory) chain(r *kreport.Lockdep) {
	if len(r.Cycle) < 2 {
		return
	}
	n := len(r.Cycle)
	for i := range r.Deps {
		d := &r.Deps[i]
		b.before(r, r.Cycle[(d.Idx+n-1)%n], d.Lock, &d.Stack, d.HeadLine, "-> #"+strconv.Itoa(d.Idx)+" ("+d.Lock+"){"+d.Usage+"}")
	}
}

// dependencies: in "the dependencies between X and Y" each entry was taken
// under the entry after it (print_shortest_lock_dependencies()).
func (b *factory) dependencies(r *kreport.Lockdep, deps []kreport.Dep) {
	for i := 0; i+1 < len(deps); i++ {
		b.before(r, deps[i+1].Lock, deps[i].Lock, &deps[i].Stack, deps[i].HeadLine, "-> ("+deps[i].Lock+")")
	}
}

func (b *factory) before(r *kreport.Lockdep, from, to string, st *kreport.Stack, line int, excerpt string) {
	if from == "" || to == "" {
		return
	}
	e := model.Edge{Kind: model.Before, From: model.ClassRef(from), To: model.ClassRef(to), FromMode: model.Write, Mode: model.Write,
		Why: []model.Provenance{why(&r.ReportBase, line, excerpt, false)}}
	if st != nil {
		e.Stack = st.Full
		e.Mode = takenAs(st.Full)
		fr, _ := kstack.Guilty(st.Full)
		e.Func = fr.Func
	}
	b.f.Edges = append(b.f.Edges, e)
}

// takenAs reads from the stack whether the lock was taken for reading: the
// first lock function outside lockdep says so.
func takenAs(stack []model.Frame) model.Mode {
	for _, f := range stack {
		fn := kstack.Base(f.Func)
		if strings.Contains(fn, "lock_acquire") || strings.HasPrefix(fn, "check_") || strings.HasPrefix(fn, "validate_") {
			continue
		}
		if strings.HasPrefix(fn, "down_read") || strings.HasPrefix(fn, "__raw_read_lock") || strings.HasPrefix(fn, "_raw_read_lock") ||
			strings.HasPrefix(fn, "percpu_down_read") {
			return model.Read
		}
		if !kstack.IsLockInternal(fn) {
			return model.Write
		}
	}
	return model.Write
}

// usage makes the irq usage states that a splat states.
func (b *factory) usage(r *kreport.Lockdep) {
	switch {
	case r.UsageFrom != "" && r.Acquiring != nil:
		b.use(r, r.Acquiring.Lock, r.UsageFrom, stackOf(r.Registered))
		b.use(r, r.Acquiring.Lock, r.UsageTo, stackOf(r.Backtrace))
	case r.IRQClass != nil:
		b.use(r, r.IRQSafeLock, "IN-"+r.IRQClass.Safe+"-W", stackOf(r.Registered))
		b.use(r, r.IRQUnsafeLock, r.IRQClass.Unsafe+"-ON-W", stackOf(r.UnsafeAt))
	}
}

// use reads "IN-HARDIRQ-W", "SOFTIRQ-ON-R" (print_usage_bug()).
func (b *factory) use(r *kreport.Lockdep, class, usage string, st *kreport.Stack) {
	if class == "" {
		return
	}
	u := model.ContextUse{Class: model.ClassRef(class), Mode: model.Write, Why: []model.Provenance{why(&r.ReportBase, r.Line, class+" {"+usage+"}", false)}}
	if strings.HasSuffix(usage, "-R") {
		u.Mode = model.Read
	}
	switch {
	case strings.Contains(usage, "HARDIRQ"):
		u.Context = model.Hardirq
	case strings.Contains(usage, "SOFTIRQ"):
		u.Context = model.Softirq
	default:
		return // RECLAIM_FS of kernels before 4.15: no interrupt
	}
	u.Enabled = strings.Contains(usage, "-ON-")
	if st != nil {
		u.Stack = st.Full
	}
	b.f.Uses = append(b.f.Uses, u)
}

func stackOf(s *kreport.Stack) *kreport.Stack {
	if s == nil {
		return &kreport.Stack{}
	}
	return s
}
