// Package kcore reads the state of a kernel from its memory: tasks, their
// stacks, the locks that they hold and wait for, and the kernel's log.
package kcore

import (
	"context"
	"errors"
	"fmt"

	"gordian/internal/kmem"
	"gordian/internal/ksym"
	"gordian/internal/ktype"
)

// Kernel is a kernel's memory with its symbols and types: what everything in
// this package starts from.
type Kernel struct {
	Image   *kmem.Image
	Mem     *kmem.Space  // kernel virtual addresses; one goroutine, Fork for others
	Sym     *ksym.Table  // of the kernel and its modules
	Types   *ktype.Types // of the kernel
	Modules []Module     // in the kernel's order: the one loaded last is first
	Release string       // "6.1.0-56-cloud-amd64"

	// PerCPU has the offset that a per-CPU symbol's address must be raised by,
	// for every CPU that the kernel was made for; 0 where it could not be read.
	PerCPU []uint64

	// Incomplete lists what could not be read, for people.
	Incomplete []string

	arch  arch
	lines *ksym.Lines // nil without a vmlinux
}

// Open opens a dump (several paths: the parts of a split one) or /proc/kcore,
// and finds symbols, types and modules in it.
func Open(ctx context.Context, paths []string, o kmem.Options) (*Kernel, error) {
	im, err := kmem.Open(ctx, paths, o)
	if err != nil {
		return nil, err
	}
	k, err := New(ctx, im, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", paths[0], err)
	}
	return k, nil
}

// New finds symbols, types and modules in an image, which it closes on errors.
func New(ctx context.Context, im *kmem.Image, o kmem.Options) (*Kernel, error) {
	k := &Kernel{Image: im, arch: archOf(im)}
	if err := k.start(ctx, o); err != nil {
		im.Close() //nolint:errcheck // the first error is the one to tell
		return nil, err
	}
	return k, nil
}

// Close closes the files.
func (k *Kernel) Close() error {
	var err error
	if k.lines != nil {
		err = k.lines.Close()
	}
	return errors.Join(err, k.Image.Close())
}

// start finds what everything else needs. What cannot be found leaves an empty
// table and a note: the log may still be readable.
func (k *Kernel) start(ctx context.Context, o kmem.Options) error {
	var err error
	k.Incomplete = append(k.Incomplete, k.Image.Incomplete...)
	if len(k.Image.Info) == 0 {
		if err := k.Image.SearchInfo(ctx, o); err != nil {
			return err
		}
	}
	k.Sym, k.Types = ksym.Empty(), ktype.Empty()
	if k.Mem, err = k.Image.KernelSpace(); err != nil {
		return err
	}
	k.Release = k.Image.Info.Release()
	if err := k.readSymbols(); err != nil {
		k.note(err.Error())
		return nil
	}
	if err := k.readTypes(); err != nil {
		k.note(err.Error())
	}
	k.readPerCPU()
	k.readModules()
	return nil
}

// symbol returns the address of a symbol of the kernel, from kallsyms or, for
// the few that it names, from VMCOREINFO.
func (k *Kernel) symbol(name string) (uint64, bool) {
	if s, ok := k.Sym.Find(name); ok {
		return s.Addr, true
	}
	return k.Image.Info.Symbol(name)
}

func (k *Kernel) readSymbols() error {
	at, ok := ksym.FromInfo(k.Image.Info)
	if !ok { // before 6.0
		text, ok := k.Image.Info.Symbol("_stext")
		if !ok {
			return errors.New("VMCOREINFO says neither where kallsyms is nor where the kernel's image begins")
		}
		var err error
		if at, err = ksym.Search(k.Mem, text); err != nil {
			return err
		}
	}
	sym, lacks, err := ksym.Read(k.Mem, at)
	if err != nil {
		return err
	}
	k.note(lacks)
	k.Sym = sym
	return nil
}

// maxBTF is several times what a kernel has.
const maxBTF = 64 << 20

func (k *Kernel) readTypes() error {
	start, ok := k.Sym.Find("__start_BTF")
	stop, ok2 := k.Sym.Find("__stop_BTF")
	_, data := k.Sym.Find("init_task")
	switch {
	case !data:
		return errors.New("this kernel's symbols are of functions only (CONFIG_KALLSYMS_ALL is off): gordian cannot find its BTF, its tasks and its locks, and reads the log alone")
	case !ok || !ok2:
		return errors.New("this kernel has no BTF (CONFIG_DEBUG_INFO_BTF): gordian cannot know its types")
	}
	size := stop.Addr - start.Addr
	if size > maxBTF {
		return fmt.Errorf("read BTF: %d bytes", size)
	}
	btf, err := kmem.Bytes(k.Mem, start.Addr, int(size))
	if err != nil {
		return fmt.Errorf("read BTF: %w", err)
	}
	types, err := ktype.Parse(btf)
	if err == nil {
		k.Types = types
	}
	return err
}

// note remembers something that is missing, once.
func (k *Kernel) note(what string) {
	if what != "" {
		k.Incomplete = append(k.Incomplete, what)
	}
}
