package klog

import (
	"regexp"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

// lockFamilies are the checks inside the locks: lib or
// kernel/locking/spinlock_debug.c, kernel/locking/rtmutex.c, kernel/bpf.
func lockFamilies() []family {
	return []family{
		{name: "spinlock-bug", match: matches("lock", spinRx), parse: parseSpinlockBug},
		{name: "rtmutex-deadlock", match: contains("rtmutex deadlock detected", "circular locking deadlock detected!"), parse: parseMessage, warns: true},
		{name: "resspin-deadlock", match: contains("AA or ABBA deadlock detected for bpf_res_spin_lock"), parse: parseMessage},
		{name: "deadlock-bug", match: contains("BUG: deadlock detected"), parse: parseMessage},
	}
}

var (
	spinRx   = regexp.MustCompile(`BUG: (spinlock|rwlock|rwlock-[rw]\w+|write-lock|read-lock|rt_?mutex) (bad magic|recursion|already unlocked|lockup suspected|cpu recursion|wrong owner|wrong CPU|trylock failure on UP|lockup)(?: on CPU#(\d+)(?:, (.*)/(\d+)(?:, [0-9a-fx]\S*)?(?: \([^)]*\))?\s*$)?)?`)
	spinDump = regexp.MustCompile(`lock: (\S+?),? .*?\.?magic: ([0-9a-f]+), \.owner: (.*)/(-?\d+), \.owner_cpu: (-?\d+)`)
)

func parseSpinlockBug(b *block) model.Report {
	r := &kreport.SpinlockBug{ReportBase: b.base()}
	m := spinRx.FindStringSubmatch(r.Header)
	r.Primitive, r.What, r.CPU = m[1], m[2], intp(m[3])
	if pid := intp(m[5]); pid != nil {
		r.Task = &kreport.Task{Comm: validUTF8(m[4]), PID: *pid}
	}
	for _, rec := range b.recs[1:] {
		if m := spinDump.FindStringSubmatch(rec.text); m != nil {
			r.Lock = &kreport.DebugLock{Lock: strings.TrimSuffix(m[1], ","), Magic: m[2], OwnerComm: validUTF8(m[3]),
				OwnerPID: intp(m[4]), OwnerCPU: intp(m[5])}
			break
		}
	}
	r.Context = b.context()
	r.Backtrace = b.stack()
	r.Truncated = r.Truncated || r.Backtrace == nil
	return r
}
