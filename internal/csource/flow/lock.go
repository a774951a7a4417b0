package flow

import (
	"slices"
	"strings"

	"gordian/internal/csource/ctype"
	"gordian/internal/csource/ir"
	"gordian/internal/csource/lockapi"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// lockOf is the lock (or the thing waited for) that an effect of a call is about.
func (r *run) lockOf(e *lockapi.Effect, in *ir.Instr, api string) Lock {
	l := Lock{Fn: r.fn, Type: e.Type, Mode: e.Mode, API: api, Nest: e.Nest, IRQ: e.IRQ, Line: in.Line, Sleeps: e.Type == model.BitLock && !strings.Contains(api, "spin") && !strings.Contains(api, "hlist_bl")}
	if l.Mode == "" {
		l.Mode = model.Write
	}
	args := in.Call.Args
	switch {
	case e.Global != "":
		l.Path = r.book.global(e.Global)
	case e.Arg >= 0 && e.Arg < len(args):
		l.Path = args[e.Arg].Path
	case e.Arg == -2:
		l.Path = in.Dst
	}
	if e.Member != "" {
		l.Path = r.book.member(l.Path, e.Struct, e.Member)
		if l.Path == 0 {
			l.Class = e.Struct + "." + e.Member[strings.LastIndexByte(e.Member, '.')+1:]
		}
	}
	if l.Path != 0 {
		l.Class, l.Decl = classOf(r.fn, l.Path), r.fn.Paths[l.Path].Decl
		l.Expr = r.fn.Paths[l.Path].Text
		if e.Arg >= 0 && e.Arg < len(args) && args[e.Arg].Kind == ir.AddrVal && e.Member == "" {
			l.Expr = "&" + l.Expr
		}
	} else if e.Arg >= 0 && e.Arg < len(args) {
		l.Expr = args[e.Arg].Text
	}
	l.Path = r.named(l.Path)
	if e.Subclass >= 0 && e.Subclass < len(args) {
		if l.Sub = args[e.Subclass].Text; l.Sub == "" {
			l.Sub = "nested"
		} else if l.Sub == "0" {
			l.Sub = ""
		}
	}
	if e.Flags >= 0 && e.Flags < len(args) {
		l.Flags = args[e.Flags].Atom
	}
	return l
}

// named is the name under which a function keeps a lock that a call returned:
// "vmf->ptl = ptl" makes all that is done to ptl be done to vmf->ptl, which is
// what other functions know.
func (r *run) named(id ir.PathID) ir.PathID {
	if to := r.names[id]; to != 0 {
		return to
	}
	return id
}

// findNames looks for the only place where each lock that a call returned is kept.
func (r *run) findNames() {
	for i := range r.fn.Blocks {
		for j := range r.fn.Blocks[i].Instrs {
			in := &r.fn.Blocks[i].Instrs[j]
			if in.Call != nil || in.Dst == 0 || in.Src.Path == 0 || in.Src.Path == in.Dst || !r.keepsLock(in) {
				continue
			}
			if r.names == nil {
				r.names = map[ir.PathID]ir.PathID{}
			}
			if old, ok := r.names[in.Src.Path]; ok && old != in.Dst {
				r.names[in.Src.Path] = 0
				continue
			}
			r.names[in.Src.Path] = in.Dst
		}
	}
}

// keepsLock reports whether an assignment keeps a pointer to a lock that has no
// better name than the call it came from. A local that only stands for the
// call is no better.
func (r *run) keepsLock(in *ir.Instr) bool {
	switch r.fn.Paths[in.Src.Path].Kind {
	case ir.CallPath, ir.FreshPath:
	default:
		return false
	}
	t := r.fn.Paths[in.Dst].Type
	return t != nil && t.Kind == ctype.Pointer && r.typeOf(in.Dst) != "" && (r.fn.Paths[in.Dst].Kind != ir.LocalPath || r.passed(in.Dst))
}

// passed reports whether an object is an argument of some call.
func (r *run) passed(id ir.PathID) bool {
	for i := range r.fn.Blocks {
		for j := range r.fn.Blocks[i].Instrs {
			if c := r.fn.Blocks[i].Instrs[j].Call; c != nil && slices.ContainsFunc(c.Args, func(v ir.Val) bool { return v.Path == id }) {
				return true
			}
		}
	}
	return false
}

// spins reports whether holding a lock of this type forbids to sleep.
func spins(t model.LockType) bool {
	switch t {
	case model.Spinlock, model.RawSpinlock, model.RWLock, model.BitLock, model.Seqlock:
		return true
	}
	return false
}

// HandedOn reports whether a lock is one that its owner may leave to others:
// the end of the input or output unlocks pages and buffers.
func HandedOn(l *Lock) bool {
	return l.Type == model.BitLock && (strings.Contains(l.API, "page") || strings.Contains(l.API, "folio") || strings.Contains(l.API, "buffer"))
}

// acquire takes a lock in this state.
func (r *run) acquire(s *state, l Lock, try bool) {
	r.exists(s, &l)
	if l.Type == model.RCU {
		s.rcu++
		return
	}
	ev := r.acquireEvent(s, &l, try)
	if r.emit {
		r.emitAcquire(s, ev)
		r.addTake(s, l, try)
	}
	r.irqBefore(s, &l)
	s.note(string(srcfact.StepAcquire), l.Line, "", &l)
	for i := range s.freed {
		if same(&s.freed[i], &l) && s.freed[i].Mode == l.Mode {
			s.freed = append(append([]Lock(nil), s.freed[:i]...), s.freed[i+1:]...)
			return
		}
	}
	r.takesIt(s, &l)
	if detached(s.held, &l) < 2 && len(s.held) < 24 {
		s.held = append(s.held[:len(s.held):len(s.held)], l)
	} else {
		s.makeUnsure(l.Class)
	}
}

// exists notes that the object of a lock that is taken is there: "if (p) unlock(&p->lock)"
// after it has one way only.
func (r *run) exists(s *state, l *Lock) {
	if l.Path == 0 || r.fn.Paths[l.Path].Kind != ir.FieldPath {
		return
	}
	base := r.fn.Paths[l.Path].Base
	if r.objects == nil {
		r.objects = r.pointerAtoms()
	}
	for _, a := range r.objects[base] {
		if v := &s.vals[r.slot[a]]; v.bits&^ir.Zero != 0 {
			v.bits &^= ir.Zero
		}
	}
}

// pointerAtoms finds the atoms that are the value of a pointer, by its path.
func (r *run) pointerAtoms() map[ir.PathID][]ir.AtomID {
	out := map[ir.PathID][]ir.AtomID{}
	add := func(v ir.Val) {
		if v.Kind == ir.PathVal && v.Path != 0 && v.Atom != 0 && r.slot[v.Atom] >= 0 && !slices.Contains(out[v.Path], v.Atom) {
			out[v.Path] = append(out[v.Path], v.Atom)
		}
	}
	texts := map[string]ir.AtomID{}
	for a := range r.fn.Atoms {
		texts[r.fn.Atoms[a].Text] = ir.AtomID(a)
	}
	for id := range r.fn.Paths {
		if p := &r.fn.Paths[id]; p.Kind == ir.LocalPath || p.Kind == ir.ParamPath {
			add(ir.Val{Kind: ir.PathVal, Path: ir.PathID(id), Atom: texts[p.Text]})
		}
	}
	for i := range r.fn.Blocks {
		for j := range r.fn.Blocks[i].Instrs {
			in := &r.fn.Blocks[i].Instrs[j]
			add(in.Src)
			if in.Call != nil {
				for _, a := range in.Call.Args {
					add(a)
				}
			}
			if in.Dst != 0 && in.Src.Path != 0 && in.Atom != 0 && r.fn.Paths[in.Dst].Kind == ir.LocalPath {
				add(ir.Val{Kind: ir.PathVal, Path: in.Src.Path, Atom: in.Atom})
			}
		}
	}
	return out
}

// takesIt remembers that the function takes a lock which it cannot hold. After
// a callee of which not all is known it may have had it.
func (r *run) takesIt(s *state, l *Lock) {
	if !r.emit && l.Path != 0 && !s.hidden && !s.isUnsure(l.Class) && findFreed(s, l) < 0 {
		r.takes[l.Path] = true
	}
}

// detached counts the held locks of l's class that nobody can name any more:
// a loop that takes one more in each pass must not go on for ever.
func detached(held []Lock, l *Lock) int {
	n := 0
	for i := range held {
		h := &held[i]
		if h.Path != 0 && h.Path == l.Path || h.Path == 0 && h.Type == l.Type && h.Class != "" && h.Class == l.Class || h.Path == 0 && h.Class == "" && l.Path == 0 && h.Expr == l.Expr {
			n++
		}
	}
	return n
}

// same reports whether two names mean one lock.
func same(a, b *Lock) bool {
	if a.Path != 0 || b.Path != 0 {
		return a.Path == b.Path
	}
	return a.Class == b.Class && a.Expr == b.Expr
}

// release drops a lock.
func (r *run) release(s *state, l Lock) {
	if l.Type == model.RCU {
		s.rcu--
		return
	}
	i := r.match(s, &l)
	if i < 0 {
		r.releaseUnheld(s, &l)
		r.irqAfter(s, &l)
		return
	}
	h := s.held[i]
	r.modes(s, &h, &l)
	s.held = append(append([]Lock(nil), s.held[:i]...), s.held[i+1:]...)
	s.note(string(srcfact.StepRelease), l.Line, "", &l)
	if h.Entry {
		s.freed = append(s.freed[:len(s.freed):len(s.freed)], l)
	} else if l.Path != 0 {
		s.past = remember(s.past, l)
	}
	r.irqAfter(s, &l)
}

// modes looks for a lock that is released as a writer's though it is held as a
// reader's, or the reverse.
func (r *run) modes(s *state, h, l *Lock) {
	if h.Path == 0 || h.Path != l.Path || h.Entry || s.isUnsure(h.Class) || h.Mode.Shared() == l.Mode.Shared() || h.Type != l.Type {
		return
	}
	if findFreed(s, h) < 0 && (l.Type == model.RWLock || l.Type == model.RWSem || l.Type == model.PercpuRWSem) {
		r.slip(s, &Slip{Kind: string(srcfact.SlipReleaseFree), Line: l.Line, Lock: *l, Conf: model.High,
			Why: []string{"it is held in the other mode here, taken by " + h.API + "()"}})
	}
}

// remember keeps the last release of each lock.
func remember(past []Lock, l Lock) []Lock {
	out := make([]Lock, 0, len(past)+1)
	for _, p := range past {
		if !same(&p, &l) {
			out = append(out, p)
		}
	}
	if len(out) >= 8 {
		out = out[1:]
	}
	return append(out, l)
}

// match finds the held lock that a release means: the same object, else the
// only one of its class, else the only one of its type if the class is not
// known. An object that was reached in two ways is no bug.
func (r *run) match(s *state, l *Lock) int {
	for i := len(s.held) - 1; i >= 0; i-- {
		if same(&s.held[i], l) && l.Path != 0 {
			return i
		}
	}
	found := -1
	for i := range s.held {
		h := &s.held[i]
		if h.Class != "" && h.Class == l.Class || (l.Class == "" || h.Class == "") && h.Type == l.Type {
			found = i
		}
	}
	return found
}

// releaseUnheld drops what this path did not take: either the caller holds
// it, or this is wrong.
func (r *run) releaseUnheld(s *state, l *Lock) {
	if l.Path == 0 && l.Class == "" || s.isUnsure(l.Class) || s.hidden && !visible(r.fn, l.Path) {
		return
	}
	for _, list := range [][]Lock{s.freed, s.past} {
		for i := range list {
			if same(&list[i], l) && l.Path != 0 {
				conf := model.High
				if l.Type == model.Semaphore || l.Sleeps || l.Type == model.BitLock {
					if list[i].Line == l.Line {
						return // it counts: a loop gives all of it back
					}
					conf = model.Low
				}
				r.slip(s, &Slip{Kind: string(srcfact.SlipReleaseTwice), Line: l.Line, Lock: *l, Conf: conf,
					Why: []string{"this path released it before and did not take it again"}})
				return
			}
		}
	}
	s.note(string(srcfact.StepRelease), l.Line, "", l)
	s.freed = append(s.freed[:len(s.freed):len(s.freed)], *l)
}

// downgrade turns a write lock into a read lock, this function's or its caller's.
func (r *run) downgrade(s *state, l Lock) {
	if i := r.match(s, &l); i >= 0 {
		s.held = append([]Lock(nil), s.held...)
		s.held[i].Mode = model.Read
		return
	}
	if l.Path == 0 || s.isUnsure(l.Class) || findFreed(s, &l) >= 0 {
		return
	}
	l.Mode = model.Write
	s.freed = append(s.freed[:len(s.freed):len(s.freed)], l)
	l.Mode = model.Read
	s.held = append(s.held[:len(s.held):len(s.held)], l)
}

// assertHeld is lockdep_assert_held(): the caller holds it.
func (r *run) assertHeld(s *state, l Lock) {
	if l.Path == 0 || r.match(s, &l) >= 0 || l.Type == model.RCU {
		return
	}
	for i := range s.freed {
		if same(&s.freed[i], &l) {
			return
		}
	}
	l.Entry = true
	if l.Type == "" {
		l.Type = r.typeOf(l.Path)
	}
	if l.Type == "" {
		return
	}
	s.held = append(s.held[:len(s.held):len(s.held)], l)
}

// typeOf finds the lock type of an object by its declaration.
func (r *run) typeOf(id ir.PathID) model.LockType {
	t := r.fn.Paths[id].Type
	for t != nil && t.Elem != nil {
		t = t.Elem
	}
	if t == nil {
		return ""
	}
	if lt := r.tab.LockType("struct " + t.Tag); lt != "" {
		return lt
	}
	return r.tab.LockType(t.Tag)
}

// assume takes what annotations of the function promise.
func (r *run) assume(s *state) {
	for _, a := range r.fn.Attrs {
		if a.Name == "__must_hold" && a.Path != 0 {
			l := Lock{Fn: r.fn, Path: a.Path, Class: classOf(r.fn, a.Path), Mode: model.Write, Line: r.fn.Line, Expr: "&" + r.fn.Paths[a.Path].Text}
			r.assertHeld(s, l)
		}
	}
}

// irqBefore is what a lock primitive does to interrupts before it takes the lock.
func (r *run) irqBefore(s *state, l *Lock) {
	switch l.IRQ {
	case lockapi.IRQPlain:
		r.irqOff(s, 0, l.Line, l.API)
	case lockapi.IRQFlags:
		r.irqOff(s, l.Flags, l.Line, l.API)
	case lockapi.IRQBottom:
		s.bh++
	}
}

// irqAfter is what it does after it released the lock.
func (r *run) irqAfter(s *state, l *Lock) {
	switch l.IRQ {
	case lockapi.IRQPlain:
		r.irqOn(s, l.Line, l.API, l)
	case lockapi.IRQFlags:
		r.irqRestore(s, l.Flags, l.Line, l.API)
	case lockapi.IRQBottom:
		s.bh--
	}
}

// irqOff turns interrupts off; flags is where the state is saved, 0 for _irq.
func (r *run) irqOff(s *state, flags ir.AtomID, line int32, api string) {
	if flags != 0 && r.ownFlags(flags) {
		for i := range s.regions {
			if s.regions[i].flags == flags {
				r.slip(s, &Slip{Kind: string(srcfact.SlipFlagsReused), Line: line, Lock: lockAt(s, s.regions[i].line), Conf: model.High, Ret: r.fn.Atoms[flags].Text,
					Why: []string{r.fn.Atoms[flags].Text + " still holds the state that " + s.regions[i].api + "() saved"}})
			}
		}
	}
	if len(s.regions) < 8 {
		s.regions = append(s.regions[:len(s.regions):len(s.regions)], region{flags: flags, prev: s.hard, line: line, api: api})
	}
	s.hard = Off
}

// lockAt finds the held lock that was taken at a line.
func lockAt(s *state, line int32) Lock {
	for i := range s.held {
		if s.held[i].Line == line {
			return s.held[i]
		}
	}
	return Lock{}
}

// ownFlags reports whether a flags variable is a plain local, so that nobody
// else restores it.
func (r *run) ownFlags(a ir.AtomID) bool {
	if a <= 0 {
		return false
	}
	t := &r.fn.Atoms[a]
	return !r.given[a] && t.Param < 0 && len(t.Deps) == 1 && t.Deps[0] == t.Text && !strings.ContainsAny(t.Text, ".>*[")
}

// irqOn turns interrupts on, whatever they were.
func (r *run) irqOn(s *state, line int32, api string, l *Lock) {
	n := len(s.regions)
	if n == 0 {
		if s.hard == AsEntry && l == nil {
			r.enables(s, line, api, nil)
		}
		s.hard = On
		return
	}
	top := s.regions[n-1]
	s.regions = append([]region(nil), s.regions[:n-1]...)
	switch {
	case top.prev == Off:
		sl := &Slip{Kind: string(srcfact.SlipIRQEnable), Line: line, Conf: model.High,
			Why: []string{api + "() turns interrupts on, but " + s.regions[len(s.regions)-1].api + "() turned them off before"}}
		if l != nil {
			sl.Lock = *l
		}
		r.slip(s, sl)
	case top.prev == AsEntry && top.flags == 0:
		r.enables(s, line, api, l)
	}
	s.hard = On
}

// enables notes for callers that interrupts are on from here.
func (r *run) enables(s *state, line int32, api string, l *Lock) {
	if !r.emit {
		return
	}
	e := &Event{Fn: r.fn, Line: line, API: api, GFP: -1, When: r.guards(s), Dropped: s.freed, Bare: s.hard == AsEntry}
	if l != nil {
		e.Lock = *l
	}
	r.addEvent(&r.sum.Enables, e)
}

// irqRestore restores the state that flags holds.
func (r *run) irqRestore(s *state, flags ir.AtomID, line int32, api string) {
	for i := len(s.regions) - 1; i >= 0; i-- {
		if s.regions[i].flags != flags {
			continue
		}
		if top := s.regions[len(s.regions)-1]; i < len(s.regions)-1 && top.flags > 0 && r.ownFlags(flags) && r.ownFlags(top.flags) {
			r.slip(s, &Slip{Kind: string(srcfact.SlipFlagsOrder), Line: line, Conf: model.Medium, Ret: r.fn.Atoms[flags].Text, Lock: lockAt(s, top.line),
				Why: []string{"the state saved last, in " + r.fn.Atoms[top.flags].Text + ", is restored after this"}})
		}
		prev := s.regions[i].prev
		rest := append([]region(nil), s.regions[:i]...)
		s.regions = append(rest, s.regions[i+1:]...)
		s.hard = prev
		if len(s.regions) > i {
			// An inner region goes on: its own restore decides.
			s.regions[i].prev = prev
			if prev == AsEntry {
				s.hard = AsEntry
			}
		}
		return
	}
	if n := len(s.regions); n > 0 { // saved by another name
		s.hard = s.regions[n-1].prev
		s.regions = append([]region(nil), s.regions[:n-1]...)
		return
	}
	s.hard = Restored
}
