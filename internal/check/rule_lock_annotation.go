package check

import (
	"context"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func lockAnnotationRule() Rule { return Rule{Doc: lockAnnotationDoc(), Run: runLockAnnotation} }

func lockAnnotationDoc() Doc {
	return Doc{
		ID:       "lock-annotation",
		Summary:  "Lockdep cannot judge: a lock without a valid key, a limit reached, an internal check failed",
		Severity: model.SevWarning,
		What:     `Lockdep could not go on, and has switched itself off until the next boot: no later lock problem of this boot will be reported. "trying to register non-static key" means that a lock was never initialised, or that its memory is not static and not registered. "MAX_LOCKDEP_… too low" means that a table is full, often because classes are made without end (modules loaded and unloaded, one class per object). "Nested lock was not taken" means that a lock was taken with _nest_lock() while the outer lock was not held. A WARN in lockdep.c can be a bug in lockdep, or memory that something else has overwritten.`,
		Why:      `Nothing deadlocks by this. But the next test that passes proves nothing, because nobody looked. A lock that was never initialised also has an undefined state, and may hang by itself.`,
		Example: `struct dev *d = kzalloc(sizeof(*d), GFP_KERNEL);
mutex_lock(&d->lock);		/* no mutex_init(): non-static key */
`,
		Fixes: []model.Fix{
			{Title: "Initialise the lock", Detail: "mutex_init(), spin_lock_init(), init_rwsem() on every path that makes the object, before its first use. Zeroed memory is no initialised lock."},
			{Title: "Register dynamic keys", Detail: "lockdep_register_key() for a lock_class_key in allocated memory, lockdep_unregister_key() before it is freed. One key per kind of lock, not per object: classes are few."},
			{Title: "If a table is full: find out who fills it", Detail: "/proc/lockdep_stats and /proc/lockdep show classes and dependencies. CONFIG_LOCKDEP_BITS, CONFIG_LOCKDEP_CHAINS_BITS and CONFIG_LOCKDEP_STACK_TRACE_BITS make the tables larger, which only helps if the use is legitimate."}},
		Verify:   []string{"`grep debug_locks /proc/lockdep_stats` shows 1 after the same load: lockdep is still on.", "CONFIG_DEBUG_LOCKDEP=y makes lockdep check itself."},
		Sources:  []string{"kernel/locking/lockdep.c, register_lock_class(), assign_lock_key(), print_lock_nested_lock_not_held()", "Documentation/locking/lockdep-design.rst, \"Troubleshooting\""},
		LogForms: []string{"INFO: trying to register non-static key.", "BUG: MAX_LOCKDEP_CHAINS too low!", "BUG: MAX_LOCK_DEPTH too low!", "WARNING: Nested lock was not taken", "WARNING: … at kernel/locking/lockdep.c:N"},
	}
}

// runLockAnnotation reports what lockdep says about itself.
func runLockAnnotation(_ context.Context, in *Input) []model.Finding {
	v := in.v
	var out []model.Finding
	for _, fam := range []string{"lockdep-nonstatic-key", "lockdep-limit", "lockdep-internal"} {
		for _, i := range v.families[fam] {
			if r, ok := v.facts.Reports[i].(*kreport.LockdepInternal); ok && !failedUnlock(r) {
				out = append(out, v.lockdepSelf("lock-annotation", i, r))
			}
		}
	}
	v.lockdepReports(func(i int, r *kreport.Lockdep) { out = append(out, v.nestNotHeld(i, r)) }, "lockdep-nest-not-held")
	return out
}

const lockdepOff = " Lockdep is off from here until the next boot: that it reports nothing later means nothing."

func (v *view) lockdepSelf(rule string, i int, r *kreport.LockdepInternal) model.Finding {
	f := v.fromReport(rule, i)
	if r.Backtrace != nil {
		if g, k := guilty(r.Backtrace.Full); k >= 0 {
			blame(&f, g)
		}
	}
	switch r.Family {
	case "lockdep-nonstatic-key":
		f.Title = "a lock without a valid key is taken" + inFn(f.Function)
		f.Explanation = "A lock was taken" + inFn(f.Function) + " that was never initialised, or whose key is not static memory and was not registered." + lockdepOff
	case "lockdep-limit":
		f.Title = "lockdep is out of room: " + pick(r.Limit == "", "a limit", r.Limit) + " too low"
		f.Explanation = "Lockdep's table " + r.Limit + " is full." + lockdepOff
		f.Severity = model.SevWarning
		f.Function, f.Module = "", ""
	default:
		where := r.File
		if where != "" && r.LineNo > 0 {
			where += ":" + itoa(r.LineNo)
		}
		f.Title = "a check of the lock code about itself failed" + pick(where == "", "", " at "+where)
		f.Explanation = "The check" + pick(r.Cond == "", "", " "+r.Cond) + pick(where == "", "", " at "+where) + " failed" + inFn(f.Function) +
			". Either the caller uses a lock in a way that its type does not allow (not initialised, freed, released by another task), or memory is damaged."
		f.Explanation += pick(strings.HasSuffix(r.File, "lockdep.c"), lockdepOff, "")
	}
	f.Fingerprint = model.Fingerprint(f.Rule, r.Family, r.Limit, r.File, f.Function)
	truncated(&f, &r.ReportBase)
	return f
}

func (v *view) nestNotHeld(i int, r *kreport.Lockdep) model.Finding {
	f := v.fromLockdep("lock-annotation", i, r)
	f.Verdict = model.Bug
	name := "a lock"
	if l := subject(r); l != nil {
		name = l.Lock
		f.Locks = []model.LockInfo{lockOf(l, typeOf(r.Backtrace))}
	}
	f.Title = name + " is taken as nested, but its outer lock is not held" + inFn(f.Function)
	f.Explanation = "The code takes " + name + inFn(f.Function) + " and tells lockdep that " + pick(r.NestLock == "", "an outer lock", r.NestLock) +
		" serialises all locks of that class, but does not hold that lock. Without it two tasks can take two of these locks in opposite orders." + lockdepOff
	ownFix(&f, "Take "+pick(r.NestLock == "", "the outer lock", r.NestLock)+" first", "Or drop the _nest_lock annotation and give the locks an order of their own.")
	f.Fingerprint = model.Fingerprint(f.Rule, name, f.Function)
	return f
}
