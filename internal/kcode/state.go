package kcode

import (
	"maps"
	"slices"

	"gordian/internal/kstack"
	"gordian/internal/model"
	"gordian/internal/unwind"
)

func base(name string) string { return kstack.Base(name) }

// state is what is known at one place of a function.
type state struct {
	regs  [unwind.MaxReg]Value
	slots map[int64]Value // 8-byte stack slots by their offset from the CFA
	held  []hold
	// tested is what the last comparison with zero looked at.
	tested Value
	cfa    uint8 // as of place
}

// hold is a lock that the function has taken.
type hold struct {
	addr Value
	typ  model.LockType
	mode model.Mode
	site uint64 // address of the call
	via  string // of a helper that takes it, or ""
	n    int    // how often it was taken on every path: readers may nest
	may  bool   // and once more on some path
	// cond is the result that decides, with when, whether it was taken.
	cond Value
	when cond
}

// maxHeld bounds the locks of one place; more than lockdep allows (48) is
// code that is misread.
const maxHeld = 64

// entryState is the state at a function's first instruction.
func (c *Code) entryState(cfa uint8) state {
	s := state{slots: map[int64]Value{}, cfa: cfa}
	for r := range unwind.Reg(unwind.MaxReg) {
		s.regs[r] = atEntry(r)
	}
	s.regs[unwind.SP] = onStack(c.isa.entrySP)
	return s
}

func (s *state) clone() state {
	out := *s
	out.slots = maps.Clone(s.slots)
	out.held = slices.Clone(s.held)
	return out
}

// join merges the values of another path into s, the state at the start of
// the block at address at, and reports whether s changed.
func (s *state) join(o *state, at uint64) bool {
	changed := false
	for r := range s.regs {
		if s.regs[r] == o.regs[r] {
			continue
		}
		m := merge(at, unwind.Reg(r))
		if s.regs[r] != m {
			s.regs[r] = m
			changed = true
		}
	}
	for off, v := range s.slots {
		if o.slots[off] != v {
			delete(s.slots, off)
			changed = true
		}
	}
	if s.tested != o.tested {
		s.tested = Value{}
	}
	return changed
}

// joinHeld merges the locks of another path into s: what is held on both is
// held, what is held on one may be.
func (s *state) joinHeld(o *state) bool {
	changed := false
	for i := range s.held {
		h := &s.held[i]
		n, may := 0, true
		if k := find(o.held, h); k >= 0 {
			n, may = min(h.n, o.held[k].n), h.n != o.held[k].n || o.held[k].may
		}
		if n < h.n || may && !h.may {
			h.n, h.may, changed = min(n, h.n), h.may || may, true
		}
	}
	for _, h := range o.held {
		if find(s.held, &h) < 0 && len(s.held) < maxHeld {
			h.n, h.may = 0, true
			s.held = append(s.held, h)
			changed = true
		}
	}
	return changed
}

func find(hs []hold, h *hold) int {
	return slices.IndexFunc(hs, func(x hold) bool {
		return x.addr == h.addr && x.typ == h.typ && x.mode == h.mode && x.when == h.when && x.cond == h.cond
	})
}

// take adds a lock, or takes it once more.
func (s *state) take(h hold) {
	if k := find(s.held, &h); k >= 0 {
		h.n, h.may = min(h.n+s.held[k].n, maxHeld), h.may || s.held[k].may
		s.held = slices.Delete(s.held, k, k+1)
	}
	if len(s.held) < maxHeld {
		s.held = append(s.held, h)
	}
}

// drop releases the k-th lock once.
func (s *state) drop(k int) {
	h := &s.held[k]
	switch {
	case h.n > 1:
		h.n--
	case h.n == 1 && h.may:
		h.n = 0
	default:
		s.held = slices.Delete(s.held, k, k+1)
	}
}
