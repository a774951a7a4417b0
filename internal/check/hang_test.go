package check

import (
	"testing"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func TestProvenDeadlock(t *testing.T) {
	w := newWorld()
	w.hung("one", 10, inMutex+"f_one+0x27@m")
	w.hung("two", 11, inMutex+"f_two+0x27@m")
	w.hung("three", 12, inMutex+"f_three+0x11@m")
	w.hung("one", 10, inMutex+"f_one+0x27@m")
	w.add(&kreport.LocksDump{ReportBase: w.base("locks-dump", "Showing all locks held in the system:")})
	a, b := w.lock("ffff01", "&x->a", model.Mutex), w.lock("ffff02", "&x->b", model.Mutex)
	one1, two, three := w.task("one", 10), w.task("two", 11), w.task("three", 12)
	w.held(a, one1)
	w.waits(one1, b, "#1: ffff02 (&x->b), at: f_one+0x27/0x100", true)
	w.held(b, two)
	w.waits(two, a, "#1: ffff01 (&x->a), at: f_two+0x27/0x100", true)
	w.waits(three, a, "#0: ffff01 (&x->a), at: f_three+0x11/0x100", true)
	fs := w.run(t)
	f := one(t, fs, "deadlock")
	if len(fs) != 1 || f.Verdict != model.Deadlocked || f.Status != model.Actual || f.Confidence != model.High {
		t.Errorf("got %s", titles(fs))
	}
	if len(f.Tasks) != 3 || f.Tasks[2].Behind == "" || len(f.Locks) != 2 || len(f.Path) != 5 || len(f.History) != 4 || len(f.Reports) != 5 {
		t.Errorf("tasks %+v\nlocks %+v\npath %+v\nhistory %v reports %v", f.Tasks, f.Locks, f.Path, f.History, f.Reports)
	}
	wantContains(t, "explanation", f.Explanation, "one/10 waits for &x->b in f_one(), held by two/11", "three/12")
	if len(f.Interleaving) != 4 || f.Interleaving[0].Does != "mutex_lock(&x->b)" && f.Interleaving[0].Does != "mutex_lock(&x->a)" {
		t.Errorf("interleaving %+v", f.Interleaving)
	}
}

func TestInferredDeadlockIsMedium(t *testing.T) {
	w := newWorld()
	w.hung("one", 10, inMutex+"f_one@m")
	w.hung("two", 11, inMutex+"f_two@m")
	a, b := w.lock("ffff01", "&x->a", model.Mutex), w.lock("ffff02", "&x->b", model.Mutex)
	w.held(a, w.task("one", 10))
	w.held(b, w.task("two", 11))
	w.waits(w.task("one", 10), b, "last held lock", true)
	w.waits(w.task("two", 11), a, "last held lock", true)
	f := one(t, w.run(t), "deadlock")
	if f.Confidence != model.Medium || len(f.Missing) == 0 {
		t.Errorf("confidence %s, missing %v", f.Confidence, f.Missing)
	}
}

func TestSelfDeadlock(t *testing.T) {
	w := newWorld()
	w.add(&kreport.HungBlocker{ReportBase: w.base("hung-blocker", "INFO: task cat:7 is blocked on a mutex likely owned by task cat:7."),
		Task: kreport.Task{Comm: "cat", PID: 7}, Primitive: "mutex", Owner: &kreport.Task{Comm: "cat", PID: 7}})
	l := model.LockRef(w.boot, "wanted-by-cat/7")
	w.f.Locks = append(w.f.Locks, model.Lock{Ref: l, Boot: w.boot, Type: model.Mutex})
	w.waits(w.task("cat", 7), l, "blocked on a mutex", false)
	w.held(l, w.task("cat", 7))
	f := one(t, w.run(t), "recursive-lock")
	wantContains(t, "title", f.Title, "cat/7 waits for the mutex, which it holds itself")
	if f.Confidence != model.High || len(f.Tasks) != 1 {
		t.Errorf("%+v", f)
	}
}

func TestTree(t *testing.T) {
	tests := []struct {
		name, root string // stack of the root
		rule       string
		verdict    model.Verdict
		severity   model.Severity
		text       string
	}{
		{"io", inIO + "ext4_read", "hung-task", model.BlockedOnIO, model.SevWarning, "blocked on I/O, not deadlocked"},
		{"completion", inCompl + "f_root@m", "wait-under-lock", model.Undecided, model.SevError, "with that lock held"},
		{"completion of other code", inCompl + "f_root@other", "wait-under-lock", model.Undecided, model.SevError, "with that lock held"},
		{"sleep", "__schedule schedule schedule_timeout msleep f_root@m", "hung-task", model.Behind, model.SevError, "sleeps for a time of its own choice"},
		{"semaphore", "__schedule schedule down f_root@m", "hung-task", model.Behind, model.SevError, "whose holder the evidence does not show"},
		{"no stack", "", "hung-task", model.Behind, model.SevError, "does not show what root/9 is doing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld()
			if tt.root != "" {
				w.hung("root", 9, tt.root)
			} else {
				w.f.Tasks = append(w.f.Tasks, model.Task{Ref: w.task("root", 9), Boot: w.boot, PID: 9, Comm: "root", CPU: -1})
			}
			w.hung("one", 10, inMutex+"f_one@m")
			w.hung("two", 11, inMutex+"f_two@m")
			a, b := w.lock("ffff01", "a_lock", model.Mutex), w.lock("ffff02", "b_lock", model.Mutex)
			w.held(a, w.task("root", 9))
			w.waits(w.task("one", 10), a, "x", true)
			w.held(b, w.task("one", 10))
			w.waits(w.task("two", 11), b, "x", true)
			fs := w.run(t)
			f := one(t, fs, tt.rule)
			if len(fs) != 1 || f.Verdict != tt.verdict || f.Severity != tt.severity || len(f.Tasks) != 3 {
				t.Errorf("got %s\n%+v", titles(fs), f.Tasks)
			}
			wantContains(t, "title", f.Title, "root/9", "a_lock")
			wantContains(t, "explanation", f.Explanation, tt.text, "one/10", "two/11")
			if f.Tasks[1].Behind != "root/9" || f.Tasks[2].Behind != "one/10" {
				t.Errorf("behind: %q, %q", f.Tasks[1].Behind, f.Tasks[2].Behind)
			}
		})
	}
}

func TestHints(t *testing.T) {
	t.Run("two places", func(t *testing.T) {
		w := newWorld()
		w.hung("one", 10, inMutex+"f_one@m")
		w.hung("two", 11, inMutex+"f_two@m")
		f := one(t, w.run(t), "deadlock")
		if f.Verdict != model.Undecided || f.Confidence != model.Medium || len(f.Missing) == 0 {
			t.Errorf("%s %s", f.Verdict, f.Confidence)
		}
		wantContains(t, "explanation", f.Explanation, "hint", "f_one()", "f_two()")
	})
	t.Run("among others", func(t *testing.T) {
		w := newWorld()
		w.hung("one", 10, inMutex+"f_one@m")
		w.hung("two", 11, inMutex+"f_two@m")
		w.hung("other", 12, inMutex+"g")
		if f := one(t, w.run(t), "deadlock"); f.Confidence != model.Low {
			t.Error(f.Confidence)
		}
	})
	t.Run("semaphores", func(t *testing.T) {
		w := newWorld()
		w.hung("one", 10, "__schedule schedule down f_one@m")
		w.hung("two", 11, "__schedule schedule down f_two@m")
		f := one(t, w.run(t), "deadlock")
		wantContains(t, "missing", f.Missing[0], "keeps no owner", "The source shows", "a dump")
	})
	t.Run("one place", func(t *testing.T) {
		w := newWorld()
		w.hung("one", 10, inMutex+"f_one+0x1@m")
		w.hung("two", 11, inMutex+"f_one+0x1@m")
		f := one(t, w.run(t), "hung-task")
		wantContains(t, "title", f.Title, "2 tasks", "f_one()")
	})
	t.Run("flush_work", func(t *testing.T) {
		w := newWorld()
		w.worker("kworker/0:1", 10, "w_fn", inMutex+"w_fn@m process_one_work")
		w.hung("closer", 11, inWork+"f_close@m")
		f := one(t, w.run(t), "wait-under-lock")
		if f.Confidence != model.Medium || f.Verdict != model.Undecided {
			t.Errorf("%s %s", f.Verdict, f.Confidence)
		}
		wantContains(t, "title", f.Title, "flush_work() in f_close()", "w_fn()")
	})
	t.Run("global lock", func(t *testing.T) {
		w := newWorld()
		w.hung("a", 10, inMutex+"mutex_lock rtnl_lock f_one")
		w.hung("b", 11, inMutex+"mutex_lock rtnl_lock f_two")
		f := one(t, w.run(t), "hung-task")
		wantContains(t, "title", f.Title, "2 tasks wait for rtnl_mutex")
	})
	t.Run("io together", func(t *testing.T) {
		w := newWorld()
		w.hung("a", 10, inIO+"ext4_read")
		w.hung("b", 11, inIO+"xfs_read")
		f := one(t, w.run(t), "hung-task")
		if f.Verdict != model.BlockedOnIO || f.Severity != model.SevWarning || len(f.Tasks) != 2 {
			t.Errorf("%+v", f)
		}
	})
}

// TestSplatThenHang joins a lockdep report to hung tasks by the call in which
// they sleep, although the log names no held locks after the report.
func TestSplatThenHang(t *testing.T) {
	w := newWorld()
	w.splat([]string{"lock_a", "lock_b"}, []string{"lock_acquire __mutex_lock f_two+0x27@m", "lock_acquire __mutex_lock f_one+0x27@m"})
	w.hung("one", 10, inMutex+"f_one+0x27@m")
	w.hung("two", 11, inMutex+"f_two+0x27@m")
	fs := w.run(t)
	d, o := one(t, fs, "deadlock"), one(t, fs, "lock-order-inversion")
	if d.Verdict != model.Deadlocked || d.Confidence != model.High {
		t.Errorf("%s %s", d.Verdict, d.Confidence)
	}
	wantContains(t, "explanation", d.Explanation, "one/10 waits for lock_b", "held by two/11")
	if len(d.Related) != 1 || d.Related[0].Fingerprint != o.Fingerprint || len(o.Related) != 1 || o.Related[0].Fingerprint != d.Fingerprint {
		t.Errorf("related: %v and %v", d.Related, o.Related)
	}
}

// TestRing: one call takes locks of three classes, so the call alone does not
// say who waits for which.
func TestRing(t *testing.T) {
	w := newWorld()
	at := "lock_acquire __mutex_lock take+0x12@m"
	w.splat([]string{"d0", "d1", "d2"}, []string{at, at, at})
	for i, c := range []string{"x", "y", "z"} {
		w.hung(c, 10+i, inMutex+"take+0x12@m")
	}
	f := one(t, w.run(t), "deadlock")
	if f.Confidence != model.High && f.Confidence != model.Medium {
		t.Error(f.Confidence)
	}
	wantContains(t, "explanation", f.Explanation, "d0", "d1", "d2", "circle")
}

func TestOrphans(t *testing.T) {
	t.Run("exit with lock", func(t *testing.T) {
		w := newWorld()
		w.add(&kreport.Lockdep{ReportBase: w.base("lockdep-held-exit", "WARNING: gone/5 still has locks held!"), Task: &kreport.Task{Comm: "gone", PID: 5},
			Held: &kreport.Held{Comm: "gone", PID: 5, Count: 1, Locks: []kreport.Lock{{Lock: "leak", Func: "f_hold+0xf/0x31", Module: "m", Addr: "ffff09", LogLine: 12}}}})
		w.hung("one", 10, inMutex+"f_one@m")
		fs := w.run(t)
		f := one(t, fs, "orphaned-lock")
		if f.Function != "f_hold" || f.Confidence != model.Medium || len(f.Tasks) != 2 {
			t.Errorf("%+v", f)
		}
		if m := one(t, fs, "missing-unlock"); len(m.Related) == 0 {
			t.Error("not tied to the missing unlock")
		}
	})
	t.Run("owner not found", func(t *testing.T) {
		w := newWorld()
		w.hung("one", 10, inMutex+"f_one@m")
		w.add(&kreport.HungBlocker{ReportBase: w.base("hung-blocker", "INFO: task one:10 is blocked on a mutex, but the owner is not found."),
			Task: kreport.Task{Comm: "one", PID: 10}, Primitive: "mutex", NotFound: true})
		fs := w.run(t)
		f := one(t, fs, "orphaned-lock")
		if len(fs) != 1 || f.Function != "f_one" || len(f.Reports) != 2 {
			t.Errorf("%s %v", titles(fs), f.Reports)
		}
	})
}

// TestBoots: tasks of different boots have nothing to do with each other.
func TestBoots(t *testing.T) {
	w := newWorld()
	w.hung("one", 10, inMutex+"f_one@m")
	w.boot = w.f.NewBoot()
	w.hung("two", 11, inMutex+"f_two@m")
	for _, f := range w.run(t) {
		if f.Rule != "hung-task" || len(f.Tasks) != 1 {
			t.Errorf("%s: %s", f.Rule, f.Title)
		}
	}
}
