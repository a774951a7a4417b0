package klog

import (
	"regexp"
	"strconv"
	"strings"

	"gordian/internal/kreport"
)

// A lock line is print_lock() of kernel/locking/lockdep.c. Its shape changed
// over time, all of these are read:
//
//	#0:  (&mm->mmap_sem){++++++}, at: [<ffffffff810>] f+0x1/0x2          (≤ 4.12, six characters)
//	#0:  (&mm->mmap_sem){++++}, at: [<ffffffff810>] f+0x1/0x2            (4.14)
//	#0: 00000000d77ddd95 (&f->f_pos_lock){+.+.}, at: f+0x1/0x2           (4.15)
//	#0: ffff888111c00490 (crtc_ww_class_mutex){+.+.}-{3:3}, at: f+0x1/0x2 [drm]  (5.7)
var (
	lockIdx  = regexp.MustCompile(`^#(\d+):\s*`)
	lockAddr = regexp.MustCompile(`^(?:([0-9a-f]{8,16})|\(?____ptrval____\)?|0x[0-9a-f]+)\s+\(`)
	lockTail = regexp.MustCompile(`^\{([^}]*)\}(?:-\{([^}]*)\})?`)
)

// parseLock reads a lock line. It accepts a line that ends after the usage
// characters (dependency entries, mail-wrapped lines).
func parseLock(text string) (*kreport.Lock, bool) {
	s := strings.TrimSpace(text)
	l := &kreport.Lock{}
	if m := lockIdx.FindStringSubmatch(s); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return nil, false
		}
		l.Idx = &n
		s = s[len(m[0]):]
	}
	if m := lockAddr.FindStringSubmatchIndex(s); m != nil {
		if m[2] >= 0 {
			l.Addr = s[m[2]:m[3]]
		} else {
			l.Addr = strings.TrimSpace(s[:m[1]-1])
		}
		s = s[m[1]-1:]
	}
	name, rest, ok := lockName(s)
	if !ok {
		if l.Idx != nil {
			l.Raw = strings.TrimSpace(text)
			return l, true
		}
		return nil, false
	}
	l.Lock = name
	m := lockTail.FindStringSubmatch(rest)
	if m == nil {
		return nil, false
	}
	l.Usage, l.WaitType = m[1], m[2]
	if _, at, ok := strings.Cut(rest[len(m[0]):], "at:"); ok {
		if f, ok := parseFrame(at); ok {
			l.Func, l.Offset, l.Module, l.File, l.LineNo = f.Func, f.Offset, f.Module, f.File, f.Line
		}
	}
	return l, true
}

// lockName takes "(name){…" apart. The name can hold parentheses and braces of
// its own, so the last "){" before the usage characters ends it.
func lockName(s string) (name, rest string, ok bool) {
	if !strings.HasPrefix(s, "(") {
		return "", "", false
	}
	limit := len(s)
	if i := strings.Index(s, "}, at:"); i >= 0 {
		limit = i
	} else if i := strings.Index(s, "} at:"); i >= 0 {
		limit = i
	}
	end := -1
	for i := 0; i+1 < limit; i++ {
		if s[i] == ')' && s[i+1] == '{' {
			end = i
		} else if s[i] == ')' && s[i+1] == '[' && strings.Contains(s[i:limit], "]{") { // "(name)[rcu]{"
			end = i
		}
	}
	if end < 0 {
		return "", "", false
	}
	rest = s[end+1:]
	if rest[0] == '[' {
		_, rest, _ = strings.Cut(rest, "]")
	}
	return s[1:end], rest, true
}

// heldLine is "2 locks held by comm/pid:", with tails that some versions add:
// "1 lock held by x/7 is trying to acquire…", "no locks held by x/7.",
// "3 locks held by x/7, last CPU#1:".
var heldLine = regexp.MustCompile(`(?:^|\s)(\d+|no|No) locks? held by (.+)/(\d+)(?:[:.,].*|\s*)$`)

func parseHeld(text string) (*kreport.Held, bool) {
	if !strings.Contains(text, " held by ") {
		return nil, false
	}
	m := heldLine.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return nil, false
	}
	h := &kreport.Held{Comm: validUTF8(m[2]), Locks: []kreport.Lock{}}
	h.Count, _ = strconv.Atoi(m[1])
	pid, err := strconv.Atoi(m[3])
	if err != nil {
		return nil, false
	}
	h.PID = pid
	return h, true
}

// readHeld reads "N locks held by …" at recs[0] and its lock lines; it
// returns how many records they take.
func readHeld(recs []record) (*kreport.Held, int) {
	h, ok := parseHeld(recs[0].text)
	if !ok {
		return nil, 1
	}
	h.LogLine = recs[0].line
	used, gap := 1, 0
	for i := 1; i < len(recs) && gap <= maxGap; i++ {
		t := strings.TrimSpace(recs[i].text)
		if t == "" && len(h.Locks) >= h.Count {
			break
		}
		if _, ok := parseHeld(t); ok || stackHead(t) || strings.HasPrefix(t, "=====") {
			break
		}
		l, ok := parseLock(t)
		if !ok {
			if len(h.Locks) >= h.Count {
				break
			}
			gap++
			continue
		}
		l.LogLine = recs[i].line
		if !addHeld(h, l) {
			break
		}
		used, gap = i+1, 0
	}
	return h, used
}

// addHeld appends a lock line to a held list. A symbolised log prints one line
// per inlined caller; the last of them is the function itself. It returns
// false for a line that cannot belong to the list.
func addHeld(h *kreport.Held, l *kreport.Lock) bool {
	n := len(h.Locks)
	if n > 0 {
		last := &h.Locks[n-1]
		sameIdx := l.Idx != nil && last.Idx != nil && *l.Idx == *last.Idx
		inlined := l.Idx == nil && l.Lock == last.Lock && l.Addr == last.Addr
		if sameIdx || inlined {
			idx, line := last.Idx, last.LogLine
			*last = *l
			last.Idx, last.LogLine = idx, line
			return true
		}
	}
	if l.Idx == nil || n >= h.Count {
		return false
	}
	h.Locks = append(h.Locks, *l)
	return true
}
