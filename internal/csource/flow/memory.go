package flow

import "gordian/internal/csource/ir"

// Memory is used again for each function that is analysed. The zero value is
// ready. It is for one goroutine.
type Memory struct {
	spare  []*state // that nobody uses any more
	in     [][]*state
	items  []item
	seen   map[seenKey]bool
	takes  map[ir.PathID]bool // locks that the function takes while it cannot hold them
	inited map[ir.PathID]bool // locks that the function initialises
	given  map[ir.AtomID]bool // locals that are stored elsewhere
	ids    map[bkey]ir.PathID

	kept    []ir.Path // these are Compact's
	numbers []ir.PathID
	locks   map[*Lock]bool
	nodes   map[*Node]bool
	strs    map[string]string
}

// Bounds of what is kept: to clear what one huge function left would cost each
// of the small ones.
const (
	maxSpare = 4096
	maxMap   = 64
)

// cleared empties a map, or makes a new one if it was large.
func cleared[K comparable](m map[K]bool) map[K]bool {
	if m == nil || len(m) > maxMap {
		return map[K]bool{}
	}
	clear(m)
	return m
}

// blocks makes room for the states of n blocks.
func (m *Memory) blocks(n int) [][]*state {
	for len(m.in) < n {
		m.in = append(m.in, nil)
	}
	return m.in[:n]
}

// takeBack ends the use of a function's states.
func (m *Memory) takeBack(r *run) {
	for b := range r.in {
		for i, s := range r.in[b] {
			m.drop(s)
			r.in[b][i] = nil
		}
		r.in[b] = r.in[b][:0]
	}
	for i := range r.exits {
		m.drop(r.exits[i].s)
	}
	if len(m.in) > maxSpare {
		m.in = nil
	}
}

// fork copies what a branch changes; the rest is shared until it is written.
func (m *Memory) fork(s *state) *state {
	var c *state
	if n := len(m.spare); n > 0 {
		c, m.spare = m.spare[n-1], m.spare[:n-1]
	} else {
		c = new(state)
	}
	vals := append(c.vals[:0], s.vals...)
	*c = *s
	c.vals, c.queued = vals, false
	c.held = s.held[:len(s.held):len(s.held)]
	c.freed = s.freed[:len(s.freed):len(s.freed)]
	c.past = s.past[:len(s.past):len(s.past)]
	c.unsure = s.unsure[:len(s.unsure):len(s.unsure)]
	c.regions = s.regions[:len(s.regions):len(s.regions)]
	return c
}

// drop takes back a state that nobody looks at any more. What it shares with
// others is theirs.
func (m *Memory) drop(s *state) {
	if len(m.spare) < maxSpare {
		*s = state{vals: s.vals[:0]}
		m.spare = append(m.spare, s)
	}
}
