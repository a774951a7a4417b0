package kcore

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// AppendText appends the record as dmesg prints it with caller ids
// (CONFIG_PRINTK_CALLER): "[   12.345678][  T106] text", each line of a
// longer message with the prefix. Control characters are escaped like in
// /dev/kmsg ("\x1b"), so that what a task wrote cannot steer a terminal.
func (r *LogRecord) AppendText(b []byte) []byte {
	prefix := fmt.Sprintf("[%5d.%06d]", r.Nsec/1e9, r.Nsec%1e9/1e3)
	if r.Caller != "" {
		prefix += fmt.Sprintf("[%6s]", r.Caller)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(r.Text, "\n"), "\n") {
		b = append(append(b, prefix...), ' ')
		b = append(appendEscaped(b, line), '\n')
	}
	return b
}

func appendEscaped(b []byte, s string) []byte {
	for len(s) > 0 {
		c, n := utf8.DecodeRuneInString(s)
		switch {
		case c == utf8.RuneError && n == 1, c < ' ' && c != '\t', c >= 0x7f && c < 0xa0, c == '\\':
			for _, x := range []byte(s[:n]) {
				b = fmt.Appendf(b, `\x%02x`, x)
			}
		default:
			b = append(b, s[:n]...)
		}
		s = s[n:]
	}
	return b
}
