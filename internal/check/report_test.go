package check

import (
	"testing"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func ptr(n int) *int { return &n }

// TestReportsToRules maps each report family to the rule that explains it.
func TestReportsToRules(t *testing.T) {
	lk := &kreport.Lock{Lock: "&x->lock", Func: "f+0x1/0x2", Addr: "ffff01", WaitType: "2:2"}
	held := &kreport.Held{Comm: "a", PID: 1, Count: 1, Locks: []kreport.Lock{*lk}}
	bt := func(s string) *kreport.Stack { st := stackOf(s); return &st }
	msg := func(fam string) func(model.ReportBase) model.Report {
		return func(b model.ReportBase) model.Report { return &kreport.Message{ReportBase: b, Dev: "lo", Fn: "w_fn"} }
	}
	atomic := func(b model.ReportBase) model.Report {
		return &kreport.Atomic{ReportBase: b, Task: &kreport.Task{Comm: "a", PID: 1}, PreemptCount: "0x2", LastFunction: "w_fn+0x1/0x2", Backtrace: bt("dump_stack f g")}
	}
	self := func(b model.ReportBase) model.Report {
		return &kreport.LockdepInternal{ReportBase: b, File: "kernel/locking/lockdep.c", LineNo: 7, Limit: "MAX_LOCKDEP_CHAINS", Backtrace: bt("dump_stack register_lock_class f")}
	}
	dep := func(change func(*kreport.Lockdep)) func(model.ReportBase) model.Report {
		return func(b model.ReportBase) model.Report {
			r := &kreport.Lockdep{ReportBase: b, Task: &kreport.Task{Comm: "a", PID: 1}, Backtrace: bt("dump_stack lock_acquire _raw_spin_lock f g")}
			change(r)
			return r
		}
	}
	spin := func(what string) func(model.ReportBase) model.Report {
		return func(b model.ReportBase) model.Report {
			return &kreport.SpinlockBug{ReportBase: b, Primitive: "spinlock", What: what, CPU: ptr(1), Task: &kreport.Task{Comm: "a", PID: 1},
				Lock: &kreport.DebugLock{Lock: "dev_lock+0x0/0x18", Magic: "00000000", OwnerComm: "b", OwnerPID: ptr(2), OwnerCPU: ptr(0)}, Backtrace: bt("dump_stack spin_dump do_raw_spin_lock f")}
		}
	}
	tests := []struct {
		family, rule string
		status       model.Status
		build        func(model.ReportBase) model.Report
		text         string
	}{
		{"lockdep-recursive", "recursive-lock", model.Actual, dep(func(r *kreport.Lockdep) { r.Acquiring, r.Holding = lk, lk }), "one lock"},
		{"lockdep-recursive", "recursive-lock", model.Potential, dep(func(r *kreport.Lockdep) {
			r.Acquiring, r.Holding = lk, &kreport.Lock{Lock: "&x->lock", Addr: "ffff02"}
		}), "two locks of one class"},
		{"lockdep-inconsistent", "irq-unsafe-lock", model.Potential, dep(func(r *kreport.Lockdep) {
			r.Lock, r.UsageFrom, r.UsageTo, r.Registered = lk, "HARDIRQ-ON-W", "IN-HARDIRQ-W", bt("lock_acquire _raw_spin_lock outside")
		}), "hardirq context in f()"},
		{"lockdep-inconsistent", "irq-unsafe-lock", model.Potential, dep(func(r *kreport.Lockdep) {
			r.Lock, r.UsageFrom, r.UsageTo, r.Registered = lk, "IN-SOFTIRQ-W", "SOFTIRQ-ON-W", bt("lock_acquire _raw_spin_lock handler")
		}), "softirq context in handler()"},
		{"lockdep-irq-order", "irq-unsafe-lock", model.Potential, dep(func(r *kreport.Lockdep) {
			r.IRQSafeLock, r.IRQUnsafeLock, r.NewDependency = "s", "u", []string{"s", "u"}
			r.IRQClass = &kreport.IRQClass{Safe: "HARDIRQ-safe", Unsafe: "HARDIRQ-unsafe"}
		}), "CPU0 holds u"},
		{"lockdep-irq-inversion", "irq-unsafe-lock", model.Potential, dep(func(r *kreport.Lockdep) { r.Lock, r.Chain = lk, []string{"s", "m", "u"} }), ""},
		{"lockdep-bad-unlock", "unlock-not-held", model.Potential, dep(func(r *kreport.Lockdep) { r.Lock, r.NoMoreLocks = lk, true }), "holds no lock at all"},
		{"lockdep-held-freed", "missing-unlock", model.Potential, dep(func(r *kreport.Lockdep) { r.Lock = lk }), "freed memory"},
		{"lockdep-held-exit", "missing-unlock", model.Potential, dep(func(r *kreport.Lockdep) { r.Held = held }), "taken in f()"},
		{"lockdep-held-userspace", "missing-unlock", model.Potential, dep(func(r *kreport.Lockdep) { r.Held = held }), "user space"},
		{"lockdep-nest-not-held", "lock-annotation", model.Potential, dep(func(r *kreport.Lockdep) { r.Acquiring, r.NestLock = lk, "&outer" }), "&outer"},
		{"lockdep-wait-context", "sleep-in-atomic", model.Potential, dep(func(r *kreport.Lockdep) { r.Acquiring, r.Held = &kreport.Lock{Lock: "z", WaitType: "3:3"}, held }), "PREEMPT_RT"},
		{"lockdep-nonstatic-key", "lock-annotation", model.Potential, self, "never initialised"},
		{"lockdep-limit", "lock-annotation", model.Potential, self, "MAX_LOCKDEP_CHAINS"},
		{"lockdep-internal", "lock-annotation", model.Potential, self, "lockdep.c:7"},
		{"lockdep-internal", "unlock-not-held", model.Potential, func(b model.ReportBase) model.Report {
			return &kreport.LockdepInternal{ReportBase: b, File: "kernel/locking/rwsem.c", LineNo: 1361, Func: "__up_write", Backtrace: bt("__up_write up_write f")}
		}, "held by another task"},
		{"rcu-usage", "rcu-misuse", model.Potential, func(b model.ReportBase) model.Report {
			return &kreport.RCUUsage{ReportBase: b, File: "net/x.c", LineNo: 3, Message: "suspicious rcu_dereference_check() usage!", Backtrace: bt("dump_stack lockdep_rcu_suspicious f")}
		}, "net/x.c:3"},
		{"rtmutex-deadlock", "deadlock", model.Actual, msg(""), "rtmutex"},
		{"resspin-deadlock", "deadlock", model.Actual, msg(""), "resilient"},
		{"deadlock-bug", "deadlock", model.Actual, msg(""), "older kernel"},
		{"spinlock-bug", "spinlock-lockup", model.Actual, spin("lockup suspected"), "b/2, which took it on CPU0"},
		{"spinlock-bug", "recursive-lock", model.Actual, spin("recursion"), "spins for itself"},
		{"spinlock-bug", "spinlock-corruption", model.Actual, spin("bad magic"), "00000000"},
		{"spinlock-bug", "spinlock-corruption", model.Actual, spin("wrong owner"), "another task or CPU"},
		{"sched-atomic", "sleep-in-atomic", model.Actual, atomic, "gave up the CPU"},
		{"blocking-ops", "sleep-in-atomic", model.Actual, atomic, "inner sleep"},
		{"preemptible", "sleep-in-atomic", model.Actual, atomic, "per-CPU data"},
		{"rcu-voluntary-switch", "sleep-in-atomic", model.Actual, msg(""), "rcu_read_unlock"},
		{"wq-leak", "missing-unlock", model.Potential, atomic, "w_fn()"},
		{"preempt-exit", "missing-unlock", model.Potential, atomic, "preempt count of 0x2"},
		{"wq-hog", "workqueue-lockup", model.Actual, msg(""), "w_fn()"},
		{"wq-flush-reclaim", "wait-under-lock", model.Potential, msg(""), "WQ_MEM_RECLAIM"},
		{"netdev-unregister", "hung-task", model.Actual, msg(""), "lo"},
		{"netdev-watchdog", "hung-task", model.Actual, msg(""), "lo"},
		{"dpm-timeout", "hung-task", model.Actual, msg(""), "lo"},
		{"fs-alloc-deadlock", "hung-task", model.Actual, msg(""), "allocation"},
		{"sched-ext-stall", "hung-task", model.Actual, msg(""), "BPF scheduler"},
		{"rcu-kthread-starved", "rcu-stall", model.Actual, func(b model.ReportBase) model.Report {
			return &kreport.RCUKthread{ReportBase: b, Flavor: "rcu_sched", Jiffies: 99, CPU: ptr(2)}
		}, "CPU2"},
		{"wq-lockup", "workqueue-lockup", model.Actual, func(b model.ReportBase) model.Report {
			return &kreport.WQLockup{ReportBase: b, Secs: 45, CPUs: "5", InFlight: []string{"77:w_fn"}, Pending: []string{"other_fn"}}
		}, "w_fn() in worker 77"},
		{"atomic-sleep", "sleep-in-atomic", model.Actual, func(b model.ReportBase) model.Report {
			return &kreport.AtomicSleep{ReportBase: b, File: "mm/slub.c", LineNo: 9, InAtomic: ptr(1), Held: held, Backtrace: bt("dump_stack __might_resched __kmalloc f")}
		}, "holds &x->lock"},
	}
	for _, tt := range tests {
		t.Run(tt.family+" "+tt.rule, func(t *testing.T) {
			w := newWorld()
			w.add(tt.build(w.base(tt.family, "header of "+tt.family)))
			fs := w.run(t)
			if len(fs) != 1 || fs[0].Rule != tt.rule || fs[0].Status != tt.status {
				t.Fatalf("got %s", titles(fs))
			}
			wantContains(t, "explanation", fs[0].Explanation, tt.text)
			again := newWorld()
			again.line = 500
			again.add(tt.build(again.base(tt.family, "header of "+tt.family)))
			if f := again.run(t); f[0].Fingerprint != fs[0].Fingerprint {
				t.Error("the fingerprint depends on the place in the log")
			}
		})
	}
}

func TestCircular(t *testing.T) {
	w := newWorld()
	i := w.splat([]string{"A", "B", "C"}, []string{"lock_acquire mutex_lock f_ca", "lock_acquire mutex_lock f_ab", "lock_acquire mutex_lock f_bc"})
	f := one(t, w.run(t), "lock-order-inversion")
	if len(f.Path) != 3 || f.Path[0].From != "C" || f.Path[0].To != "A" || f.Path[0].At != "f_ca" || len(f.Interleaving) != 6 {
		t.Errorf("path %+v\ninterleaving %+v", f.Path, f.Interleaving)
	}
	for k, s := range f.Path {
		if s.To != f.Path[(k+1)%3].From {
			t.Errorf("path does not close: %+v", f.Path)
		}
	}
	wantContains(t, "explanation", f.Explanation, "asked for A in f_ca() while it held C", "B has been taken before while A was held, in f_ab()")
	if f.Reports[0] != i || f.Confidence != model.High {
		t.Errorf("%v %s", f.Reports, f.Confidence)
	}
}

func TestCircularThroughWork(t *testing.T) {
	w := newWorld()
	w.splat([]string{"(work_completion)(&d->work)", "cfg_lock"}, []string{"lock_acquire __flush_work f_close", "lock_acquire __mutex_lock w_fn"})
	f := one(t, w.run(t), "lock-order-inversion")
	wantContains(t, "title", f.Title, "waits for (work_completion)(&d->work) while holding cfg_lock")
	wantContains(t, "fix", f.Fix[0].Title, "Release cfg_lock before waiting in f_close()")
}

func TestCutReportIsLow(t *testing.T) {
	w := newWorld()
	r := &kreport.Lockdep{ReportBase: w.base("lockdep-circular", "WARNING: possible circular locking dependency detected")}
	r.Truncated = true
	w.add(r)
	if f := one(t, w.run(t), "lock-order-inversion"); f.Confidence != model.Low || len(f.Missing) == 0 {
		t.Errorf("%+v", f)
	}
}

// TestJoinedOrder: two reports that each state one half.
func TestJoinedOrder(t *testing.T) {
	w := newWorld()
	for _, e := range [][2]string{{"A", "B"}, {"B", "A"}} {
		w.add(&kreport.Lockdep{ReportBase: w.base("lockdep-wait-context", "[ BUG: Invalid wait context ]"), Acquiring: &kreport.Lock{Lock: e[1]}})
		w.f.Edges = append(w.f.Edges, model.Edge{Kind: model.Before, From: model.ClassRef(e[0]), To: model.ClassRef(e[1]),
			FromMode: model.Write, Mode: model.Write, Why: w.why("held", false)})
	}
	f := one(t, w.run(t), "lock-order-inversion")
	if f.Confidence != model.Medium || len(f.Reports) != 2 || len(f.Missing) == 0 {
		t.Errorf("%+v", f)
	}
}

func TestMerge(t *testing.T) {
	w := newWorld()
	for range 3 {
		w.splat([]string{"A", "B"}, []string{"lock_acquire mutex_lock f", "lock_acquire mutex_lock g"})
	}
	f := one(t, w.run(t), "lock-order-inversion")
	if len(f.Reports) != 3 || len(f.History) != 3 {
		t.Errorf("reports %v history %v", f.Reports, f.History)
	}
}

func lockup(w *world, fam string, cs ...kreport.CPUContext) {
	r := &kreport.Lockup{ReportBase: w.base(fam, "BUG: "+fam), CPU: cs[0].CPU, Secs: ptr(22), Contexts: cs}
	w.add(r)
}

func cpu(n int, comm string, stack, rdi string) kreport.CPUContext {
	s := stackOf(stack)
	if rdi != "" {
		s.Regs = map[string]string{"RDI": rdi}
	}
	return kreport.CPUContext{CPU: ptr(n), PID: 100 + n, Comm: comm, Stack: s}
}

func TestSpinners(t *testing.T) {
	const slow = "native_queued_spin_lock_slowpath _raw_spin_lock "
	t.Run("two CPUs, two locks", func(t *testing.T) {
		w := newWorld()
		lockup(w, "soft-lockup", cpu(1, "a", slow+"f_one+0x1@m kthread", "ffffffffc0586400"))
		lockup(w, "soft-lockup", cpu(2, "b", slow+"f_two+0x2@m kthread", "ffffffffc0586404"))
		fs := w.run(t)
		f := one(t, fs, "deadlock")
		if f.Verdict != model.Undecided || f.Confidence != model.Medium || len(f.Locks) != 2 || len(f.Reports) != 2 {
			t.Errorf("%+v", f)
		}
	})
	t.Run("two CPUs, one lock", func(t *testing.T) {
		w := newWorld()
		lockup(w, "soft-lockup", cpu(1, "a", slow+"f_one+0x1@m", "ffffffffc0586400"))
		lockup(w, "soft-lockup", cpu(2, "b", slow+"f_two+0x2@m", "ffffffffc0586400"))
		for _, f := range w.run(t) {
			if f.Rule == "deadlock" {
				t.Error(f.Title)
			}
		}
	})
	t.Run("two CPUs at the places of a splat", func(t *testing.T) {
		w := newWorld()
		w.splat([]string{"dev_lock2", "dev_lock"}, []string{"lock_acquire _raw_spin_lock f_one+0x1@m", "lock_acquire _raw_spin_lock f_two+0x2@m"})
		lockup(w, "soft-lockup", cpu(1, "a", slow+"f_one+0x1@m", ""))
		lockup(w, "soft-lockup", cpu(2, "b", slow+"f_two+0x2@m", ""))
		f := one(t, w.run(t), "deadlock")
		if f.Verdict != model.Deadlocked || f.Confidence != model.High || len(f.Path) != 4 {
			t.Errorf("%+v", f)
		}
	})
	t.Run("handler over its holder", func(t *testing.T) {
		w := newWorld()
		lockup(w, "hard-lockup", cpu(1, "a", slow+"t_fn+0x1@m __hrtimer_run_queues asm_sysvec_apic_timer_interrupt delay_tsc f_proc+0x3@m kthread", "ffffffffc0586400"))
		fs := w.run(t)
		f := one(t, fs, "irq-unsafe-lock")
		if f.Function != "f_proc" || f.Confidence != model.Medium || f.Status != model.Actual || len(f.Path) != 2 {
			t.Errorf("%+v", f)
		}
		if h := one(t, fs, "hard-lockup"); len(h.Related) == 0 {
			t.Error("the lockup is not tied to its cause")
		}
	})
	t.Run("holder on another CPU", func(t *testing.T) {
		w := newWorld()
		lockup(w, "soft-lockup", cpu(1, "a", slow+"f_one+0x1@m", ""), cpu(0, "b", "delay_tsc f_slow@m kthread", ""))
		f := one(t, w.run(t), "soft-lockup")
		wantContains(t, "explanation", f.Explanation, "CPU0 is the likely holder (inferred)", "f_slow()")
	})
	t.Run("no lock", func(t *testing.T) {
		w := newWorld()
		lockup(w, "soft-lockup", cpu(1, "a", "memcpy f_loop@m", ""))
		f := one(t, w.run(t), "soft-lockup")
		if f.Function != "f_loop" || f.Verdict != model.Slow {
			t.Errorf("%+v", f)
		}
	})
	t.Run("grace period", func(t *testing.T) {
		w := newWorld()
		lockup(w, "soft-lockup", cpu(1, "a", slow+"f_one+0x1@m", ""))
		w.hung("kw", 9, "__schedule schedule schedule_timeout __wait_for_common __wait_rcu_gp synchronize_rcu do_free_init")
		f := one(t, w.run(t), "hung-task")
		if f.Verdict != model.Behind || len(f.Related) == 0 {
			t.Errorf("%+v", f)
		}
	})
}
