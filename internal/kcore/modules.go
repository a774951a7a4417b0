package kcore

import (
	"gordian/internal/kmem"
	"gordian/internal/ksym"
)

// Module is a loaded module.
type Module struct {
	Name   string
	Addr   uint64 // of its struct module
	Ranges []ksym.Range
}

const (
	maxModules   = 4096
	maxModuleLen = 64
)

// readModules walks the list of modules.
func (k *Kernel) readModules() {
	head, ok := k.Sym.Find("modules")
	if !ok {
		return
	}
	list, err := k.Types.Offset("module", "list")
	if err != nil {
		k.note("modules: " + err.Error())
		return
	}
	name, err := k.Types.Offset("module", "name")
	if err != nil {
		k.note("modules: " + err.Error())
		return
	}
	err = k.List(head.Addr, maxModules, func(node uint64) error {
		m := Module{Addr: node - list}
		if m.Name, err = kmem.String(k.Mem, m.Addr+name, maxModuleLen); err != nil {
			return err
		}
		k.Modules = append(k.Modules, m)
		return nil
	})
	if err != nil {
		k.note("modules: the list ends early: " + err.Error())
	}
}
