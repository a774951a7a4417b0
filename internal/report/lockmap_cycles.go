package report

import "slices"

// cycles numbers the locks so that two have the same number if each can be
// reached from the other by orders that block: the strongly connected parts,
// found as Kosaraju does, without recursion.
func (m *LockMap) cycles() []int {
	out, in := m.neighbours()
	var done []int
	seen := make([]bool, len(m.Locks))
	for i := range m.Locks {
		done = append(done, walk(i, out, seen)...)
	}
	group := make([]int, len(m.Locks))
	clear(seen)
	slices.Reverse(done)
	for _, i := range done {
		for _, j := range walk(i, in, seen) {
			group[j] = i
		}
	}
	return group
}

func (m *LockMap) neighbours() (out, in [][]int) {
	out, in = make([][]int, len(m.Locks)), make([][]int, len(m.Locks))
	for _, o := range m.Orders {
		if !o.Try {
			out[o.From] = append(out[o.From], o.To)
			in[o.To] = append(in[o.To], o.From)
		}
	}
	return out, in
}

// walk returns what can be reached from start and was not seen before, each
// after all that it leads to.
func walk(start int, next [][]int, seen []bool) []int {
	if seen[start] {
		return nil
	}
	type frame struct{ at, next int }
	stack := []frame{{start, 0}}
	seen[start] = true
	var done []int
	for len(stack) > 0 {
		f := &stack[len(stack)-1]
		if f.next == len(next[f.at]) {
			done = append(done, f.at)
			stack = stack[:len(stack)-1]
			continue
		}
		to := next[f.at][f.next]
		f.next++
		if !seen[to] {
			seen[to] = true
			stack = append(stack, frame{to, 0})
		}
	}
	return done
}

// essential tells which orders a drawing needs: one that a chain of others
// says too is left out, unless something is wrong with it. Orders of a cycle
// are all needed.
func (m *LockMap) essential() []bool {
	keep := make([]bool, len(m.Orders))
	out, _ := m.neighbours()
	group := m.cycles()
	for i, o := range m.Orders {
		keep[i] = o.Bad || o.Back || !o.Try && group[o.From] == group[o.To] || !detour(o, out)
		if at := slices.Index(out[o.From], o.To); !keep[i] && at >= 0 {
			out[o.From] = slices.Delete(out[o.From], at, at+1) // what is left out is no detour for the next
		}
	}
	return keep
}

// detour reports whether a chain of two orders or more leads where o does.
func detour(o MapOrder, out [][]int) bool {
	seen := make([]bool, len(out))
	var stack []int
	push := func(n int) {
		if !seen[n] {
			seen[n] = true
			stack = append(stack, n)
		}
	}
	seen[o.From] = true
	for _, n := range out[o.From] {
		if n != o.To {
			push(n)
		}
	}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, n := range out[at] {
			if n == o.To {
				return true
			}
			push(n)
		}
	}
	return false
}
