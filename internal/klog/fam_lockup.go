package klog

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

// lockupFamilies are the watchdogs' reports: kernel/watchdog.c,
// arch/powerpc/kernel/watchdog.c, kernel/smp.c; and the panic on an NMI, by
// which somebody ends a machine that does not answer: arch/x86/kernel/nmi.c.
func lockupFamilies() []family {
	return []family{
		{name: "soft-lockup", match: matches("soft lockup", softRx), parse: parseSoft, adopts: true, twins: true},
		{name: "hard-lockup", match: matches("ard LOCKUP", hardRx), parse: parseHard, adopts: true, twins: true},
		{name: "soft-lockup", match: matches("soft lockup detected", oldSoftRx), parse: parseOldLockup, adopts: true},
		{name: "hard-lockup", match: matches("detected LOCKUP", oldHardRx), parse: parseOldLockup, adopts: true},
		{name: "nmi-panic", match: nmiPanicHeader, parse: parseNMIPanic, adopts: true},
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

// nmiPanicHeader matches the line of nmi_panic() in pci_serr_error(),
// io_check_error() and unknown_nmi_error(), and not the line that ends it.
func nmiPanicHeader(text string) (int, bool) {
	const header = "Kernel panic - not syncing: NMI"
	i := strings.Index(text, header)
	if i < 0 || strings.HasSuffix(text[:i], "end ") {
		return 0, false
	}
	rest := text[i+len(header):]
	return i, strings.HasPrefix(rest, ": Not continuing") || strings.HasPrefix(rest, " IOCK error: Not continuing")
}

// parseNMIPanic reads what the CPUs were doing when the NMI came. It is whole
// only if each CPU that was asked has answered (panic_print, bit 6).
func parseNMIPanic(b *block) model.Report {
	r := &kreport.Lockup{ReportBase: b.base()}
	r.Context = b.context()
	asked, whole := b.asked()
	b.recs = outsideNMI(b.recs)
	for _, c := range b.cpuContexts() {
		// The CPU that panics prints itself twice.
		same := func(o kreport.CPUContext) bool { return o.CPU != nil && c.CPU != nil && *o.CPU == *c.CPU }
		if i := slices.IndexFunc(r.Contexts, same); i >= 0 {
			if len(r.Contexts[i].Stack.Full) == 0 {
				r.Contexts[i] = c
			}
			continue
		}
		r.Contexts = append(r.Contexts, c)
	}
	if len(r.Contexts) > 0 {
		r.CPU = r.Contexts[0].CPU
	}
	for _, cpu := range asked {
		whole = whole && slices.ContainsFunc(r.Contexts, func(c kreport.CPUContext) bool {
			return c.CPU != nil && *c.CPU == cpu && len(c.Stack.Full) > 0
		})
	}
	r.Truncated = r.Truncated || !whole
	return r
}

var sendingRx = regexp.MustCompile(`Sending NMI from CPU (\d+) to CPUs ([\d,-]+):`)

// asked are the CPUs that were asked for a backtrace, and whether any was
// (nmi_trigger_cpumask_backtrace(), lib/nmi_backtrace.c, 6.1). The one that asks
// is the first, and a machine of one CPU asks no other.
func (b *block) asked() (cpus []int, any bool) {
	for _, rec := range b.recs {
		if m := sendingRx.FindStringSubmatch(rec.text); m != nil {
			list, ok := cpuList(m[1] + "," + m[2])
			return list, ok
		}
		any = any || strings.HasPrefix(strings.TrimSpace(rec.text), "NMI backtrace for cpu")
	}
	return nil, any
}

// maxCPU bounds what a list of CPUs may name (CONFIG_NR_CPUS of x86-64 is at
// most 8192).
const maxCPU = 8192

// cpuList reads "0,2-3".
func cpuList(s string) ([]int, bool) {
	var out []int
	for part := range strings.SplitSeq(s, ",") {
		first, last, isRange := strings.Cut(part, "-")
		a, err := strconv.Atoi(first)
		z := a
		if err == nil && isRange {
			z, err = strconv.Atoi(last)
		}
		if err != nil || a > z || z >= maxCPU || len(out) > maxCPU {
			return out, false
		}
		for cpu := a; cpu <= z; cpu++ {
			out = append(out, cpu)
		}
	}
	return out, true
}

// outsideNMI gives the trace of a CPU that took an NMI the form that the others
// have, registers and then the trace: without the way from the NMI to the
// printing, which says nothing.
func outsideNMI(recs []record) []record {
	var out []record
	inside := false
	for _, r := range recs {
		switch t := strings.TrimSpace(r.text); {
		case t == "<NMI>":
			inside = true
			if n := len(out); n > 0 && stackHead(out[n-1].text) {
				out = out[:n-1]
			}
			continue
		case t == "</NMI>":
			inside, r.text = false, "Call Trace:"
		case inside:
			if _, ok := ripFrame(t); !ok {
				continue
			}
			inside = false
		}
		out = append(out, r)
	}
	return out
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
