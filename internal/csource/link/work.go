package link

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"gordian/internal/csource/flow"
	"gordian/internal/csource/ir"
	"gordian/internal/model"
)

// Summarize analyses every function, callees before callers. jobs workers
// share the work; progress may be nil.
func (p *Program) Summarize(ctx context.Context, jobs int, progress func(done, total int)) error {
	w := p.newWork()
	var wg sync.WaitGroup
	for range max(jobs, 1) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var m memory
			for c, ok := w.next(); ok; c, ok = w.next() {
				if ctx.Err() == nil {
					p.component(w.comps[c], &m)
				}
				w.finish(c, progress, len(p.funcs))
			}
		}()
	}
	wg.Wait()
	return ctx.Err()
}

// work hands out the components of the call graph whose callees are done.
type work struct {
	comps   [][]int32
	callers [][]int32      // by component
	waits   []atomic.Int32 // by component: callees that are not done
	mu      sync.Mutex
	more    *sync.Cond
	ready   []int32 // the latest first: what a function knows is given up soonest so
	left    int
	done    atomic.Int64
}

// next waits for a component that is ready, until there are none left.
func (w *work) next() (int32, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.ready) == 0 && w.left > 0 {
		w.more.Wait()
	}
	if len(w.ready) == 0 {
		return 0, false
	}
	c := w.ready[len(w.ready)-1]
	w.ready = w.ready[:len(w.ready)-1]
	return c, true
}

func (p *Program) newWork() *work {
	p.succ = p.graph()
	p.waiting = make([]atomic.Int32, len(p.succ))
	comps := components(p.succ) // Tarjan 1972: callees first
	in := make([]int32, len(p.succ))
	for c, comp := range comps {
		for _, v := range comp {
			in[v] = int32(c)
		}
	}
	w := &work{comps: comps, callers: make([][]int32, len(comps)), waits: make([]atomic.Int32, len(comps)), left: len(comps)}
	w.more = sync.NewCond(&w.mu)
	for c, comp := range comps {
		p.addWork(w, int32(c), comp, in)
	}
	for c := len(comps) - 1; c >= 0; c-- {
		if w.waits[c].Load() == 0 {
			w.ready = append(w.ready, int32(c))
		}
	}
	return w
}

func (p *Program) addWork(w *work, c int32, comp, in []int32) {
	var callees []int32
	for _, v := range comp {
		for _, g := range p.succ[v] {
			p.waiting[g].Add(1)
			if in[g] != c {
				callees = append(callees, in[g])
			}
		}
	}
	slices.Sort(callees)
	callees = slices.Compact(callees)
	w.waits[c].Store(int32(len(callees)))
	for _, g := range callees {
		w.callers[g] = append(w.callers[g], c)
	}
}

// finish is called when component c is done.
func (w *work) finish(c int32, progress func(done, total int), total int) {
	w.push(c)
	n := int64(len(w.comps[c]))
	before := w.done.Add(n) - n
	if progress != nil && (before/4096 != (before+n)/4096 || before+n == int64(total)) {
		progress(int(before+n), total)
	}
}

// push makes ready what waited for component c only.
func (w *work) push(c int32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, k := range w.callers[c] {
		if w.waits[k].Add(-1) == 0 {
			w.ready = append(w.ready, k)
		}
	}
	w.left--
	w.more.Broadcast()
}

// memory is what a worker uses again for each component.
type memory struct {
	bodies ir.Unpacker
	flow   flow.Memory
}

// component analyses functions that call each other: twice, so that the
// second time each knows what the others do.
func (p *Program) component(comp []int32, m *memory) {
	if len(comp) == 1 && p.boring(p.funcs[comp[0]]) {
		p.sums[comp[0]] = p.dull[b2i(p.funcs[comp[0]].NoReturn)]
		p.funcs[comp[0]].Paths = nil
		if p.Huge() {
			p.funcs[comp[0]].Drop()
		}
		p.release(comp, m)
		return
	}
	rounds := 1
	if len(comp) > 1 {
		rounds = 2
	}
	if len(comp) > 200 {
		rounds = 1
	}
	for _, id := range comp {
		m.bodies.Unpack(p.funcs[id])
	}
	for range rounds {
		for _, id := range comp {
			p.sums[id] = m.flow.Analyze(p.funcs[id], p.tab, p)
		}
	}
	for _, id := range comp {
		m.flow.Compact(p.sums[id], p.dull[0])
		if p.Huge() {
			p.funcs[id].Drop()
		} else {
			p.funcs[id].Unload()
		}
	}
	m.bodies.Reset()
	p.release(comp, m)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// boring reports whether a function touches no lock and nothing else that
// callers want to know: most are so, and need not be unpacked.
func (p *Program) boring(f *ir.Func) bool {
	if f.HasLock || f.Registers || f.CallsParam || len(f.Attrs) > 0 {
		return false
	}
	for name := range f.Called() {
		if p.matters(f, &ir.Ref{Name: name}) {
			return false
		}
	}
	for i := range f.Refs {
		if p.matters(f, &f.Refs[i]) {
			return false
		}
	}
	return true
}

func (p *Program) matters(f *ir.Func, r *ir.Ref) bool {
	if r.Pass {
		return false // who gets it matters by itself
	}
	if r.Name == "" {
		for _, g := range p.through(f, r.Owner, r.Field, r.Var) {
			if s := p.sums[g.ID]; s == nil || !s.Boring {
				return true
			}
		}
		return false
	}
	if p.tab.Call(r.Name) != nil && !p.Own(f, r.Name) {
		return true
	}
	if g := p.find(f.Unit, r.Name); g != nil {
		s := p.sums[g.ID]
		return s == nil || !s.Boring
	}
	return strings.Contains(r.Name, "lock")
}

// release gives up what only callers of a function want to know, once the
// last of them is summed up.
func (p *Program) release(comp []int32, m *memory) {
	for _, v := range comp {
		if p.waiting[v].Load() == 0 {
			p.settle(v, m)
		}
		for _, w := range p.succ[v] {
			if p.waiting[w].Add(-1) == 0 && p.sums[w] != nil && !slices.Contains(comp, w) {
				p.settle(w, m)
			}
		}
	}
}

func (p *Program) settle(v int32, m *memory) {
	if s := p.sums[v]; !s.Boring && !p.handled[s.Fn] {
		m.flow.Settle(s, p.wanted(s.Fn), p.dull[0])
	}
}

// wanted says what is asked of a function when facts are stated: of callbacks,
// what their context and their caller's locks forbid (see entries and waits).
func (p *Program) wanted(f *ir.Func) flow.Wanted {
	w := flow.Wanted{Completes: len(p.entry[f]) > 0 || !p.called[f.ID]}
	for _, e := range p.entry[f] {
		hard := e.ctx == model.Hardirq || e.irqsOff
		w.Acquires = w.Acquires || e.kind != "" || len(e.holds) > 0
		w.Waits = w.Waits || len(e.holds) > 0
		w.Sleeps = w.Sleeps || hard || e.ctx == model.Softirq || e.atomic
		w.Enables = w.Enables || hard
	}
	return w
}
