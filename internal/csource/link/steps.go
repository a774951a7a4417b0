package link

import (
	"strings"

	"gordian/internal/csource/flow"
	"gordian/internal/csource/ir"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

func step(kind srcfact.StepKind, f *ir.Func, line int32, text string) srcfact.Step {
	return srcfact.Step{Kind: kind, Func: f.Name, File: f.Unit.File, Line: int(line), Text: text}
}

// way is the steps from an entry to a function.
func (r *reach) way(f *ir.Func) []srcfact.Step {
	var out []srcfact.Step
	for n := 0; f != nil && n < 64; n++ {
		h := r.from[f.ID]
		if h == nil {
			break
		}
		if h.entry != nil {
			out = append(out, srcfact.Step{Kind: srcfact.StepEntry, Func: f.Name, File: h.entry.file, Line: int(h.entry.line), Text: h.entry.how})
			break
		}
		s := step(srcfact.StepCall, h.prev, h.site.Line, "")
		s.Callee = f.Name
		out = append(out, s)
		f = h.prev
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// root is the entry from which a function is reached.
func (r *reach) root(f *ir.Func) *ir.Func {
	for n := 0; n < 64; n++ {
		h := r.from[f.ID]
		if h == nil || h.prev == nil {
			break
		}
		f = h.prev
	}
	return f
}

// descend is the steps of an event: the calls that lead to it, then what it is.
func descend(e *flow.Event, last srcfact.StepKind, l *srcfact.Lock) []srcfact.Step {
	var out []srcfact.Step
	for e.Via != nil {
		s := step(srcfact.StepCall, e.Fn, e.Line, "")
		s.Callee = e.Via.Fn.Name
		out = append(out, s)
		e = e.Via
	}
	s := step(last, e.Fn, e.Line, e.Text)
	if s.Text == "" {
		s.Text = e.API + "()"
	}
	s.Lock = l
	return append(out, s)
}

// lockSteps is how a held lock was taken.
func (p *Program) lockSteps(l *flow.Lock, at *ir.Func) []srcfact.Step {
	sl := p.lock(l, at)
	if l.Entry {
		text := "held by the caller, as " + l.API + "() asserts"
		if strings.Contains(l.API, " ") {
			text = "held by the caller: " + l.API
		}
		return []srcfact.Step{{Kind: srcfact.StepAcquire, Func: at.Name, File: at.Unit.File, Line: int(l.Line), Lock: &sl, Text: text}}
	}
	var out []srcfact.Step
	if l.Via != nil {
		s := step(srcfact.StepCall, at, l.Line, "")
		s.Callee = l.Via.Fn.Name
		out = append(out, s)
		return append(out, descend(l.Via, srcfact.StepAcquire, &sl)...)
	}
	s := step(srcfact.StepAcquire, at, l.Line, "")
	s.Lock = &sl
	return append(out, s)
}

// lock is a lock as facts show it, named within the scope of function at.
func (p *Program) lock(l *flow.Lock, at *ir.Func) srcfact.Lock {
	name := l.Class
	if name == "" {
		name = l.Expr
	}
	ref := p.scoped(l, at)
	if l.Sub != "" {
		name += "/" + l.Sub
		ref += "/" + l.Sub
	}
	return srcfact.Lock{Class: model.ClassRef(ref), Name: name, Type: l.Type, Expr: l.Expr, Mode: l.Mode, API: l.API, Subclass: l.Sub}
}

// trace is the steps of a path inside one function that matter to a lock:
// where it was taken and released, what interrupts did, and the last branches.
func (p *Program) trace(f *ir.Func, n *flow.Node, about func(*flow.Lock) bool, branches int) []srcfact.Step {
	var rev []srcfact.Step
	for ; n != nil; n = n.Prev {
		switch srcfact.StepKind(n.Kind) {
		case srcfact.StepBranch:
			if branches == 0 {
				continue
			}
			branches--
			rev = append(rev, step(srcfact.StepBranch, f, n.Line, n.Text))
		case srcfact.StepIRQ:
			rev = append(rev, step(srcfact.StepIRQ, f, n.Line, n.Text))
		case srcfact.StepAcquire, srcfact.StepRelease:
			if !about(n.Lock) {
				continue
			}
			if srcfact.StepKind(n.Kind) == srcfact.StepRelease {
				sl := p.lock(n.Lock, f)
				s := step(srcfact.StepRelease, f, n.Line, "")
				s.Lock = &sl
				rev = append(rev, s)
				continue
			}
			steps := p.lockSteps(n.Lock, f)
			for i := len(steps) - 1; i >= 0; i-- {
				rev = append(rev, steps[i])
			}
		}
		if len(rev) > 40 {
			break
		}
	}
	for i, j := 0, len(rev)-1; i < j; i, j = i+1, j-1 {
		rev[i], rev[j] = rev[j], rev[i]
	}
	return rev
}
