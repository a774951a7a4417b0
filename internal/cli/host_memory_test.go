package cli

import (
	"testing"

	"gordian/internal/check"
	"gordian/internal/model"
)

// hang is a circle of two tasks as memory shows it.
func hang(pids ...int) *model.Facts {
	f := &model.Facts{Inputs: []model.Input{{Path: "/proc/kcore", Kind: model.InputCore}}}
	b := f.NewBoot()
	why := []model.Provenance{{Locator: "0x1", Excerpt: "seen"}}
	for i, pid := range pids {
		task, lock := model.TaskRef(b, pid, "t"), model.LockRef(b, string(rune('a'+i)))
		next := model.TaskRef(b, pids[(i+1)%len(pids)], "t")
		f.Tasks = append(f.Tasks, model.Task{Ref: task, Boot: b, PID: pid, Comm: "t", State: "D", Stuck: true, Why: why[0]})
		f.Locks = append(f.Locks, model.Lock{Ref: lock, Boot: b, Type: model.Mutex, Class: model.ClassRef(string(rune('a' + i))), Why: why[0]})
		f.Edges = append(f.Edges, model.Edge{Kind: model.Waits, From: task, To: lock, Mode: model.Write, Why: why},
			model.Edge{Kind: model.HeldBy, From: lock, To: next, Mode: model.Write, Why: why})
	}
	return f
}

// A circle in the memory of a running kernel is certain only when two looks
// show it with the same tasks.
func TestCertain(t *testing.T) {
	for name, c := range map[string]struct {
		before *model.Facts
		want   model.Verdict
	}{
		"same":        {hang(7, 8), model.Deadlocked},
		"other tasks": {hang(7, 9), model.Undecided},
		"none before": {&model.Facts{}, model.Undecided},
	} {
		found := check.Run(t.Context(), hang(7, 8))
		if len(found) != 1 || found[0].Verdict != model.Deadlocked || found[0].Confidence != model.High {
			t.Fatalf("the circle itself: %+v", found)
		}
		certain(t.Context(), c.before, found)
		if found[0].Verdict != c.want || (c.want == model.Undecided) != (found[0].Confidence == model.Low) {
			t.Errorf("%s: %s, confidence %s, want %s", name, found[0].Verdict, found[0].Confidence, c.want)
		}
	}
}
