package cli

import (
	"path/filepath"
	"testing"

	"gordian/internal/model"
)

// TestTraceBaseline: what was found once is known from then on, and the rest is
// still shown.
func TestTraceBaseline(t *testing.T) {
	known := []model.Finding{{Rule: "lock-order-inversion", Fingerprint: "aa", Title: "a and b"}}
	file := filepath.Join(t.TempDir(), "known.json")
	first := traceFilter{known: file}
	if err := first.prepare(); err != nil {
		t.Fatal(err)
	}
	if got := first.apply(known); len(got) != 1 {
		t.Fatalf("without a baseline %d findings are shown", len(got))
	}
	if err := first.remember(known); err != nil {
		t.Fatal(err)
	}
	second := traceFilter{known: file}
	if err := second.prepare(); err != nil {
		t.Fatal(err)
	}
	now := append(known, model.Finding{Rule: "lock-order-inversion", Fingerprint: "bb", Title: "c and d"})
	if got := second.apply(now); len(got) != 1 || got[0].Fingerprint != "bb" {
		t.Errorf("%+v", got)
	}
	if n := second.left(now); n != 1 {
		t.Errorf("%d findings are left out", n)
	}
	if err := second.remember(now); err != nil {
		t.Fatal(err)
	}
	third := traceFilter{known: file}
	if err := third.prepare(); err != nil || len(third.apply(now)) != 1 {
		t.Errorf("a baseline that is there was written again (%v)", err)
	}
}

// TestTraceFilter: by the modules and functions of the stacks.
func TestTraceFilter(t *testing.T) {
	f := model.Finding{Tasks: []model.TaskInfo{{Stack: []string{"down+0x1/0x2", "pump_dose+0x10/0x20 [pumpctl]"}}}}
	for _, tt := range []struct {
		modules, functions []string
		want               bool
	}{{nil, nil, true}, {[]string{"pumpctl"}, nil, true}, {[]string{"pump"}, nil, false}, {nil, []string{"pump_dose"}, true}, {nil, []string{"pump"}, false}, {[]string{"x"}, []string{"down"}, true}} {
		if got := (&traceFilter{modules: tt.modules, functions: tt.functions}).keeps(&f); got != tt.want {
			t.Errorf("--module %v --function %v: %v", tt.modules, tt.functions, got)
		}
	}
	if err := (&traceFilter{cgroupPath: "not-there-at-all"}).prepare(); err == nil {
		t.Error("a cgroup that does not exist is taken")
	}
}
