package link

import (
	"slices"
	"sync"
	"sync/atomic"

	"gordian/internal/csource/ir"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// Facts states what was found. Only what concerns files that are checked is
// kept. jobs workers share the work.
func (p *Program) Facts(jobs int) *srcfact.Facts {
	b := newFacts(p, p.findContexts())
	b.indexCallers()
	b.indexHalves()
	b.functions(jobs)
	b.entries()
	b.waits()
	b.finish()
	return b.out
}

func newFacts(p *Program, ctx *contexts) *facts {
	return &facts{Program: p, ctx: ctx, out: &srcfact.Facts{Stats: map[string]int64{}}, classes: map[model.Ref]*srcfact.Class{}, sleeps: map[sleepKey]int{}}
}

// piece is how many functions a worker takes at once.
const piece = 2048

// functions states what each function says by itself. Pieces of the program
// are looked at at the same time, and joined in their order.
func (b *facts) functions(jobs int) {
	parts := make([]*facts, (len(b.funcs)+piece-1)/piece)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range max(jobs, 1) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(parts); i = int(next.Add(1)) - 1 {
				parts[i] = b.part(b.funcs[i*piece : min((i+1)*piece, len(b.funcs))])
			}
		})
	}
	wg.Wait()
	var orders, uses, slips int
	for _, p := range parts {
		orders, uses, slips = orders+len(p.out.Orders), uses+len(p.out.Uses), slips+len(p.out.Slips)
	}
	b.out.Orders, b.out.Uses, b.out.Slips = slices.Grow(b.out.Orders, orders), slices.Grow(b.out.Uses, uses), slices.Grow(b.out.Slips, slips)
	for i, p := range parts {
		b.join(p)
		parts[i] = nil
	}
}

func (b *facts) part(fns []*ir.Func) *facts {
	p := newFacts(b.Program, b.ctx)
	p.callerIndex, p.halves = b.callerIndex, b.halves
	for _, f := range fns {
		p.function(f)
	}
	return p
}

func (b *facts) join(p *facts) {
	b.out.Orders = append(b.out.Orders, p.out.Orders...)
	b.out.Uses = append(b.out.Uses, p.out.Uses...)
	b.out.Slips = append(b.out.Slips, p.out.Slips...)
	for ref, c := range p.classes {
		if old := b.classes[ref]; old != nil {
			old.Sites += c.Sites
			old.Checked = old.Checked || c.Checked
		} else {
			b.classes[ref] = c
		}
	}
}
