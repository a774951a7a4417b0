package kcore

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gordian/internal/kmem"
	"gordian/internal/model"
)

var update = flag.Bool("update", false, "rewrite golden files")

func analyze(t testing.TB, k *Kernel) *State {
	t.Helper()
	s, err := k.Analyze(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// describe prints what was found: the golden file of a dump.
func describe(s *State) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d tasks\n", len(s.Tasks))
	for _, t := range s.Tasks {
		if t.State != "D" && !t.Running {
			continue
		}
		fmt.Fprintf(&b, "\n%s state %s cpu %d running %v class %s %s\n", t.Name(), t.State, t.CPU, t.Running, t.Class.Type, t.Class.Func)
		if t.StackErr != nil {
			fmt.Fprintf(&b, "  %v\n", t.StackErr)
		}
		for _, f := range t.Frames {
			fmt.Fprintf(&b, "  %s\n", f.Sym)
		}
		if w := t.Wait; w != nil {
			fmt.Fprintf(&b, "  waits for %s (%s), %s, inferred %v: %s\n", w.Lock.Name, w.Lock.Type, w.Mode, w.Inferred, w.Why.What)
		}
		for _, h := range s.heldLocks(t) {
			fmt.Fprintf(&b, "  lockdep: %s %s awaited %v\n", h.class, h.mode, h.awaited)
		}
	}
	for _, l := range s.Locks {
		if l.Type == model.WaitQueue {
			continue
		}
		fmt.Fprintf(&b, "\n%s %s, class %q: %s\n", l.Type, l.Name, l.Class, l.Words)
		for _, w := range l.Waiters {
			fmt.Fprintf(&b, "  waiter %s %s\n", w.Task.Name(), w.Mode)
		}
		for _, h := range l.Holders {
			fmt.Fprintf(&b, "  holder %s %s, at %s\n", h.String(), h.Mode, h.At)
			for _, r := range h.Why {
				fmt.Fprintf(&b, "    %s\n", r.What)
			}
		}
	}
	return b.String()
}

func TestStateOfFixture(t *testing.T) {
	golden := filepath.Join("testdata", strings.TrimSuffix(pumpctl, ".elf.xz")+".state")
	s := analyze(t, openFixture(t, kmem.Options{}))
	got := describe(s)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("changed; rewrite it with -update after a look at the difference:\n%s", got)
	}
}

func TestFactsOfFixture(t *testing.T) {
	k := openFixture(t, kmem.Options{})
	f := &model.Facts{Inputs: []model.Input{{Kind: model.InputCore}}}
	boot := f.NewBoot()
	if err := k.AddFacts(context.Background(), f, 0, boot); err != nil {
		t.Fatal(err)
	}
	waits, held := map[string]model.Edge{}, map[string]model.Edge{}
	orders := 0
	for _, e := range f.Edges {
		if len(e.Why) == 0 {
			t.Errorf("no provenance: %+v", e)
		}
		switch e.Kind {
		case model.Waits:
			waits[string(e.From)+" "+string(e.To)] = e
		case model.HeldBy:
			held[string(e.To)+" "+string(e.From)] = e
		case model.Before:
			orders++
		}
	}
	// Each of the two waits for what the other one holds.
	cycles := 0
	for w, e := range waits {
		task, lock, _ := strings.Cut(w, " ")
		for h, by := range held {
			holder, l, _ := strings.Cut(h, " ")
			if l == lock && holder != task && by.Agreed && e.Mode == model.Write {
				cycles++
			}
		}
	}
	if cycles != 2 {
		t.Errorf("%d waits for what an agreed inference says is held, want 2:\n%v\n%v", cycles, waits, held)
	}
	if orders == 0 || len(f.Uses) == 0 {
		t.Errorf("lockdep's tables: %d orders, %d uses", orders, len(f.Uses))
	}
}

// TestRunqueueIsNotHeld: a task that sleeps has locked its runqueue in
// __schedule(), and whoever ran next has released it.
func TestRunqueueIsNotHeld(t *testing.T) {
	k := openFixture(t, kmem.Options{})
	s := analyze(t, k)
	off, ok := k.Types.Member("rq", "__lock")
	if !ok {
		t.Fatal("struct rq has no __lock")
	}
	spinner := &Task{PID: 1 << 20, Comm: "spinner", Running: true}
	var queues []*Lock
	for cpu := range k.PerCPU {
		rq, ok := k.OnCPU("runqueues", cpu)
		if !ok {
			t.Fatalf("no runqueue of CPU %d", cpu)
		}
		l := s.lock(rq+off.Offset, model.Spinlock)
		l.Waiters, l.Holders = []Waiter{{spinner, model.Write}}, nil
		queues = append(queues, l)
	}
	for _, task := range s.Tasks {
		s.infer(task)
	}
	for _, l := range queues {
		for _, g := range l.guesses {
			t.Errorf("%s holds %s: %v", g.task.Name(), l.Name, g.why)
		}
	}
}
