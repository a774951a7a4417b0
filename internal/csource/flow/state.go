package flow

import "gordian/internal/csource/ir"

// state is what is known at one point of one path.
type state struct {
	held    []Lock
	freed   []Lock // entry locks that were released
	past    []Lock // locks that were taken and released, latest last
	unsure  []string
	regions []region // where interrupts were turned off, outermost first
	hard    Hard
	bh      int8
	soft    bool // softirqs may be off, though bh does not say so
	preempt int8
	rcu     int8
	quiet   int8 // interrupt lines that are disabled
	hidden  bool // a callee returned with a lock that has no name here
	lost    bool // a callee was met of which nothing was known yet: it may have taken or released anything
	nofault int8 // page faults are off: copies to and from user memory do not sleep
	vals    []val
	trace   *Node
	id      uint64 // key, where it waits at the start of a block
	queued  bool
}

// region is a piece of code with interrupts off.
type region struct {
	flags ir.AtomID // the variable with the saved state, 0 for _irq
	prev  Hard
	line  int32
	api   string
}

func (s *state) clone() *state {
	c := *s
	c.held = append([]Lock(nil), s.held...)
	c.freed = append([]Lock(nil), s.freed...)
	c.past = append([]Lock(nil), s.past...)
	c.unsure = append([]string(nil), s.unsure...)
	c.regions = append([]region(nil), s.regions...)
	c.vals = append([]val(nil), s.vals...)
	return &c
}

const (
	hashSeed  = 14695981039346656037
	hashPrime = 1099511628211
)

func mix(h, v uint64) uint64 { return (h ^ v) * hashPrime }

func mixStr(h uint64, s string) uint64 {
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * hashPrime
	}
	return h
}

// key is equal for states that are joined where they meet.
func (s *state) key() uint64 {
	h := uint64(hashSeed)
	h = mix(h, uint64(s.hard)|uint64(uint8(s.bh))<<8|uint64(uint8(s.preempt))<<16|uint64(uint8(s.rcu))<<24|uint64(uint8(s.quiet))<<32|uint64(uint8(s.nofault))<<40)
	if s.hidden {
		h = mix(h, 3)
	}
	for i := range s.held {
		h = mix(mixStr(mix(h, uint64(s.held[i].Path)+1), string(s.held[i].Mode)), 7)
		if s.held[i].Path == 0 {
			h = mixStr(h, s.held[i].Class)
		}
	}
	h = mix(h, 0xfe)
	for i := range s.freed {
		h = mixStr(mix(h, uint64(s.freed[i].Path)+1), string(s.freed[i].Mode))
	}
	h = mix(h, 0xfd)
	for i := range s.regions {
		h = mix(h, uint64(s.regions[i].flags)<<2|uint64(s.regions[i].prev))
	}
	for _, c := range s.unsure {
		h = mixStr(h, c)
	}
	// Whether a lock was released before on this path decides what a return
	// with it means.
	var past uint64
	for i := range s.past {
		past ^= (uint64(s.past[i].Path) + 3) * 0x9e3779b97f4a7c15
	}
	return mix(h, past)
}

// join adds what is known in t to s, which has the same key. It reports
// whether s changed.
func (s *state) join(t *state, c *constants) bool {
	changed := t.soft && !s.soft || t.lost && !s.lost
	s.soft, s.lost = s.soft || t.soft, s.lost || t.lost
	for i := range s.vals {
		v, w := &s.vals[i], &t.vals[i]
		if b := v.bits | w.bits; b != v.bits {
			v.bits = b
			changed = true
		}
		if v.ne != 0 && v.ne != w.ne {
			v.ne = 0
			changed = true
		}
		if u := c.union(v.eqs, w.eqs); u != v.eqs {
			v.eqs = u
			changed = true
		}
	}
	return changed
}

// left reports whether a section of the caller's was left.
func (s *state) left() bool { return s.rcu < 0 || s.preempt < 0 || s.bh < 0 }

// note adds a step to the path.
func (s *state) note(kind string, line int32, text string, l *Lock) {
	s.trace = &Node{Prev: s.trace, Kind: kind, Line: line, Text: text, Lock: l}
}

func (s *state) isUnsure(class string) bool {
	for _, c := range s.unsure {
		if c == class {
			return true
		}
	}
	return false
}

// maxUnsure bounds the classes of which a path has lost track.
const maxUnsure = 12

func (s *state) makeUnsure(class string) {
	if class != "" && !s.isUnsure(class) && len(s.unsure) < maxUnsure {
		s.unsure = append(s.unsure, class)
	}
}

// bound keeps the counters small: a loop that closes more sections than it
// opens must neither go on for ever nor wrap around.
func (s *state) bound() {
	for _, n := range []*int8{&s.bh, &s.preempt, &s.rcu, &s.quiet, &s.nofault} {
		*n = min(max(*n, -2), 4)
	}
}
