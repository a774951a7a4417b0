package kstack

import "gordian/internal/model"

// Guilty returns the function to look at first, and its place in the stack:
// the first reliable frame that is no lock, scheduler, entry, allocator or
// reporting code, and no wrapper around a lock. When every frame is one of
// those, it is the outermost wrapper or primitive that is closest to the top,
// and (Frame{}, -1) for an empty stack.
func Guilty(stack []model.Frame) (model.Frame, int) {
	any := !hasReliable(stack)
	best, rank := -1, 0
	for i, f := range stack {
		if f.Unreliable && !any {
			continue
		}
		g := known.find(f.Func)
		if g == nil {
			return f, i
		}
		if r := fallbackRank(g.role); r > rank {
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
		return 6
	case roleHelper:
		return 5
	case rolePrimitive:
		return 4
	case roleSched, rolePreempted:
		return 3
	case roleGlue:
		return 2
	}
	return 1
}
