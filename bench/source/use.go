package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// use is what a command used. The kernel counts its peak from that of the
// process that started it (fs/exec.c, exec_mmap()), so small ones are not
// seen.
type use struct {
	wall, cpu time.Duration
	peak      int64 // KiB
}

func (u use) String() string {
	return fmt.Sprintf("wall %7.2f s  cpu %7.2f s  peak %6d MiB", u.wall.Seconds(), u.cpu.Seconds(), u.peak>>10)
}

func (u *use) add(v use) {
	u.wall += v.wall
	u.cpu += v.cpu
	u.peak = max(u.peak, v.peak)
}

// measure runs a command in the tree, and returns what it used, what it wrote
// and its exit status, -1 if a signal ended it.
func (b *bench) measure(errorsToo bool, args ...string) (use, []byte, int, error) {
	var out bytes.Buffer
	c := exec.Command(args[0], args[1:]...)
	c.Dir, c.Stdout = b.linux, &out
	if errorsToo {
		c.Stderr = &out
	}
	start := time.Now()
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return use{}, nil, 0, err
	}
	u := use{wall: time.Since(start), cpu: c.ProcessState.UserTime() + c.ProcessState.SystemTime()}
	if r, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peak = r.Maxrss
	}
	return u, out.Bytes(), c.ProcessState.ExitCode(), nil
}

func (b *bench) row(label string, u use, more string) {
	b.print(strings.TrimRight(fmt.Sprintf("%-34s %s  %s", label, u, more), " "))
}

// more adds to the row before.
func (b *bench) more(format string, args ...any) {
	b.print(fmt.Sprintf("%-34s ", "") + fmt.Sprintf(format, args...))
}

func (b *bench) print(line string) {
	// Who reads the figures sees if they end; there is nobody else to tell.
	_, _ = fmt.Fprintln(b.out, line)
}

// document is what is asked of gordian's.
type document struct {
	Findings []struct {
		Confidence string `json:"confidence"`
	} `json:"findings"`
	Stats map[string]int64 `json:"stats"`
}

func (d *document) mloc() float64 { return float64(d.Stats["lines"]) / 1e6 }

// yield says how many findings there are.
func (d *document) yield(mloc float64) string {
	count := map[string]int{}
	for _, f := range d.Findings {
		count[f.Confidence]++
	}
	var out []string
	for _, c := range []string{"high", "medium", "low"} {
		out = append(out, fmt.Sprintf("%s %d (%.1f/MLOC)", c, count[c], float64(count[c])/mloc))
	}
	return strings.Join(out, "  ")
}

// check runs gordian some times, and returns the quickest run.
func (b *bench) check(times int, args ...string) (use, *document, error) {
	cmd := append([]string{b.bin, "check", "--format", "json", "--fail-on", "never", "--jobs", b.jobs}, args...)
	var best use
	var doc document
	for i := range times {
		u, out, status, err := b.measure(false, cmd...)
		if err != nil {
			return use{}, nil, err
		}
		if status != 0 {
			return use{}, nil, fmt.Errorf("exit status %d: %s", status, strings.Join(cmd[:min(len(cmd), 12)], " "))
		}
		if i > 0 {
			if u.wall < best.wall {
				best = u
			}
			continue
		}
		best = u
		if err := json.Unmarshal(out, &doc); err != nil {
			return use{}, nil, fmt.Errorf("the document of gordian: %w", err)
		}
	}
	return best, &doc, nil
}
