package klog

import (
	"regexp"
	"strconv"
	"strings"

	"gordian/internal/kreport"
)

// Task lines are sched_show_task() of kernel/sched/core.c:
//
//	task:comm            state:D stack:0     pid:945   tgid:945   ppid:828    task_flags:0x400000 flags:0x0   (≥ 5.9; tgid 6.10, task_flags 6.14)
//	comm            D ffff88003d0 25256  7547   7533 0x00000004    (≤ 5.7; address before 4.x, "running task")
var (
	taskNew = regexp.MustCompile(`^task:(.*?)\s*state:\s*(\S)(?:\s.*?)?\s(?:stack:\s*\d+\s+)?pid:\s*(\d+)(?:.*?\bppid:\s*(\d+))?`)
	taskOld = regexp.MustCompile(`^(\S.*?)\s+([RSDTtXZPIKWN])\s*(?:running(?: task)?(?: on cpu\s+(\d+))?\s+|\s[0-9a-f]{8,16}\s+|)\s*(\d+)\s+(\d+)\s+(\d+)\s+(0x[0-9a-f]+)(?:\s|$)`)
	// 2.6.18: no flags, but child and siblings, "(NOTLB)" or "(L-TLB)"
	taskTLB = regexp.MustCompile(`^(\S.*?)\s+([RSDTtXZ])\s+(?:running\s+|[0-9a-f]{8,16}\s+)\s*(\d+)\s+(\d+)\s+(\d+)(?:\s+\d+)*\s+\((?:NOTLB|L-TLB)\)`)
	workq   = regexp.MustCompile(`Workqueue: (\S+) (\S+)`)
)

// parseTaskLine reads the head of a task's stack dump.
func parseTaskLine(text string) (*kreport.TaskDump, bool) {
	s := strings.TrimSpace(text)
	if strings.HasPrefix(s, "task:") {
		m := taskNew.FindStringSubmatch(s)
		if m == nil {
			return nil, false
		}
		return taskDump(m[1], m[2], m[3], m[4], "")
	}
	if len(s) > 220 || strings.Contains(s, "+0x") {
		return nil, false
	}
	if strings.Contains(s, " 0x") && hasState(s) {
		if m := taskOld.FindStringSubmatch(s); m != nil {
			return taskDump(m[1], m[2], m[5], m[6], m[3])
		}
	}
	if strings.HasSuffix(s, "TLB)") {
		if m := taskTLB.FindStringSubmatch(s); m != nil {
			return taskDump(m[1], m[2], m[4], m[5], "")
		}
	}
	return nil, false
}

// hasState reports whether a state letter stands between blanks, or before a
// number, as in "comm            D27296   764      2 0x00000000": a cheap test
// before the expression.
func hasState(s string) bool {
	for i := 1; i+1 < len(s); i++ {
		if s[i-1] == ' ' && strings.IndexByte("RSDTtXZPIKWN", s[i]) >= 0 && (s[i+1] == ' ' || s[i+1] >= '0' && s[i+1] <= '9') {
			return true
		}
	}
	return false
}

func taskDump(comm, state, pid, ppid, cpu string) (*kreport.TaskDump, bool) {
	p, err := strconv.Atoi(pid)
	if err != nil {
		return nil, false
	}
	d := &kreport.TaskDump{Comm: validUTF8(comm), PID: p, State: state}
	if n, err := strconv.Atoi(ppid); err == nil {
		d.PPID = &n
	}
	if n, err := strconv.Atoi(cpu); err == nil {
		d.CPU = &n
	}
	return d, true
}

func parseWorkqueue(text string) *kreport.Workqueue {
	m := workq.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	return &kreport.Workqueue{WQ: m[1], Fn: m[2]}
}

// readTask reads a task line at recs[0] with its stack; it returns how many
// records they take.
func readTask(recs []record) (*kreport.TaskDump, int) {
	d, ok := parseTaskLine(recs[0].text)
	if !ok {
		return nil, 1
	}
	d.HeadLine = recs[0].line
	i := 1
	for gap := 0; i < len(recs) && gap <= maxGap; i++ {
		t := strings.TrimSpace(recs[i].text)
		if wq := parseWorkqueue(t); wq != nil {
			d.Workqueue = wq
			continue
		}
		if traceStart(t) {
			st, n := readStack(recs[i:])
			d.Stack = st
			i += n
			break
		}
		if f, ok := parseFrame(t); ok && f.Size != 0 { // a trace whose head is lost
			st, n := readStack(recs[i:])
			d.Stack = st
			i += n
			break
		}
		if sectionHead(t) {
			return d, i
		}
		if !stackFiller(t) {
			gap++
		}
	}
	if i < len(recs) {
		if h, n := heldAfter(recs[i:]); h != nil {
			d.Held = h
			i += n
		}
	}
	return d, min(i, len(recs))
}

// heldAfter looks for a held-locks list directly behind a stack.
func heldAfter(recs []record) (*kreport.Held, int) {
	for i := 0; i < len(recs) && i < 3; i++ {
		if _, ok := parseHeld(recs[i].text); ok {
			h, n := readHeld(recs[i:])
			return h, i + n
		}
	}
	return nil, 0
}
