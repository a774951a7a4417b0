package klog

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gordian/internal/model"
)

// hostile are streams that nobody's kernel prints: each is unit, over and
// over, behind head.
func hostile() map[string]struct{ head, unit string } {
	type s = struct{ head, unit string }
	const hung = "[ 1.000000] INFO: task a:1 blocked for more than 120 seconds.\n"
	long := func(c string, n int) string { return strings.Repeat(c, n) }
	return map[string]s{
		"no line break":               {"", "INFO: task a:1 blocked for "},
		"no line break, a report":     {hung, "Call Trace: schedule+0x1/0x2 "},
		"brackets":                    {"", "["},
		"brackets in a report":        {hung, long("[", 4000) + "\n"},
		"long bracket line, header":   {"", "BUG: " + long("[", 100000) + "\n"},
		"endless headers":             {"", hung},
		"endless child headers":       {hung, "note: x[1] exited with preempt_count 1\n"},
		"one endless report":          {hung, " f+0x1/0x2\n"},
		"one endless held list":       {"Showing all locks held in the system:\n", "1 lock held by a/1:\n #0: ffff888100b43448 (l){+.+.}-{3:3}, at: f+0x1/0x2\n"},
		"endless held count":          {"Showing all locks held in the system:\n999999 locks held by a/1:\n", " #0: ffff888100b43448 (l){+.+.}-{3:3}, at: f+0x1/0x2\n"},
		"long lock names":             {"Showing all locks held in the system:\n", "1 lock held by a/1:\n #0: (" + long("){", 20000) + "\n"},
		"endless dependencies":        {"WARNING: possible circular locking dependency detected\n", "-> #1 (a){+.+.}-{3:3}:\n f+0x1/0x2\n"},
		"dependencies without stacks": {"WARNING: possible circular locking dependency detected\n", "-> #1 (a){+.+.}-{3:3}:\n"},
		"endless tasks":               {"sysrq: Show State\n", "task:a state:D stack:0 pid:1 ppid:2 flags:0x0\n"},
		"endless rcu rows":            {"rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n", "rcu: \t1-....: (1 ticks\n"},
		"endless rcu cpus":            {"rcu: INFO: rcu_preempt detected stalls on CPUs/tasks: {", " 1-..."},
		"endless other cpus":          {"rcu: INFO: rcu_preempt detected stalls on CPUs/tasks: { 0-... } 1 jiffies s: 1\n", "CPU: 1 PID: 1 Comm: a Not tainted 6.1.0\n"},
		"endless pending work":        {"BUG: workqueue lockup - pool cpus=1 stuck for 1s!\n", "    pending: " + long("a, ", 2000) + "\n"},
		"endless callers":             {"", "[ 1.000000][ T%d] INFO: task a:1 blocked for more than 120 seconds.\n"},
		"endless adopted callers":     {"[ 1.000000][ T1] BUG: soft lockup - CPU#1 stuck for 2s! [a:1]\n", "[ 1.000000][ C%d] NMI backtrace for cpu 1\n"},
		"endless blockers":            {"", "INFO: task a:%d is blocked on a mutex likely owned by task b:%d.\n"},
		"endless stalls":              {"", "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\nCPU: 1 PID: %d Comm: a Not tainted 6.1.0\n"},
		"endless boots":               {"", "Linux version 6.1.0\n" + hung},
		"deep JSON":                   {"", `{"MESSAGE":` + long(`[`, 20000) + "INFO: task\n"},
		"long JSON numbers":           {"", `{"_TRANSPORT":"kernel","MESSAGE":[` + strings.TrimSuffix(long("66,", 20000), ",") + "],\"x\":\"INFO: task\"}\n"},
		"JSON, many lines":            {"", `{"_TRANSPORT":"kernel","MESSAGE":"` + long(`INFO: task a:1 blocked for more than 1 seconds\n`, 2000) + "\"}\n"},
		"quotes":                      {hung, long("> ", 50000) + "\n"},
		"escapes":                     {hung, long(`\x1b`, 20000) + "\n"},
		"long words":                  {hung, long("a", 200000) + "\n"},
		"long header comm":            {"", "INFO: task " + long("a:", 60000) + " blocked for more than\n"},
		"wrapped for ever":            {"[ 1.000000] INFO: task a:1 is blocked on a mutex likely\n", "owned by task a:1 likely\n"},
		"wrapped lock":                {"Showing all locks held in the system:\n", "lock(\nx\n"},
		"open bracket for ever":       {hung, "x [\n]\n"},
		"slashes":                     {hung, long("/", 100000) + ".c:1\n"},
		"held by":                     {hung, long("1 lock held by ", 5000) + "\n"},
		"spin dump":                   {"BUG: spinlock bad magic on CPU#1, a/1\n", "lock: " + long("lock: magic: ", 5000) + "\n"},
	}
}

// endless gives head and then unit n bytes long; "%d" in unit counts.
func endless(head, unit string, n int) io.Reader {
	count := 0
	r := &repeat{left: n - len(head), next: func() []byte {
		count++
		return []byte(strings.ReplaceAll(unit, "%d", strconv.Itoa(count)))
	}}
	if !strings.Contains(unit, "%d") { // larger pieces are read faster
		piece := []byte(strings.Repeat(unit, 1+65536/len(unit)))
		r.next = func() []byte { return piece }
	}
	return io.MultiReader(strings.NewReader(head), r)
}

type repeat struct {
	next func() []byte
	rest []byte
	left int
}

func (r *repeat) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, io.EOF
	}
	if len(r.rest) == 0 {
		r.rest = r.next()
	}
	n := copy(p[:min(len(p), r.left)], r.rest)
	r.rest = r.rest[n:]
	r.left -= n
	return n, nil
}

// TestHostile bounds memory, and time very loosely: what is quadratic in the
// length of a line or of a report would take minutes, of CPU time, since other
// tests run beside it. KLOG_MB makes the streams longer.
func TestHostile(t *testing.T) {
	size := 1
	if n, err := strconv.Atoi(os.Getenv("KLOG_MB")); err == nil {
		size = n
	}
	for name, s := range hostile() {
		t.Run(name, func(t *testing.T) {
			start := usedCPU(t)
			peak := watchHeap(t)
			f := &model.Facts{}
			if err := Read(context.Background(), endless(s.head, s.unit, size<<20), 0, f); err != nil {
				t.Fatal(err)
			}
			heap := peak()
			took := usedCPU(t) - start
			t.Logf("%d MB: %.2fs, heap %d MB, %d reports", size, took.Seconds(), heap>>20, len(f.Reports))
			if took > time.Minute {
				t.Errorf("%d MB took %s", size, took)
			}
			if heap > 400<<20 {
				t.Errorf("heap grew to %d MB", heap>>20)
			}
		})
	}
}

// watchHeap samples the heap until the returned function is called.
func watchHeap(t *testing.T) func() uint64 {
	t.Helper()
	runtime.GC()
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		var peak uint64
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
			select {
			case <-stop:
				done <- peak
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() uint64 { close(stop); return <-done }
}

// TestOverlongLine: a line past the limit is cut there, and the one behind it
// is read as usual.
func TestOverlongLine(t *testing.T) {
	var log bytes.Buffer
	fmt.Fprintf(&log, "INFO: task a:1 blocked for more than 120 seconds.%s\n", strings.Repeat(" ", 3*bufSize))
	fmt.Fprintf(&log, "INFO: task b:2 blocked for more than 120 seconds.\n")
	reports := readText(t, log.String()).Reports
	if len(reports) != 2 || reports[1].Base().Line != 2 {
		t.Fatalf("%d reports", len(reports))
	}
}

// usedCPU is the CPU time that this process has used so far.
func usedCPU(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano())
}
