package check

import (
	"testing"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

func TestSeconds(t *testing.T) {
	for _, pair := range [][2]string{{"100.5", "160.500000"}, {"[  12.000000@3]", "72.0"}, {"Thu Jun 12 11:01:33 2025", "Thu Jun 12 11:02:33 2025"},
		{"Nov 07 09:12:34", "Nov  7 09:13:34"}, {"2025-06-12T11:01:33,123456+02:00", "2025-06-12T11:02:33.123456+02:00"}, {"01:47:20", "01:48:20"}} {
		a, okA := seconds(pair[0])
		b, okB := seconds(pair[1])
		if d := b - a; !okA || !okB || d < 59.99 || d > 60.01 {
			t.Errorf("%q, %q: %v %v, %v", pair[0], pair[1], okA, okB, d)
		}
	}
	if _, ok := seconds("soon"); ok {
		t.Error("reads what is no time")
	}
}

// crossed are two tasks, each reported at its own time as blocked on a mutex
// of the other.
func crossed(timeA, timeB, primitive string) *world {
	w := newWorld()
	w.hung("one", 10, inMutex+"f_one@m")
	w.hung("two", 11, inMutex+"f_two@m")
	for i, s := range []string{timeA, timeB} {
		w.f.Reports[i].(*kreport.HungTask).Time = s
	}
	typ := model.LockType(primitive)
	for i, s := range []string{"one", "two"} {
		l := model.LockRef(w.boot, "wanted-by-"+s)
		w.f.Locks = append(w.f.Locks, model.Lock{Ref: l, Boot: w.boot, Type: typ})
		w.line = w.f.Reports[i].Base().Line + 1
		w.waits(w.task(s, 10+i), l, "blocked on a "+primitive, false)
		w.held(l, w.task([]string{"two", "one"}[i], 11-i))
	}
	return w
}

// TestTimesApart: waits of different times are no cycle, and the last holder
// of a semaphore is a guess; neither may be called a deadlock for certain.
func TestTimesApart(t *testing.T) {
	tests := []struct {
		a, b, primitive string
		verdict         model.Verdict
		confidence      model.Confidence
	}{
		{"1000.0", "1000.1", "mutex", model.Deadlocked, model.High},
		{"1000.0", "1119.0", "mutex", model.Deadlocked, model.High},
		{"1000.0", "90000.0", "mutex", model.Undecided, model.Low},
		{"90000.0", "1000.0", "mutex", model.Undecided, model.Low},
		{"Nov 07 09:12:34", "Nov 08 09:12:34", "mutex", model.Undecided, model.Low},
		{"1000.0", "1000.1", "semaphore", model.Undecided, model.Medium},
	}
	for _, tt := range tests {
		f := one(t, crossed(tt.a, tt.b, tt.primitive).run(t), "deadlock")
		if f.Verdict != tt.verdict || f.Confidence != tt.confidence {
			t.Errorf("%+v: %s, %s: %s", tt, f.Verdict, f.Confidence, f.Title)
		}
	}
}

func TestModuleHintNeedsOneTime(t *testing.T) {
	w := newWorld()
	w.hung("one", 10, inMutex+"f_one@m")
	w.hung("two", 11, inMutex+"f_two@m")
	w.f.Reports[1].(*kreport.HungTask).Time = "90000.0"
	for _, f := range w.run(t) {
		if f.Rule == "deadlock" {
			t.Error(f.Title)
		}
	}
}
