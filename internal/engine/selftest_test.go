package engine

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"gordian/internal/model"
)

// The rows below cover the situations of lib/locking-selftest.c. A row is a
// little program of words "verb:lock"; docs/engine.md maps the rows to the
// kernel's testcases, and TestSelftestDoc keeps the counts there right.

// primitive is one way to take a lock.
type primitive struct {
	name  string // as a verb; "un"+name releases
	typ   model.LockType
	mode  model.Mode
	count int
}

func primitives() []primitive {
	return []primitive{
		{"spin", model.Spinlock, model.Write, 0},
		{"raw", model.RawSpinlock, model.Write, 0},
		{"wlock", model.RWLock, model.Write, 0},
		{"rlock", model.RWLock, model.RecursiveRead, 0},
		{"qrlock", model.RWLock, model.Read, 0}, // queued: not recursive outside of interrupts
		{"mutex", model.Mutex, model.Write, 0},
		{"wsem", model.RWSem, model.Write, 0},
		{"rsem", model.RWSem, model.Read, 0},
		{"rtmutex", model.RTMutex, model.Write, 0},
		{"local", model.LocalLock, model.Write, 0},
		{"rcu", model.RCU, model.RecursiveRead, 0},
		{"srcu", model.SRCU, "", 0},
		{"sem", model.Semaphore, model.Write, 1},
		{"csem", model.Semaphore, model.Write, 2},
		{"ww", model.WWMutex, model.Write, 0},
		{"map", "", model.Write, 0}, // a bare lockdep_map
	}
}

// row is one situation. Kernel is the number of the kernel's testcases that
// it stands for; 0 for situations that the kernel does not test.
type row struct {
	group, name string
	kernel      int
	prog        string
	want        string // what must be found; "" for nothing
}

// parse turns a program into operations of one task, or of the task named by
// a word "task:x".
func parse(t testing.TB, prog string) []Op {
	t.Helper()
	var ops []Op
	task := model.Ref("task:b0:1")
	for _, w := range strings.Fields(prog) {
		verb, arg, _ := strings.Cut(w, ":")
		if verb == "task" {
			task = model.Ref("task:b0:" + arg)
			continue
		}
		op, ok := parseOp(verb, arg)
		if !ok {
			t.Fatalf("unknown word %q", w)
		}
		op.Task, op.Func = task, verb
		ops = append(ops, op)
	}
	return ops
}

// parseOp reads one word. Locks "X1" and "X2" are two instances of class X;
// "/1" is a nesting subclass, "^Y" a nest lock, "@t" an acquire context.
func parseOp(verb, arg string) (Op, bool) {
	plain := map[string]OpKind{"irqoff": IRQOff, "irqon": IRQOn, "bhoff": BHOff, "bhon": BHOn,
		"preemptoff": PreemptOff, "preempton": PreemptOn, "hardirq": EnterHardirq, "unhardirq": LeaveHardirq,
		"softirq": EnterSoftirq, "unsoftirq": LeaveSoftirq, "sleep": Sleep, "user": ReturnToUser, "exit": Exit,
		"irqstatic": EnterHardirq}
	if k, ok := plain[verb]; ok {
		return Op{Kind: k, NotThreaded: verb == "irqstatic"}, true
	}
	var op Op
	arg, ctx, _ := strings.Cut(arg, "@")
	if ctx != "" {
		op.WW = model.Ref("lock:b0:" + ctx)
	}
	arg, nest, _ := strings.Cut(arg, "^")
	if nest != "" {
		op.NestLock = model.Ref("lock:b0:" + nest)
	}
	if strings.HasSuffix(arg, "/1") {
		arg, op.Subclass = arg[:len(arg)-2], 1
	}
	op.Class = model.ClassRef(strings.TrimRight(arg, "0123456789"))
	if arg != "" {
		op.Instance = model.Ref("lock:b0:" + arg)
	}
	ww := map[string]OpKind{"wwinit": WWInit, "wwdone": WWDone, "wwfini": WWFini, "wwbackoff": WWBackoff}
	more := map[string]OpKind{"init": Init, "free": Free, "wait": WaitFor, "complete": Complete, "downgrade": Downgrade}
	if k, ok := ww[verb]; ok {
		op.Kind = k
		return op, true
	}
	if k, ok := more[verb]; ok {
		op.Kind, op.Type = k, model.Completion
		return op, true
	}
	return lockOp(verb, op)
}

func lockOp(verb string, op Op) (Op, bool) {
	op.Kind = Acquire
	if v, ok := strings.CutPrefix(verb, "try"); ok {
		verb, op.Try = v, true
	}
	if v, ok := strings.CutPrefix(verb, "slow"); ok {
		verb, op.Slow = v, true
	}
	if v, ok := strings.CutPrefix(verb, "un"); ok {
		verb, op.Kind = v, Release
	}
	for _, p := range primitives() {
		if p.name == verb {
			op.Type, op.Mode, op.Count = p.typ, p.mode, p.count
			return op, true
		}
	}
	return op, false
}

// judge replays a program and names all that is found.
func judge(t testing.TB, prog string) []string {
	t.Helper()
	m := NewMachine(Config{RawLockNesting: true})
	for _, op := range parse(t, prog) {
		m.Do(op)
	}
	var got []string
	for _, v := range m.Violations() {
		got = append(got, string(v.Kind))
	}
	g := NewOrderGraph(m.Facts())
	for _, c := range g.Cycles() {
		got = append(got, fmt.Sprintf("inversion-%d", len(c.Classes)))
	}
	for _, c := range g.IRQConflicts() {
		kind := "inconsistent-"
		if len(c.Path) > 0 {
			kind = "unsafe-"
		}
		got = append(got, kind+string(c.Context))
	}
	slices.Sort(got)
	return slices.Compact(got)
}

func TestSelftest(t *testing.T) {
	rows := selftestRows()
	for _, r := range rows {
		t.Run(r.group+"/"+r.name, func(t *testing.T) {
			got := judge(t, r.prog)
			ok := len(got) == 0
			if r.want != "" {
				ok = slices.Contains(got, r.want)
			}
			if !ok {
				t.Errorf("%s\n got %q\nwant %q", r.prog, got, r.want)
			}
		})
	}
}

// TestSelftestDoc checks the counts in docs/engine.md.
func TestSelftestDoc(t *testing.T) {
	doc, err := os.ReadFile("../../docs/engine.md")
	if err != nil {
		t.Fatal(err)
	}
	type count struct{ rows, kernel int }
	groups := map[string]*count{}
	var order []string
	var all count
	for _, r := range selftestRows() {
		c := groups[r.group]
		if c == nil {
			c = &count{}
			groups[r.group] = c
			order = append(order, r.group)
		}
		c.rows++
		c.kernel += r.kernel
		all.rows++
		all.kernel += r.kernel
	}
	for _, name := range order {
		line := fmt.Sprintf("| %s | %d | %d |", name, groups[name].rows, groups[name].kernel)
		if !strings.Contains(string(doc), line) {
			t.Errorf("docs/engine.md lacks %q", line)
		}
	}
	if line := fmt.Sprintf("| all | %d | %d |", all.rows, all.kernel); !strings.Contains(string(doc), line) {
		t.Errorf("docs/engine.md lacks %q", line)
	}
}
