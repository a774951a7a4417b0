package kcore

import (
	"errors"
	"fmt"

	"gordian/internal/kmem"
	"gordian/internal/ksym"
	"gordian/internal/unwind"
)

// arm64 has stacks by frame records.
type arm64 struct{}

func (arm64) savedSP() string { return "thread.cpu_context.sp" }

// saved reads what cpu_switch_to() saves (arch/arm64/include/asm/processor.h,
// struct cpu_context).
func (arm64) saved(s *State, t *Task) (regs unwind.Regs, err error) {
	const context = "thread.cpu_context."
	if regs.IP, err = s.get(t.Addr, "task_struct", context+"pc"); err != nil {
		return regs, err
	}
	fp, err := s.get(t.Addr, "task_struct", context+"fp")
	if err != nil {
		return regs, err
	}
	regs.Set(unwind.X(29), fp)
	regs.Set(unwind.SP, t.sp)
	for n := 19; n <= 28; n++ {
		if v, err := s.get(t.Addr, "task_struct", fmt.Sprintf("%sx%d", context, n)); err == nil {
			regs.Set(unwind.X(n), v)
		}
	}
	return regs, nil
}

func (arm64) running(c *kmem.Regs) unwind.Regs {
	regs := unwind.Regs{IP: c.PC}
	for n := range kmem.ArmSP {
		regs.Set(unwind.X(n), c.GP[n])
	}
	regs.Set(unwind.SP, c.GP[kmem.ArmSP])
	return regs
}

// pages takes the linear map from VMCOREINFO (arch/arm64/include/asm/memory.h):
// it fills the lower half of the kernel's addresses, and PHYS_OFFSET is chosen
// so that addresses of VA_BITS come out right on a processor that has fewer.
func (arm64) pages(k *Kernel) (pageMap, error) {
	info := k.Image.Info
	bits, ok1 := info.Number("VA_BITS")
	phys, ok2 := info.Number("PHYS_OFFSET")
	start, ok3 := info.Number("VMEMMAP_START")
	size, err := k.Types.Size("page")
	if !ok1 || !ok2 || !ok3 || bits < 36 || bits > 52 {
		return pageMap{}, errNoPages
	}
	used := bits
	if t1sz, ok := info.Number("TCR_EL1_T1SZ"); ok && 64-t1sz >= 36 && 64-t1sz < bits {
		used = 64 - t1sz
	}
	m := pageMap{start: ^uint64(0) << used, end: ^uint64(0)<<(used-1) - 1, offset: ^uint64(0)<<bits - uint64(phys), size: size}
	for m.shift = 12; 1<<m.shift < k.Mem.PageSize(); m.shift++ {
	}
	m.array = uint64(start) - uint64(phys>>m.shift)*size
	return m, err
}

// walker finds what is needed of exception entries.
func (arm64) walker(s *State) (unwind.Walker, error) {
	var entry ksym.Range
	var ok1, ok2 bool
	entry.Start, ok1 = s.K.symbol("__entry_text_start")
	entry.End, ok2 = s.K.symbol("__entry_text_end")
	if !ok1 || !ok2 {
		s.note("exceptions on stacks are not recognised: no symbol __entry_text_start")
	}
	regs, err := s.recordRegs()
	if err != nil {
		return nil, err
	}
	pac, _ := s.K.Image.Info.Number("KERNELPACMASK")
	return &unwind.Records{Mem: s.mem, PAC: uint64(pac), InKernel: s.isText, PtRegs: regs,
		Start: func(ip uint64) (uint64, bool) {
			f, ok := s.Func(ip)
			return f.Start, ok
		},
		Entry: func(ip uint64) bool { return entry.Start <= ip && ip < entry.End },
	}, nil
}

// recordRegs finds the members of struct pt_regs (arch/arm64/include/asm/ptrace.h).
func (s *State) recordRegs() (p unwind.RecordRegs, err error) {
	for name, to := range map[string]*uint64{"regs": &p.Regs, "sp": &p.SP, "pc": &p.PC, "pstate": &p.PState, "stackframe": &p.Record} {
		f, ok := s.field("pt_regs", name)
		if !ok {
			return p, errors.New("struct pt_regs has no member " + name)
		}
		*to = f.Offset
	}
	f, _ := s.field("pt_regs", "stackframe")
	p.Typed = f.Size > 16
	return p, nil
}
