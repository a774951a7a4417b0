package kcore

import (
	"fmt"

	"gordian/internal/kcode"
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
		c := &s.CPUs[i]
		if t, _ := s.timerTask(c, addr); t != nil {
			l.Holders = appendHolder(l.Holders, Holder{Task: t, Mode: model.Write, Stated: true,
				Why: []Reason{{hex(addr), fmt.Sprintf("CPU %d, on %s, is in the function of this timer, %s()", c.ID, t.Name(), l.Name)}}})
		}
	}
	return l
}

// expiryWait finds the timer of a task that waits for its function on
// PREEMPT_RT: there it sleeps for the lock that timers run under.
func (s *State) expiryWait(t *Task, waiter, lock uint64) bool {
	if t.Class.Type != model.Spinlock {
		return false
	}
	timer, _, _ := s.argument(t, func(e kcode.Effect) bool { return e.Op == kcode.Await && e.Type == model.Timer })
	if timer == 0 {
		return false
	}
	for i := range s.CPUs {
		if _, expiry := s.timerTask(&s.CPUs[i], timer); expiry == lock {
			l := s.timer(timer)
			s.wait(t, l, model.Write, Reason{hex(waiter), "struct rt_mutex_waiter of " + t.Name() + ", queued in the lock that " + l.Name + "() runs under"})
			return true
		}
	}
	return false
}

// timerTask returns the task in which a CPU runs a timer's function, nil if it
// does not: timer_base.running_timer (kernel/time/timer.c), hrtimer_clock_base.running
// (include/linux/hrtimer.h). On PREEMPT_RT that is a thread, which may sleep: the
// owner of the lock expiry, whose rt_mutex_base is returned too.
func (s *State) timerTask(c *CPU, timer uint64) (t *Task, expiry uint64) {
	for _, b := range [...]struct{ symbol, structure, member, running, in, expiry string }{
		{"timer_bases", "timer_base", "", "running_timer", "timer_base", "expiry_lock.lock"},
		{"hrtimer_bases", "hrtimer_clock_base", "clock_base", "running", "hrtimer_cpu_base", "softirq_expiry_lock.lock"},
	} {
		cpuBase, ok := s.K.OnCPU(b.symbol, c.ID)
		size, err := s.K.Types.Size(b.structure)
		f, ok2 := s.field(b.structure, b.running)
		if !ok || err != nil || !ok2 {
			continue
		}
		at, n := cpuBase, uint64(3) // NR_BASES: standard, deferrable, and pinned ones since 6.9
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
			base := at + i*size
			if v, err := kmem.U64(s.mem, base+f.Offset); err != nil || v != timer {
				continue
			}
			if b.member != "" {
				base = cpuBase
			}
			return s.expires(c, base, b.in, b.expiry)
		}
	}
	return nil, 0
}

// expires returns the owner of the lock that the timers of a base run under,
// or where there is none, who runs on the CPU.
func (s *State) expires(c *CPU, base uint64, structure, member string) (t *Task, lock uint64) {
	lock, err := s.at(base, structure, member)
	if f, ok := s.field(structure, member); err != nil || !ok || f.Type.Strip().Name() != "rt_mutex_base" {
		return c.Curr, 0
	}
	owner, err := s.get(lock, "rt_mutex_base", "owner")
	if err != nil {
		return nil, lock
	}
	return s.byAddr[owner&^1], lock
}
