package layout

import "slices"

// ranked is the work on one part of a hierarchy. The first real items are its
// nodes; those behind are bends: places of long edges in the ranks between.
type ranked struct {
	items []item
	real  int
	links []link
	rows  [][]int // items by rank, from left to right
}

type item struct {
	w, h     float64
	rank     int
	up, down []int // neighbours in the ranks next to it
	x, y     float64
}

// link is an edge of the graph. Turned ones lead upwards in the drawing.
type link struct {
	from, to int
	turned   bool
	bends    []int // items from the upper end to the lower one
}

// loop reports whether the link leads from a node to itself.
func (l *link) loop() bool { return l.from == l.to }

// upper and lower are the ends of a link in the drawing.
func (l *link) upper() int {
	if l.turned {
		return l.to
	}
	return l.from
}

func (l *link) lower() int {
	if l.turned {
		return l.from
	}
	return l.to
}

func (r *ranked) place() {
	r.breakCycles()
	r.rank()
	r.bend()
	r.order()
	r.coordinates()
}

// breakCycles turns the links that lead back to where a depth-first walk is.
// It begins at nodes that nothing leads to, so that these stay on top.
func (r *ranked) breakCycles() {
	out := make([][]int, r.real)
	into := make([]int, r.real)
	for i := range r.links {
		if l := &r.links[i]; !l.loop() {
			out[l.from] = append(out[l.from], i)
			into[l.to]++
		}
	}
	state := make([]int, r.real) // 0 new, 1 on the way, 2 done
	walk := func(start int) {
		type frame struct{ node, next int }
		stack := []frame{{start, 0}}
		state[start] = 1
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			if f.next == len(out[f.node]) {
				state[f.node] = 2
				stack = stack[:len(stack)-1]
				continue
			}
			l := &r.links[out[f.node][f.next]]
			f.next++
			switch state[l.to] {
			case 0:
				state[l.to] = 1
				stack = append(stack, frame{l.to, 0})
			case 1:
				l.turned = true
			}
		}
	}
	for _, free := range []bool{true, false} {
		for i := range r.real {
			if state[i] == 0 && (into[i] == 0 || !free) {
				walk(i)
			}
		}
	}
}

// rank gives every node the rank below the lowest one that leads to it.
func (r *ranked) rank() {
	out := make([][]int, r.real)
	into := make([]int, r.real)
	for i := range r.links {
		if l := &r.links[i]; !l.loop() {
			out[l.upper()] = append(out[l.upper()], l.lower())
			into[l.lower()]++
		}
	}
	var queue []int
	for i := range r.real {
		if into[i] == 0 {
			queue = append(queue, i)
		}
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, to := range out[at] {
			r.items[to].rank = max(r.items[to].rank, r.items[at].rank+1)
			if into[to]--; into[to] == 0 {
				queue = append(queue, to)
			}
		}
	}
}

// bendWidth is the room that a long edge has between the nodes it passes.
const bendWidth = 10.0

// bend gives long edges a place in every rank that they pass, ties neighbours
// together and fills the rows.
func (r *ranked) bend() {
	for i := range r.links {
		l := &r.links[i]
		if l.loop() {
			continue
		}
		last := l.upper()
		for rank := r.items[last].rank + 1; rank < r.items[l.lower()].rank; rank++ {
			n := len(r.items)
			r.items = append(r.items, item{w: bendWidth, rank: rank})
			l.bends = append(l.bends, n)
			r.tie(last, n)
			last = n
		}
		r.tie(last, l.lower())
	}
	for i := range r.items {
		for len(r.rows) <= r.items[i].rank {
			r.rows = append(r.rows, nil)
		}
	}
	// The first order: depth first from the top, so that what belongs together
	// starts out together.
	seen := make([]bool, len(r.items))
	for _, i := range r.byRank() {
		r.visit(i, seen)
	}
}

func (r *ranked) byRank() []int {
	out := make([]int, len(r.items))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int { return r.items[a].rank - r.items[b].rank })
	return out
}

func (r *ranked) visit(start int, seen []bool) {
	stack := []int{start}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[i] {
			continue
		}
		seen[i] = true
		it := &r.items[i]
		r.rows[it.rank] = append(r.rows[it.rank], i)
		for k := len(it.down) - 1; k >= 0; k-- {
			stack = append(stack, it.down[k])
		}
	}
}

func (r *ranked) tie(up, down int) {
	r.items[up].down = append(r.items[up].down, down)
	r.items[down].up = append(r.items[down].up, up)
}
