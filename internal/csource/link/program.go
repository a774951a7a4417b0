// Package link joins what the files say: it resolves calls, sums functions up
// from the leaves of the call graph, finds the contexts that they run in, and
// states the facts.
package link

import (
	"slices"
	"strings"
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
	dull    [3]*flow.Summary // of all boring functions, of those that do not return, of those not analysed yet
	global  map[string][]*ir.Func
	local   map[*ir.Unit]map[string]*ir.Func
	twin    map[*ir.Unit]*ir.Unit // the unit of the same file, for files that are read twice
	fields  map[field][]target
	handle  map[handleKey][]*entry
	handled map[*ir.Func]bool   // in some handle: what they do is asked for by name
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
		fields: map[field][]target{}, handle: map[handleKey][]*entry{}, handled: map[*ir.Func]bool{}, queued: map[string][]string{}, entry: map[*ir.Func][]*entry{}, irqRegs: map[*ir.Func][]irqReg{}}
	p.inDir = map[string][]*ir.Unit{}
	for _, u := range units {
		p.addUnit(u)
		p.inDir[u.Dir] = append(p.inDir[u.Dir], u)
	}
	p.module, p.marks = modules(units), map[mark]bool{}
	p.addMarks()
	p.addFields()
	p.sums = make([]*flow.Summary, len(p.funcs))
	nobody := &ir.Func{Unit: &ir.Unit{}, Paths: make([]ir.Path, 1)}
	for i := range p.dull {
		p.dull[i] = flow.NewSummary(nobody)
		p.dull[i].Boring = true
	}
	p.dull[1].NoReturn, p.dull[2].Pending = true, true
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
		} else {
			out = append(out, p.dull[2])
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

// Huge reports whether there are so many functions that they cannot be kept
// for another look: they are given up one by one.
func (p *Program) Huge() bool { return len(p.funcs) > 60000 }
