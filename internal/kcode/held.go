package kcode

import (
	"gordian/internal/model"
)

// Event is a release or a completion that code comes to.
type Event struct {
	Effect
	Addr Value
	Site uint64 // address of the call
	Via  string // of the helper that does it, or ""
	may  bool   // not on every path, of summaries
}

// apply follows the locks over one instruction: it goes before exec, which
// forgets the arguments.
func (c *Code) apply(s *state, i *instr, freed *[]Event) {
	if k := s.unlocks(i); k >= 0 {
		s.drop(k)
		return
	}
	if i.op != opCall && i.op != opJmp || i.target == 0 {
		return
	}
	for _, ev := range c.eventsOf(s, i) {
		c.do(s, ev, resultOf(i), freed)
	}
}

// eventsOf returns what a call does to locks: itself, if it is of the locking
// API, or as a wrapper.
func (c *Code) eventsOf(s *state, i *instr) []Event {
	t := c.callee(i)
	switch {
	case !t.known:
		return nil
	case t.effect.Op != NoOp:
		return []Event{{Effect: t.effect, Addr: s.regs[c.isa.args[0]], Site: i.addr}}
	}
	out := c.summary(t.sym).calledWith(c, s)
	for k := range out {
		out[k].Site, out[k].Via = i.addr, t.sym.Name
	}
	return out
}

// do performs one operation.
func (c *Code) do(s *state, e Event, ret Value, freed *[]Event) {
	switch e.Op {
	case Acquire:
		if e.Addr.Known() {
			h := hold{addr: e.Addr, typ: e.Type, mode: e.Mode, site: e.Site, via: e.Via, n: 1}
			if e.may {
				h.n, h.may = 0, true
			}
			if e.cond != always {
				h.cond, h.when = ret, e.cond
			}
			s.take(h)
		}
	case Release:
		s.release(e, freed)
	case Downgrade:
		for k := range s.held {
			if h := &s.held[k]; h.addr == e.Addr && h.typ == e.Type {
				h.mode = model.Read
			}
		}
	case Complete:
		if freed != nil {
			*freed = append(*freed, e)
		}
	}
}

// release drops a lock: the one that was taken last under that address.
func (s *state) release(e Event, freed *[]Event) {
	for k := len(s.held) - 1; k >= 0; k-- {
		h := &s.held[k]
		if h.typ != e.Type || h.addr != e.Addr || h.mode != e.Mode && e.Type == model.RWSem {
			continue
		}
		if e.may {
			h.n, h.may = max(h.n-1, 0), true
		} else {
			s.drop(k)
		}
		return
	}
	if e.Addr.Known() && freed != nil {
		*freed = append(*freed, e)
	}
	for k := range s.held { // some lock of this type: any, also one that has two names
		if h := &s.held[k]; h.typ == e.Type && e.Addr.mayBe(h.addr) {
			h.n, h.may = max(h.n-1, 0), true
		}
	}
}

// branch applies what a conditional jump says of locks that were taken on
// condition.
func (s *state) branch(i *instr, taken bool) {
	var zero bool
	switch i.cc &^ 1 {
	case ccZero:
		zero = taken == (i.cc&1 == 0)
	case ccSign: // a negative error, or none
		zero = taken != (i.cc&1 == 0)
	default:
		return
	}
	if !s.tested.Known() {
		return
	}
	all := s.held
	s.held = nil
	for _, h := range all {
		if h.when != always && h.cond == s.tested {
			if zero != (h.when == onZero) {
				continue
			}
			h.when, h.cond = always, Value{}
		}
		s.take(h)
	}
}
