package check

import (
	"strings"
	"testing"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

func confidences(fs []model.Finding) string {
	var out []string
	for i := range fs {
		out = append(out, fs[i].Function+" "+string(fs[i].Confidence))
	}
	return strings.Join(out, ", ")
}

// TestPublicClasses: two drivers that share nothing but a class of the core
// need not ever meet.
func TestPublicClasses(t *testing.T) {
	a, b := lk("port.lock", model.Spinlock, "spin_lock"), lk("tty.lock", model.Spinlock, "spin_lock")
	orders := []srcfact.Order{order("f", "a.c", 10, a, b, srcfact.RelSame), order("g", "b.c", 20, b, a, srcfact.RelSame)}
	for file, want := range map[string]string{"": "f high", "drivers/x/x.h": "f high", "include/linux/port.h": "f medium", "arch/x86/include/asm/p.h": "f medium"} {
		s := &srcfact.Facts{Orders: orders, Classes: []srcfact.Class{{Ref: a.Class, File: file}}}
		if got := confidences(Source(t.Context(), nil, s, nil)); got != want {
			t.Errorf("declared in %q: %s, want %s", file, got, want)
		}
	}
}

// TestHolderAndHandlerOfOneDriver: of several handlers that of the holder's
// own file is shown, and softirqs add nothing where hardirqs are the problem.
func TestHolderAndHandlerOfOneDriver(t *testing.T) {
	l := spinLock("spin_lock")
	far := use(t, "far", "2", l, model.Hardirq, false, model.High)
	for i := range far.Path {
		far.Path[i].File = "drivers/far.c"
	}
	tx := use(t, "tx", "1", l, model.Hardirq, true, model.High)
	soft := use(t, "tx", "1", l, model.Softirq, true, model.High)
	s := &srcfact.Facts{Uses: []srcfact.Use{far, tx, use(t, "near", "2", l, model.Hardirq, false, model.High), soft, use(t, "poll", "2", l, model.Softirq, false, model.High)}}
	fs := Source(t.Context(), nil, s, nil)
	if len(fs) != 1 || !strings.Contains(fs[0].Title, "in a hardirq in near()") || fs[0].Confidence != model.High {
		t.Errorf("%+v", fs)
	}
	s.Uses = []srcfact.Use{far, tx}
	if got := confidences(Source(t.Context(), nil, s, nil)); got != "tx medium" {
		t.Errorf("of another file: %s", got)
	}
}

// TestSleepGroups: what many functions reach is one finding.
func TestSleepGroups(t *testing.T) {
	l := spinLock("spin_lock")
	reach := func(fn string, line int) srcfact.Slip {
		return srcfact.Slip{Kind: srcfact.SlipSleep, Locks: []srcfact.Lock{l}, Confidence: model.High, Path: []srcfact.Step{
			stepAt(srcfact.StepAcquire, fn, "a.c", line, l), stepAt(srcfact.StepCall, fn, "a.c", line+1, "get"), stepAt(srcfact.StepSleep, "get", "a.c", 5, "pm_runtime_get_sync()")}}
	}
	s := &srcfact.Facts{Slips: []srcfact.Slip{reach("a", 10), reach("b", 20), reach("c", 30)}}
	if fs := Source(t.Context(), nil, s, nil); len(fs) != 3 {
		t.Errorf("three functions: %d findings", len(fs))
	}
	s.Slips = append(s.Slips, reach("d", 40))
	fs := Source(t.Context(), nil, s, nil)
	if len(fs) != 1 || fs[0].Function != "a" || !strings.Contains(fs[0].Explanation, "from 3 other functions: b(), c() and d()") {
		t.Fatalf("four functions: %+v", fs)
	}
	wholeFinding(t, &fs[0])
	if n := len(fs[0].Locations); n != 9 {
		t.Errorf("%d places, want 9", n)
	}
}

// TestOddOrder: the order that few functions make is the one to look at, with
// all that make it.
func TestOddOrder(t *testing.T) {
	a, b := mutexLock(), lk("bus_lock", model.Mutex, "mutex_lock")
	deep := order("odd", "a.c", 50, b, a, srcfact.RelSame)
	deep.Depth = 2
	s := &srcfact.Facts{Orders: []srcfact.Order{order("f", "a.c", 10, a, b, srcfact.RelSame), order("g", "a.c", 20, a, b, srcfact.RelSame), order("h", "a.c", 30, a, b, srcfact.RelSame),
		deep, order("odd2", "b.c", 60, b, a, srcfact.RelSame)}}
	fs := Source(t.Context(), nil, s, nil)
	if got := confidences(fs); got != "odd2 high" {
		t.Fatalf("got %s", got)
	}
	if last := fs[0].Locations[len(fs[0].Locations)-1]; last.Function != "odd" {
		t.Errorf("last place %+v", last)
	}
}

// TestManyHolders: what many functions do is rarely wrong in each of them.
func TestManyHolders(t *testing.T) {
	l := spinLock("spin_lock")
	s := &srcfact.Facts{Uses: []srcfact.Use{use(t, "handler", "2", l, model.Hardirq, false, model.High)}}
	for _, fn := range []string{"a", "b", "c", "d"} {
		s.Uses = append(s.Uses, use(t, fn, "1", l, model.Hardirq, true, model.High))
	}
	if got := confidences(Source(t.Context(), nil, s, nil)); got != "a medium, b medium, c medium, d medium" {
		t.Errorf("got %s", got)
	}
}

// TestSmallerCyclesFirst: a ring with an inverted pair in it is that pair.
func TestSmallerCyclesFirst(t *testing.T) {
	a, b, c := mutexLock(), lk("bus_lock", model.Mutex, "mutex_lock"), lk("tx.lock", model.Mutex, "mutex_lock")
	s := &srcfact.Facts{Orders: []srcfact.Order{order("f", "a.c", 10, a, b, srcfact.RelSame), order("g", "a.c", 20, b, a, srcfact.RelSame),
		order("h", "a.c", 30, b, c, srcfact.RelSame), order("i", "a.c", 40, c, a, srcfact.RelSame)}}
	if fs := Source(t.Context(), nil, s, nil); len(fs) != 1 || len(fs[0].Locks) != 2 {
		t.Errorf("%s", confidences(fs))
	}
}
