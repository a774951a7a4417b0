package check

import (
	"testing"

	"gordian/internal/model"
)

// dumped is a world that a crash dump shows, with facts and no reports.
type dumped struct{ *world }

func newDump() *dumped {
	d := &dumped{newWorld()}
	d.f.Inputs = []model.Input{{Path: "vmcore", Kind: model.InputCore}}
	return d
}

func (d *dumped) because(text string, derived bool) []model.Provenance {
	return []model.Provenance{{Locator: "0xffff888100000000", Excerpt: text, Derived: derived}}
}

// sleeper adds a task that is blocked in stack; seconds > 0: for too long.
func (d *dumped) sleeper(comm string, pid int, state string, stuck bool, stack string) model.Ref {
	r := d.task(comm, pid)
	d.f.Tasks = append(d.f.Tasks, model.Task{Ref: r, Boot: d.boot, PID: pid, Comm: comm, State: state, CPU: 1, Stuck: stuck, Stack: fr(stack + " kthread"), Why: d.because("task_struct of "+comm, false)[0]})
	return r
}

func (d *dumped) wants(t, l model.Ref) {
	d.f.Edges = append(d.f.Edges, model.Edge{Kind: model.Waits, From: t, To: l, Mode: model.Write, Why: d.because("waiter", false)})
}

func (d *dumped) has(l, t model.Ref, e model.Edge) {
	e.Kind, e.From, e.To, e.Mode = model.HeldBy, l, t, model.Write
	if e.Why == nil {
		e.Why = d.because("owner", e.Agreed || e.Unsure)
	}
	d.f.Edges = append(d.f.Edges, e)
}

const inSem = "__schedule schedule schedule_timeout __down_common down "

func TestDumpInferredHolders(t *testing.T) {
	for _, tt := range []struct {
		name       string
		edge       model.Edge
		confidence model.Confidence
		verdict    model.Verdict
	}{
		{"two signs agree", model.Edge{Agreed: true}, model.High, model.Deadlocked},
		{"one sign", model.Edge{Why: []model.Provenance{{Locator: "0xffffffff81000000", Excerpt: "took it", Derived: true}}}, model.Medium, model.Deadlocked},
		{"on some ways only", model.Edge{Unsure: true}, model.Low, model.Undecided},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDump()
			one1, two := d.sleeper("one", 10, "D", true, inSem+"f@m"), d.sleeper("two", 11, "D", true, inSem+"g@m")
			a, b := d.lock("ff01", "sem_a", model.Semaphore), d.lock("ff02", "sem_b", model.Semaphore)
			d.wants(one1, b)
			d.wants(two, a)
			d.has(a, one1, tt.edge)
			d.has(b, two, tt.edge)
			f := one(t, d.run(t), "deadlock")
			if f.Confidence != tt.confidence || f.Verdict != tt.verdict {
				t.Errorf("%s, %s: %s", f.Confidence, f.Verdict, f.Title)
			}
			if len(f.Missing) == 0 {
				t.Error("what was inferred is said")
			}
		})
	}
}

// That somebody waits for a lock when the dump is taken is no hang.
func TestDumpContention(t *testing.T) {
	d := newDump()
	w, h := d.sleeper("waiter", 10, "D", false, inMutex+"f@m"), d.sleeper("holder", 11, "D", false, "__schedule schedule io_schedule folio_wait_bit_common g")
	l := d.lock("ff01", "lock_a", model.Mutex)
	d.wants(w, l)
	d.has(l, h, model.Edge{})
	if fs := d.run(t); len(fs) != 0 {
		t.Errorf("%s", titles(fs))
	}
}

func TestDumpGoneOwner(t *testing.T) {
	d := newDump()
	w := d.sleeper("waiter", 10, "D", true, inMutex+"f@m")
	l := d.lock("ff01", "lock_a", model.Mutex)
	d.wants(w, l)
	d.f.Gone = append(d.f.Gone, model.Gone{Lock: l, PID: 9, Comm: "owner", Why: d.because("its owner is in no list of tasks: it has exited", false)[0]})
	f := one(t, d.run(t), "orphaned-lock")
	wantContains(t, "title", f.Title, "lock_a, held by owner/9, which has exited")
	if f.Confidence != model.High || f.Verdict != model.Deadlocked || len(f.Tasks) != 2 {
		t.Errorf("%+v", f)
	}
}

func TestDumpOwnerThatNeverReleases(t *testing.T) {
	d := newDump()
	w, h := d.sleeper("waiter", 10, "D", true, inMutex+"f@m"), d.sleeper("holder", 11, "S", false, "__schedule schedule schedule_timeout g@m")
	l := d.lock("ff01", "lock_a", model.Mutex)
	d.wants(w, l)
	d.has(l, h, model.Edge{Never: true})
	f := one(t, d.run(t), "orphaned-lock")
	wantContains(t, "title", f.Title, "1 task waits for lock_a, which holder/11 never releases")
}

func TestDumpLockOfNobody(t *testing.T) {
	d := newDump()
	w := d.sleeper("waiter", 10, "D", true, inSem+"f@m")
	d.wants(w, d.lock("ff01", "sem_a", model.Semaphore))
	f := one(t, d.run(t), "hung-task")
	wantContains(t, "explanation", f.Explanation, "no task of the dump is inside of code that has taken it")
}

// A handler that spins for what it stopped is no recursion of the code.
func TestDumpInterruptOverItsLock(t *testing.T) {
	const spins = "native_queued_spin_lock_slowpath _raw_spin_lock handler@m __hrtimer_run_queues hrtimer_interrupt asm_sysvec_apic_timer_interrupt "
	d := newDump()
	x := d.sleeper("victim", 10, "R", false, spins+"delay_tsc below@m")
	l := d.lock("ff01", "dev_lock", model.Spinlock)
	d.wants(x, l)
	d.has(l, x, model.Edge{Agreed: true, Func: "below"})
	f := one(t, d.run(t), "irq-unsafe-lock")
	wantContains(t, "title", f.Title, "handler() spins in an interrupt for dev_lock, which below() below it holds")
	if f.Confidence != model.High {
		t.Errorf("%s", f.Confidence)
	}
	// Taken by the handler itself, it is one.
	d = newDump()
	x = d.sleeper("victim", 10, "R", false, spins+"delay_tsc below@m")
	l = d.lock("ff01", "dev_lock", model.Spinlock)
	d.wants(x, l)
	d.has(l, x, model.Edge{Agreed: true, Func: "handler"})
	one(t, d.run(t), "recursive-lock")
}

// What the log of the dump said earlier does not count against its memory.
func TestDumpOverridesItsLog(t *testing.T) {
	d := newDump()
	d.sleeper("running", 12, "R", false, "f@m")
	a, b := d.lock("ff01", "lock_a", model.Mutex), d.lock("ff02", "lock_b", model.Mutex)
	x, y := d.task("x", 10), d.task("y", 11)
	d.waits(x, b, "blocked on a mutex", false)
	d.waits(y, a, "blocked on a mutex", false)
	d.held(a, x)
	d.held(b, y)
	if fs := d.run(t); len(fs) != 0 {
		t.Errorf("%s", titles(fs))
	}
}
