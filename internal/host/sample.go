package host

import (
	"cmp"
	"slices"

	"gordian/internal/host/proc"
	"gordian/internal/hostfact"
)

// ticks is USER_HZ, the unit of times in /proc (include/asm-generic/param.h).
const ticks = 100

// sample is one pass over everything that moves.
type sample struct {
	up       float64 // seconds since boot: on a host that starves, more time passes than was asked for
	stat     proc.Stat
	irqs     proc.Counters
	softirqs proc.Counters
	tasks    map[int]thread // by thread id
}

// thread is a task and the directory that it was found in.
type thread struct {
	proc.TaskStat
	dir      string
	switches uint64 // of blocked tasks only
	lastRan  float64
	ranKnown bool
}

func (c *collector) take() *sample {
	s := &sample{tasks: map[int]thread{}}
	s.up, _ = proc.ParseUptime(c.read("/proc/uptime"))
	s.stat, _ = proc.ParseStat(c.read("/proc/stat"))
	s.irqs, _ = proc.ParseCounters(c.read("/proc/interrupts"))
	s.softirqs, _ = proc.ParseCounters(c.read("/proc/softirqs"))
	pids, err := c.List("/proc")
	c.note("/proc", err)
	for _, pid := range pids {
		if isNumber(pid) {
			c.threads(s, "/proc/"+pid+"/task")
		}
	}
	return s
}

// threads adds those of one process. A task may end between two reads.
func (c *collector) threads(s *sample, dir string) {
	tids, err := c.List(dir)
	c.note(dir, err)
	for _, tid := range tids {
		b, err := c.Read(dir+"/"+tid+"/stat", small)
		c.note(dir+"/"+tid+"/stat", err)
		st, err := proc.ParseTaskStat(b)
		if err != nil {
			continue
		}
		t := thread{TaskStat: st, dir: dir + "/" + tid}
		if st.Blocked() {
			c.times(&t)
		}
		s.tasks[st.PID] = t
	}
}

// times reads when a blocked task ran last, and how often it was switched to.
func (c *collector) times(t *thread) {
	if sched, err := proc.ParseTaskSched(c.read(t.dir + "/sched")); err == nil {
		t.switches, t.lastRan, t.ranKnown = sched.Switches, sched.LastRan, true
		return
	}
	t.switches, _ = proc.ParseSwitches(c.read(t.dir + "/status"))
}

// cpus states how each CPU spent the time between the samples.
func (c *collector) cpus(a, b *sample) {
	old := map[int]proc.CPUTime{}
	for _, t := range a.stat.CPUs {
		old[t.CPU] = t
	}
	for _, now := range b.stat.CPUs {
		was, ok := old[now.CPU]
		if !ok || now.Total() <= was.Total() {
			continue
		}
		all := float64(now.Total() - was.Total())
		share := func(x, y uint64) float64 { return float64(max(x, y)-y) / all } // idle times may step back a little
		c.host.CPUs = append(c.host.CPUs, hostfact.CPU{Number: now.CPU,
			User: share(now.User+now.Nice, was.User+was.Nice), System: share(now.System, was.System), IRQ: share(now.IRQ, was.IRQ),
			Softirq: share(now.Softirq, was.Softirq), Idle: share(now.Idle, was.Idle), Wait: share(now.IOWait, was.IOWait), Steal: share(now.Steal, was.Steal)})
	}
	h := c.host
	h.Load.Runnable, h.Load.Tasks = b.stat.Running, len(b.tasks)
	for _, t := range b.tasks {
		if t.Blocked() {
			h.Load.Blocked++
		}
	}
	if l, err := proc.ParseLoad(c.read("/proc/loadavg")); err == nil {
		h.Load.Known, h.Load.One, h.Load.Five, h.Load.Fifteen = true, l.One, l.Five, l.Fifteen
	}
}

// maxRates bounds the interrupts that are kept.
const maxRates = 16

// rates states which interrupts and softirqs came, and where.
func (c *collector) rates(a, b *sample) {
	secs := c.host.Sample.Seconds()
	if secs <= 0 {
		return
	}
	c.rate(a.irqs, b.irqs, false, secs)
	c.rate(a.softirqs, b.softirqs, true, secs)
	slices.SortStableFunc(c.host.IRQs, func(x, y hostfact.Rate) int { return compareDown(x.PerSecond, y.PerSecond) })
	c.host.IRQs = c.host.IRQs[:min(len(c.host.IRQs), maxRates)]
}

func (c *collector) rate(a, b proc.Counters, soft bool, secs float64) {
	if !slices.Equal(a.CPUs, b.CPUs) {
		return // a CPU went on- or offline: the columns do not compare
	}
	old := map[string]proc.Counter{}
	for _, r := range a.Rows {
		old[r.Name] = r
	}
	for _, now := range b.Rows {
		was, ok := old[now.Name]
		if !ok || len(was.PerCPU) != len(now.PerCPU) {
			continue
		}
		var sum, most uint64
		at := 0
		for i := range now.PerCPU {
			d := uint64(uint32(now.PerCPU[i] - was.PerCPU[i])) // the kernel's counters are 32 bits wide
			sum += d
			if d > most {
				most, at = d, i
			}
		}
		if sum == 0 {
			continue
		}
		r := hostfact.Rate{Softirq: soft, Name: now.Name, Label: now.Label, PerSecond: float64(sum) / secs, CPU: -1, Share: float64(most) / float64(sum)}
		if len(now.PerCPU) == len(b.CPUs) {
			r.CPU = b.CPUs[at]
		}
		c.host.IRQs = append(c.host.IRQs, r)
	}
}

const (
	maxBusy    = 16
	leastShare = 0.2 // of a CPU: below that a task is not what keeps it busy
)

// busy lists the tasks that used most CPU time in the kernel.
func (c *collector) busy(a, b *sample) {
	secs := c.host.Sample.Seconds()
	if secs <= 0 {
		return
	}
	for tid, now := range b.tasks {
		was, ok := a.tasks[tid]
		if !ok || was.Start != now.Start {
			continue
		}
		sys := float64(now.STime-min(was.STime, now.STime)) / ticks / secs
		if sys < leastShare {
			continue
		}
		c.host.Busy = append(c.host.Busy, hostfact.Busy{Task: now.task(), System: min(sys, 1), User: min(float64(now.UTime-min(was.UTime, now.UTime))/ticks/secs, 1)})
	}
	slices.SortFunc(c.host.Busy, func(x, y hostfact.Busy) int {
		return cmp.Or(compareDown(x.System, y.System), cmp.Compare(x.PID, y.PID))
	})
	c.host.Busy = c.host.Busy[:min(len(c.host.Busy), maxBusy)]
}

func (t thread) task() hostfact.Task {
	return hostfact.Task{PID: t.PID, Comm: t.Comm, Kernel: t.Kernel(), CPU: t.CPU}
}
