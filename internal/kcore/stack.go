package kcore

import (
	"errors"
	"fmt"
	"slices"

	"gordian/internal/kstack"
	"gordian/internal/ksym"
	"gordian/internal/model"
	"gordian/internal/unwind"
)

// findText finds the kernel's image, in which its code is.
func (s *State) findText() error {
	start, ok1 := s.K.symbol("_stext")
	end, ok2 := s.K.symbol("_end")
	if !ok1 || !ok2 || end <= start {
		return errors.New("the symbols _stext and _end are missing, or out of order")
	}
	s.text = ksym.Range{Start: start, End: end}
	return nil
}

// newUnwinder finds what stacks are walked by.
func (s *State) newUnwinder() error {
	if err := s.findText(); err != nil {
		return err
	}
	w, err := s.K.arch.walker(s)
	if err == nil {
		s.unwinder = w
	}
	return err
}

// isText reports whether an address lies in the image of the kernel or of a
// module, and so may be code.
func (s *State) isText(ip uint64) bool {
	if s.text.Start <= ip && ip < s.text.End {
		return true
	}
	return slices.ContainsFunc(s.K.Modules, func(m Module) bool { return m.holds(ip) })
}

// walk fills in the stack of a task and what it waits for.
func (s *State) walk(t *Task) {
	regs, trap, err := s.startOf(t)
	if err != nil {
		t.StackErr = err
		return
	}
	if s.unwinder == nil {
		s.guess(t, regs)
	} else {
		frames, err := s.unwinder.Walk(regs, trap, nil)
		t.StackErr = err
		if err != nil && len(frames) > 0 { // what is left of the stack may still tell something
			sp, _ := frames[len(frames)-1].Regs.Get(unwind.SP)
			if s.onStack(t, sp) {
				frames = append(frames, unwind.Guess(s.mem, sp, t.base+s.stackSize(), s.isReturn)...)
			}
		}
		t.Frames = s.name(frames)
	}
	s.scratch = t.appendStack(s.scratch[:0])
	if t.Running {
		t.Class = kstack.ClassifyRunning(s.scratch)
	} else {
		t.Class = kstack.Classify(s.scratch)
	}
}

// startOf returns the registers that a task's stack begins with: those of its
// CPU, or those that it saved when it was switched away from.
func (s *State) startOf(t *Task) (regs unwind.Regs, trap bool, err error) {
	if t.Running {
		for i := range s.CPUs {
			if c := &s.CPUs[i]; c.Curr == t {
				return s.runningRegs(c)
			}
		}
	}
	regs, err = s.K.arch.saved(s, t)
	return regs, false, err
}

var (
	errUserMode = errors.New("it runs in user mode")
	errNoRegs   = errors.New("it runs, and the dump does not have the registers of its CPU")
)

func (s *State) runningRegs(c *CPU) (regs unwind.Regs, trap bool, err error) {
	switch {
	case !c.Known:
		return regs, true, errNoRegs
	case c.Regs.User:
		return regs, true, errUserMode
	}
	return s.K.arch.running(&c.Regs), true, nil
}

// guess fills in a stack by its words alone.
func (s *State) guess(t *Task, regs unwind.Regs) {
	sp, _ := regs.Get(unwind.SP)
	t.Frames = s.name(unwind.Guess(s.mem, sp, t.base+s.stackSize(), s.isReturn))
	t.StackErr = errors.New("guessed: there are no tables to unwind by")
}

// isReturn reports whether a word on a stack may be a return address: it lies
// in a function, behind its start.
func (s *State) isReturn(ip uint64) bool {
	if !s.isText(ip) {
		return false
	}
	f, ok := s.Func(ip - 1)
	return ok && f.Start != ip
}

// stackSize is THREAD_SIZE: that of the first task's stack.
func (s *State) stackSize() uint64 {
	if s.stack != 0 {
		return s.stack
	}
	s.stack = 16 << 10
	for _, names := range [][2]string{{"__start_init_stack", "__end_init_stack"}, {"__start_init_task", "__end_init_task"}} {
		start, ok1 := s.K.symbol(names[0])
		end, ok2 := s.K.symbol(names[1])
		if n := end - start; ok1 && ok2 && n >= 4096 && n <= 128<<10 && n&(n-1) == 0 {
			s.stack = n
			break
		}
	}
	return s.stack
}

// onStack reports whether an address lies on a task's stack.
func (s *State) onStack(t *Task, addr uint64) bool {
	return t.base != 0 && addr >= t.base && addr-t.base < s.stackSize()
}

func (s *State) name(frames []unwind.Frame) []Frame {
	out := make([]Frame, len(frames))
	for i, f := range frames {
		out[i] = Frame{f, s.frameName(&f)}
	}
	return out
}

// frameName is the symbol of a frame. The address printed is the return
// address, as the kernel does, though it may lie behind the function's end.
// Names are looked up once: thousands of tasks sleep in the same few places.
func (s *State) frameName(f *unwind.Frame) model.Frame {
	pc := f.PC()
	sym, ok := s.callers[pc]
	if !ok {
		if sym, _, ok = s.K.Sym.Lookup(pc); !ok {
			return model.Frame{Func: fmt.Sprintf("%#x", f.Regs.IP), Unreliable: true}
		}
		s.callers[pc] = sym
	}
	return model.Frame{Func: sym.Name, Offset: f.Regs.IP - sym.Addr, Size: sym.Size, Module: sym.Module, Unreliable: f.Unreliable}
}

func (t *Task) modelStack() []model.Frame {
	return t.appendStack(make([]model.Frame, 0, len(t.Frames)))
}

func (t *Task) appendStack(to []model.Frame) []model.Frame {
	for i := range t.Frames {
		to = append(to, t.Frames[i].Sym)
	}
	return to
}

// symbolAt names an address: "sym" or "sym+0x10", with the symbol; false if it
// is in none.
func (s *State) symbolAt(addr uint64) (string, ksym.Symbol, bool) {
	if !s.isText(addr) { // the table of symbols ends with the image
		return "", ksym.Symbol{}, false
	}
	sym, off, ok := s.K.Sym.Lookup(addr)
	if !ok || sym.Size != 0 && off >= sym.Size {
		return "", ksym.Symbol{}, false
	}
	if off == 0 {
		return sym.Name, sym, true
	}
	return fmt.Sprintf("%s+%#x", sym.Name, off), sym, true
}
