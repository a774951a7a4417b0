package klog

import (
	"regexp"
	"strconv"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

// atomicFamilies are broken rules about atomic context: kernel/sched/core.c,
// lib/smp_processor_id.c, kernel/exit.c.
func atomicFamilies() []family {
	return []family{
		{name: "atomic-sleep", match: matches("sleeping function called", sleepRx), parse: parseAtomicSleep},
		{name: "sched-atomic", match: matches("scheduling while atomic", schedRx), parse: parseAtomic},
		{name: "blocking-ops", match: matches("not call blocking ops", blockOpsRx), parse: parseAtomic, warns: true},
		{name: "preemptible", match: matches("in preemptible", preemptRx), parse: parseAtomic},
		{name: "preempt-exit", match: matches("exited with preempt_count", exitRx), parse: parseAtomic, oneLine: true, child: true},
	}
}

var (
	sleepRx    = regexp.MustCompile(`BUG: sleeping function called from invalid context(?: at (\S+?):(\d+))?`)
	sleepState = regexp.MustCompile(`in_atomic\(\): ?(\d+), irqs_disabled\(\): ?(\d+)(?:, non_block: (\d+))?(?:, pid: (\d+), name: (.*))?$`)
	sleepCount = regexp.MustCompile(`preempt_count: ([0-9a-f]+), expected: ([0-9a-f]+)`)
	sleepRCU   = regexp.MustCompile(`RCU nest depth: (\d+), expected: (\d+)`)
	// pid and preempt count changed places in 2.6.26
	schedRx    = regexp.MustCompile(`BUG: scheduling while atomic: (.*)/(?:(\d+)/(0x[0-9a-f]+)|(0x[0-9a-f]+)/(\d+))`)
	blockOpsRx = regexp.MustCompile(`do not call blocking ops when !TASK_RUNNING; state=([0-9a-f]+)(?: set at (.*))?$`)
	preemptRx  = regexp.MustCompile(`BUG: using (\w+)\(\) in preemptible \[([0-9a-f]+)\](?: code:? (.*)/(\d+))?`)
	exitRx     = regexp.MustCompile(`note: (.*)\[(\d+)\] exited with preempt_count (\d+)`)
)

func parseAtomicSleep(b *block) model.Report {
	r := &kreport.AtomicSleep{ReportBase: b.base()}
	if m := sleepRx.FindStringSubmatch(r.Header); m != nil {
		r.File = m[1]
		r.LineNo, _ = strconv.Atoi(m[2])
	}
	for i, rec := range b.recs[1:] {
		t := strings.TrimSpace(rec.text)
		if m := sleepState.FindStringSubmatch(t); m != nil && r.InAtomic == nil {
			r.InAtomic, r.IRQsDisabled, r.NonBlock = intp(m[1]), intp(m[2]), intp(m[3])
			if pid := intp(m[4]); pid != nil { // not in 2.6.2x
				r.Task = &kreport.Task{Comm: validUTF8(m[5]), PID: *pid}
			}
		}
		if m := sleepCount.FindStringSubmatch(t); m != nil && r.PreemptCount == "" {
			r.PreemptCount, r.PreemptExpected = m[1], m[2]
		}
		if m := sleepRCU.FindStringSubmatch(t); m != nil && r.RCUNest == nil {
			r.RCUNest, r.RCUExpected = intp(m[1]), intp(m[2])
		}
		if strings.HasPrefix(t, "Preemption disabled at:") {
			r.DisabledAt = b.disabledAt(i + 1)
		}
	}
	r.Held = b.held()
	r.Context = b.context()
	r.Backtrace = b.stack()
	r.Truncated = r.Truncated || r.Task == nil || r.Backtrace == nil
	return r
}

// disabledAt reads the function behind "Preemption disabled at:", on the same
// line or the next.
func (b *block) disabledAt(i int) string {
	_, at, _ := strings.Cut(b.recs[i].text, "at:")
	if f, ok := parseFrame(at); ok {
		return f.Func
	}
	if i+1 < len(b.recs) {
		if f, ok := parseFrame(b.recs[i+1].text); ok {
			return f.Func
		}
	}
	return ""
}

func parseAtomic(b *block) model.Report {
	r := &kreport.Atomic{ReportBase: b.base()}
	task := func(comm, pid string) {
		if n := intp(pid); n != nil {
			r.Task = &kreport.Task{Comm: validUTF8(comm), PID: *n}
		}
	}
	switch r.Family {
	case "sched-atomic":
		m := schedRx.FindStringSubmatch(r.Header)
		task(m[1], m[2]+m[5])
		r.PreemptCount = strings.TrimPrefix(m[3]+m[4], "0x")
	case "preemptible":
		m := preemptRx.FindStringSubmatch(r.Header)
		r.Op, r.PreemptCount = m[1], m[2]
		task(m[3], m[4])
	case "preempt-exit":
		m := exitRx.FindStringSubmatch(r.Header)
		task(m[1], m[2])
		r.PreemptCount = m[3]
	case "blocking-ops":
		m := blockOpsRx.FindStringSubmatch(r.Header)
		r.State = m[1]
		if f, ok := parseFrame(m[2]); ok {
			r.SetAt = f.Func
		}
	}
	r.Held = b.held()
	r.Context = b.context()
	r.Backtrace = b.stack()
	return r
}
