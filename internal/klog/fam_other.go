package klog

import (
	"regexp"
	"strconv"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

// otherFamilies are waits and stalls that other subsystems report, and the
// panics that the watchdogs raise.
func otherFamilies() []family {
	return []family{
		{name: "netdev-unregister", match: matches("unregister_netdevice", netdevRx), parse: parseNetdev, oneLine: true, child: true},
		{name: "netdev-watchdog", match: netWatchHeader, parse: parseNetdev, warns: true},
		{name: "dpm-timeout", match: matches("DPM device timeout", dpmRx), parse: parseDPM},
		{name: "fs-alloc-deadlock", match: matches("allocation deadlock", allocRx), parse: parseMessage, oneLine: true},
		{name: "sched-ext-stall", match: contains("runnable task stall ("), parse: parseMessage},
		{name: "panic", match: matches("hung", panicRx), parse: parseMessage},
	}
}

var (
	netdevRx   = regexp.MustCompile(`unregister_netdevice: waiting for (\S+) to become free\. Usage count = (-?\d+)`)
	netWatchRx = regexp.MustCompile(`(?:NETDEV WATCHDOG: (?:CPU: \d+: )?)?(\S+) \((\S*)\): transmit (?:queue (\d+) )?timed out`)
	// netdev_crit() since 6.6 ("driver bus-id name: NETDEV …"), and 2.6
	netCritRx = regexp.MustCompile(`(?:(\S+) \S+ (\S+): )?NETDEV WATCHDOG: (?:CPU: \d+: transmit queue (\d+)|(\S+): transmit) timed out`)
	dpmRx     = regexp.MustCompile(`\*\*\*\* DPM device timeout(?: after (\d+) seconds)?.*`)
	panicRx   = regexp.MustCompile(`Kernel panic - not syncing: (hung_task: blocked tasks|softlockup: hung tasks)`)
	// kernel/sched/ext.c, fs/xfs/xfs_message.c
	schedExtRx = regexp.MustCompile(`runnable task stall \((.+)\[(\d+)\] failed to run`)
	stallSecs  = regexp.MustCompile(`runnable task stall \(.* for (\d+)\.\d+s`)
	allocRx    = regexp.MustCompile(`(?:XFS\S*:? )?(?:\S+\(\d+\) )?possible memory allocation deadlock`)
	xfsRx      = regexp.MustCompile(`(\S+)\((\d+)\) possible memory allocation deadlock`)
	msgTask    = regexp.MustCompile(`^(.+)/(\d+) is deadlocking current task (.+)/(\d+)`)
)

func netWatchHeader(text string) (int, bool) {
	if !strings.Contains(text, "timed out") {
		return 0, false
	}
	for _, rx := range []*regexp.Regexp{netWatchRx, netCritRx} {
		if loc := rx.FindStringIndex(text); loc != nil {
			return loc[0], true
		}
	}
	return 0, false
}

func parseNetdev(b *block) model.Report {
	r := &kreport.Message{ReportBase: b.base()}
	if m := netdevRx.FindStringSubmatch(r.Header); m != nil {
		r.Dev, r.Count = m[1], intp(m[2])
	} else if m := netWatchRx.FindStringSubmatch(r.Header); m != nil {
		r.Dev, r.Driver, r.Queue = m[1], m[2], intp(m[3])
	} else if m := netCritRx.FindStringSubmatch(r.Header); m != nil {
		r.Driver, r.Dev, r.Queue = m[1], m[2]+m[4], intp(m[3])
	}
	r.Backtrace = b.stack()
	r.Context = b.context()
	return r
}

func parseDPM(b *block) model.Report {
	r := &kreport.Message{ReportBase: b.base()}
	r.Secs = intp(dpmRx.FindStringSubmatch(r.Header)[1])
	r.Backtrace = b.stack()
	return r
}

// parseMessage reads a report whose header says it all.
func parseMessage(b *block) model.Report {
	r := &kreport.Message{ReportBase: b.base()}
	if m := wqHogRx.FindStringSubmatch(r.Header); m != nil {
		r.Fn, r.Count = m[1], intp(m[3])
	}
	if m := panicRx.FindStringSubmatch(r.Header); m != nil {
		r.Reason = m[1]
	}
	for _, rx := range []*regexp.Regexp{schedExtRx, xfsRx} {
		if m := rx.FindStringSubmatch(r.Header); m != nil {
			pid, _ := strconv.Atoi(m[2])
			r.Task = &kreport.Task{Comm: validUTF8(m[1]), PID: pid}
		}
	}
	if m := stallSecs.FindStringSubmatch(r.Header); m != nil {
		r.Secs = intp(m[1])
	}
	if b.fam.oneLine {
		return r
	}
	for _, rec := range b.recs {
		if m := msgTask.FindStringSubmatch(strings.TrimSpace(rec.text)); m != nil {
			pid, _ := strconv.Atoi(m[4])
			r.Task = &kreport.Task{Comm: validUTF8(m[3]), PID: pid}
			break
		}
	}
	r.Held = b.held()
	r.Context = b.context()
	if r.Context != nil {
		cpu := r.Context.CPU
		r.CPU = &cpu
	}
	r.Backtrace = b.stack()
	return r
}
