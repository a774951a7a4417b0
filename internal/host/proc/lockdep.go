package proc

import (
	"strconv"
	"strings"
)

// Lockdep is what /proc/lockdep_stats says of the validator's own state
// (kernel/locking/lockdep_proc.c, lockdep_stats_show()).
type Lockdep struct {
	On     bool // debug_locks: lockdep has not switched itself off
	Limits []Limit
}

// Limit is a table of lockdep of fixed size. A full one switches lockdep off.
type Limit struct {
	Name      string
	Used, Max uint64
}

// ParseLockdepStats parses /proc/lockdep_stats.
func ParseLockdepStats(b []byte) (Lockdep, error) {
	var s Lockdep
	found := false
	for l := range lines(b) {
		name, value, ok := strings.Cut(l, ":")
		f := strings.Fields(value)
		if !ok || len(f) == 0 {
			continue
		}
		n, err := strconv.ParseUint(f[0], 10, 64)
		if err != nil {
			continue
		}
		name = strings.TrimSpace(name)
		if name == "debug_locks" {
			s.On, found = n != 0, true
		}
		if len(f) == 3 && f[1] == "[max:" {
			if m, err := strconv.ParseUint(strings.TrimSuffix(f[2], "]"), 10, 64); err == nil {
				s.Limits = append(s.Limits, Limit{name, n, m})
			}
		}
	}
	if !found {
		return s, notUnderstood("lockdep_stats", b)
	}
	return s, nil
}

// LockStat is the first row of a class in /proc/lock_stat
// (kernel/locking/lockdep_proc.c, seq_stats()). Times are microseconds.
type LockStat struct {
	Class       string
	Contentions uint64
	WaitMax     float64
	WaitTotal   float64
	Acquired    uint64
	HoldMax     float64
}

// Columns behind the class name in /proc/lock_stat: con-bounces, contentions,
// waittime-min, -max, -total, -avg, acq-bounces, acquisitions, holdtime-min,
// -max, -total, -avg.
const lockStatColumns = 12

// ParseLockStat parses the rows of the classes; those of the call sites below
// each are left out. The kernel sorts by contention.
func ParseLockStat(b []byte) []LockStat {
	var out []LockStat
	for l := range lines(b) {
		at := strings.LastIndex(l, ":")
		if at < 0 {
			continue
		}
		f := strings.Fields(l[at+1:])
		if len(f) != lockStatColumns {
			continue
		}
		s := LockStat{Class: strings.TrimSpace(l[:at])}
		var err error
		if s.Contentions, err = strconv.ParseUint(f[1], 10, 64); err != nil {
			continue
		}
		s.WaitMax, _ = strconv.ParseFloat(f[3], 64)
		s.WaitTotal, _ = strconv.ParseFloat(f[4], 64)
		s.Acquired, _ = strconv.ParseUint(f[7], 10, 64)
		s.HoldMax, _ = strconv.ParseFloat(f[9], 64)
		out = append(out, s)
	}
	return out
}
