package check

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"gordian/internal/hostfact"
	"gordian/internal/model"
)

// Host judges what only a look at a live host shows: CPUs that never leave
// the kernel, interrupts that storm, a lockdep that switched itself off,
// programs that wait for each other's file locks. Blocked tasks are among the
// facts, and Run judges them as it does those of a log.
func Host(_ context.Context, h *hostfact.Host) []model.Finding {
	v := &hostView{view: newView(&model.Facts{}), h: h}
	var out []model.Finding
	for _, c := range h.CPUs {
		if f, ok := v.busyCPU(c); ok {
			out = append(out, f)
		}
	}
	out = append(out, v.lockdep()...)
	out = append(out, v.fileLocks()...)
	model.SortFindings(out)
	return out
}

type hostView struct {
	*view
	h *hostfact.Host
}

const (
	wholeCPU = 0.95 // of a CPU's time: it did nothing else
	// sureSample is how long a CPU must be busy before chance is no likely
	// explanation. The kernel's own watchdog waits for 20 s (2 ×
	// watchdog_thresh, kernel/watchdog.c).
	sureSample = 10 * time.Second
)

// busyCPU: a CPU that spends all its time in the kernel is what a spinlock
// that is not released looks like from outside.
func (v *hostView) busyCPU(c hostfact.CPU) (model.Finding, bool) {
	if c.System+c.IRQ+c.Softirq < wholeCPU {
		return model.Finding{}, false
	}
	cpu := c.Number
	f := v.finding("soft-lockup")
	f.Status, f.Verdict, f.Severity, f.Confidence, f.CPU = model.Actual, model.Slow, model.SevWarning, model.Low, &cpu
	if v.h.Sample >= sureSample {
		f.Confidence = model.Medium
	}
	where := fmt.Sprintf("CPU %d", cpu)
	did, culprit := "in the kernel", ""
	switch {
	case c.Softirq >= wholeCPU/2:
		did, culprit = "in softirqs", v.stormOn(cpu, true)
	case c.IRQ >= wholeCPU/2:
		did, culprit = "in interrupt handlers", v.stormOn(cpu, false)
	default:
		if b, ok := v.busyOn(cpu); ok {
			culprit = label(b.Comm, b.PID)
			f.Tasks = []model.TaskInfo{{PID: b.PID, Comm: b.Comm, State: "R", CPU: &cpu}}
		}
	}
	f.Title = where + " spends all its time " + did + pick(culprit == "", "", ", with "+culprit)
	f.Explanation = fmt.Sprintf("For all of %v, %s was %d%% in the kernel (system %d%%, interrupts %d%%, softirqs %d%%)%s. A task that spins for a lock that is never released looks like this; so does a loop in a driver, an interrupt that is not acknowledged, and plain hard work. What it executes cannot be read from /proc.",
		v.h.Sample, where, pct(c.System+c.IRQ+c.Softirq), pct(c.System), pct(c.IRQ), pct(c.Softirq), pick(culprit == "", "", ", with "+culprit))
	f.Missing = []string{
		fmt.Sprintf("Where it spins: `perf record -C %d -g -- sleep 1`, or `echo l > /proc/sysrq-trigger`, which writes the stack of every CPU to the kernel log.", cpu),
		"Whether it lasts: `gordian host --sample 10s`. The kernel's watchdog speaks after 20 s (2 × kernel.watchdog_thresh).",
	}
	f.Fingerprint = model.Fingerprint(f.Rule, "host", did)
	return f, true
}

func pct(x float64) int { return int(math.Round(100 * x)) }

func (v *hostView) busyOn(cpu int) (hostfact.Busy, bool) {
	i := slices.IndexFunc(v.h.Busy, func(b hostfact.Busy) bool { return b.CPU == cpu && b.System >= wholeCPU/2 })
	if i < 0 {
		return hostfact.Busy{}, false
	}
	return v.h.Busy[i], true
}

// stormOn names the interrupt that comes most often to a CPU.
func (v *hostView) stormOn(cpu int, soft bool) string {
	for _, r := range v.h.IRQs {
		if r.CPU == cpu && r.Softirq == soft {
			return fmt.Sprintf("%s%s %.0f times a second", r.Name, pick(r.Label == "" || soft, "", " ("+r.Label+")"), r.PerSecond)
		}
	}
	return ""
}

// nearlyFull is the share of a table of lockdep from which it will soon be
// full, and lockdep off.
const nearlyFull = 0.95

func (v *hostView) lockdep() []model.Finding {
	d := v.h.Lockdep
	if d == nil {
		return nil
	}
	var full []string
	for _, l := range d.Limits {
		if l.Max > 0 && float64(l.Used) >= nearlyFull*float64(l.Max) {
			full = append(full, fmt.Sprintf("%s %d of %d", l.Name, l.Used, l.Max))
		}
	}
	f := v.finding("lock-annotation")
	f.Status, f.Verdict, f.Severity = model.Actual, model.Bug, model.SevWarning
	switch {
	case !d.On:
		f.Title = "lockdep has switched itself off"
		f.Explanation = "/proc/lockdep_stats says debug_locks: 0. lockdep stops at its first report, or when one of its tables is full, and checks nothing from then on until the host is rebooted." +
			pick(len(full) == 0, "", " Full or nearly full: "+list(full, 4)+".")
		f.Missing = []string{"Why: the first report of lockdep in the kernel log, if it is still there."}
	case len(full) > 0:
		f.Title = "lockdep will switch itself off soon: " + list(full, 2)
		f.Explanation = "A table of fixed size is nearly full: " + list(full, 4) + ". When it is full, lockdep says so in the log and stops checking. Many classes come from keys that are registered again and again, such as those of modules that are loaded repeatedly."
	default:
		return nil
	}
	f.Fingerprint = model.Fingerprint(f.Rule, "host", pick(d.On, "limit", "off"))
	return []model.Finding{f}
}

// fileLocks finds programs that wait for each other's locks on files. The
// kernel refuses such a wait for POSIX locks only (EDEADLK; fs/locks.c,
// posix_locks_deadlock()), and gives up after ten steps.
func (v *hostView) fileLocks() []model.Finding {
	waits := map[int][]hostfact.FileWait{}
	for _, w := range v.h.Files {
		if w.PID > 0 && w.Holder > 0 {
			waits[w.PID] = append(waits[w.PID], w)
		}
	}
	// flock(1) holds a lock while its command runs, and the command waits for
	// the next one. What a process waits for itself counts first.
	for _, w := range v.h.Files {
		for _, p := range w.Above {
			if w.PID > 0 && w.Holder > 0 && w.Holder != p {
				waits[p] = append(waits[p], w)
			}
		}
	}
	var out []model.Finding
	done := map[int]bool{}
	for _, w := range v.h.Files {
		if circle := fileCircle(waits, w.PID, done); circle != nil {
			out = append(out, v.fileDeadlock(circle))
		}
	}
	return out
}

// fileCircle walks from a process to whom it waits for until it comes back to
// a process of the walk, and returns that circle. Processes in done have been
// walked; each is walked once.
func fileCircle(waits map[int][]hostfact.FileWait, start int, done map[int]bool) []hostfact.FileWait {
	at := map[int]int{}
	var path []hostfact.FileWait
	for pid := start; ; {
		if i, ok := at[pid]; ok {
			return path[i:]
		}
		if done[pid] || len(waits[pid]) == 0 {
			return nil
		}
		done[pid] = true
		at[pid] = len(path)
		w := waits[pid][0]
		path = append(path, w)
		pid = w.Holder
	}
}

func (v *hostView) fileDeadlock(circle []hostfact.FileWait) model.Finding {
	f := v.finding("deadlock")
	f.Status, f.Verdict, f.Confidence = model.Actual, model.Deadlocked, model.Medium
	var names, parts, key []string
	for i, w := range circle {
		if before := circle[(i+len(circle)-1)%len(circle)]; before.Holder != w.PID {
			f.Confidence = model.Low
			parts = append(parts, label(before.HolderComm, before.Holder)+" has started "+label(w.Comm, w.PID)+" and may wait for its end")
		}
		who, holder := label(w.Comm, w.PID), label(w.HolderComm, w.Holder)
		file := "file " + w.Inode + " (" + w.Kind + " lock)"
		names = append(names, who)
		parts = append(parts, who+" waits for the lock on "+file+", which "+holder+" holds")
		key = append(key, w.Comm, w.Kind)
		why := []model.Provenance{{Locator: "/proc/locks", Excerpt: fmt.Sprintf("%s %s %d %s %s", w.Kind, w.Mode, w.PID, w.Inode, w.Range)}}
		f.Locks = append(f.Locks, model.LockInfo{Name: file, Type: model.FileLock, Owner: holder})
		f.Tasks = append(f.Tasks, model.TaskInfo{PID: w.PID, Comm: w.Comm, State: "S", WaitsFor: file})
		f.Path = append(f.Path, model.PathStep{Kind: model.Waits, From: who, To: file, Why: why}, model.PathStep{Kind: model.HeldBy, From: file, To: holder, Why: why})
	}
	f.Title = list(names, 4) + " wait for each other's locks on files"
	f.Explanation = strings.Join(parts, "; ") + ". These are locks that programs take on files with flock() or fcntl(), not locks of the kernel: the kernel is well, the programs are deadlocked."
	f.Fix = []model.Fix{{Title: "Take the files' locks in one order in all programs", Detail: "Or take the second one without waiting (LOCK_NB, F_SETLK) and release the first when that fails. Ending one of the processes frees the others now."}}
	f.Verify = []string{"lslocks shows no process with a BLOCKER that waits for it in turn."}
	f.Missing = []string{"Whether the holder is the process named: the kernel shows who took the lock, and a child that inherited the open file may hold it now (ls -l /proc/PID/fd)."}
	f.Fingerprint = model.Fingerprint(f.Rule, append([]string{"file-locks"}, uniq(sortedCopy(key))...)...)
	return f
}
