package klog

import (
	"regexp"
	"strconv"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

// hungFamilies are the reports of kernel/hung_task.c. A comm can hold any
// character but a line break, ":" included: the pid is behind the last one.
func hungFamilies() []family {
	return []family{
		{name: "hung-blocker", match: hungBlockerHeader, parse: parseHungBlocker},
		{name: "hung-task", match: hungHeader, parse: parseHungTask, adopts: true},
		{name: "hung-suppressed", match: contains("Future hung task reports are suppressed"), parse: parseMessage, oneLine: true, child: true},
	}
}

var (
	hungRx = regexp.MustCompile(`(?:INFO: task )?(.+):(\d+) (blocked for more than|blocked in I/O wait for more than|can't die for more than) (\d+) seconds`)
	// hungCut is a header that a mail program broke, or that ends the log.
	hungCut    = regexp.MustCompile(`INFO: task (.+):(\d+) (?:blocked(?: (?:for|in)(?: [\w/]+)*)?|can't(?: \w+)*)$`)
	blockerRx  = regexp.MustCompile(`INFO: task (.+?):(\d+)(?: <(reader|writer)>)? (?:is )?blocked on an? (mutex|semaphore|rw-semaphore)(?: likely (?:owned|last held) by task (.+):(\d+)(?: <(reader|writer)>)?|, but the (?:owner|last holder) is not found)`)
	blockerCut = regexp.MustCompile(`INFO: task (.+?):(\d+)(?: <(reader|writer)>)? (?:is )?blocked on an? (mutex|semaphore|rw-semaphore)`)
)

// hungHeader finds the beginning of check_hung_task()'s line. Where its first
// words are lost the rest of the line is enough.
func hungHeader(text string) (int, bool) {
	at := max(strings.Index(text, "INFO: task "), 0)
	if strings.Contains(text, " more than ") && hungRx.MatchString(text[at:]) {
		return at, true
	}
	return at, strings.HasPrefix(text[at:], "INFO: task ") && hungCut.MatchString(text[at:])
}

func hungBlockerHeader(text string) (int, bool) {
	if !strings.Contains(text, "INFO: task ") || !strings.Contains(text, "blocked on a") {
		return 0, false
	}
	loc := blockerCut.FindStringIndex(text)
	if loc == nil {
		return 0, false
	}
	return loc[0], true
}

func parseHungTask(b *block) model.Report {
	r := &kreport.HungTask{ReportBase: b.base()}
	m := hungRx.FindStringSubmatch(r.Header)
	if m == nil {
		r.Truncated = true
		if m = hungCut.FindStringSubmatch(r.Header); m != nil {
			r.Task.Comm = validUTF8(m[1])
			r.Task.PID, _ = strconv.Atoi(m[2])
		}
		return r
	}
	r.Task.Comm = validUTF8(m[1])
	r.Task.PID, _ = strconv.Atoi(m[2])
	r.IOWait = strings.HasPrefix(m[3], "blocked in I/O")
	r.CantDie = strings.HasPrefix(m[3], "can't die")
	r.Secs, _ = strconv.Atoi(m[4])
	r.Contexts = b.nmiContexts()
	d := ownTask(b.recs[1:], r.Task.PID)
	if d == nil {
		r.Truncated = true
		return r
	}
	r.State, r.PPID, r.Workqueue, r.Stack, r.Held = d.State, d.PPID, d.Workqueue, d.Stack, d.Held
	r.Truncated = r.Truncated || len(r.Full) == 0
	return r
}

// ownTask finds the task line behind a header, or a call trace whose task
// line is lost.
func ownTask(recs []record, pid int) *kreport.TaskDump {
	for i, rec := range recs {
		if i > 12 {
			return nil
		}
		if d, ok := parseTaskLine(rec.text); ok {
			if pid > 0 && d.PID != pid {
				return nil
			}
			d, _ = readTask(recs[i:])
			return d
		}
		if traceStart(rec.text) {
			st, _ := readStack(recs[i:])
			return &kreport.TaskDump{PID: pid, Stack: st}
		}
	}
	return nil
}

func parseHungBlocker(b *block) model.Report {
	r := &kreport.HungBlocker{ReportBase: b.base()}
	m := blockerRx.FindStringSubmatch(r.Header)
	if m == nil {
		r.Truncated = true
		if m = blockerCut.FindStringSubmatch(r.Header); m == nil {
			return r
		}
	}
	r.Task.Comm = validUTF8(m[1])
	r.Task.PID, _ = strconv.Atoi(m[2])
	r.BlockedAs, r.Primitive = m[3], m[4]
	if r.Truncated {
		return r
	}
	r.NotFound = m[6] == ""
	if !r.NotFound {
		pid, _ := strconv.Atoi(m[6])
		r.Owner = &kreport.Task{Comm: validUTF8(m[5]), PID: pid}
		r.OwnerAs = m[7]
		r.OwnerDump = ownTask(b.recs[1:], pid)
	}
	return r
}
