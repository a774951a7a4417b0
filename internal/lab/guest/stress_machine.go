package guest

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// hotplug takes the last CPU away and brings it back. The others stay: one
// must be left for each task that hangs, and one to report.
func (s *stressor) hotplug(r *rand.Rand) {
	cpus, _ := filepath.Glob("/sys/devices/system/cpu/cpu[0-9]*/online") // the pattern is good
	if len(cpus) == 0 {
		s.count("hotplug", os.ErrNotExist)
		return
	}
	last := cpus[0]
	for _, c := range cpus {
		if len(c) > len(last) || len(c) == len(last) && c > last {
			last = c
		}
	}
	for !s.over() {
		err := writeOnce(last, "0")
		pause(r, 20, 200)
		if err == nil {
			err = writeOnce(last, "1")
		}
		s.count("hotplug", err)
		pause(r, 100, 400)
	}
}

func pause(r *rand.Rand, leastMS, mostMS int) {
	time.Sleep(time.Duration(leastMS+r.IntN(mostMS-leastMS+1)) * time.Millisecond)
}

// pressure takes half of the free memory, touches it, gives it back, and has
// the kernel drop its caches, so that reclaim runs beside the module.
func (s *stressor) pressure(r *rand.Rand) {
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) // better we than init
	_ = os.WriteFile("/proc/sys/vm/drop_caches", []byte("4"), 0)    // no line in the log from now on (fs/drop_caches.c)
	for !s.over() {
		size := available() / 2
		mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
		if err != nil {
			s.count("memory", err)
			return
		}
		for i := 0; i < len(mem) && !s.over(); i += os.Getpagesize() {
			mem[i] = 1
		}
		_ = unix.Munmap(mem) // the range is the one that was mapped
		s.count("memory", os.WriteFile("/proc/sys/vm/drop_caches", []byte(strconv.Itoa(1+r.IntN(3))), 0))
		pause(r, 50, 200)
	}
}

// available is MemAvailable in bytes, at least a page.
func available() int {
	b, _ := os.ReadFile("/proc/meminfo") // nothing read: nothing to take
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "MemAvailable:" {
			if kb, err := strconv.Atoi(f[1]); err == nil {
				return max(kb<<10, 2*os.Getpagesize())
			}
		}
	}
	return 2 * os.Getpagesize()
}

// shuffle moves the module's threads, and our own, from CPU to CPU and changes
// their weight.
func (s *stressor) shuffle(r *rand.Rand) {
	for !s.over() {
		tid := 0 // this thread
		if n := len(s.tasks); n > 0 && r.IntN(4) != 0 {
			tid = s.tasks[r.IntN(n)]
		}
		var set unix.CPUSet
		set.Set(r.IntN(runtime.NumCPU()))
		err := unix.SchedSetaffinity(tid, &set)
		_ = unix.Setpriority(unix.PRIO_PROCESS, tid, r.IntN(40)-20)
		s.count("shuffle", anyway(err)) // a thread that has ended, or is bound to its CPU
		pause(r, 5, 30)
	}
	s.unbind()
}

// unbind lets the tasks run everywhere again.
func (s *stressor) unbind() {
	var all unix.CPUSet
	for cpu := range runtime.NumCPU() {
		all.Set(cpu)
	}
	for _, tid := range s.tasks {
		_ = unix.SchedSetaffinity(tid, &all)            // it may have ended
		_ = unix.Setpriority(unix.PRIO_PROCESS, tid, 0) // the same
	}
}

// preempt runs with real-time priority on one CPU after the other for a
// moment: whatever runs there is preempted, in the middle of what it does.
func (s *stressor) preempt(r *rand.Rand) {
	if err := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}, 0); err != nil {
		s.count("preempt", err)
		return
	}
	for !s.over() {
		var set unix.CPUSet
		set.Set(r.IntN(runtime.NumCPU()))
		err := unix.SchedSetaffinity(0, &set)
		for end := time.Now().Add(time.Duration(200+r.IntN(1800)) * time.Microsecond); time.Now().Before(end); {
		}
		s.count("preempt", anyway(err))
		ts := unix.NsecToTimespec(int64(5+r.IntN(20)) * int64(time.Millisecond))
		_ = unix.Nanosleep(&ts, nil) // the thread itself must sleep, not the goroutine
	}
}
