package klog

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// printed is one line as the kernel printed it.
type printed struct {
	sec, usec int
	caller    string
	text      string
}

// format writes a line the way some logger does.
type format struct {
	name string
	line func(n int, p printed) string
	// callers says that the caller ids survive; without them the lines of
	// several CPUs cannot be told apart.
	callers bool
}

func (p printed) stamp() string { return fmt.Sprintf("[%5d.%06d]", p.sec, p.usec) }

func (p printed) wall() time.Time { return time.Unix(1782744483+int64(p.sec), 0).UTC() }

func (p printed) id(before string) string {
	if p.caller == "" {
		return ""
	}
	return fmt.Sprintf("%s[%6s]", before, p.caller)
}

// formats are those that loggers, terminals, mail programs and people make of
// one kernel log.
func formats() []format {
	const short = "Jan _2 15:04:05"
	const iso = "2006-01-02T15:04:05"
	f := func(name string, callers bool, line func(p printed) string) format {
		return format{name: name, callers: callers, line: func(_ int, p printed) string { return line(p) }}
	}
	return []format{
		f("dmesg", true, func(p printed) string { return p.stamp() + p.id("") + " " + p.text }),
		f("dmesg -T", false, func(p printed) string { return "[" + p.wall().Format("Mon Jan _2 15:04:05 2006") + "] " + p.text }),
		f("dmesg -T with caller", true, func(p printed) string {
			return "[" + p.wall().Format("Mon Jan _2 15:04:05 2006") + "]" + p.id(" ") + " " + p.text
		}),
		f("dmesg --time-format iso", false, func(p printed) string {
			return fmt.Sprintf("%s,%06d+00:00 %s", p.wall().Format(iso), p.usec, p.text)
		}),
		f("dmesg -x", true, func(p printed) string { return "kern  :err   : " + p.stamp() + p.id(" ") + " " + p.text }),
		f("raw printk", true, func(p printed) string { return "<3>" + p.stamp() + p.id("") + " " + p.text }),
		f("journalctl", false, func(p printed) string { return p.wall().Format(short) + " node7 kernel: " + p.text }),
		f("journalctl -o short-iso", false, func(p printed) string { return p.wall().Format(iso) + "+0000 node7 kernel: " + p.text }),
		f("journalctl -o short-precise", false, func(p printed) string {
			return fmt.Sprintf("%s.%06d node7 kernel: %s", p.wall().Format(short), p.usec, p.text)
		}),
		f("journalctl -o short-monotonic", false, func(p printed) string { return p.stamp() + " node7 kernel: " + p.text }),
		f("journalctl -o json", false, func(p printed) string {
			m, _ := json.Marshal(p.text) //nolint:errchkjson // a string
			return fmt.Sprintf(`{"_TRANSPORT":"kernel","PRIORITY":"3","_SOURCE_MONOTONIC_TIMESTAMP":"%d%06d","MESSAGE":%s}`, p.sec, p.usec, m)
		}),
		f("rsyslog RFC 3339", true, func(p printed) string {
			return fmt.Sprintf("%s.%06d+00:00 node7 kernel: %s%s %s", p.wall().Format(iso), p.usec, p.stamp(), p.id(""), p.text)
		}),
		f("syslog with stamp", true, func(p printed) string {
			return p.wall().Format(short) + " node7 kernel: " + p.stamp() + p.id("") + " " + p.text
		}),
		f("journal in Japanese", false, func(p printed) string { return p.wall().Format("1月 _2 15:04:05") + " node7 kernel: " + p.text }),
		f("/dev/kmsg", true, func(p printed) string {
			if p.caller == "" {
				return fmt.Sprintf("3,1005,%d%06d,-;%s", p.sec, p.usec, p.text)
			}
			return fmt.Sprintf("3,1005,%d%06d,-,caller=%s;%s", p.sec, p.usec, p.caller, p.text)
		}),
		f("netconsole", false, func(p printed) string { return fmt.Sprintf("3,1005,%d%06d,-;%s", p.sec, p.usec, p.text) }),
		f("netconsole through syslog", true, func(p printed) string {
			id := ""
			if p.caller != "" {
				id = ",caller=" + p.caller
			}
			return fmt.Sprintf("%s node7 3,1005,%d%06d,-%s;%s", p.wall().Format(short), p.sec, p.usec, id, p.text)
		}),
		f("logcat", false, func(p printed) string {
			return p.wall().Format("01-02 15:04:05.000") + "     0     0 E kernel  : " + p.text
		}),
		f("CR LF", true, func(p printed) string { return p.stamp() + p.id("") + " " + p.text + "\r" }),
		f("terminal colours", true, func(p printed) string {
			return "\x1b[32m" + p.stamp() + p.id("") + " \x1b[0m\x1b[33m" + p.text + "\x1b[0m"
		}),
		f("mail", true, func(p printed) string { return "> " + p.stamp() + p.id("") + " " + p.text }),
		f("mail, twice", true, func(p printed) string { return "> > " + p.stamp() + p.id("") + " " + p.text }),
		f("patch description", true, func(p printed) string { return "| " + p.stamp() + p.id("") + " " + p.text }),
		{name: "grep -n", callers: true, line: func(n int, p printed) string {
			return fmt.Sprintf("%d:%s%s %s", n, p.stamp(), p.id(""), p.text)
		}},
		f("no stamps", false, func(p printed) string { return p.text }),
		f("blanks stripped", false, func(p printed) string {
			return p.wall().Format(short) + " node7 kernel: " + strings.TrimSpace(p.text)
		}),
		f("all indented", true, func(p printed) string { return "    " + p.stamp() + p.id("") + " " + p.text }),
		f("tab behind the stamp", false, func(p printed) string { return p.stamp() + "\t" + p.text }),
		f("CI with a clock", true, func(p printed) string {
			return p.wall().Format(iso) + "Z " + p.stamp() + p.id("") + " " + p.text
		}),
		f("CI with clock and level", true, func(p printed) string {
			return p.wall().Format("2006-01-02 15:04:05") + ".758000  <6>" + p.stamp() + p.id("") + " " + p.text
		}),
		f("phone", false, func(p printed) string {
			return fmt.Sprintf("<6>[%5d.%06d / 05-03 18:11:50.340] %s", p.sec, p.usec, p.text)
		}),
		f("vendor caller", false, func(p printed) string { return p.stamp() + "  [5:    kworker/5:3:   78] " + p.text }),
		f("serial console before login", true, func(p printed) string { return "node7 login: " + p.stamp() + p.id("") + " " + p.text }),
		f("stamp without fraction", false, func(p printed) string { return fmt.Sprintf("[%5d.] %s", p.sec, p.text) }),
	}
}

// splitPrinted takes a plain log apart; it reports false for one that is in another
// format already.
func splitPrinted(log string) ([]printed, bool) {
	var out []printed
	for line := range strings.Lines(log) {
		line = strings.TrimRight(line, "\n")
		var p printed
		rest, ok := strings.CutPrefix(line, "[")
		stamp, text, ok2 := strings.Cut(rest, "]")
		if n, err := fmt.Sscanf(strings.TrimSpace(stamp), "%d.%d", &p.sec, &p.usec); !ok || !ok2 || err != nil || n != 2 || len(stamp) < 8 {
			return nil, false
		}
		if n, id := callerID(text); n > 0 {
			p.caller, text = id, text[n:]
		}
		p.text = strings.TrimPrefix(text, " ")
		out = append(out, p)
	}
	return out, len(out) > 0
}

// TestFormats renders every plain sample in every format; the reports must be
// the same.
func TestFormats(t *testing.T) {
	for name, log := range samples(t) {
		lines, ok := splitPrinted(log)
		if !ok {
			continue
		}
		ids := false // more than one caller prints
		for _, p := range lines {
			ids = ids || p.caller != lines[0].caller
		}
		want := contents(t, log)
		for _, f := range formats() {
			if ids && !f.callers {
				continue
			}
			t.Run(f.name+"/"+name, func(t *testing.T) {
				var b strings.Builder
				for i, p := range lines {
					b.WriteString(f.line(i+1, p) + "\n")
				}
				got := contents(t, b.String())
				if !reflect.DeepEqual(got, want) {
					t.Errorf("as %s:\n%s\ninstead of\n%s\nlog:\n%.2000s", f.name, render(got), render(want), b.String())
				}
			})
		}
	}
}

// contents are the reports of a log, without what depends on the format.
func contents(t testing.TB, log string) []map[string]any {
	out := []map[string]any{}
	for _, r := range readText(t, log).Reports {
		m := asJSON(t, r)
		for _, k := range []string{"offset", "time", "boot"} {
			delete(m, k)
		}
		out = append(out, m)
	}
	return out
}

func render(reports []map[string]any) string {
	var b strings.Builder
	for _, r := range reports {
		data, _ := json.Marshal(r) //nolint:errchkjson // read from JSON before
		b.Write(data)
		b.WriteByte('\n')
	}
	return b.String()
}
