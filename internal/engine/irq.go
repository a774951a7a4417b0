package engine

import (
	"cmp"
	"slices"

	"gordian/internal/model"
)

// IRQConflict is a lock that an interrupt handler can wait for while its
// holder is the code that the interrupt stopped: directly (Safe == Unsafe,
// lockdep's "inconsistent lock state") or through the order graph (lockdep's
// "X-safe -> X-unsafe lock order").
type IRQConflict struct {
	Context model.Context // the interrupt: Hardirq or Softirq
	Safe    model.Ref     // used in that interrupt
	Unsafe  model.Ref     // held elsewhere with that interrupt enabled
	// Path leads from Safe to Unsafe; empty when they are the same class.
	Path      []model.Edge
	SafeUse   model.ContextUse // use of Safe in the interrupt
	UnsafeUse model.ContextUse // use of Unsafe with the interrupt enabled
	// Implied says that Safe or Unsafe has an inconsistent state by itself,
	// which is reported as a conflict of its own and may well be the cause.
	Implied bool
}

// usage indexes the four usage states of a class for one interrupt, like
// LOCK_USED_IN_*, LOCK_USED_IN_*_READ, LOCK_ENABLED_* and LOCK_ENABLED_*_READ
// (kernel/locking/lockdep_internals.h).
type usage [2][2]*model.ContextUse // [enabled][shared]

// classUsage holds the usage states of one class for each interrupt.
type classUsage struct {
	class model.Ref
	by    [2]usage // Hardirq, Softirq
}

func irqContexts() [2]model.Context { return [2]model.Context{model.Hardirq, model.Softirq} }

// addUses merges the uses of each class and state, and files them.
func (g *OrderGraph) addUses(uses []model.ContextUse) {
	g.uses = make([]classUsage, len(g.refs))
	extra := map[model.Ref]*classUsage{}
	for i := range uses {
		u := uses[i]
		ctx := slices.Index([]model.Context{model.Hardirq, model.Softirq}, u.Context)
		if ctx < 0 || u.Class == "" {
			continue
		}
		at := extra[u.Class]
		if v, ok := g.id[u.Class]; ok {
			at = &g.uses[v]
		} else if at == nil {
			at = &classUsage{}
			extra[u.Class] = at
		}
		at.class = u.Class
		slot := &at.by[ctx][boolInt(u.Enabled)][boolInt(u.Mode.Shared())]
		*slot = joinUse(*slot, u)
	}
	for _, c := range extra {
		g.extra = append(g.extra, *c)
	}
	slices.SortFunc(g.extra, func(a, b classUsage) int { return cmp.Compare(a.class, b.class) })
}

func joinUse(a *model.ContextUse, u model.ContextUse) *model.ContextUse {
	u.Why = addWhy(nil, u.Why)
	if a == nil {
		return &u
	}
	a.Why = addWhy(a.Why, u.Why)
	if len(u.Stack) > len(a.Stack) {
		a.Stack = u.Stack
	}
	if modeRank(u.Mode) > modeRank(a.Mode) {
		a.Mode = u.Mode
	}
	return a
}

// inconsistent returns the uses of one class that conflict by themselves.
// As in mark_lock_irq(), a reader in the interrupt does not conflict with a
// reader that it interrupts.
func (u *usage) inconsistent() (used, enabled *model.ContextUse) {
	for _, p := range [3][2]int{{0, 0}, {0, 1}, {1, 0}} {
		if used, enabled := u[0][p[0]], u[1][p[1]]; used != nil && enabled != nil {
			return used, enabled
		}
	}
	return nil, nil
}

// IRQConflicts returns the conflicts of interrupt use, those of a single class
// first. Of conflicts through the graph only the innermost are reported: no
// path leads through another class that conflicts in the same way.
func (g *OrderGraph) IRQConflicts() []IRQConflict {
	var out []IRQConflict
	budget := orderBudget
	for ctx, context := range irqContexts() {
		for _, list := range [][]classUsage{g.uses, g.extra} {
			for i := range list {
				used, enabled := list[i].by[ctx].inconsistent()
				if used != nil {
					out = append(out, IRQConflict{Context: context, Safe: list[i].class, Unsafe: list[i].class,
						SafeUse: *used, UnsafeUse: *enabled})
				}
			}
		}
		for v := range g.uses {
			out = append(out, g.irqPaths(ctx, context, int32(v), &budget)...)
		}
	}
	slices.SortStableFunc(out, func(a, b IRQConflict) int {
		return cmp.Or(cmp.Compare(boolInt(a.Implied), boolInt(b.Implied)),
			cmp.Compare(boolInt(len(a.Path) > 0), boolInt(len(b.Path) > 0)),
			cmp.Compare(a.Context, b.Context),
			cmp.Compare(a.Safe, b.Safe), cmp.Compare(a.Unsafe, b.Unsafe))
	})
	return out
}

// irqPaths finds the classes that are held with the interrupt enabled and are
// taken, directly or not, under safe, which the interrupt uses. Local locks
// carry no such dependency: they are no locks at all without PREEMPT_RT, and
// with it handlers run in threads (usage_skip()).
//
// It is one search where check_irq_usage() makes three, with the same result:
// an interrupt that only reads Safe waits for an exclusive holder only, so the
// path starts as if after a recursive read, and a class reached by a recursive
// read waits for an exclusive holder only, so uses as reader do not count.
func (g *OrderGraph) irqPaths(ctx int, context model.Context, safe int32, budget *int) []IRQConflict {
	states := &g.uses[safe].by[ctx]
	used := states[0][0]
	if used == nil {
		used = states[0][1]
	}
	if used == nil || g.local[safe] {
		return nil
	}
	type state struct {
		node      int32
		recursive bool
	}
	steps := []step{{node: safe, recursive: used.Mode.Shared(), prev: -1}}
	seen := map[state]bool{}
	hit := map[int32]bool{safe: true}
	var out []IRQConflict
	for i := 0; i < len(steps) && *budget > 0; i++ {
		p := steps[i]
		for _, a := range g.out[p.node] {
			*budget--
			next := step{node: g.arcs[a].to, recursive: g.sr[a].recursive, arc: a, prev: int32(i)}
			k := state{next.node, next.recursive}
			if seen[k] || next.node == safe || next.node == p.node || g.local[next.node] || (p.recursive && g.sr[a].shared) {
				continue
			}
			seen[k] = true
			steps = append(steps, next)
			if held := g.heldEnabled(ctx, next); held != nil {
				if path := pathTo(steps, len(steps)-1); !hit[next.node] && !g.returns(path) {
					hit[next.node] = true
					out = append(out, g.newIRQConflict(ctx, context, path, used, held))
				}
				steps = steps[:len(steps)-1] // what lies behind belongs to the inner conflict
			} else if g.startsHere(ctx, next) {
				steps = steps[:len(steps)-1]
			}
		}
	}
	return out
}

// returns reports whether an open path visits a class twice, which needs two
// holders of one lock at once.
func (g *OrderGraph) returns(path []int32) bool {
	end := g.arcs[path[len(path)-1]].to
	return g.repeats(path) || slices.ContainsFunc(path, func(a int32) bool { return g.arcs[a].from == end })
}

// heldEnabled returns the use of a class, with the interrupt enabled, that
// keeps waiting whoever reached the class by the step.
func (g *OrderGraph) heldEnabled(ctx int, s step) *model.ContextUse {
	enabled := g.uses[s.node].by[ctx][1]
	if enabled[0] != nil || s.recursive {
		return enabled[0]
	}
	return enabled[1]
}

// startsHere reports whether a search from the step's class finds all that
// the search through it would.
func (g *OrderGraph) startsHere(ctx int, s step) bool {
	used := g.uses[s.node].by[ctx][0]
	return used[0] != nil || (used[1] != nil && s.recursive)
}

func (g *OrderGraph) newIRQConflict(ctx int, context model.Context, path []int32, used, enabled *model.ContextUse) IRQConflict {
	c := IRQConflict{Context: context, SafeUse: *used, UnsafeUse: *enabled}
	for _, a := range path {
		c.Path = append(c.Path, g.edges[a])
	}
	first, last := g.arcs[path[0]].from, g.arcs[path[len(path)-1]].to
	c.Safe, c.Unsafe = g.refs[first], g.refs[last]
	for _, v := range []int32{first, last} {
		if one, _ := g.uses[v].by[ctx].inconsistent(); one != nil {
			c.Implied = true
		}
	}
	return c
}
