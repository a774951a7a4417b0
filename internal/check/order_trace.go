package check

import (
	"slices"
	"strings"

	"gordian/internal/engine"
	"gordian/internal/model"
)

// traced reports whether all edges were seen in running kernels, so that no
// report explains them.
func (v *view) traced(edges []model.Edge) bool {
	for _, e := range edges {
		if !slices.ContainsFunc(e.Why, v.isTrace) {
			return false
		}
	}
	return true
}

func (v *view) isTrace(p model.Provenance) bool { return v.inputKind(p.Input) == model.InputTrace }

// tracedOrder reports a cycle of orders that tasks of running kernels took.
//
// It is sure only if the same lock instances were taken both ways: classes of
// locks may have an order among their instances that classes do not show.
func (v *view) tracedOrder(c engine.OrderCycle) model.Finding {
	if again(c) {
		return v.tracedAgain(c)
	}
	f := v.finding(pick(slices.ContainsFunc(c.Edges, v.waitedFor), "wait-under-lock", "lock-order-inversion"))
	names := refNames(c.Classes)
	met := instancesMeet(c.Edges)
	f.Verdict = model.CouldDeadlock
	user := v.ofProgram(c)
	v.sureness(&f, c, met)
	if user && c.Derived > 0 {
		reused(&f)
	}
	f.Title = "lock order inversion: " + list(names, 4)
	if c.Recursive() {
		f.Title = "two locks of " + names[0] + " are taken in both orders"
	}
	f.Fingerprint = model.Fingerprint(f.Rule, sortedCopy(names)...)
	for _, e := range c.Edges {
		v.addTracedEdge(&f, e)
	}
	f.Explanation = v.tellTraced(c, met)
	if !c.Recursive() {
		f.Fix = slices.DeleteFunc(f.Fix, func(x model.Fix) bool { return x.Title == fixNesting().Title && !siblings(names) })
	}
	if i := slices.IndexFunc(c.Edges, v.waitedFor); i >= 0 {
		d := v.docs["wait-under-lock"]
		f.Fix, f.Verify = slices.Clone(d.Fixes), slices.Clone(d.Verify)
		e := c.Edges[i]
		f.Title = e.To.Name() + " is waited for" + inFn(e.Func) + " under " + e.From.Name() + ", which it needs"
		ownFix(&f, "Release "+e.From.Name()+" before waiting"+inFn(e.Func),
			"Under "+e.From.Name()+" mark the object as closing so that nothing new is started, release it, then wait for "+e.To.Name()+".")
	} else if len(names) > 1 {
		ownFix(&f, "Make all paths take these locks in one order", "The orders seen are "+orderText(c.Edges)+": change one of them.")
	}
	addClassFixes(&f, 1, names)
	if user {
		f.Explanation = strings.Replace(f.Explanation, "A running kernel", "A running program", 1)
		f.Explanation = strings.Replace(f.Explanation, " The same locks were seen in each order.", "", 1)
		f.Fix = slices.DeleteFunc(f.Fix, func(x model.Fix) bool { return x.Title == fixNesting().Title || x.Title == fixTrylock().Title })
		f.Verify = []string{"Run the same load on the repaired program under `gordian trace user order`: it must not report these locks again."}
		return f
	}
	if slices.ContainsFunc(f.Locks, func(l model.LockInfo) bool { return l.Type == model.Semaphore }) {
		f.Verify = []string{"Run the same load on the fixed kernel under `gordian trace order`: it must not report these locks again. " + noLockdep}
	}
	return f
}

// again reports whether a cycle is one lock that its reader read again.
func again(c engine.OrderCycle) bool {
	return c.Recursive() && slices.ContainsFunc(c.Edges[0].Pairs, func(p model.LockPair) bool { return p.From == p.To })
}

// tracedAgain reports a reader that read a lock which it was reading already:
// kernel/locking/rwsem.c lets no reader pass a writer that waits.
func (v *view) tracedAgain(c engine.OrderCycle) model.Finding {
	f := v.finding("recursive-lock")
	e := c.Edges[0]
	name := e.From.Name()
	f.Verdict, f.Confidence = model.CouldDeadlock, model.Medium
	f.Title = name + " is read again by its reader" + inFn(e.Func)
	f.Fingerprint = model.Fingerprint(f.Rule, name)
	v.addTracedEdge(&f, e)
	who := label(e.Comm, e.PID)
	f.Explanation = who + " took " + name + " for reading" + inFn(e.Func) + " while it had the same lock for reading already. If a writer comes in between it waits for the first read to end, keeps new readers out, and so stops the second one: both wait for ever."
	typ := v.classType(e.From)
	f.Interleaving = []model.Moment{{Actor: who, Does: call(typ, model.Read, name), Note: "gets it"},
		{Actor: "another task", Does: call(typ, model.Write, name), Note: "waits for the reader, and keeps new readers out"},
		{Actor: who, Does: call(typ, model.Read, name), Note: "waits" + inFn(e.Func) + " behind the writer"}}
	f.Reasons = append(f.Reasons, "It is one lock, by its address; a writer has not been looked for.")
	f.Missing = append(f.Missing, "Whether anybody takes the lock for writing, and may do so at that time: the source says.")
	addClassFixes(&f, 1, []string{name})
	return f
}

// ofProgram reports whether the locks are those of programs.
func (v *view) ofProgram(c engine.OrderCycle) bool {
	return slices.ContainsFunc(c.Classes, func(r model.Ref) bool {
		t := v.classType(r)
		return t == model.UserMutex || t == model.UserRWLock
	})
}

// reused says that a lock of a program whose initialisation was not seen is
// known by its address only.
func reused(f *model.Finding) {
	f.Confidence, f.Severity = model.Medium, model.SevWarning
	f.Reasons = []string{"A lock is known by its address only, because its initialisation was not seen: if the program freed it, another lock may have had the same address in between."}
	f.Missing = []string{"Whether it is one lock: begin to trace before the program makes it."}
}

func (v *view) sureness(f *model.Finding, c engine.OrderCycle, met bool) {
	switch {
	case slices.ContainsFunc(c.Edges, func(e model.Edge) bool { return v.classType(e.To) == model.Completion }):
		f.Confidence = model.Medium
		f.Reasons = append(f.Reasons, "A task held the lock when it completed what another waited for under it. Others may complete it without the lock.")
	case met && !c.Recursive():
		f.Reasons = append(f.Reasons, "The very same locks were taken in each of these orders.")
		return
	case c.Recursive():
		f.Confidence = model.Medium
		f.Reasons = append(f.Reasons, "The same two locks were taken in both orders. Objects that form a tree may change places in between.")
	case c.Derived > 0:
		f.Confidence = model.Low
		f.Reasons = append(f.Reasons, "The class of a lock was guessed from where it is taken or allocated, because it was initialised before the trace began.")
	default:
		f.Confidence = model.Medium
		f.Reasons = append(f.Reasons, "The orders were seen on different locks of these classes, which may never meet.")
	}
	f.Severity = model.SevWarning
	f.Missing = append(f.Missing, "Whether the same locks are ever taken both ways: trace for longer, or begin before the objects are made.")
}

func (v *view) addTracedEdge(f *model.Finding, e model.Edge) {
	f.Path = append(f.Path, model.PathStep{Kind: e.Kind, From: e.From.Name(), To: e.To.Name(), Mode: e.Mode, At: e.Func, Why: e.Why})
	f.Locks = append(f.Locks, model.LockInfo{Name: e.From.Name(), Type: v.classType(e.From)})
	f.Evidence = append(f.Evidence, e.Why...)
	if g, k := guilty(e.Stack); k >= 0 && f.Function == "" {
		blame(f, g)
	}
	f.Tasks = append(f.Tasks, model.TaskInfo{PID: e.PID, Comm: e.Comm, WaitsFor: e.To.Name(), Holds: append([]string{e.From.Name()}, refNames(e.Gate)...), Stack: frames(e.Stack)})
}

// classType finds what a class is among the locks that name it.
func (v *view) classType(class model.Ref) model.LockType {
	for _, l := range v.facts.Locks {
		if l.Class == class && l.Type != "" {
			return l.Type
		}
	}
	return ""
}

func (v *view) waitedFor(e model.Edge) bool { return codeWait(v.classType(e.To)) }

func (v *view) tellTraced(c engine.OrderCycle, met bool) string {
	if c.Recursive() {
		e := c.Edges[0]
		return "Two locks of the class " + e.From.Name() + " were taken one under the other" + inFn(e.Func) + ", and the same two were taken the other way round before. Two tasks that do this at the same time each get their first lock and wait for the other's for ever."
	}
	same := " These are classes: whether the same locks meet has not been seen."
	if met {
		same = " The same locks were seen in each order."
	}
	return "A running kernel took these locks in orders that contradict each other: " + orderText(c.Edges) + "." + same +
		" If these paths run at the same time, each gets its first lock and waits for the next one's for ever. Nothing need be stuck yet."
}

// instancesMeet reports whether there are locks, one of each class, that were
// taken in each of the orders.
func instancesMeet(edges []model.Edge) bool {
	for _, p := range edges[0].Pairs {
		if chain(edges[1:], p.To, p.From) {
			return true
		}
	}
	return false
}

// chain reports whether pairs of the edges lead from one lock to another.
func chain(edges []model.Edge, from, to model.Ref) bool {
	if len(edges) == 0 {
		return from == to
	}
	return slices.ContainsFunc(edges[0].Pairs, func(p model.LockPair) bool { return p.From == from && chain(edges[1:], p.To, to) })
}
