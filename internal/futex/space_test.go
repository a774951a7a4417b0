package futex

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"gordian/internal/futex/cfi"
)

func TestThreads(t *testing.T) {
	names := []string{"pthread_cond_wait", "pthread_mutex_lock", "pthread_mutex_unlock"}
	for flags, file := range map[string]string{"-O2": "libc.so.6", "-static": "locks"} {
		s, err := OpenSpace(start(t, program(t, flags), "slow"))
		if err != nil {
			t.Fatal(err)
		}
		lib, err := s.Threads(names)
		if err != nil {
			t.Fatal(err)
		}
		if lib.Name != file && !strings.HasPrefix(lib.Name, "libpthread") || lib.C != "glibc" || s.Name != "locks" {
			t.Errorf("%s: %s of %s, by %s", flags, lib.Name, lib.C, s.Name)
		}
		for _, n := range names[1:] {
			if !slices.ContainsFunc(lib.Functions, func(f Function) bool { return f.Name == n && f.Offset > 0 }) {
				t.Errorf("%s: no %s in %v", flags, n, lib.Functions)
			}
		}
	}
}

// A thread that waits is in its lock function; its stack from there on is read
// out of a copy.
func TestStackOfCopy(t *testing.T) {
	pid := start(t, program(t, "-O2", "-fno-optimize-sibling-calls"), "two")
	p := settled(t, pid, Options{}, func(p *Process) bool { return waiting(p, "cache_lock", "queue_lock") && joins(p) })
	s, err := OpenSpace(pid)
	if err != nil {
		t.Fatal(err)
	}
	name, file, ok := s.Variable(p.Threads[len(p.Threads)-1].Wait.Lock)
	if !ok || file != "locks" || !strings.HasSuffix(name, "_lock") {
		t.Errorf("the lock is %q of %q", name, file)
	}
	if _, ok := s.Shared(p.Threads[0].Wait.Lock); ok {
		t.Error("the stack of a thread is called shared")
	}
	// What a probe would see: the return address on top of the stack.
	memory := [16]byte{0x10}
	var regs cfi.Regs
	regs.Set(cfi.RSP, 0x1000)
	if st := s.Stack(regs, memory[:]); len(st) != 1 || !strings.HasPrefix(st[0].Func, "0x") {
		t.Errorf("a stack of one unknown place: %v", st)
	}
	if st := s.Stack(regs, memory[:4]); st != nil {
		t.Errorf("a stack of half a word: %v", st)
	}
}

// Start holds a program before any of its own code runs.
func TestStart(t *testing.T) {
	var out strings.Builder
	c := exec.Command(program(t), "none")
	c.Stdout = &out
	held := false
	ready := func(pid int) bool {
		s, err := OpenSpace(pid)
		if err != nil {
			return false
		}
		_, err = s.Threads([]string{"pthread_mutex_lock"})
		return err == nil
	}
	err := Start(c, ready, func(pid int) error {
		p, err := Read(pid, Options{NoStop: true})
		held = err == nil && len(p.Threads) == 1
		return err
	})
	if err != nil || !held {
		t.Fatal(err, held)
	}
	if err := c.Wait(); err != nil {
		t.Error("the program did not go on:", err)
	}
	if err := Start(exec.Command("/bin/true"), func(int) bool { return false }, nil); err == nil || !strings.Contains(err.Error(), "ended before") {
		t.Errorf("a program that ends: %v", err)
	}
	if err := Start(exec.Command("/nonexistent"), ready, nil); err == nil {
		t.Error("no program was started")
	}
}

func TestKernelThread(t *testing.T) {
	if _, err := OpenSpace(2); err == nil {
		t.Error("a thread of the kernel, or somebody else's process, was opened")
	}
}
