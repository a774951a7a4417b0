package kcore

import (
	"errors"
	"fmt"
	"slices"

	"gordian/internal/kmem"
	"gordian/internal/unwind"
)

// x86 is x86-64: stacks by ORC.
type x86 struct{}

func (x86) savedSP() string { return "thread.sp" }

// saved reads struct inactive_task_frame (arch/x86/include/asm/switch_to.h).
func (x86) saved(s *State, t *Task) (regs unwind.Regs, err error) {
	size, err := s.K.Types.Size("inactive_task_frame")
	if err != nil {
		return regs, err
	}
	for name, r := range map[string]unwind.Reg{"bx": unwind.BX, "bp": unwind.BP, "r12": unwind.R12, "r13": unwind.R13, "r14": unwind.R14, "r15": unwind.R15} {
		v, err := s.get(t.sp, "inactive_task_frame", name)
		if err != nil {
			return regs, err
		}
		regs.Set(r, v)
	}
	if regs.IP, err = s.get(t.sp, "inactive_task_frame", "ret_addr"); err != nil {
		return regs, err
	}
	regs.Set(unwind.SP, t.sp+size)
	return regs, nil
}

func (x86) running(c *kmem.Regs) unwind.Regs {
	regs := unwind.Regs{IP: c.PC}
	for r, n := range [unwind.NumReg]int{unwind.AX: kmem.RAX, unwind.CX: kmem.RCX, unwind.DX: kmem.RDX, unwind.BX: kmem.RBX, unwind.SP: kmem.RSP, unwind.BP: kmem.RBP, unwind.SI: kmem.RSI, unwind.DI: kmem.RDI,
		unwind.R8: kmem.R8, unwind.R9: kmem.R9, unwind.R10: kmem.R10, unwind.R11: kmem.R11, unwind.R12: kmem.R12, unwind.R13: kmem.R13, unwind.R14: kmem.R14, unwind.R15: kmem.R15} {
		regs.Set(unwind.Reg(r), c.GP[n])
	}
	return regs
}

// pages reads what KASLR has set (arch/x86/mm/kaslr.c).
func (x86) pages(k *Kernel) (pageMap, error) {
	m := pageMap{shift: 12}
	for name, to := range map[string]*uint64{"page_offset_base": &m.offset, "vmemmap_base": &m.array} {
		at, ok := k.symbol(name)
		if !ok {
			return m, errNoPages
		}
		var err error
		if *to, err = kmem.U64(k.Mem, at); err != nil {
			return m, err
		}
		if *to == 0 {
			return m, errNoPages
		}
	}
	m.start, m.end = m.offset, m.offset+1<<46
	var err error
	m.size, err = k.Types.Size("page")
	return m, err
}

// walker finds the ORC tables of the kernel and its modules.
func (x86) walker(s *State) (unwind.Walker, error) {
	layout, err := s.orcLayout()
	if err != nil {
		return nil, err
	}
	main, err := s.coreTable()
	if err != nil {
		return nil, err
	}
	tables := append(s.moduleTables(), main)
	regs, err := s.ptRegs()
	if err != nil {
		return nil, err
	}
	return &unwind.Unwinder{Mem: s.mem, Layout: layout, PtRegs: regs,
		InKernel: s.isText,
		Table: func(ip uint64) (*unwind.Table, bool) {
			i := slices.IndexFunc(tables, func(t *unwind.Table) bool { return t.Low <= ip && ip < t.High })
			if i < 0 {
				return nil, false
			}
			return tables[i], true
		}}, nil
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
	var a [3]uint64
	for i, name := range [...]string{"__start_orc_unwind_ip", "__stop_orc_unwind_ip", "__start_orc_unwind"} {
		var ok bool
		if a[i], ok = s.K.symbol(name); !ok {
			return nil, fmt.Errorf("no symbol %s: this kernel has no ORC tables (CONFIG_UNWINDER_ORC)", name)
		}
	}
	if a[1] < a[0] {
		return nil, errors.New("the symbols of the ORC table are out of order")
	}
	return &unwind.Table{Low: s.text.Start, High: s.text.End, IPs: a[0], Entries: a[2], Len: int((a[1] - a[0]) / 4)}, nil
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
