package vmtest

import (
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gordian/internal/lab"
	"gordian/internal/lab/kernels"
	"gordian/internal/lab/proto"
	"gordian/internal/model"
)

// kinds are the parameters of the modules in testdata: two semaphores, or two
// mutexes, in opposite orders, with nothing between the two acquires.
var kinds = []string{"sleeping=0", "sleeping=1"}

// Without help they do not hang in fifty loads: what TestExplore shows is not
// luck. A host that stops one emulated CPU between its two acquires is such luck,
// so a hang counts only if it comes three times in a row.
func TestNarrowWindowsHideTheDeadlock(t *testing.T) {
	k := kernel(t, "stock")
	ko := module(t, "testdata/opposite", k)
	for _, kind := range kinds {
		for try := 1; ; try++ {
			v := run(t.Context(), t, fiftyLoads(t, k, ko, kind), lab.Limits{Timeout: 8 * time.Minute}, lab.Dump{})
			if v.err == nil && v.Stop == lab.Finished && len(v.findings) == 0 {
				break
			}
			if try == 3 || v.err != nil || v.Stop != lab.Found {
				t.Errorf("%s, try %d: %+v, %v, %v", kind, try, v.Result, v.err, v.rules())
				break
			}
		}
	}
}

func fiftyLoads(t *testing.T, k kernels.Kernel, ko, param string) *lab.Job {
	t.Helper()
	j := job(t, k)
	for range 50 {
		if err := j.Load(ko, []string{param}); err != nil {
			t.Fatal(err)
		}
		j.Steps = append(j.Steps, proto.Step{Op: proto.Unload, Path: "opposite", Name: "unload"})
	}
	j.Watch(time.Second)
	return j
}

// explored runs `gordian lab run` with one of the forms of --explore, and
// returns its report and status.
func explored(t *testing.T, module, explore string) (model.Document, int) {
	t.Helper()
	c := exec.CommandContext(t.Context(), binary(t), "lab", "run", "--module", "testdata/"+module,
		explore, "--watch", "2s", "--timeout", "6m", "--format", "json", "--log", filepath.Join(t.TempDir(), "console.log"))
	var said strings.Builder
	c.Stderr = &said
	out, err := c.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var doc model.Document
	if err := json.Unmarshal(out, &doc); err != nil {
		t.Fatalf("%s: %v\n%s", module, err, said.String())
	}
	return doc, c.ProcessState.ExitCode()
}

func TestExplore(t *testing.T) {
	kernel(t, "stock")
	for _, tt := range []struct{ kind, explore string }{
		{kinds[0], "--explore"},
		{kinds[0], "--explore=fill_thread,drain_thread"},
		{kinds[1], "--explore=" + savedReport(t)},
	} {
		m := "opposite," + tt.kind
		doc, status := explored(t, m, tt.explore)
		proven := slices.ContainsFunc(doc.Findings, func(f model.Finding) bool { return f.Rule == "deadlock" && f.Verdict == model.Deadlocked })
		if status != 1 || !proven {
			t.Errorf("%s %s: status %d, %d findings", m, tt.explore, status, len(doc.Findings))
			continue
		}
		if len(doc.Sections) != 1 || doc.Sections[0].ID != "schedule" || len(doc.Sections[0].Rows) != 2 {
			t.Errorf("%s: no schedule of two tasks: %+v", m, doc.Sections)
		}
	}
}

// savedReport is what gordian check says of the module, in a file.
func savedReport(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "check.json")
	if err := exec.CommandContext(t.Context(), binary(t), "check", "--fail-on", "never", "-o", path, "testdata/opposite").Run(); err != nil {
		t.Fatal(err)
	}
	return path
}

// What is correct gets through all attempts.
func TestExploreOfTheRepaired(t *testing.T) {
	kernel(t, "stock")
	for _, kind := range kinds {
		m := "opposite-fixed," + kind
		if doc, status := explored(t, m, "--explore"); status != 0 || len(doc.Findings) != 0 {
			t.Errorf("%s: status %d, %d findings", m, status, len(doc.Findings))
		}
	}
}
