package guest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// pulseEvery is the time between two looks at the tasks and CPUs.
const pulseEvery = 500 * time.Millisecond

// cpuDead is how long a CPU may run nothing of ours before it counts as
// stuck. Emulated CPUs share the host's, so this is generous.
const cpuDead = 1500 * time.Millisecond

// never is the time and the count of a CPU that is not watched.
const never = 1 << 62

// pulse knows what is stuck right now: tasks in uninterruptible sleep from one
// look to the next, CPUs that schedule nothing. It judges nothing; it only says
// whether waiting longer could bring a report of the kernel's watchdogs.
type pulse struct {
	mu      sync.Mutex
	blocked map[int]string // comm by thread id, at the last look
	both    []string       // those that were blocked at the last two looks
	looks   int            // how often the tasks have been looked at
	cpus    []atomic.Int64 // when a thread last ran on the CPU, unix nanoseconds
	rides   []atomic.Int64 // how often it did
}

func newPulse() *pulse {
	n := runtime.NumCPU()
	p := &pulse{cpus: make([]atomic.Int64, n), rides: make([]atomic.Int64, n)}
	for cpu := range p.cpus {
		p.cpus[cpu].Store(time.Now().UnixNano())
		go p.ride(cpu)
	}
	go p.look()
	return p
}

// ride runs on one CPU, for ever, and notes the time. If the CPU spins with
// preemption or interrupts off, the note gets old.
func (p *pulse) ride(cpu int) {
	runtime.LockOSThread()
	var set unix.CPUSet
	set.Set(cpu)
	if unix.SchedSetaffinity(0, &set) != nil {
		p.cpus[cpu].Store(never) // not allowed there: never counts as stuck
		p.rides[cpu].Store(never)
		return
	}
	pause := unix.NsecToTimespec(int64(pulseEvery))
	for {
		p.cpus[cpu].Store(time.Now().UnixNano())
		p.rides[cpu].Add(1)
		// Not time.Sleep: the thread itself must wake up on this CPU.
		_ = unix.Nanosleep(&pause, nil)
	}
}

func (p *pulse) look() {
	for {
		now := blockedTasks()
		p.mu.Lock()
		p.both = nil
		for tid, comm := range now {
			if p.blocked[tid] == comm {
				p.both = append(p.both, comm+"/"+strconv.Itoa(tid))
			}
		}
		p.blocked = now
		p.looks++
		p.mu.Unlock()
		time.Sleep(pulseEvery)
	}
}

// blockedTasks lists the threads in state D.
func blockedTasks() map[int]string {
	out := map[int]string{}
	stats, _ := filepath.Glob("/proc/[0-9]*/task/[0-9]*/stat") // the pattern is good
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		head, tail, ok := cutLast(string(b), ") ")
		tid, comm, ok2 := strings.Cut(head, " (")
		if n, err := strconv.Atoi(tid); ok && ok2 && err == nil && strings.HasPrefix(tail, "D") {
			out[n] = comm
		}
	}
	return out
}

// cutLast is strings.Cut at the last sep: a comm may hold anything.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// stuck says in words what is stuck, "" if nothing is.
func (p *pulse) stuck() string {
	var out []string
	p.mu.Lock()
	switch n := len(p.both); {
	case n == 1:
		out = append(out, p.both[0]+" blocked")
	case n > 1:
		out = append(out, fmt.Sprintf("%d tasks blocked", n))
	}
	p.mu.Unlock()
	now := time.Now().UnixNano()
	for cpu := range p.cpus {
		if now-p.cpus[cpu].Load() > int64(cpuDead) {
			out = append(out, fmt.Sprintf("CPU %d runs nothing else", cpu))
		}
	}
	return strings.Join(out, ", ")
}

// watch waits until the time d is over and nothing is stuck. On a busy host the
// guest's clock goes on while its CPUs wait for one of the host's: only time in
// which each of them ran, and the tasks were looked at, says that all is well.
func (p *pulse) watch(d time.Duration) {
	if d <= 0 {
		return // nobody wants to know
	}
	before := p.turns()
	enough := func() bool {
		for i, n := range p.turns() {
			if n-before[i] < int64(d/pulseEvery/2) && n < never {
				return false
			}
		}
		return true
	}
	for end := time.Now().Add(d); time.Now().Before(end) || !enough() || p.stuck() != ""; {
		time.Sleep(pulseEvery / 2)
	}
}

// turns counts the looks at the tasks, then how often each CPU ran.
func (p *pulse) turns() []int64 {
	p.mu.Lock()
	out := []int64{int64(p.looks)}
	p.mu.Unlock()
	for cpu := range p.rides {
		out = append(out, p.rides[cpu].Load())
	}
	return out
}
