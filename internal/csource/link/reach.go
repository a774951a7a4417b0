package link

import (
	"slices"

	"gordian/internal/csource/flow"
	"gordian/internal/csource/ir"
	"gordian/internal/model"
)

// reach is the set of functions that run in some context, each with the way
// that leads there.
type reach struct {
	from []*hop // by function, nil if it is not reached
}

// hop is one step of the way: a call, or an entry.
type hop struct {
	entry    *entry     // set at a root
	prev     *ir.Func   // the caller otherwise
	site     *flow.Site // its call
	depth    int
	indirect int
	sure     model.Confidence
}

// spread follows calls from the roots; pass says whether a call keeps the
// context.
func (p *Program) spread(roots []*entry, pass func(*ir.Func, *flow.Site) bool) *reach {
	r := &reach{from: make([]*hop, len(p.funcs))}
	var queue []*ir.Func
	for _, e := range roots {
		if r.from[e.fn.ID] == nil {
			r.from[e.fn.ID] = &hop{entry: e, sure: e.sure}
			queue = append(queue, e.fn)
		}
	}
	for len(queue) > 0 {
		f := queue[0]
		queue = queue[1:]
		h := r.from[f.ID]
		sum := p.sums[f.ID]
		if sum == nil {
			continue
		}
		for i := range sum.Calls {
			s := &sum.Calls[i]
			if r.from[s.Callee.ID] != nil || !pass(f, s) {
				continue
			}
			n := &hop{prev: f, site: s, depth: h.depth + 1, indirect: h.indirect, sure: h.sure}
			if s.Indirect {
				n.indirect++
				n.sure = lower(n.sure)
			}
			r.from[s.Callee.ID] = n
			queue = append(queue, s.Callee)
		}
	}
	return r
}

func lower(c model.Confidence) model.Confidence {
	if c == model.High {
		return model.Medium
	}
	return model.Low
}

// contexts are the functions by the context they may run in.
type contexts struct {
	hardirq *reach // in a hardirq, or called with interrupts off by an irq_chip or the like
	softirq *reach
	hardOn  *reach // with interrupts on
	softOn  *reach // in process context with softirqs on
	process *reach
}

// findContexts spreads every entry over the call graph.
func (p *Program) findContexts() *contexts {
	var hard, soft, on, proc []*entry
	for _, f := range p.funcs {
		for _, e := range p.entry[f] {
			switch {
			case e.init, e.guess && p.called[f.ID]:
			case e.ctx == model.Hardirq:
				hard = append(hard, e)
			case e.ctx == model.Softirq:
				soft = append(soft, e)
				if !e.irqsOff {
					on = append(on, e)
				}
			default:
				switch {
				case e.irqsOff:
				case e.atomic: // perhaps with softirqs off, or under a spinlock
					x := *e
					x.sure = lower(e.sure)
					on = append(on, &x)
				default:
					proc = append(proc, e)
					on = append(on, e)
				}
			}
		}
	}
	for _, e := range p.implied() {
		proc = append(proc, e)
		on = append(on, e)
	}
	any := func(*ir.Func, *flow.Site) bool { return true }
	return &contexts{
		hardirq: p.spread(hard, any),
		softirq: p.spread(soft, any),
		process: p.spread(proc, any),
		hardOn:  p.spread(on, func(f *ir.Func, s *flow.Site) bool { return s.Hard != flow.Off && !s.Quiet && !p.unregistered(f, s) }),
		softOn:  p.spread(proc, func(_ *ir.Func, s *flow.Site) bool { return s.Hard != flow.Off && !s.BH }),
	}
}

// unregistered reports whether a call stands where its function has not yet
// registered, or has already freed, its interrupt handlers: they do not run.
func (p *Program) unregistered(f *ir.Func, s *flow.Site) bool { return p.outside(f, s.Line) }

func (p *Program) outside(f *ir.Func, line int32) bool {
	for _, r := range p.irqRegs[f] {
		if r.free && r.line < line || !r.free && r.line > line {
			return true
		}
	}
	return false
}

// implied are functions that no registration is known of, but that sleep, so
// that they run in process context; and those of which no caller is known.
func (p *Program) implied() []*entry {
	var sleepers, unknown []*entry
	for _, f := range p.funcs {
		known := slices.ContainsFunc(p.entry[f], func(e *entry) bool { return !e.guess || !p.called[f.ID] })
		if known || isInit(f) {
			continue
		}
		if ev := p.ownSleep(f); ev != nil {
			sleepers = append(sleepers, &entry{fn: f, ctx: model.Process, sure: model.Medium, file: f.Unit.File, line: ev.Line,
				how: "runs in process context: it calls " + ev.Text + ", which may sleep"})
		} else if !p.called[f.ID] && !f.Static {
			unknown = append(unknown, &entry{fn: f, ctx: model.Process, sure: model.Low, file: f.Unit.File, line: f.Line,
				how: "no caller is known"})
		}
	}
	return append(sleepers, unknown...)
}

// ownSleep finds something that may sleep in every call of f.
func (p *Program) ownSleep(f *ir.Func) *flow.Sleeper {
	sum := p.sums[f.ID]
	if sum == nil {
		return nil
	}
	return sum.Sleeper()
}

func isInit(f *ir.Func) bool {
	for _, a := range f.Attrs {
		if a.Name == "__init" || a.Name == "__exit" {
			return true
		}
	}
	return false
}
