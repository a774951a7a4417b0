package kcore

import (
	"fmt"

	"gordian/internal/kmem"
	"gordian/internal/ktype"
)

// TypesOf returns the types of a module with the kernel's behind them, or the
// kernel's alone when the module has none (Debian 6.1 builds modules outside
// of the tree without). It is read each time; keep it.
//
// The kernel keeps a copy of a module's BTF in the list btf_modules
// (kernel/bpf/btf.c); module.btf_data points to memory that is gone.
func (k *Kernel) TypesOf(module string) (*ktype.Types, error) {
	head, ok := k.Sym.Find("btf_modules")
	if !ok {
		return k.Types, nil
	}
	var o [5]uint64
	for i, path := range [...][2]string{{"btf_module", "list"}, {"btf_module", "module"}, {"btf_module", "btf"}, {"btf", "data"}, {"btf", "data_size"}} {
		var err error
		if o[i], err = k.Types.Offset(path[0], path[1]); err != nil {
			return k.Types, fmt.Errorf("types of module %s: %w", module, err)
		}
	}
	out := k.Types
	mem := k.Mem.Fork()
	err := List(mem, head.Addr, maxModules, func(node uint64) error {
		entry := node - o[0]
		mod, err := kmem.U64(mem, entry+o[1])
		if err != nil || !k.isModule(mod, module) {
			return err
		}
		btf, err := kmem.U64(mem, entry+o[2])
		if err != nil {
			return err
		}
		out, err = k.readModuleBTF(mem, btf+o[3], btf+o[4])
		return err
	})
	if err != nil {
		return k.Types, fmt.Errorf("types of module %s: %w", module, err)
	}
	return out, nil
}

func (k *Kernel) isModule(addr uint64, name string) bool {
	for _, m := range k.Modules {
		if m.Addr == addr {
			return m.Name == name
		}
	}
	return false
}

func (k *Kernel) readModuleBTF(mem kmem.Memory, dataAt, sizeAt uint64) (*ktype.Types, error) {
	data, err := kmem.U64(mem, dataAt)
	if err != nil {
		return nil, err
	}
	size, err := kmem.U32(mem, sizeAt)
	if err != nil {
		return nil, err
	}
	if size > maxBTF {
		return nil, fmt.Errorf("%d bytes of BTF", size)
	}
	b, err := kmem.Bytes(mem, data, int(size))
	if err != nil {
		return nil, err
	}
	return k.Types.Module(b)
}
