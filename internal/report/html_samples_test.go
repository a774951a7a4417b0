package report

import (
	"gordian/internal/model"
)

func htmlWhy(input int, locator, excerpt string) []model.Provenance {
	return []model.Provenance{{Input: input, Locator: locator, Excerpt: excerpt}}
}

func htmlIntPtr(i int) *int { return &i }

// htmlABBA is a classic: two tasks, two mutexes, opposite orders.
func htmlABBA() model.Finding {
	return model.Finding{
		Rule: "deadlock", Status: model.Actual, Verdict: model.Deadlocked, Severity: model.SevError,
		Confidence: model.High, Fingerprint: "5be1f00dcafe0001",
		Title:    "dl-mtx-one/106 and dl-mtx-two/107 wait for each other's mutex",
		Function: "dl_mutex_one", Module: "dl_mutex_abba", File: "dl_mutex_abba.c", Line: 31, Time: "245.760112", Boot: "b0",
		Locks: []model.LockInfo{
			{Name: "lock_a", Type: model.Mutex, Addr: "ffffffffc0602040", Owner: "dl-mtx-one/106"},
			{Name: "lock_b", Type: model.Mutex, Addr: "ffffffffc0602000", Owner: "dl-mtx-two/107"},
		},
		Tasks: []model.TaskInfo{
			{PID: 106, Comm: "dl-mtx-one", State: "D", Seconds: 122, WaitsFor: "lock_b", Holds: []string{"lock_a"}, Stack: []string{
				"__schedule+0x3e9/0xb10", "schedule+0x5d/0xe0", "schedule_preempt_disabled+0x15/0x20",
				"__mutex_lock+0x4a1/0x9e0", "dl_mutex_one+0x44/0x90 [dl_mutex_abba]", "kthread+0xe6/0x110", "ret_from_fork+0x2c/0x50"}},
			{PID: 107, Comm: "dl-mtx-two", State: "D", Seconds: 122, WaitsFor: "lock_a", Holds: []string{"lock_b"}, Stack: []string{
				"__schedule+0x3e9/0xb10", "schedule+0x5d/0xe0", "schedule_preempt_disabled+0x15/0x20",
				"__mutex_lock+0x4a1/0x9e0", "dl_mutex_two+0x44/0x90 [dl_mutex_abba]", "kthread+0xe6/0x110", "ret_from_fork+0x2c/0x50"}},
		},
		Path: []model.PathStep{
			{Kind: model.Waits, From: "dl-mtx-one/106", To: "lock_b", Mode: model.Write, At: "dl_mutex_one (dl_mutex_abba.c:31)",
				Why: htmlWhy(0, "line 846", "dl_mutex_one+0x44/0x90 [dl_mutex_abba]")},
			{Kind: model.HeldBy, From: "lock_b", To: "dl-mtx-two/107", Mode: model.Write,
				Why: htmlWhy(0, "line 872", "2 locks held by dl-mtx-two/107:\n #0: ffffffffc0602000 (lock_b){+.+.}-{3:3}, at: dl_mutex_two+0x1c/0x90")},
			{Kind: model.Waits, From: "dl-mtx-two/107", To: "lock_a", Mode: model.Write, At: "dl_mutex_two (dl_mutex_abba.c:44)",
				Why: htmlWhy(0, "line 861", "dl_mutex_two+0x44/0x90 [dl_mutex_abba]")},
			{Kind: model.HeldBy, From: "lock_a", To: "dl-mtx-one/106", Mode: model.Write,
				Why: htmlWhy(0, "line 868", "2 locks held by dl-mtx-one/106:\n #0: ffffffffc0602040 (lock_a){+.+.}-{3:3}, at: dl_mutex_one+0x1c/0x90")},
		},
		Interleaving: []model.Moment{
			{Actor: "dl-mtx-one/106", Does: "mutex_lock(&lock_a)"},
			{Actor: "dl-mtx-two/107", Does: "mutex_lock(&lock_b)"},
			{Actor: "dl-mtx-one/106", Does: "mutex_lock(&lock_b)", Note: "waits: held by dl-mtx-two/107"},
			{Actor: "dl-mtx-two/107", Does: "mutex_lock(&lock_a)", Note: "waits: held by dl-mtx-one/106, for ever"},
		},
		Explanation: "dl-mtx-one/106 holds lock_a and waits for lock_b. dl-mtx-two/107 holds lock_b and waits for lock_a. " +
			"Neither can go on before the other releases its mutex, so both wait for ever.",
		Fix: []model.Fix{{
			Title:  "Take both mutexes in one order",
			Detail: "Let dl_mutex_two() take lock_a before lock_b, as dl_mutex_one() does.",
			Diff: "--- a/dl_mutex_abba.c\n+++ b/dl_mutex_abba.c\n@@ -41,8 +41,8 @@ static int dl_mutex_two(void *arg)\n {\n" +
				"-\tmutex_lock(&lock_b);\n-\tmutex_lock(&lock_a);\n+\tmutex_lock(&lock_a);\n+\tmutex_lock(&lock_b);\n \tshared++;",
		}, {
			Title:  "Use one mutex for both",
			Detail: "If the two are always taken together, one of them protects nothing of its own.",
		}},
		Verify:  []string{"gordian check drivers/dl/", "gordian lab verify drivers/dl/"},
		Missing: []string{"The source of dl_mutex_abba, to show the lines that take both mutexes."},
		Evidence: []model.Provenance{
			{Input: 0, Locator: "line 839", Excerpt: "INFO: task dl-mtx-one:106 blocked for more than 122 seconds."},
			{Input: 0, Locator: "line 854", Excerpt: "INFO: task dl-mtx-two:107 blocked for more than 122 seconds."},
			{Input: 0, Locator: "lines 868–874", Excerpt: "lock_a is the only lock of its class", Derived: true},
		},
		Reports: []int{0, 1},
		History: []model.Sighting{{Time: "245.760112", Seconds: 122, Report: 0}, {Time: "368.640117", Seconds: 245, Report: 2}},
		Related: []model.Relation{{Fingerprint: "5be1f00dcafe0002", Rule: "lock-order-inversion", How: "lockdep warned of the same two classes before"}},
	}
}

// htmlInversion is a lockdep circular dependency of three classes.
func htmlInversion() model.Finding {
	mmap, inode, sb := "&mm->mmap_lock", "&sb->s_type->i_mutex_key#14", "sb_writers#5"
	return model.Finding{
		Rule: "lock-order-inversion", Status: model.Potential, Verdict: model.CouldDeadlock, Severity: model.SevError,
		Confidence: model.High, Fingerprint: "5be1f00dcafe0002", Function: "do_user_addr_fault", Time: "71.004511", Boot: "b0",
		Title: mmap + " → " + sb + " → " + inode + " → " + mmap + " could deadlock",
		Locks: []model.LockInfo{{Name: mmap, Type: model.RWSem}, {Name: inode, Type: model.RWSem}, {Name: sb, Type: model.PercpuRWSem}},
		Path: []model.PathStep{
			{Kind: model.Before, From: mmap, To: sb, Mode: model.Read, At: "filemap_page_mkwrite (mm/filemap.c:3621)",
				Why: htmlWhy(0, "line 412", "-> #2 (sb_writers#5){.+.+}-{0:0}:\n       sb_start_pagefault+0x5c/0x110\n       filemap_page_mkwrite+0x61/0x260")},
			{Kind: model.Before, From: sb, To: inode, Mode: model.Write, At: "ext4_buffered_write_iter (fs/ext4/file.c:292)",
				Why: htmlWhy(0, "line 427", "-> #1 (&sb->s_type->i_mutex_key#14){++++}-{3:3}:")},
			{Kind: model.Before, From: inode, To: mmap, Mode: model.Read, At: "do_user_addr_fault",
				Why: htmlWhy(0, "line 440", "-> #0 (&mm->mmap_lock){++++}-{3:3}:")},
		},
		Interleaving: []model.Moment{
			{Actor: "CPU0", Does: "down_read(" + mmap + ")"}, {Actor: "CPU1", Does: "inode_lock(" + inode + ")"},
			{Actor: "CPU2", Does: "sb_start_write(" + sb + ")"},
			{Actor: "CPU0", Does: "sb_start_pagefault(" + sb + ")", Note: "waits for a freezer"},
			{Actor: "CPU1", Does: "down_read(" + mmap + ")", Note: "waits behind a writer"},
		},
		Explanation: "Three paths take these classes in orders that close a cycle. No task is stuck yet; it takes the three to run at the same time.",
		Fix: []model.Fix{{Title: "Fault the user pages in before the inode lock is taken",
			Detail: "Call fault_in_iov_iter_readable() before inode_lock(), and copy with page faults disabled."}},
		Verify:  []string{"dmesg | gordian diagnose -"},
		Reports: []int{3},
	}
}

// htmlBlocker is a root blocker that is not in a cycle, with six tasks behind.
func htmlBlocker() model.Finding {
	f := model.Finding{
		Rule: "hung-task", Status: model.Actual, Verdict: model.Behind, Severity: model.SevWarning, Confidence: model.Medium,
		Title: "6 tasks wait behind jbd2/sda1-8/312, which waits for the disk", Fingerprint: "5be1f00dcafe0003",
		Function: "jbd2_journal_commit_transaction",
		Tasks: []model.TaskInfo{
			{PID: 312, Comm: "jbd2/sda1-8", State: "D", Seconds: 241, Holds: []string{"&journal->j_checkpoint_mutex"},
				Stack: []string{"io_schedule+0x46/0x70", "bit_wait_io+0x11/0x60", "jbd2_journal_commit_transaction+0x1074/0x1a30"}},
			{PID: 2210, Comm: "postgres", State: "D", Seconds: 240, WaitsFor: "&journal->j_checkpoint_mutex", Behind: "jbd2/sda1-8/312", Holds: []string{"&inode->i_rwsem"}},
			{PID: 2214, Comm: "postgres", State: "D", Seconds: 238, WaitsFor: "&inode->i_rwsem", Behind: "postgres/2210"},
			{PID: 2219, Comm: "postgres", State: "D", Seconds: 231, WaitsFor: "&inode->i_rwsem", Behind: "postgres/2210"},
			{PID: 4410, Comm: "rsyslogd", State: "D", Seconds: 226, WaitsFor: "&journal->j_checkpoint_mutex", Behind: "jbd2/sda1-8/312"},
			{PID: 981, Comm: "kworker/u16:3", State: "D", Seconds: 219, WaitsFor: "&journal->j_checkpoint_mutex", Behind: "jbd2/sda1-8/312"},
			{PID: 5102, Comm: "sync", State: "D", Seconds: 130, Behind: "kworker/u16:3/981"},
		},
		Locks: []model.LockInfo{{Name: "&journal->j_checkpoint_mutex", Type: model.Mutex, Owner: "jbd2/sda1-8/312"}, {Name: "&inode->i_rwsem", Type: model.RWSem, Owner: "postgres/2210"}},
		Path: []model.PathStep{
			{Kind: model.Waits, From: "postgres/2210", To: "&journal->j_checkpoint_mutex", Mode: model.Write, At: "__jbd2_log_wait_for_space", Why: htmlWhy(0, "line 1201", "task:postgres state:D")},
			{Kind: model.HeldBy, From: "&journal->j_checkpoint_mutex", To: "jbd2/sda1-8/312", Mode: model.Write, Why: htmlWhy(0, "line 1230", "1 lock held by jbd2/sda1-8/312")},
		},
		Explanation: "All of these tasks wait, directly or through each other, for jbd2/sda1-8/312. It waits for the block device, so this is no deadlock: look at the disk.",
		Verify:      []string{"cat /sys/block/sda/inflight"},
		Missing:     []string{"Block-layer state of sda (/sys/kernel/debug/block/sda), to say which request does not complete."},
	}
	return f
}

func htmlSoftLockup() model.Finding {
	return model.Finding{
		Rule: "soft-lockup", Status: model.Actual, Verdict: model.Slow, Severity: model.SevWarning, Confidence: model.Medium,
		Title: "CPU 3 stuck for 26 s in nft_set_gc_walk", Fingerprint: "5be1f00dcafe0004", Function: "nft_set_gc_walk",
		Module: "nf_tables", CPU: htmlIntPtr(3), Time: "9120.310044",
		Tasks: []model.TaskInfo{{PID: 77, Comm: "kworker/3:1", State: "R", CPU: htmlIntPtr(3), Seconds: 26,
			Stack: []string{"nft_set_gc_walk+0x8c/0x210 [nf_tables]", "process_one_work+0x1f0/0x3e0", "worker_thread+0x4e/0x3b0"}}},
		Explanation: "The watchdog saw no scheduling on CPU 3 for 26 seconds. The CPU was busy, not waiting: no lock is involved.",
		Fix:         []model.Fix{{Title: "Let the walk yield", Detail: "Call cond_resched() once per batch."}},
	}
}

// htmlSelf is a lock taken again by its holder: the shortest cycle.
func htmlSelf() model.Finding {
	return model.Finding{
		Rule: "recursive-lock", Status: model.Potential, Verdict: model.Bug, Severity: model.SevNote, Confidence: model.Low,
		Title: "&q->lock is taken again by its holder", Fingerprint: "5be1f00dcafe0005", Function: "q_push", File: "q.c", Line: 12,
		Path:        []model.PathStep{{Kind: model.Before, From: "&q->lock", To: "&q->lock", Mode: model.Write, At: "q_push (q.c:12)", Why: htmlWhy(1, "q.c:12", "spin_lock(&q->lock);")}},
		Locks:       []model.LockInfo{{Name: "&q->lock", Type: model.Spinlock}},
		Explanation: "q_push() calls itself with &q->lock held.",
	}
}

// htmlPair is a cycle of two classes.
func htmlPair() model.Finding {
	f := htmlInversion()
	f.Fingerprint, f.Title, f.Interleaving = "5be1f00dcafe0006", "&dev->lock and &dev->queue_lock are taken in both orders", nil
	f.Locks = []model.LockInfo{{Name: "&dev->lock", Type: model.Mutex}, {Name: "&dev->queue_lock", Type: model.Spinlock}}
	f.Path = []model.PathStep{
		{Kind: model.Before, From: "&dev->lock", To: "&dev->queue_lock", Mode: model.Write, At: "dev_submit (dev.c:88)", Why: htmlWhy(1, "dev.c:88", "")},
		{Kind: model.Before, From: "&dev->queue_lock", To: "&dev->lock", Mode: model.Write, At: "dev_flush_queue (dev.c:131)", Why: htmlWhy(1, "dev.c:131", "")},
	}
	return f
}

// htmlWithBehind is the ABBA deadlock with tasks queued behind it.
func htmlWithBehind() model.Finding {
	f := htmlABBA()
	f.Fingerprint = "5be1f00dcafe0007"
	f.Title = "dl-mtx-one/106 and dl-mtx-two/107 are deadlocked, 3 tasks wait behind them"
	f.Tasks = append(f.Tasks,
		model.TaskInfo{PID: 301, Comm: "cat", State: "D", Seconds: 60, WaitsFor: "lock_a", Behind: "dl-mtx-one/106"},
		model.TaskInfo{PID: 302, Comm: "cat", State: "D", Seconds: 58, WaitsFor: "lock_a", Behind: "dl-mtx-one/106"},
		model.TaskInfo{PID: 303, Comm: "rmmod", State: "D", Seconds: 40, WaitsFor: "lock_b", Behind: "dl-mtx-two/107"})
	return f
}

func htmlDocument(fs ...model.Finding) *model.Document {
	log := "/var/log/kern.log"
	rep := func(family, header, time string, line int) model.Report {
		return &model.ReportBase{Family: family, Header: header, Time: time, Line: line,
			Context: &model.ReportCtx{CPU: 1, PID: 40, Comm: "khungtaskd", Kernel: "6.8.0"}}
	}
	return &model.Document{
		Schema: model.Schema, Tool: "gordian 0.1.0",
		Inputs: []model.Input{
			{Path: log, Kind: model.InputLog, SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Bytes: 183211, Format: "gzip, dmesg"},
			{Path: "drivers/dl", Kind: model.InputSource, SHA256: "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752", Bytes: 4410},
		},
		Findings: fs,
		Reports: []model.Report{
			rep("hung-task", "INFO: task dl-mtx-one:106 blocked for more than 122 seconds.", "245.760112", 839),
			rep("hung-task", "INFO: task dl-mtx-two:107 blocked for more than 122 seconds.", "245.761003", 854),
			rep("hung-task", "INFO: task dl-mtx-one:106 blocked for more than 245 seconds.", "368.640117", 1033),
			rep("lockdep-circular", "WARNING: possible circular locking dependency detected", "71.004511", 402),
		},
		Incomplete: []model.Incomplete{{Input: 0, Reason: "the log starts in the middle of a report; its first lines were overwritten in the ring buffer"}},
		Stats:      map[string]int64{"log.lines": 2210, "log.reports": 4, "engine.nodes": 4, "engine.edges": 4},
	}
}

func htmlAllSamples() *model.Document {
	return htmlDocument(htmlABBA(), htmlInversion(), htmlBlocker(), htmlSoftLockup(), htmlSelf(), htmlPair(), htmlWithBehind())
}
