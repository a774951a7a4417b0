package link

import (
	"slices"

	"gordian/internal/csource/ir"
	"gordian/internal/csource/lockapi"
)

// graph lists what each function calls or passes on.
func (p *Program) graph() [][]int32 {
	succ := make([][]int32, len(p.funcs))
	for _, f := range p.funcs {
		for name := range f.Called() {
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
