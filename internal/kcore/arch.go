package kcore

import (
	"debug/elf"
	"errors"

	"gordian/internal/kmem"
	"gordian/internal/unwind"
)

// arch is what the kernels of one processor architecture have of their own.
type arch interface {
	// savedSP is the member of task_struct with the stack pointer of a task
	// that does not run.
	savedSP() string
	// saved returns the registers that a task was switched away from with.
	saved(s *State, t *Task) (unwind.Regs, error)
	// running returns those of a CPU.
	running(r *kmem.Regs) unwind.Regs
	// walker finds what stacks are walked by. Without it, they are guessed.
	walker(s *State) (unwind.Walker, error)
	// pages says where the kernel keeps its struct pages.
	pages(k *Kernel) (pageMap, error)
}

// archOf returns the architecture of an image that could be opened.
func archOf(im *kmem.Image) arch {
	if im.Machine == elf.EM_AARCH64 {
		return arm64{}
	}
	return x86{}
}

// pageMap says where the pages of a kernel are mapped one after the other (the
// direct, or linear, map), and where their struct pages stand.
type pageMap struct {
	start, end uint64 // of the direct map
	offset     uint64 // of virtual addresses in it from physical ones
	array      uint64 // where the struct page of page 0 stands, or would
	size       uint64 // of a struct page
	shift      uint   // of a page
}

var errNoPages = errors.New("this kernel does not say where its struct pages are")

// page returns the number of the page that an address of the direct map is in.
func (m *pageMap) page(addr uint64) (n uint64, ok bool) {
	return (addr - m.offset) >> m.shift, addr >= m.start && addr <= m.end
}

// isPage reports whether an address can be that of a struct page.
func (m *pageMap) isPage(p uint64) bool {
	return p>>63 == 1 && m.size > 0 && p-m.array < 1<<44 && (p-m.array)%m.size == 0
}
