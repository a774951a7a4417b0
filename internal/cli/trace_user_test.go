package cli

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"
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
		"no process given": {"trace", "user"},
		"there is none":    {"trace", "user", "-p", "4194305"},
	} {
		if code, _, errs := runLine(t, args...); code != exitFailure || !strings.Contains(errs, want) {
			t.Errorf("%q: status %d, %q", args, code, errs)
		}
	}
}
