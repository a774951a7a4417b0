package link

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"gordian/internal/csource/flow"
	"gordian/internal/csource/ir"
	"gordian/internal/csource/lockapi"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// scoped names a class within the part of the kernel where it means one
// thing: a structure that all of the kernel uses has a lock class for each
// driver that initialises it, and two drivers may have structures of one name.
func (p *Program) scoped(l *flow.Lock, at *ir.Func) string {
	c := l.Class
	if c == "" {
		return at.Unit.File + ":" + at.Name + ":" + l.Expr
	}
	if !strings.ContainsAny(c, ".:") { // a global
		return c
	}
	dir := at.Unit.Dir
	if d := l.Decl; d != "" && !everywhere(d) {
		dir = path.Dir(d)
	}
	return c + "@" + dir
}

type facts struct {
	*Program
	ctx     *contexts
	out     *srcfact.Facts
	classes map[model.Ref]*srcfact.Class
	sleeps  map[sleepKey]int // index into out.Slips

	completing  map[completerKey][]completer
	byFile      map[string][]*entry
	callerIndex [][]callSite // by function
	halves      map[halfKey]int
	orderIndex  map[[2]model.Ref]int
}

type sleepKey struct {
	fn   string
	file string
	line int32
}

func (b *facts) function(f *ir.Func) {
	sum := b.sums[f.ID]
	if sum == nil {
		return
	}
	for i := range sum.Orders {
		b.order(f, &sum.Orders[i])
	}
	for i := range sum.Takes {
		b.take(f, &sum.Takes[i])
	}
	for _, s := range sum.Slips {
		b.slip(f, s)
	}
	for i := range sum.Ends {
		b.end(f, &sum.Ends[i])
	}
}

func (b *facts) class(l *srcfact.Lock, f *ir.Func, t *flow.Take) {
	c := b.classes[l.Class]
	if c == nil {
		c = &srcfact.Class{Ref: l.Class, Name: l.Name, Type: l.Type, Single: single(f, &t.Lock), File: t.Lock.Decl}
		b.classes[l.Class] = c
	}
	c.Sites++
	c.Checked = c.Checked || f.Unit.Check
}

// order is one lock taken under another.
func (b *facts) order(f *ir.Func, pr *flow.Pair) {
	from, to := b.lock(&pr.From, f), b.lock(&pr.To.Lock, f)
	if slices.ContainsFunc(b.entry[f], func(e *entry) bool { return slices.Contains(e.holds, pr.To.Lock.Class) }) {
		return // its callers hold it: that is a recursion
	}
	if from.Class == to.Class && from.Subclass == to.Subclass {
		from.Subclass, to.Subclass = twins(f, &pr.From, &pr.To.Lock)
		if from.Subclass == "" {
			return // two instances: only the code's author knows their order
		}
	}
	o := srcfact.Order{From: from, To: to, Try: pr.To.Try, Depth: int(pr.To.Depth), Indirect: int(pr.To.Indirect)}
	o.Relation = relation(f, &pr.From, &pr.To.Lock)
	if isInit(f) {
		o.Relation = srcfact.RelSingle
	}
	if b.doubtful(f, pr) {
		o.Relation = srcfact.RelUnknown
	}
	for i := range pr.Gates {
		g := &pr.Gates[i]
		if g.Mode == model.Write && (single(f, g) || siblings(f, g, &pr.From, &pr.To.Lock)) {
			o.Gates = append(o.Gates, b.lock(g, f).Class)
		}
	}
	o.Gates = append(o.Gates, b.gates(f, 3)...)
	if h := b.ctx.way(f); len(h) > 0 {
		o.Path = append(o.Path, h...)
	}
	o.Path = append(o.Path, b.lockSteps(&pr.From, f)...)
	o.Path = append(o.Path, descend(pr.To, srcfact.StepAcquire, &to)...)
	o.Context = b.ctx.names(f)
	if pr.To.InCtx {
		o.Reasons = append(o.Reasons, "taken only if the code finds itself in a certain context")
	}
	b.out.Orders = append(b.out.Orders, o)
}

// doubtful reports whether an order says little: deliberate in a test, of
// locks that have no better name than the function that returned them, of a
// semaphore that another function gives back, or where there is one CPU only.
func (b *facts) doubtful(f *ir.Func, pr *flow.Pair) bool {
	file := f.Unit.File
	return isTest(file) || strings.HasPrefix(file, "arch/um/") || strings.HasSuffix(pr.From.Class, "()") || strings.HasSuffix(pr.To.Lock.Class, "()") || pr.To.Lost ||
		pr.From.Type == model.Semaphore && b.halfOf(f, pr.From.Class, true)
}

// gates lists the single locks that every known caller of a static function
// holds: they exclude each other's callers.
func (b *facts) gates(f *ir.Func, depth int) []model.Ref {
	if depth == 0 || !f.Static || len(b.entry[f]) > 0 {
		return nil
	}
	var out []model.Ref
	for i, c := range b.callers(f) {
		held := b.gates(c.fn, depth-1)
		for j := range c.site.Held {
			if h := &c.site.Held[j]; h.Mode == model.Write && single(c.fn, h) {
				held = append(held, b.lock(h, c.fn).Class)
			}
		}
		if i == 0 {
			out = held
			continue
		}
		out = slices.DeleteFunc(out, func(r model.Ref) bool { return !slices.Contains(held, r) })
	}
	return out
}

// way is the best known way to a function.
func (c *contexts) way(f *ir.Func) []srcfact.Step {
	for _, r := range []*reach{c.process, c.softirq, c.hardirq} {
		if r.from[f.ID] != nil {
			return r.way(f)
		}
	}
	return nil
}

func (c *contexts) names(f *ir.Func) string {
	var out []string
	for _, x := range []struct {
		r *reach
		n model.Context
	}{{c.process, model.Process}, {c.softirq, model.Softirq}, {c.hardirq, model.Hardirq}} {
		if x.r.from[f.ID] != nil {
			out = append(out, string(x.n))
		}
	}
	return strings.Join(out, ",")
}

// single reports whether a lock is one object: a global that is no array.
func single(f *ir.Func, l *flow.Lock) bool {
	if l.Path == 0 {
		return l.Class != "" && !strings.Contains(l.Class, ".")
	}
	for id := l.Path; id != 0; {
		p := &f.Paths[id]
		switch p.Kind {
		case ir.GlobalPath:
			return true
		case ir.FieldPath:
			if base := &f.Paths[p.Base]; base.Type != nil && base.Type.Kind == 3 || base.Name == "current" {
				return false // through a pointer
			}
			id = p.Base
		default:
			return false
		}
	}
	return false
}

// twins tells two locks of one class apart by the members of one object that
// lead to them: bus->inlet->busy and bus->outlet->busy. "" if that is not so.
func twins(f *ir.Func, a, b *flow.Lock) (string, string) {
	owner := func(l *flow.Lock) *ir.Path { // of the lock
		if p := &f.Paths[l.Path]; l.Path != 0 && p.Kind == ir.FieldPath {
			return &f.Paths[p.Base]
		}
		return &ir.Path{}
	}
	x, y := owner(a), owner(b)
	if x.Kind != ir.FieldPath || y.Kind != ir.FieldPath || x.Base != y.Base || x.Name == y.Name || x.Owner == "" || y.Owner == "" {
		return "", ""
	}
	return x.Owner + "." + x.Name, y.Owner + "." + y.Name
}

// siblings reports whether three locks are members of one object. A gate that
// is one of them shuts out those who want the other two of the same object;
// as both ends of the order are that object's, no other one is meant.
func siblings(f *ir.Func, gate, from, to *flow.Lock) bool {
	base := func(l *flow.Lock) ir.PathID {
		if p := &f.Paths[l.Path]; l.Path != 0 && p.Kind == ir.FieldPath {
			return p.Base
		}
		return 0
	}
	b := base(gate)
	return b != 0 && b == base(from) && b == base(to)
}

// relation says how two locks' objects belong together.
func relation(f *ir.Func, a, b *flow.Lock) srcfact.Relation {
	ga, gb := single(f, a), single(f, b)
	switch {
	case ga && gb:
		return srcfact.RelSame
	case a.Path == 0 || b.Path == 0:
		if ga || gb {
			return srcfact.RelGlobal
		}
		return srcfact.RelUnknown
	}
	pa, pb := &f.Paths[a.Path], &f.Paths[b.Path]
	if pa.Kind == ir.FieldPath && pb.Kind == ir.FieldPath && pa.Base == pb.Base {
		return srcfact.RelSame
	}
	ra, rb := rootOf(f, a.Path), rootOf(f, b.Path)
	if f.Paths[ra].Kind == ir.FreshPath || f.Paths[rb].Kind == ir.FreshPath {
		if isAlloc(f.Paths[ra].Name) || isAlloc(f.Paths[rb].Name) {
			return srcfact.RelFreshObj
		}
	}
	switch {
	case ga || gb:
		return srcfact.RelGlobal
	case ra == rb:
		return srcfact.RelLinked
	case within(f, ra, rb) || within(f, rb, ra):
		return srcfact.RelLinked
	}
	return srcfact.RelUnknown
}

// within reports whether path a is reached through a call with b.
func within(f *ir.Func, a, b ir.PathID) bool {
	for _, x := range f.Paths[a].Args {
		if x != 0 && rootOf(f, x) == b {
			return true
		}
	}
	return false
}

func isAlloc(name string) bool {
	return strings.Contains(name, "alloc") || strings.Contains(name, "create") || strings.HasPrefix(name, "new")
}

func rootOf(f *ir.Func, id ir.PathID) ir.PathID {
	for n := 0; n < 64 && f.Paths[id].Base != 0; n++ {
		id = f.Paths[id].Base
	}
	return id
}

// take is an acquisition: what it says of interrupts depends on who calls.
func (b *facts) take(f *ir.Func, t *flow.Take) {
	l := b.lock(&t.Lock, f)
	b.class(&l, f, t)
	switch t.Lock.Type {
	case model.Spinlock, model.RawSpinlock, model.RWLock, model.Seqlock, model.BitLock:
	default:
		return
	}
	if t.Try || isInit(f) {
		return
	}
	if b.library(f, &t.Lock) {
		return
	}
	if b.chosen(f, t) {
		return
	}
	off := t.Hard == flow.Off || t.Lock.IRQ == lockapi.IRQPlain || t.Lock.IRQ == lockapi.IRQFlags
	bh := off || t.BH || t.Lock.IRQ == lockapi.IRQBottom
	b.use(f, l, t, b.ctx.hardirq, model.Hardirq, false)
	b.use(f, l, t, b.ctx.softirq, model.Softirq, false)
	if !off && !t.Quiet && !b.outside(f, t.Lock.Line) {
		b.use(f, l, t, b.ctx.hardOn, model.Hardirq, true)
	}
	if !bh {
		b.use(f, l, t, b.ctx.softOn, model.Softirq, true)
	}
}

// chosen reports whether a parameter decides if a function turns interrupts off
// with this lock: "if (irq) spin_lock(l); else spin_lock_irqsave(l, flags);".
// Who calls it from where, an interrupt or not, is told by that parameter,
// which is not followed here.
func (b *facts) chosen(f *ir.Func, t *flow.Take) bool {
	if t.Lock.IRQ == lockapi.IRQPlain || t.Lock.IRQ == lockapi.IRQFlags || len(b.entry[f]) > 0 || b.ctx.hardirq.from[f.ID] == nil && b.ctx.softirq.from[f.ID] == nil {
		return false
	}
	takes := b.sums[f.ID].Takes
	for i := range takes {
		u := &takes[i]
		if u.Lock.Class == t.Lock.Class && u.Lock.IRQ != t.Lock.IRQ && exclude(t.When, u.When) {
			return true
		}
	}
	return false
}

// exclude reports whether two conditions on parameters cannot both hold.
func exclude(a, c []flow.Guard) bool {
	for _, g := range a {
		for _, h := range c {
			if g.Param == h.Param && g.Mask == h.Mask && (g.Bits&h.Bits == 0 || g.Eq != "" && (h.Eq != "" && disjoint(g.Eq, h.Eq) || h.Ne == g.Eq) || h.Eq != "" && g.Ne == h.Eq) {
				return true
			}
		}
	}
	return false
}

func disjoint(a, c string) bool {
	in := flow.OneOf(c)
	return !slices.ContainsFunc(flow.OneOf(a), func(x string) bool { return slices.Contains(in, x) })
}

// library reports whether a lock is an argument's, of a structure that all of
// the kernel has, in a function that other folders call: each caller means
// other locks, of other classes.
func (b *facts) library(f *ir.Func, l *flow.Lock) bool {
	if f.Static || l.Path == 0 || !everywhere(l.Decl) {
		return false
	}
	p := &f.Paths[l.Path]
	if p.Kind != ir.FieldPath || f.Paths[p.Base].Kind != ir.ParamPath {
		return false
	}
	return slices.ContainsFunc(b.callers(f), func(c callSite) bool { return c.fn.Unit.Dir != f.Unit.Dir })
}

func (b *facts) use(f *ir.Func, l srcfact.Lock, t *flow.Take, r *reach, ctx model.Context, enabled bool) {
	h := r.from[f.ID]
	if h == nil && enabled && t.Hard == flow.On {
		h = &hop{sure: model.Medium}
	}
	if h == nil {
		return
	}
	u := srcfact.Use{Lock: l, Context: ctx, Enabled: enabled, Sure: h.sure}
	if h.depth > 4 {
		u.Sure = lower(u.Sure)
	}
	u.Driver, u.Home = b.module[r.root(f).Unit], b.module[f.Unit]
	u.Path = append(r.way(f), b.lockSteps(&t.Lock, f)...)
	b.out.Uses = append(b.out.Uses, u)
}

// slip is a rule that a path broke by itself.
func (b *facts) slip(f *ir.Func, s *flow.Slip) {
	if s.Kind == string(srcfact.SlipExitHeld) && s.Lock.Class != "" && b.halfOf(f, s.Lock.Class, true) {
		s.Conf = lower(s.Conf) // another function releases it: perhaps for this one
		if s.Lock.Type == model.Semaphore {
			s.Conf = model.Low
		}
	}
	if strings.HasSuffix(s.Lock.Class, "()") {
		if s.Kind != string(srcfact.SlipSleep) {
			s.Conf = model.Low // it has no better name than what returned it
		} else if s.Lock.Via != nil {
			s.Conf = lower(s.Conf) // who releases it may know it by another
		}
	}
	if isCore(f.Unit) {
		s.Conf = lower(s.Conf)
		s.Why = append(slices.Clip(s.Why), "this file implements what is taken for granted elsewhere: its callers have rules of their own")
	}
	o := srcfact.Slip{Kind: srcfact.SlipKind(s.Kind), Confidence: s.Conf, Reasons: s.Why, Atomic: s.Atomic}
	if s.Lock.Class != "" || s.Lock.Expr != "" {
		o.Locks = append(o.Locks, b.lock(&s.Lock, f))
	}
	for i := range s.Peers {
		l := b.lock(&s.Peers[i], f)
		st := step(srcfact.StepRelease, f, s.Peers[i].Line, "")
		st.Lock = &l
		o.Peers = append(o.Peers, st)
	}
	about := func(l *flow.Lock) bool {
		return s.Lock.Class == "" || l.Class == s.Lock.Class || l.Path == s.Lock.Path
	}
	o.Path = b.trace(f, s.Trace, about, 4)
	o.Path = append(o.Path, b.last(f, s)...)
	if isInit(f) && (o.Kind == srcfact.SlipReacquire || o.Kind == srcfact.SlipSleep) {
		o.Reasons = append(o.Reasons, "it runs once, at initialisation")
	}
	b.out.Slips = append(b.out.Slips, o)
}

// last is the slip itself.
func (b *facts) last(f *ir.Func, s *flow.Slip) []srcfact.Step {
	l := b.lock(&s.Lock, f)
	switch srcfact.SlipKind(s.Kind) {
	case srcfact.SlipExitHeld, srcfact.SlipIRQLeft:
		return []srcfact.Step{step(srcfact.StepReturn, f, s.Line, s.Ret)}
	case srcfact.SlipReleaseFree, srcfact.SlipReleaseTwice:
		st := step(srcfact.StepRelease, f, s.Line, "")
		st.Lock = &l
		return []srcfact.Step{st}
	case srcfact.SlipSleep:
		return descend(s.Event, srcfact.StepSleep, nil)
	case srcfact.SlipWait:
		return descend(s.Event, srcfact.StepWait, nil)
	case srcfact.SlipReacquire, srcfact.SlipUpgrade:
		to := b.lock(&s.Event.Lock, f)
		return descend(s.Event, srcfact.StepAcquire, &to)
	case srcfact.SlipIRQEnable:
		if s.Event != nil {
			return descend(s.Event, srcfact.StepIRQ, nil)
		}
	}
	st := step(srcfact.StepIRQ, f, s.Line, s.Ret)
	if s.Lock.Class != "" {
		st.Lock = &l
	}
	return []srcfact.Step{st}
}

// isTest reports whether a file is there to do wrong what it tests.
func isTest(file string) bool {
	name := path.Base(file)
	return strings.Contains(name, "selftest") || strings.Contains(name, "kunit") || (strings.HasPrefix(file, "lib/") || strings.HasPrefix(file, "kernel/")) && strings.Contains(name, "test")
}

// finish sorts, and drops what concerns no checked file.
func (b *facts) finish() {
	checked := map[string]bool{}
	for _, u := range b.units {
		if u.Check {
			checked[u.File] = true
		}
	}
	touches := func(paths ...[]srcfact.Step) bool {
		for _, p := range paths {
			for i := range p {
				if checked[p[i].File] {
					return true
				}
			}
		}
		return false
	}
	b.out.Slips = slices.DeleteFunc(b.out.Slips, func(s srcfact.Slip) bool { return len(s.Path) == 0 || !touches(s.Path, s.Other) })
	for i := range b.out.Slips {
		if s := &b.out.Slips[i]; isTest(s.Path[len(s.Path)-1].File) {
			s.Confidence = lower(s.Confidence)
		}
	}
	for _, c := range b.classes {
		b.out.Classes = append(b.out.Classes, *c)
	}
	slices.SortFunc(b.out.Classes, func(a, c srcfact.Class) int { return cmp.Compare(a.Ref, c.Ref) })
}
