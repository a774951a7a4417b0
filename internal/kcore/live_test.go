package kcore

import (
	"context"
	"strings"
	"testing"

	"gordian/internal/kmem"
	"gordian/internal/model"
)

// TestTwoLooks: a dump does not change, so two looks at it agree; what only
// one of them shows is left out.
func TestTwoLooks(t *testing.T) {
	k := openFixture(t, kmem.Options{})
	once, err := k.Analyze(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	k.Image.Live = true
	twice, err := k.Analyze(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range once.Locks {
		if m := twice.Locks[i]; m.Addr != l.Addr || len(m.Waiters) != len(l.Waiters) || len(m.Holders) != len(l.Holders) {
			t.Errorf("looked at once %+v, twice %+v", l, m)
		}
	}
	waits, holds := 0, 0
	for _, was := range once.Tasks { // the first look sees each blocked task somewhere else
		if was.Wait != nil && was.State == "D" {
			was.lastRun++
			waits++
		}
	}
	for _, l := range once.Locks {
		if l.Type == model.Semaphore {
			holds += len(l.Holders)
			l.Holders = nil
		}
	}
	if n := twice.keepAgreed(once); n < waits+holds || waits < 2 || holds < 2 {
		t.Errorf("%d are left out; %d waits and %d holders changed", n, waits, holds)
	}
	for _, task := range twice.Tasks {
		if task.Wait != nil && task.State == "D" {
			t.Errorf("%s still waits for %s", task.Name(), task.Wait.Lock.Name)
		}
	}
	for _, l := range twice.Locks {
		if l.Type == model.Semaphore && len(l.Holders)+len(l.Waiters) > 0 {
			t.Errorf("%s still has holders or waiters", l.Name)
		}
	}
	if strings.Contains(strings.Join(twice.Incomplete, " "), "two looks") {
		t.Error("two looks at a dump do not agree")
	}
}

// TestGoneTwice: an owner that one look misses may have been forked since the
// tasks were read.
func TestGoneTwice(t *testing.T) {
	look := func(gone string) (*State, *Lock) {
		l := &Lock{Addr: 1, Type: model.Mutex, Gone: gone, GoneTask: &Task{}}
		return &State{Locks: []*Lock{l}, locks: map[lockKey]*Lock{{l.Addr, l.Type}: l}}, l
	}
	before, _ := look("")
	after, l := look("its owner has exited")
	if n := after.keepAgreed(before); n != 1 || l.Gone != "" || l.GoneTask != nil {
		t.Errorf("only the second look misses it: %d, %+v", n, l)
	}
	before, _ = look("its owner has exited")
	after, l = look("its owner has exited")
	if n := after.keepAgreed(before); n != 0 || l.Gone == "" {
		t.Errorf("both looks miss it: %d, %+v", n, l)
	}
}
