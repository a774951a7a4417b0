package check

import (
	"cmp"
	"slices"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

// cpuSeen is what one CPU was doing when a report about lockups or stalls
// looked at it.
type cpuSeen struct {
	report int
	boot   model.Boot
	cpu    int // -1 if unknown
	pid    int
	comm   string
	stack  []model.Frame
	wait   kstack.Wait
	addr   string // of the lock it spins for, from a register, or ""
	why    model.Provenance
}

func (c *cpuSeen) actor() string {
	if c.cpu < 0 {
		return label(c.comm, c.pid)
	}
	return cpuName(c.cpu)
}

func (c *cpuSeen) spins() bool { return c.wait.Known && c.wait.Spinning && isSpin(c.wait.Type) }

func isSpin(t model.LockType) bool {
	return t == model.Spinlock || t == model.RWLock || t == model.RawSpinlock
}

// contexts returns the CPU states that a report holds.
func (v *view) contexts(i int) []cpuSeen {
	var cs []kreport.CPUContext
	var cpu *int
	switch r := v.facts.Reports[i].(type) {
	case *kreport.Lockup:
		cs, cpu = r.Contexts, r.CPU
	case *kreport.RCUStall:
		cs = append(slices.Clone(r.Contexts), runningTasks(r)...)
	case *kreport.HungTask:
		cs = r.Contexts
	case *kreport.LocksDump:
		cs = r.Contexts
	default:
		return nil
	}
	b := v.base(i)
	var out []cpuSeen
	for k, c := range cs {
		if c.CPU == nil && k == 0 && cpu != nil {
			c.CPU = cpu
		}
		out = append(out, newCPUSeen(b, i, c))
	}
	return out
}

// runningTasks are the tasks of a stall's task dump that run: what the stalled
// CPUs were doing, on kernels that send no NMI for it. The grace-period thread,
// whose comm is the flavor, is dumped for another reason: it was starved.
func runningTasks(r *kreport.RCUStall) []kreport.CPUContext {
	var out []kreport.CPUContext
	for _, t := range r.Tasks {
		if t.State != "R" || t.Comm == r.Flavor || slices.ContainsFunc(r.Contexts, func(c kreport.CPUContext) bool { return c.PID == t.PID && len(c.Stack.Full) > 0 }) {
			continue
		}
		c := kreport.CPUContext{CPU: t.CPU, PID: t.PID, Comm: t.Comm, Running: true, Stack: t.Stack, HeadLine: t.HeadLine}
		if c.CPU == nil && len(r.CPUs) == 1 && len(r.Tasks) == 1 {
			c.CPU = &r.CPUs[0]
		}
		out = append(out, c)
	}
	return out
}

func newCPUSeen(b *model.ReportBase, i int, c kreport.CPUContext) cpuSeen {
	s := cpuSeen{report: i, boot: b.Boot, cpu: -1, pid: c.PID, comm: c.Comm, why: headerOf(b)}
	if c.CPU != nil {
		s.cpu = *c.CPU
	}
	if c.HeadLine > 0 {
		s.why.Locator = lineNo(c.HeadLine)
		s.why.Excerpt = "CPU: " + itoa(s.cpu) + " PID: " + itoa(c.PID) + " Comm: " + c.Comm
	}
	s.stack = c.Stack.Full
	// The function that the CPU was in stands in RIP, not in the trace.
	if rip := funcName(c.RIP); rip != "" && !slices.ContainsFunc(s.stack, func(f model.Frame) bool { return f.Func == rip }) {
		s.stack = append([]model.Frame{{Func: rip}}, s.stack...)
	}
	var below int
	s.wait, below = classifyBelow(s.stack)
	if below == 0 {
		s.addr = spinAddr(c.Stack.Regs, s.stack)
	} else {
		s.addr = spinAddr(c.Stack.Interrupted, s.stack[below:])
	}
	return s
}

// classifyBelow says what a CPU waits for. One that spins with interrupts on
// may be seen in an interrupt that only passes through, the tick of all: then
// what it interrupted counts.
// The second result is the index of the frame that it begins at.
func classifyBelow(stack []model.Frame) (kstack.Wait, int) {
	w := classify(stack)
	if w.Known {
		return w, 0
	}
	i := slices.IndexFunc(stack, isEntry)
	for i >= 0 && i+1 < len(stack) && isEntry(stack[i+1]) {
		i++ // entry code is several functions
	}
	if i < 0 {
		return w, 0
	}
	below := classify(stack[i+1:])
	if !below.Known || !below.Spinning {
		return w, 0
	}
	if below.CallerIndex >= 0 {
		below.CallerIndex += i + 1
	}
	return below, i + 1
}

func isEntry(f model.Frame) bool { return !f.Unreliable && kstack.IsInterruptEntry(f.Func) }

// spinAddr reads the address of the lock from the register that holds the
// first argument (System V ABI, x86-64). native_queued_spin_lock_slowpath()
// keeps it there while it spins.
func spinAddr(regs map[string]string, stack []model.Frame) string {
	if len(stack) == 0 || !strings.HasSuffix(kstack.Base(stack[0].Func), "queued_spin_lock_slowpath") {
		return ""
	}
	a := strings.ToLower(regs["RDI"])
	if len(a) != 16 || !strings.HasPrefix(a, "ff") { // with five-level paging the heap is below ffff
		return ""
	}
	return a
}

// spinners returns the CPUs of each boot that spin for a lock, each CPU and
// place once, in the order of the log.
func (v *view) spinners() map[model.Boot][]cpuSeen {
	out := map[model.Boot][]cpuSeen{}
	for b, cs := range v.cpusSeen() {
		for _, c := range cs {
			if c.spins() {
				out[b] = append(out[b], c)
			}
		}
	}
	return out
}

// cpusSeen returns what the CPUs of each boot were doing, each CPU and place
// once, in the order of the log.
func (v *view) cpusSeen() map[model.Boot][]cpuSeen {
	type key struct {
		boot model.Boot
		cpu  int
		pid  int
		at   site
		spin bool
	}
	seen := map[key]bool{}
	out := map[model.Boot][]cpuSeen{}
	var idx []int
	for _, fam := range []string{"soft-lockup", "hard-lockup", "csd-lockup", "rcu-stall", "hung-task", "locks-dump"} {
		idx = append(idx, v.families[fam]...)
	}
	for _, i := range v.families["nmi-panic"] {
		if v.standsStill(i) { // else what spins there may do so for a moment
			idx = append(idx, i)
		}
	}
	slices.Sort(idx)
	for _, i := range idx {
		for _, c := range v.contexts(i) {
			k := key{c.boot, c.cpu, c.pid, siteOf(c.wait.Caller), c.spins()}
			if !seen[k] {
				seen[k] = true
				out[c.boot] = append(out[c.boot], c)
			}
		}
	}
	return out
}

func sortedBoots(m map[model.Boot][]cpuSeen) []model.Boot {
	var bs []model.Boot
	for b := range m {
		bs = append(bs, b)
	}
	slices.SortFunc(bs, func(a, b model.Boot) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	return bs
}

// spinCycles looks for CPUs of one module that spin at different places for
// different locks at the same time.
func (v *view) spinCycles() []model.Finding {
	all := v.spinners()
	var out []model.Finding
	for _, b := range sortedBoots(all) {
		groups := map[string][]cpuSeen{}
		var mods []string
		for _, c := range all[b] {
			mod := c.wait.Caller.Module
			if mod == "" || interrupted(c.stack, c.wait.CallerIndex).Func != "" {
				continue
			}
			if len(groups[mod]) == 0 {
				mods = append(mods, mod)
			}
			groups[mod] = append(groups[mod], c)
		}
		for _, mod := range mods {
			if f, ok := v.spinCycle(mod, groups[mod]); ok && !v.proven(b, groups[mod]...) {
				out = append(out, f)
			}
		}
	}
	return out
}

// proven reports whether a dump of that boot shows one of these CPUs' tasks in
// a deadlock: then there is nothing to guess from the log.
func (v *view) proven(b model.Boot, cs ...cpuSeen) bool {
	if !v.dumped[b] {
		return false
	}
	for i := range v.hangs {
		f := &v.hangs[i]
		if f.Boot != b || f.Verdict != model.Deadlocked {
			continue
		}
		for _, t := range f.Tasks {
			if slices.ContainsFunc(cs, func(c cpuSeen) bool { return c.pid == t.PID && c.comm == t.Comm }) {
				return true
			}
		}
	}
	return false
}

func (v *view) spinCycle(mod string, cs []cpuSeen) (model.Finding, bool) {
	var pair []cpuSeen
	for _, c := range cs {
		if len(pair) == 0 || (c.cpu != pair[0].cpu && siteOf(c.wait.Caller) != siteOf(pair[0].wait.Caller) && v.closeBy(pair[0].report, c.report)) {
			pair = append(pair, c)
		}
		if len(pair) == 2 {
			break
		}
	}
	if len(pair) < 2 || (pair[0].addr != "" && pair[0].addr == pair[1].addr) {
		return model.Finding{}, false // one lock: its holder is somebody else
	}
	a, b := pair[0], pair[1]
	f := v.finding("deadlock")
	f.Status, f.Verdict, f.Confidence = model.Actual, model.Undecided, model.Low
	f.Boot = a.boot
	la, lb := v.spinLock(a), v.spinLock(b)
	fa, fb := a.wait.Caller.Func, b.wait.Caller.Func
	f.Title = "may be a spinlock deadlock between " + a.actor() + inFn(fa) + " and " + b.actor() + inFn(fb)
	f.Explanation = a.actor() + " spins for " + la + inFn(fa) + ", and " + b.actor() + " for " + lb + inFn(fb) + ", both in [" + mod + "]. If each holds the lock that the other spins for, both spin for ever."
	if a.addr != "" && b.addr != "" {
		f.Confidence = model.Medium
		f.Explanation += " The registers show that they spin for different locks, which is what an inversion looks like."
	}
	if ea, eb := v.spinEdge(a), v.spinEdge(b); ea != nil && eb != nil && ea.From == eb.To && eb.From == ea.To {
		f.Verdict, f.Confidence = model.Deadlocked, pickConf(model.Medium, staticName(ea.From.Name()) && staticName(eb.From.Name()))
		f.Explanation = a.actor() + " spins for " + ea.To.Name() + inFn(fa) + " while it holds " + ea.From.Name() + ", and " + b.actor() + " spins for " + eb.To.Name() + inFn(fb) + " while it holds " + eb.From.Name() +
			": lockdep reported these two orders, at these very places in the code."
		f.Title = a.actor() + inFn(fa) + " and " + b.actor() + inFn(fb) + " spin for each other's lock"
		f.Path = []model.PathStep{
			{Kind: model.Waits, From: a.actor(), To: ea.To.Name(), Mode: model.Write, At: at(a.wait.Caller), Why: []model.Provenance{a.why}},
			{Kind: model.HeldBy, From: ea.To.Name(), To: b.actor(), Mode: model.Write, At: at(b.wait.Caller), Why: asDerived(eb.Why)},
			{Kind: model.Waits, From: b.actor(), To: eb.To.Name(), Mode: model.Write, At: at(b.wait.Caller), Why: []model.Provenance{b.why}},
			{Kind: model.HeldBy, From: eb.To.Name(), To: a.actor(), Mode: model.Write, At: at(a.wait.Caller), Why: asDerived(ea.Why)}}
		f.Locks = []model.LockInfo{{Name: ea.To.Name(), Type: a.wait.Type, Addr: a.addr}, {Name: eb.To.Name(), Type: b.wait.Type, Addr: b.addr}}
	} else {
		f.Missing = []string{"Which locks each CPU holds: lockdep (CONFIG_PROVE_LOCKING) reports the order when both paths have run once; the source shows it too."}
		f.Locks = []model.LockInfo{{Name: la, Type: a.wait.Type, Addr: a.addr}, {Name: lb, Type: b.wait.Type, Addr: b.addr}}
		f.Path = []model.PathStep{
			{Kind: model.Waits, From: a.actor(), To: la, Mode: model.Write, At: at(a.wait.Caller), Why: []model.Provenance{a.why}},
			{Kind: model.Waits, From: b.actor(), To: lb, Mode: model.Write, At: at(b.wait.Caller), Why: []model.Provenance{b.why}}}
	}
	for _, c := range pair {
		addReports(&f, c.report)
		f.Tasks = append(f.Tasks, c.info())
		f.Evidence = append(f.Evidence, c.why)
	}
	f.Time = v.base(f.Reports[0]).Time
	blame(&f, a.wait.Caller)
	f.Fingerprint = model.Fingerprint(f.Rule, append([]string{"spin"}, sortedCopy([]string{fa, fb})...)...)
	return f, true
}

// pickConf is c, raised to what a static lock is worth.
func pickConf(c model.Confidence, static bool) model.Confidence {
	if static {
		return model.High
	}
	return c
}

// spinEdge is the order that lockdep saw at the place where a CPU spins.
func (v *view) spinEdge(c cpuSeen) *model.Edge {
	es := v.ordersAt(c.boot, siteOf(c.wait.Caller))
	if len(es) == 0 {
		return nil
	}
	return &es[0]
}

func (v *view) spinLock(c cpuSeen) string {
	if e := v.spinEdge(c); e != nil {
		return e.To.Name()
	}
	if c.addr != "" {
		return "the " + typeWord(c.wait.Type) + " at " + c.addr
	}
	return article(typeWord(c.wait.Type))
}

func (c *cpuSeen) info() model.TaskInfo {
	info := model.TaskInfo{PID: max(c.pid, 0), Comm: c.comm, State: "R", Stack: frames(c.stack)}
	if c.cpu >= 0 {
		cpu := c.cpu
		info.CPU = &cpu
	}
	if c.wait.Known {
		info.WaitsFor = typeWord(c.wait.Type) + " (" + waitFunc(c.wait) + ")"
	}
	return info
}

// interrupted returns the function that an interrupt stopped, if the stack
// from index i on goes through interrupt entry code.
func interrupted(stack []model.Frame, i int) model.Frame {
	if i < 0 {
		return model.Frame{}
	}
	for k := i + 1; k < len(stack); k++ {
		if !stack[k].Unreliable && kstack.IsInterruptEntry(stack[k].Func) {
			f, _ := guilty(stack[k+1:])
			if kstack.IsThreadBottom(f.Func) {
				return model.Frame{}
			}
			return f
		}
	}
	return model.Frame{}
}
