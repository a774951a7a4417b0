package check

import (
	"testing"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

// TestReadersAreRoots: a writer waits for every reader, so that each is named.
func TestReadersAreRoots(t *testing.T) {
	w := newWorld()
	w.hung("wr", 10, "__schedule schedule rwsem_down_write_slowpath down_write f_wr@m")
	w.add(&kreport.LocksDump{ReportBase: w.base("locks-dump", "Showing all locks held in the system:")})
	s := w.lock("ffff01", "&x->sem", model.RWSem)
	w.waits(w.task("wr", 10), s, "#0", false)
	for i, n := range []string{"r1", "r2"} {
		r := w.task(n, 11+i)
		w.f.Tasks = append(w.f.Tasks, model.Task{Ref: r, Boot: w.boot, PID: 11 + i, Comm: n, CPU: -1})
		w.held(s, r)
		w.f.Edges[len(w.f.Edges)-1].Mode = model.Read
	}
	fs := w.run(t)
	f := one(t, fs, "hung-task")
	if len(fs) != 1 || f.Verdict != model.Behind || len(f.Tasks) != 3 || len(f.Path) != 3 {
		t.Errorf("%s\n%+v\n%+v", titles(fs), f.Tasks, f.Path)
	}
	wantContains(t, "title", f.Title, "r1/11 and r2/12", "which hold &x->sem")
	wantContains(t, "explanation", f.Explanation, "when all of them have released it")
}

// TestUnheldLock: tasks that wait for one lock do not hold it, so they are no
// hint of a deadlock among them.
func TestUnheldLock(t *testing.T) {
	w := newWorld()
	w.hung("one", 10, inMutex+"f_one@m")
	w.hung("two", 11, inMutex+"f_two@m")
	w.add(&kreport.LocksDump{ReportBase: w.base("locks-dump", "Showing all locks held in the system:"), Tasks: []kreport.Held{{Comm: "busy", PID: 20, Count: 2}}})
	l := w.lock("ffff01", "&x->lock", model.Mutex)
	w.waits(w.task("one", 10), l, "#0", false)
	w.waits(w.task("two", 11), l, "#0", false)
	fs := w.run(t)
	f := one(t, fs, "hung-task")
	if len(fs) != 1 || f.Verdict != model.Undecided || len(f.Tasks) != 2 {
		t.Error(titles(fs))
	}
	wantContains(t, "title", f.Title, "wait for &x->lock")
	wantContains(t, "explanation", f.Explanation, "No other task in the list", "candidates: busy/20")
}
