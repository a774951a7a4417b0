package check

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"gordian/internal/engine"
	"gordian/internal/kreport"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

// view is the evidence as the rules look at it: tasks with all that is known
// of them in one place, and the reports by family.
type view struct {
	facts *model.Facts
	waits *engine.WaitGraph // with the edges that join() inferred
	order *engine.OrderGraph

	tasks map[model.Ref]*task
	list  []*task                // by first report, then ref
	stuck map[model.Boot][]*task // those that are blocked
	locks map[model.Ref]model.Lock

	families map[string][]int // report family → indices into facts.Reports
	lines    map[int][]place  // input → reports by line
	docs     map[string]Doc   // by rule id

	inModule map[moduleKey][]*task // blocked tasks by the module whose code waits
	workers  map[moduleKey][]*task // blocked workers by the module of their work
	irqPairs map[string]int        // inconsistent-state reports by boot and functions
	statics  map[string]model.Ref  // locks with an address by boot and class, where the class is of one lock
	sites    map[site][]model.Edge // order edges by where their To was taken
	dumped   map[model.Boot]bool   // boots whose memory was read: what their tasks wait for is known

	hangs []model.Finding // what findHangs() made of the blocked tasks
}

type place struct{ line, report int }

// task is a thread with everything that the evidence says about it.
type task struct {
	ref       model.Ref
	boot      model.Boot
	pid       int
	comm      string
	state     string
	cpu       int
	seconds   int
	wq, fn    string // workqueue and work function
	stack     []model.Frame
	wait      kstack.Wait
	stuck     bool // reported as blocked
	ioWait    bool // by a report that says "blocked in I/O wait"
	reports   []int
	history   []model.Sighting
	why       model.Provenance
	stackFrom int // report that the stack is from, -1: from a fact
}

func (t *task) name() string { return label(t.comm, t.pid) }

// module returns the module whose code the task is in: that of the function
// that waits.
func (t *task) module() string { return t.wait.Caller.Module }

func newView(f *model.Facts) *view {
	v := &view{facts: f, tasks: map[model.Ref]*task{}, stuck: map[model.Boot][]*task{}, locks: map[model.Ref]model.Lock{},
		families: map[string][]int{}, lines: map[int][]place{}, docs: map[string]Doc{}}
	for _, r := range Rules() {
		v.docs[r.Doc.ID] = r.Doc
	}
	for _, l := range f.Locks {
		if old, ok := v.locks[l.Ref]; !ok || old.Class == "" {
			v.locks[l.Ref] = l
		}
	}
	v.statics = map[string]model.Ref{}
	for _, l := range f.Locks {
		if name := l.Class.Name(); (l.Addr != "" || l.Ref.Name() == name) && staticName(name) {
			k := string(l.Boot) + " " + name
			if old, ok := v.statics[k]; !ok || l.Ref < old {
				v.statics[k] = l.Ref
			}
		}
	}
	for i, r := range f.Reports {
		b := r.Base()
		v.families[b.Family] = append(v.families[b.Family], i)
		v.lines[b.Input] = append(v.lines[b.Input], place{b.Line, i})
	}
	for _, ps := range v.lines {
		slices.SortStableFunc(ps, func(a, b place) int { return cmp.Compare(a.line, b.line) })
	}
	v.dumped = map[model.Boot]bool{}
	for _, t := range f.Tasks {
		if v.inputKind(t.Why.Input) == model.InputCore && !strings.HasPrefix(t.Why.Locator, "line ") {
			v.dumped[t.Boot] = true
		}
	}
	v.addTasks()
	v.indexModules()
	v.indexIRQPairs()
	v.sites = v.callSites()
	v.order = engine.NewOrderGraph(f)
	v.waits = engine.NewWaitGraph(v.join())
	return v
}

// reportAt returns the report that a line of an input belongs to: the last
// one that starts at or before it.
func (v *view) reportAt(input, line int) (int, bool) {
	ps := v.lines[input]
	i := sort.Search(len(ps), func(i int) bool { return ps[i].line > line })
	if i == 0 {
		return 0, false
	}
	return ps[i-1].report, true
}

func (v *view) base(i int) *model.ReportBase { return v.facts.Reports[i].Base() }

// addTasks joins the task facts and the reports about tasks.
func (v *view) addTasks() {
	for _, t := range v.facts.Tasks {
		v.learn(task{ref: t.Ref, boot: t.Boot, pid: t.PID, comm: t.Comm, state: t.State, cpu: t.CPU, seconds: t.Seconds,
			wq: t.Workqueue, fn: t.WorkFunc, stack: t.Stack, stuck: t.Stuck, why: t.Why, stackFrom: -1})
	}
	for i, r := range v.facts.Reports {
		switch r := r.(type) {
		case *kreport.HungTask:
			v.learnHung(i, r)
		case *kreport.HungBlocker:
			t := v.learn(v.named(i, r.Task))
			t.stuck = true
			t.reports = append(t.reports, i)
			if d := r.OwnerDump; d != nil {
				v.learnDump(i, *d)
			}
		case *kreport.TasksDump:
			for _, d := range r.Tasks {
				t := v.learnDump(i, d)
				if r.Family == "freeze-fail" || (d.State == "D" && r.Family != "sysrq-t") {
					t.stuck = true
					t.reports = append(t.reports, i)
				}
			}
		case *kreport.LocksDump:
			for _, h := range r.Tasks {
				v.learn(v.named(i, kreport.Task{Comm: h.Comm, PID: h.PID}))
			}
		case *kreport.RCUStall:
			for _, d := range r.Tasks {
				v.learnDump(i, d)
			}
		}
	}
	for _, t := range v.tasks {
		t.wait = classify(t.stack)
		if t.state == "R" && v.dumped[t.boot] {
			t.wait = classifyRunning(t.stack)
		}
		v.list = append(v.list, t)
	}
	slices.SortFunc(v.list, func(a, b *task) int {
		return cmp.Or(cmp.Compare(first(a.reports), first(b.reports)), cmp.Compare(a.ref, b.ref))
	})
	for _, t := range v.list {
		if t.stuck {
			v.stuck[t.boot] = append(v.stuck[t.boot], t)
		}
	}
}

func first(reports []int) int {
	if len(reports) == 0 {
		return 1 << 30
	}
	return reports[0]
}

func (v *view) named(i int, t kreport.Task) task {
	b := v.base(i)
	return task{ref: model.TaskRef(b.Boot, t.PID, t.Comm), boot: b.Boot, pid: t.PID, comm: t.Comm, cpu: -1,
		why: headerOf(b), stackFrom: i}
}

func (v *view) learnHung(i int, r *kreport.HungTask) {
	n := v.named(i, r.Task)
	n.state, n.seconds, n.stack = r.State, r.Secs, r.Full
	if r.Workqueue != nil {
		n.wq, n.fn = r.Workqueue.WQ, r.Workqueue.Fn
	}
	t := v.learn(n)
	t.stuck = true
	t.ioWait = t.ioWait || r.IOWait
	t.reports = append(t.reports, i)
	t.history = append(t.history, model.Sighting{Time: r.Time, Seconds: r.Secs, Report: i})
	t.seconds = max(t.seconds, r.Secs)
}

func (v *view) learnDump(i int, d kreport.TaskDump) *task {
	n := v.named(i, kreport.Task{Comm: d.Comm, PID: d.PID})
	n.state, n.stack = d.State, d.Full
	if d.CPU != nil {
		n.cpu = *d.CPU
	}
	if d.Workqueue != nil {
		n.wq, n.fn = d.Workqueue.WQ, d.Workqueue.Fn
	}
	if d.HeadLine > 0 {
		n.why.Locator = lineNo(d.HeadLine)
		n.why.Excerpt = "task:" + d.Comm + " pid:" + itoa(d.PID)
	}
	return v.learn(n)
}

// learn adds what n says to what is known of the task. The stack that says
// most stays: a blocked task does not move, but a later report may be cut.
func (v *view) learn(n task) *task {
	t := v.tasks[n.ref]
	if t == nil {
		v.tasks[n.ref] = &n
		return &n
	}
	if t.comm == "" {
		t.comm = n.comm
	}
	if t.state == "" {
		t.state = n.state
	}
	if t.cpu < 0 {
		t.cpu = n.cpu
	}
	t.seconds = max(t.seconds, n.seconds)
	t.stuck = t.stuck || n.stuck
	if t.fn == "" {
		t.wq, t.fn = n.wq, n.fn
	}
	if telling(n.stack) > telling(t.stack) {
		t.stack, t.stackFrom = n.stack, n.stackFrom
	}
	return t
}

// telling ranks stacks: nothing, some frames, a known wait, and its caller.
func telling(stack []model.Frame) int {
	if len(stack) == 0 {
		return 0
	}
	w := classify(stack)
	switch {
	case w.Known && w.CallerIndex >= 0:
		return 3
	case w.Known || w.CallerIndex >= 0:
		return 2
	}
	return 1
}

// taskOf returns a task by its ref, also one of which nothing is known but
// its ref.
func (v *view) taskOf(r model.Ref) *task {
	if t := v.tasks[r]; t != nil {
		return t
	}
	return &task{ref: r, comm: r.Name(), pid: -1, cpu: -1}
}

// lockName is how a person calls the lock: its class, or its address.
func (v *view) lockName(r model.Ref) string {
	if r.Kind() == model.KindClass {
		return r.Name()
	}
	l, ok := v.locks[r]
	switch {
	case ok && l.Class != "":
		return l.Class.Name()
	case ok && l.Addr != "" && l.In != "":
		return typeWord(l.Type) + " at " + l.Addr + " (" + l.In + ")"
	case ok && l.Addr != "":
		return typeWord(l.Type) + " at " + l.Addr
	}
	// A lock of which only a waiter is known, from hung_task's blocker line.
	if who, ok := strings.CutPrefix(r.Name(), "wanted-by-"); ok {
		return typeWord(l.Type) + " wanted by " + who
	}
	return r.Name()
}

func (v *view) lockInfo(r model.Ref) model.LockInfo {
	l := v.locks[r]
	info := model.LockInfo{Name: v.lockName(r), Type: l.Type}
	if !strings.HasPrefix(l.Addr, "____") {
		info.Addr = l.Addr
	}
	if hs := v.waits.HoldersOf(r); len(hs) == 1 {
		info.Owner = v.taskOf(hs[0].To).name()
	}
	return info
}
