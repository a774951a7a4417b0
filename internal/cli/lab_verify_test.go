package cli

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gordian/internal/kreport"
	"gordian/internal/lab"
	"gordian/internal/lab/kernels"
	"gordian/internal/lab/verify"
	"gordian/internal/model"
)

func finding(rule string) model.Finding {
	return model.Finding{Rule: rule, Title: "a " + rule, Severity: model.SevError, Confidence: model.High}
}

// ran is a proof on one kernel: what the log showed, how the run ended.
func ran(label string, stop lab.Stop, fs ...model.Finding) *proof {
	return &proof{label: label, dir: "m", failOn: "error", runs: []*kernelRun{{
		kernel:   kernels.Kernel{Name: "6.1", Flavour: kernels.Stock, Release: "6.1"},
		findings: fs, proof: &verify.Proof{Run: &lab.Result{Stop: stop, Why: "unload m: device or resource busy"}},
	}}}
}

func TestVerdicts(t *testing.T) {
	warning := finding("lock-annotation")
	warning.Severity = model.SevWarning
	bent := ran("", lab.Finished)
	bent.runs[0].proof.Problems = []string{"module m is still in use (1)"}
	unrun := ran("", lab.Finished)
	unrun.runs[0].err = errors.New("no headers")
	half := ran("", lab.TimeOut)
	half.runs[0].proof.Cycles, half.runs[0].proof.Of = 1, 3
	lateAndBent := ran("", lab.TimeOut)
	lateAndBent.runs[0].proof.Problems = bent.runs[0].proof.Problems
	lateAndFound := ran("", lab.TimeOut)
	lateAndFound.runs = append(lateAndFound.runs, ran("", lab.Found, finding("deadlock")).runs...)
	tests := map[string]struct {
		p      *proof
		want   string
		status int
	}{
		"time-out":                  {half, "time-out on stock (6.1): unload m: device or resource busy; 1 of 3 cycles were completed, and nothing is proven", exitFailure},
		"not borne out":             {ran("", lab.Found), "failed on stock (6.1): the kernel reported something", exitFindings},
		"late, bent":                {lateAndBent, "failed", exitFindings},
		"late, and found elsewhere": {lateAndFound, "time-out on stock", exitFindings},
		"pass":                      {ran("", lab.Finished), "pass on stock (6.1)", exitOK},
		"found":                     {ran("", lab.Found, finding("deadlock")), "found on stock (6.1): a deadlock [deadlock]", exitFindings},
		"warning":                   {ran("", lab.Finished, warning), "pass", exitOK},
		"busy":                      {ran("", lab.Failed), "failed on stock (6.1): failed: unload m: device or resource busy", exitFindings},
		"crashed":                   {ran("", lab.Crashed), "failed", exitFindings},
		"left taint":                {bent, "still in use", exitFindings},
		"not run":                   {unrun, "not run", exitFailure},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.p.verdict(); !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if got := statusCode(tt.p.status()); got != tt.status {
				t.Errorf("status %d, want %d", got, tt.status)
			}
		})
	}
}

// statusCode is what the process would end with.
func statusCode(err error) int {
	var e *exitStatus
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
		return e.code
	}
	return exitFailure
}

func TestTwinVerdicts(t *testing.T) {
	good, bad := ran("after", lab.Finished), ran("before", lab.Found, finding("deadlock"))
	slowBad, slowGood := ran("before", lab.TimeOut), ran("after", lab.TimeOut)
	unrun := ran("before", lab.Finished)
	unrun.runs[0].err = errors.New("no headers")
	tests := map[string]struct {
		before, after *proof
		want          string
		status        int
	}{
		"fixed":     {bad, good, "fixed: ", exitOK},
		"not fixed": {bad, bad, "not fixed: ", exitFindings},
		"no bug":    {good, good, "nothing is proven: the bug was not seen", exitFindings},
		"worse":     {good, bad, "worse: ", exitFindings},
		"late":      {bad, slowGood, "nothing is proven: the bug was seen before, and after: on 6.1: time-out", exitFailure},
		"late bug":  {slowBad, good, "nothing is proven: the bug was not seen before: on 6.1: time-out", exitFailure},
		"not run":   {unrun, good, "nothing is proven: no headers", exitFailure},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := twinVerdict(tt.before, tt.after)
			if !strings.HasPrefix(got, tt.want) || statusCode(err) != tt.status {
				t.Errorf("got %q, %d", got, statusCode(err))
			}
		})
	}
}

// TestSure: a hang counts, however unsure its cause is; a guess does not.
func TestSure(t *testing.T) {
	guess, hang := finding("wait-under-lock"), finding("wait-under-lock")
	guess.Confidence, hang.Confidence = model.Low, model.Low
	guess.Reports, hang.Reports = []int{1}, []int{1, 0}
	reports := []model.Report{
		&kreport.HungTask{ReportBase: model.ReportBase{Family: "hung-task"}},
		&kreport.TasksDump{ReportBase: model.ReportBase{Family: "sysrq-w"}},
	}
	got := sure([]model.Finding{guess, hang, finding("deadlock")}, reports)
	if len(got) != 2 || len(got[0].Reports) != 2 || got[1].Rule != "deadlock" {
		t.Errorf("%+v", got)
	}
}

// TestAddDocument: the places of the second document still name its inputs.
func TestAddDocument(t *testing.T) {
	at := func(i int) []model.Provenance { return []model.Provenance{{Input: i}} }
	d := &model.Document{Inputs: []model.Input{{Path: "a.log"}}, Stats: map[string]int64{"x": 1}}
	more := &model.Document{
		Inputs:     []model.Input{{Path: "b.c"}, {Path: "c.c"}},
		Findings:   []model.Finding{{Evidence: at(1), Path: []model.PathStep{{Why: at(0)}}}},
		Incomplete: []model.Incomplete{{Input: 1}}, Stats: map[string]int64{"x": 2},
	}
	addDocument(d, more)
	f := d.Findings[0]
	if d.Inputs[f.Evidence[0].Input].Path != "c.c" || d.Inputs[f.Path[0].Why[0].Input].Path != "b.c" || d.Inputs[d.Incomplete[0].Input].Path != "c.c" || d.Stats["x"] != 3 {
		t.Errorf("%+v", d)
	}
}

// TestByChance: a watchdog's bark at something else than the module is not
// counted only if the host was seen to be busy and the guest got over it.
func TestByChance(t *testing.T) {
	stall := finding("rcu-stall")
	stall.Tasks = []model.TaskInfo{{Stack: []string{"cpu_idle+0x1/0x2", "other_fn+0x3/0x4 [other]"}}}
	stall.Evidence = []model.Provenance{{Input: 0}}
	in := stall
	in.Tasks = []model.TaskInfo{{Stack: []string{"m_thread+0x3/0x4 [m]"}}}
	report := finding("soft-lockup")
	report.Evidence, report.Reports = stall.Evidence, []int{0}
	dead := finding("deadlock")
	dead.Evidence = stall.Evidence
	reports := []model.Report{&kreport.Lockup{}}
	tests := map[string]struct {
		f       model.Finding
		stop    lab.Stop
		starved time.Duration
		want    bool
	}{
		"elsewhere":                 {stall, lab.Finished, 7 * time.Second, true},
		"report elsewhere":          {report, lab.Finished, 7 * time.Second, true},
		"in the module":             {in, lab.Finished, 7 * time.Second, false},
		"a deadlock":                {dead, lab.Finished, 7 * time.Second, false},
		"on an idle host":           {stall, lab.Finished, time.Second, false},
		"and it never ended":        {stall, lab.TimeOut, 7 * time.Second, false},
		"and silence after it":      {stall, lab.Silent, 7 * time.Second, false},
		"and a task could not exit": {stall, lab.Failed, 7 * time.Second, false},
	}
	for name, tt := range tests {
		r := ran("", tt.stop).runs[0]
		r.modules, r.proof.Run.Starved = []string{"m"}, tt.starved
		if got := uncounted(&tt.f, reports, []*kernelRun{r}); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
