package check

import (
	"slices"
	"strconv"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

// join returns the facts with the waits and holds that follow from putting
// several of them together. Everything it adds is Derived:
//
//   - A task that sleeps at the very call (function and offset) at which
//     lockdep saw class B taken under class A waits for B and holds A.
//   - A task in flush_work() or the like waits for the blocked worker that
//     runs a work function of the same module.
//   - A task in rtnl_lock() and other wrappers of one global lock waits for
//     that lock.
//
// A task of which the evidence itself says what it waits for gets nothing.
func (v *view) join() *model.Facts {
	f := *v.facts
	f.Edges = slices.DeleteFunc(slices.Clone(v.facts.Edges), func(e model.Edge) bool { return v.nobodyWaits(e) || v.outdated(e) })
	waits := map[model.Ref]bool{}
	for _, e := range f.Edges {
		if e.Kind == model.Waits {
			waits[e.From] = true
		}
	}
	for _, t := range v.list {
		if waits[t.ref] || !t.wait.Known || len(t.stack) == 0 || v.dumped[t.boot] {
			continue
		}
		var add []model.Edge
		worker := v.workerFor(t)
		if t.stuck {
			add = v.siteEdges(t, v.ordersAt(t.boot, siteOf(t.wait.Caller)))
		}
		switch {
		case len(add) > 0:
		case t.wait.Type == model.Work && worker != nil:
			add = v.flushEdge(t, worker)
		case t.stuck && t.wait.Lock != "" && t.wait.Global:
			add = v.globalEdge(t)
		}
		f.Edges = append(f.Edges, add...)
	}
	return &f
}

// nobodyWaits reports whether an edge is about something that lockdep lists
// among the held locks, but for which no task ever waits as for a lock: RCU
// readers, and the map that stands for memory reclaim.
func (v *view) nobodyWaits(e model.Edge) bool {
	r := e.To
	if e.Kind == model.HeldBy {
		r = e.From
	}
	if e.Kind == model.Before || r.Kind() != model.KindLock {
		return false
	}
	name := v.locks[r].Class.Name()
	return readerMark(name) || name == "fs_reclaim"
}

// outdated reports whether an edge is what a log said of a boot whose memory
// we have: the dump looked at all tasks, and later.
func (v *view) outdated(e model.Edge) bool {
	return e.Kind != model.Before && !v.fromMemory(e) && v.dumped[bootOfRef(e.From)]
}

// bootOfRef returns the boot that a task or lock is of.
func bootOfRef(r model.Ref) model.Boot {
	_, rest, _ := strings.Cut(string(r), ":")
	b, _, _ := strings.Cut(rest, ":")
	return model.Boot(b)
}

// site is a call: lock is taken, or waited for, at one place in the code.
type site struct {
	fn     string
	offset uint64
}

func siteOf(f model.Frame) site { return site{kstack.Base(f.Func), f.Offset} }

// callSites indexes the order edges by where their To was taken.
func (v *view) callSites() map[site][]model.Edge {
	out := map[site][]model.Edge{}
	for _, e := range v.facts.Edges {
		if e.Kind != model.Before || len(e.Stack) == 0 {
			continue
		}
		if w := classify(e.Stack); w.CallerIndex >= 0 && w.Caller.Offset != 0 {
			s := siteOf(w.Caller)
			out[s] = append(out[s], e)
		}
	}
	// A recursive report of one lock is the order "under itself".
	v.lockdepReports(func(_ int, r *kreport.Lockdep) {
		if a, h := r.Acquiring, r.Holding; a != nil && h != nil && r.Backtrace != nil && sameAddr(a, h) {
			w := classify(r.Backtrace.Full)
			if w.CallerIndex < 0 || w.Caller.Offset == 0 {
				return
			}
			s := siteOf(w.Caller)
			out[s] = append(out[s], model.Edge{Kind: model.Before, From: model.ClassRef(h.Lock), To: model.ClassRef(a.Lock),
				FromMode: orWrite(w.Mode), Mode: orWrite(w.Mode), Stack: r.Backtrace.Full, Func: w.Caller.Func,
				Why: []model.Provenance{{Input: r.Input, Locator: lineNo(a.LogLine), Excerpt: lockLine(*a)}}})
		}
	}, "lockdep-recursive")
	return out
}

// sameAddr reports whether two lock lines are about one instance.
func sameAddr(a, b *kreport.Lock) bool {
	return a.Addr != "" && a.Addr == b.Addr && !strings.HasPrefix(a.Addr, "____")
}

// classLock is a lock of which only the class is known. If the class is that
// of a static variable, there is one such lock, and the evidence may know its
// address.
func (v *view) classLock(t *task, class model.Ref, typ model.LockType) model.Ref {
	r, ok := v.statics[string(t.boot)+" "+class.Name()]
	if !ok {
		r = model.LockRef(t.boot, "class "+class.Name())
	}
	l, ok := v.locks[r]
	if !ok {
		l = model.Lock{Ref: r, Boot: t.boot, Class: class, Why: t.why}
	}
	if l.Type == "" {
		l.Type = typ
	}
	v.locks[r] = l
	return r
}

func derived(t *task, text string) []model.Provenance {
	p := t.why
	p.Derived = true
	p.Excerpt = text
	return []model.Provenance{p}
}

// ordersAt returns the orders that lockdep saw at a call site: those of the
// same boot where there are any, for their lines stand nearest to the hang.
func (v *view) ordersAt(b model.Boot, s site) []model.Edge {
	all := v.sites[s]
	same := slices.DeleteFunc(slices.Clone(all), func(e model.Edge) bool { return v.bootOf(e.Why[0]) != b })
	if len(same) > 0 {
		return same
	}
	return all
}

// bootOf returns the boot of the report that a line belongs to.
func (v *view) bootOf(p model.Provenance) model.Boot {
	line, err := strconv.Atoi(strings.TrimPrefix(p.Locator, "line "))
	if err != nil {
		return ""
	}
	i, ok := v.reportAt(p.Input, line)
	if !ok {
		return ""
	}
	return v.base(i).Boot
}

func (v *view) siteEdges(t *task, edges []model.Edge) []model.Edge {
	for _, e := range edges {
		if e.To != edges[0].To {
			return nil // the call takes locks of several classes: siteRing() looks at those
		}
	}
	var out []model.Edge
	for _, e := range edges {
		why := append(derived(t, t.name()+" sleeps at "+t.wait.Caller.String()+", where "+e.To.Name()+" was taken while "+e.From.Name()+" was held"), e.Why...)
		for i := range why {
			why[i].Derived = true
		}
		out = append(out,
			model.Edge{Kind: model.Waits, From: t.ref, To: v.classLock(t, e.To, t.wait.Type), Mode: orWrite(t.wait.Mode),
				Func: t.wait.Caller.Func, Stack: t.stack, Why: why},
			model.Edge{Kind: model.HeldBy, From: v.classLock(t, e.From, classify(e.FromStack).Type), To: t.ref,
				Mode: knownMode(e), Func: t.wait.Caller.Func, Why: why})
	}
	return out
}

// asDerived marks evidence for an order as what a hold was inferred from.
func asDerived(why []model.Provenance) []model.Provenance {
	out := slices.Clone(why)
	for i := range out {
		out[i].Derived = true
	}
	return out
}

// knownMode is how the first class of an order was held, "" if the evidence
// does not say: the engine takes that for exclusive.
func knownMode(e model.Edge) model.Mode {
	if e.FromMode.Shared() {
		return e.FromMode
	}
	return classify(e.FromStack).Mode
}

func orWrite(m model.Mode) model.Mode {
	if m == "" {
		return model.Write
	}
	return m
}

// workerFor finds the blocked worker whose work function is of the module
// that t, which waits for a work item, is in. Of several it takes none: then
// the evidence does not say which.
func (v *view) workerFor(t *task) *task {
	ws := v.workers[moduleKey{t.boot, t.module()}]
	if t.module() == "" || len(ws) != 1 || ws[0] == t {
		return nil
	}
	return ws[0]
}

// moduleKey names a module in one boot.
type moduleKey struct {
	boot model.Boot
	mod  string
}

// indexModules files the blocked tasks by the module whose code waits, and
// the blocked workers by the module of their work function.
func (v *view) indexModules() {
	v.inModule, v.workers = map[moduleKey][]*task{}, map[moduleKey][]*task{}
	for _, t := range v.list {
		if !t.stuck {
			continue
		}
		if m := t.module(); m != "" {
			v.inModule[moduleKey{t.boot, m}] = append(v.inModule[moduleKey{t.boot, m}], t)
		}
		if t.fn == "" {
			continue
		}
		if m := t.workModule(); m != "" {
			v.workers[moduleKey{t.boot, m}] = append(v.workers[moduleKey{t.boot, m}], t)
		}
	}
}

// workModule is the module of the work function that a worker runs.
func (t *task) workModule() string {
	for _, f := range t.stack {
		if kstack.Base(f.Func) == kstack.Base(t.fn) {
			return f.Module
		}
	}
	return ""
}

func (v *view) flushEdge(t, w *task) []model.Edge {
	return []model.Edge{{Kind: model.Waits, From: t.ref, To: w.ref, Mode: model.Write, Func: t.wait.Caller.Func, Stack: t.stack,
		Why: derived(t, t.name()+" is in "+waitFunc(t.wait)+"() of ["+t.module()+"], and "+w.name()+" runs "+w.fn+"() of it")}}
}

func (v *view) globalEdge(t *task) []model.Edge {
	r := v.classLock(t, model.ClassRef(t.wait.Lock), t.wait.Type)
	return []model.Edge{{Kind: model.Waits, From: t.ref, To: r, Mode: orWrite(t.wait.Mode), Func: t.wait.Caller.Func, Stack: t.stack,
		Why: derived(t, t.name()+" is in "+t.wait.Func+"(), which takes "+t.wait.Lock)}}
}
