package check

import (
	"context"
	"slices"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func lockOrderRule() Rule { return Rule{Doc: lockOrderDoc(), Run: runLockOrder} }

func lockOrderDoc() Doc {
	return Doc{
		ID:       "lock-order-inversion",
		Summary:  "Lock classes are taken in opposite orders on different paths",
		Severity: model.SevError,
		What: `On one path lock B is taken while A is held; on another, perhaps through several further locks, A is taken while B is held. No task need be stuck yet: lockdep reports the second order as soon as it sees it, long before two tasks meet in the middle.

The order is one of *classes*, not of single locks: all locks initialised at one place in the code share a class. So the report also covers pairs of objects that never met, and can be wrong when the objects have a fixed order that lockdep was not told about.

A step of the cycle may be a wait instead of a lock: (work_completion)(&x->w) stands for flushing or cancelling a work item, (wq_completion)name for flushing a workqueue, a name with "completion" for wait_for_completion(). The cycle then reads "waits, under a lock, for code that needs that lock", and the fix is that of wait-under-lock.`,
		Why: `CPU0 holds A and asks for B, while CPU1 holds B and asks for A: both wait for ever. It needs both paths at the same time, in a window of perhaps a microsecond, which is why such code runs for years before it hangs in production. With n classes it needs n tasks. The report's stacks show where each lock was taken: entry #0 is the new order, the entries above it are the older ones that it contradicts.`,
		Example: `void update(struct dev *d)		void remove(struct dev *d)
{					{
	mutex_lock(&d->lock);			mutex_lock(&list_lock);
	mutex_lock(&list_lock);			mutex_lock(&d->lock);	/* opposite order */
	...					...
`,
		Fixes:    []model.Fix{fixOrder(), fixNarrow(), fixTrylock(), fixNesting()},
		Verify:   append(verifyLockdep(), "Run both paths at the same time, many times: the two functions named as where the locks are taken."),
		Sources:  []string{"kernel/locking/lockdep.c, check_noncircular() and print_circular_bug()", "Documentation/locking/lockdep-design.rst", "Documentation/kernel-hacking/locking.rst"},
		LogForms: []string{"WARNING: possible circular locking dependency detected", "[ INFO: possible circular locking dependency detected ] (up to 4.11)", "circular locking deadlock detected!"},
		InSource: `Each place where a class is taken while another is held gives an order, within one function or through calls; a cycle of orders is a finding. The classes are those of lockdep, named by declaration: every lock in the member lock of struct dev is "dev.lock", a nesting subclass ("dev.lock/1") is a class of its own.

An order counts for nothing if its second lock was taken by trylock, if one of its objects has just been allocated, or if it stands in init or exit code, where nobody else runs. Two orders that are taken under one exclusive lock (a gate) cannot meet, and a reader that may recurse does not wait for readers.

High confidence needs orders whose locks belong together for sure (members of one object, or globals), with at most three calls and no function pointer between them. Objects that are reached from each other, or one call through a pointer, make it medium; objects of which nothing is known, low: the two paths may never see the same pair.`,
	}
}

// runLockOrder reports lockdep's circular dependencies, and cycles of the
// order graph that no single report states.
//
// A cycle through a work item, a timer or a completion keeps this rule's id,
// because lockdep reports it as an order and the evidence is an order; its
// advice is that of wait-under-lock.
func runLockOrder(_ context.Context, in *Input) []model.Finding {
	v := in.v
	var out []model.Finding
	stated := map[string]bool{} // sets of classes that a report is about
	v.lockdepReports(func(i int, r *kreport.Lockdep) {
		c := circleOf(r)
		stated[setKey(c.names())] = true
		out = append(out, v.circular(i, r, c))
	}, "lockdep-circular")
	return append(out, v.joinedOrders(stated)...)
}

func (v *view) circular(i int, r *kreport.Lockdep, c circle) model.Finding {
	f := v.fromLockdep("lock-order-inversion", i, r)
	names := c.names()
	f.Path = c.path(r.Input)
	for k, d := range c.deps {
		l := model.LockInfo{Name: d.Lock, Type: c.types[k]}
		for _, h := range []*kreport.Lock{r.Acquiring, r.Holding} {
			if h != nil && h.Lock == d.Lock {
				l = lockOf(h, c.types[k])
			}
		}
		f.Locks = append(f.Locks, l)
	}
	f.Interleaving = c.interleaving(r)
	f.Fingerprint = model.Fingerprint(f.Rule, sortedCopy(names)...)
	if len(names) < 2 {
		f.Confidence = model.Low
		f.Title = "possible circular locking dependency (report cut)"
		f.Explanation = "Lockdep saw a new lock order that contradicts an older one, but the report is cut before it says which locks it is about."
		return f
	}
	f.Title = "lock order inversion: " + list(names, 4)
	f.Explanation = c.explain(r)
	// The proof names the function that asked for #0; so does the finding.
	if g, k := guilty(c.deps[0].Full); k >= 0 && f.Function != g.Func {
		blame(&f, g)
	}
	f.Fix = slices.DeleteFunc(f.Fix, func(x model.Fix) bool { return x.Title == fixNesting().Title && !siblings(names) })
	switch {
	case slices.ContainsFunc(c.deps, waitClass):
		c.waitAdvice(v, &f)
		addClassFixes(&f, 1, names)
		return f
	case slices.Contains(names, "fs_reclaim"):
		f.Fix = []model.Fix{fixNarrow()} // not a lock: there is no order to choose
		addClassFixes(&f, 0, names)
		return f
	}
	ownFix(&f, "Make all paths take these locks in one order",
		"Either "+pathName(c.taker(0))+" must take "+names[0]+" before "+names[len(names)-1]+", or "+pathName(c.taker(1))+" must not take "+names[1]+" while it holds "+names[0]+".")
	addClassFixes(&f, 1, names)
	return f
}

func (c circle) explain(r *kreport.Lockdep) string {
	n := len(c.deps)
	var parts []string
	who := "A task"
	if r.Task != nil {
		who = label(r.Task.Comm, r.Task.PID)
	}
	parts = append(parts, who+" asked for "+c.deps[0].Lock+inFn(c.taker(0))+" while it held "+c.deps[n-1].Lock+".")
	for i := 1; i < n; i++ {
		in := ""
		if fn := c.taker(i); fn != "" {
			in = ", in " + fn + "()"
		}
		parts = append(parts, pick(i == 1, "But ", "And ")+c.deps[i].Lock+" has been taken before while "+c.deps[i-1].Lock+" was held"+in+".")
	}
	if n == 2 {
		parts = append(parts, "If both paths run at the same time, each can get its first lock and then waits for the other's for ever.")
	} else {
		parts = append(parts, "If these "+itoa(n)+" paths run at the same time, each can get its first lock and then waits for the next one's: a circle.")
	}
	return sentences(parts...) + " Nothing need be stuck yet: lockdep reports the order the first time it sees it."
}

// siblings reports whether two of the classes are one class with subclasses or
// duplicates ("i_lock", "i_lock/1", "i_lock#2"): only there is a nesting
// annotation of any use.
func siblings(names []string) bool {
	seen := map[string]bool{}
	for _, n := range names {
		base := n
		if i := strings.LastIndexAny(n, "/#"); i > 0 {
			base = n[:i]
		}
		if seen[base] {
			return true
		}
		seen[base] = true
	}
	return false
}

// pathName is a function in a sentence, or "the other path".
func pathName(fn string) string {
	if fn == "" {
		return "one path"
	}
	return fn + "()"
}

// waitAdvice replaces the advice on order where one side is a wait.
func (c circle) waitAdvice(v *view, f *model.Finding) {
	d := v.docs["wait-under-lock"]
	f.Fix, f.Verify = slices.Clone(d.Fixes), slices.Clone(d.Verify)
	for i, w := range c.deps {
		if !waitClass(w) {
			continue
		}
		n := len(c.deps)
		held := c.deps[(i+n-1)%n].Lock
		waiter := pathName(c.taker(i))
		if n == 2 || i == 0 {
			// The wait is where the cure is, whichever side was seen last.
			f.Title = waiter + " waits for " + w.Lock + " while holding " + held + ", which " + w.Lock + " needs"
			if g, k := guilty(w.Full); k >= 0 {
				blame(f, g)
			}
		} else {
			f.Title = "lock order inversion through a wait for code: " + list(c.names(), 4)
		}
		f.Explanation += " " + w.Lock + " is not a lock but stands for code that is waited for (" + typeWord(c.types[i]) + "): " + waiter +
			" waits, with " + held + " held, until that code has finished, and that code takes " + c.deps[(i+1)%n].Lock + ". Another order of these two cannot fix this."
		ownFix(f, "Release "+held+" before waiting in "+waiter,
			"Under "+held+" mark the object as closing so that nothing new is queued, release "+held+", then wait for "+w.Lock+".")
		return
	}
}

// joinedOrders reports the cycles that come from several reports together: no
// single one states them, and the classes might be taken under a lock that
// the reports do not show.
func (v *view) joinedOrders(stated map[string]bool) []model.Finding {
	var out []model.Finding
	for _, c := range v.order.Cycles() {
		names := refNames(c.Classes)
		if v.traced(c.Edges) {
			out = append(out, v.tracedOrder(c))
			continue
		}
		if stated[setKey(names)] || len(names) < 2 || v.oneReport(c.Edges) {
			continue
		}
		f := v.finding("lock-order-inversion")
		f.Verdict, f.Confidence = model.CouldDeadlock, model.Medium
		if c.Derived > 0 {
			f.Confidence = model.Low
		}
		f.Title = "lock order inversion across reports: " + list(names, 4)
		f.Fingerprint = model.Fingerprint(f.Rule, sortedCopy(names)...)
		for _, e := range c.Edges {
			f.Path = append(f.Path, model.PathStep{Kind: e.Kind, From: e.From.Name(), To: e.To.Name(), Mode: e.Mode, At: e.Func, Why: e.Why})
			f.Locks = append(f.Locks, model.LockInfo{Name: e.From.Name(), Type: classify(e.FromStack).Type})
			f.Evidence = append(f.Evidence, e.Why...)
			v.reportsOf(&f, e)
			if g, k := guilty(e.Stack); k >= 0 && f.Function == "" {
				blame(&f, g)
			}
		}
		f.Explanation = "No single report states this cycle. It joins orders that several reports show: " + orderText(c.Edges) +
			". If these paths can run at the same time they can wait for each other in a circle. Lockdep stops at its first report, so it may not have looked."
		addClassFixes(&f, 0, names)
		f.Missing = []string{"Whether another lock, held around these paths, keeps them apart: the reports show only the locks they are about."}
		out = append(out, f)
	}
	return out
}

// oneReport says whether all edges come from one report. Such a cycle is that
// report's business: its own rule explains it.
func (v *view) oneReport(edges []model.Edge) bool {
	common := map[int]int{}
	for _, e := range edges {
		seen := map[int]bool{}
		for _, i := range v.whyReports(e) {
			if !seen[i] {
				seen[i] = true
				common[i]++
			}
		}
	}
	for _, n := range common {
		if n == len(edges) {
			return true
		}
	}
	return false
}

func orderText(edges []model.Edge) string {
	var out []string
	for _, e := range edges {
		s := e.From.Name() + " before " + e.To.Name()
		if e.Func != "" {
			s += " in " + funcName(e.Func) + "()"
		}
		out = append(out, s)
	}
	return list(out, 6)
}
