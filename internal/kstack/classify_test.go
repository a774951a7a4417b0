package kstack

import (
	"testing"

	"gordian/internal/model"
)

func TestClassifyRunning(t *testing.T) {
	stack := []model.Frame{{Func: "task_tick_fair"}, {Func: "scheduler_tick"}, {Func: "update_process_times"}, {Func: "asm_common_interrupt"},
		{Func: "queued_spin_lock_slowpath"}, {Func: "do_raw_spin_lock"}, {Func: "_raw_spin_lock"}, {Func: "port_east_thread", Module: "dualspin"}}
	if w := Classify(stack); w.Known {
		t.Errorf("%+v", w)
	}
	w := ClassifyRunning(stack)
	if !w.Known || !w.Spinning || w.Type != model.Spinlock || w.CallerIndex != 7 || w.Caller.Func != "port_east_thread" {
		t.Errorf("%+v", w)
	}
	// An interrupt that spins itself is what counts.
	own := append([]model.Frame{{Func: "native_queued_spin_lock_slowpath"}, {Func: "_raw_spin_lock"}, {Func: "handler"}}, stack[3:]...)
	if w := ClassifyRunning(own); w.Caller.Func != "handler" {
		t.Errorf("%+v", w)
	}
}
