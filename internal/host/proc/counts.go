package proc

import (
	"strconv"
	"strings"
)

// Counter is a row of /proc/interrupts or /proc/softirqs: a count per CPU.
type Counter struct {
	Name   string // "24", "LOC", "NET_RX"
	Label  string // what stands behind the counts: chip, hardware irq, devices
	PerCPU []uint64
}

// Counters is such a table. CPUs gives the number of the CPU of each column:
// those that are offline have none.
type Counters struct {
	CPUs []int
	Rows []Counter
}

// ParseCounters parses /proc/interrupts (kernel/irq/proc.c,
// show_interrupts()) and /proc/softirqs (fs/proc/softirqs.c).
func ParseCounters(b []byte) (Counters, error) {
	var t Counters
	for l := range lines(b) {
		if t.CPUs == nil {
			for _, f := range strings.Fields(l) {
				if n, err := strconv.Atoi(strings.TrimPrefix(f, "CPU")); err == nil && strings.HasPrefix(f, "CPU") {
					t.CPUs = append(t.CPUs, n)
				}
			}
			if t.CPUs == nil {
				return t, notUnderstood("counters", b)
			}
			continue
		}
		if c, ok := parseCounter(l, len(t.CPUs)); ok {
			t.Rows = append(t.Rows, c)
		}
	}
	if t.CPUs == nil {
		return t, notUnderstood("counters", b)
	}
	return t, nil
}

// parseCounter parses one row. ERR and MIS have a single count for the whole
// machine (arch/x86/kernel/irq.c, arch_show_interrupts()).
func parseCounter(l string, cpus int) (Counter, bool) {
	name, rest, ok := strings.Cut(l, ":")
	if !ok {
		return Counter{}, false
	}
	f := strings.Fields(rest)
	n := uints(f[:min(len(f), cpus)])
	if len(n) == 0 || (len(n) < cpus && len(n) != len(f)) {
		return Counter{}, false
	}
	return Counter{Name: strings.TrimSpace(name), PerCPU: n, Label: strings.Join(f[len(n):], " ")}, true
}

// CPUTime is a "cpuN" row of /proc/stat in ticks (fs/proc/stat.c,
// show_stat()).
type CPUTime struct {
	CPU                                                   int // -1: all
	User, Nice, System, Idle, IOWait, IRQ, Softirq, Steal uint64
}

// Total is all time, steal included.
func (c CPUTime) Total() uint64 {
	return c.User + c.Nice + c.System + c.Idle + c.IOWait + c.IRQ + c.Softirq + c.Steal
}

// Stat is what is used of /proc/stat.
type Stat struct {
	CPUs     []CPUTime // without the sum
	Switches uint64    // ctxt
	Running  int       // procs_running
	Blocked  int       // procs_blocked: in I/O wait
	BootTime int64     // seconds since 1970
}

// ParseStat parses /proc/stat.
func ParseStat(b []byte) (Stat, error) {
	var s Stat
	for l := range lines(b) {
		f := strings.Fields(l)
		if len(f) < 2 {
			continue
		}
		n := uints(f[1:])
		if len(n) == 0 {
			continue
		}
		switch cpu, err := strconv.Atoi(strings.TrimPrefix(f[0], "cpu")); {
		case strings.HasPrefix(f[0], "cpu") && err == nil && len(n) >= 8:
			s.CPUs = append(s.CPUs, CPUTime{cpu, n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]})
		case f[0] == "ctxt":
			s.Switches = n[0]
		case f[0] == "procs_running":
			s.Running = int(n[0])
		case f[0] == "procs_blocked":
			s.Blocked = int(n[0])
		case f[0] == "btime":
			s.BootTime = int64(n[0])
		}
	}
	if len(s.CPUs) == 0 {
		return s, notUnderstood("stat", b)
	}
	return s, nil
}
