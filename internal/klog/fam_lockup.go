package klog

import (
	"regexp"
	"strconv"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

// lockupFamilies are the watchdogs' reports: kernel/watchdog.c,
// arch/powerpc/kernel/watchdog.c, kernel/smp.c.
func lockupFamilies() []family {
	return []family{
		{name: "soft-lockup", match: matches("soft lockup", softRx), parse: parseSoft, adopts: true, twins: true},
		{name: "hard-lockup", match: matches("ard LOCKUP", hardRx), parse: parseHard, adopts: true, twins: true},
		{name: "soft-lockup", match: matches("soft lockup detected", oldSoftRx), parse: parseOldLockup, adopts: true},
		{name: "hard-lockup", match: matches("detected LOCKUP", oldHardRx), parse: parseOldLockup, adopts: true},
		{name: "csd-lockup", match: matches("CSD lock", csdRx), parse: parseCSD, adopts: true},
	}
}

var (
	softRx = regexp.MustCompile(`(?:(?:NMI )?watchdog: )?BUG: soft lockup - CPU#(\d+) stuck for (\d+)s!(?: \[(.*):(\d+)\])?`)
	hardRx = regexp.MustCompile(`(?:(?:NMI )?watchdog: )?(?:CPU ?(\d+):? )?(?:Watchdog detected hard LOCKUP on cpu (\d+)|self-detected hard LOCKUP(?: @ (\S+?)(?:\+0x\S*)?(?:\s|$))?|detected hard LOCKUP on other CPUs ([\d,-]+)|Watchdog CPU:(\d+) Hard LOCKUP|Watchdog CPU:\d+ detected Hard LOCKUP other CPUS:([\d,-]+))`)
	// 2.6.18 and before; 2.6.16 to 2.6.3x
	oldSoftRx = regexp.MustCompile(`BUG: soft lockup detected on CPU#(\d+)!`)
	oldHardRx = regexp.MustCompile(`(?:BUG: )?NMI Watchdog detected LOCKUP on CPU ?(\d+)`)
	csdRx     = regexp.MustCompile(`(?:csd: )?(?:Detected|Continued) non-responsive CSD lock \(#\d+\) on CPU#(\d+), waiting (-?\d+)(?:\.\d+)? (ns|secs)?.*? for CPU#(\d+)(?: (\S+?)(?:\+0x|\(|$))?`)
)

func parseSoft(b *block) model.Report {
	r := &kreport.Lockup{ReportBase: b.base()}
	m := softRx.FindStringSubmatch(r.Header)
	r.CPU, r.Secs = intp(m[1]), intp(m[2])
	if pid := intp(m[4]); pid != nil {
		r.Task = &kreport.Task{Comm: validUTF8(m[3]), PID: *pid}
	}
	r.Contexts = b.cpuContexts()
	r.Context = b.context()
	r.Truncated = r.Truncated || len(r.Contexts) == 0
	return r
}

func parseHard(b *block) model.Report {
	r := &kreport.Lockup{ReportBase: b.base()}
	m := hardRx.FindStringSubmatch(r.Header)
	for _, s := range []string{m[2], m[1], m[5]} {
		if r.CPU = intp(s); r.CPU != nil {
			break
		}
	}
	// "CPU 3 detected hard LOCKUP on other CPUs 5": 5 is stuck.
	for _, others := range []string{m[4], m[6]} {
		if first := digits(others); first > 0 {
			r.CPU = intp(others[:first])
		}
	}
	r.At = m[3]
	r.Contexts = b.cpuContexts()
	r.Context = b.context()
	r.Truncated = r.Truncated || len(r.Contexts) == 0
	return r
}

// parseOldLockup reads the watchdogs of early 2.6, which name only the CPU.
func parseOldLockup(b *block) model.Report {
	r := &kreport.Lockup{ReportBase: b.base()}
	for _, rx := range []*regexp.Regexp{oldSoftRx, oldHardRx} {
		if m := rx.FindStringSubmatch(r.Header); m != nil {
			r.CPU = intp(m[1])
		}
	}
	r.Context = b.context()
	if r.Context != nil {
		r.Task = &kreport.Task{Comm: r.Context.Comm, PID: r.Context.PID}
	}
	return r
}

func parseCSD(b *block) model.Report {
	r := &kreport.Lockup{ReportBase: b.base()}
	m := csdRx.FindStringSubmatch(r.Header)
	r.CPU, r.At = intp(m[4]), m[5]
	if ns, err := strconv.ParseInt(m[2], 10, 64); err == nil {
		secs := int(ns / 1e9)
		if m[3] == "secs" {
			secs = int(ns)
		}
		r.Secs = &secs
	}
	r.Contexts = b.cpuContexts()
	r.Context = b.context()
	return r
}

func intp(s string) *int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return nil
	}
	return &n
}
