package kcore

import (
	"fmt"

	"gordian/internal/kmem"
	"gordian/internal/model"
)

// timer is the lock that stands for a timer whose function somebody waits for:
// del_timer_sync() and hrtimer_cancel() spin until it has returned. Its holder
// is the CPU that runs it.
func (s *State) timer(addr uint64) *Lock {
	fn, err := s.get(addr, "timer_list", "function")
	high := err != nil || !s.isText(fn)
	if high {
		fn, _ = s.get(addr, "hrtimer", "function")
	}
	if s.isText(fn) {
		s.names[addr] = s.funcName(fn)
	}
	l := s.lock(addr, model.Timer)
	for i := range s.CPUs {
		if c := &s.CPUs[i]; c.Curr != nil && s.runsTimer(c, addr) {
			l.Holders = appendHolder(l.Holders, Holder{Task: c.Curr, Mode: model.Write, Stated: true,
				Why: []Reason{{hex(addr), fmt.Sprintf("CPU %d, on %s, is in the function of this timer, %s()", c.ID, c.Curr.Name(), l.Name)}}})
		}
	}
	return l
}

// runsTimer reports whether a CPU is in a timer's function: timer_base.running_timer
// (kernel/time/timer.c), hrtimer_clock_base.running (include/linux/hrtimer.h).
func (s *State) runsTimer(c *CPU, timer uint64) bool {
	for _, b := range [...]struct{ symbol, structure, member, field string }{
		{"timer_bases", "timer_base", "", "running_timer"},
		{"hrtimer_bases", "hrtimer_clock_base", "clock_base", "running"},
	} {
		at, ok := s.K.OnCPU(b.symbol, c.ID)
		size, err := s.K.Types.Size(b.structure)
		f, ok2 := s.field(b.structure, b.field)
		if !ok || err != nil || !ok2 {
			continue
		}
		n := uint64(3) // NR_BASES: standard, deferrable, and pinned ones since 6.9
		if b.member != "" {
			m, ok := s.field("hrtimer_cpu_base", b.member)
			if !ok {
				continue
			}
			at, n = at+m.Offset, m.Size/size
		} else if sym, ok := s.K.Sym.Find(b.symbol); ok && sym.Size >= size {
			n = min(sym.Size/size, 8)
		}
		for i := range n {
			if v, err := kmem.U64(s.mem, at+i*size+f.Offset); err == nil && v == timer {
				return true
			}
		}
	}
	return false
}
