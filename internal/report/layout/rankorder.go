package layout

import "slices"

// sweeps is how often the order of the rows is improved from the top and from
// the bottom; it seldom gets better after half of them.
const sweeps = 16

// order sorts each row by where the neighbours of its items are, again and
// again, and keeps the order with the fewest crossings.
func (r *ranked) order() {
	pos := make([]float64, len(r.items))
	number := func(row []int) {
		for i, it := range row {
			pos[it] = float64(i)
		}
	}
	for _, row := range r.rows {
		number(row)
	}
	best, least := r.copyRows(), r.crossings(pos)
	for s := range sweeps {
		if least == 0 {
			break
		}
		for i := range r.rows {
			row, down := r.rows[i], s%2 == 0
			if !down {
				row = r.rows[len(r.rows)-1-i]
			}
			r.sortRow(row, pos, down)
			number(row)
		}
		r.swap(pos)
		if n := r.crossings(pos); n < least {
			best, least = r.copyRows(), n
		}
	}
	r.rows = best
}

func (r *ranked) copyRows() [][]int {
	out := make([][]int, len(r.rows))
	for i, row := range r.rows {
		out[i] = slices.Clone(row)
	}
	return out
}

// sortRow puts the items of a row in the order of their neighbours above
// (down is the direction of the sweep) or below.
func (r *ranked) sortRow(row []int, pos []float64, down bool) {
	want := make(map[int]float64, len(row))
	for _, i := range row {
		next := r.items[i].down
		if down {
			next = r.items[i].up
		}
		want[i] = pos[i]
		if len(next) > 0 {
			want[i] = mean(next, pos)
		}
	}
	slices.SortStableFunc(row, func(a, b int) int {
		switch {
		case want[a] < want[b]:
			return -1
		case want[a] > want[b]:
			return 1
		}
		return 0
	})
}

func mean(items []int, pos []float64) float64 {
	sum := 0.0
	for _, i := range items {
		sum += pos[i]
	}
	return sum / float64(len(items))
}

// swap exchanges neighbours in a row for as long as that saves crossings.
func (r *ranked) swap(pos []float64) {
	for range 4 {
		better := false
		for _, row := range r.rows {
			for i := 0; i+1 < len(row); i++ {
				a, b := row[i], row[i+1]
				if r.pair(a, b, pos) > r.pair(b, a, pos) {
					row[i], row[i+1] = b, a
					pos[a], pos[b] = pos[b], pos[a]
					better = true
				}
			}
		}
		if !better {
			return
		}
	}
}

// pair counts the crossings between the edges of two items of a row if a is
// to the left of b.
func (r *ranked) pair(a, b int, pos []float64) int {
	n := 0
	for _, side := range [][2][]int{{r.items[a].up, r.items[b].up}, {r.items[a].down, r.items[b].down}} {
		for _, x := range side[0] {
			for _, y := range side[1] {
				if pos[x] > pos[y] {
					n++
				}
			}
		}
	}
	return n
}

// crossings counts all of them: for each row the inversions among the lower
// ends of the edges, taken in the order of the upper ones.
func (r *ranked) crossings(pos []float64) int {
	n := 0
	for k, row := range r.rows {
		if k+1 == len(r.rows) {
			break
		}
		count := newTally(len(r.rows[k+1]))
		for _, i := range row {
			ends := make([]int, 0, len(r.items[i].down))
			for _, d := range r.items[i].down {
				ends = append(ends, int(pos[d]))
			}
			slices.Sort(ends)
			for _, e := range ends {
				n += count.above(e)
			}
			for _, e := range ends {
				count.add(e)
			}
		}
	}
	return n
}

// tally counts numbers and answers how many of them are larger than one
// (a Fenwick tree).
type tally struct {
	tree []int
	all  int
}

func newTally(n int) *tally { return &tally{tree: make([]int, n+1)} }

func (t *tally) add(v int) {
	t.all++
	for i := v + 1; i < len(t.tree); i += i & -i {
		t.tree[i]++
	}
}

func (t *tally) above(v int) int {
	n := t.all
	for i := v + 1; i > 0; i -= i & -i {
		n -= t.tree[i]
	}
	return n
}
