package futex

import (
	"fmt"
	"slices"
	"strconv"

	"gordian/internal/model"
)

// Facts adds the threads of processes, what each waits for, and who holds it.
// Threads of all processes are in one graph: a mutex may be shared.
func Facts(ps []*Process, f *model.Facts) {
	boot := f.LastBoot()
	b := builder{f: f, boot: boot, refs: map[int]model.Ref{}, inner: map[innerTID]int{}, locks: map[model.Ref]bool{}}
	for _, p := range ps {
		for _, t := range p.Threads {
			b.refs[t.TID] = model.TaskRef(boot, t.TID, t.Comm)
			b.inner[innerTID{p.NS, t.Inner}] = t.TID
		}
	}
	for _, p := range ps {
		b.process(p)
	}
}

type builder struct {
	f     *model.Facts
	boot  model.Boot
	refs  map[int]model.Ref
	inner map[innerTID]int
	locks map[model.Ref]bool
	input int
}

// innerTID is a thread as the processes of its namespace call it.
type innerTID struct {
	ns  string
	tid int
}

func (b *builder) process(p *Process) {
	b.input = len(b.f.Inputs)
	path := "/proc/" + strconv.Itoa(p.PID)
	b.f.Inputs = append(b.f.Inputs, model.Input{Path: path, Kind: model.InputHost, Format: "process " + p.Comm})
	s := model.Section{ID: "threads", Title: "Threads of " + p.Comm + "/" + strconv.Itoa(p.PID), Command: "gdb -p " + strconv.Itoa(p.PID) + " -batch -ex 'thread apply all bt'",
		Columns: []string{"thread", "state", "waits for", "held by", "in"}}
	for _, t := range p.Threads {
		s.Rows = append(s.Rows, b.thread(p, t))
	}
	b.f.Sections = append(b.f.Sections, s)
	for _, n := range p.Notes {
		b.f.Incomplete = append(b.f.Incomplete, model.Incomplete{Input: b.input, Reason: "not read: " + n})
	}
}

// thread adds a thread and returns its row.
func (b *builder) thread(p *Process, t Thread) []string {
	own := ownFrames(t.Stack)
	row := []string{t.Comm + "/" + strconv.Itoa(t.TID), t.State, t.Call, "", where(own)}
	task := model.Task{Ref: b.refs[t.TID], Boot: b.boot, PID: t.TID, Comm: t.Comm, State: t.State, CPU: t.CPU, Stack: own,
		Why: model.Provenance{Input: b.input, Locator: fmt.Sprintf("/proc/%d/task/%d/syscall", p.PID, t.TID), Excerpt: t.Call}}
	if t.Wait != nil {
		if t.Wait.Owner == 0 { // of another process in the same namespace, if that was looked at
			t.Wait.Owner = b.inner[innerTID{p.NS, t.Wait.Inner}]
		}
		row[2] = t.Wait.Name
		if t.Wait.Timed { // never a deadlock: shown, and that is all
			row[2] += " (with a timeout)"
			row[3] = holderName(t.Wait)
		} else {
			row[3] = b.wait(p, t)
		}
	}
	b.f.Tasks = append(b.f.Tasks, task)
	return row
}

// wait adds the edges of a thread that waits, and returns the holder's name.
func (b *builder) wait(p *Process, t Thread) string {
	w := t.Wait
	lock := model.LockRef(b.boot, fmt.Sprintf("%d/%#x", p.PID, w.Lock))
	if !b.locks[lock] {
		b.locks[lock] = true
		b.f.Locks = append(b.f.Locks, model.Lock{Ref: lock, Boot: b.boot, Addr: fmt.Sprintf("%#x", w.Lock), Class: model.ClassRef(w.Name), Type: w.Type,
			Why: model.Provenance{Input: b.input, Locator: fmt.Sprintf("%#x", w.Addr), Excerpt: w.Name}})
	}
	own := ownFrames(t.Stack)
	why := model.Provenance{Input: b.input, Locator: fmt.Sprintf("/proc/%d/task/%d/syscall", p.PID, t.TID), Excerpt: fmt.Sprintf("futex wait at %#x", w.Addr)}
	b.f.Edges = append(b.f.Edges, model.Edge{Kind: model.Waits, From: b.refs[t.TID], To: lock, Mode: w.Mode, Func: first(own).Func, Stack: own, Why: []model.Provenance{why}})
	if w.Gone {
		b.f.Gone = append(b.f.Gone, model.Gone{Lock: lock, PID: w.Owner, Why: model.Provenance{Input: b.input, Locator: fmt.Sprintf("%#x", w.Lock), Excerpt: w.How}})
		return w.How
	}
	holder, ok := b.refs[w.Owner]
	if w.Owner == 0 || !ok {
		return elsewhere(w)
	}
	e := model.Edge{Kind: model.HeldBy, From: lock, To: holder, Mode: model.Write,
		Why: []model.Provenance{{Input: b.input, Locator: fmt.Sprintf("%#x", w.Lock), Excerpt: w.How + ": " + strconv.Itoa(w.Owner), Derived: !w.Stated && len(own) == 0}}}
	if !slices.ContainsFunc(b.f.Edges, func(x model.Edge) bool { return x.Kind == e.Kind && x.From == e.From && x.To == e.To }) {
		b.f.Edges = append(b.f.Edges, e)
	}
	return strconv.Itoa(w.Owner)
}

// elsewhere says what is known of an owner that was not looked at.
func elsewhere(w *Wait) string {
	switch {
	case w.Owner != 0:
		return fmt.Sprintf("thread %d of a process that was not looked at (-p)", w.Owner)
	case w.Inner != 0:
		return fmt.Sprintf("thread %d, as its namespace counts, of a process that was not looked at (-p)", w.Inner)
	}
	return w.How
}

func holderName(w *Wait) string {
	if w.Owner == 0 {
		return w.How
	}
	return strconv.Itoa(w.Owner)
}

// ownFrames leaves out the library's frames above the program's.
func ownFrames(stack []model.Frame) []model.Frame {
	i := slices.IndexFunc(stack, func(f model.Frame) bool { return !isLibrary(f) })
	if i < 0 {
		return stack
	}
	return stack[i:]
}

func first(stack []model.Frame) model.Frame {
	if len(stack) == 0 {
		return model.Frame{}
	}
	return stack[0]
}

func where(stack []model.Frame) string {
	if len(stack) == 0 {
		return ""
	}
	return stack[0].String()
}
