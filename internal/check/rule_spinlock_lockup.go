package check

import (
	"context"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func spinlockLockupRule() Rule { return Rule{Doc: spinlockLockupDoc(), Run: runSpinlockLockup} }

func spinlockLockupDoc() Doc {
	return Doc{
		ID:       "spinlock-lockup",
		Summary:  "A CPU spins for a spinlock that is not released",
		Severity: model.SevError,
		What: `Up to 4.11, CONFIG_DEBUG_SPINLOCK found a spinlock that was not free after a long spin ("lockup suspected"); later kernels leave that to the soft and hard lockup watchdogs. The line below names the task that owns it and the CPU where it took it. ".owner: <none>" means that nobody owned it when it was looked at: the lock was released meanwhile, or its memory is damaged.

A crash dump shows the same: a CPU that has not scheduled for long and spins, with what holds the lock where the code of another CPU or task tells.

"recursion" from the same check is certain: the owner is the task that asks. It is filed under recursive-lock.`,
		Why: `The owner took the lock and does not release it: it waits for a lock of the spinning CPU (ABBA), was interrupted by a handler that asks for the same lock, sleeps with the lock held, loops, or forgot the unlock.`,
		Fixes: []model.Fix{
			{Title: "Look at the owner's CPU", Detail: "The report names .owner and .owner_cpu. The backtrace of that CPU (it follows, or SysRq-l) shows what the owner does instead of unlocking."},
			fixIrqsave(), fixOrder(), fixUnlockAllPaths()},
		Verify:   append(verifyLockdep(), "CONFIG_DEBUG_SPINLOCK=y (selected by PROVE_LOCKING) keeps the owner in each lock, and finds recursion and wrong owners."),
		Sources:  []string{"kernel/locking/spinlock_debug.c, spin_dump(), and __spin_lock_debug() up to 4.11"},
		LogForms: []string{"BUG: spinlock lockup suspected on CPU#N, comm/pid", "BUG: spinlock lockup on CPU#N", "BUG: rwlock lockup suspected on CPU#N"},
	}
}

// runSpinlockLockup reports what DEBUG_SPINLOCK saw spinning for too long.
func runSpinlockLockup(_ context.Context, in *Input) []model.Finding {
	v := in.v
	out := v.byRule("spinlock-lockup")
	for _, i := range v.families["spinlock-bug"] {
		r, ok := v.facts.Reports[i].(*kreport.SpinlockBug)
		if !ok || !strings.Contains(r.What, "lockup") {
			continue
		}
		f := v.fromSpinlock("spinlock-lockup", i, r)
		f.Status, f.Verdict = model.Actual, model.Undecided
		name := spinlockName(r)
		f.Title = named(r.Primitive, name) + " is not released" + spinsIn(f.Function)
		owner := "The log does not say who owns it."
		f.Missing = []string{"The backtrace of the owner's CPU (SysRq-l, or the NMI backtraces after the report)."}
		switch l := r.Lock; {
		case l == nil:
		case l.OwnerPID != nil && *l.OwnerPID > 0 && l.OwnerComm != "" && l.OwnerComm != "<none>":
			owner = "Its owner is " + label(l.OwnerComm, *l.OwnerPID)
			if l.OwnerCPU != nil && *l.OwnerCPU >= 0 {
				owner += ", which took it on CPU" + itoa(*l.OwnerCPU)
			}
			owner += ": what that task does instead of releasing it is the cause."
			f.Tasks = append(f.Tasks, model.TaskInfo{PID: *l.OwnerPID, Comm: l.OwnerComm, Holds: []string{name}})
			if r.Task != nil && r.Task.PID == *l.OwnerPID {
				f.Verdict = model.Deadlocked
				owner += " It is the same task: it waits for itself."
			}
		default:
			owner = "When it was looked at nobody owned it: it was released meanwhile, or its memory is damaged."
		}
		f.Explanation = sentences(spinlockTask(r)+" spins for "+name+inFn(f.Function)+" and has not got it for about a second.", owner)
		f.Fingerprint = model.Fingerprint(f.Rule, r.Primitive, f.Function, staticPart(name))
		out = append(out, f)
	}
	return out
}

// named puts the kind of lock before a name that does not say it.
func named(kind, name string) string {
	if strings.Contains(name, kind) {
		return name
	}
	return kind + " " + name
}

func spinsIn(fn string) string {
	if fn == "" {
		return ""
	}
	return ": " + fn + "() spins for it"
}

// fromSpinlock starts a finding with what spin_dump() prints.
func (v *view) fromSpinlock(rule string, i int, r *kreport.SpinlockBug) model.Finding {
	f := v.fromReport(rule, i)
	t := r.Task
	if t == nil && r.Context != nil {
		t = &kreport.Task{Comm: r.Context.Comm, PID: r.Context.PID}
	}
	v.fill(&f, t, r.Backtrace, nil)
	if r.CPU != nil {
		f.CPU = r.CPU
	}
	info := model.LockInfo{Name: spinlockName(r), Type: model.Spinlock}
	if strings.HasPrefix(r.Primitive, "rwlock") {
		info.Type = model.RWLock
	}
	if l := r.Lock; l != nil {
		if l.OwnerPID != nil && *l.OwnerPID >= 0 && l.OwnerComm != "" && l.OwnerComm != "<none>" {
			info.Owner = label(l.OwnerComm, *l.OwnerPID)
		}
		if staticPart(l.Lock) == "" {
			info.Addr = l.Lock
		}
	}
	f.Locks = []model.LockInfo{info}
	truncated(&f, &r.ReportBase)
	return f
}

// spinlockName is the symbol or the address that the report prints.
func spinlockName(r *kreport.SpinlockBug) string {
	if r.Lock == nil || r.Lock.Lock == "" {
		return "a " + r.Primitive
	}
	if s := staticPart(r.Lock.Lock); s != "" {
		return s
	}
	return r.Primitive + " at " + r.Lock.Lock
}

// staticPart is the symbol of a lock, without its offset; "" for an address.
func staticPart(lock string) string {
	s := funcName(strings.TrimSuffix(lock, ","))
	if s == "" || strings.HasPrefix(s, "0x") || strings.Trim(s, "0123456789abcdef") == "" || strings.Contains(s, " ") {
		return ""
	}
	return s
}

func spinlockTask(r *kreport.SpinlockBug) string {
	s := "A CPU"
	if r.Task != nil {
		s = label(r.Task.Comm, r.Task.PID)
	}
	if r.CPU != nil {
		s += " on CPU" + itoa(*r.CPU)
	}
	return s
}
