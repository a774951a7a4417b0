package engine

// wwRows are the wound/wait tests. o1, o2, o3 are locks of class o; @t is the
// acquire context t; wwbackoff stands for the -EDEADLK answer.
func wwRows() []row {
	const g, edeadlk, mix = "wound/wait interface", "wound/wait -EDEADLK", "wound/wait mixes"
	return []row{
		{g, "lock, unlock, try", 1, "wwinit:o@t ww:o1@t unww:o1 tryww:o1 unww:o1", ""},
		{g, "used as plain mutexes", 1, "wwinit:o@t ww:o1 unww:o1 tryww:o1 unww:o1 ww:o1^t unww:o1", ""},
		{g, "slow path without need", 1, "wwinit:o@t slowww:o1@t", "ww-misuse"},
		{g, "two contexts", 1, "wwinit:o@t wwinit:o@u", "recursive-lock"},
		{g, "context of another class", 1, "wwinit:p@t ww:o1@t", "ww-misuse"},
		{g, "done twice", 1, "wwinit:o@t wwdone:@t wwdone:@t wwfini:@t", "ww-misuse"},
		{g, "finished twice", 1, "wwinit:o@t wwdone:@t wwfini:@t wwfini:@t", "unlock-not-held"},
		{g, "finished with a lock held", 1, "wwinit:o@t ww:o1@t wwdone:@t wwfini:@t", "ww-misuse"},
		{g, "lock after done", 1, "wwinit:o@t wwdone:@t ww:o1@t", "ww-misuse"},
		{g, "unlocked twice", 1, "ww:o1 unww:o1 unww:o1", "unlock-not-held"},
		{edeadlk, "normal", 1, "wwinit:o@t ww:o1@t wwbackoff:o2@t unww:o1 ww:o2@t", ""},
		{edeadlk, "normal, slow path", 1, "wwinit:o@t ww:o1@t wwbackoff:o2@t unww:o1 slowww:o2@t", ""},
		{edeadlk, "nothing unlocked", 1, "wwinit:o@t ww:o1@t wwbackoff:o2@t ww:o2@t", "ww-misuse"},
		{edeadlk, "nothing unlocked, slow path", 1, "wwinit:o@t ww:o1@t wwbackoff:o2@t slowww:o2@t", "ww-misuse"},
		{edeadlk, "another lock", 1, "wwinit:o@t ww:o1@t wwbackoff:o2@t ww:o3@t", "ww-misuse"},
		{edeadlk, "another lock, slow path", 1, "wwinit:o@t ww:o1@t wwbackoff:o2@t slowww:o3@t", "ww-misuse"},
		{edeadlk, "another contended lock", 1, "wwinit:o@t ww:o1@t wwbackoff:o2@t wwbackoff:o3@t", "ww-misuse"},
		{edeadlk, "another contended lock, slow path", 1, "wwinit:o@t ww:o1@t wwbackoff:o2@t wwbackoff:o3@t slowww:o3@t", "ww-misuse"},
		{edeadlk, "wrong lock after unlocking", 1, "wwinit:o@t ww:o1@t wwbackoff:o2@t unww:o1 ww:o3@t", "ww-misuse"},
		{edeadlk, "wrong lock after unlocking, slow path", 1, "wwinit:o@t ww:o1@t wwbackoff:o2@t unww:o1 slowww:o3@t", "ww-misuse"},
		{"nest lock", "not held", 1, "spin:A^B unspin:A", "nest-lock-not-held"},
		{"nest lock", "serialises a class", 1, "spin:X spin:Y1^X spin:A spin:Y2^X unspin:A unspin:Y2 unspin:Y1 unspin:X", ""},
		{mix, "context, block", 1, "wwinit:o@t ww:o1@t ww:o2", "recursive-lock"},
		{mix, "context, try", 1, "wwinit:o@t ww:o1@t tryww:o2 unww:o2 unww:o1", ""},
		{mix, "context, context", 1, "wwinit:o@t ww:o1@t ww:o2@t unww:o2 unww:o1", ""},
		{mix, "try, block", 1, "tryww:o1 ww:o2 unww:o2 unww:o1", "recursive-lock"},
		{mix, "try, try", 1, "tryww:o1 tryww:o2 unww:o2 unww:o1", ""},
		{mix, "try, context", 1, "tryww:o1 wwinit:o@t ww:o2@t", "recursive-lock"},
		{mix, "block, block", 1, "ww:o1 ww:o2", "recursive-lock"},
		{mix, "block, try", 1, "ww:o1 tryww:o2", ""},
		{mix, "block, context", 1, "ww:o1 wwinit:o@t ww:o2@t", "recursive-lock"},
		{mix, "spinlock, block", 1, "spin:A unspin:A ww:o1 spin:A unspin:A unww:o1 spin:A ww:o1 unww:o1 unspin:A", "inversion-2"},
		{mix, "spinlock, try", 1, "spin:A unspin:A tryww:o1 spin:A unspin:A unww:o1 spin:A tryww:o1 unww:o1 unspin:A", ""},
		{mix, "spinlock, context", 1, "spin:A unspin:A wwinit:o@t ww:o1@t spin:A unspin:A unww:o1 spin:A ww:o1@t unww:o1 unspin:A", "inversion-2"},
	}
}

// queuedRows: a queued rwlock's readers recurse in interrupts only.
func queuedRows() []row {
	const g = "queued rwlocks"
	return []row{
		{g, "irq read-lock, lock-read", 1, "hardirq rlock:A spin:B unspin:B unrlock:A unhardirq irqon irqoff spin:B qrlock:A unqrlock:A unspin:B irqon", "inversion-2"},
		{g, "irq lock-read, read-lock", 1, "hardirq spin:B rlock:A unrlock:A unspin:B unhardirq irqon irqoff qrlock:A spin:B unspin:B unqrlock:A irqon", ""},
		{g, "irq inversion", 1, "hardirq spin:B unspin:B unhardirq irqon irqoff spin:B qrlock:A unqrlock:A unspin:B irqon qrlock:A unqrlock:A", "unsafe-hardirq"},
	}
}

// reclaimRows: fs_reclaim is a bare lockdep_map; an allocation that may enter
// the filesystem takes it.
func reclaimRows() []row {
	const g = "fs_reclaim"
	return []row{
		{g, "allocation that stays out of the filesystem (GFP_NOFS, or memalloc_nofs_save)", 2, "map:fs_reclaim unmap:fs_reclaim", ""},
		{g, "allocation that may enter it", 1, "map:fs_reclaim map:fs_reclaim unmap:fs_reclaim unmap:fs_reclaim", "recursive-lock"},
	}
}

// waitContextRows take each kind of lock in each context.
func waitContextRows() []row {
	outer := []struct{ name, enter string }{
		{"hardirq", "hardirq"}, {"hardirq, not threaded", "irqstatic"}, {"softirq", "softirq"},
		{"RCU", "rcu:rcu_read_lock"}, {"RCU-bh", "rcu:rcu_read_lock_bh"}, {"RCU-sched", "rcu:rcu_read_lock_sched"},
		{"raw spinlock", "raw:A"}, {"spinlock", "spin:A"}, {"mutex", "mutex:A"},
	}
	inner := []struct{ name, take string }{
		{"RCU", "rcu:rcu_read_lock"}, {"raw spinlock", "raw:B"}, {"spinlock", "spin:B"}, {"mutex", "mutex:B"},
	}
	hard := map[string]bool{"hardirq, not threaded": true, "RCU-sched": true, "raw spinlock": true}
	var rows []row
	for _, o := range outer {
		for _, i := range inner {
			want := ""
			if i.name == "mutex" && o.name != "mutex" {
				want = "sleep-in-atomic"
			} else if i.name == "spinlock" && hard[o.name] {
				want = "invalid-wait-context"
			}
			rows = append(rows, row{"wait contexts", i.name + " in " + o.name, 1, o.enter + " " + i.take, want})
		}
	}
	return rows
}

func localLockRows() []row {
	const g = "local locks"
	const safe = "hardirq spin:A unspin:A unhardirq irqon irqoff spin:A local:L unlocal:L unspin:A irqon "
	const both = "local:L spin:B unspin:B unlocal:L "
	return []row{
		{g, "2", 1, "local:L unlocal:L " + safe, ""},
		{g, "3A", 1, both + safe, ""},
		{g, "3B", 1, both + safe + "irqoff spin:A spin:B unspin:B unspin:A irqon", "unsafe-hardirq"},
	}
}

// semaphoreRows have no counterpart: lockdep does not track semaphores.
func semaphoreRows() []row {
	const g = "semaphores"
	rows := []row{
		{g, "AA, binary", 0, "sem:X1 sem:X1", "recursive-lock"},
		{g, "AA, two units", 0, "csem:X1 csem:X1", ""},
		{g, "AA, third of two units", 0, "csem:X1 csem:X1 csem:X1", "recursive-lock"},
		{g, "ABBA with a mutex", 0, "sem:A mutex:M unmutex:M unsem:A mutex:M sem:A unsem:A unmutex:M", "inversion-2"},
		{g, "ABBA, one by down_trylock", 0, "sem:A sem:B unsem:B unsem:A sem:B trysem:A unsem:A unsem:B", ""},
		{g, "upped by another task", 0, "task:1 sem:A task:2 unsem:A", ""},
		{g, "upped before it is downed", 0, "task:2 unsem:A task:1 sem:A", ""},
		{g, "handed over: the downer holds nothing", 0, "task:1 sem:A mutex:M unmutex:M task:2 mutex:M unsem:A unmutex:M", ""},
		{g, "handed over under a lock that the downer holds", 0, "task:1 mutex:M sem:A unmutex:M task:2 mutex:M unsem:A unmutex:M", "inversion-2"},
		{g, "initialised while held", 0, "sem:A init:A", "held-lock-reinitialised"},
		{g, "held at exit, may be upped later", 0, "sem:A exit", ""},
		{g, "under a spinlock", 0, "spin:A sem:B", "sleep-in-atomic"},
	}
	for _, o := range []struct{ name, pairs, want string }{
		{"ABBA", "AB BA", "inversion-2"}, {"ABBCCA", "AB BC CA", "inversion-3"}, {"ABCABC", "AB CA BC", "inversion-3"},
		{"ABBCCDDA", "AB BC CD DA", "inversion-4"}, {"ABCDBDDA", "AB CD BD DA", "inversion-3"}, {"ABCDBCDA", "AB CD BC DA", "inversion-4"},
	} {
		for _, p := range []string{"sem", "csem"} {
			rows = append(rows, row{g, o.name + " " + p, 0, with(chain(o.pairs), p), o.want})
		}
	}
	return rows
}

// ownRows are situations beyond the kernel's tests.
func ownRows() []row {
	const g = "beyond the kernel's tests"
	return []row{
		{g, "nesting subclass", 0, "mutex:X1 mutex:X2/1 unmutex:X2 unmutex:X1", ""},
		{g, "nesting subclasses both ways", 0, "mutex:X1 mutex:X2/1 unmutex:X2 unmutex:X1 mutex:X1/1 mutex:X2", "inversion-2"},
		{g, "trylock closes no cycle", 0, "spin:A spin:B unspin:B unspin:A spin:B tryspin:A unspin:A unspin:B", ""},
		{g, "order out of a trylock", 0, "tryspin:A spin:B unspin:B unspin:A spin:B spin:A", "inversion-2"},
		{g, "gate lock", 0, "mutex:G spin:A spin:B unspin:B unspin:A unmutex:G mutex:G spin:B spin:A unspin:A unspin:B unmutex:G", ""},
		{g, "gate lock held for reading", 0, "rsem:G spin:A spin:B unspin:B unspin:A unrsem:G rsem:G spin:B spin:A unspin:A unspin:B unrsem:G", "inversion-2"},
		{g, "gate lock of many instances", 0, "mutex:G1 spin:A spin:B unspin:B unspin:A unmutex:G1 mutex:G2 spin:B spin:A unspin:A unspin:B unmutex:G2", "inversion-2"},
		{g, "released out of order", 0, "spin:A spin:B unspin:A spin:C unspin:C unspin:B spin:C spin:A", "inversion-3"},
		{g, "freed while held", 0, "mutex:A free:A", "held-lock-freed"},
		{g, "freed by another task", 0, "task:1 mutex:A task:2 free:A", "held-lock-freed"},
		{g, "held at exit", 0, "mutex:A exit", "held-at-exit"},
		{g, "held on return to user space", 0, "mutex:A user", "held-at-return-to-user"},
		{g, "held when the handler returns", 0, "hardirq spin:A unhardirq", "held-at-irq-exit"},
		{g, "downgraded, then released as reader", 0, "wsem:A downgrade:A unrsem:A", ""},
		{g, "reader released as writer", 0, "rsem:A unwsem:A", "unlock-not-held"},
		{g, "downgraded by a reader", 0, "rsem:A downgrade:A", "unlock-not-held"},
		{g, "sleep with interrupts off", 0, "irqoff sleep", "sleep-in-atomic"},
		{g, "sleep with preemption off", 0, "preemptoff sleep", "sleep-in-atomic"},
		{g, "sleep with softirqs off", 0, "bhoff mutex:A", "sleep-in-atomic"},
		{g, "sleep after all is on again", 0, "irqoff irqon preemptoff preempton bhoff bhon sleep", ""},
		{g, "completion waited for under the lock of the completer", 0, "task:1 mutex:M wait:C unmutex:M task:2 mutex:M complete:C unmutex:M", "inversion-2"},
		{g, "completion waited for without it", 0, "task:1 wait:C mutex:M unmutex:M task:2 mutex:M complete:C unmutex:M", ""},
		{g, "work flushed under its own lock", 0, "task:1 mutex:M wait:W unmutex:M task:2 map:W mutex:M unmutex:M unmap:W", "inversion-2"},
		{g, "work that flushes itself", 0, "map:W wait:W", "recursive-lock"},
		{g, "SRCU readers nest", 0, "srcu:R srcu:R unsrcu:R unsrcu:R", ""},
		{g, "SRCU grace period waited for by its reader", 0, "srcu:R wait:R", "recursive-lock"},
		{g, "SRCU grace period waited for under the reader's lock", 0,
			"srcu:R mutex:M unmutex:M unsrcu:R mutex:M wait:R unmutex:M", "inversion-2"},
		{g, "SRCU readers and a lock, no grace period", 0, "srcu:R mutex:M unmutex:M unsrcu:R mutex:M srcu:R unsrcu:R unmutex:M", ""},
		{g, "handler takes what it interrupted", 0, "spin:A hardirq spin:A", "recursive-lock"},
		{g, "orders do not cross into the handler", 0, "spin:A hardirq spin:B unspin:B unhardirq unspin:A irqoff spin:B spin:A unspin:A unspin:B irqon hardirq spin:B unspin:B unhardirq", "unsafe-hardirq"},
	}
}
