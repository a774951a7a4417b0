package klog

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// structured recognises lines that carry a message inside a format of their
// own: /dev/kmsg and netconsole records, journal JSON. It returns the text,
// and false for an ordinary line.
func structured(s string, rec *record) (string, bool) {
	if s == "" {
		return "", false
	}
	switch {
	case s[0] == '{' && len(s) > 1:
		return journalJSON(s, rec)
	case s[0] == ' ' || s[0] == '\t' || s[0] == '}':
		return dmesgJSON(s)
	case s[0] >= '0' && s[0] <= '9':
		return kmsg(s, rec)
	}
	return "", false
}

// kmsg parses "3,1005,12345678,-,caller=T12;text"
// (Documentation/ABI/testing/dev-kmsg).
func kmsg(s string, rec *record) (string, bool) {
	head, text, ok := strings.Cut(s, ";")
	if !ok || len(head) > 200 {
		return "", false
	}
	f := strings.Split(head, ",")
	if len(f) < 3 || digits(f[0]) != len(f[0]) || digits(f[1]) != len(f[1]) || digits(f[2]) != len(f[2]) {
		return "", false
	}
	pri, err := strconv.Atoi(f[0])
	usec, err2 := strconv.ParseUint(f[2], 10, 64)
	if err != nil || err2 != nil {
		return "", false
	}
	if pri>>3 != 0 { // a facility other than LOG_KERN: written by user space
		return "", true
	}
	rec.time = strconv.FormatUint(usec/1e6, 10) + "." + pad6(usec%1e6)
	for _, field := range f[3:] {
		if id, ok := strings.CutPrefix(field, "caller="); ok {
			rec.caller = id
		}
	}
	return unescapeKmsg(text), true
}

// netconsole eats a record's head behind the clock and host of the daemon that
// received it: "May 25 07:29:42 node7 0,16627,40311380557,-;text".
func (c *cursor) netconsole() {
	if !c.wall || strings.IndexByte(c.s, ';') < 0 {
		return
	}
	host, rest, _ := strings.Cut(c.s, " ")
	if !isHost(host) || rest == "" || rest[0] < '0' || rest[0] > '9' {
		return
	}
	var rec record
	if text, ok := kmsg(rest, &rec); ok {
		c.rec.time, c.rec.caller, c.rec.foreign = rec.time, rec.caller, text == ""
		c.hit, c.wall, c.s = true, false, text
	}
}

func pad6(n uint64) string {
	s := strconv.FormatUint(n, 10)
	return strings.Repeat("0", max(0, 6-len(s))) + s
}

// dmesgJSON parses a line of `dmesg --json` (util-linux), which spreads each
// record over several lines; only "msg" holds text.
func dmesgJSON(s string) (string, bool) {
	t := strings.TrimSpace(s)
	if t == "},{" || strings.HasPrefix(t, `"pri": `) || strings.HasPrefix(t, `"time": `) || strings.HasPrefix(t, `"fac": `) || strings.HasPrefix(t, `"caller": `) {
		return "", true
	}
	raw, ok := strings.CutPrefix(t, `"msg": `)
	if !ok {
		return "", false
	}
	var text string
	if json.Unmarshal([]byte(raw), &text) != nil {
		return "", false
	}
	return text, true
}

// journalJSON parses one entry of `journalctl -o json`.
func journalJSON(s string, rec *record) (string, bool) {
	if !strings.Contains(s, `"MESSAGE"`) {
		return "", false
	}
	var e struct {
		Message   json.RawMessage `json:"MESSAGE"`
		Transport string          `json:"_TRANSPORT"`
		Ident     string          `json:"SYSLOG_IDENTIFIER"`
		Mono      string          `json:"_SOURCE_MONOTONIC_TIMESTAMP"`
		Real      string          `json:"__REALTIME_TIMESTAMP"`
	}
	if json.Unmarshal([]byte(s), &e) != nil {
		// Half an entry: whose message it is cannot be told.
		return "", strings.HasPrefix(s, `{"`)
	}
	if e.Transport != "" && e.Transport != "kernel" || e.Transport == "" && e.Ident != "" && e.Ident != "kernel" {
		return "", true
	}
	rec.time = e.Mono
	if usec, err := strconv.ParseUint(e.Mono, 10, 64); err == nil {
		rec.time = strconv.FormatUint(usec/1e6, 10) + "." + pad6(usec%1e6)
	} else if usec, err := strconv.ParseInt(e.Real, 10, 64); err == nil {
		rec.time = time.UnixMicro(usec).UTC().Format("2006-01-02T15:04:05.000000Z")
	}
	return jsonMessage(e.Message), true
}

// jsonMessage: a string, or an array of bytes when the text is no UTF-8.
func jsonMessage(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var nums []uint8
	var ints []int
	if json.Unmarshal(raw, &ints) == nil {
		for _, n := range ints {
			nums = append(nums, uint8(n))
		}
	}
	return string(nums)
}
