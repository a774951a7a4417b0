package check

import (
	"strings"
	"testing"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func TestKnownClasses(t *testing.T) {
	for _, c := range classes() {
		if c.names == "" || c.fix.Title == "" || c.fix.Detail == "" || len(c.sources) == 0 {
			t.Errorf("%q: a part is missing", c.names)
		}
	}
	for name, want := range map[string]string{
		"fs_reclaim": "reclaim", "&q->q_usage_counter(io)#55": "frozen", "sk_lock-AF_INET6": "socket lock", "rtnl_mutex": "rtnl_mutex",
		"console_owner": "print", "&mm->mmap_lock#2": "user memory", "(wq_completion)events": "whole workqueue", "sb_writers#3": "freeze",
		"kn->active#12": "attribute", "cpu_hotplug_lock": "outermost", "&syncp->seq#2": "statistics", "&dev->mutex": "probe",
		"&x->lock": "", "fs_reclaim_count": "", "my_rtnl_mutex": "",
	} {
		c, ok := knownClass(name)
		if ok != (want != "") || !strings.Contains(c.fix.Title, want) {
			t.Errorf("%s: %q", name, c.fix.Title)
		}
	}
}

// TestClassAdvice: a cycle through well-known classes gets their cures, after
// the one for this very cycle, and says how each class is taken.
func TestClassAdvice(t *testing.T) {
	w := newWorld()
	w.splat([]string{"&q->elevator_lock", "fs_reclaim", "&q->q_usage_counter(io)#5"},
		[]string{"lock_acquire __mutex_lock f_elv", "lock_acquire fs_reclaim_acquire kmem_cache_alloc f_alloc", "lock_acquire f_queue"})
	f := one(t, w.run(t), "lock-order-inversion")
	if len(f.Fix) < 3 || !strings.Contains(f.Fix[0].Detail, "memalloc_noio_save") || !strings.Contains(f.Fix[1].Detail, "frozen section") {
		t.Errorf("%+v", f.Fix)
	}
	for _, x := range f.Fix {
		if strings.Contains(x.Title, "Annotate") {
			t.Errorf("these classes have nothing to annotate: %s", x.Title)
		}
	}
	var does []string
	for _, m := range f.Interleaving {
		does = append(does, m.Does)
	}
	wantContains(t, "interleaving", strings.Join(does, "\n"), "uses the queue of &q->q_usage_counter(io)#5", "reclaims memory (fs_reclaim)", "mutex_lock(&q->elevator_lock)")
}

// TestHeldMode: how a lock is held is not said where the report does not.
func TestHeldMode(t *testing.T) {
	for _, tt := range []struct{ op, want string }{{"rlock", "down_read(a)"}, {"lock", "down_read(a) or down_write(a)"}} {
		w := newWorld()
		i := w.splat([]string{"b", "a"}, []string{"lock_acquire down_write f_r", "lock_acquire down_write f_w"})
		w.f.Reports[i].(*kreport.Lockdep).Scenario = []kreport.ScenarioStep{{Op: tt.op, Lock: "a"}}
		f := one(t, w.run(t), "lock-order-inversion")
		if got := f.Interleaving[0].Does; got != tt.want {
			t.Errorf("%s: %q", tt.op, got)
		}
		if f.Function != "f_r" {
			t.Errorf("function %q is not that of the proof", f.Function)
		}
	}
}

// TestWaitIsToBlame: where one of two steps is a wait for code, the waiter is
// the function to look at, whichever step lockdep saw last.
func TestWaitIsToBlame(t *testing.T) {
	for _, last := range []bool{true, false} {
		w := newWorld()
		classes, stacks := []string{"(work_completion)(&x->w)", "lock_a"}, []string{"lock_acquire __flush_work f_close", "lock_acquire __mutex_lock f_work"}
		if !last {
			classes, stacks = []string{classes[1], classes[0]}, []string{stacks[1], stacks[0]}
		}
		w.splat(classes, stacks)
		f := one(t, w.run(t), "lock-order-inversion")
		if f.Function != "f_close" {
			t.Errorf("look at %s()", f.Function)
		}
		wantContains(t, "title", f.Title, "f_close() waits for (work_completion)(&x->w) while holding lock_a")
	}
}

// TestNMI: an NMI cannot be turned off, so the usual cure is none.
func TestNMI(t *testing.T) {
	w := newWorld()
	st := stackOf("lock_acquire _raw_spin_lock f_nmi nmi_handle")
	w.add(&kreport.Lockdep{ReportBase: w.base("lockdep-inconsistent", "WARNING: inconsistent lock state"), UsageFrom: "INITIAL USE", UsageTo: "IN-NMI",
		Acquiring: &kreport.Lock{Lock: "log_lock", Func: "f_nmi+0x1/0x2"}, Backtrace: &st})
	f := one(t, w.run(t), "irq-unsafe-lock")
	wantContains(t, "title", f.Title, "taken in an NMI in f_nmi()")
	for _, x := range f.Fix {
		if strings.Contains(x.Title+x.Detail, "with the interrupt off") || strings.Contains(x.Detail, "spin_lock_irqsave") {
			t.Errorf("advice that does not help: %+v", x)
		}
	}
	if f.Verdict != model.CouldDeadlock {
		t.Error(f.Verdict)
	}
}
