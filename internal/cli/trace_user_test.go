package cli

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"

	"gordian/internal/model"
)

// runLine runs one command line and returns what it printed.
func runLine(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	s := Streams{In: strings.NewReader(""), Out: &o, Err: &e, Getenv: func(string) string { return "" }}
	code = Run(t.Context(), args, s)
	return code, o.String(), e.String()
}

// This test program waits for no lock of the C library.
func TestTraceUser(t *testing.T) {
	code, out, errs := runLine(t, "trace", "user", "--no-stop", "-p", strconv.Itoa(os.Getpid()))
	if code != 0 || !strings.Contains(out, "Threads of ") || !strings.Contains(out, "Nothing found") {
		t.Errorf("status %d\n%s%s", code, out, errs)
	}
	for want, args := range map[string][]string{
		"no process given":                          {"trace", "user"},
		"there is none":                             {"trace", "user", "-p", "4194305"},
		"a process id is a number above 0":          {"trace", "user", "-p", "abc"},
		"no process has this name":                  {"trace", "user", "--comm", "no such name"},
		"no/such/cgroup":                            {"trace", "user", "--cgroup", "no/such/cgroup"},
		"no process given: -p PID, --comm NAME, or": {"trace", "user", "order"},
		"stands behind --":                          {"trace", "user", "order", "ls"},
	} {
		if code, _, errs := runLine(t, args...); code != exitFailure || !strings.Contains(errs, want) {
			t.Errorf("%q: status %d, %q", args, code, errs)
		}
	}
}

// A program that makes many objects with one slip has one finding, of one
// fingerprint whatever its addresses are.
func TestAlike(t *testing.T) {
	find := func(a, b, fn string) model.Finding {
		return model.Finding{Rule: "lock-order-inversion", Fingerprint: a + b, Locks: []model.LockInfo{{Name: a}, {Name: b}}, Tasks: []model.TaskInfo{{Stack: []string{fn}}},
			Related: []model.Relation{{Fingerprint: "mutex 0x12 of p/1mutex 0x34 of p/1"}}}
	}
	got := alike([]model.Finding{find("mutex 0x12 of p/1", "mutex 0x34 of p/1", "both+0x1/0x20 [p]"), find("mutex 0x56#2 of p/1", "mutex 0x78 of p/1", "both+0x1/0x20 [p]"),
		find("mutex 0x56 of p/1", "mutex 0x78 of p/1", "other+0x1/0x20 [p]"), find("a [p]", "b [p]", "both+0x1/0x20 [p]")})
	if len(got) != 3 || !strings.Contains(got[0].Explanation, "1 more") {
		t.Fatalf("%+v", got)
	}
	if len(got[0].Related) != 0 || len(got[1].Related) != 1 || got[1].Related[0].Fingerprint != got[0].Fingerprint {
		t.Errorf("relations: %+v, %+v", got[0].Related, got[1].Related)
	}
	again := alike([]model.Finding{find("mutex 0x9912 of p/8", "mutex 0x9934 of p/8", "both+0x1/0x20 [p]")})
	if again[0].Fingerprint != got[0].Fingerprint {
		t.Error("another run, another fingerprint")
	}
}
