package verify

import (
	"slices"
	"strings"
	"testing"

	"gordian/internal/lab"
	"gordian/internal/lab/proto"
)

// ended is a plan of two cycles, and a guest that did all of it and found
// nothing wrong.
func ended() (*plan, *lab.Result) {
	p := &plan{
		modules: []module{{name: "m"}}, places: []place{{module: "m", fn: "f"}},
		taintBefore: 0, stress: []int{3, 8}, refs: []map[string]int{{"m": 4}, {"m": 9}}, cycleEnd: []int{6, 11},
		refused: 7, profile: 12, lockdep: 13, taintAfter: 14,
	}
	r := &lab.Result{Stop: lab.Finished, Step: 14, Errors: map[int]string{}, Texts: map[int]string{
		0: "0\n", 3: `{"files":["/dev/m"],"did":{"read":3}}`, 8: `{"files":["/dev/m"],"did":{"read":2,"open":1},"failures":["hotplug: no such file"]}`,
		4: "0\n", 9: "0\n", 12: "p0 4 0\n", 13: " debug_locks: 1\n", 14: "12288\n",
	}}
	return p, r
}

func TestProof(t *testing.T) {
	p, r := ended()
	got := p.proof(r, Workload{Cycles: 2})
	if len(got.Problems) != 0 || got.Cycles != 2 || got.Of != 2 || got.Taint != "OE" || got.Refs != "m 0" || !got.Finished() {
		t.Errorf("%+v", got)
	}
	if got.Stressed["read"] != 5 || !slices.Equal(got.Files, []string{"/dev/m"}) || !slices.Equal(got.Notes, []string{"stress: hotplug: no such file"}) {
		t.Errorf("%+v", got)
	}
	if got.Coverage.Functions != (Count{1, 1}) {
		t.Errorf("%+v", got.Coverage)
	}
}

func TestProblems(t *testing.T) {
	tests := map[string]struct {
		change func(*lab.Result)
		want   string // of the problems and notes
	}{
		"warned":   {func(r *lab.Result) { r.Texts[14] = "12800" }, "warned (WARN)"},
		"oops":     {func(r *lab.Result) { r.Texts[14] = "12416" }, "oopsed"},
		"in use":   {func(r *lab.Result) { r.Texts[9] = "2" }, "still in use (2)"},
		"lockdep":  {func(r *lab.Result) { r.Texts[13] = " debug_locks:     0\n" }, "switched itself off"},
		"before":   {func(r *lab.Result) { r.Texts[0], r.Texts[14] = "512", "12800" }, ""},
		"no files": {func(r *lab.Result) { delete(r.Texts, 13) }, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, r := ended()
			tt.change(r)
			got := p.proof(r, Workload{Cycles: 2})
			all := strings.Join(append(got.Problems, got.Notes...), "\n")
			if tt.want == "" && len(got.Problems) != 0 || !strings.Contains(all, tt.want) {
				t.Errorf("got %q, want %q", all, tt.want)
			}
		})
	}
}

// TestCutShort: a run that ended early claims nothing.
func TestCutShort(t *testing.T) {
	p, _ := ended()
	got := p.proof(&lab.Result{Stop: lab.Found, Step: 8, Texts: map[int]string{0: "0"}, Errors: map[int]string{}}, Workload{Cycles: 2})
	if got.Cycles != 1 || got.Taint != "unknown" || got.Coverage.Why == "" || got.Finished() {
		t.Errorf("%+v", got)
	}
}

// TestPlan: what is planned is there in order, and the answers are where the
// plan says.
func TestPlan(t *testing.T) {
	j := &lab.Job{}
	p, err := newPlan(j, nil, Workload{Cycles: 2})
	if err != nil {
		t.Fatal(err)
	}
	var ops []string
	for _, s := range j.Steps {
		ops = append(ops, string(s.Op))
	}
	want := "read snapshot stress watch watch stress watch watch read read"
	if got := strings.Join(ops, " "); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if j.Steps[p.taintAfter].Path != taintFile || j.Steps[p.lockdep].Path != lockdepFile || j.Steps[p.stress[1]].Op != proto.Stress {
		t.Errorf("%+v", p)
	}
}

func TestTaints(t *testing.T) {
	if letters(0) != "none" || letters(1|1<<9|1<<12) != "PWO" {
		t.Errorf("%s, %s", letters(0), letters(1|1<<9|1<<12))
	}
	if len(taints()) != 19 { // TAINT_FLAGS_COUNT, include/linux/panic.h, 6.1
		t.Errorf("%d flags", len(taints()))
	}
	if _, ok := tainted("x"); ok {
		t.Error("x is no number")
	}
}
