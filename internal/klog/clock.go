package klog

import "strings"

// This file knows the time stamps of loggers. All of them are recognised by
// shape, line by line; nothing has to be configured.

// stamp parses a bracketed kernel time stamp at the front of s and returns
// its length: "[   12.345678]", "[12.345678@3]", "[Thu Jun 12 11:01:33 2025]",
// "[2025-06-12T11:01:33,123456+02:00]", and "[12.345678 / 06-12 11:01:33.123]"
// of some phones.
func stamp(s string) (int, bool) {
	if len(s) < 5 || s[0] != '[' {
		return 0, false
	}
	end := strings.IndexByte(s[:min(len(s), 48)], ']')
	if end < 0 {
		return 0, false
	}
	in := strings.TrimLeft(s[1:end], " ")
	if i := strings.Index(in, " / "); i > 0 {
		in = in[:i]
	}
	if isSeconds(in) || isCtime(in) || (len(in) > 18 && isoClock(in+" ") >= len(in)) {
		return end + 1, true
	}
	return 0, false
}

func numericStamp(s string) bool {
	in, _, _ := strings.Cut(strings.TrimLeft(s[1:len(s)-1], " "), " / ")
	return isSeconds(in)
}

// isSeconds: "12.345678", with "@CPU" on some vendor kernels, "12." on others.
func isSeconds(s string) bool {
	n := digits(s)
	if n == 0 || n >= len(s) || s[n] != '.' {
		return false
	}
	frac := digits(s[n+1:])
	rest := s[n+1+frac:]
	if frac < 3 && frac != 0 || frac > 9 || frac == 0 && rest != "" {
		return false
	}
	return rest == "" || (rest[0] == '@' && digits(rest[1:]) == len(rest)-1)
}

// isCtime: "Thu Jun 12 11:01:33 2025" as dmesg -T prints it.
func isCtime(s string) bool {
	f := strings.Fields(s)
	return len(f) == 5 && len(f[0]) == 3 && isMonth(f[1]) && digits(f[2]) == len(f[2]) && hms(f[3]) == len(f[3])
}

func isMonth(s string) bool {
	switch s {
	case "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec":
		return true
	}
	return false
}

// hms returns the length of "HH:MM:SS" with an optional fraction, or 0.
func hms(s string) int {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' || digits(s) != 2 || digits(s[3:]) != 2 || digits(s[6:]) < 2 {
		return 0
	}
	n := 8
	if n < len(s) && (s[n] == '.' || s[n] == ',') {
		n += 1 + digits(s[n+1:])
	}
	return n
}

// isoClock returns the length of an ISO 8601 time at the front of s, zone
// included, or 0.
func isoClock(s string) int {
	if len(s) < 20 || digits(s) != 4 || s[4] != '-' || s[7] != '-' || (s[10] != 'T' && s[10] != ' ') {
		return 0
	}
	n := hms(s[11:])
	if n == 0 {
		return 0
	}
	n += 11
	if s[n] == 'Z' {
		return n + 1
	}
	if s[n] == '+' || s[n] == '-' {
		z := n + 1
		for z < len(s) && (s[z] == ':' || (s[z] >= '0' && s[z] <= '9')) {
			z++
		}
		return z
	}
	return n
}

func startsClock(s string) bool { return clockLen(s) > 0 }

// clockLen returns the length of a logger's time stamp at the front of s,
// trailing blank excluded.
func clockLen(s string) int {
	if n := isoClock(s + " "); n > 0 {
		return min(n, len(s))
	}
	if n := hms(s); n > 0 {
		return n
	}
	if len(s) > 15 && isMonth(s[:3]) && s[3] == ' ' { // "Jul 10 16:12:52", "Jan  2 ...", with a year on some
		rest := strings.TrimLeft(s[4:], " ")
		d := digits(rest)
		if d == 0 || d > 2 || d >= len(rest) {
			return 0
		}
		at := len(s) - len(rest) + d + 1
		if n := digits(s[min(at, len(s)):]); n == 4 {
			at += 5
		}
		if at < len(s) {
			if n := hms(s[at:]); n > 0 {
				return at + n
			}
		}
	}
	return 0
}

// clock eats a logger's time stamp, and the host or logcat columns behind it.
func (c *cursor) clock() {
	t := strings.TrimLeft(c.s, " ")
	if n := logcat(t); n > 0 {
		c.setTime(t[:18])
		tag := t[n:]
		i := strings.IndexByte(tag, ':')
		if strings.TrimSpace(tag[:i]) != "kernel" {
			c.rec.foreign = true
		}
		c.s = t
		c.eat(n + i + 1)
		c.s = strings.TrimPrefix(c.s, " ")
		return
	}
	n := clockLen(t)
	if n == 0 {
		n = localClock(t)
	}
	if n == 0 || (n < len(t) && t[n] != ' ' && t[n] != '\t') {
		return
	}
	c.setTime(t[:n])
	c.wall = true
	c.s = t
	c.eat(n)
	if c.s != "" {
		c.s = c.s[1:]
	}
}

// localClock returns the length of "11月 18 04:17:21" and its like, the month
// in the reader's language: some words and a time of day, before the host and
// the kernel's tag.
func localClock(s string) int {
	head := s[:min(len(s), 32)]
	i := strings.IndexByte(head, ':')
	if i < 5 || s[0] == '[' || !strings.ContainsRune(head[:i], ' ') || s[i-3] != ' ' {
		return 0
	}
	n := hms(s[i-2:])
	if n == 0 {
		return 0
	}
	n += i - 2
	_, rest, _ := strings.Cut(strings.TrimPrefix(s[n:], " "), " ")
	if !strings.HasPrefix(rest, "kernel:") {
		return 0
	}
	return n
}

// logcat returns the length of "06-12 11:01:33.123     0     0 I " when a
// tag and a colon follow.
func logcat(s string) int {
	if len(s) < 24 || digits(s) != 2 || s[2] != '-' || digits(s[3:]) != 2 || s[5] != ' ' || hms(s[6:]) != 12 {
		return 0
	}
	n := 18
	for range 2 {
		rest := strings.TrimLeft(s[n:], " ")
		d := digits(rest)
		if d == 0 {
			return 0
		}
		n = len(s) - len(rest) + d
	}
	rest := strings.TrimLeft(s[n:], " ")
	if len(rest) < 3 || rest[1] != ' ' || strings.IndexByte(rest, ':') < 0 {
		return 0
	}
	return len(s) - len(rest) + 2
}

// kernelTag eats "host kernel: " and "kernel: ", and marks the line of any
// other program as foreign ("host systemd[1]: ").
func (c *cursor) kernelTag() {
	t := strings.TrimLeft(c.s, " ")
	for words := 0; words < 2; words++ {
		end := strings.IndexAny(t, " \t")
		word := t
		if end >= 0 {
			word = t[:end]
		}
		if isKernelTag(word) {
			c.hit = true
			c.s = strings.TrimPrefix(t[len(word):], " ")
			return
		}
		if c.wall && isProgramTag(word) {
			c.rec.foreign = true
			return
		}
		if end < 0 || !isHost(word) {
			return
		}
		t = t[end+1:]
	}
}

func isKernelTag(w string) bool {
	if !strings.HasSuffix(w, ":") {
		return false
	}
	w = w[:len(w)-1]
	if i := strings.IndexByte(w, '['); i > 0 && strings.HasSuffix(w, "]") {
		w = w[:i]
	}
	return w == "kernel" || w == "klogd" || w == "kern"
}

// isProgramTag: "systemd[1]:". A tag without a pid could be a kernel message's
// own beginning ("watchdog: …").
func isProgramTag(w string) bool {
	if !strings.HasSuffix(w, "]:") {
		return false
	}
	w = w[:len(w)-2]
	i := strings.IndexByte(w, '[')
	return i > 0 && digits(w[i+1:]) == len(w)-i-1 && len(w) > i+1
}

func isHost(w string) bool {
	for i := 0; i < len(w); i++ {
		ch := w[i]
		ok := ch == '.' || ch == '-' || ch == '_' || ch == '(' || ch == ')' ||
			(ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')
		if !ok {
			return false
		}
	}
	return w != ""
}
