package host

import (
	"slices"
	"strconv"
	"strings"

	"gordian/internal/host/proc"
	"gordian/internal/hostfact"
)

// watchdogSysctls are the settings that decide what the kernel reports by
// itself (Documentation/admin-guide/sysctl/kernel.rst).
func watchdogSysctls() []string {
	return []string{
		"kernel.hung_task_timeout_secs", "kernel.hung_task_warnings", "kernel.hung_task_panic",
		"kernel.hung_task_check_count", "kernel.hung_task_detect_count", "kernel.hung_task_all_cpu_backtrace",
		"kernel.watchdog", "kernel.watchdog_thresh", "kernel.soft_watchdog", "kernel.nmi_watchdog",
		"kernel.softlockup_panic", "kernel.hardlockup_panic", "kernel.softlockup_all_cpu_backtrace",
		"kernel.panic_on_oops", "kernel.panic_on_rcu_stall", "kernel.panic", "kernel.sysrq",
		"kernel.prove_locking", "kernel.lock_stat", "kernel.dmesg_restrict", "kernel.kptr_restrict",
		"kernel.perf_event_paranoid", "kernel.unprivileged_bpf_disabled", "kernel.lockdown",
	}
}

// general reads what does not move.
func (c *collector) general() {
	h := c.host
	h.Kernel = strings.TrimSpace(string(c.read("/proc/sys/kernel/osrelease")))
	if up, err := proc.ParseUptime(c.read("/proc/uptime")); err == nil {
		h.Uptime = up
	}
	h.Sysctl = map[string]string{}
	for _, name := range watchdogSysctls() {
		if b := c.read("/proc/sys/" + strings.ReplaceAll(name, ".", "/")); len(b) > 0 {
			h.Sysctl[name] = strings.TrimSpace(string(b))
		}
	}
	if mask, err := strconv.ParseUint(strings.TrimSpace(string(c.read("/proc/sys/kernel/tainted"))), 10, 64); err == nil {
		for _, t := range proc.Taints(mask) {
			h.Taints = append(h.Taints, t.Letter+": "+t.Meaning)
		}
	}
	c.pressure()
	c.lockdep()
}

func (c *collector) pressure() {
	for _, res := range []string{"cpu", "io", "memory", "irq"} {
		rows, err := proc.ParsePressure(c.read("/proc/pressure/" + res))
		if err != nil {
			continue
		}
		for _, r := range rows {
			c.host.Pressure = append(c.host.Pressure, hostfact.Pressure{Resource: res, Kind: r.Kind, Avg10: r.Avg10, Avg60: r.Avg60, Avg300: r.Avg300})
		}
	}
}

func (c *collector) memory() hostfact.Memory {
	m, err := proc.ParseMeminfo(c.read("/proc/meminfo"))
	if err != nil {
		return hostfact.Memory{}
	}
	return hostfact.Memory{Total: m["MemTotal"], Available: m["MemAvailable"], Slab: m["Slab"], Unreclaimable: m["SUnreclaim"],
		Vmalloc: m["VmallocUsed"], PageTables: m["PageTables"], KernelStack: m["KernelStack"], Percpu: m["Percpu"]}
}

// maxContended bounds the rows of /proc/lock_stat that are kept.
const maxContended = 20

func (c *collector) lockdep() {
	if s, err := proc.ParseLockdepStats(c.read("/proc/lockdep_stats")); err == nil {
		d := &hostfact.Lockdep{On: s.On}
		for _, l := range s.Limits {
			d.Limits = append(d.Limits, hostfact.Limit{Name: l.Name, Used: l.Used, Max: l.Max})
		}
		c.host.Lockdep = d
	}
	b, err := c.Read("/proc/lock_stat", 16<<20)
	c.note("/proc/lock_stat", err)
	for _, s := range proc.ParseLockStat(b) {
		if s.Contentions > 0 {
			c.host.Contended = append(c.host.Contended, hostfact.Contended{Class: s.Class, Contentions: s.Contentions,
				WaitTotal: s.WaitTotal, WaitMax: s.WaitMax, HoldMax: s.HoldMax})
		}
	}
	slices.SortStableFunc(c.host.Contended, func(a, b hostfact.Contended) int { return compareDown(a.WaitTotal, b.WaitTotal) })
	c.host.Contended = c.host.Contended[:min(len(c.host.Contended), maxContended)]
}

func compareDown(a, b float64) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}
