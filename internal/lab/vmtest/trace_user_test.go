package vmtest

import (
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gordian/internal/lab"
)

// cProgram builds a C program of testdata.
func cProgram(t *testing.T, source string, flags ...string) string {
	t.Helper()
	cc, err := exec.LookPath("gcc")
	if err != nil {
		missing(t, "no C compiler: apt-get install gcc libc6-dev")
	}
	exe := filepath.Join(t.TempDir(), "program")
	if out, err := exec.Command(cc, append(flags, "-O2", "-fno-optimize-sibling-calls", "-pthread", "-o", exe, source)...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return exe
}

// TestTraceUserOrder follows three programs that take locks in all orders, one
// after the other, and never hang: one from its start, and two that share
// their locks while they run.
func TestTraceUserOrder(t *testing.T) {
	j := job(t, kernel(t, "stock"))
	j.CPUs = traceCPUs
	for guest, file := range map[string]string{"/gordian": binary(t), "/orders": cProgram(t, "testdata/user/orders.c")} {
		if err := j.AddFile(file, guest); err != nil {
			t.Fatal(err)
		}
	}
	follow := []string{"env", "/gordian", "trace", "user", "order", "--quiet", "--fail-on", "never", "--comm", "sharer", "--", "/orders", "all"}
	for _, args := range [][]string{{"env", "/orders", "share"}, follow} {
		if err := j.Exec(args); err != nil {
			t.Fatal(err)
		}
	}
	var found []string
	_, err := lab.Run(t.Context(), j, lab.Limits{Timeout: traceTime}, lab.Dump{}, lab.Watcher{Log: io.Discard, Judge: func() bool { return false },
		Say: func(line string) {
			t.Log(line)
			if strings.Contains(line, "lock order inversion: ") {
				found = append(found, line)
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	// Nothing else: the program has many more locks, which could not deadlock.
	wants := []string{"cache_lock [orders] and queue_lock [orders]", "event_lock [orders] and list_lock [orders]", "row_lock [orders] and table_lock [orders]",
		"(made in heap_orders)", "mutex common+0x30 (shared memory"}
	if len(found) != len(wants) {
		t.Errorf("%d findings, not %d", len(found), len(wants))
	}
	for _, w := range wants {
		if !slices.ContainsFunc(found, func(s string) bool { return strings.Contains(s, w) }) {
			t.Errorf("no %q", w)
		}
	}
}
