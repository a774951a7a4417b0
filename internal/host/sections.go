package host

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gordian/internal/hostfact"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

// Sections shows what was looked at, in the order in which a person on call
// would ask. Tables without a row are left out, but for that of the blocked
// tasks: that there is none is the answer.
func Sections(h *hostfact.Host) []model.Section {
	all := []model.Section{
		blockedSection(h), busySection(h), cpuSection(h), rateSection(h), fileSection(h), pressureSection(h),
		memorySection(h), lockdepSection(h), contendedSection(h), settingsSection(h),
	}
	return slices.DeleteFunc(all, func(s model.Section) bool { return len(s.Rows) == 0 && len(s.Notes) == 0 })
}

func blockedSection(h *hostfact.Host) model.Section {
	s := model.Section{ID: "blocked-tasks", Title: "Blocked tasks (state D)", Command: "ps -eLo pid,lwp,stat,wchan:32,comm | grep ' D'; cat /proc/PID/stack",
		Columns: []string{"task", "for", "CPU", "in", "system call", "called from"}}
	for _, b := range h.Blocked {
		s.Rows = append(s.Rows, []string{name(b.Task), ago(b.Seconds, b.AtLeast), strconv.Itoa(b.CPU), waitsIn(b), b.Syscall, caller(b)})
	}
	if len(h.Blocked) == 0 {
		s.Notes = []string{fmt.Sprintf("None of %d tasks was blocked for all of %v.", h.Load.Tasks, h.Sample)}
	}
	return s
}

// waitsIn names the function that a task sleeps in. The kernel hides the
// functions of locks and of the scheduler from wchan and from the stack.
func waitsIn(b hostfact.Blocked) string {
	if w := kstack.Classify(b.Stack); w.Known && w.Func != "" {
		return w.Func
	}
	if b.Wchan != "" {
		return b.Wchan
	}
	if len(b.Stack) > 0 {
		return b.Stack[0].Func
	}
	return b.NoStack
}

func caller(b hostfact.Blocked) string {
	if f, i := kstack.Guilty(b.Stack); i >= 0 {
		return f.String()
	}
	return ""
}

func busySection(h *hostfact.Host) model.Section {
	s := model.Section{ID: "busy-tasks", Title: "Tasks that keep a CPU busy in the kernel", Command: "top -H -d 1   (press 1 for each CPU)",
		Columns: []string{"task", "CPU", "system", "user"}}
	for _, b := range h.Busy {
		s.Rows = append(s.Rows, []string{name(b.Task), strconv.Itoa(b.CPU), percent(b.System), percent(b.User)})
	}
	return s
}

func cpuSection(h *hostfact.Host) model.Section {
	s := model.Section{ID: "cpus", Title: "CPUs", Command: "mpstat -P ALL 1 1", Columns: []string{"CPU", "user", "system", "interrupts", "softirqs", "I/O wait", "stolen", "idle"}}
	for _, c := range h.CPUs {
		s.Rows = append(s.Rows, []string{strconv.Itoa(c.Number), percent(c.User), percent(c.System), percent(c.IRQ), percent(c.Softirq), percent(c.Wait), percent(c.Steal), percent(c.Idle)})
	}
	return s
}

func rateSection(h *hostfact.Host) model.Section {
	s := model.Section{ID: "interrupts", Title: "Interrupts and softirqs", Command: "watch -d cat /proc/interrupts /proc/softirqs",
		Columns: []string{"name", "per second", "mostly on CPU", "what"}}
	for _, r := range h.IRQs {
		cpu := ""
		if r.CPU >= 0 {
			cpu = fmt.Sprintf("%d (%s)", r.CPU, percent(r.Share))
		}
		what := r.Label
		if r.Softirq {
			what = "softirq"
		}
		s.Rows = append(s.Rows, []string{r.Name, strconv.FormatFloat(r.PerSecond, 'f', 0, 64), cpu, what})
	}
	return s
}

func fileSection(h *hostfact.Host) model.Section {
	s := model.Section{ID: "file-locks", Title: "Waits for locks on files (of programs, not of the kernel)", Command: "lslocks; cat /proc/locks",
		Columns: []string{"waits", "for", "file (device:inode)", "range", "held by"}}
	for _, w := range h.Files {
		holder := "an open file (OFD lock)"
		switch { // fs/locks.c, locks_translate_pid()
		case w.Holder > 0:
			holder = label(w.HolderComm, w.Holder)
		case w.Holder == 0:
			holder = "a process that has ended, or of another container"
		}
		s.Rows = append(s.Rows, []string{label(w.Comm, w.PID), w.Kind + " " + w.Mode, w.Inode, w.Range, holder})
	}
	return s
}

func pressureSection(h *hostfact.Host) model.Section {
	s := model.Section{ID: "load", Title: "Load and pressure", Command: "cat /proc/loadavg; grep . /proc/pressure/*", Columns: []string{"resource", "stalled", "10 s", "60 s", "300 s"}}
	for _, p := range h.Pressure {
		s.Rows = append(s.Rows, []string{p.Resource, p.Kind, fixed(p.Avg10) + "%", fixed(p.Avg60) + "%", fixed(p.Avg300) + "%"})
	}
	load := "Load unknown"
	if h.Load.Known {
		load = fmt.Sprintf("Load %s %s %s", fixed(h.Load.One), fixed(h.Load.Five), fixed(h.Load.Fifteen))
	}
	s.Notes = []string{fmt.Sprintf("%s; %d tasks, %d runnable, %d in state D (each counts as load).", load, h.Load.Tasks, h.Load.Runnable, h.Load.Blocked)}
	if len(h.Pressure) == 0 {
		s.Notes = append(s.Notes, "The kernel measures no pressure: it needs CONFIG_PSI, and psi=1 on its command line where that is off by default.")
	}
	return s
}

func memorySection(h *hostfact.Host) model.Section {
	s := model.Section{ID: "kernel-memory", Title: "Memory of the kernel", Command: "grep -E 'Slab|Vmalloc|PageTables|KernelStack|Percpu' /proc/meminfo; slabtop",
		Columns: []string{"what", "MB", "share", "change in the sample"}}
	if h.Memory.Total == 0 {
		return s
	}
	m, b := h.Memory, h.Before
	for _, r := range []struct {
		name     string
		now, was uint64
	}{{"slab, cannot be reclaimed", m.Unreclaimable, b.Unreclaimable}, {"slab, all", m.Slab, b.Slab}, {"vmalloc", m.Vmalloc, b.Vmalloc},
		{"page tables", m.PageTables, b.PageTables}, {"kernel stacks", m.KernelStack, b.KernelStack}, {"per CPU", m.Percpu, b.Percpu}} {
		s.Rows = append(s.Rows, []string{r.name, strconv.FormatUint(r.now>>10, 10), percent(float64(r.now) / float64(m.Total)), signed(int64(r.now) - int64(r.was))})
	}
	s.Notes = []string{fmt.Sprintf("%d MB of %d MB are available.", m.Available>>10, m.Total>>10)}
	return s
}

func lockdepSection(h *hostfact.Host) model.Section {
	s := model.Section{ID: "lockdep", Title: "Lockdep", Command: "cat /proc/lockdep_stats", Columns: []string{"table", "used", "of", "share"}}
	if h.Lockdep == nil {
		s.Notes = []string{"This kernel has no lockdep (CONFIG_PROVE_LOCKING). gordian trace order watches lock order without it."}
		return s
	}
	for _, l := range h.Lockdep.Limits {
		s.Rows = append(s.Rows, []string{l.Name, strconv.FormatUint(l.Used, 10), strconv.FormatUint(l.Max, 10), percent(float64(l.Used) / float64(max(l.Max, 1)))})
	}
	return s
}

func contendedSection(h *hostfact.Host) model.Section {
	s := model.Section{ID: "contended-locks", Title: "Contended locks", Command: "less /proc/lock_stat", Columns: []string{"class", "contentions", "waited, total ms", "longest wait, ms", "longest hold, ms"}}
	for _, c := range h.Contended {
		s.Rows = append(s.Rows, []string{c.Class, strconv.FormatUint(c.Contentions, 10), fixed(c.WaitTotal / 1000), fixed(c.WaitMax / 1000), fixed(c.HoldMax / 1000)})
	}
	return s
}

func settingsSection(h *hostfact.Host) model.Section {
	s := model.Section{ID: "watchdogs", Title: "The kernel's own watchdogs", Command: "sysctl kernel | grep -E 'hung_task|watchdog|lockup|lock'; cat /proc/sys/kernel/tainted", Columns: []string{"setting", "value"}}
	for _, k := range watchdogSysctls() {
		if v, ok := h.Sysctl[k]; ok {
			s.Rows = append(s.Rows, []string{k, strings.ReplaceAll(v, "\t", " ")})
		}
	}
	if len(h.Taints) > 0 {
		s.Notes = append(s.Notes, "The kernel is tainted: "+strings.Join(h.Taints, "; ")+".")
	}
	return s
}

func name(t hostfact.Task) string { return label(t.Comm, t.PID) }

func label(comm string, pid int) string {
	if comm == "" {
		comm = "?"
	}
	return comm + "/" + strconv.Itoa(pid)
}

func percent(x float64) string { return strconv.Itoa(int(math.Round(100*x))) + "%" }

func fixed(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }

func signed(kb int64) string {
	if kb == 0 {
		return "0"
	}
	return fmt.Sprintf("%+d kB", kb)
}

// ago says how long, in the largest unit that keeps two digits.
func ago(secs float64, atLeast bool) string {
	s := int(secs)
	text := fmt.Sprintf("%.1f s", secs)
	switch {
	case s >= 2*86400:
		text = fmt.Sprintf("%d days", s/86400)
	case s >= 2*3600:
		text = fmt.Sprintf("%d h", s/3600)
	case s >= 180:
		text = fmt.Sprintf("%d min", s/60)
	case s >= 10:
		text = fmt.Sprintf("%d s", s)
	}
	if atLeast {
		return "≥ " + text
	}
	return text
}
