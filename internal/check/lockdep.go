package check

import (
	"slices"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

// lockdepReports calls fn for the lockdep reports of the given families.
func (v *view) lockdepReports(fn func(i int, r *kreport.Lockdep), families ...string) {
	for _, fam := range families {
		for _, i := range v.families[fam] {
			if r, ok := v.facts.Reports[i].(*kreport.Lockdep); ok {
				fn(i, r)
			}
		}
	}
}

// fromLockdep starts a finding with what every lockdep report has.
func (v *view) fromLockdep(rule string, i int, r *kreport.Lockdep) model.Finding {
	f := v.fromReport(rule, i)
	f.Verdict = model.CouldDeadlock
	if t := r.Task; t != nil {
		info := model.TaskInfo{PID: t.PID, Comm: t.Comm}
		if r.Held != nil {
			info.Holds = heldNames(r.Held)
		}
		if r.Acquiring != nil {
			info.WaitsFor = r.Acquiring.Lock
		}
		if r.Backtrace != nil {
			info.Stack = frames(r.Backtrace.Full)
		}
		f.Tasks = []model.TaskInfo{info}
	}
	if r.Backtrace != nil {
		if fr, n := guilty(r.Backtrace.Full); n >= 0 {
			blame(&f, fr)
		}
	}
	if f.Function == "" {
		for _, l := range []*kreport.Lock{r.Acquiring, r.Lock, r.Holding} {
			if l != nil && l.Func != "" {
				blame(&f, model.Frame{Func: funcName(l.Func), Module: l.Module, File: l.File, Line: l.LineNo})
				break
			}
		}
	}
	truncated(&f, &r.ReportBase)
	return f
}

// subject is the one lock that a report is about.
func subject(r *kreport.Lockdep) *kreport.Lock {
	for _, l := range []*kreport.Lock{r.Lock, r.Acquiring} {
		if l != nil && l.Lock != "" {
			return l
		}
	}
	return nil
}

func heldNames(h *kreport.Held) []string {
	var out []string
	for _, l := range h.Locks {
		out = append(out, l.Lock)
	}
	return uniq(out) // a line that could not be read has no name
}

// funcName cuts offset and size: "f+0x1/0x2" → "f".
func funcName(s string) string {
	fn, _, _ := strings.Cut(s, "+")
	return fn
}

// lockOf is a lock line as a finding shows it.
func lockOf(l *kreport.Lock, typ model.LockType) model.LockInfo {
	info := model.LockInfo{Name: l.Lock, Type: typ}
	if !strings.HasPrefix(l.Addr, "____") {
		info.Addr = l.Addr
	}
	return info
}

// depType guesses the primitive of a class from the stack that took it.
func depType(name string, stack []model.Frame) model.LockType {
	switch {
	case strings.HasPrefix(name, "(work_completion)"), strings.HasPrefix(name, "(wq_completion)"):
		return model.Work
	case strings.Contains(name, "completion"):
		return model.Completion
	}
	return classify(stack).Type
}

// waitClass reports whether a class stands for a wait for code to finish
// rather than for a lock: lockdep maps of work items, workqueues, timers,
// completions and SRCU domains (kernel/workqueue.c, touch_work_lockdep_map();
// kernel/sched/completion.c).
func waitClass(d kreport.Dep) bool {
	switch depType(d.Lock, d.Full) {
	case model.Work, model.Completion, model.Timer, model.SRCU:
		return true
	}
	return false
}

// sortedDeps returns the dependency entries in ascending order.
func sortedDeps(r *kreport.Lockdep) []kreport.Dep {
	ds := slices.Clone(r.Deps)
	slices.SortStableFunc(ds, func(a, b kreport.Dep) int { return a.Idx - b.Idx })
	return ds
}

// circle is the cycle of a circular report as steps: entry #i was taken under
// the class of entry #i-1, and #0, the new one, under that of the last
// (print_circular_bug() walks the chain in reverse).
type circle struct {
	deps  []kreport.Dep
	types []model.LockType
}

func circleOf(r *kreport.Lockdep) circle {
	c := circle{deps: sortedDeps(r)}
	if len(c.deps) < 2 && r.Acquiring != nil && r.Holding != nil {
		// A cut report: the header alone says which two classes it is about.
		c.deps = []kreport.Dep{{Idx: 0, Lock: r.Acquiring.Lock, HeadLine: r.Acquiring.LogLine},
			{Idx: 1, Lock: r.Holding.Lock, HeadLine: r.Holding.LogLine}}
	}
	for _, d := range c.deps {
		c.types = append(c.types, depType(d.Lock, d.Full))
	}
	return c
}

// names returns the classes in the order of the cycle, #0 first.
func (c circle) names() []string {
	var out []string
	for _, d := range c.deps {
		out = append(out, d.Lock)
	}
	return out
}

// path is the cycle as proof, starting with what the report's task did: held
// the last class and asked for #0.
func (c circle) path(input int) []model.PathStep {
	n := len(c.deps)
	if n < 2 {
		return nil
	}
	var out []model.PathStep
	for i, d := range c.deps {
		from := c.deps[(i+n-1)%n]
		s := model.PathStep{Kind: model.Before, From: from.Lock, To: d.Lock, Mode: model.Write,
			Why: []model.Provenance{{Input: input, Locator: lineNo(d.HeadLine), Excerpt: depLine(d)}}}
		if g, k := guilty(d.Full); k >= 0 {
			s.At = at(g)
		}
		if w := classify(d.Full); w.Mode != "" {
			s.Mode = w.Mode
		}
		out = append(out, s)
	}
	return out
}

func depLine(d kreport.Dep) string {
	s := "-> #" + itoa(d.Idx) + " (" + d.Lock + ")"
	if d.Usage != "" {
		s += "{" + d.Usage + "}"
	}
	return s
}

// taker names the function that took entry i under the one before it, or "".
func (c circle) taker(i int) string { return guiltyName(c.deps[i].Full) }

// interleaving plays the cycle on one CPU per entry: each holds the class
// before its own, then all ask for the next.
func (c circle) interleaving(r *kreport.Lockdep) []model.Moment {
	n := len(c.deps)
	if n < 2 {
		return nil
	}
	// The path that completed the cycle is CPU0.
	var out []model.Moment
	for i := range n {
		prev := (i + n - 1) % n
		note := "now held"
		if fn := c.taker(i); fn != "" {
			note += "; on the way to " + fn + "()"
		}
		out = append(out, model.Moment{Actor: cpuName(i), Does: holdCall(c.types[prev], c.heldMode(r, prev), c.deps[prev].Lock), Note: note})
	}
	for i, d := range c.deps {
		out = append(out, model.Moment{Actor: cpuName(i), Does: askCall(c.types[i], classify(d.Full).Mode, d.Lock),
			Note: "waits for ever: " + d.Lock + " is held by " + cpuName((i+1)%n)})
	}
	return out
}

// heldMode is how entry i is held by the path that asks for the next, "" if
// unknown: its own stack shows another path. Only for the report's task does
// the scenario of newer kernels tell: rlock() is a reader
// (print_circular_lock_scenario()).
func (c circle) heldMode(r *kreport.Lockdep, i int) model.Mode {
	if i == len(c.deps)-1 && len(r.Scenario) > 0 && r.Scenario[0].Op == "rlock" && r.Scenario[0].Lock == c.deps[i].Lock {
		return model.Read
	}
	return ""
}

func cpuName(i int) string { return "CPU" + itoa(i) }

// askCall is how a class is asked for.
func askCall(t model.LockType, m model.Mode, name string) string {
	if c, ok := knownClass(name); ok && c.take != "" {
		return callText(c.take, name)
	}
	return call(t, m, name)
}

// callText prints a call, or words in front of a name.
func callText(text, name string) string {
	switch {
	case name == "fs_reclaim":
		return text + " (" + name + ")"
	case strings.Contains(text, " "):
		return text + " " + name
	}
	return text + "(" + name + ")"
}

// holdCall is how a class is entered: running a work function holds its map.
// Where the mode of a holder is unknown both calls are named.
func holdCall(t model.LockType, m model.Mode, name string) string {
	if c, ok := knownClass(name); ok && c.hold+c.take != "" {
		return callText(pick(c.hold != "", c.hold, c.take), name)
	}
	switch t {
	case model.Work:
		return "runs the work of " + name
	case model.Timer:
		return "runs the timer function of " + name
	case model.Completion:
		return "is to call complete() for " + name
	case model.SRCU:
		return "srcu_read_lock(" + name + ")"
	case model.RWSem, model.RWLock, model.PercpuRWSem:
		if m == "" {
			return call(t, model.Read, name) + " or " + call(t, model.Write, name)
		}
	}
	return call(t, m, name)
}

// scenario turns "Possible unsafe locking scenario" into moments.
func scenario(steps []kreport.ScenarioStep) []model.Moment {
	var out []model.Moment
	for k, s := range steps {
		m := model.Moment{Actor: "CPU0"}
		if s.CPU != nil {
			m.Actor = cpuName(*s.CPU)
		}
		if s.IRQ != nil && *s.IRQ {
			m.Actor = "interrupt on " + m.Actor
		}
		switch {
		case s.Interrupt:
			m.Does = "an interrupt arrives"
			m.Note = "the code it stops still holds its locks"
		case s.Op == "local_irq_disable":
			m.Does = "local_irq_disable()"
		default:
			m.Does = s.Op + "(" + s.Lock + ")"
		}
		if k == len(steps)-1 {
			m.Note = "waits for ever"
		}
		out = append(out, m)
	}
	return out
}
