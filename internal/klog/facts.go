package klog

import (
	"fmt"
	"slices"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

// factory turns the reports of one log into facts.
type factory struct {
	f     *model.Facts
	tasks map[model.Ref]int // index into f.Tasks of the newest sight of a task

	waits   map[model.Ref]model.Ref // the first lock that a task waits for, of f.Edges[:indexed]
	indexed int
}

// addFacts adds the facts in the reports from index first on.
func addFacts(f *model.Facts, first int) {
	b := &factory{f: f, tasks: map[model.Ref]int{}, waits: map[model.Ref]model.Ref{}}
	reports := f.Reports[first:]
	for _, r := range reports {
		switch r := r.(type) {
		case *kreport.Lockdep:
			b.lockdep(r)
		case *kreport.HungTask:
			b.hungTask(r)
			b.contexts(&r.ReportBase, r.Contexts)
		case *kreport.LocksDump:
			b.contexts(&r.ReportBase, r.Contexts)
		case *kreport.HungBlocker:
			if r.OwnerDump != nil {
				b.task(&r.ReportBase, r.OwnerDump)
			}
		case *kreport.TasksDump:
			b.dump(&r.ReportBase, r.Tasks)
		case *kreport.RCUStall:
			b.dump(&r.ReportBase, r.Tasks)
			b.contexts(&r.ReportBase, r.Contexts)
		case *kreport.Lockup:
			b.contexts(&r.ReportBase, r.Contexts)
		}
	}
	b.snapshots(reports)
}

// why cites a line of the log.
func why(base *model.ReportBase, line int, excerpt string, derived bool) model.Provenance {
	if line == 0 {
		line = base.Line
	}
	return model.Provenance{Input: base.Input, Locator: fmt.Sprintf("line %d", line), Excerpt: validUTF8(excerpt), Derived: derived}
}

// put records the newest sight of a task. A later sight without a stack, or
// with the stump of one, does not replace what is known.
func (b *factory) put(t model.Task) model.Ref {
	i, seen := b.tasks[t.Ref]
	if !seen {
		b.tasks[t.Ref] = len(b.f.Tasks)
		b.f.Tasks = append(b.f.Tasks, t)
		return t.Ref
	}
	old := b.f.Tasks[i]
	if 2*len(t.Stack) < len(old.Stack) {
		t.Stack, t.Workqueue, t.WorkFunc = old.Stack, old.Workqueue, old.WorkFunc
	}
	if t.Seconds == 0 {
		t.Seconds = old.Seconds
	}
	if t.State == "" {
		t.State = old.State
	}
	if t.CPU < 0 {
		t.CPU = old.CPU
	}
	b.f.Tasks[i] = t
	return t.Ref
}

// mention makes sure that a task which is only named has a fact.
func (b *factory) mention(base *model.ReportBase, comm string, pid, line int) model.Ref {
	ref := model.TaskRef(base.Boot, pid, comm)
	if _, ok := b.tasks[ref]; ok {
		return ref
	}
	return b.put(model.Task{Ref: ref, Boot: base.Boot, PID: pid, Comm: comm, CPU: -1, Why: why(base, line, label(comm, pid), false)})
}

func label(comm string, pid int) string { return fmt.Sprintf("%s/%d", comm, pid) }

func (b *factory) hungTask(r *kreport.HungTask) {
	if r.Task.PID == 0 && r.Task.Comm == "" {
		return
	}
	t := model.Task{
		Ref: model.TaskRef(r.Boot, r.Task.PID, r.Task.Comm), Boot: r.Boot, PID: r.Task.PID, Comm: r.Task.Comm,
		State: r.State, CPU: -1, Seconds: r.Secs, Stack: r.Full, Why: why(&r.ReportBase, r.Line, r.Header, false),
	}
	if t.State == "" {
		t.State = "D" // what the hung-task detector looks for
	}
	if r.Workqueue != nil {
		t.Workqueue, t.WorkFunc = r.Workqueue.WQ, r.Workqueue.Fn
	}
	b.put(t)
}

func (b *factory) dump(base *model.ReportBase, dumps []kreport.TaskDump) {
	for i := range dumps {
		b.task(base, &dumps[i])
	}
}

func (b *factory) task(base *model.ReportBase, d *kreport.TaskDump) {
	if d.PID == 0 && d.Comm == "" {
		return
	}
	t := model.Task{
		Ref: model.TaskRef(base.Boot, d.PID, d.Comm), Boot: base.Boot, PID: d.PID, Comm: d.Comm, State: d.State, CPU: -1,
		Stack: d.Full, Why: why(base, d.HeadLine, fmt.Sprintf("task %s state %s", label(d.Comm, d.PID), d.State), false),
	}
	if t.Comm == "" { // a trace whose task line is lost
		if i, ok := b.tasks[t.Ref]; ok {
			t.Comm = b.f.Tasks[i].Comm
		}
	}
	if d.CPU != nil {
		t.CPU = *d.CPU
	}
	if d.Workqueue != nil {
		t.Workqueue, t.WorkFunc = d.Workqueue.WQ, d.Workqueue.Fn
	}
	b.put(t)
}

// contexts records what each CPU was doing. A CPU that spins names the lock's
// address in a register: native_queued_spin_lock_slowpath(lock, val) has it in
// RDI, arch/x86 calling convention; it may have been overwritten, so the edge
// is inferred.
func (b *factory) contexts(base *model.ReportBase, ctxs []kreport.CPUContext) {
	for _, c := range ctxs {
		t := model.Task{Ref: model.TaskRef(base.Boot, c.PID, c.Comm), Boot: base.Boot, PID: c.PID, Comm: c.Comm, State: "R", CPU: -1,
			Stack: c.Stack.Full, Why: why(base, c.HeadLine, label(c.Comm, c.PID), false)}
		if c.CPU != nil {
			t.CPU = *c.CPU
		}
		if c.RIP != "" {
			t.Stack = append([]model.Frame{{Func: c.RIP}}, t.Stack...)
		}
		b.put(t)
		addr := c.Stack.Regs["RDI"]
		if !strings.Contains(c.RIP, "queued_spin_lock_slowpath") || !kernelAddr(addr) {
			continue
		}
		lock := model.LockRef(base.Boot, addr)
		cite := why(base, c.HeadLine, "RIP in "+c.RIP+", RDI: "+addr, true)
		b.f.Locks = append(b.f.Locks, model.Lock{Ref: lock, Boot: base.Boot, Addr: addr, Type: model.Spinlock, Why: cite})
		fr, _ := kstack.Guilty(t.Stack)
		b.f.Edges = append(b.f.Edges, model.Edge{Kind: model.Waits, From: t.Ref, To: lock, Mode: model.Write, Func: fr.Func, Stack: t.Stack,
			Why: []model.Provenance{cite}})
	}
}

func kernelAddr(s string) bool { return len(s) == 16 && strings.HasPrefix(s, "ff") }

// snapshots turns the held-lock lists and blocker lines of each boot into
// waits and holds. A deadlock does not go away, so the last dump of a boot
// shows it; joining dumps of different times could show a cycle that never
// was. One that was cut takes back nothing that a whole one has said.
func (b *factory) snapshots(reports []model.Report) {
	last := map[model.Boot]*kreport.LocksDump{}
	var boots []model.Boot
	seen := map[model.Boot]bool{}
	blockers := map[model.Boot]map[int]*kreport.HungBlocker{}
	for _, r := range reports {
		boot := r.Base().Boot
		if !seen[boot] {
			seen[boot] = true
			boots = append(boots, boot)
		}
		switch r := r.(type) {
		case *kreport.LocksDump:
			if old := last[boot]; len(r.Tasks) > 0 && (old == nil || old.Truncated || !r.Truncated) {
				last[boot] = r
			}
		case *kreport.HungTask:
			if r.Held != nil && len(r.Held.Locks) > 0 && last[boot] == nil {
				b.hold(&r.ReportBase, []kreport.Held{*r.Held})
			}
		case *kreport.HungBlocker:
			if blockers[boot] == nil {
				blockers[boot] = map[int]*kreport.HungBlocker{}
			}
			blockers[boot][r.Task.PID] = r
		}
	}
	for _, boot := range boots {
		if d := last[boot]; d != nil {
			b.hold(&d.ReportBase, d.Tasks)
		}
		pids := make([]int, 0, len(blockers[boot]))
		for pid := range blockers[boot] {
			pids = append(pids, pid)
		}
		slices.Sort(pids)
		for _, pid := range pids {
			b.blocker(blockers[boot][pid])
		}
	}
}
