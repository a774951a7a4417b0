// Package host looks at a live host through procfs and sysfs: what is blocked,
// what keeps a CPU busy in the kernel, what the kernel's own detectors say.
//
// Nothing here judges. Collect fills a hostfact.Host; facts.go turns what it
// holds of tasks into facts for the rules, and sections.go into tables that
// also teach the command a person would have used.
package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"gordian/internal/host/files"
	"gordian/internal/hostfact"
)

// Options says how long to look.
type Options struct {
	// Sample is the time between the two samples. A task counts as blocked
	// when it was so in both and did not run in between.
	Sample time.Duration
	// Sleep waits between the samples; nil for the clock. Tests move their
	// fixture on instead.
	Sleep func(ctx context.Context, d time.Duration) error
}

// small bounds files that are known to be short.
const small = 256 << 10

// Collect looks at a host. What could not be read is in Host.Unseen, with the
// reason; the error is set only if nothing could be read, or ctx ended.
func Collect(ctx context.Context, f files.Files, o Options) (*hostfact.Host, error) {
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	c := &collector{Files: f, host: &hostfact.Host{Sample: o.Sample}}
	if _, err := f.Read("/proc/uptime", small); err != nil {
		return nil, fmt.Errorf("look at the host: %w (is /proc mounted?)", err)
	}
	c.general()
	before := c.take()
	c.host.Before = c.memory()
	if err := o.Sleep(ctx, o.Sample); err != nil {
		return nil, err
	}
	after := c.take()
	if passed := after.up - before.up; passed > 0 {
		c.host.Sample = time.Duration(passed * float64(time.Second)).Round(10 * time.Millisecond)
	}
	c.host.Memory = c.memory()
	c.cpus(before, after)
	c.rates(before, after)
	c.busy(before, after)
	c.blocked(before, after)
	c.fileLocks(after)
	c.unseen()
	c.hidden(after)
	return c.host, ctx.Err()
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// collector reads, and remembers what it could not read.
type collector struct {
	files.Files
	host   *hostfact.Host
	denied []string // kinds of files that need more rights
	hung   []string // files whose read did not come back
}

// read returns a file, or nil. Files that are not there are no loss: they come
// and go with tasks and with the kernel's configuration.
func (c *collector) read(path string) []byte {
	b, err := c.Read(path, small)
	c.note(path, err)
	return b
}

func (c *collector) note(path string, err error) {
	switch {
	case errors.Is(err, files.ErrTimeout):
		c.hung = append(c.hung, path)
	case errors.Is(err, fs.ErrPermission):
		c.denied = append(c.denied, kindOf(path))
	}
}

// kindOf names the file without its task: "/proc/PID/stack".
func kindOf(path string) string {
	parts := strings.Split(path, "/")
	if len(parts) > 3 && parts[1] == "proc" && isNumber(parts[2]) {
		return "/proc/PID/" + parts[len(parts)-1]
	}
	return path
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
