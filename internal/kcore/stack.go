package kcore

import (
	"errors"
	"fmt"
	"slices"

	"gordian/internal/kmem"
	"gordian/internal/kstack"
	"gordian/internal/ksym"
	"gordian/internal/model"
	"gordian/internal/unwind"
)

// newUnwinder finds the ORC tables of the kernel and its modules.
func (s *State) newUnwinder() error {
	layout, err := s.orcLayout()
	if err != nil {
		return err
	}
	main, err := s.coreTable()
	if err != nil {
		return err
	}
	tables := append(s.moduleTables(), main)
	regs, err := s.ptRegs()
	if err != nil {
		return err
	}
	s.unwinder = &unwind.Unwinder{Mem: s.mem, Layout: layout, PtRegs: regs,
		InKernel: s.isText,
		Table: func(ip uint64) (*unwind.Table, bool) {
			i := slices.IndexFunc(tables, func(t *unwind.Table) bool { return t.Low <= ip && ip < t.High })
			if i < 0 {
				return nil, false
			}
			return tables[i], true
		}}
	return nil
}

func (s *State) orcLayout() (unwind.Layout, error) {
	if size, err := s.K.Types.Size("orc_entry"); err == nil {
		return unwind.NewLayout(int(size), func(name string) (uint, uint, bool) {
			f, ok := s.field("orc_entry", name)
			return uint(f.Offset)*8 + uint(f.Bit), uint(f.Bits), ok
		})
	}
	var major, minor int
	if n, err := fmt.Sscanf(s.K.Release, "%d.%d", &major, &minor); n != 2 {
		return unwind.Layout{}, fmt.Errorf("no struct orc_entry, and release %q: %w", s.K.Release, err)
	}
	return unwind.LayoutOf(major, minor), nil
}

// coreTable finds the kernel's own table (arch/x86/kernel/vmlinux.lds.S,
// ORC_UNWIND_TABLE).
func (s *State) coreTable() (*unwind.Table, error) {
	var a [5]uint64
	for i, name := range [...]string{"__start_orc_unwind_ip", "__stop_orc_unwind_ip", "__start_orc_unwind", "_stext", "_end"} {
		var ok bool
		if a[i], ok = s.K.symbol(name); !ok {
			return nil, fmt.Errorf("no symbol %s: this kernel has no ORC tables (CONFIG_UNWINDER_ORC)", name)
		}
	}
	if a[1] < a[0] || a[4] <= a[3] {
		return nil, errors.New("the symbols of the ORC table are out of order")
	}
	s.text = ksym.Range{Start: a[3], End: a[4]}
	return &unwind.Table{Low: a[3], High: a[4], IPs: a[0], Entries: a[2], Len: int((a[1] - a[0]) / 4)}, nil
}

// moduleTables finds those of the modules (struct mod_arch_specific).
func (s *State) moduleTables() []*unwind.Table {
	var out []*unwind.Table
	for _, m := range s.K.Modules {
		var v [3]uint64
		var err error
		for i, member := range [...]string{"arch.num_orcs", "arch.orc_unwind_ip", "arch.orc_unwind"} {
			if v[i], err = s.get(m.Addr, "module", member); err != nil {
				break
			}
		}
		if err != nil {
			s.note("stacks through module " + m.Name + " end there: " + err.Error())
			continue
		}
		for _, r := range m.Ranges {
			out = append(out, &unwind.Table{Low: r.Start, High: r.End, IPs: v[1], Entries: v[2], Len: int(uint32(v[0]))})
		}
	}
	return out
}

func (s *State) ptRegs() (unwind.PtRegs, error) {
	p := unwind.PtRegs{Offset: map[unwind.Reg]uint64{}}
	size, err := s.K.Types.Size("pt_regs")
	if err != nil {
		return p, err
	}
	p.Size = size
	for name, to := range map[string]*uint64{"ip": &p.IP, "cs": &p.CS, "sp": &p.SP} {
		if *to, err = s.at(0, "pt_regs", name); err != nil {
			return p, err
		}
	}
	for name, r := range map[string]unwind.Reg{"ax": unwind.AX, "bx": unwind.BX, "cx": unwind.CX, "dx": unwind.DX, "si": unwind.SI, "di": unwind.DI, "bp": unwind.BP,
		"r8": unwind.R8, "r9": unwind.R9, "r10": unwind.R10, "r11": unwind.R11, "r12": unwind.R12, "r13": unwind.R13, "r14": unwind.R14, "r15": unwind.R15} {
		if f, ok := s.field("pt_regs", name); ok {
			p.Offset[r] = f.Offset
		}
	}
	return p, nil
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
	if t.Running {
		t.Class = kstack.ClassifyRunning(t.modelStack())
	} else {
		t.Class = kstack.Classify(t.modelStack())
	}
}

// startOf returns the registers that a task's stack begins with: those of its
// CPU, or those that it saved when it was switched away from (struct
// inactive_task_frame, arch/x86/include/asm/switch_to.h).
func (s *State) startOf(t *Task) (regs unwind.Regs, trap bool, err error) {
	if t.Running {
		for i := range s.CPUs {
			if c := &s.CPUs[i]; c.Curr == t {
				return runningRegs(c)
			}
		}
	}
	size, err := s.K.Types.Size("inactive_task_frame")
	if err != nil {
		return regs, false, err
	}
	for name, r := range map[string]unwind.Reg{"bx": unwind.BX, "bp": unwind.BP, "r12": unwind.R12, "r13": unwind.R13, "r14": unwind.R14, "r15": unwind.R15} {
		v, err := s.get(t.sp, "inactive_task_frame", name)
		if err != nil {
			return regs, false, err
		}
		regs.Set(r, v)
	}
	if regs.IP, err = s.get(t.sp, "inactive_task_frame", "ret_addr"); err != nil {
		return regs, false, err
	}
	regs.Set(unwind.SP, t.sp+size)
	return regs, false, nil
}

var (
	errUserMode = errors.New("it runs in user mode")
	errNoRegs   = errors.New("it runs, and the dump does not have the registers of its CPU")
)

func runningRegs(c *CPU) (regs unwind.Regs, trap bool, err error) {
	switch {
	case !c.Known:
		return regs, true, errNoRegs
	case c.Regs.User():
		return regs, true, errUserMode
	}
	regs.IP = c.Regs.RIP
	for r, n := range dwarf {
		regs.Set(unwind.Reg(r), c.Regs.GP[n])
	}
	return regs, true, nil
}

// dwarf has the DWARF number of each register.
var dwarf = [unwind.NumReg]int{unwind.AX: kmem.RAX, unwind.CX: kmem.RCX, unwind.DX: kmem.RDX, unwind.BX: kmem.RBX, unwind.SP: kmem.RSP, unwind.BP: kmem.RBP, unwind.SI: kmem.RSI, unwind.DI: kmem.RDI,
	unwind.R8: kmem.R8, unwind.R9: kmem.R9, unwind.R10: kmem.R10, unwind.R11: kmem.R11, unwind.R12: kmem.R12, unwind.R13: kmem.R13, unwind.R14: kmem.R14, unwind.R15: kmem.R15}

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
func (s *State) frameName(f *unwind.Frame) model.Frame {
	sym, _, ok := s.K.Sym.Lookup(f.PC())
	if !ok {
		return model.Frame{Func: fmt.Sprintf("%#x", f.Regs.IP), Unreliable: true}
	}
	return model.Frame{Func: sym.Name, Offset: f.Regs.IP - sym.Addr, Size: sym.Size, Module: sym.Module, Unreliable: f.Unreliable}
}

func (t *Task) modelStack() []model.Frame {
	out := make([]model.Frame, len(t.Frames))
	for i := range t.Frames {
		out[i] = t.Frames[i].Sym
	}
	return out
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
