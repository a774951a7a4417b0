package check

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gordian/internal/klog"
	"gordian/internal/model"
)

// TestLab runs the rules on console logs of our own modules, which deadlock in
// known ways: cloud-* on a distribution kernel, whose log shows
// the stacks of the blocked tasks and nothing else, lockdep-* with lockdep.
// The logs are cut to the part from the loading of the module to its first
// reports.
func TestLab(t *testing.T) {
	tests := []struct {
		log, rule  string
		verdict    model.Verdict
		confidence model.Confidence // at least
		tasks      string           // in the finding, by comm
		locks      string
	}{
		{"cloud-completion", "wait-under-lock", model.Undecided, model.Low, "dl-cmp-req dl-cmp-ack", ""},
		{"cloud-flushwork", "wait-under-lock", model.Undecided, model.Medium, "dl-fw-closer kworker/0:0", ""},
		{"cloud-mutex-abba", "deadlock", model.Undecided, model.Medium, "dl-mtx-one dl-mtx-two", ""},
		{"cloud-mutex3", "hung-task", model.Undecided, model.High, "dl-m3-0 dl-m3-1 dl-m3-2", ""},
		{"cloud-orphan0", "hung-task", model.Undecided, model.High, "dl-orph-wait1 dl-orph-wait2", ""},
		{"cloud-rwsem0", "deadlock", model.Undecided, model.Medium, "dl-rws-reader dl-rws-writer", ""},
		{"cloud-sem", "deadlock", model.Undecided, model.Medium, "dl-sem-one dl-sem-two", ""},
		{"cloud-spin0", "irq-unsafe-lock", model.Undecided, model.Medium, "dl-spin", ""},
		{"cloud-spin1b", "soft-lockup", model.Undecided, model.High, "dl-spin", ""},
		// Seen in the tick, the interrupted code in the registers only.
		{"cloud-spin-tick", "deadlock", model.Undecided, model.Medium, "port-east/0 port-west/3", ""},
		{"cloud-spin-softirq", "irq-unsafe-lock", model.Undecided, model.Medium, "queue-drain/3", ""},
		{"cloud-spin-timer", "wait-under-lock", model.Undecided, model.Medium, "wdog-pet/3 swapper/0", ""},
		{"cloud-standstill", "hard-lockup", model.Undecided, model.Medium, "standstill/0 standstill/1", ""},
		{"cloud-standstill", "deadlock", model.Undecided, model.Medium, "standstill/0 standstill/1", ""},
		{"lockdep-standstill", "deadlock", model.Deadlocked, model.High, "standstill/0 standstill/1", "rx_lock tx_lock"},
		{"lockdep-gate", "lock-order-inversion", model.CouldDeadlock, model.High, "canal-sink", ""},
		{"lockdep-completion", "wait-under-lock", model.Undecided, model.Medium, "dl-cmp-req dl-cmp-ack", "state_lock"},
		{"lockdep-flushwork", "lock-order-inversion", model.CouldDeadlock, model.High, "dl-fw-closer", "dl_work cfg_lock"},
		{"lockdep-flushwork", "wait-under-lock", model.Deadlocked, model.Medium, "dl-fw-closer kworker/1:2", "dl_work cfg_lock"},
		{"lockdep-mutex-abba", "lock-order-inversion", model.CouldDeadlock, model.High, "dl-mtx-two", "lock_a lock_b"},
		{"lockdep-mutex-abba", "deadlock", model.Deadlocked, model.High, "dl-mtx-one dl-mtx-two", "lock_a lock_b"},
		{"lockdep-mutex3", "deadlock", model.Deadlocked, model.Medium, "dl-m3-0 dl-m3-1 dl-m3-2", "dldev0 dldev1 dldev2"},
		{"lockdep-orphan0", "hung-task", model.Behind, model.High, "dl-orph-hold dl-orph-wait1 dl-orph-wait2", "leak_lock"},
		{"lockdep-orphan1", "orphaned-lock", model.Deadlocked, model.Medium, "dl-orph-hold dl-orph-wait1 dl-orph-wait2", "leak_lock"},
		{"lockdep-rwsem0", "recursive-lock", model.CouldDeadlock, model.High, "dl-rws-reader", "rws_a"},
		{"lockdep-rwsem0", "deadlock", model.Deadlocked, model.High, "dl-rws-reader dl-rws-writer", "rws_a"},
		{"lockdep-spin0", "irq-unsafe-lock", model.Deadlocked, model.High, "dl-spin", "dev_lock"},
		{"lockdep-spin0", "irq-unsafe-lock", model.CouldDeadlock, model.High, "dl-spin", "dev_lock"},
		{"lockdep-spin1", "lock-order-inversion", model.CouldDeadlock, model.High, "dl-spin", "dev_lock dev_lock2"},
	}
	for _, tt := range tests {
		t.Run(tt.log+" "+tt.rule, func(t *testing.T) {
			f := labFacts(t, tt.log)
			fs := Run(t.Context(), f)
			for _, x := range fs {
				checkFinding(t, x)
				if x.Rule == tt.rule && x.Verdict == tt.verdict && x.Confidence.Rank() >= tt.confidence.Rank() &&
					hasAll(taskComms(x), tt.tasks) && hasAll(lockNames(x.Locks), tt.locks) {
					return
				}
			}
			t.Errorf("no such finding; got\n\t%s", titles(fs))
		})
	}
}

// TestPassing: a task that sleeps for a while is no hang, though it stands in a
// list of blocked tasks that somebody asked for.
func TestPassing(t *testing.T) {
	for _, x := range Run(t.Context(), labFacts(t, "lockdep-gate")) {
		if x.Rule == "hung-task" {
			t.Errorf("hung: %s", x.Title)
		}
	}
}

func labFacts(t *testing.T, name string) *model.Facts {
	t.Helper()
	r, err := os.Open(filepath.Join("testdata", "lab", name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	f := &model.Facts{}
	if err := klog.Read(context.Background(), r, 0, f); err != nil {
		t.Fatal(err)
	}
	return f
}

func taskComms(f model.Finding) []string {
	var out []string
	for _, t := range f.Tasks {
		out = append(out, t.Comm)
	}
	return out
}

func hasAll(have []string, want string) bool {
	got := " " + strings.Join(have, " ") + " "
	for _, w := range strings.Fields(want) {
		if !strings.Contains(got, " "+w+" ") {
			return false
		}
	}
	return true
}
