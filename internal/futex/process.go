// Package futex says which threads of a process wait for which, by the words
// that they sleep on.
//
// A thread that waits for a lock of its C library sleeps in the system call
// futex, whose first argument is the address of a word in the lock. What the
// word and its neighbours mean is the library's affair; layout.go holds what
// is known of them. Nothing is written to the process. To read registers it is
// stopped for some milliseconds with ptrace, as a debugger does; without that
// right, or when told so, the stacks stay empty and the rest holds.
package futex

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gordian/internal/host/proc"
	"gordian/internal/model"
)

// Thread is one thread of the process.
type Thread struct {
	TID   int
	Inner int // as it knows itself: its TID in the innermost namespace
	Comm  string
	State string
	CPU   int
	Call  string // system call that it is in, "" if none
	Wait  *Wait  // nil: it does not wait for a futex
	Stack []model.Frame
	sp    uint64 // 0: not read
}

// Process is what was read of one process.
type Process struct {
	PID     int
	Comm    string
	Threads []Thread // by TID
	Nested  bool     // it is in a namespace of process ids below that of the looker
	NS      string   // that namespace
	Notes   []string // what could not be read, and why
}

// Agree keeps of now only what an earlier look at the same process saw too: a
// lock that is busy changes hands between two reads, and what was read of it in
// part before and in part after would be a wait that never was. It returns how
// many waits it dropped.
func Agree(before, now *Process) int {
	same := map[int]*Wait{}
	for _, t := range before.Threads {
		same[t.TID] = t.Wait
	}
	dropped := 0
	for i := range now.Threads {
		t := &now.Threads[i]
		if w := same[t.TID]; t.Wait != nil && (w == nil || w.Addr != t.Wait.Addr || w.Owner != t.Wait.Owner || w.Inner != t.Wait.Inner) {
			t.Wait = nil
			dropped++
		}
	}
	return dropped
}

// Options says how to look.
type Options struct {
	NoStop bool // do not stop the process: no stacks
}

// systemCalls of x86-64 that wait for a futex word.
const (
	sysFutex     = 202
	sysFutexWait = 455 // 6.7 and later; used by no C library yet; the fifth argument is the timeout
)

// Read looks at a process. It fails if there is none, or if its memory may not
// be read.
func Read(pid int, o Options) (*Process, error) {
	r := &reader{space: space{dir: filepath.Join(procRoot, strconv.Itoa(pid))}, proc: &Process{PID: pid}}
	if err := r.open(); err != nil {
		return nil, err
	}
	defer r.mem.Close() //nolint:errcheck // opened for reading
	if err := r.threads(); err != nil {
		return nil, lookError(pid, err)
	}
	if !o.NoStop {
		r.stacks()
	}
	for i := range r.proc.Threads {
		r.owner(&r.proc.Threads[i])
	}
	r.library()
	r.proc.Notes = r.notes
	return r.proc, nil
}

const procRoot = "/proc"

type reader struct {
	space
	mem  *os.File
	proc *Process
	// words are the arguments of the threads' futex calls.
	words map[int]word
}

type word struct {
	addr  uint64
	op    uint64
	timed bool // the call has a timeout
}

func (r *reader) open() error {
	var err error
	if r.mem, err = os.Open(filepath.Join(r.dir, "mem")); err != nil {
		return lookError(r.proc.PID, err)
	}
	b, err := os.ReadFile(filepath.Join(r.dir, "maps"))
	if err != nil {
		return lookError(r.proc.PID, err)
	}
	if len(b) == 0 {
		return fmt.Errorf("look at process %d: it is a thread of the kernel, or has ended", r.proc.PID)
	}
	if err := machine(r.dir); err != nil {
		return lookError(r.proc.PID, err)
	}
	r.maps = parseMaps(b)
	r.proc.NS, _ = os.Readlink(filepath.Join(r.dir, "ns", "pid"))
	comm, _ := os.ReadFile(filepath.Join(r.dir, "comm"))
	r.proc.Comm = strings.TrimSpace(string(comm))
	return nil
}

// threads reads the state of each thread and the futex that it sleeps on.
func (r *reader) threads() error {
	dir := filepath.Join(r.dir, "task")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	r.words = map[int]word{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name(), "stat"))
		if err != nil {
			continue // it ended meanwhile
		}
		st, err := proc.ParseTaskStat(b)
		if err != nil {
			continue
		}
		t := Thread{TID: st.PID, Inner: r.inner(e.Name(), st.PID), Comm: st.Comm, State: st.State, CPU: st.CPU}
		b, err = os.ReadFile(filepath.Join(dir, e.Name(), "syscall"))
		if err != nil {
			r.note("the system calls of its threads: " + err.Error())
		}
		if call, err := proc.ParseSyscall(b); err == nil && call.NR >= 0 {
			t.Call = proc.SyscallName(call.NR)
			r.call(t.TID, call)
		}
		r.proc.Threads = append(r.proc.Threads, t)
	}
	slices.SortFunc(r.proc.Threads, func(a, b Thread) int { return a.TID - b.TID })
	return nil
}

// inner is the number that a thread knows itself by, which is what it writes
// into its locks (fs/proc/array.c, task_state(), NSpid).
func (r *reader) inner(name string, tid int) int {
	b, _ := os.ReadFile(filepath.Join(r.dir, "task", name, "status")) // "" has no such line
	_, rest, ok := strings.Cut(string(b), "\nNSpid:")
	line, _, _ := strings.Cut(rest, "\n")
	f := strings.Fields(line)
	if !ok || len(f) < 2 {
		return tid
	}
	r.proc.Nested = true
	n, err := strconv.Atoi(f[len(f)-1])
	if err != nil {
		return tid
	}
	return n
}

// Commands of futex() that wait (include/uapi/linux/futex.h).
const (
	cmdMask       = 0x7f
	cmdWait       = 0
	cmdLockPI     = 6
	cmdWaitBitset = 9
	cmdRequeuePI  = 11
	cmdLockPI2    = 13
)

func (r *reader) call(tid int, c proc.Syscall) {
	switch {
	case c.NR == sysFutexWait:
		r.words[tid] = word{addr: c.Args[0], op: cmdWait, timed: c.Args[4] != 0}
	case c.NR != sysFutex:
	default:
		switch op := c.Args[1] & cmdMask; op {
		case cmdWait, cmdWaitBitset, cmdLockPI, cmdLockPI2, cmdRequeuePI:
			r.words[tid] = word{addr: c.Args[0], op: op, timed: c.Args[3] != 0}
		}
	}
}

// bytes reads the process's memory.
func (r *reader) bytes(addr uint64, n int) ([]byte, error) {
	b := make([]byte, n)
	if addr > 1<<62 {
		return nil, fmt.Errorf("read %#x of process %d: no address of a process", addr, r.proc.PID)
	}
	if _, err := r.mem.ReadAt(b, int64(addr)); err != nil {
		return nil, fmt.Errorf("read %#x of process %d: %w", addr, r.proc.PID, err)
	}
	return b, nil
}

func (r *reader) u64(addr uint64) (uint64, error) {
	b, err := r.bytes(addr, 8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// thread reports whether the process has a thread of this number, as the
// process counts.
func (r *reader) thread(inner int) bool {
	return slices.ContainsFunc(r.proc.Threads, func(t Thread) bool { return t.Inner == inner })
}
