package kstack

import "gordian/internal/model"

// Guilty returns the function to look at first, and its place in the stack:
// the first reliable frame that is no lock, scheduler, entry, allocator or
// reporting code, and no wrapper around a lock. When there is none, it is the
// outermost wrapper, else helper, else primitive; and (Frame{}, -1) when the
// stack shows nothing but the scheduler, entry code and reporting.
func Guilty(stack []model.Frame) (model.Frame, int) {
	any := !hasReliable(stack)
	best, rank := -1, 0
	for i, f := range stack {
		if doubtful(f) && !any {
			continue
		}
		g := known.find(f.Func)
		if g == nil || g.role == roleUser {
			return f, i
		}
		if r := fallbackRank(g.role); r > 0 && r >= rank {
			best, rank = i, r
		}
	}
	if best < 0 {
		return model.Frame{}, -1
	}
	return stack[best], best
}

// fallbackRank orders the frames of a stack that has no guilty one.
func fallbackRank(r role) int {
	switch r {
	case roleWrapper:
		return 3
	case roleHelper:
		return 2
	case rolePrimitive:
		return 1
	}
	return 0
}
