package kcore

import (
	"errors"

	"gordian/internal/kmem"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

// Limits that only damaged tables reach (MAX_LOCKDEP_KEYS, MAX_LOCKDEP_ENTRIES
// of the biggest configuration).
const (
	maxClasses   = 1 << 16
	maxOrders    = 1 << 20
	maxTraceRead = 32 // frames of an acquire site that are kept
)

// graph turns lockdep's dependency graph into order edges with the places
// where the second lock was taken, and its usage bits into context uses.
func (x *facts) graph() {
	s := x.s
	head, ok := s.K.symbol("all_lock_classes")
	entry, ok2 := s.field("lock_class", "lock_entry")
	if !ok || !ok2 {
		return
	}
	orders := 0
	err := List(s.mem, head, maxClasses, func(node uint64) error {
		class := node - entry.Offset
		name, err := s.className(class)
		if err != nil {
			return err
		}
		if name == "" {
			return nil
		}
		x.uses(class, name)
		n, err := x.after(class, name, maxOrders-orders)
		orders += n
		return err
	})
	if err != nil {
		s.note("lockdep's graph of lock orders cannot be read to its end: " + err.Error())
	}
	x.f.Count("lockdep orders", int64(orders))
}

// Bits of lock_list.dep: whether the first lock was held exclusively (else for
// recursive reading), and whether the second one was taken so that it waits
// for readers (kernel/locking/lockdep.c, DEP_*_BIT).
var deps = [4]struct{ from, to model.Mode }{
	{model.RecursiveRead, model.RecursiveRead}, {model.Write, model.RecursiveRead},
	{model.RecursiveRead, model.Write}, {model.Write, model.Write},
}

const depExclusive = 1 << 3 // both: says the most

var errTooMany = errors.New("more lock orders than lockdep can have")

// after adds the orders that begin with a class.
func (x *facts) after(class uint64, name string, budget int) (int, error) {
	s := x.s
	head, err := s.at(class, "lock_class", "locks_after")
	if err != nil {
		return 0, err
	}
	entry, ok := s.field("lock_list", "entry")
	if !ok {
		return 0, nil
	}
	n := 0
	err = List(s.mem, head, maxOrders, func(node uint64) error {
		if n++; n > budget {
			return errTooMany
		}
		at := node - entry.Offset
		to, err := s.get(at, "lock_list", "class")
		if err != nil {
			return err
		}
		toName, err := s.className(to)
		if err != nil || toName == "" {
			return err
		}
		dep, err := s.get(at, "lock_list", "dep")
		if err != nil { // until 5.8
			dep = depExclusive
		}
		trace, _ := s.get(at, "lock_list", "trace")
		x.order(name, toName, dep, x.trace(trace), at)
		return nil
	})
	return n, err
}

func (x *facts) order(from, to string, dep uint64, stack []model.Frame, at uint64) {
	if dep&depExclusive != 0 {
		dep = depExclusive
	}
	w := kstack.Classify(stack)
	for bit, m := range deps {
		if dep>>bit&1 == 0 {
			continue
		}
		x.f.Edges = append(x.f.Edges, model.Edge{Kind: model.Before, From: model.ClassRef(from), To: model.ClassRef(to), FromMode: m.from, Mode: m.to,
			Func: kstack.Base(w.Caller.Func), Stack: stack, Why: []model.Provenance{x.why(Reason{hex(at), "lockdep has seen " + to + " taken while " + from + " was held"}, false)}})
	}
}

// trace reads a struct lock_trace: the addresses of a stack, innermost first.
func (x *facts) trace(at uint64) []model.Frame {
	s := x.s
	if at == 0 {
		return nil
	}
	n, err := s.get(at, "lock_trace", "nr_entries")
	entries, err2 := s.at(at, "lock_trace", "entries")
	if err != nil || err2 != nil {
		return nil
	}
	var out []model.Frame
	for i := range min(n, maxTraceRead) {
		ip, err := kmem.U64(s.mem, entries+8*i)
		if err != nil || ip == 0 {
			break
		}
		out = append(out, x.traceFrame(ip))
	}
	return out
}

// traceFrame names a return address, once for each.
func (x *facts) traceFrame(ip uint64) model.Frame {
	if f, ok := x.frames[ip]; ok {
		return f
	}
	f := x.s.site(ip - 1)
	f.Offset++
	x.frames[ip] = f
	return f
}

// usage are lockdep's usage bits (enum lock_usage_bit), with their numbers
// where the type data does not have them.
var usage = []struct {
	name    string
	bit     int64
	context model.Context
	enabled bool
	mode    model.Mode
}{
	{"LOCK_USED_IN_HARDIRQ", 0, model.Hardirq, false, model.Write},
	{"LOCK_USED_IN_HARDIRQ_READ", 1, model.Hardirq, false, model.RecursiveRead},
	{"LOCK_ENABLED_HARDIRQ", 2, model.Hardirq, true, model.Write},
	{"LOCK_ENABLED_HARDIRQ_READ", 3, model.Hardirq, true, model.RecursiveRead},
	{"LOCK_USED_IN_SOFTIRQ", 4, model.Softirq, false, model.Write},
	{"LOCK_USED_IN_SOFTIRQ_READ", 5, model.Softirq, false, model.RecursiveRead},
	{"LOCK_ENABLED_SOFTIRQ", 6, model.Softirq, true, model.Write},
	{"LOCK_ENABLED_SOFTIRQ_READ", 7, model.Softirq, true, model.RecursiveRead},
}

// uses adds the contexts that a class was used in.
func (x *facts) uses(class uint64, name string) {
	s := x.s
	mask, err := s.get(class, "lock_class", "usage_mask")
	if err != nil || mask == 0 {
		return
	}
	traces, _ := s.field("lock_class", "usage_traces")
	for _, u := range usage {
		bit := u.bit
		if v, ok := s.K.Types.EnumValue("lock_usage_bit", u.name); ok {
			bit = v
		}
		if bit < 0 || bit > 63 || mask>>bit&1 == 0 {
			continue
		}
		var stack []model.Frame
		if p, err := kmem.U64(s.mem, class+traces.Offset+8*uint64(bit)); err == nil && uint64(bit)*8 < traces.Size {
			stack = x.trace(p)
		}
		x.f.Uses = append(x.f.Uses, model.ContextUse{Class: model.ClassRef(name), Context: u.context, Enabled: u.enabled, Mode: u.mode, Stack: stack,
			Why: []model.Provenance{x.why(Reason{hex(class), u.name + " of lock class " + name}, false)}})
	}
}
