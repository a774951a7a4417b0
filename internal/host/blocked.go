package host

import (
	"cmp"
	"slices"
	"strings"

	"gordian/internal/host/proc"
	"gordian/internal/hostfact"
)

// maxBlocked bounds the tasks whose stacks are read: thousands of tasks behind
// one lock have the same few stacks.
const maxBlocked = 512

// blocked lists the tasks that were in state D in both samples and were not
// switched to in between.
//
// Only stat, sched, status, wchan, stack and syscall of such a task are read.
// Its cmdline, environ and maps need mmap_lock, which it may hold.
func (c *collector) blocked(a, b *sample) {
	now, nowKnown := c.clock()
	for tid, t := range b.tasks {
		was, ok := a.tasks[tid]
		if !ok || !t.Blocked() || !was.Blocked() || was.Start != t.Start || was.switches != t.switches {
			continue
		}
		r := hostfact.Blocked{Task: t.task(), Seconds: c.host.Sample.Seconds(), AtLeast: true}
		if secs := (now - t.lastRan) / 1000; nowKnown && t.ranKnown && secs >= r.Seconds {
			r.Seconds, r.AtLeast = secs, false
		}
		c.host.Blocked = append(c.host.Blocked, r)
	}
	slices.SortFunc(c.host.Blocked, func(x, y hostfact.Blocked) int {
		return cmp.Or(compareDown(x.Seconds, y.Seconds), cmp.Compare(x.PID, y.PID))
	})
	for i := range c.host.Blocked {
		if i < maxBlocked {
			c.detail(&c.host.Blocked[i], b.tasks[c.host.Blocked[i].PID].dir)
		} else {
			c.host.Blocked[i].NoStack = "not read: more tasks are blocked than gordian looks at"
		}
	}
}

// clock returns the scheduler's clock in ms. No file says it; but whoever
// reads this has just run, so that its own last run time is the present.
func (c *collector) clock() (float64, bool) {
	s, err := proc.ParseTaskSched(c.read("/proc/self/sched"))
	return s.LastRan, err == nil
}

func (c *collector) detail(r *hostfact.Blocked, dir string) {
	r.Wchan = strings.TrimSpace(string(c.read(dir + "/wchan")))
	if r.Wchan == "0" {
		r.Wchan = "" // running, or hidden from us
	}
	// A kernel thread is in no system call; what the file shows of it is noise.
	if s, err := proc.ParseSyscall(c.read(dir + "/syscall")); err == nil && s.NR >= 0 && !r.Kernel {
		r.Syscall = proc.SyscallName(s.NR)
	}
	b, err := c.Read(dir+"/stack", small)
	c.note(dir+"/stack", err)
	if err != nil {
		r.NoStack = err.Error()
		return
	}
	r.Stack = proc.ParseStack(b)
}

// fileLocks lists who waits for which lock on a file.
func (c *collector) fileLocks(s *sample) {
	b, err := c.Read("/proc/locks", 16<<20)
	c.note("/proc/locks", err)
	all, err := proc.ParseFileLocks(b)
	if err != nil {
		return
	}
	for _, l := range all {
		if l.Waits < 0 {
			continue
		}
		// A waiter behind a waiter is woken after it; what blocks both is the
		// lock that was granted.
		on := all[l.Waits]
		for on.Waits >= 0 {
			on = all[on.Waits]
		}
		c.host.Files = append(c.host.Files, hostfact.FileWait{Kind: l.Kind, Mode: l.Mode, Inode: l.Inode, Range: l.Range,
			PID: l.PID, Holder: on.PID, Comm: s.tasks[l.PID].Comm, HolderComm: s.tasks[on.PID].Comm, Above: above(s, l.PID)})
	}
}

// above lists the ancestors of a process, without init.
func above(s *sample, pid int) []int {
	var out []int
	for p := s.tasks[pid].PPID; p > 1 && len(out) < 64; p = s.tasks[p].PPID { // the sample is no snapshot: a circle must not hold us
		out = append(out, p)
	}
	return out
}
