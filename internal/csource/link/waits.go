package link

import (
	"path"
	"slices"
	"strings"

	"gordian/internal/csource/ctype"
	"gordian/internal/csource/flow"
	"gordian/internal/csource/ir"
	"gordian/internal/csource/lockapi"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// waits looks at every wait that happens with a lock held: does what is
// waited for take that lock?
func (b *facts) waits() {
	for _, f := range b.funcs {
		sum := b.sums[f.ID]
		if sum == nil {
			continue
		}
		for i := range sum.Waited {
			b.waited(f, &sum.Waited[i])
		}
	}
}

func (b *facts) waited(f *ir.Func, w *flow.Pair) {
	held := b.lock(&w.From, f)
	switch w.To.Wait {
	case lockapi.TargetSRCU:
		if w.From.Type == model.SRCU && w.From.Class == w.To.Lock.Class && w.From.Class != "" {
			b.addWait(f, w, held, nil, model.High, "the grace period cannot end before this reader does")
		}
		return
	case lockapi.TargetCompletion, lockapi.TargetWaitQueue:
		b.completed(f, w, held)
		return
	}
	awaited, guessed := b.awaited(f, w.To)
	for _, e := range awaited {
		sum := b.sums[e.fn.ID]
		if sum == nil {
			continue
		}
		if ev := b.takes(sum, held.Class, e.fn); ev != nil {
			conf := sureOf(w, e, ev)
			if guessed {
				conf = lower(conf)
			}
			b.addWait(f, w, held, b.callbackPath(e, ev), conf, "")
			return
		}
	}
	if !guessed {
		b.ring(f, w, held, awaited)
	}
}

// ring looks for a callback that takes a lock under which others take the one
// that the waiter holds.
func (b *facts) ring(f *ir.Func, w *flow.Pair, held srcfact.Lock, awaited []*entry) {
	for _, e := range awaited {
		sum := b.sums[e.fn.ID]
		if sum == nil {
			continue
		}
		for _, ev := range sum.Acquires {
			l := b.lock(&ev.Lock, e.fn)
			o := b.under(l.Class, held.Class)
			if ev.Try || ev.InCtx || ev.Lock.Class == "" || o == nil {
				continue
			}
			other := append(b.callbackPath(e, ev), o.Path...)
			b.addWait(f, w, held, other, lower(sureOf(w, e, ev)), e.fn.Name+"() needs "+l.Name+", whose holder takes "+held.Name)
			return
		}
	}
}

// under finds where one class is taken while another of the same object, or
// of one linked with it, is held.
func (b *facts) under(from, to model.Ref) *srcfact.Order {
	if b.orderIndex == nil {
		b.orderIndex = map[[2]model.Ref]int{}
		for i := range b.out.Orders {
			o := &b.out.Orders[i]
			k := [2]model.Ref{o.From.Class, o.To.Class}
			if _, ok := b.orderIndex[k]; !ok && !o.Try && o.Indirect == 0 && o.Depth <= 2 && (o.Relation == srcfact.RelSame || o.Relation == srcfact.RelLinked) {
				b.orderIndex[k] = i
			}
		}
	}
	if i, ok := b.orderIndex[[2]model.Ref{from, to}]; ok {
		return &b.out.Orders[i]
	}
	return nil
}

// sureOf is how sure a wait is: how directly the callback was found to take
// the lock.
func sureOf(w *flow.Pair, e *entry, ev *flow.Event) model.Confidence {
	c := e.sure
	if ev.Depth+w.To.Depth > 2 || ev.Indirect > 0 || w.To.Indirect > 0 || ev.InCtx || w.To.Via != nil && !w.To.Via.Must {
		c = lower(c)
	}
	if w.To.Timeout {
		c = lower(c)
	}
	if ev.Depth+w.To.Depth > 5 || w.To.Last {
		c = model.Low
	}
	return c
}

// awaited finds the callbacks that a wait is for; guessed says that only their
// kind and file fit.
func (b *facts) awaited(f *ir.Func, w *flow.Event) (es []*entry, guessed bool) {
	kind := w.Wait
	if kind == lockapi.TargetDelayed {
		kind = lockapi.TargetWork
	}
	class := w.Lock.Class
	if class == "" && w.Lock.Path != 0 {
		class = pathClass(f, w.Lock.Path)
	}
	if kind == lockapi.TargetWorkqueue {
		var out []*entry
		for _, work := range b.queued[class] {
			out = append(out, b.near(f, w, b.handle[handleKey{lockapi.TargetWork, work}])...)
		}
		return out, false
	}
	if kind == lockapi.TargetWork {
		if es := b.near(f, w, b.handle[handleKey{kind, class}]); len(es) > 0 {
			return es, false
		}
		return b.near(f, w, b.handle[handleKey{kind, class + ".work"}]), false // a delayed work by its member
	}
	if es := b.near(f, w, b.handle[handleKey{kind, class}]); len(es) > 0 {
		return es, false
	}
	if kind == lockapi.TargetSysfs { // DEVICE_ATTR_RO(x) makes a static dev_attr_x
		return b.near(f, w, b.handle[handleKey{kind, path.Base(f.Unit.File) + ":" + class}]), false
	}
	if kind == lockapi.TargetIRQ {
		return b.inFile(f, kind), true
	}
	return nil, false
}

// near keeps the callbacks of the waiter's own driver: those of its file if
// the structure is one that all drivers have.
func (b *facts) near(f *ir.Func, w *flow.Event, es []*entry) []*entry {
	var out []*entry
	for _, e := range es {
		if e.fn.Unit.File == f.Unit.File || !everywhere(w.Lock.Decl) && b.sameModule(e.fn, f) {
			out = append(out, e)
		}
	}
	return out
}

// everywhere reports whether a declaration stands where all drivers see it.
func everywhere(decl string) bool {
	return strings.HasPrefix(decl, "include/") || strings.Contains(decl, "/include/")
}

// inFile finds the callbacks of a kind that a file registers: an interrupt's
// number rarely has one name.
func (b *facts) inFile(f *ir.Func, kind lockapi.Target) []*entry {
	if b.byFile == nil {
		b.byFile = map[string][]*entry{}
		for _, g := range b.funcs {
			b.byFile[g.Unit.File] = append(b.byFile[g.Unit.File], b.entry[g]...)
		}
	}
	var out []*entry
	for _, e := range b.byFile[f.Unit.File] {
		if e.kind == kind {
			out = append(out, e)
		}
	}
	return out
}

// takes finds how a callback takes a class.
func (b *facts) takes(sum *flow.Summary, class model.Ref, at *ir.Func) *flow.Event {
	for _, e := range sum.Acquires {
		if !e.Try && b.lock(&e.Lock, at).Class == class {
			return e
		}
	}
	return nil
}

func (b *facts) callbackPath(e *entry, ev *flow.Event) []srcfact.Step {
	l := b.lock(&ev.Lock, e.fn)
	out := []srcfact.Step{{Kind: srcfact.StepEntry, Func: e.fn.Name, File: e.file, Line: int(e.line), Text: e.how}}
	return append(out, descend(ev, srcfact.StepAcquire, &l)...)
}

func (b *facts) addWait(f *ir.Func, w *flow.Pair, held srcfact.Lock, other []srcfact.Step, conf model.Confidence, why string) {
	if w.From.Type == model.Semaphore && b.halfOf(f, w.From.Class, true) {
		conf = model.Low // it is handed on: who waits need not be who releases
	}
	s := srcfact.Slip{Kind: srcfact.SlipWait, Locks: []srcfact.Lock{held}, Confidence: conf, Other: other}
	if why != "" {
		s.Reasons = append(s.Reasons, why)
	}
	if h := b.ctx.way(f); len(h) > 0 {
		s.Path = append(s.Path, h...)
	}
	s.Path = append(s.Path, b.lockSteps(&w.From, f)...)
	s.Path = append(s.Path, descend(w.To, srcfact.StepWait, nil)...)
	b.out.Slips = append(b.out.Slips, s)
}

// completed looks at who completes what is waited for: a deadlock if each of
// them takes the held lock before.
func (b *facts) completed(f *ir.Func, w *flow.Pair, held srcfact.Lock) {
	class := w.To.Lock.Class
	if class == "" || w.To.Wait == lockapi.TargetWaitQueue && w.From.Type != model.Mutex && w.From.Type != model.RWSem {
		return
	}
	var with []srcfact.Step
	var conf model.Confidence
	others := 0
	for _, c := range b.completers(f.Unit.Dir, class) {
		p := b.pastWith(c.event, held.Class, c.fn)
		if p == nil {
			others++
			continue
		}
		if with == nil {
			roots := b.entry[c.fn]
			with, conf = b.completerPath(c.fn, roots, p, c.event), model.High
			if c.event.Depth > 2 || c.event.Indirect > 0 || len(roots) == 0 {
				conf = model.Medium
			}
		}
	}
	if with == nil || others > 0 {
		return
	}
	if w.To.Timeout || w.To.Wait == lockapi.TargetWaitQueue {
		conf = lower(conf)
	}
	if w.To.Timeout && w.To.Wait == lockapi.TargetWaitQueue {
		conf = model.Low
	}
	b.addWait(f, w, held, with, conf, "every known completer takes the lock first")
}

type completer struct {
	fn    *ir.Func
	event *flow.Event
}

type completerKey struct{ dir, class string }

// completers lists who lets waiters on a class go on: callbacks, and functions
// that nobody is known to call.
func (b *facts) completers(dir, class string) []completer {
	if b.completing == nil {
		b.completing = map[completerKey][]completer{}
		for _, g := range b.funcs {
			sum := b.sums[g.ID]
			if sum == nil {
				continue
			}
			for _, e := range sum.Completes {
				if e.Lock.Class == "" || len(b.entry[g]) == 0 && (e.Depth > 0 || b.called[g.ID]) {
					continue
				}
				k := completerKey{g.Unit.Dir, e.Lock.Class}
				b.completing[k] = append(b.completing[k], completer{g, e})
			}
		}
	}
	return b.completing[completerKey{dir, class}]
}

func (b *facts) pastWith(e *flow.Event, class model.Ref, at *ir.Func) *flow.Lock {
	for i := range e.Past {
		if b.lock(&e.Past[i], at).Class == class {
			return &e.Past[i]
		}
	}
	return nil
}

func (b *facts) completerPath(g *ir.Func, roots []*entry, l *flow.Lock, e *flow.Event) []srcfact.Step {
	var out []srcfact.Step
	if len(roots) > 0 {
		out = append(out, srcfact.Step{Kind: srcfact.StepEntry, Func: g.Name, File: roots[0].file, Line: int(roots[0].line), Text: roots[0].how})
	}
	sl := b.lock(l, g)
	fn := l.Fn
	if fn == nil {
		fn = g
	}
	st := step(srcfact.StepAcquire, fn, l.Line, "")
	st.Lock = &sl
	out = append(out, st)
	return append(out, descend(e, srcfact.StepWake, nil)...)
}

// entries looks at callbacks: what they may not do in their context, and what
// their callers hold.
func (b *facts) entries() {
	for _, f := range b.funcs {
		if b.sums[f.ID] == nil {
			continue
		}
		for _, e := range b.entry[f] {
			b.atomicEntry(e)
			b.heldEntry(e)
			b.heldWaits(e)
		}
	}
}

// atomicEntry looks for sleeping in a callback that must not sleep, and for
// turning interrupts on in one that runs with them off.
func (b *facts) atomicEntry(e *entry) {
	sum := b.sums[e.fn.ID]
	hard := e.ctx == model.Hardirq || e.irqsOff
	if hard || e.ctx == model.Softirq || e.atomic {
		for _, ev := range sum.Sleeps {
			if ev.GFP < 0 && !ev.InCtx && (!ev.NotIRQ || e.ctx == model.Process) && (hard || !ev.OnlyOff) && len(ev.Dropped) == 0 {
				b.sleepIn(e, ev)
			}
		}
	}
	if hard {
		for _, ev := range sum.Enables {
			if len(ev.Dropped) == 0 {
				b.enableIn(e, ev)
			}
		}
	}
}

func (b *facts) sleepIn(e *entry, ev *flow.Event) {
	in := ev
	for in.Via != nil {
		in = in.Via
	}
	conf := e.sure
	if ev.Last || ev.Indirect > 0 || ev.Depth > 3 || len(ev.When) > 0 && ev.Depth > 1 {
		conf = lower(conf)
	}
	if ev.Depth > 5 {
		conf = model.Low
	}
	s := srcfact.Slip{Kind: srcfact.SlipSleep, Confidence: conf, Atomic: e.how, Reasons: []string{e.how}}
	s.Path = append(s.Path, srcfact.Step{Kind: srcfact.StepEntry, Func: e.fn.Name, File: e.file, Line: int(e.line), Text: e.how})
	s.Path = append(s.Path, descend(ev, srcfact.StepSleep, nil)...)
	k := sleepKey{in.Fn.Name, in.Fn.Unit.File, in.Line}
	if i, ok := b.sleeps[k]; ok {
		if conf.Rank() > b.out.Slips[i].Confidence.Rank() {
			b.out.Slips[i] = s
		}
		return
	}
	b.sleeps[k] = len(b.out.Slips)
	b.out.Slips = append(b.out.Slips, s)
}

func (b *facts) enableIn(e *entry, ev *flow.Event) {
	conf := e.sure
	if ev.Indirect > 0 || ev.Depth > 2 {
		conf = lower(conf)
	}
	s := srcfact.Slip{Kind: srcfact.SlipIRQContext, Confidence: conf, Reasons: []string{e.how + ": interrupts are off there"}}
	if ev.Lock.Class != "" {
		s.Locks = append(s.Locks, b.lock(&ev.Lock, e.fn))
	}
	s.Path = append(s.Path, srcfact.Step{Kind: srcfact.StepEntry, Func: e.fn.Name, File: e.file, Line: int(e.line), Text: e.how})
	s.Path = append(s.Path, descend(ev, srcfact.StepIRQ, nil)...)
	b.out.Slips = append(b.out.Slips, s)
}

// ownObject reports whether a lock is a global, or lies in the very object
// that a callback is called for: not in one that this points to.
func (b *facts) ownObject(f *ir.Func, l *flow.Lock) bool {
	if l.Path == 0 {
		return single(f, l)
	}
	derefs := 0
	for id := l.Path; id != 0; id = f.Paths[id].Base {
		p := &f.Paths[id]
		switch p.Kind {
		case ir.GlobalPath:
			return true
		case ir.FieldPath:
			if t := f.Paths[p.Base].Type; t == nil || t.Kind == ctype.Pointer {
				derefs++
			}
		case ir.ParamPath:
			return derefs <= 1
		}
	}
	return false
}

// heldWaits looks for a callback that waits for what needs its caller's lock,
// and states the orders that the caller's global locks give.
func (b *facts) heldWaits(e *entry) {
	for _, h := range e.holds {
		if strings.HasPrefix(h, "struct ") {
			continue
		}
		l := flow.Lock{Fn: e.fn, Class: h, Type: model.Mutex, Mode: model.Write, Expr: "&" + h, API: e.how, Line: e.fn.Line, Entry: true}
		for _, ev := range b.sums[e.fn.ID].Waits {
			b.waited(e.fn, &flow.Pair{From: l, To: ev})
		}
		for _, ev := range b.sums[e.fn.ID].Acquires {
			if ev.Lock.Class != h && ev.Lock.Class != "" && !ev.Try {
				b.order(e.fn, &flow.Pair{From: l, To: ev})
			}
		}
	}
}

// heldEntry looks for a callback that takes what its callers hold.
func (b *facts) heldEntry(e *entry) {
	for _, h := range e.holds {
		for _, ev := range b.sums[e.fn.ID].Acquires {
			if ev.Try || ev.InCtx || ev.Lock.Nest || ev.Lock.Class != strings.TrimPrefix(h, "struct ") {
				continue
			}
			l := b.lock(&ev.Lock, e.fn)
			conf := model.Medium
			switch {
			case ev.Depth <= 2 && ev.Indirect == 0:
				conf = e.sure
			case ev.Depth > 3 && !ev.Must:
				conf = model.Low
			}
			if !b.ownObject(e.fn, &ev.Lock) {
				continue
			}
			dropped := slices.ContainsFunc(ev.Dropped, func(d flow.Lock) bool { return d.Class == ev.Lock.Class })
			if dropped {
				continue
			}
			s := srcfact.Slip{Kind: srcfact.SlipReacquire, Confidence: conf, Locks: []srcfact.Lock{l},
				Reasons: []string{"its caller holds " + h}}
			s.Path = append(s.Path, srcfact.Step{Kind: srcfact.StepEntry, Func: e.fn.Name, File: e.file, Line: int(e.line), Text: e.how + "; the caller holds " + h, Lock: &l})
			s.Path = append(s.Path, descend(ev, srcfact.StepAcquire, &l)...)
			b.out.Slips = append(b.out.Slips, s)
		}
	}
}
