package link

import (
	"slices"
	"strings"

	"gordian/internal/csource/flow"
	"gordian/internal/csource/ir"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// end judges a function that always returns with a lock held, or always
// releases one that it did not take: half of a pair, or a bug.
func (b *facts) end(f *ir.Func, e *flow.End) {
	if e.Lock.Class == "" || annotated(f) || e.Lock.Via != nil && !(e.Freed && isWrapper(e.Lock.Via.Fn)) {
		return // what a callee does is said there
	}
	if isWrapper(f) && (!e.Freed || isTiny(f) || b.counterpart(f, e)) {
		return
	}
	if b.sums[f.ID].Overflow {
		return
	}
	sites, mixed := b.direct(f), b.mixed(f, e.Lock.Class)
	if e.Lock.Type == model.Semaphore && b.counterpart(f, e) {
		return // nobody owns it: another thread may well release it
	}
	if e.Freed {
		if b.heldAt(sites, e.Lock.Class, mixed, 3) || len(sites) == 0 && b.counterpart(f, e) {
			return
		}
	} else if b.releasedBy(sites, e, 4) || len(sites) == 0 && b.counterpart(f, e) {
		return
	}
	s := srcfact.Slip{Confidence: model.Medium, Locks: []srcfact.Lock{b.lock(&e.Lock, f)}}
	about := func(l *flow.Lock) bool { return l.Class == e.Lock.Class }
	s.Path = b.trace(f, e.Trace, about, 3)
	if e.Freed {
		s.Kind = srcfact.SlipReleaseFree
		l := s.Locks[0]
		st := step(srcfact.StepRelease, f, e.Line, "")
		st.Lock = &l
		s.Path = append(s.Path, st)
		s.Reasons = append(s.Reasons, "nothing in this module leaves it held for this function to release")
	} else {
		s.Kind = srcfact.SlipExitHeld
		s.Path = append(s.Path, step(srcfact.StepReturn, f, e.Line, ""))
		s.Reasons = append(s.Reasons, "nothing in this module releases it for this function")
	}
	if flow.HandedOn(&e.Lock) {
		s.Confidence = model.Low
	} else if len(sites) > 0 && !(e.Freed && mixed) && !isWrapper(f) && !strings.HasSuffix(e.Lock.Class, "()") {
		s.Confidence = model.High
		s.Reasons = append(s.Reasons, "its callers are known")
	}
	b.out.Slips = append(b.out.Slips, s)
}

type callSite struct {
	fn   *ir.Func
	site *flow.Site
}

// callers lists the known calls of a function.
func (b *facts) callers(f *ir.Func) []callSite { return b.callerIndex[f.ID] }

func (b *facts) indexCallers() {
	b.callerIndex = make([][]callSite, len(b.funcs))
	for _, g := range b.funcs {
		if sum := b.sums[g.ID]; sum != nil {
			for i := range sum.Calls {
				s := &sum.Calls[i]
				b.callerIndex[s.Callee.ID] = append(b.callerIndex[s.Callee.ID], callSite{g, s})
			}
		}
	}
}

// heldAt reports whether some caller holds the class, or its callers do and it
// releases it for them. mixed is set if the function itself makes its callers
// lose track of the lock.
func (b *facts) heldAt(sites []callSite, class string, mixed bool, depth int) bool {
	for _, c := range sites {
		for i := range c.site.Held {
			if h := &c.site.Held[i]; h.Class == class || h.Class == "" {
				return true
			}
		}
		if !mixed && b.loses(c.fn, class) {
			return true
		}
		switch held, freed := b.endsWith(c.fn, class); {
		case held:
			return true
		case freed && (depth == 0 || b.heldAbove(c.fn, class, mixed, depth-1)):
			return true
		case depth > 0 && b.heldAt(b.direct(c.fn), class, mixed, depth-1):
			return true // it takes the lock back before it returns
		}
	}
	return false
}

// heldAbove is heldAt for the callers of a function. Nobody knows what unknown
// callers hold.
func (b *facts) heldAbove(f *ir.Func, class string, mixed bool, depth int) bool {
	up := b.direct(f)
	if len(up) == 0 {
		return len(b.entry[f]) == 0
	}
	return b.heldAt(up, class, mixed, depth)
}

// direct lists the calls of a function by its name.
func (b *facts) direct(f *ir.Func) []callSite {
	return slices.DeleteFunc(slices.Clone(b.callers(f)), func(c callSite) bool { return c.site.Indirect })
}

// endsWith reports whether a function returns with a class held, or releases
// it for its callers.
func (b *facts) endsWith(f *ir.Func, class string) (held, freed bool) {
	for i := range b.sums[f.ID].Ends {
		if e := &b.sums[f.ID].Ends[i]; e.Lock.Class == class {
			held, freed = held || !e.Freed, freed || e.Freed
		}
	}
	return held, freed
}

// loses reports whether a class is no longer followed where a function returns.
func (b *facts) loses(f *ir.Func, class string) bool {
	for i := range b.sums[f.ID].Exits {
		if slices.Contains(b.sums[f.ID].Exits[i].Unsure, class) {
			return true
		}
	}
	return false
}

// mixed reports whether only some ways out of a function release a class.
func (b *facts) mixed(f *ir.Func, class string) bool {
	return slices.ContainsFunc(b.sums[f.ID].Exits, func(x flow.Exit) bool {
		return !slices.ContainsFunc(x.Freed, func(l flow.Lock) bool { return l.Class == class })
	})
}

// releasedBy reports whether some caller releases what f leaves held, or
// leaves it to its own callers, of whom one does.
func (b *facts) releasedBy(sites []callSite, e *flow.End, depth int) bool {
	for _, c := range sites {
		held := false
		for _, x := range b.sums[c.fn.ID].Ends {
			if x.Lock.Class == e.Lock.Class && !x.Freed {
				held = true
			}
		}
		if held && depth > 0 {
			up := b.callers(c.fn)
			if len(up) == 0 || b.releasedBy(up, e, depth-1) {
				return true
			}
		}
		for _, s := range b.sums[c.fn.ID].Slips {
			if s.Lock.Class == e.Lock.Class && s.Kind == string(srcfact.SlipExitHeld) {
				held = true
			}
		}
		if !held {
			return true // it returns without the lock
		}
	}
	return false
}

// counterpart reports whether the module has the other half of the pair: a
// function that releases what this one takes, or the reverse.
func (b *facts) counterpart(f *ir.Func, e *flow.End) bool {
	return b.halfOf(f, e.Lock.Class, !e.Freed)
}

// halfOf reports whether a function of f's folder always returns with a class
// held (freed false), or always releases it for somebody else (freed true).
func (b *facts) halfOf(f *ir.Func, class string, freed bool) bool {
	return b.halves[halfKey{f.Unit.Dir, class, freed}] > 0
}

func (b *facts) indexHalves() {
	b.halves = map[halfKey]int{}
	for _, g := range b.funcs {
		b.addHalves(g)
	}
}

func (b *facts) addHalves(g *ir.Func) {
	sum := b.sums[g.ID]
	if sum == nil || isTiny(g) && lockish(g.Name) && len(b.callers(g)) > 0 {
		return // a wrapper that is called: its callers count
	}
	seen := map[halfKey]bool{}
	for i := range sum.Exits {
		for _, l := range sum.Exits[i].Held {
			seen[halfKey{g.Unit.Dir, l.Class, false}] = true
		}
	}
	for _, s := range sum.Slips {
		if s.Kind == string(srcfact.SlipExitHeld) && s.Lock.Type == model.Semaphore {
			seen[halfKey{g.Unit.Dir, s.Lock.Class, false}] = true
		}
	}
	for k, ok := range seen {
		if ok {
			b.halves[k]++
		}
	}
	for _, x := range sum.Ends {
		k := halfKey{g.Unit.Dir, x.Lock.Class, x.Freed}
		if !seen[k] {
			seen[k] = true
			b.halves[k]++
		}
	}
}

type halfKey struct {
	dir   string
	class string
	freed bool
}

func isTiny(f *ir.Func) bool { return f.Calls <= 3 }

// isWrapper reports whether a function is there to lock or unlock.
func isWrapper(f *ir.Func) bool { return lockish(f.Name) }

func lockish(name string) bool {
	name = strings.ToLower(name)
	for _, w := range []string{"lock", "acquire", "release", "enter", "exit", "begin", "_end", "_put", "_get", "grab", "hold", "claim", "freeze", "thaw", "suspend", "resume",
		"seq_start", "seq_stop", "_start", "_stop", "drop", "wait", "quiesce", "disable", "enable", "prepare", "finish", "complete", "done", "park"} {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

func annotated(f *ir.Func) bool {
	for _, a := range f.Attrs {
		switch a.Name {
		case "__acquires", "__releases", "__acquire", "__release", "__must_hold":
			return true
		}
	}
	return false
}
