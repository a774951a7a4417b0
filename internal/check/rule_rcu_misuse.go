package check

import (
	"context"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func rcuMisuseRule() Rule { return Rule{Doc: rcuMisuseDoc(), Run: runRcuMisuse} }

func rcuMisuseDoc() Doc {
	return Doc{
		ID:       "rcu-misuse",
		Summary:  "RCU-protected data is used outside a read-side section",
		Severity: model.SevWarning,
		What: `An RCU pointer was read with rcu_dereference() or a list was walked without rcu_read_lock(), or without the lock that the _check form names; or RCU was used on an idle or offline CPU, or a section was left in the wrong state. Nothing waits yet: it is a race. The data may be freed while it is read.

The report says what lockdep believed to be held; a lock that is held but not in the list means that the condition of the _check or _protected form is too strict.`,
		Why: `The reader loads the pointer. The writer unlinks the object, waits for a grace period, which the reader does not hold off because it is in no read-side section, and frees it. The reader follows the pointer into freed memory. If the freed object holds a lock, the next locker may hang on garbage.`,
		Example: `list_for_each_entry_rcu(e, &head, list)	/* no rcu_read_lock() */
	use(e);
`,
		Fixes: []model.Fix{
			{Title: "Enter a read-side section", Detail: "rcu_read_lock() around the access and all uses of what it found; take a reference if it is used longer. Wrong if the section would sleep: use SRCU, or a lock."},
			{Title: "If a lock protects it: say which", Detail: "rcu_dereference_protected(p, lockdep_is_held(&lock)) on the update side, rcu_dereference_check() where both occur. Passing 1 as the condition hides real errors."}},
		Verify:   []string{"CONFIG_PROVE_RCU=y (it comes with PROVE_LOCKING), CONFIG_PROVE_RCU_LIST=y for list walks; `make C=1` (sparse) for unmarked pointers.", "CONFIG_KASAN=y sees the use after free itself."},
		Sources:  []string{"kernel/locking/lockdep.c, lockdep_rcu_suspicious()", "Documentation/RCU/lockdep-splat.rst", "Documentation/RCU/lockdep.rst"},
		LogForms: []string{"WARNING: suspicious RCU usage", "[ INFO: suspicious RCU usage. ]"},
	}
}

// runRcuMisuse reports lockdep's suspicious RCU usage.
func runRcuMisuse(_ context.Context, in *Input) []model.Finding {
	v := in.v
	var out []model.Finding
	for _, i := range v.families["rcu-usage"] {
		r, ok := v.facts.Reports[i].(*kreport.RCUUsage)
		if !ok {
			continue
		}
		f := v.fromReport("rcu-misuse", i)
		var t *kreport.Task
		if c := r.Context; c != nil {
			t = &kreport.Task{Comm: c.Comm, PID: c.PID}
		}
		who := v.fill(&f, t, r.Backtrace, r.Held)
		if f.File == "" {
			f.File, f.Line = r.File, r.LineNo
		}
		where := r.File
		if where != "" {
			where += ":" + itoa(r.LineNo)
		}
		f.Title = "suspicious RCU usage" + pick(where == "", inFn(f.Function), " at "+where)
		msg := strings.TrimSuffix(strings.TrimSpace(r.Message), "!")
		held := "no lock"
		if names := heldNames(orNone(r.Held)); len(names) > 0 {
			held = list(names, 4)
		} else if r.Held == nil || len(r.Held.Locks) > 0 || r.Truncated {
			held = "locks that the report does not show"
		}
		f.Explanation = sentences(who+" used RCU-protected data"+inFn(f.Function)+pick(where == "", "", " ("+where+")")+" where lockdep says: "+pick(msg == "", "suspicious usage", msg)+".",
			"It held "+held+" at that time.",
			"The data may be freed while it is read.")
		if strings.Contains(msg, "Illegal context switch") {
			v.sleepingReader(&f, who, held)
		}
		f.Fingerprint = model.Fingerprint(f.Rule, where, f.Function)
		truncated(&f, &r.ReportBase)
		out = append(out, f)
	}
	return out
}

// sleepingReader tells the "Illegal context switch" form, which comes from
// might_sleep() with PROVE_RCU (rcu_sleep_check(), include/linux/rcupdate.h):
// the data is protected, but the section sleeps.
func (v *view) sleepingReader(f *model.Finding, who, held string) {
	f.Title = "may sleep in an RCU read-side section" + inFn(f.Function)
	f.Explanation = who + " called code that may sleep" + inFn(f.Function) + " while it held " + held +
		". A reader that sleeps lets the grace period end too early, or, with preemptible RCU, holds it up for as long as it sleeps."
	var fixes []model.Fix
	for _, x := range v.docs["sleep-in-atomic"].Fixes {
		if strings.Contains(x.Title, "RCU") || strings.Contains(x.Title, "allocate") {
			fixes = append(fixes, x)
		}
	}
	f.Fix = fixes
}
