package kcore

import (
	"context"
	"fmt"
	"io"

	"gordian/internal/kmem"
	"gordian/internal/model"
)

// TrimStats says what Trim did.
type TrimStats struct {
	Pages    int // written
	UserData int // left out: pages of programs and files
}

// Trim writes a dump with only the pages that a diagnosis reads: stacks, locks,
// symbols, types, the log. The kernel must have been opened with
// kmem.Options.Record. It makes the diagnosis once, and writes what was looked
// at.
//
// A damaged pointer can lead the diagnosis anywhere, so every page is asked
// what it is: pages of programs and of the page cache are never written.
func (k *Kernel) Trim(ctx context.Context, w io.Writer) (TrimStats, error) {
	var stats TrimStats
	if err := k.AddFacts(ctx, &model.Facts{}, 0, "b0"); err != nil {
		return stats, err
	}
	if _, _, err := k.Log(); err != nil {
		k.note(err.Error())
	}
	k.touchModules()
	touched := k.Image.Touched()
	keep := make([]uint64, 0, len(touched))
	for _, pfn := range touched {
		if ctx.Err() != nil {
			return stats, ctx.Err()
		}
		if k.userPage(pfn) {
			stats.UserData++
			continue
		}
		keep = append(keep, pfn)
	}
	stats.Pages = len(keep)
	return stats, k.Image.WriteELF(w, keep)
}

// maxTrimModule bounds what is kept of one module's memory.
const maxTrimModule = 64 << 10

// touchModules reads what other questions than those of this diagnosis need of
// modules: their symbols, types and locks.
func (k *Kernel) touchModules() {
	for _, m := range k.Modules {
		k.moduleSymbols(m)
		if _, err := k.TypesOf(m.Name); err != nil {
			k.note(err.Error())
		}
		for _, r := range m.Ranges {
			for a := r.Start; a < min(r.End, r.Start+maxTrimModule); a += kmem.PageSize {
				_, _ = k.Mem.View(a) // what is missing cannot be kept
			}
		}
	}
}

// userPage reports whether a page belongs to a program or to the page cache:
// it is on the lists of reclaimable pages (PG_lru, set for such pages only), or
// its mapping says that it is anonymous memory (PAGE_MAPPING_ANON). When its
// struct page is not in the dump, its contents were judged by makedumpfile, or
// it is memory that the allocator does not manage.
func (k *Kernel) userPage(pfn uint64) bool {
	p, err := k.structPage(pfn)
	if err != nil {
		return false
	}
	flags, err1 := k.Types.Offset("page", "flags")
	mapping, err2 := k.Types.Offset("page", "mapping")
	lru, ok := k.Types.EnumValue("pageflags", "PG_lru")
	if err1 != nil || err2 != nil || !ok {
		return false
	}
	f, err := kmem.U64(k.Mem, p+flags)
	if err != nil || k.slabPage(p, f) {
		return false
	}
	m, err := kmem.U64(k.Mem, p+mapping)
	return f>>lru&1 == 1 || err == nil && m&3 == 1
}

// slabPage reports whether a page is the allocator's, whose struct slab has
// other things where struct page has its mapping: a flag says so, or, since
// 6.10, the type that stands in place of the mapcount (include/linux/page-flags.h).
func (k *Kernel) slabPage(p, flags uint64) bool {
	if bit, ok := k.Types.EnumValue("pageflags", "PG_slab"); ok {
		return flags>>bit&1 == 1
	}
	typ, ok := k.Image.Info.Number("PAGE_SLAB_MAPCOUNT_VALUE")
	off, err := k.Types.Offset("page", "_mapcount")
	if !ok || err != nil {
		return false
	}
	v, err := kmem.U32(k.Mem, p+off)
	return err == nil && v == uint32(typ)
}

// structPage returns the struct page of a frame, or of the head of the
// compound page that it is part of (compound_head()).
func (k *Kernel) structPage(pfn uint64) (uint64, error) {
	m, err := k.arch.pages(k)
	if err != nil {
		return 0, fmt.Errorf("struct page of frame %#x: %w", pfn, err)
	}
	p := m.array + pfn*kmem.PageSize>>m.shift*m.size
	head, ok := k.Types.Member("page", "compound_head")
	if !ok {
		return p, nil
	}
	h, err := kmem.U64(k.Mem, p+head.Offset)
	if err != nil {
		return 0, err
	}
	if h&1 == 1 {
		return h - 1, nil
	}
	return p, nil
}
