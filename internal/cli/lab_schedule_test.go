package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gordian/internal/check"
	"gordian/internal/evidence"
	"gordian/internal/lab"
	"gordian/internal/lab/proto"
	"gordian/internal/model"
)

// What the helper saw turns the suspicion that two hung tasks give into a proof.
func TestScheduleProvesTheDeadlock(t *testing.T) {
	r := &labRun{log: filepath.Join("testdata", "explore.log"), explore: exploreAll}
	j := &lab.Job{Steps: []proto.Step{{Name: "load"}, {Name: "attempt 1 of 5"}, {Name: "watch"}}}
	for _, tt := range []struct {
		stop    lab.Stop
		verdict model.Verdict
		tables  int
	}{{lab.Found, model.Deadlocked, 1}, {lab.TimeOut, model.Undecided, 0}} {
		facts, err := r.withRun(j, &lab.Result{Stop: tt.stop, Step: 2}, evidence.Read)(t.Context(), []string{r.log}, evidence.Options{})
		if err != nil {
			t.Fatal(err)
		}
		found := check.Run(t.Context(), facts)
		if len(found) != 1 || found[0].Rule != "deadlock" || found[0].Verdict != tt.verdict || len(facts.Sections) != tt.tables {
			t.Errorf("%s: %+v, %d tables", tt.stop, found, len(facts.Sections))
		}
	}
}

// Tasks that are no longer where the helper saw them are no proof.
func TestScheduleOfOthersProvesNothing(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "explore.log"))
	if err != nil {
		t.Fatal(err)
	}
	r := &labRun{log: filepath.Join(t.TempDir(), "x.log"), explore: exploreAll}
	text := strings.ReplaceAll(string(b), " at two+0x27", " at elsewhere+0x27")
	if err := os.WriteFile(r.log, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	facts, err := r.withRun(&lab.Job{}, &lab.Result{Stop: lab.Found}, evidence.Read)(t.Context(), []string{r.log}, evidence.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range check.Run(t.Context(), facts) {
		if f.Verdict == model.Deadlocked {
			t.Errorf("%s: %s", f.Rule, f.Title)
		}
	}
}

func TestBusyHostIsSaid(t *testing.T) {
	r := &labRun{log: filepath.Join("testdata", "explore.log")}
	for starved, want := range map[time.Duration]int{time.Second: 0, 6 * time.Second: 1} {
		facts, err := r.withRun(&lab.Job{}, &lab.Result{Stop: lab.Found, Starved: starved}, evidence.Read)(t.Context(), []string{r.log}, evidence.Options{})
		if err != nil || len(facts.Incomplete) != want {
			t.Errorf("%s: %v, %v", starved, facts.Incomplete, err)
		}
	}
}
