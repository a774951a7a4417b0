package kcore

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// betweenLooks is how long a live kernel runs on between two looks at it.
const betweenLooks = 50 * time.Millisecond

// Analyze finds tasks, stacks, and who waits for whom. It returns what could
// be found; an error means that there is nothing to go on.
//
// A kernel that runs changes while it is read: a list can be followed from one
// task into another's, and a cycle can consist of waits that never were at the
// same time. So it is looked at twice, and a wait counts only if both looks
// show it and the task has not run in between; a holder only if both name it,
// an owner is gone only if both miss it.
func (k *Kernel) Analyze(ctx context.Context) (*State, error) {
	if !k.Image.Live {
		s, err := k.analyze(ctx, k.Mem)
		if err == nil {
			s.addLines()
		}
		return s, err
	}
	k.Mem.Forget()
	before, err := k.analyze(ctx, k.Mem)
	if err != nil {
		return nil, err
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(betweenLooks):
	}
	k.Mem.Forget()
	after, err := k.analyze(ctx, k.Mem)
	if err != nil {
		return nil, err
	}
	if n := after.keepAgreed(before); n > 0 {
		after.note(fmt.Sprintf("%d waits or holders were seen in one of two looks only, and are left out: the kernel is running", n))
	}
	after.addLines()
	return after, nil
}

// keepAgreed takes out of s what before does not show, and returns how much
// that was.
func (s *State) keepAgreed(before *State) (dropped int) {
	for _, t := range s.Tasks {
		if t.Wait != nil && !sameWait(t, before.byAddr[t.Addr]) {
			l := t.Wait.Lock
			l.Waiters = slices.DeleteFunc(l.Waiters, func(w Waiter) bool { return w.Task == t })
			t.Wait = nil
			dropped++
		}
	}
	for _, l := range s.Locks {
		was := before.locks[lockKey{l.Addr, l.Type}]
		// A task that was forked since the list of tasks was read looks like one
		// that has exited.
		if l.Gone != "" && (was == nil || was.Gone != l.Gone) {
			l.Gone, l.GoneTask = "", nil
			dropped++
		}
		l.Holders = slices.DeleteFunc(l.Holders, func(h Holder) bool {
			gone := was == nil || !slices.ContainsFunc(was.Holders, func(o Holder) bool { return sameTask(o.Task, h.Task) })
			if gone {
				dropped++
			}
			return gone
		})
	}
	return dropped
}

// sameTask: a task_struct can be used again by another task.
func sameTask(a, b *Task) bool {
	return a != nil && b != nil && a.Addr == b.Addr && a.PID == b.PID && a.start == b.start
}

func sameWait(now, was *Task) bool {
	return sameTask(now, was) && was.Wait != nil && now.lastRun == was.lastRun && now.lastArrival == was.lastArrival &&
		now.Wait.Lock.Addr == was.Wait.Lock.Addr && now.Wait.Lock.Type == was.Wait.Lock.Type
}
