package check

// Rules returns every rule, in the order of the documentation: what is stuck
// now, what could get stuck, what the watchdogs saw, what else was broken.
func Rules() []Rule {
	return []Rule{
		deadlockRule(),
		lockOrderRule(),
		recursiveRule(),
		irqUnsafeRule(),
		irqFlagsRule(),
		sleepInAtomicRule(),
		waitUnderLockRule(),
		missingUnlockRule(),
		unlockNotHeldRule(),
		orphanedLockRule(),
		spinlockLockupRule(),
		spinlockCorruptionRule(),
		hungTaskRule(),
		softLockupRule(),
		hardLockupRule(),
		rcuStallRule(),
		workqueueLockupRule(),
		rcuMisuseRule(),
		lockAnnotationRule(),
	}
}

// Lookup returns the rule with the given id.
func Lookup(id string) (Rule, bool) {
	for _, r := range Rules() {
		if r.Doc.ID == id {
			return r, true
		}
	}
	return Rule{}, false
}
