package check

import (
	"testing"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

// TestLeft: what a lock that was left held means depends on how its owner
// went, and RCU readers are no locks.
func TestLeft(t *testing.T) {
	tests := []struct {
		name, family, lock, stack string
		orphan                    model.Verdict // of the tasks that wait, "" if no orphan may be claimed
		text                      string
	}{
		{"exit", "lockdep-held-exit", "leak_lock", "dump_stack do_exit kthread_exit", model.Deadlocked, "waits for ever"},
		{"killed", "lockdep-held-exit", "leak_lock", "dump_stack do_exit do_group_exit get_signal", model.Deadlocked, "waits for ever"},
		{"frozen", "lockdep-held-exit", "leak_lock", "dump_stack get_signal do_signal", "", "Until it is thawed"},
		{"cut", "lockdep-held-exit", "leak_lock", "", model.Deadlocked, "If it has ended"},
		{"user space", "lockdep-held-userspace", "leak_lock", "", model.Behind, "until this one happens to release it"},
		{"rcu", "lockdep-held-exit", "rcu_read_lock", "dump_stack do_exit", "", "grace period may wait"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld()
			r := &kreport.Lockdep{ReportBase: w.base(tt.family, "WARNING: owner/9 still has locks held!"), Task: &kreport.Task{Comm: "owner", PID: 9},
				Held: &kreport.Held{Comm: "owner", PID: 9, Count: 1, Locks: []kreport.Lock{{Lock: tt.lock, Func: "take+0x1/0x2", Module: "m"}}}}
			if tt.stack != "" {
				st := stackOf(tt.stack)
				r.Backtrace = &st
			}
			w.add(r)
			w.hung("one", 10, inMutex+"f_one@m")
			fs := w.run(t)
			wantContains(t, "explanation", one(t, fs, "missing-unlock").Explanation, tt.text)
			for _, f := range fs {
				if f.Rule != "orphaned-lock" {
					continue
				}
				if f.Verdict != tt.orphan {
					t.Errorf("verdict %q, want %q", f.Verdict, tt.orphan)
				}
				tt.orphan = ""
			}
			if tt.orphan != "" {
				t.Errorf("no orphan, want %s: %s", tt.orphan, titles(fs))
			}
		})
	}
}
