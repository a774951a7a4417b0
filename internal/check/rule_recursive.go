package check

import (
	"context"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func recursiveRule() Rule { return Rule{Doc: recursiveDoc(), Run: runRecursive} }

func recursiveDoc() Doc {
	return Doc{
		ID:       "recursive-lock",
		Summary:  "A lock, or another of its class, is taken by a task that holds one already",
		Severity: model.SevError,
		What: `Linux locks are not recursive: a task that takes a mutex, a spinlock or a write lock which it holds waits for itself. A read lock is no exception as soon as a writer may come in between: only rcu_read_lock(), and read_lock() of an rwlock in interrupt context, may nest freely.

Lockdep compares classes. If both addresses in the report are equal, the code deadlocks for certain. If they differ, two objects of one class are nested: that is safe only if something fixes their order, and then it needs a nesting annotation.`,
		Why: `The task calls lock(&x), goes on, and, usually several functions further down or in a callback, calls lock(&x) again. It now waits for a release that only itself could do. For two objects of one class: task 1 takes x then y, task 2 takes y then x, and the class order shows nothing of it. For readers: the task holds x for read, a writer queues, and the task's second down_read(&x) queues behind the writer.`,
		Example: `static void reset(struct dev *d)
{
	mutex_lock(&d->lock);	/* held by the caller already */
	...
}

static long ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	mutex_lock(&d->lock);
	reset(d);		/* waits for itself */
`,
		Fixes: []model.Fix{
			{Title: "Split the function: one that takes the lock, one that expects it", Detail: "Let __reset() require the lock (say so with lockdep_assert_held(&d->lock)) and reset() take it and call __reset(); callers that hold the lock call __reset(). Wrong: testing mutex_is_locked() to decide, which tells that somebody holds it, not that you do."},
			fixNarrow(), fixNesting()},
		Verify:   append(verifyLockdep(), "lockdep_assert_held() in the function that expects the lock keeps the mistake from coming back."),
		Sources:  []string{"kernel/locking/lockdep.c, check_deadlock() and print_deadlock_bug()", "kernel/locking/rwsem.c (readers queue behind a waiting writer)", "Documentation/locking/lockdep-design.rst, \"Exception: Nested data dependencies\""},
		LogForms: []string{"WARNING: possible recursive locking detected", "BUG: spinlock recursion on CPU#N", "INFO: task X is blocked on a mutex likely owned by task X"},
		InSource: `A path that takes a lock which it holds, in the same function or in one that it calls, when both expressions mean the same object (the callee's parameters are replaced by what the caller passes); also a path that wants to write what it holds for reading, or the reverse. Recursive forms are left out: read_lock() in a reader, rcu_read_lock(), trylocks, acquisitions with a nesting subclass.

A second lock of the same class in another object is reported with low confidence only: the code may well have an order that the text does not show.`,
	}
}

// runRecursive reports lockdep's recursive locking and the spinlocks that
// DEBUG_SPINLOCK saw being taken by their owner.
func runRecursive(_ context.Context, in *Input) []model.Finding {
	v := in.v
	out := v.byRule("recursive-lock")
	v.lockdepReports(func(i int, r *kreport.Lockdep) { out = append(out, v.recursive(i, r)) }, "lockdep-recursive")
	for _, i := range v.families["spinlock-bug"] {
		if r, ok := v.facts.Reports[i].(*kreport.SpinlockBug); ok && isRecursion(r.What) {
			out = append(out, v.spinRecursion(i, r))
		}
	}
	return out
}

func isRecursion(what string) bool { return strings.Contains(what, "recursion") }

func (v *view) recursive(i int, r *kreport.Lockdep) model.Finding {
	f := v.fromLockdep("recursive-lock", i, r)
	if r.Acquiring == nil {
		f.Confidence = model.Low
		f.Title = "possible recursive locking (report cut)"
		f.Explanation = "Lockdep saw a lock taken whose class the task already held, but the report is cut before it says which."
		f.Fingerprint = model.Fingerprint(f.Rule, f.Function)
		return f
	}
	a, who := r.Acquiring, "The task"
	if r.Task != nil {
		who = label(r.Task.Comm, r.Task.PID)
	}
	var typ model.LockType
	shared := false
	if r.Backtrace != nil {
		w := classify(r.Backtrace.Full)
		typ, shared = w.Type, w.Mode.Shared()
	}
	f.Locks = []model.LockInfo{lockOf(a, typ)}
	f.Fingerprint = model.Fingerprint(f.Rule, a.Lock)
	taken, held := funcName(a.Func), ""
	same, differ := false, false
	if h := r.Holding; h != nil {
		held = funcName(h.Func)
		known := a.Addr != "" && h.Addr != "" && !strings.HasPrefix(a.Addr, "____")
		same, differ = sameAddr(a, h), known && a.Addr != h.Addr
		if differ {
			f.Locks = append(f.Locks, lockOf(h, typ))
		}
		f.Path = []model.PathStep{{Kind: model.Before, From: h.Lock, To: a.Lock, Mode: model.Write, At: taken, Why: []model.Provenance{
			{Input: r.Input, Locator: lineNo(a.LogLine), Excerpt: lockLine(*a)},
			{Input: r.Input, Locator: lineNo(h.LogLine), Excerpt: lockLine(*h)}}}}
	}
	f.Title = "recursive locking of " + a.Lock + inFn(f.Function)
	f.Explanation = who + " asked for " + a.Lock + inFn(taken) + " while it held a lock of the same class" + takenIn(held) + "."
	actor := who
	f.Interleaving = []model.Moment{{Actor: actor, Does: call(typ, "", a.Lock), Note: "gets it" + takenIn(held)},
		{Actor: actor, Does: call(typ, "", a.Lock), Note: "waits" + inFn(taken) + " for the holder of " + a.Lock + ": itself"}}
	switch {
	case same && shared:
		f.Explanation += " Both addresses are " + a.Addr + ", and it is taken for reading: the second reader waits as soon as a writer has queued up in between, and that writer waits for the first."
		f.Interleaving = []model.Moment{{Actor: actor, Does: call(typ, model.Read, a.Lock), Note: "gets it" + takenIn(held)},
			{Actor: "another task", Does: call(typ, model.Write, a.Lock), Note: "waits for the reader, and keeps new readers out"},
			{Actor: actor, Does: call(typ, model.Read, a.Lock), Note: "waits" + inFn(taken) + " behind the writer"}}
	case same:
		f.Status, f.Verdict = model.Actual, model.Deadlocked
		f.Explanation += " Both addresses are " + a.Addr + ": it is one lock, and the task now waits for itself."
	case differ:
		f.Confidence = lower(f.Confidence, model.Medium)
		f.Interleaving = nil
		f.Explanation += " The addresses differ: these are two locks of one class. Two tasks that take them in opposite orders deadlock; if something fixes their order it is safe, and lockdep has to be told with a nesting annotation."
		f.Missing = append(f.Missing, "Whether the two objects have a fixed order (parent before child, ascending address): the source says.")
	default:
		f.Explanation += " If it is the same lock the task waits for itself; if it is another of the class, two tasks can take them in opposite orders."
	}
	return f
}

func (v *view) spinRecursion(i int, r *kreport.SpinlockBug) model.Finding {
	f := v.fromSpinlock("recursive-lock", i, r)
	f.Status, f.Verdict = model.Actual, model.Deadlocked
	name := spinlockName(r)
	f.Title = r.Primitive + " recursion on " + name + inFn(f.Function)
	f.Explanation = spinlockTask(r) + " asks for " + name + inFn(f.Function) + ", and the lock's own record says that this task owns it: it spins for itself with preemption off, for ever." +
		" The first acquisition is further out in the same stack, or, if this is an interrupt, in the code that it stopped."
	f.Fingerprint = model.Fingerprint(f.Rule, r.Primitive, f.Function)
	return f
}

// in says " in f()", or nothing.
func inFn(fn string) string {
	if fn == "" {
		return ""
	}
	return " in " + fn + "()"
}

func takenIn(fn string) string {
	if fn == "" {
		return ""
	}
	return ", taken in " + fn + "()"
}
