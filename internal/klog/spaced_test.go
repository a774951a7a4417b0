package klog

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"gordian/internal/kreport"
)

// abba is a splat with every section, which what stands between the lines
// must not cut.
func abba(t *testing.T, log string) *kreport.Lockdep {
	t.Helper()
	for _, r := range readText(t, log).Reports {
		if r, ok := r.(*kreport.Lockdep); ok && r.Family == "lockdep-circular" {
			return r
		}
	}
	t.Fatal("no lockdep-circular")
	return nil
}

func whole(t *testing.T, name string, r *kreport.Lockdep) {
	t.Helper()
	if len(r.Cycle) != 2 || len(r.Scenario) != 4 || r.Held == nil || r.Backtrace == nil || r.Truncated {
		t.Errorf("%s: cycle %v, %d steps, held %v, truncated %v", name, r.Cycle, len(r.Scenario), r.Held != nil, r.Truncated)
	}
}

// labLog is a console with a mutex inversion, its kernel lines only.
func labLog(t *testing.T) []string {
	t.Helper()
	log, err := os.ReadFile("../../examples/mutex-abba-lockdep.log")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(log)) {
		if strings.HasPrefix(line, "[") {
			lines = append(lines, strings.TrimRight(line, "\r\n"))
		}
	}
	return lines
}

func TestSpacedOut(t *testing.T) {
	lines := labLog(t)
	for _, n := range []int{1, 2, 5, 40} {
		log := strings.Join(lines, "\n"+strings.Repeat("\n", n)) + "\n"
		whole(t, fmt.Sprintf("%d empty lines", n), abba(t, log))
	}
}

// TestJournalExport: the fields between two messages cut nothing.
func TestJournalExport(t *testing.T) {
	var b strings.Builder
	for i, line := range labLog(t) {
		_, text, _ := strings.Cut(line, "] ")
		fmt.Fprintf(&b, "__CURSOR=s=%d\n_BOOT_ID=1\n_TRANSPORT=kernel\n_HOSTNAME=node7\nPRIORITY=6\nMESSAGE=%s\n_SOURCE_MONOTONIC_TIMESTAMP=%d\n\n", i, text, i)
	}
	log, err := io.ReadAll(NewJournalExport(strings.NewReader(b.String())))
	if err != nil {
		t.Fatal(err)
	}
	whole(t, "journal export", abba(t, string(log)))
}

// TestDmesgJSON: dmesg --json spreads a record over several lines.
func TestDmesgJSON(t *testing.T) {
	var b strings.Builder
	b.WriteString("{\n   \"dmesg\": [\n      {\n")
	for i, line := range labLog(t) {
		_, text, _ := strings.Cut(line, "] ")
		msg, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "         \"pri\": 6,\n         \"time\":     %d.000000,\n         \"msg\": %s\n      },{\n", i, msg)
	}
	b.WriteString("      }\n   ]\n}\n")
	whole(t, "dmesg --json", abba(t, b.String()))
}
