package klog

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

// rcuFamilies are the reports of kernel/rcu/tree_stall.h, tree_exp.h, tasks.h
// and update.c.
func rcuFamilies() []family {
	return []family{
		{name: "rcu-stall", match: matches("detected", rcuRx), parse: parseRCUStall, adopts: true},
		{name: "rcu-stall", match: matches("detected", rcuOld), parse: parseRCUOld, adopts: true},
		{name: "rcu-kthread-starved", match: matches("kthread starved for", rcuStarved), parse: parseRCUKthread, child: true, adopts: true},
		{name: "rcu-kthread-timer", match: matches("kthread timer wakeup", rcuTimer), parse: parseRCUKthread, child: true, adopts: true},
		{name: "rcu-voluntary-switch", match: contains("Voluntary context switch within RCU read-side critical section"), parse: parseMessage, warns: true},
	}
}

var (
	// "detected stall on CPU 2" is of 2.6.32 to 3.2, "RCU detected CPU 2 stall"
	// and "RCU detected CPU stalls: 2" of 2.6.29 to 2.6.32.
	rcuOld     = regexp.MustCompile(`INFO: (?:(\w+) detected stall on CPU (\d+) \(t=|(RCU) detected CPU (\d+) stall|(RCU) detected CPU stalls:((?: \d+)*))`)
	rcuRx      = regexp.MustCompile(`(?:rcu: )?INFO: (\S+) (self-detected stalls? on CPU|detected stalls on CPUs/tasks|detected expedited stalls on CPUs/tasks|detected stalls on tasks)(.*)$`)
	rcuStarved = regexp.MustCompile(`(?:rcu: )?(?:INFO: )?(\S+) kthread starved for (\d+) jiffies`)
	rcuTimer   = regexp.MustCompile(`(?:rcu: )?(\S+) kthread timer wakeup didn't happen for (\d+) jiffies`)
	rcuCPURow  = regexp.MustCompile(`^\s*(?:rcu: )?\s*(\d+)-?[\w.!?,]*: \(`)
	rcuBlocked = regexp.MustCompile(`\bP(\d+)(?:/\d+:\S*)?`)
	rcuBrace   = regexp.MustCompile(`\{([^}]*)\}?`)
	rcuBraceID = regexp.MustCompile(`^(\d+)(?:-\S*)?$`)
	rcuTaskPID = regexp.MustCompile(`^P(\d+)$`)
	rcuT       = regexp.MustCompile(`\bt=(\d+) jiffies`)
	rcuG       = regexp.MustCompile(`\bg=(-?\d+)`)
	rcuQ       = regexp.MustCompile(`\bq=(-?\d+)`)
	rcuBy      = regexp.MustCompile(`\(detected by (\d+)`)
	rcuExpT    = regexp.MustCompile(`\} (\d+) jiffies s: (\d+)`)
	rcuState   = regexp.MustCompile(`->state=(\S+)(?: ->cpu=(\d+))?`)
)

var rcuHow = map[string]string{
	"self-detected stall on CPU":              "self",
	"self-detected stalls on CPU":             "self",
	"detected stalls on CPUs/tasks":           "remote",
	"detected expedited stalls on CPUs/tasks": "expedited",
	"detected stalls on tasks":                "tasks-rcu",
}

func parseRCUStall(b *block) model.Report {
	r := &kreport.RCUStall{ReportBase: b.base(), CPUs: []int{}, BlockedPIDs: []int{}}
	m := rcuRx.FindStringSubmatch(r.Header)
	r.Flavor, r.How = m[1], rcuHow[m[2]]
	rcuBraces(r, m[3])
	rcuNumbers(r, m[3])
	rows := true
	for _, rec := range b.recs[1:] {
		t := strings.TrimSpace(rec.text)
		if stackHead(t) || strings.HasPrefix(t, "NMI backtrace") || strings.HasPrefix(t, "Task dump") {
			rows = false
		}
		if rows {
			rcuRow(r, t)
		}
		rcuNumbers(r, t)
	}
	r.Contexts = b.cpuContexts()
	r.Context = b.context()
	r.Tasks = b.taskDumps()
	r.Truncated = r.Truncated || len(r.CPUs)+len(r.BlockedPIDs) == 0
	return r
}

// parseRCUOld reads the forms of kernels before 3.3, which say it in one line.
func parseRCUOld(b *block) model.Report {
	r := &kreport.RCUStall{ReportBase: b.base(), How: "self", CPUs: []int{}, BlockedPIDs: []int{}}
	m := rcuOld.FindStringSubmatch(r.Header)
	r.Flavor = m[1] + m[3] + m[5]
	for _, cpu := range strings.Fields(m[2] + m[4] + m[6]) {
		rcuAddCPU(r, cpu)
	}
	if m[5] != "" {
		r.How = "remote"
	}
	rcuNumbers(r, r.Header)
	for _, rec := range b.recs[1:] {
		rcuNumbers(r, rec.text)
	}
	r.Contexts = b.cpuContexts()
	r.Context = b.context()
	r.Tasks = b.taskDumps()
	return r
}

// rcuBraces reads the stalled CPUs and tasks of "{ 1-... P12 } 2622 jiffies s: …".
func rcuBraces(r *kreport.RCUStall, rest string) {
	m := rcuBrace.FindStringSubmatch(rest)
	if m == nil {
		return
	}
	for _, word := range strings.Fields(m[1]) {
		if id := rcuBraceID.FindStringSubmatch(word); id != nil {
			rcuAddCPU(r, id[1])
		} else if id := rcuTaskPID.FindStringSubmatch(word); id != nil {
			rcuAddPID(r, id[1])
		}
	}
}

// rcuRow reads "1-...!: (1 ticks this GP) …" and "Tasks blocked on level-0
// rcu_node (CPUs 0-1): P9/1:b..l".
func rcuRow(r *kreport.RCUStall, t string) {
	if m := rcuCPURow.FindStringSubmatch(t); m != nil {
		rcuAddCPU(r, m[1])
		return
	}
	if strings.Contains(t, "Tasks blocked on") || strings.HasPrefix(t, "P") || strings.HasPrefix(t, "rcu: \tP") {
		for _, m := range rcuBlocked.FindAllStringSubmatch(t, -1) {
			rcuAddPID(r, m[1])
		}
	}
	if r.How == "tasks-rcu" {
		if d, ok := parseTaskLine(t); ok {
			rcuAddPID(r, strconv.Itoa(d.PID))
		}
	}
}

func rcuAddCPU(r *kreport.RCUStall, s string) {
	if n, err := strconv.Atoi(s); err == nil && !slices.Contains(r.CPUs, n) {
		r.CPUs = append(r.CPUs, n)
	}
}

func rcuAddPID(r *kreport.RCUStall, s string) {
	if n, err := strconv.Atoi(s); err == nil && !slices.Contains(r.BlockedPIDs, n) {
		r.BlockedPIDs = append(r.BlockedPIDs, n)
	}
}

// rcuNumbers reads "(detected by 0, t=65002 jiffies, g=72940, c=72939, q=1777)".
func rcuNumbers(r *kreport.RCUStall, t string) {
	if m := rcuBy.FindStringSubmatch(t); m != nil && r.DetectedBy == nil {
		r.DetectedBy = intp(m[1])
	}
	if m := rcuExpT.FindStringSubmatch(t); m != nil && r.TJiffies == nil {
		r.TJiffies = int64p(m[1])
	}
	if !strings.Contains(t, "jiffies") {
		return
	}
	if m := rcuT.FindStringSubmatch(t); m != nil && r.TJiffies == nil {
		r.TJiffies = int64p(m[1])
		if g := rcuG.FindStringSubmatch(t); g != nil {
			r.GP = int64p(g[1])
		}
		if q := rcuQ.FindStringSubmatch(t); q != nil {
			r.Q = int64p(q[1])
		}
	}
}

func int64p(s string) *int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

func parseRCUKthread(b *block) model.Report {
	r := &kreport.RCUKthread{ReportBase: b.base()}
	m := rcuStarved.FindStringSubmatch(r.Header)
	if m == nil {
		m = rcuTimer.FindStringSubmatch(r.Header)
	}
	r.Flavor = m[1]
	r.Jiffies, _ = strconv.ParseInt(m[2], 10, 64)
	if m := rcuState.FindStringSubmatch(r.Header); m != nil {
		r.State, r.CPU = m[1], intp(m[2])
	}
	if st := b.stack(); st != nil {
		r.Stack = *st
	}
	r.Context = b.context()
	return r
}

var rcuUsageAt = regexp.MustCompile(`^(\S+\.[chS]):(\d+) (.*)$`)

// parseRCUUsage reads lockdep_rcu_suspicious(): "file:line message" behind the
// banner.
func parseRCUUsage(b *block) model.Report {
	r := &kreport.RCUUsage{ReportBase: b.base()}
	for _, rec := range b.recs[1:] {
		t := strings.TrimSpace(rec.text)
		m := rcuUsageAt.FindStringSubmatch(t)
		if m != nil && (strings.Contains(t, "usage!") || strings.Contains(t, "RCU") || strings.Contains(t, "rcu")) {
			r.File, r.Message = m[1], m[3]
			r.LineNo, _ = strconv.Atoi(m[2])
			break
		}
	}
	r.Held = b.held()
	r.Context = b.context()
	r.Backtrace = b.stack()
	r.Truncated = r.Truncated || r.Message == "" || r.Backtrace == nil
	return r
}
