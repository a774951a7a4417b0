package host

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"gordian/internal/check"
	"gordian/internal/host/files"
	"gordian/internal/hostfact"
	"gordian/internal/model"
)

// tree is a host in memory; a path in denied needs more rights, one in stuck
// never answers.
type tree struct {
	text          map[string]string
	denied, stuck map[string]bool
	asked         []string
}

func (t *tree) Read(path string, limit int) ([]byte, error) {
	t.asked = append(t.asked, path)
	switch {
	case t.denied[path]:
		return nil, fmt.Errorf("read %s: %w", path, fs.ErrPermission)
	case t.stuck[path]:
		return nil, fmt.Errorf("read %s: %w", path, files.ErrTimeout)
	}
	s, ok := t.text[path]
	if !ok {
		return nil, fmt.Errorf("read %s: %w", path, fs.ErrNotExist)
	}
	return []byte(s[:min(len(s), limit)]), nil
}

func (t *tree) List(path string) ([]string, error) {
	if t.denied[path] {
		return nil, fmt.Errorf("read %s: %w", path, fs.ErrPermission)
	}
	var out []string
	for p := range t.text {
		if rest, ok := strings.CutPrefix(p, path+"/"); ok {
			name, _, _ := strings.Cut(rest, "/")
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// thread adds a task; it ran last at lastRan ms.
func (t *tree) thread(pid int, comm, state string, cpu int, utime, stime int, lastRan float64) {
	dir := fmt.Sprintf("/proc/%d/task/%d/", pid, pid)
	t.text[dir+"stat"] = fmt.Sprintf("%d (%s) %s 2 0 0 0 -1 2129984 0 0 0 0 %d %d 0 0 20 0 1 0 50 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 17 %d 0 0 0\n", pid, comm, state, utime, stime, cpu)
	t.text[dir+"sched"] = fmt.Sprintf("se.exec_start : %f\nnr_switches : 5\n", lastRan)
}

func healthy() *tree {
	t := &tree{denied: map[string]bool{}, stuck: map[string]bool{}, text: map[string]string{
		"/proc/uptime":                            "1000.00 900.00\n",
		"/proc/sys/kernel/osrelease":              "6.1.0-test\n",
		"/proc/sys/kernel/tainted":                "4096\n",
		"/proc/sys/kernel/hung_task_timeout_secs": "120\n",
		"/proc/self/sched":                        "se.exec_start : 1000000.0\nnr_switches : 1\n",
		"/proc/loadavg":                           "2.00 1.00 0.50 1/3 9\n",
		"/proc/pressure/io":                       "some avg10=1.00 avg60=2.00 avg300=3.00 total=9\n",
		"/proc/meminfo":                           "MemTotal: 1000000 kB\nMemAvailable: 500000 kB\nSlab: 10000 kB\nSUnreclaim: 4000 kB\n",
		"/proc/stat":                              "cpu0 0 0 100 900 0 0 0 0\ncpu1 0 0 100 900 0 0 0 0\nbtime 1\n",
		"/proc/interrupts":                        "  CPU0 CPU1\n  24: 10 5 PCI-MSI 1-edge nic\n",
		"/proc/softirqs":                          "  CPU0 CPU1\n NET_RX: 1 4294967290\n",
		"/proc/locks":                             "",
	}}
	t.thread(1, "init", "S", 0, 0, 0, 999999)
	return t
}

func collect(t *testing.T, f files.Files, move func()) *hostfact.Host {
	t.Helper()
	h, err := Collect(context.Background(), f, Options{Sample: time.Second, Sleep: func(context.Context, time.Duration) error {
		move()
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func judge(h *hostfact.Host) []model.Finding {
	f := &model.Facts{}
	Facts(h, f)
	return append(check.Run(context.Background(), f), check.Host(context.Background(), h)...)
}

func TestHealthyHost(t *testing.T) {
	w := healthy()
	h := collect(t, w, func() {
		w.text["/proc/stat"] = "cpu0 0 0 110 990 0 0 0 0\ncpu1 5 0 100 995 0 0 0 0\n"
		w.text["/proc/interrupts"] = "  CPU0 CPU1\n  24: 10 1005 PCI-MSI 1-edge nic\n"
		w.text["/proc/softirqs"] = "  CPU0 CPU1\n NET_RX: 1 4\n"
	})
	if found := judge(h); len(found) != 0 {
		t.Errorf("%d findings on a healthy host: %s", len(found), found[0].Title)
	}
	if len(h.CPUs) != 2 || h.CPUs[0].System != 0.1 || h.CPUs[1].User != 0.05 {
		t.Errorf("CPUs: %+v", h.CPUs)
	}
	if len(h.IRQs) != 2 || h.IRQs[0].PerSecond != 1000 || h.IRQs[0].CPU != 1 || h.IRQs[1].PerSecond != 10 {
		t.Errorf("a counter that wrapped at 32 bits is not counted on: %+v", h.IRQs)
	}
	if !h.Root || len(h.Unseen) != 0 {
		t.Errorf("all was readable, but unseen: %+v", h.Unseen)
	}
}

func TestBlockedTasks(t *testing.T) {
	w := healthy()
	w.thread(70, "stuck", "D", 1, 0, 3, 940000)
	w.thread(71, "moment", "D", 1, 0, 3, 999990)
	w.thread(72, "idle", "I", 1, 0, 3, 1000)
	w.text["/proc/70/task/70/stat"] = strings.Replace(w.text["/proc/70/task/70/stat"], " 2129984 ", " 64 ", 1) // no kernel thread
	w.text["/proc/70/task/70/stack"] = "[<0>] pump_flush+0x10/0x80 [pump]\n[<0>] kthread+0xe6/0x110\n"
	w.text["/proc/70/task/70/wchan"] = "pump_flush"
	w.text["/proc/70/task/70/syscall"] = "16 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8\n"
	h := collect(t, w, func() {
		w.thread(71, "moment", "D", 1, 0, 4, 999995)
		w.text["/proc/71/task/71/sched"] = "se.exec_start : 999995\nnr_switches : 6\n"
	})
	if len(h.Blocked) != 1 || h.Blocked[0].PID != 70 || h.Blocked[0].Seconds != 60 || h.Blocked[0].AtLeast || h.Blocked[0].Syscall != "ioctl" {
		t.Fatalf("blocked: %+v", h.Blocked)
	}
	found := judge(h)
	if len(found) != 1 || found[0].Rule != "hung-task" || found[0].Verdict != model.Undecided || found[0].Function != "pump_flush" {
		t.Errorf("findings: %+v", found)
	}
	for _, path := range w.asked {
		for _, file := range []string{"cmdline", "environ", "maps", "smaps", "mem"} {
			if strings.HasSuffix(path, "/"+file) {
				t.Errorf("%s was read: it can block on the task's mmap_lock", path)
			}
		}
	}
}

func TestWhatWasNotSeen(t *testing.T) {
	w := healthy()
	w.thread(70, "stuck", "D", 1, 0, 3, 940000)
	w.denied["/proc/70/task/70/stack"] = true
	w.stuck["/proc/locks"] = true
	h := collect(t, w, func() {})
	if h.Root || len(h.Unseen) != 2 {
		t.Fatalf("unseen: %+v", h.Unseen)
	}
	if u := h.Unseen[0]; u.What != "the kernel stacks of blocked tasks" || !strings.Contains(u.Why, "/proc/PID/stack") {
		t.Errorf("unseen: %+v", u)
	}
	if u := h.Unseen[1]; u.What != "/proc/locks" {
		t.Errorf("unseen: %+v", u)
	}
}

// A /proc that shows a few tasks only must not pass for a quiet host.
func TestHiddenTasks(t *testing.T) {
	for mounts, want := range map[string]string{
		"proc /proc proc rw,nosuid,hidepid=invisible 0 0\n": "hidepid",
		"proc /proc proc rw,nosuid,hidepid=2,gid=5 0 0\n":   "hidepid",
		"proc /proc proc rw,hidepid=0 0 0\n":                "container",
		"":                                                  "container",
	} {
		w := healthy()
		w.text["/proc/1/task/1/stat"] = strings.Replace(w.text["/proc/1/task/1/stat"], " 2129984 ", " 4194560 ", 1)
		w.text["/proc/self/mounts"] = mounts
		h := collect(t, w, func() {})
		if len(h.Unseen) != 1 || !strings.Contains(h.Unseen[0].Why, want) {
			t.Errorf("%q: %+v", mounts, h.Unseen)
		}
	}
	w := healthy()
	w.denied["/proc/1/task"] = true // hidepid=1, "noaccess"
	if h := collect(t, w, func() {}); len(h.Unseen) != 2 || h.Unseen[0].What != "the tasks of other users" {
		t.Errorf("%+v", h.Unseen)
	}
}

// Without PSI, without /proc/locks and without the statistics of a task, the
// rest is still shown.
func TestLittleIsThere(t *testing.T) {
	w := healthy()
	for _, path := range []string{"/proc/pressure/io", "/proc/locks", "/proc/self/sched", "/proc/1/task/1/sched", "/proc/interrupts", "/proc/softirqs", "/proc/meminfo", "/proc/loadavg"} {
		delete(w.text, path)
	}
	h := collect(t, w, func() {})
	if found := judge(h); len(found) != 0 || len(Sections(h)) == 0 || len(h.Unseen) != 0 {
		t.Errorf("%d findings, unseen %+v", len(found), h.Unseen)
	}
	for _, s := range Sections(h) {
		for _, n := range s.Notes {
			if s.ID == "load" && strings.Contains(n, "Load 0.00") {
				t.Errorf("a load that nobody told: %s", n)
			}
		}
	}
}

func TestBusyCPU(t *testing.T) {
	w := healthy()
	w.thread(80, "spinner", "R", 1, 0, 100, 999999)
	h := collect(t, w, func() {
		w.text["/proc/stat"] = "cpu0 0 0 100 1000 0 0 0 0\ncpu1 0 0 199 901 0 0 0 0\n"
		w.thread(80, "spinner", "R", 1, 0, 199, 999999)
	})
	found := judge(h)
	if len(found) != 1 || found[0].Rule != "soft-lockup" || found[0].Confidence != model.Low || *found[0].CPU != 1 || !strings.Contains(found[0].Title, "spinner/80") {
		t.Errorf("findings: %+v", found)
	}
}

func TestFileLockCycle(t *testing.T) {
	w := healthy()
	w.thread(90, "a", "S", 0, 0, 0, 1)
	w.thread(91, "b", "S", 0, 0, 0, 1)
	w.thread(92, "c", "S", 0, 0, 0, 1)
	w.text["/proc/locks"] = `1: FLOCK  ADVISORY  WRITE 90 08:01:5 0 EOF
1: -> FLOCK  ADVISORY  WRITE 91 08:01:5 0 EOF
1: -> FLOCK  ADVISORY  WRITE 92 08:01:5 0 EOF
2: FLOCK  ADVISORY  WRITE 91 08:01:6 0 EOF
2: -> FLOCK  ADVISORY  WRITE 90 08:01:6 0 EOF
`
	h := collect(t, w, func() {})
	found := judge(h)
	if len(found) != 1 || found[0].Rule != "deadlock" || found[0].Title != "b/91 and a/90 wait for each other's locks on files" || found[0].Confidence != model.Medium {
		t.Errorf("findings: %+v", found)
	}
	w.text["/proc/locks"] = strings.Replace(w.text["/proc/locks"], "2: FLOCK  ADVISORY  WRITE 91", "2: FLOCK  ADVISORY  WRITE 93", 1)
	if found := judge(collect(t, w, func() {})); len(found) != 0 {
		t.Errorf("waits without a circle are reported: %+v", found)
	}
}

// flock(1) holds a lock for a command that waits for another one.
func TestFileLockCycleOfCommands(t *testing.T) {
	w := healthy()
	for pid, parent := range map[int]int{98: 1, 99: 1, 105: 98, 106: 99} {
		w.thread(pid, "flock", "S", 0, 0, 0, 1)
		path := fmt.Sprintf("/proc/%d/task/%d/stat", pid, pid)
		w.text[path] = strings.Replace(w.text[path], " S 2 ", fmt.Sprintf(" S %d ", parent), 1)
	}
	w.text["/proc/locks"] = `1: FLOCK  ADVISORY  WRITE 98 00:02:44 0 EOF
1: -> FLOCK  ADVISORY  WRITE 106 00:02:44 0 EOF
2: FLOCK  ADVISORY  WRITE 99 00:02:45 0 EOF
2: -> FLOCK  ADVISORY  WRITE 105 00:02:45 0 EOF
`
	found := judge(collect(t, w, func() {}))
	if len(found) != 1 || found[0].Rule != "deadlock" || found[0].Confidence != model.Low || !strings.Contains(found[0].Explanation, "has started") {
		t.Errorf("findings: %+v", found)
	}
	w.text["/proc/locks"] = strings.Replace(w.text["/proc/locks"], "WRITE 99 ", "WRITE 1 ", 1)
	if found := judge(collect(t, w, func() {})); len(found) != 0 {
		t.Errorf("waits without a circle are reported: %+v", found)
	}
}

func TestLockdepOff(t *testing.T) {
	w := healthy()
	w.text["/proc/lockdep_stats"] = " lock-classes:  8190 [max: 8192]\n debug_locks:   0\n"
	found := judge(collect(t, w, func() {}))
	if len(found) != 1 || found[0].Rule != "lock-annotation" || !strings.Contains(found[0].Explanation, "lock-classes 8190 of 8192") {
		t.Errorf("findings: %+v", found)
	}
}

func TestNoProc(t *testing.T) {
	if _, err := Collect(context.Background(), files.Dir(t.TempDir()), Options{}); err == nil {
		t.Error("an empty folder passed for a host")
	}
}
