package klog

import (
	"regexp"
	"strings"
)

// unwrap joins lines that a mail program or a logger broke. It knows the
// places where kernel reports are long enough to be broken; a line is only
// joined when it cannot stand alone.
func unwrap(recs []record) []record {
	out := make([]record, 0, len(recs))
	for i := 0; i < len(recs); i++ {
		r := recs[i]
		for i+1 < len(recs) && broken(r.text, recs[i+1].text) {
			i++
			r.text = joinBroken(r.text, recs[i].text)
		}
		out = append(out, r)
	}
	return out
}

// broken reports whether next is the rest of text.
func broken(text, next string) bool {
	t, n := strings.TrimSpace(text), strings.TrimSpace(next)
	if n == "" || t == "" {
		return false
	}
	switch {
	case strings.HasSuffix(t, "}, at:") || strings.HasSuffix(t, "} at:"):
		_, ok := parseFrame(n)
		return ok
	case strings.HasSuffix(t, "lock(") && !strings.Contains(n, "lock("):
		return true
	case strings.HasPrefix(t, "INFO: task "):
		return brokenHung(t, n)
	case strings.HasPrefix(n, "flags:0x") || strings.HasPrefix(n, "task_flags:0x") || strings.HasPrefix(n, "ppid:"):
		return strings.HasPrefix(t, "task:")
	case strings.HasPrefix(t, "in_atomic():"):
		return strings.HasPrefix(n, "name: ") || strings.HasPrefix(n, "pid: ") || strings.HasPrefix(n, "non_block: ") || strings.HasPrefix(n, "irqs_disabled():")
	case n == "]" || (strings.HasSuffix(n, "]") && !strings.Contains(n, "[") && len(n) < 24):
		return strings.LastIndexByte(t, '[') > strings.LastIndexByte(t, ']')
	case lockCut(t):
		// the wait type or the place of a lock broke off
		return strings.HasPrefix(n, "at: ") || strings.HasPrefix(n, ", at:")
	}
	return false
}

// brokenHung: a header of the hung-task detector and the rest of it. A second
// piece counts only when the two together make a header.
func brokenHung(t, n string) bool {
	joined := t + " " + n
	if strings.Contains(t, " blocked on a") {
		return !blockerRx.MatchString(t) && len(n) < 80 && (blockerRx.MatchString(joined) || blockerPart.MatchString(joined))
	}
	return !hungRx.MatchString(t) && (hungRx.MatchString(joined) || hungCut.MatchString(joined))
}

// blockerPart: the header of a blocker report, broken a second time.
var blockerPart = regexp.MustCompile(`blocked on an? \S+ likely(?: \w+)*$`)

// lockCut: "#0: addr (name){....}-{3:3}," at the end of a line.
func lockCut(t string) bool {
	return strings.HasSuffix(t, "},") || (strings.HasSuffix(t, "}") && strings.HasPrefix(t, "#"))
}

func joinBroken(a, b string) string {
	a, b = strings.TrimRight(a, " "), strings.TrimSpace(b)
	if strings.HasSuffix(a, "(") || b == "]" || strings.LastIndexByte(a, '[') > strings.LastIndexByte(a, ']') {
		return a + b
	}
	return a + " " + b
}
