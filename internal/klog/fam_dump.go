package klog

import (
	"regexp"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

// dumpFamilies list tasks or locks: debug_show_all_locks() in lockdep.c,
// show_state_filter() in kernel/sched/core.c, drivers/tty/sysrq.c,
// kernel/power/process.c.
func dumpFamilies() []family {
	return []family{
		{name: "locks-dump", match: contains("Showing all locks held in the system"), parse: parseLocksDump, adopts: true},
		{name: "sysrq-d", match: matches("Show Locks Held", sysrqRx), parse: parseLocksDump},
		{name: "sysrq-w", match: matches("Show Blocked State", sysrqRx), parse: parseTasksDump},
		{name: "sysrq-t", match: matches("Show State", sysrqRx), parse: parseTasksDump},
		{name: "blocked-dump", match: matches("father", dumpTable), parse: parseTasksDump, child: true},
		{name: "freeze-fail", match: matches("fail", freezeRx), parse: parseFreeze},
	}
}

var (
	sysrqRx   = regexp.MustCompile(`(?:sysrq|SysRq) ?: ?Show (?:Blocked State|Locks Held|State)`)
	dumpTable = regexp.MustCompile(`task\s+PC stack\s+pid father`)
	freezeRx  = regexp.MustCompile(`Freezing (?:of tasks|of user space ?|user space processes|of kernel threads|kernel threads|remaining freezable tasks) (?:failed|FAILED) after ([\d.]+) seconds`)
)

func parseLocksDump(b *block) model.Report {
	r := &kreport.LocksDump{ReportBase: b.base()}
	whole := false // a line of "=" ends the list
	for i := 1; i < len(b.recs); i++ {
		t := strings.TrimSpace(b.recs[i].text)
		whole = whole || strings.HasPrefix(t, "=====")
		if len(r.Tasks) > 0 && (whole || strings.HasPrefix(t, "NMI backtrace")) {
			break
		}
		if _, ok := parseHeld(t); ok {
			h, n := readHeld(b.recs[i:])
			if h.Count > 0 {
				r.Tasks = append(r.Tasks, *h)
			}
			i += n - 1
		}
	}
	r.Truncated = r.Truncated || !whole
	r.Contexts = b.nmiContexts()
	return r
}

func parseTasksDump(b *block) model.Report {
	r := &kreport.TasksDump{ReportBase: b.base()}
	r.Tasks = b.taskDumps()
	return r
}

func parseFreeze(b *block) model.Report {
	r := &kreport.TasksDump{ReportBase: b.base()}
	r.Secs = freezeRx.FindStringSubmatch(r.Header)[1]
	r.Tasks = b.taskDumps()
	return r
}

// taskDumps reads every task line of the report with its stack.
func (b *block) taskDumps() []kreport.TaskDump {
	var out []kreport.TaskDump
	for i := 1; i < len(b.recs); i++ {
		if _, ok := parseTaskLine(b.recs[i].text); !ok {
			continue
		}
		d, n := readTask(b.recs[i:])
		out = append(out, *d)
		i += max(n-1, 0)
	}
	return out
}
