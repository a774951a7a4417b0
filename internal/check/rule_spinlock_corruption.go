package check

import (
	"context"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func spinlockCorruptionRule() Rule {
	return Rule{Doc: spinlockCorruptionDoc(), Run: runSpinlockCorruption}
}

func spinlockCorruptionDoc() Doc {
	return Doc{
		ID:       "spinlock-corruption",
		Summary:  "A spinlock is not initialised, overwritten, or released by the wrong side",
		Severity: model.SevError,
		What:     `CONFIG_DEBUG_SPINLOCK checks a spinlock at each operation. "bad magic": the memory is no initialised spinlock, so it was never set up, was freed and reused, or was overwritten. "wrong owner", "wrong CPU", "already unlocked": it is released by somebody who did not take it.`,
		Why:      `An object is used before spin_lock_init() or after kfree(): its lock word is whatever the memory holds now, and a locker spins for ever or enters at once together with another. The lock is the messenger: most of these are use-after-free bugs.`,
		Example: `d = kmalloc(sizeof(*d), GFP_KERNEL);	/* not zeroed, no spin_lock_init() */
list_add(&d->list, &devices);
spin_lock(&d->lock);			/* bad magic */
`,
		Fixes: []model.Fix{
			{Title: "Initialise the lock before the object can be found", Detail: "spin_lock_init() right after the allocation, before the object is linked, registered, or its interrupt is requested. Zeroed memory is no initialised lock when lock debugging is on."},
			{Title: "Keep the object alive while somebody uses its lock", Detail: "Reference count, RCU, or stop all users (free_irq, cancel_work_sync, timer_delete_sync) before the memory is freed."},
			fixUnlockAllPaths()},
		Verify:   []string{"CONFIG_KASAN=y names the allocation and the free of the memory; CONFIG_DEBUG_OBJECTS=y with CONFIG_DEBUG_OBJECTS_FREE=y finds objects freed while active.", "CONFIG_DEBUG_SPINLOCK=y checks magic, owner and CPU at each lock and unlock.", "Unload and reload the module, and remove the device while it is used."},
		Sources:  []string{"kernel/locking/spinlock_debug.c, debug_spin_lock_before() and debug_spin_unlock()"},
		LogForms: []string{"BUG: spinlock bad magic on CPU#N", "BUG: spinlock wrong owner on CPU#N", "BUG: spinlock wrong CPU on CPU#N", "BUG: spinlock already unlocked on CPU#N", "BUG: rwlock bad magic on CPU#N"},
	}
}

// runSpinlockCorruption reports the other checks of DEBUG_SPINLOCK.
func runSpinlockCorruption(_ context.Context, in *Input) []model.Finding {
	v := in.v
	var out []model.Finding
	for _, i := range v.families["spinlock-bug"] {
		r, ok := v.facts.Reports[i].(*kreport.SpinlockBug)
		if !ok || strings.Contains(r.What, "lockup") || isRecursion(r.What) {
			continue
		}
		f := v.fromSpinlock("spinlock-corruption", i, r)
		f.Status = model.Actual
		name := spinlockName(r)
		f.Title = r.Primitive + " " + r.What + ": " + name + inFn(f.Function)
		f.Explanation = spinlockTask(r) + " found " + name + " in a wrong state" + inFn(f.Function) + ": "
		switch {
		case strings.Contains(r.What, "magic"):
			f.Explanation += "its magic number" + magic(r) + " is not that of an initialised spinlock. It was never initialised, its memory was freed and reused, or something wrote over it."
		case strings.Contains(r.What, "owner"), strings.Contains(r.What, "CPU"):
			f.Explanation += "it is released by another task or CPU than the one that took it" + ownedBy(r) + ". Either the unlock does not belong to this lock, or the section slept and moved to another CPU."
		case strings.Contains(r.What, "unlocked"):
			f.Explanation += "it is released but not held: a second unlock, or an unlock of the wrong lock."
		default:
			f.Explanation += "\"" + r.What + "\"."
		}
		f.Fingerprint = model.Fingerprint(f.Rule, r.Primitive, r.What, f.Function)
		out = append(out, f)
	}
	return out
}

func magic(r *kreport.SpinlockBug) string {
	if r.Lock == nil || r.Lock.Magic == "" {
		return ""
	}
	return " (" + r.Lock.Magic + ")"
}

func ownedBy(r *kreport.SpinlockBug) string {
	if r.Lock == nil || r.Lock.OwnerPID == nil || r.Lock.OwnerComm == "" {
		return ""
	}
	return ", " + label(r.Lock.OwnerComm, *r.Lock.OwnerPID)
}
