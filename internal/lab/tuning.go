package lab

import (
	"strings"
	"time"

	"gordian/internal/lab/vm"
)

// A person waits for the verdict, so the watchdogs look often and bark early.
// Not too early: emulated CPUs of a busy host stand still for seconds, and a
// false lockup is worse than a late one.
func watchdogs() map[string]string {
	return map[string]string{
		// kernel/hung_task.c: reported when blocked for 5 to 6 s.
		"kernel/hung_task_timeout_secs":        "5",
		"kernel/hung_task_check_interval_secs": "1",
		"kernel/hung_task_warnings":            "64",
		// kernel/watchdog.c: a soft lockup after twice as long.
		"kernel/watchdog_thresh":              "4",
		"kernel/softlockup_all_cpu_backtrace": "1",
		// An NMI that the host sends to a silent guest makes it say where it
		// stands, all CPUs: arch/x86/kernel/nmi.c, panic_print bit 6.
		"kernel/unknown_nmi_panic": "1",
		"kernel/panic_print":       "64",
		"kernel/panic":             "0", // stay, so that a dump can be taken
		"kernel/sysrq":             "1",
		"kernel/printk":            "8 4 1 7",
		"kernel/printk_ratelimit":  "0",
	}
}

// commandLine is what every boot gets; the user's own words come last, so
// that they win.
func commandLine(a vm.Accel, own string) string {
	words := []string{
		"console=ttyS0", "rdinit=/init", "panic=0", "ignore_loglevel", "printk.devkmsg=on",
		// kernel/rcu/update.c; kernel/workqueue.c, where it is built in.
		"rcupdate.rcu_cpu_stall_timeout=8", "workqueue.watchdog_thresh=8",
		a.Append(), own,
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

const (
	// bootSilence: no output and no init for so long is a guest that does not boot.
	bootSilence = 40 * time.Second
	// bootTime bounds a boot that prints and prints; a busy host needs minutes.
	bootTime = 6 * time.Minute
	// silence: no sign of life from the console and from init.
	silence = 15 * time.Second
	// settle is how long the guest goes on after the first finding, so that
	// reports of other tasks, and the one that is being printed, get complete.
	settle = 2500 * time.Millisecond
	// stuckTime is how long something must have been stuck, when the time is up,
	// to be asked for: as long as the hung-task watchdog waits.
	stuckTime = 5 * time.Second
	// hushTime is how long the console must say nothing before the guest is asked
	// for more, and hushMost how long to wait for that: some never end.
	hushTime = 300 * time.Millisecond
	hushMost = 5 * time.Second
	// crashGrace is how long the guest goes on after an oops: what the dead task
	// held may still be waited for, and that is a finding.
	crashGrace = 12 * time.Second
	// panicTime bounds a panic that prints the stacks of all CPUs: it waits up to
	// 10 s for each (lib/nmi_backtrace.c), and prints at the end.
	panicTime = 25 * time.Second
	// answerTime bounds the wait for what was asked of the guest then.
	answerTime = 8 * time.Second
)
