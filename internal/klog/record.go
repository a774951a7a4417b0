package klog

import "strings"

// record is one printk line (or one line of a multi-line printk) freed of the
// prefixes that loggers put before it.
type record struct {
	text    string // without prefix; leading blanks kept
	line    int    // in the input, from 1
	off     int64  // of the line in the input
	time    string // the first time stamp, as printed
	caller  string // "T12" or "C1" where the log has caller ids
	bare    bool   // no prefix at all: belongs to the record before it
	foreign bool   // another program's line in a system log
}

// cursor eats prefixes from the front of a line.
type cursor struct {
	s   string
	rec *record
	hit bool // a prefix was eaten

	wall bool // a logger's clock stands before, no kernel stamp yet
}

// parseLine splits one line of a log into records: most lines give one, a
// JSON or /dev/kmsg record with escaped line breaks several, a journal field
// that is no message none.
func parseLine(l rawLine) []record {
	s := strings.TrimSuffix(string(l.text), "\r")
	if strings.IndexByte(s, 0x1b) >= 0 {
		s = stripANSI(s)
	}
	rec := record{line: l.no, off: l.off}
	if text, ok := structured(s, &rec); ok {
		return split(rec, text, true)
	}
	c := &cursor{s: s, rec: &rec}
	c.prefixes()
	if rec.foreign {
		return nil
	}
	rec.bare = !c.hit
	if strings.Contains(c.s, `\x`) {
		c.s = unescapeKmsg(c.s)
	}
	return split(rec, c.s, false)
}

// maxText bounds the text of a record. The kernel itself prints lines of up to
// 1 KiB (PRINTK_MESSAGE_MAX 2 KiB); what is longer is other programs' output.
const maxText = 8 << 10

// split makes one record of each line of text. In a structured entry the
// message can begin with prefixes once more.
func split(rec record, text string, stamped bool) []record {
	out := make([]record, 0, 1)
	for part := range strings.SplitSeq(text, "\n") {
		r := rec
		r.text = strings.TrimRight(part[:min(len(part), maxText)], " \t\r")
		if stamped || len(out) > 0 {
			c := &cursor{s: r.text, rec: &r}
			c.prefixes()
			r.text = c.s
		}
		out = append(out, r)
	}
	return out
}

// prefixes eats every known prefix, outermost first, until none is left.
func (c *cursor) prefixes() {
	c.grepNumber()
	for range 8 {
		before := c.s
		c.quotes()
		c.dropped()
		c.level()
		c.facility()
		c.clock()
		c.netconsole()
		c.kernelTag()
		c.kernelStamp()
		if c.rec.foreign || c.s == before {
			break
		}
	}
	c.buried()
}

// eat removes the first n bytes; it counts as a prefix.
func (c *cursor) eat(n int) {
	c.s = c.s[n:]
	c.hit = true
}

func (c *cursor) setTime(t string) {
	if c.rec.time == "" {
		c.rec.time = strings.TrimSpace(t)
	}
}

// quotes eats a mail's "> > ", and the "| " that patch descriptions use.
func (c *cursor) quotes() {
	t := strings.TrimLeft(c.s, " \t")
	if strings.HasPrefix(t, "| ") {
		c.s = t[2:]
		return
	}
	if !strings.HasPrefix(t, ">") {
		return
	}
	for strings.HasPrefix(t, ">") {
		t = strings.TrimPrefix(t[1:], " ")
	}
	// Quoting alone does not say that the line begins a record.
	c.s = t
}

// grepNumber eats "123:" of grep -n, when what follows is another prefix.
func (c *cursor) grepNumber() {
	n := digits(c.s)
	if n == 0 || n > 9 || n+1 >= len(c.s) || (c.s[n] != ':' && c.s[n] != '-') {
		return
	}
	rest := c.s[n+1:]
	if rest[0] == '[' || rest[0] == '<' || (n > 2 && c.s[n] == ':') || startsClock(rest) {
		c.s = rest
	}
}

// dropped eats "** 12 printk messages dropped **", which can be glued to the
// record after it (kernel/printk/printk.c).
func (c *cursor) dropped() {
	t := strings.TrimLeft(c.s, " ")
	if !strings.HasPrefix(t, "** ") {
		return
	}
	const mark = "messages dropped **"
	if i := strings.Index(t, mark); i >= 0 && i < 40 {
		c.s = strings.TrimPrefix(t[i+len(mark):], " ")
	}
}

// level eats "<3>" of a raw printk.
func (c *cursor) level() {
	t := strings.TrimLeft(c.s, " ")
	if len(t) < 3 || t[0] != '<' {
		return
	}
	n := digits(t[1:])
	if n > 0 && n <= 3 && 1+n < len(t) && t[1+n] == '>' {
		c.s = t
		c.eat(n + 2)
	}
}

var facilities = []string{"kern", "user", "daemon", "syslog", "local0"}

// facility eats "kern  :err   : " of dmesg -x.
func (c *cursor) facility() {
	for _, f := range facilities {
		if !strings.HasPrefix(c.s, f) {
			continue
		}
		rest := strings.TrimLeft(c.s[len(f):], " ")
		if !strings.HasPrefix(rest, ":") {
			return
		}
		if i := strings.IndexByte(rest[1:], ':'); i > 0 && i < 10 {
			if f != "kern" {
				c.rec.foreign = true
			}
			c.s = strings.TrimPrefix(rest[i+2:], " ")
			c.hit = true
		}
		return
	}
}

// kernelStamp eats "[   12.345678]" and "[Thu Jun 12 11:01:33 2025]", then a
// caller id "[ T12]" or "[    C1]", then one blank.
func (c *cursor) kernelStamp() {
	t := strings.TrimLeft(c.s, " ")
	n, ok := stamp(t)
	if ok {
		c.setTime(t[1 : n-1])
		c.wall = false
		c.s = t
		c.eat(n)
		t = strings.TrimLeft(c.s, " ")
	}
	if n, id := callerID(t); n > 0 {
		c.rec.caller = id
		c.s = t
		c.eat(n)
		ok = true
	} else if n, id := vendorID(t); ok && n > 0 {
		c.rec.caller = id
		c.s = t
		c.eat(n)
	}
	if ok && c.s != "" && (c.s[0] == ' ' || c.s[0] == '\t') {
		c.s = c.s[1:]
	}
}

// buried finds a kernel time stamp after text that no rule above knows: a
// serial console's "login: ", another program's output, a CI system's prefix.
func (c *cursor) buried() {
	head := c.s[:min(len(c.s), 160)]
	for from := 0; ; {
		i := strings.IndexByte(head[from:], '[')
		if i < 0 {
			return
		}
		i += from
		from = i + 1
		n, ok := stamp(c.s[i:])
		if !ok || !numericStamp(c.s[i:i+n]) {
			continue
		}
		c.setTime(c.s[i+1 : i+n-1])
		c.eat(i)
		c.kernelStamp()
		return
	}
}

// callerID parses "[  T12]" and "[    C1]" (printk.c, CONFIG_PRINTK_CALLER).
func callerID(s string) (n int, id string) {
	if len(s) < 4 || s[0] != '[' {
		return 0, ""
	}
	end := strings.IndexByte(s[:min(len(s), 24)], ']')
	if end < 0 {
		return 0, ""
	}
	id = strings.TrimLeft(s[1:end], " ")
	if len(id) < 2 || (id[0] != 'T' && id[0] != 'C') || digits(id[1:]) != len(id)-1 {
		return 0, ""
	}
	return end + 1, id
}

// vendorID parses "[5:  kworker/5:3:   78]" and "I[5: ...]", which kernels of
// Samsung and Rockchip print behind the time stamp: CPU, comm and pid.
func vendorID(s string) (n int, id string) {
	t := strings.TrimPrefix(s, "I")
	if len(t) < 8 || t[0] != '[' {
		return 0, ""
	}
	end := strings.IndexByte(t[:min(len(t), 40)], ']')
	if end < 0 {
		return 0, ""
	}
	in := strings.TrimLeft(t[1:end], " ")
	cpu, last := digits(in), strings.LastIndexByte(in, ':')
	if cpu == 0 || last <= cpu || in[cpu] != ':' {
		return 0, ""
	}
	pid := strings.TrimLeft(in[last+1:], " ")
	if pid == "" || digits(pid) != len(pid) {
		return 0, ""
	}
	return len(s) - len(t) + end + 1, "T" + pid
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}
