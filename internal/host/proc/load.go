package proc

import (
	"strconv"
	"strings"
)

// Load is /proc/loadavg (fs/proc/loadavg.c). The kernel counts tasks in state
// D, so hung tasks raise it by one each.
type Load struct {
	One, Five, Fifteen float64
	Running, Tasks     int
}

// ParseLoad parses "0.20 0.18 0.12 1/80 11206".
func ParseLoad(b []byte) (Load, error) {
	f := strings.Fields(string(b))
	if len(f) < 4 {
		return Load{}, notUnderstood("loadavg", b)
	}
	var l Load
	var errs [3]error
	l.One, errs[0] = strconv.ParseFloat(f[0], 64)
	l.Five, errs[1] = strconv.ParseFloat(f[1], 64)
	l.Fifteen, errs[2] = strconv.ParseFloat(f[2], 64)
	run, all, _ := strings.Cut(f[3], "/")
	l.Running, _ = strconv.Atoi(run)
	l.Tasks, _ = strconv.Atoi(all)
	for _, err := range errs {
		if err != nil {
			return Load{}, notUnderstood("loadavg", b)
		}
	}
	return l, nil
}

// Pressure is one row of a file in /proc/pressure (kernel/sched/psi.c,
// psi_show()), in percent of the last 10, 60 and 300 seconds.
type Pressure struct {
	Kind                 string // "some", "full"
	Avg10, Avg60, Avg300 float64
	TotalMicros          uint64
}

// ParsePressure parses cpu, memory, io or irq.
func ParsePressure(b []byte) ([]Pressure, error) {
	var out []Pressure
	for l := range lines(b) {
		f := strings.Fields(l)
		if len(f) < 5 {
			continue
		}
		p := Pressure{Kind: f[0]}
		for _, kv := range f[1:] {
			key, value, _ := strings.Cut(kv, "=")
			switch key {
			case "avg10":
				p.Avg10, _ = strconv.ParseFloat(value, 64)
			case "avg60":
				p.Avg60, _ = strconv.ParseFloat(value, 64)
			case "avg300":
				p.Avg300, _ = strconv.ParseFloat(value, 64)
			case "total":
				p.TotalMicros, _ = strconv.ParseUint(value, 10, 64)
			}
		}
		out = append(out, p)
	}
	if len(out) == 0 {
		return nil, notUnderstood("pressure", b)
	}
	return out, nil
}

// ParseMeminfo parses /proc/meminfo and any file of "Name: N kB" lines, in kB.
func ParseMeminfo(b []byte) (map[string]uint64, error) {
	out := map[string]uint64{}
	for l := range lines(b) {
		key, value, ok := strings.Cut(l, ":")
		if !ok {
			continue
		}
		if n := uints(strings.Fields(value)); len(n) > 0 {
			out[strings.TrimSpace(key)] = n[0]
		}
	}
	if len(out) == 0 {
		return nil, notUnderstood("meminfo", b)
	}
	return out, nil
}

// ParseUptime returns the seconds since boot of /proc/uptime.
func ParseUptime(b []byte) (float64, error) {
	f := strings.Fields(string(b))
	if len(f) == 0 {
		return 0, notUnderstood("uptime", b)
	}
	s, err := strconv.ParseFloat(f[0], 64)
	if err != nil {
		return 0, notUnderstood("uptime", b)
	}
	return s, nil
}
