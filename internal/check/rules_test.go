package check

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"gordian/internal/model"
)

// TestRulesAreDocumented checks that each page says all that a page says, and
// repeats none of the advice that is wrong but common.
func TestRulesAreDocumented(t *testing.T) {
	want := strings.Fields(`deadlock lock-order-inversion recursive-lock irq-unsafe-lock irq-flags-misuse sleep-in-atomic wait-under-lock
		missing-unlock unlock-not-held orphaned-lock spinlock-lockup spinlock-corruption hung-task soft-lockup hard-lockup rcu-stall
		workqueue-lockup rcu-misuse lock-annotation`)
	rules := Rules()
	if len(rules) != len(want) {
		t.Fatalf("%d rules, want %d", len(rules), len(want))
	}
	wrong := regexp.MustCompile(`lockdep=1|sys/kernel/lockdep\b|spinlock:\*|/proc/locks\b|perf record -e .spin`)
	config := regexp.MustCompile(`CONFIG_[A-Z0-9_]+`)
	for i, r := range rules {
		d := r.Doc
		if d.ID != want[i] {
			t.Errorf("rule %d is %s, want %s", i, d.ID, want[i])
		}
		if got, ok := Lookup(d.ID); !ok || got.Doc.Summary != d.Summary || r.Run == nil {
			t.Errorf("%s: Lookup or Run", d.ID)
		}
		if d.Summary == "" || d.What == "" || d.Why == "" || len(d.Fixes) == 0 || len(d.Verify) == 0 || len(d.Sources) == 0 || d.Severity.Rank() == 0 {
			t.Errorf("%s: a part is missing", d.ID)
		}
		if len(d.LogForms) == 0 && d.ID != "irq-flags-misuse" {
			t.Errorf("%s: no log forms", d.ID)
		}
		text := pageText(d)
		if m := wrong.FindString(text); m != "" {
			t.Errorf("%s: wrong advice %q", d.ID, m)
		}
		for _, c := range config.FindAllString(text, -1) {
			if !knownConfig[c] {
				t.Errorf("%s: %s is not in the list of options that are known to exist", d.ID, c)
			}
		}
		for _, f := range d.Fixes {
			if f.Title == "" || f.Detail == "" {
				t.Errorf("%s: fix %q", d.ID, f.Title)
			}
		}
	}
	if _, ok := Lookup("nothing"); ok {
		t.Error("Lookup finds what is not there")
	}
}

func pageText(d Doc) string {
	parts := []string{d.Summary, d.What, d.Why, d.InSource, d.Example, strings.Join(d.Verify, "\n"), strings.Join(d.Sources, "\n")}
	for _, f := range d.Fixes {
		parts = append(parts, f.Title, f.Detail)
	}
	return strings.Join(parts, "\n")
}

// knownConfig are the options that the pages may name, so that a new one is
// looked up before it is added. TestAgainstKernelSource looks all of them up
// in the Kconfig files of a kernel tree.
var knownConfig = set(`CONFIG_PROVE_LOCKING CONFIG_DETECT_HUNG_TASK CONFIG_DETECT_HUNG_TASK_BLOCKER CONFIG_DEBUG_ATOMIC_SLEEP
	CONFIG_PROVE_RAW_LOCK_NESTING CONFIG_DEBUG_PREEMPT CONFIG_PREEMPT_COUNT CONFIG_DEBUG_OBJECTS CONFIG_DEBUG_OBJECTS_FREE
	CONFIG_DEBUG_OBJECTS_WORK CONFIG_DEBUG_OBJECTS_TIMERS CONFIG_FAULT_INJECTION CONFIG_FAILSLAB CONFIG_FUNCTION_ERROR_INJECTION
	CONFIG_DEBUG_MUTEXES CONFIG_DEBUG_RWSEMS CONFIG_DEBUG_SPINLOCK CONFIG_SOFTLOCKUP_DETECTOR CONFIG_HARDLOCKUP_DETECTOR CONFIG_LOCK_STAT
	CONFIG_CSD_LOCK_WAIT_DEBUG CONFIG_RCU_CPU_STALL_TIMEOUT CONFIG_PROVE_RCU CONFIG_PROVE_RCU_LIST CONFIG_WQ_WATCHDOG
	CONFIG_WQ_CPU_INTENSIVE_REPORT CONFIG_KASAN CONFIG_DEBUG_LOCKDEP CONFIG_LOCKDEP_BITS CONFIG_LOCKDEP_CHAINS_BITS
	CONFIG_LOCKDEP_STACK_TRACE_BITS CONFIG_TRACE_IRQFLAGS CONFIG_DEBUG_IRQFLAGS CONFIG_NET_DEV_REFCNT_TRACKER`)

func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	return out
}

func TestEveryRuleRunsOnNothing(t *testing.T) {
	in := newInput(&model.Facts{})
	for _, r := range Rules() {
		if fs := r.Run(t.Context(), in); len(fs) != 0 {
			t.Errorf("%s finds something in nothing: %v", r.Doc.ID, fs)
		}
	}
}

// TestDeterministic: equal facts give equal bytes, however maps are walked.
func TestDeterministic(t *testing.T) {
	build := func() *model.Facts {
		w := newWorld()
		w.splat([]string{"lock_a", "lock_b"}, []string{"lock_acquire __mutex_lock f_two+0x27@m", "lock_acquire __mutex_lock f_one+0x27@m"})
		for i, fn := range strings.Fields("f_one+0x27@m f_two+0x27@m g@n h@n k@o k@o x y z") {
			w.hung("t"+itoa(i), 100+i, inMutex+fn)
		}
		w.hung("io", 200, inIO+"ext4_read")
		w.hung("net", 201, inMutex+"rtnl_lock f")
		lockup(w, "soft-lockup", cpu(1, "a", "native_queued_spin_lock_slowpath _raw_spin_lock f_one+0x1@m", ""))
		lockup(w, "soft-lockup", cpu(2, "b", "native_queued_spin_lock_slowpath _raw_spin_lock f_two+0x2@m", ""))
		return w.f
	}
	want, err := json.Marshal(Run(t.Context(), build()))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		got, err := json.Marshal(Run(t.Context(), build()))
		if err != nil || string(got) != string(want) {
			t.Fatalf("differs: %v\n%s\n%s", err, got, want)
		}
	}
}
