package klog

import (
	"regexp"
	"strconv"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

// workqueueFamilies are the reports of kernel/workqueue.c.
func workqueueFamilies() []family {
	return []family{
		{name: "wq-lockup", match: matches("workqueue lockup", wqLockupRx), parse: parseWQLockup, adopts: true},
		{name: "wq-leak", match: matches("workqueue leaked", wqLeakRx), parse: parseWQLeak},
		{name: "wq-hog", match: matches("hogged CPU for", wqHogRx), parse: parseMessage, oneLine: true, child: true},
		{name: "wq-flush-reclaim", match: contains("is flushing !WQ_MEM_RECLAIM"), parse: parseMessage, warns: true},
	}
}

var (
	wqLockupRx = regexp.MustCompile(`BUG: workqueue lockup - pool(.*?)(?: stuck for (\d+)s!|$)`)
	// "comm/preempt_count/pid" up to 6.9, "comm[pid]" and a second line since.
	wqLeakRx   = regexp.MustCompile(`BUG: workqueue leaked (?:lock or atomic|atomic, lock or RCU): (?:(.*)/(0x[0-9a-f]+)/(\d+)|(.*)\[(\d+)\])`)
	wqLeakWhat = regexp.MustCompile(`preempt=0x([0-9a-f]+) lock=\d+->\d+ RCU=\d+->\d+ workfn=(\S+)`)
	wqHogRx    = regexp.MustCompile(`workqueue: (\S+)(?: \[\S+\])? hogged CPU for >(\d+)us (\d+) times`)
	wqInFlight = regexp.MustCompile(`(\d+)(?:\(RESCUER\))?:(\w+(?:\.\w+)*)`)
	wqPending  = regexp.MustCompile(`(?:\d+\*)?(\w+)(?: BAR\((\d+)\))?`)
)

func parseWQLockup(b *block) model.Report {
	r := &kreport.WQLockup{ReportBase: b.base()}
	m := wqLockupRx.FindStringSubmatch(r.Header)
	r.Secs, _ = strconv.Atoi(m[2])
	for _, kv := range strings.Fields(m[1]) {
		k, v, _ := strings.Cut(kv, "=")
		switch k {
		case "cpus":
			r.CPUs = v
		case "node":
			r.Node = v
		case "flags":
			r.Flags = v
		case "nice":
			r.Nice = v
		}
	}
	for _, rec := range b.recs[1:] {
		t := strings.TrimSpace(rec.text)
		if rest, ok := strings.CutPrefix(t, "in-flight:"); ok {
			for _, m := range wqInFlight.FindAllStringSubmatch(rest, -1) {
				r.InFlight = append(r.InFlight, m[1]+":"+m[2])
			}
		}
		if rest, ok := strings.CutPrefix(t, "pending:"); ok {
			for part := range strings.SplitSeq(rest, ",") {
				if m := wqPending.FindStringSubmatch(strings.TrimSpace(part)); m != nil {
					r.Pending = append(r.Pending, m[1])
				}
			}
		}
	}
	r.Context = b.context()
	return r
}

func parseWQLeak(b *block) model.Report {
	r := &kreport.Atomic{ReportBase: b.base()}
	m := wqLeakRx.FindStringSubmatch(r.Header)
	comm, id := m[1], m[3]
	if id == "" {
		comm, id = m[4], m[5]
	}
	pid, _ := strconv.Atoi(id)
	r.Task = &kreport.Task{Comm: validUTF8(comm), PID: pid}
	r.PreemptCount = strings.TrimPrefix(m[2], "0x")
	for _, rec := range b.recs[1:] {
		if m := wqLeakWhat.FindStringSubmatch(rec.text); m != nil {
			r.PreemptCount, r.LastFunction = m[1], m[2]
		}
		if _, fn, ok := strings.Cut(rec.text, "last function: "); ok {
			if f, ok := parseFrame(fn); ok {
				r.LastFunction = f.Func
			} else {
				r.LastFunction, _, _ = strings.Cut(strings.TrimSpace(fn), " ")
			}
		}
	}
	r.Held = b.held()
	r.Context = b.context()
	r.Backtrace = b.stack()
	return r
}
