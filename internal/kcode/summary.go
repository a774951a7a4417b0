package kcode

import (
	"slices"

	"gordian/internal/unwind"
)

// summary is what calling a function does to the locks of its caller, in
// values that hold at its entry.
type summary struct{ events []Event }

// Bounds of summaries: one level deep, and small functions only. What takes a
// lock for its caller is a wrapper, and wrappers are short.
const (
	maxSummaryDepth = 1
	maxSummarySize  = 2048
)

// summary returns that of the function t.
func (c *Code) summary(t Symbol) *summary {
	if s, ok := c.sums[t.Start]; ok {
		return s
	}
	s := &summary{}
	if c.depth >= maxSummaryDepth {
		return s // not kept: asked for from elsewhere it may be worth more
	}
	c.sums[t.Start] = s
	if t.End-t.Start > maxSummarySize {
		return s
	}
	f, err := c.function(t)
	if err != nil || !c.touchesLocks(f) {
		return s
	}
	c.depth++
	s.events = c.summarize(f)
	c.depth--
	return s
}

func (c *Code) touchesLocks(f *function) bool {
	return slices.ContainsFunc(f.blocks, func(b block) bool {
		return slices.ContainsFunc(b.ins, func(i instr) bool {
			if i.op != opCall && i.op != opJmp {
				return false
			}
			return c.callee(&i).effect.Op != NoOp
		})
	})
}

// exit is one way out of a function.
type exit struct {
	held  []hold
	value Value // the result
}

// summarize joins all ways out: locks held at each of them are taken by the
// call, those held where the result is zero, and not elsewhere, on condition.
func (c *Code) summarize(f *function) []Event {
	w := c.flow(f, 0)
	var exits []exit
	var freed []Event
	for n := range f.blocks {
		b := &f.blocks[n]
		if !w.seen[n] {
			continue
		}
		s := w.in[n].clone()
		for k := range b.ins {
			c.apply(&s, &b.ins[k], &freed)
			c.exec(&s, &b.ins[k])
		}
		if b.ret || b.tail {
			exits = append(exits, exit{s.held, s.regs[c.isa.result]})
		}
	}
	var out []Event
	blind := w.blind()
	for _, e := range freed {
		if global(e.Addr) {
			e.may = blind || len(exits) != 1 // which of them it lies on is not followed
			out = append(out, e)
		}
	}
	for _, h := range allHeld(exits) {
		if e, ok := taken(h, exits); ok && global(h.addr) {
			e.may = e.may || blind
			out = append(out, e)
		}
	}
	return out
}

func allHeld(exits []exit) []hold {
	var out []hold
	for _, x := range exits {
		for _, h := range x.held {
			if find(out, &h) < 0 {
				out = append(out, h)
			}
		}
	}
	return out
}

// taken says under which result a lock is held on return.
func taken(h hold, exits []exit) (Event, bool) {
	e := Event{Effect: Effect{Op: Acquire, Type: h.typ, Mode: h.mode}, Addr: h.addr, Site: h.site}
	var zero, other, without, withoutZero int
	for _, x := range exits {
		n, isConst := x.value.Const()
		k := find(x.held, &h)
		switch {
		case k >= 0 && (x.held[k].n == 0 || x.held[k].when != always):
			e.may = true
		case k >= 0 && isConst && uint32(n) == 0:
			zero++
		case k >= 0:
			other++
		case isConst && uint32(n) == 0:
			withoutZero++
		default:
			without++
		}
	}
	switch {
	case without+withoutZero == 0:
	case withoutZero == 0 && other == 0 && zero > 0:
		e.cond = onZero
	case without == 0 && zero == 0 && other > 0:
		e.cond = onNonZero
	default:
		e.may = true
	}
	return e, true
}

// global reports whether a value means something to the caller.
func global(v Value) bool {
	return v.kind == constant || v.kind == entryValue || v.kind == loaded || v.kind == stackAddr && v.off >= 0
}

// calledWith returns the events with the caller's values put in.
func (s *summary) calledWith(c *Code, at *state) []Event {
	var out []Event
	for _, e := range s.events {
		e.Addr = c.substitute(e.Addr, at)
		if e.Addr.Known() {
			out = append(out, e)
		}
	}
	return out
}

// substitute replaces a callee's entry values by what the caller passes. The
// callee's CFA is the caller's stack pointer.
func (c *Code) substitute(v Value, at *state) Value {
	switch v.kind {
	case constant:
		return v
	case entryValue:
		return at.regs[v.reg].plus(v.off)
	case stackAddr:
		return at.regs[unwind.SP].plus(v.off)
	case loaded:
		addr := c.substitute(c.exprs.addrOf(v), at)
		if !addr.Known() {
			return Value{}
		}
		return at.read(c, addr).plus(v.off)
	}
	return Value{}
}
