package kcore

import "gordian/internal/kmem"

// maxCPUs is NR_CPUS of the biggest configuration (MAXSMP).
const maxCPUs = 8192

// readPerCPU reads __per_cpu_offset[0…nr_cpu_ids) (include/asm-generic/percpu.h).
func (k *Kernel) readPerCPU() {
	n := uint32(1)
	if s, ok := k.Sym.Find("nr_cpu_ids"); ok {
		if v, err := kmem.U32(k.Mem, s.Addr); err == nil && v >= 1 && v <= maxCPUs {
			n = v
		}
	}
	offsets, ok := k.Sym.Find("__per_cpu_offset")
	k.PerCPU = make([]uint64, n)
	if !ok { // a kernel for one CPU
		return
	}
	for i := range k.PerCPU {
		v, err := kmem.U64(k.Mem, offsets.Addr+8*uint64(i))
		if err != nil {
			k.note("the per-CPU areas cannot be found: " + err.Error())
			return
		}
		k.PerCPU[i] = v
	}
}

// OnCPU returns where a per-CPU symbol lies for one CPU.
func (k *Kernel) OnCPU(symbol string, cpu int) (uint64, bool) {
	s, ok := k.Sym.Find(symbol)
	if !ok || cpu < 0 || cpu >= len(k.PerCPU) {
		return 0, false
	}
	return s.Addr + k.PerCPU[cpu], true
}
