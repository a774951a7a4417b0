// Package link joins what the files say: it resolves calls, sums functions up
// from the leaves of the call graph, finds the contexts that they run in, and
// states the facts.
package link

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"gordian/internal/csource/flow"
	"gordian/internal/csource/ir"
	"gordian/internal/csource/lockapi"
)

// Program is all functions of a check.
type Program struct {
	tab     *lockapi.Table
	units   []*ir.Unit
	inDir   map[string][]*ir.Unit
	funcs   []*ir.Func
	sums    []*flow.Summary
	global  map[string][]*ir.Func
	local   map[*ir.Unit]map[string]*ir.Func
	twin    map[*ir.Unit]*ir.Unit // the unit of the same file, for files that are read twice
	fields  map[field][]target
	handle  map[handleKey][]*entry
	queued  map[string][]string // class of a workqueue → classes of work
	entry   map[*ir.Func][]*entry
	irqRegs map[*ir.Func][]irqReg
	succ    [][]int32      // by function: what it calls or passes
	waiting []atomic.Int32 // by function: callers that are not summed up yet
	called  []bool         // by function: some call is known
	module  map[*ir.Unit]string
	marks   map[mark]bool
}

// irqReg is where a function registers or frees an interrupt handler.
type irqReg struct {
	line int32
	free bool
}

type field struct{ owner, name, dir string } // dir "": of the whole program

// target is a function that a member of an operations table holds.
type target struct {
	fn   *ir.Func
	unit *ir.Unit
	vari string
}

// New indexes the units. Their order decides the order of everything else.
func New(units []*ir.Unit, tab *lockapi.Table) *Program {
	slices.SortStableFunc(units, func(a, b *ir.Unit) int { return strings.Compare(a.File, b.File) })
	p := &Program{tab: tab, units: units, global: map[string][]*ir.Func{}, local: map[*ir.Unit]map[string]*ir.Func{},
		fields: map[field][]target{}, handle: map[handleKey][]*entry{}, queued: map[string][]string{}, entry: map[*ir.Func][]*entry{}, irqRegs: map[*ir.Func][]irqReg{}}
	p.inDir = map[string][]*ir.Unit{}
	for _, u := range units {
		p.addUnit(u)
		p.inDir[u.Dir] = append(p.inDir[u.Dir], u)
	}
	p.module, p.marks = modules(units), map[mark]bool{}
	p.addMarks()
	p.addFields()
	p.sums = make([]*flow.Summary, len(p.funcs))
	p.called = make([]bool, len(p.funcs))
	p.addEntries()
	return p
}

func (p *Program) addUnit(u *ir.Unit) {
	local := make(map[string]*ir.Func, len(u.Funcs))
	for _, f := range u.Funcs {
		f.ID = int32(len(p.funcs))
		p.funcs = append(p.funcs, f)
		if _, ok := local[f.Name]; !ok {
			local[f.Name] = f
		}
		if !f.Static || u.Header {
			p.global[f.Name] = append(p.global[f.Name], f)
		}
	}
	p.local[u] = local
}

// ofFile finds a function of a unit, or of the same file under its other choice
// of #if arms.
func (p *Program) ofFile(u *ir.Unit, name string) *ir.Func {
	if f := p.local[u][name]; f != nil {
		return f
	}
	if t := p.twin[u]; t != nil {
		return p.local[t][name]
	}
	return nil
}

// Find returns the function that a name means in a unit.
func (p *Program) find(u *ir.Unit, name string) *ir.Func {
	if f := p.ofFile(u, name); f != nil {
		return f
	}
	cands := p.global[name]
	switch len(cands) {
	case 0:
		return nil
	case 1:
		return cands[0]
	}
	best, score := cands[0], -1
	for _, c := range cands {
		if n := near(u.Dir, c.Unit.Dir); n > score {
			best, score = c, n
		}
	}
	return best
}

// near says how close two folders are: more is closer. x86 stands for what
// every architecture has.
func near(a, b string) int {
	if a == b {
		return 1000
	}
	n := 0
	for {
		x, restA, okA := strings.Cut(a, "/")
		y, restB, okB := strings.Cut(b, "/")
		if x != y {
			break
		}
		n += 2
		if !okA || !okB {
			break
		}
		a, b = restA, restB
	}
	if strings.HasPrefix(b, "arch/x86") || strings.HasPrefix(b, "include") {
		n++
	}
	return n
}

// addFields lists what the members of operations tables hold.
func (p *Program) addFields() {
	for _, u := range p.units {
		for i := range u.Inits {
			in := &u.Inits[i]
			if in.Struct == "" {
				continue
			}
			f := p.find(u, in.Fn)
			if f == nil {
				continue
			}
			t := target{fn: f, unit: u, vari: in.Var}
			for _, k := range []field{{in.Struct, in.Field, ""}, {in.Struct, in.Field, u.Dir}} {
				p.fields[k] = append(p.fields[k], t)
			}
		}
	}
}

// maxTargets bounds through how many functions one call through a pointer is
// followed: beyond that the pointer tells nothing.
const maxTargets = 4

// through finds the functions that a call through a pointer may reach.
func (p *Program) through(f *ir.Func, owner, member, variable string) []*ir.Func {
	if owner == "" {
		return nil
	}
	all := p.fields[field{owner: owner, name: member}]
	if len(all) > maxTargets {
		all = p.fields[field{owner, member, f.Unit.Dir}]
	}
	if variable != "" {
		all = pick(all, func(t target) bool { return t.vari == variable })
	}
	if len(all) > maxTargets {
		return nil
	}
	var out []*ir.Func
	for _, t := range all {
		if !slices.Contains(out, t.fn) {
			out = append(out, t.fn)
		}
	}
	return out
}

func pick(ts []target, keep func(target) bool) []target {
	var out []target
	for _, t := range ts {
		if keep(t) {
			out = append(out, t)
		}
	}
	return out
}

// callees returns the functions that a call may reach.
func (p *Program) callees(f *ir.Func, c *ir.Call) (fns []*ir.Func, indirect bool) {
	if c.Name == "" {
		owner, member, variable := f.Member(c.Through)
		return p.through(f, owner, member, variable), true
	}
	if c.Guard || c.Undo {
		return nil, false
	}
	if g := p.find(f.Unit, c.Name); g != nil {
		return []*ir.Func{g}, false
	}
	return nil, false
}

// Callees implements flow.Resolver.
func (p *Program) Callees(f *ir.Func, c *ir.Call) ([]*flow.Summary, bool) {
	fns, indirect := p.callees(f, c)
	var out []*flow.Summary
	for _, g := range fns {
		if s := p.sums[g.ID]; s != nil {
			out = append(out, s)
		}
	}
	return out, indirect
}

// Func implements flow.Resolver.
func (p *Program) Func(f *ir.Func, name string) *flow.Summary {
	if g := p.find(f.Unit, name); g != nil {
		return p.sums[g.ID]
	}
	return nil
}

// Own implements flow.Resolver.
func (p *Program) Own(f *ir.Func, name string) bool {
	g := p.ofFile(f.Unit, name)
	return g != nil && g.Static && !f.Unit.Header
}

// Invokes implements flow.Resolver.
func (p *Program) Invokes(kind lockapi.Target, class string) []*flow.Summary {
	var out []*flow.Summary
	for _, e := range p.handle[handleKey{kind, class}] {
		if s := p.sums[e.fn.ID]; s != nil && len(out) < maxTargets {
			out = append(out, s)
		}
	}
	return out
}

// Summarize analyses every function, callees before callers. jobs workers
// share the work; progress may be nil.
func (p *Program) Summarize(ctx context.Context, jobs int, progress func(done, total int)) error {
	done := 0
	for _, level := range p.levels() {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.runLevel(ctx, level, jobs)
		for _, c := range level {
			done += len(c)
		}
		if progress != nil {
			progress(done, len(p.funcs))
		}
	}
	return ctx.Err()
}

// runLevel analyses components that do not call each other.
func (p *Program) runLevel(ctx context.Context, level [][]int32, jobs int) {
	next := make(chan [][]int32, jobs)
	var wg sync.WaitGroup
	for range jobs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for batch := range next {
				for _, comp := range batch {
					p.component(comp)
				}
			}
		}()
	}
	const batch = 64
	for i := 0; i < len(level) && ctx.Err() == nil; i += batch {
		next <- level[i:min(i+batch, len(level))]
	}
	close(next)
	wg.Wait()
}

// component analyses functions that call each other: twice, so that the
// second time each knows what the others do.
func (p *Program) component(comp []int32) {
	if len(comp) == 1 && p.boring(p.funcs[comp[0]]) {
		p.sums[comp[0]] = &flow.Summary{Fn: p.funcs[comp[0]], Boring: true, NoReturn: p.funcs[comp[0]].NoReturn}
		p.funcs[comp[0]].Paths = nil
		if p.huge() {
			p.funcs[comp[0]].Drop()
		}
		p.release(comp)
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
		p.funcs[id].Unpack()
	}
	for range rounds {
		for _, id := range comp {
			p.sums[id] = flow.Analyze(p.funcs[id], p.tab, p)
		}
	}
	for _, id := range comp {
		p.sums[id].Compact()
		if p.huge() {
			p.funcs[id].Drop()
		} else {
			p.funcs[id].Unload()
		}
	}
	p.release(comp)
}

// boring reports whether a function touches no lock and nothing else that
// callers want to know: most are so, and need not be unpacked.
func (p *Program) boring(f *ir.Func) bool {
	if f.HasLock || f.Registers || f.CallsParam || len(f.Attrs) > 0 {
		return false
	}
	for _, name := range f.Names {
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
// last of them is summed up. Callbacks are looked at later.
func (p *Program) release(comp []int32) {
	for _, v := range comp {
		if p.waiting[v].Load() == 0 {
			p.settle(v)
		}
		for _, w := range p.succ[v] {
			if p.waiting[w].Add(-1) == 0 && p.sums[w] != nil && !slices.Contains(comp, w) {
				p.settle(w)
			}
		}
	}
}

func (p *Program) settle(v int32) {
	if s := p.sums[v]; !s.Boring && len(p.entry[s.Fn]) == 0 {
		s.Settle(p.called[v])
	}
}

// huge reports whether there are so many functions that they cannot be kept
// for another look.
func (p *Program) huge() bool { return len(p.funcs) > 60000 }

// levels orders the components of the call graph: those of one level call
// only those of levels before (Tarjan 1972).
func (p *Program) levels() [][][]int32 {
	succ := p.graph()
	p.succ = succ
	p.waiting = make([]atomic.Int32, len(succ))
	for v := range succ {
		for _, w := range succ[v] {
			p.waiting[w].Add(1)
		}
	}
	comps := components(succ)
	level := make([]int, len(p.funcs))
	var out [][][]int32
	for _, c := range comps { // callees come first
		n := 0
		for _, v := range c {
			for _, w := range succ[v] {
				n = max(n, level[w]+1)
			}
		}
		for _, v := range c {
			level[v] = n
		}
		// Edges inside the component raised n by themselves only before its
		// own levels were set, when they were 0.
		for len(out) <= n {
			out = append(out, nil)
		}
		slices.Sort(c)
		out[n] = append(out[n], c)
	}
	return out
}

func (p *Program) graph() [][]int32 {
	succ := make([][]int32, len(p.funcs))
	for _, f := range p.funcs {
		for _, name := range f.Names {
			p.edges(f, &ir.Ref{Name: name}, &succ[f.ID])
		}
		for i := range f.Refs {
			p.edges(f, &f.Refs[i], &succ[f.ID])
		}
		slices.Sort(succ[f.ID])
		succ[f.ID] = slices.Clone(slices.Compact(succ[f.ID]))
	}
	return succ
}

func (p *Program) edges(f *ir.Func, r *ir.Ref, out *[]int32) {
	switch api := p.tab.Call(r.Name); {
	case r.Pass:
		p.edgeTo(f, r.Name, out)
	case r.Name == "":
		for _, g := range p.through(f, r.Owner, r.Field, r.Var) {
			*out = append(*out, g.ID)
			p.called[g.ID] = true
		}
	case api != nil && !p.Own(f, r.Name):
		p.runEdges(f, r.Class, api, out)
	default:
		if g := p.find(f.Unit, r.Name); g != nil {
			*out = append(*out, g.ID)
			p.called[g.ID] = true
		}
	}
}

// runEdges are the callbacks that a function of the table runs.
func (p *Program) runEdges(f *ir.Func, class string, api *lockapi.API, out *[]int32) {
	for i := range api.Effects {
		e := &api.Effects[i]
		if e.Kind != lockapi.Calls || class == "" {
			continue
		}
		for _, t := range p.handle[handleKey{e.Target, class}] {
			if t.fn != f {
				*out = append(*out, t.fn.ID)
			}
		}
	}
}

func (p *Program) edgeTo(f *ir.Func, name string, out *[]int32) {
	if g := p.find(f.Unit, name); g != nil && g != f {
		*out = append(*out, g.ID)
	}
}

// components returns the strongly connected components, callees first,
// without recursion.
func components(succ [][]int32) [][]int32 {
	n := len(succ)
	index, low := make([]int32, n), make([]int32, n)
	on := make([]bool, n)
	pos := make([]int32, n)
	var stack, work []int32
	var out [][]int32
	next := int32(1)
	for root := range n {
		if index[root] != 0 {
			continue
		}
		work = append(work[:0], int32(root))
		for len(work) > 0 {
			v := work[len(work)-1]
			if index[v] == 0 {
				index[v], low[v] = next, next
				next++
				stack = append(stack, v)
				on[v] = true
			}
			if int(pos[v]) < len(succ[v]) {
				w := succ[v][pos[v]]
				pos[v]++
				switch {
				case index[w] == 0:
					work = append(work, w)
				case on[w]:
					low[v] = min(low[v], index[w])
				}
				continue
			}
			work = work[:len(work)-1]
			if len(work) > 0 {
				u := work[len(work)-1]
				low[u] = min(low[u], low[v])
			}
			if low[v] == index[v] {
				var c []int32
				for {
					w := stack[len(stack)-1]
					stack = stack[:len(stack)-1]
					on[w] = false
					c = append(c, w)
					if w == v {
						break
					}
				}
				out = append(out, c)
			}
		}
	}
	return out
}
