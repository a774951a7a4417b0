package proc

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// TaskStat is /proc/PID/task/TID/stat (fs/proc/array.c, do_task_stat()).
type TaskStat struct {
	PID   int // the thread's id
	Comm  string
	State string // R, S, D, T, t, Z, X, I
	PPID  int
	Flags uint64 // PF_*
	UTime uint64 // in ticks (USER_HZ, 100 per second)
	STime uint64
	Start uint64 // ticks after boot
	CPU   int    // it ran on last
}

// kthread is PF_KTHREAD (include/linux/sched.h).
const kthread = 0x00200000

// Kernel reports whether it is a kernel thread.
func (s TaskStat) Kernel() bool { return s.Flags&kthread != 0 }

// Blocked reports whether it sleeps uninterruptibly for an event. TASK_IDLE
// is shown as I, not D, and is no wait that anybody should look at.
func (s TaskStat) Blocked() bool { return s.State == "D" }

// Field numbers of the part behind the comm, from 0: the state.
const (
	statState = 0
	statPPID  = 1
	statFlags = 6
	statUTime = 11
	statSTime = 12
	statStart = 19
	statCPU   = 36
)

// ParseTaskStat parses one line. The comm may hold anything, brackets and line
// breaks included, so it ends at the last closing bracket.
func ParseTaskStat(b []byte) (TaskStat, error) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return TaskStat{}, notUnderstood("stat", b)
	}
	s := TaskStat{Comm: string(b[open+1 : end])}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b[:open])))
	f := strings.Fields(string(b[end+1:]))
	if err != nil || len(f) <= statCPU {
		return TaskStat{}, notUnderstood("stat", b)
	}
	s.PID, s.State = pid, f[statState]
	for _, n := range []struct {
		field int
		to    *uint64
	}{{statFlags, &s.Flags}, {statUTime, &s.UTime}, {statSTime, &s.STime}, {statStart, &s.Start}} {
		if *n.to, err = strconv.ParseUint(f[n.field], 10, 64); err != nil {
			return TaskStat{}, fmt.Errorf("stat: field %d: %w", n.field+3, err)
		}
	}
	s.PPID, _ = strconv.Atoi(f[statPPID])
	s.CPU, _ = strconv.Atoi(f[statCPU])
	return s, nil
}

// TaskSched is what /proc/PID/task/TID/sched says of when the task ran
// (kernel/sched/debug.c, proc_sched_show_task()).
type TaskSched struct {
	LastRan  float64 // se.exec_start: ms of the scheduler's clock when its run time was last counted
	Switches uint64  // nr_switches
}

// ParseTaskSched parses the file; it is there with CONFIG_SCHED_DEBUG.
func ParseTaskSched(b []byte) (TaskSched, error) {
	var s TaskSched
	found := false
	for l := range lines(b) {
		key, value, ok := strings.Cut(l, ":")
		if !ok {
			continue
		}
		switch strings.TrimSpace(key) {
		case "se.exec_start":
			var err error
			if s.LastRan, err = strconv.ParseFloat(strings.TrimSpace(value), 64); err != nil {
				return s, fmt.Errorf("sched: se.exec_start: %w", err)
			}
			found = true
		case "nr_switches":
			s.Switches, _ = strconv.ParseUint(strings.TrimSpace(value), 10, 64)
		}
	}
	if !found {
		return s, notUnderstood("sched", b)
	}
	return s, nil
}

// ParseSwitches adds up the context switches of /proc/PID/task/TID/status.
func ParseSwitches(b []byte) (uint64, error) {
	var sum uint64
	found := 0
	for l := range lines(b) {
		if key, value, ok := strings.Cut(l, ":"); ok && strings.HasSuffix(key, "voluntary_ctxt_switches") {
			n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("status: %s: %w", key, err)
			}
			sum += n
			found++
		}
	}
	if found < 2 {
		return 0, notUnderstood("status", b)
	}
	return sum, nil
}
