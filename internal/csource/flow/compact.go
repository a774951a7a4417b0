package flow

import (
	"slices"
	"strings"

	"gordian/internal/csource/ir"
)

// Compact drops the paths of the function that nothing in the summary speaks
// of, and renumbers the rest. It is called when nobody analyses the function
// any more. What is empty is shared with another summary, nothing, which has
// no events.
func (m *Memory) Compact(s, nothing *Summary) {
	c := m.compactor(s.Fn)
	c.summary(s)
	s.Ret = c.keep(s.Ret)
	m.kept = c.kept
	if s.Fn.Paths = nothing.Fn.Paths; len(c.kept) > 1 {
		s.Fn.Paths = append([]ir.Path(nil), c.kept...)
	}
	if s.Events.empty() {
		s.Events = nothing.Events
	}
	if s.Inside.empty() {
		s.Inside = nothing.Inside
	}
	s.Calls, s.Exits = slices.Clip(s.Calls), slices.Clip(s.Exits)
}

// Wanted says which events of a function somebody still asks for when all its
// callers are summed up and have made their own of them.
type Wanted struct{ Acquires, Sleeps, Waits, Enables, Completes bool }

// Settle gives up the events that nobody wants. What sleeps stays known for
// Sleeper.
func (m *Memory) Settle(s *Summary, w Wanted, nothing *Summary) {
	s.own = s.Sleeper()
	s.Callbacks, s.Pairs = nil, nil
	if !w.Acquires {
		s.Acquires = nil
	}
	if !w.Sleeps {
		s.Sleeps = nil
	}
	if !w.Waits {
		s.Waits = nil
	}
	if !w.Enables {
		s.Enables = nil
	}
	if !w.Completes {
		s.Completes = nil
	}
	m.Compact(s, nothing)
}

// Sleeper is something that may sleep in every call of a function.
type Sleeper struct {
	Line int32
	Text string
}

// Sleeper returns what may sleep in every call of the function, or nil.
func (s *Summary) Sleeper() *Sleeper {
	for _, e := range s.Sleeps {
		if e.GFP < 0 && !e.InCtx && !e.OnlyOff && e.Hard == AsEntry && len(e.Dropped) == 0 && e.Depth <= 2 && e.Indirect == 0 {
			return &Sleeper{e.Line, e.Text}
		}
	}
	return s.own
}

// compactor starts on a function, with memory that is used again.
func (m *Memory) compactor(f *ir.Func) *compactor {
	m.locks, m.nodes = cleared(m.locks), cleared(m.nodes)
	m.numbers = append(m.numbers[:0], make([]ir.PathID, len(f.Paths))...)
	return &compactor{memory: m, fn: f, old: f.Paths, kept: append(m.kept[:0], ir.Path{}), ids: m.numbers, locks: m.locks, nodes: m.nodes}
}

// maxStrings bounds the strings of which copies are shared.
const maxStrings = 1 << 16

// intern returns a copy of s that keeps nothing else in memory, the same for
// equal strings as far as they are known. What a unit's functions name goes
// with the unit.
func (m *Memory) intern(s string) string {
	if s == "" {
		return ""
	}
	if c, ok := m.strs[s]; ok {
		return c
	}
	if m.strs == nil || len(m.strs) >= maxStrings {
		m.strs = map[string]string{}
	}
	s = strings.Clone(s)
	m.strs[s] = s
	return s
}

type compactor struct {
	memory *Memory
	fn     *ir.Func
	old    []ir.Path
	kept   []ir.Path
	ids    []ir.PathID    // new numbers of old paths, 0 for those that are not kept yet
	locks  map[*Lock]bool // slices are shared between events
	nodes  map[*Node]bool
}

// keep returns the new number of a path.
func (c *compactor) keep(id ir.PathID) ir.PathID {
	if id <= 0 || int(id) >= len(c.old) {
		return 0
	}
	if n := c.ids[id]; n != 0 {
		return n
	}
	p := c.old[id]
	in := c.memory.intern
	p.Name, p.Owner, p.Decl, p.Class, p.Text = in(p.Name), in(p.Owner), in(p.Decl), in(p.Class), in(p.Text)
	p.Base = c.keep(p.Base)
	if len(p.Args) > 0 {
		args := make([]ir.PathID, len(p.Args))
		for i, a := range p.Args {
			args[i] = c.keep(a)
		}
		p.Args = args
	}
	n := ir.PathID(len(c.kept))
	c.kept = append(c.kept, p)
	c.ids[id] = n
	return n
}

func (c *compactor) lock(l *Lock) {
	if l == nil || l.Fn != c.fn || c.locks[l] {
		return
	}
	c.locks[l] = true
	l.Path = c.keep(l.Path)
	l.Flags = 0
	in := c.memory.intern
	l.Class, l.Decl, l.Expr, l.API, l.Sub = in(l.Class), in(l.Decl), in(l.Expr), in(l.API), in(l.Sub)
}

func (c *compactor) guards(gs []Guard) {
	in := c.memory.intern
	for i := range gs {
		g := &gs[i]
		g.Mask, g.Eq, g.Ne = in(g.Mask), in(g.Eq), in(g.Ne)
	}
}

func (c *compactor) list(ls []Lock) {
	for i := range ls {
		c.lock(&ls[i])
	}
}

func (c *compactor) trace(n *Node) {
	for ; n != nil && !c.nodes[n]; n = n.Prev {
		c.nodes[n] = true
		n.Text = c.memory.intern(n.Text)
		c.lock(n.Lock)
	}
}

func (c *compactor) event(e *Event) {
	if e == nil {
		return
	}
	e.API, e.Text = c.memory.intern(e.API), c.memory.intern(e.Text)
	c.guards(e.When)
	c.lock(&e.Lock)
	c.list(e.Dropped)
	c.list(e.Past)
}

func (c *compactor) events(es []*Event) {
	for _, e := range es {
		c.event(e)
	}
}

func (c *compactor) summary(s *Summary) {
	for i := range s.Exits {
		c.list(s.Exits[i].Held)
		c.list(s.Exits[i].Freed)
		c.guards(s.Exits[i].When)
		s.Exits[i].Eq = c.memory.intern(s.Exits[i].Eq)
		for j, class := range s.Exits[i].Unsure {
			s.Exits[i].Unsure[j] = c.memory.intern(class)
		}
		s.Exits[i].Obj, s.Exits[i].Self = c.keep(s.Exits[i].Obj), c.keep(s.Exits[i].Self)
	}
	for _, es := range [][]*Event{s.Acquires, s.Sleeps, s.Waits, s.Enables, s.Completes, s.Callbacks} {
		c.events(es)
	}
	for _, e := range s.Callbacks {
		for i := range e.Args {
			e.Args[i].Path = c.keep(e.Args[i].Path)
		}
	}
	for i := range s.Calls {
		c.list(s.Calls[i].Held)
	}
	for i := range s.Takes {
		c.lock(&s.Takes[i].Lock)
	}
	for _, ps := range [][]Pair{s.Orders, s.Waited, s.Pairs} {
		for i := range ps {
			c.lock(&ps[i].From)
			c.event(ps[i].To)
			c.list(ps[i].Gates)
			c.trace(ps[i].Trace)
		}
	}
	for i := range s.Ends {
		c.lock(&s.Ends[i].Lock)
		c.trace(s.Ends[i].Trace)
	}
	for _, sl := range s.Slips {
		c.slip(sl)
	}
}

func (c *compactor) slip(s *Slip) {
	s.Ret = c.memory.intern(s.Ret)
	c.lock(&s.Lock)
	c.list(s.Locks)
	c.list(s.Peers)
	c.event(s.Event)
	c.trace(s.Trace)
}
