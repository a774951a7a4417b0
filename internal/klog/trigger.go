package klog

import "bytes"

// A trigger is a literal that every header line of some family contains. The
// scanner jumps from trigger to trigger and never looks at the lines between,
// so the list must stay short, and each literal rare in ordinary logs.
//
// Two kinds, searched differently: short ones are found by their rarest byte
// with bytes.IndexByte (vectorised), long ones by a Wu-Manber shift table.

// shortTrigger is found by looking for rare; before and after complete it.
type shortTrigger struct {
	rare          byte
	before, after string
}

var shortTriggers = []shortTrigger{
	{'G', "BU", ":"},
	{'G', "WARNIN", ":"},
	{'F', "IN", "O:"},
	{'K', "LOC", "UP"},
}

// bootTrigger marks the first line of a boot. It is common in a log of many
// boots, and opens no report: the scanner notes it and goes on.
var bootTrigger = shortTrigger{'L', "", "inux version "}

// minLong is the shortest long trigger: the search advances by up to
// minLong-2 bytes a step.
const minLong = 16

// longTriggers are for the headers in which no short trigger stands.
var longTriggers = []string{
	// kernel/locking/lockdep.c, kernel/locking/rtmutex.c
	"all locks held in the system", "AA or ABBA deadlock", "utex deadlock detected",
	// kernel/hung_task.c
	"blocked for more than", "hung_task: blocked tasks", "Future hung task reports",
	// kernel/watchdog.c, kernel/smp.c
	"softlockup: hung tasks", "non-responsive CSD lock", "Utilization every",
	// arch/x86/kernel/nmi.c
	"not syncing: NMI",
	// kernel/rcu/tree_stall.h
	"kthread starved for", "kthread timer wakeup", "Voluntary context switch within",
	// kernel/sched/core.c, kernel/sched/ext.c, kernel/exit.c
	"not call blocking ops", "exited with preempt_count", "runnable task stall",
	// kernel/workqueue.c
	" hogged CPU for ", "is flushing !WQ_MEM_RECLAIM",
	// SysRq and tables, drivers/tty/sysrq.c
	"Show Blocked State", "rq: Show Locks Held", "Rq : Show Locks Held", "ysrq: Show State", "ysRq : Show State", "stack   pid father",
	// waits that other subsystems report
	"unregister_netdevice: waiting", "): transmit queue", "NETDEV WATCHDOG:", "Freezing of tasks failed", "Freezing of user space ", "processes failed after",
	"kernel threads failed after", "remaining freezable tasks failed", "DPM device timeout",
	"memory allocation deadlock",
}

// matcher finds the next trigger in a chunk of log.
type matcher struct {
	shift  []uint8             // by the two bytes at the end of the window
	bucket map[uint16][]string // literals whose window ends with these two
}

func newMatcher() *matcher {
	m := &matcher{shift: make([]uint8, 1<<16), bucket: map[uint16][]string{}}
	for i := range m.shift {
		m.shift[i] = minLong - 1
	}
	for _, lit := range longTriggers {
		for i := 0; i+1 < minLong; i++ {
			k := uint16(lit[i]) | uint16(lit[i+1])<<8
			m.shift[k] = min(m.shift[k], uint8(minLong-2-i))
		}
		k := uint16(lit[minLong-2]) | uint16(lit[minLong-1])<<8
		m.bucket[k] = append(m.bucket[k], lit)
	}
	return m
}

// find returns the offset of the first trigger in b, or -1.
func (m *matcher) find(b []byte) int {
	best := m.findLong(b)
	for _, t := range shortTriggers {
		limit := b
		if best >= 0 {
			limit = b[:best]
		}
		if p := t.find(limit); p >= 0 {
			best = p
		}
	}
	return best
}

func (t *shortTrigger) find(b []byte) int {
	for from := 0; ; {
		i := bytes.IndexByte(b[from:], t.rare)
		if i < 0 {
			return -1
		}
		i += from
		from = i + 1
		if from < len(b) && b[from] == t.after[0] && bytes.HasPrefix(b[from:], []byte(t.after)) &&
			bytes.HasSuffix(b[:i], []byte(t.before)) {
			return i - len(t.before)
		}
	}
}

// findLong is Wu and Manber, "A fast algorithm for multi-pattern searching"
// (1994), with blocks of two bytes. A step waits for the load of the step
// before; two searches side by side, one in each half, fill that time.
func (m *matcher) findLong(b []byte) int {
	if len(b) < 4*minLong {
		return m.findFrom(b, minLong-1, len(b))
	}
	shift := m.shift[:1<<16]
	half := len(b) / 2
	i, j := minLong-1, half
	for i < half && j < len(b) {
		s := shift[uint16(b[i-1])|uint16(b[i])<<8]
		t := shift[uint16(b[j-1])|uint16(b[j])<<8]
		if s == 0 {
			if m.at(b, i) {
				return i - minLong + 1
			}
			s = 1
		}
		i += int(s)
		if t == 0 {
			if m.at(b, j) {
				break
			}
			t = 1
		}
		j += int(t)
	}
	if p := m.findFrom(b, i, half); p >= 0 {
		return p
	}
	return m.findFrom(b, j, len(b))
}

// findFrom searches with windows that end at i up to before end.
func (m *matcher) findFrom(b []byte, i, end int) int {
	for i < end {
		s := m.shift[uint16(b[i-1])|uint16(b[i])<<8]
		if s == 0 {
			if m.at(b, i) {
				return i - minLong + 1
			}
			s = 1
		}
		i += int(s)
	}
	return -1
}

// at reports whether a literal begins in the window that ends at i.
func (m *matcher) at(b []byte, i int) bool {
	rest := b[i-minLong+1:]
	for _, lit := range m.bucket[uint16(b[i-1])|uint16(b[i])<<8] {
		if rest[0] == lit[0] && bytes.HasPrefix(rest, []byte(lit)) {
			return true
		}
	}
	return false
}

// has reports whether a line holds a trigger; only such lines can be headers.
func (m *matcher) has(line []byte) bool { return m.find(line) >= 0 }
