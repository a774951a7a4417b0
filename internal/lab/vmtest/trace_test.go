package vmtest

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gordian/internal/lab"
)

// traceLimits leave time for the verifier on an emulated CPU.
var traceLimits = lab.Limits{Timeout: 6 * time.Minute}

// traced runs gordian trace in a guest, and returns what it said.
func traced(t *testing.T, j *lab.Job, args ...string) string {
	t.Helper()
	j.CPUs = 2
	if err := j.AddFile(binary(t), "/gordian"); err != nil {
		t.Fatal(err)
	}
	// The variable lets /sbin/insmod of the guest be started by others than init.
	if err := j.Exec(append([]string{"env", "GORDIAN_LAB=1", "/gordian", "trace"}, args...)); err != nil {
		t.Fatal(err)
	}
	var said []string
	_, err := lab.Run(t.Context(), j, traceLimits, lab.Dump{}, lab.Watcher{
		Log:   io.Discard,
		Judge: func() bool { return false }, // what the log says of the hang must not end the run
		Say: func(line string) {
			t.Log(line)
			said = append(said, line)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(said, "\n")
}

// TestTraceOrder loads modules that take their locks in all orders without
// ever hanging: the inversion of semaphores, which lockdep cannot see, is told,
// and of the repaired module nothing is.
func TestTraceOrder(t *testing.T) {
	k := kernel(t, "stock")
	for name, want := range map[string]string{"pumpctl": "lock order inversion: ", "pumpctl-fixed": "", "gatectl": ""} {
		t.Run(name, func(t *testing.T) {
			j := job(t, k)
			if err := j.AddFile(module(t, filepath.Join("../../../lab/modules", name), k), "/under-test.ko"); err != nil {
				t.Fatal(err)
			}
			said := traced(t, j, "order", "--fail-on", "never", "--", "/sbin/insmod", "/under-test.ko", "serial=1")
			if !strings.Contains(said, "following ") {
				t.Fatalf("the programs were not attached:\n%s", said)
			}
			if want != "" && !strings.Contains(said, want) {
				t.Errorf("no %q in:\n%s", want, said)
			}
			if want == "" && strings.Contains(said, "high confidence") {
				t.Errorf("a correct module is accused:\n%s", said)
			}
		})
	}
}

// TestTraceOnce finds a deadlock that there was before gordian came.
func TestTraceOnce(t *testing.T) {
	k := kernel(t, "stock")
	j := job(t, k)
	if err := j.Load(module(t, "../../../lab/modules/pumpctl", k), nil); err != nil {
		t.Fatal(err)
	}
	said := traced(t, j, "--once", "--fail-on", "never")
	if !strings.Contains(said, "DEADLOCKED") || !strings.Contains(said, "wait for each other") {
		t.Errorf("no deadlock in:\n%s", said)
	}
}
