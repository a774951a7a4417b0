package kcode

import (
	"fmt"

	"gordian/internal/kmem"
	"gordian/internal/model"
	"gordian/internal/unwind"
)

// Hold is a lock that the code has taken when it comes to a place.
type Hold struct {
	Addr Value
	Type model.LockType
	Mode model.Mode
	Site uint64 // address of the call that takes it
	Via  string // of the helper that takes it, or ""
	// Sure says that every way to the place takes it.
	Sure bool
}

// Point is what the code says of one place in a function.
type Point struct {
	Func   Symbol
	Regs   [unwind.MaxReg]Value
	Arg    Value           // the first argument of the call
	Slots  map[int64]Value // stack slots, by their offset from the CFA
	Held   []Hold
	Events []Event // what the function goes on to release or complete
	// Stays says that no way leads out of the function from here, nor through a
	// call that cannot be followed: it is in a loop without an end.
	Stays bool
	Call  uint64 // target of the call that is under way, 0 if unknown or none

	aligns bool // the values hold for frames that lie alike only
}

// At analyses the function of a frame up to the frame's instruction: the call
// that it is in, or the instruction that an interrupt stopped.
func (c *Code) At(f *unwind.Frame) (*Point, error) {
	at := place{pc: f.PC()}
	p, ok := c.at[at]
	if ok && p != nil && p.aligns && f.CFA != 0 {
		at.cfa = uint8(f.CFA%cfaUnit) + 1
		p, ok = c.at[at]
	}
	if ok {
		if p == nil {
			return nil, fmt.Errorf("code at %#x: not understood", at.pc)
		}
		return p, nil
	}
	p, err := c.analyze(f.Regs.IP, f.Trap, at.cfa)
	c.at[at] = p
	if err == nil && p.aligns && at.cfa == 0 && f.CFA != 0 {
		return c.At(f)
	}
	return p, err
}

// place is an instruction, in a function that aligns its stack together with
// how its frame lies: 1 more than the CFA modulo cfaUnit, 0 if it does not matter.
type place struct {
	pc  uint64
	cfa uint8
}

// cfaUnit is the greatest alignment that is followed; compilers ask for 16 and
// 32 (kernel/locking/mutex.c of a kernel with lockdep begins so).
const cfaUnit = 64

func (c *Code) analyze(ip uint64, trap bool, cfa uint8) (*Point, error) {
	pc := ip
	if !trap {
		pc--
	}
	sym, ok := c.sym.Func(pc)
	if !ok {
		return nil, fmt.Errorf("code at %#x: no function there", pc)
	}
	f, err := c.function(sym)
	if err != nil {
		return nil, err
	}
	at, target, ok := f.place(ip, trap)
	if !ok {
		return nil, fmt.Errorf("code of %s: no way leads to %#x", sym.Name, ip)
	}
	w := c.flow(f, cfa)
	s, ok := w.before(at)
	if !ok {
		return nil, fmt.Errorf("code of %s: no way leads to %#x", sym.Name, ip)
	}
	p := &Point{Func: sym, Regs: s.regs, Arg: s.regs[c.isa.args[0]], Slots: s.slots, Call: target, aligns: f.aligns}
	p.Events, p.Stays = w.after(at)
	blind := w.blind()
	for _, h := range s.held {
		p.Held = append(p.Held, Hold{Addr: h.addr, Type: h.typ, Mode: h.mode, Site: h.site, Via: h.via, Sure: h.n > 0 && h.when == always && !blind})
	}
	return p, nil
}

// place finds the instruction of a frame: the one at ip, or the call that ends
// there.
func (f *function) place(ip uint64, trap bool) (at, target uint64, ok bool) {
	if trap {
		_, ok = f.ends[ip]
		return ip, 0, ok
	}
	for n := uint64(2); n <= 10; n++ { // lengths of call instructions
		if b, ok := f.ends[ip-n]; ok {
			for _, i := range f.blocks[b].ins {
				if i.op == opCall && i.end() == ip {
					return i.addr, i.target, true
				}
			}
		}
	}
	return 0, 0, false
}

// Restore implements unwind.Restorer.
func (c *Code) Restore(f *unwind.Frame) (saved []unwind.Saved, untouched []unwind.Reg) {
	p, err := c.At(f)
	if err != nil {
		return nil, nil
	}
	for _, r := range c.isa.calleeSaved {
		if p.Regs[r] == atEntry(r) {
			untouched = append(untouched, r)
			continue
		}
		best, found := int64(0), false
		for off, v := range p.Slots {
			// Of several copies the push is the one nearest to the CFA.
			if v == atEntry(r) && off < 0 && (!found || off > best) {
				best, found = off, true
			}
		}
		if found {
			saved = append(saved, unwind.Saved{Reg: r, Off: best})
		}
	}
	return saved, untouched
}

// Base implements unwind.Restorer.
func (c *Code) Base(f *unwind.Frame) (cfa uint64, ok bool) {
	p, err := c.At(f)
	if err != nil {
		return 0, false
	}
	if fp, known := f.Regs.Get(c.isa.fp); known && p.Regs[c.isa.fp].kind == stackAddr {
		return fp - uint64(p.Regs[c.isa.fp].off), true
	}
	// Between calls the stack pointer is not known so well.
	if sp, known := f.Regs.Get(unwind.SP); known && f.Trap && p.Regs[unwind.SP].kind == stackAddr {
		return sp - uint64(p.Regs[unwind.SP].off), true
	}
	return 0, false
}

// Does returns what the function at an address does to locks.
func (c *Code) Does(target uint64) (Effect, bool) {
	t := c.callee(&instr{target: target})
	return t.effect, t.effect.Op != NoOp
}

// CallBefore returns what the direct call that ends at a return address does
// to locks.
func (c *Code) CallBefore(ip uint64) (Effect, bool) {
	n := c.isa.callSize
	b, err := kmem.Bytes(c.mem, ip-uint64(n), n)
	if err != nil {
		return Effect{}, false
	}
	i, err := c.isa.decode(b, ip-uint64(n))
	if err != nil || i.op != opCall || i.target == 0 || int(i.n) != n {
		return Effect{}, false
	}
	return c.Does(c.isa.through(c.mem, i.target))
}
