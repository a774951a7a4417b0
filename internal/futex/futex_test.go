package futex

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gordian/internal/check"
	"gordian/internal/model"
)

// program builds testdata/locks.c.
func program(t *testing.T, flags ...string) string {
	t.Helper()
	cc, err := exec.LookPath("gcc")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("no C compiler: install gcc and libc6-dev")
		}
		t.Skip("no C compiler: install gcc and libc6-dev")
	}
	exe := filepath.Join(t.TempDir(), "locks")
	args := append([]string{"-o", exe, "-pthread"}, flags...)
	if out, err := exec.Command(cc, append(args, "testdata/locks.c")...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return exe
}

// start runs a case until its threads wait for futexes.
func start(t *testing.T, exe, name string) int {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, exe, name)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = c.Wait() })
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal("the program did not start:", err)
	}
	return c.Process.Pid
}

// settled reads a process until it looks the same in what ok asks for.
func settled(t *testing.T, pid int, o Options, ok func(*Process) bool) *Process {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		p, err := Read(pid, o)
		if err != nil {
			t.Fatal(err)
		}
		if ok(p) {
			return p
		}
		if time.Now().After(end) {
			t.Fatalf("not as expected in 20 s: %s", show(p))
		}
	}
}

func show(p *Process) string {
	var b strings.Builder
	for _, th := range p.Threads {
		b.WriteString(th.Comm + " " + th.Call)
		if th.Wait != nil {
			b.WriteString(" waits for " + th.Wait.Name + " of " + th.Wait.How)
		}
		for _, f := range th.Stack {
			b.WriteString("\n\t" + f.String())
		}
		b.WriteString("\n")
	}
	return b.String() + strings.Join(p.Notes, "\n")
}

func waiting(p *Process, names ...string) bool {
	var have []string
	for _, th := range p.Threads {
		if th.Wait != nil && th.Wait.Owner != 0 && th.Wait.Type != model.UserThread {
			have = append(have, th.Wait.Name)
		}
	}
	slices.Sort(have)
	return slices.Equal(have, names)
}

// joins reports whether main() waits for the end of a thread: it comes to that
// some time after the threads have got to their locks.
func joins(p *Process) bool {
	return slices.ContainsFunc(p.Threads, func(th Thread) bool { return th.Wait != nil && th.Wait.Type == model.UserThread })
}

func findings(ps ...*Process) []model.Finding {
	f := &model.Facts{}
	Facts(ps, f)
	return check.Run(context.Background(), f)
}

// A wait that gives up by itself closes no cycle. (Stopped once, it goes on as
// restart_syscall(), which names no futex.)
func TestTimeout(t *testing.T) {
	pid := start(t, program(t), "timed")
	p := settled(t, pid, Options{NoStop: true}, func(p *Process) bool { return waiting(p, "cache_lock", "queue_lock") })
	if fs := findings(p); slices.ContainsFunc(fs, func(f model.Finding) bool { return f.Verdict == model.Deadlocked }) {
		t.Errorf("findings: %+v\n%s", fs, show(p))
	}
	timed := 0
	for _, th := range p.Threads {
		if th.Wait != nil && th.Wait.Timed {
			timed++
		}
	}
	if timed != 1 {
		t.Errorf("%d timed waits\n%s", timed, show(p))
	}
}

// The library's unwinding entries are not enough for frames that are found by
// the frame pointer, so that both kinds of code are tried.
func TestTwoMutexes(t *testing.T) {
	for _, flags := range [][]string{{"-O0"}, {"-O2", "-fomit-frame-pointer", "-fno-optimize-sibling-calls"}} {
		t.Run(strings.Join(flags, " "), func(t *testing.T) {
			pid := start(t, program(t, flags...), "two")
			p := settled(t, pid, Options{}, func(p *Process) bool { return waiting(p, "cache_lock", "queue_lock") })
			fs := findings(p)
			if len(fs) != 1 || fs[0].Rule != "deadlock" || fs[0].Verdict != model.Deadlocked || fs[0].Confidence != model.High {
				t.Fatalf("findings: %+v\n%s", fs, show(p))
			}
			var funcs []string
			for _, task := range fs[0].Tasks {
				if task.Behind != "" {
					continue // main(), which waits for their end
				}
				funcs = append(funcs, strings.SplitN(task.Stack[0], "+", 2)[0])
			}
			slices.Sort(funcs)
			if !slices.Equal(funcs, []string{"evict_cache", "flush_queue"}) {
				t.Errorf("the threads wait in %q\n%s", funcs, show(p))
			}
		})
	}
}

func TestRWLock(t *testing.T) {
	pid := start(t, program(t), "rwlock")
	p := settled(t, pid, Options{}, func(p *Process) bool { return waiting(p, "queue_lock", "table_lock") })
	if fs := findings(p); len(fs) != 1 || fs[0].Verdict != model.Deadlocked {
		t.Errorf("findings: %+v\n%s", fs, show(p))
	}
}

func TestTwice(t *testing.T) {
	pid := start(t, program(t), "twice")
	p := settled(t, pid, Options{}, func(p *Process) bool { return waiting(p, "queue_lock") && joins(p) })
	if fs := findings(p); len(fs) != 1 || fs[0].Verdict != model.Deadlocked || len(fs[0].Tasks) != 2 || fs[0].Tasks[1].Behind == "" {
		t.Errorf("findings: %+v\n%s", fs, show(p))
	}
}

// The word of a robust mutex names its owner, without a look at the stack.
func TestRobust(t *testing.T) {
	pid := start(t, program(t), "robust")
	p := settled(t, pid, Options{NoStop: true}, func(p *Process) bool { return waiting(p, "special", "special+0x28") })
	if fs := findings(p); len(fs) != 1 || fs[0].Verdict != model.Deadlocked || fs[0].Confidence != model.High {
		t.Errorf("%+v\n%s", fs, show(p))
	}
}

// Who would close a cycle of PI mutexes is refused by the kernel, and put to
// sleep by the C library.
func TestPriorityInheritance(t *testing.T) {
	pid := start(t, program(t), "pi")
	refused := func(th Thread) bool { return th.Wait != nil && strings.Contains(th.Wait.How, "EDEADLK") }
	p := settled(t, pid, Options{}, func(p *Process) bool {
		return slices.ContainsFunc(p.Threads, refused) && (waiting(p, "special") || waiting(p, "special+0x28"))
	})
	for _, th := range p.Threads {
		if th.Wait != nil && strings.HasPrefix(th.Wait.Name, "special") && !th.Wait.Stated {
			t.Errorf("the owner of a PI mutex is not stated\n%s", show(p))
		}
	}
}

// A thread holds a lock and waits for the end of one that waits for the lock.
func TestJoin(t *testing.T) {
	pid := start(t, program(t), "join")
	p := settled(t, pid, Options{}, func(p *Process) bool { return waiting(p, "queue_lock") && p.Threads[1].Wait != nil })
	fs := findings(p)
	if len(fs) != 1 || fs[0].Rule != "deadlock" || !strings.Contains(fs[0].Explanation, "the end of thread") {
		t.Errorf("%+v\n%s", fs, show(p))
	}
}

func TestOwnerEnded(t *testing.T) {
	pid := start(t, program(t), "ended")
	gone := func(th Thread) bool { return th.Wait != nil && th.Wait.Gone && th.Wait.Name == "queue_lock" }
	p := settled(t, pid, Options{}, func(p *Process) bool { return slices.ContainsFunc(p.Threads, gone) })
	fs := findings(p)
	if len(fs) != 1 || fs[0].Rule != "orphaned-lock" || !strings.Contains(fs[0].Explanation, "restart of the program") {
		t.Errorf("%+v\n%s", fs, show(p))
	}
}

// A thread id in a lock means something in the namespace of its process only.
func TestNamespaces(t *testing.T) {
	in := func(ns string, pid, waits int) *Process {
		return &Process{PID: pid, NS: ns, Nested: true, Threads: []Thread{{TID: pid, Inner: pid - 100, Comm: "c", State: "S",
			Wait: &Wait{Name: "shared", Lock: 8, Type: model.UserMutex, Mode: model.Write, Inner: waits, Stated: true}}}}
	}
	if fs := findings(in("a", 107, 8), in("a", 108, 7)); len(fs) != 1 || fs[0].Verdict != model.Deadlocked {
		t.Errorf("one namespace: %+v", fs)
	}
	if fs := findings(in("a", 107, 8), in("b", 108, 7)); slices.ContainsFunc(fs, func(f model.Finding) bool { return f.Verdict == model.Deadlocked }) {
		t.Errorf("two namespaces: %+v", fs)
	}
}

// A thread that waits behind one that sleeps is in no deadlock, nor is one that
// waits for an event.
func TestNoDeadlock(t *testing.T) {
	exe := program(t)
	for name, locks := range map[string][]string{"slow": {"queue_lock"}, "cond": nil} {
		pid := start(t, exe, name)
		p := settled(t, pid, Options{}, func(p *Process) bool { return waiting(p, locks...) })
		for _, f := range findings(p) {
			if f.Verdict == model.Deadlocked || f.Severity == model.SevError {
				t.Errorf("%s: %s (%s)\n%s", name, f.Title, f.Verdict, show(p))
			}
		}
	}
}

// Without stopping the process there is no stack; what is held by whom is read
// all the same, and said to be inferred.
func TestWithoutStop(t *testing.T) {
	pid := start(t, program(t), "two")
	p := settled(t, pid, Options{NoStop: true}, func(p *Process) bool { return waiting(p, "cache_lock", "queue_lock") })
	fs := findings(p)
	if len(fs) != 1 || fs[0].Confidence == model.High {
		t.Errorf("findings: %+v", fs)
	}
}

func TestAgree(t *testing.T) {
	look := func(owner int, addr uint64) *Process {
		return &Process{Threads: []Thread{{TID: 1, Wait: &Wait{Addr: 8, Owner: 2}}, {TID: 2, Wait: &Wait{Addr: addr, Owner: owner}}, {TID: 3}}}
	}
	now := look(1, 16)
	if n := Agree(look(1, 16), now); n != 0 || now.Threads[1].Wait == nil {
		t.Errorf("%d waits dropped of two equal looks", n)
	}
	for _, before := range []*Process{look(3, 16), look(1, 24), {}} {
		now := look(1, 16)
		if n := Agree(before, now); n == 0 || now.Threads[1].Wait != nil {
			t.Errorf("a wait that changed was kept (%d dropped)", n)
		}
	}
}

func TestNoSuchProcess(t *testing.T) {
	if _, err := Read(1<<22+1, Options{}); err == nil {
		t.Error("a process that does not exist was read")
	}
}
