package flow

import (
	"slices"

	"gordian/internal/csource/ir"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// calleeEvents does, with the state at the call, what the callee's events mean.
func (r *run) calleeEvents(g *Summary, in *ir.Instr, s *state, indirect bool) {
	for _, e := range g.Acquires {
		if n, dropped, ok := r.lift(e, in, s, indirect); ok {
			r.nest(s, n, dropped)
			if n.Depth < maxDeep && (n.Lock.Class != "" || visible(r.fn, n.Lock.Path)) {
				r.addEvent(&r.sum.Acquires, n)
			}
		}
	}
	for _, e := range g.Sleeps {
		if n, dropped, ok := r.liftSleep(e, in, s, indirect); ok {
			if n.GFP < 0 && !n.InCtx {
				r.sleepSlip(s, n, dropped)
			}
			if n.Depth < maxDeep {
				r.addEvent(&r.sum.Sleeps, n)
			}
		}
	}
	for _, e := range g.Waits {
		if n, dropped, ok := r.lift(e, in, s, indirect); ok {
			r.waited(s, n, dropped)
			if n.Depth < maxDeep {
				r.addEvent(&r.sum.Waits, n)
			}
		}
	}
	for _, e := range g.Enables {
		if r.handsOver(g, s) {
			break
		}
		if n, _, ok := r.lift(e, in, s, indirect); ok {
			r.enabled(s, n)
		}
	}
	for _, e := range g.Completes {
		if n, _, ok := r.lift(e, in, s, indirect); ok && n.Depth < maxDeep {
			n.Past = r.pastOf(e, in, s)
			r.addEvent(&r.sum.Completes, n)
		}
	}
	r.calleePairs(g, in, s, indirect)
	r.calleeCallbacks(g, in, s)
}

// handsOver reports whether a callee is there to turn on the interrupts that
// this function has turned off.
func (r *run) handsOver(g *Summary, s *state) bool {
	n := len(s.regions)
	if n == 0 || s.regions[n-1].flags != 0 || s.regions[n-1].prev == Off {
		return false
	}
	return slices.ContainsFunc(g.Exits, func(x Exit) bool { return x.Hard == On })
}

func (r *run) pastOf(e *Event, in *ir.Instr, s *state) []Lock {
	out := append(append([]Lock(nil), s.past...), s.held...)
	for _, p := range e.Past {
		p.Path = r.book.rebase(p.Fn, p.Path, in.Call.Args, 0)
		if p.Path != 0 {
			if c := classOf(r.fn, p.Path); c != "" {
				p.Class = c
			}
		}
		p.Fn = r.fn
		out = append(out, p)
	}
	return out
}

// calleeCallbacks follows functions that are passed to the callee.
func (r *run) calleeCallbacks(g *Summary, in *ir.Instr, s *state) {
	for _, e := range g.Callbacks {
		p := int(g.Fn.Paths[e.Lock.Path].Index)
		if p >= len(in.Call.Args) {
			continue
		}
		switch a := in.Call.Args[p]; {
		case a.Kind == ir.FuncVal:
			if t := r.res.Func(r.fn, a.Text); t != nil && t.Fn != r.fn {
				via := *in
				via.Call = &ir.Call{Name: a.Text, Args: r.passedArgs(g, e, in)}
				at := r.insideCallee(g, e, in, s)
				r.calleeEvents(&Summary{Fn: t.Fn, Events: &Events{Acquires: t.Acquires, Sleeps: t.Sleeps, Waits: t.Waits}}, &via, at, true)
				r.site(t, &via, at, true)
			}
		case a.Path != 0 && r.fn.Paths[a.Path].Kind == ir.ParamPath && e.Depth < maxDeep:
			ev := r.newEvent(s, in.Line, e.API)
			ev.Lock.Path, ev.Lock.Fn, ev.Depth = a.Path, r.fn, e.Depth+1
			ev.Args = r.passedArgs(g, e, in)
			r.addEvent(&r.sum.Callbacks, ev)
		}
	}
}

// insideCallee is the state in which a callee calls a function that was passed
// to it: with the locks that it took itself.
func (r *run) insideCallee(g *Summary, e *Event, in *ir.Instr, s *state) *state {
	t := s.clone()
	for _, l := range e.Past {
		if n := r.rebased(g, l, in); len(t.held) < 16 {
			t.held = append(t.held, n)
		}
	}
	if e.Hard == Off {
		t.hard = Off
	}
	if e.BH {
		t.bh++
	}
	return t
}

// lift expresses a callee's event as one of this function.
func (r *run) lift(e *Event, in *ir.Instr, s *state, indirect bool) (*Event, []ir.PathID, bool) {
	if !r.possible(e.When, in, s) {
		return nil, nil, false
	}
	n := r.newEvent(s, in.Line, e.API)
	n.When = r.lifted(e.When, in, n.When)
	n.Must = n.Must && e.Must
	n.Lock, n.Try, n.Via, n.Depth, n.Indirect = e.Lock, e.Try, e, e.Depth+1, e.Indirect
	n.Wait, n.Spin, n.Timeout, n.Text = e.Wait, e.Spin, e.Timeout, e.Text
	n.InCtx, n.Last, n.Lost = n.InCtx || e.InCtx, n.Last || e.Last, n.Lost || e.Lost
	n.NotIRQ, n.OnlyOff = e.NotIRQ, e.OnlyOff
	n.GFP = e.GFP
	if indirect {
		n.Indirect++
	}
	if e.Hard != AsEntry {
		n.Hard = e.Hard
	}
	n.BH, n.Left = n.BH || e.BH, n.Left || e.Left
	var dropped []ir.PathID
	for _, d := range e.Dropped {
		if id := r.book.rebase(d.Fn, d.Path, in.Call.Args, 0); id != 0 {
			if i := r.match(s, &Lock{Path: id, Class: classOf(r.fn, id), Type: d.Type}); i >= 0 && s.held[i].Path != 0 {
				id = s.held[i].Path // the same object, reached in another way
			}
			dropped = append(dropped, id)
			if i := r.heldPath(s, id); i < 0 || s.held[i].Entry {
				d.Path, d.Fn = id, r.fn
				n.Dropped = append(n.Dropped[:len(n.Dropped):len(n.Dropped)], d)
			}
		}
	}
	if e.Lock.Path != 0 {
		n.Lock.Path = r.book.rebase(e.Lock.Fn, e.Lock.Path, in.Call.Args, 0)
		n.Lock.Fn = r.fn
		if n.Lock.Path != 0 {
			if c := classOf(r.fn, n.Lock.Path); c != "" {
				n.Lock.Class, n.Lock.Decl = c, r.fn.Paths[n.Lock.Path].Decl
			}
			n.Lock.Expr = r.fn.Paths[n.Lock.Path].Text
		}
	}
	return n, dropped, true
}

func (r *run) heldPath(s *state, id ir.PathID) int {
	for i := range s.held {
		if s.held[i].Path == id {
			return i
		}
	}
	return -1
}

func (r *run) liftSleep(e *Event, in *ir.Instr, s *state, indirect bool) (*Event, []ir.PathID, bool) {
	n, dropped, ok := r.lift(e, in, s, indirect)
	if !ok {
		return nil, nil, false
	}
	if e.GFP >= 0 {
		blocks, param := r.gfp(s, in, int(e.GFP))
		if !blocks && param < 0 {
			return nil, nil, false
		}
		n.GFP = param
	}
	return n, dropped, true
}

// enabled is a callee that turns interrupts on.
func (r *run) enabled(s *state, n *Event) {
	if s.hard == Off {
		if r.givesBack(s, n) {
			return
		}
		why := "interrupts are off here"
		if k := len(s.regions); k > 0 {
			why = s.regions[k-1].api + "() turned interrupts off"
		}
		conf := model.High
		if n.Indirect > 0 || n.Depth > 2 {
			conf = model.Medium
		}
		r.slip(s, &Slip{Kind: string(srcfact.SlipIRQEnable), Line: n.Line, Event: n, Lock: n.Lock, Conf: conf, Why: []string{why}})
		return
	}
	if s.hard == AsEntry && n.Depth < maxDeep {
		r.addEvent(&r.sum.Enables, n)
	}
}

// givesBack reports whether what turns interrupts on releases the lock with
// which they were turned off: a callee that drops its caller's lock for a while.
func (r *run) givesBack(s *state, n *Event) bool {
	k := len(s.regions)
	if k == 0 || n.Lock.Class == "" || s.regions[k-1].prev == Off {
		return false
	}
	l := lockAt(s, s.regions[k-1].line)
	return l.Line != 0 && (l.Class == n.Lock.Class || l.Class == "")
}

func lower(c model.Confidence) model.Confidence {
	if c == model.High {
		return model.Medium
	}
	return model.Low
}
