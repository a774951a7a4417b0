package proc

import (
	"testing"

	"gordian/internal/model"
)

// What kernels from 5.10 on print differently, each with the function that
// prints it.

// TestLocksOfKernels: fs/locks.c, lock_get_status().
func TestLocksOfKernels(t *testing.T) {
	tests := map[string]struct {
		text  string
		waits []int
		last  FileLock
	}{
		// Up to 5.12 waiters are not a tree: all stand below the lock that was granted.
		"5.10": {"1: FLOCK  ADVISORY  WRITE 501 08:01:131 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 502 08:01:131 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 503 08:01:131 0 EOF\n",
			[]int{-1, 0, 0}, FileLock{ID: 1, Level: 1, Kind: "FLOCK", Mode: "WRITE", PID: 503, Inode: "08:01:131", Range: "0 EOF", Waits: 0}},
		// Mandatory locks went with 5.15, LOCK_MAND with 5.16.
		"5.10, mandatory": {"1: FLOCK  MSNFS     RW    501 08:01:131 0 EOF\n2: POSIX  MANDATORY READ  502 08:01:132 10 20\n",
			[]int{-1, -1}, FileLock{ID: 2, Kind: "POSIX", Mode: "READ", PID: 502, Inode: "08:01:132", Range: "10 20", Waits: -1}},
		// From 5.13 on a waiter of a waiter is indented by one more.
		"6.1": {"12: POSIX  ADVISORY  WRITE 700 fd:00:131 0 EOF\n12: -> POSIX  ADVISORY  WRITE 701 fd:00:131 0 EOF\n12:  -> POSIX  ADVISORY  WRITE 702 fd:00:131 0 EOF\n12:   -> POSIX  ADVISORY  WRITE 703 fd:00:131 0 EOF\n",
			[]int{-1, 0, 1, 2}, FileLock{ID: 12, Level: 3, Kind: "POSIX", Mode: "WRITE", PID: 703, Inode: "fd:00:131", Range: "0 EOF", Waits: 2}},
		"a lease that is broken": {"1: LEASE  BREAKING  READ  900 08:01:10 0 EOF\n1: -> LEASE  BREAKER   WRITE 901 08:01:10 0 EOF\n",
			[]int{-1, 0}, FileLock{ID: 1, Level: 1, Kind: "LEASE", Mode: "WRITE", PID: 901, Inode: "08:01:10", Range: "0 EOF", Waits: 0}},
		"no inode, another pid namespace": {"1: POSIX  *NOINODE* WRITE 0 <none>:0 0 EOF\n",
			[]int{-1}, FileLock{ID: 1, Kind: "POSIX", Mode: "WRITE", Inode: "<none>:0", Range: "0 EOF", Waits: -1}},
	}
	for name, tt := range tests {
		got, err := ParseFileLocks([]byte(tt.text))
		if err != nil || len(got) != len(tt.waits) {
			t.Errorf("%s: %d lines, %v", name, len(got), err)
			continue
		}
		for i, w := range tt.waits {
			if got[i].Waits != w {
				t.Errorf("%s: line %d waits for %d, want %d", name, i, got[i].Waits, w)
			}
		}
		if last := got[len(got)-1]; last != tt.last {
			t.Errorf("%s: %+v, want %+v", name, last, tt.last)
		}
	}
}

// TestStacksOfKernels: kernel/kallsyms.c, sprint_symbol() and fs/proc/base.c,
// proc_pid_stack().
func TestStacksOfKernels(t *testing.T) {
	for name, text := range map[string]string{
		"4.9, with addresses":           "[<ffffffffa0001234>] flush+0x10/0x80 [pump]\n[<ffffffff81000000>] kthread+0xe6/0x110\n[<ffffffffffffffff>] 0xffffffffffffffff\n",
		"5.10":                          "[<0>] flush+0x10/0x80 [pump]\n[<0>] kthread+0xe6/0x110\n[<0>] 0xffffffffffffffff\n",
		"6.1":                           "[<0>] flush+0x10/0x80 [pump]\n[<0>] kthread+0xe6/0x110\n",
		"CONFIG_STACKTRACE_BUILD_ID":    "[<0>] flush+0x10/0x80 [pump 5b1a2c3d4e5f60718293a4b5c6d7e8f901234567]\n[<0>] kthread+0xe6/0x110\n",
		"an entry that is in no module": "[<0>] flush+0x10/0x80 [pump]\n[<0>] 0xffffffffc0d01000\n[<0>] kthread+0xe6/0x110\n",
	} {
		want := []model.Frame{{Func: "flush", Offset: 0x10, Size: 0x80, Module: "pump"}, {Func: "kthread", Offset: 0xe6, Size: 0x110}}
		if d := diff(want, ParseStack([]byte(text))); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if got := ParseStack(nil); got != nil {
		t.Errorf("a task that runs: %+v", got)
	}
}

// TestSchedOfKernels: kernel/sched/debug.c, proc_sched_show_task(): 6.x has
// more rows, and other names for some.
func TestSchedOfKernels(t *testing.T) {
	for name, text := range map[string]string{
		"5.10": "kworker/0:1 (7, #threads: 1)\n-------------------------------------------------------------------\nse.exec_start                                :         12345.678901\nse.vruntime                                  :             1.234567\nse.sum_exec_runtime                          :             9.876543\nnr_switches                                  :                   42\nnr_voluntary_switches                        :                   40\n",
		"6.12": "kworker/0:1 (7, #threads: 1)\n---------------------------------------------------------\nse.exec_start                      :         12345.678901\nse.vruntime                        :             1.234567\nse.deadline                        :             3.000000\nse.slice                           :              3000000\nnr_switches                        :                   42\nprio                               :                  120\next.enabled                        :                    0\n",
	} {
		if got, err := ParseTaskSched([]byte(text)); err != nil || got != (TaskSched{LastRan: 12345.678901, Switches: 42}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	// CONFIG_SCHED_DEBUG off: there is no file, status has the switches.
	status := "Name:\tx\nUmask:\t0022\nState:\tD (disk sleep)\nTgid:\t7\nx86_Thread_features:\t\nx86_Thread_features_locked:\t\nvoluntary_ctxt_switches:\t40\nnonvoluntary_ctxt_switches:\t2\n"
	if n, err := ParseSwitches([]byte(status)); err != nil || n != 42 {
		t.Errorf("status: %d, %v", n, err)
	}
}

// TestCountersOfKernels: arch/*/kernel/irq.c, arch_show_interrupts();
// kernel/irq/proc.c, show_interrupts(); kernel/softirq.c.
func TestCountersOfKernels(t *testing.T) {
	for name, tt := range map[string]struct {
		text, row, label string
		counts           []uint64
	}{
		"5.10":                  {"           CPU0       CPU1       \n 24:         10          5   PCI-MSI 49152-edge      virtio0-config\n", "24", "PCI-MSI 49152-edge virtio0-config", []uint64{10, 5}},
		"6.12":                  {"            CPU0       CPU1       \n  24:         10          5  PCI-MSIX-0000:00:03.0   0-edge      virtio0-config, virtio1\n", "24", "PCI-MSIX-0000:00:03.0 0-edge virtio0-config, virtio1", []uint64{10, 5}},
		"arm64":                 {"           CPU0       CPU1       \nIPI0:        10          5       Rescheduling interrupts\n", "IPI0", "Rescheduling interrupts", []uint64{10, 5}},
		"arm64, no label":       {"           CPU0       CPU1       \n 11:         10          5     GICv3  27 Level     arch_timer\nErr:          0\n", "11", "GICv3 27 Level arch_timer", []uint64{10, 5}},
		"no action, no counts":  {"           CPU0       CPU1       \nPIW:         10          5   Posted-interrupt wakeup event\nNMI:          0          0   Non-maskable interrupts\n", "PIW", "Posted-interrupt wakeup event", []uint64{10, 5}},
		"softirqs":              {"                    CPU0       CPU1       \n          HI:         10          5\n       TIMER:          1          2\n", "HI", "", []uint64{10, 5}},
		"a CPU without a count": {"           CPU0       CPU3       \n 24:         10          5   PCI-MSI 1-edge      nic\n", "24", "PCI-MSI 1-edge nic", []uint64{10, 5}},
	} {
		got, err := ParseCounters([]byte(tt.text))
		if err != nil || len(got.Rows) == 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		if d := diff(Counter{tt.row, tt.label, tt.counts}, got.Rows[0]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestPressureOfKernels: kernel/sched/psi.c, psi_show().
func TestPressureOfKernels(t *testing.T) {
	for name, tt := range map[string]struct {
		text  string
		kinds []string
	}{
		"cpu up to 5.12":   {"some avg10=0.00 avg60=1.00 avg300=0.00 total=5\n", []string{"some"}},
		"cpu from 5.13 on": {"some avg10=0.00 avg60=1.00 avg300=0.00 total=5\nfull avg10=0.00 avg60=1.00 avg300=0.00 total=0\n", []string{"some", "full"}},
		"irq, from 6.1 on": {"full avg10=0.00 avg60=1.00 avg300=0.00 total=7\n", []string{"full"}},
	} {
		got, err := ParsePressure([]byte(tt.text))
		if err != nil || len(got) != len(tt.kinds) {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		for i, k := range tt.kinds {
			if got[i].Kind != k || got[i].Avg60 != 1 {
				t.Errorf("%s: %+v", name, got[i])
			}
		}
	}
	if _, err := ParsePressure(nil); err == nil {
		t.Error("PSI that is switched off shows numbers")
	}
}

// TestLockdepOfKernels: kernel/locking/lockdep_proc.c.
func TestLockdepOfKernels(t *testing.T) {
	for name, text := range map[string]string{
		"5.10": " lock-classes:                         2000 [max: 8192]\n direct dependencies:                 20000 [max: 32768]\n dependency chains:                   40000 [max: 65536]\n dependency chain hlocks used:       160000 [max: 327680]\n dependency chain hlocks lost:            0\n stack-trace entries:                150000 [max: 524288]\n max locking depth:                      15\n debug_locks:                             1\n\n zapped classes:                          0\n zapped lock chains:                      0\n large chain blocks:                      1\n",
		"6.1":  " lock-classes:                         2000 [max: 8192]\n dynamic-keys:                           40\n direct dependencies:                 20000 [max: 65536]\n number of stack traces:              8000\n number of stack hash chains:         6000\n debug_locks:                             1\n",
	} {
		got, err := ParseLockdepStats([]byte(text))
		if err != nil || !got.On || len(got.Limits) < 2 || got.Limits[0] != (Limit{"lock-classes", 2000, 8192}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	stat := "lock_stat version 0.4\n" +
		"   &xa->xa_lock:name with : colons-R:          0           3           0.10           0.90           1.50           0.50          5         50       0.1       2.0      10.0    0.2\n" +
		"   *WARNING* lock debugging disabled!! - possibly due to a lockdep warning\n"
	if got := ParseLockStat([]byte(stat)); len(got) != 1 || got[0].Class != "&xa->xa_lock:name with : colons-R" || got[0].Contentions != 3 || got[0].HoldMax != 2 {
		t.Errorf("%+v", got)
	}
}
