package klog

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"gordian/internal/model"
)

// TestReparse reads every report once more from its own offset: the same
// report must come first.
func TestReparse(t *testing.T) {
	for name, log := range samples(t) {
		t.Run(name, func(t *testing.T) { checkReparse(t, log) })
	}
}

func checkReparse(t testing.TB, log string) {
	t.Helper()
	for _, r := range readText(t, log).Reports {
		base := r.Base()
		if base.Offset < 0 || base.Offset > int64(len(log)) {
			t.Fatalf("%s: offset %d of %d bytes", base.Family, base.Offset, len(log))
		}
		want := anchored(t, r)
		var got map[string]any
		for _, again := range readText(t, log[base.Offset:]).Reports {
			if again.Base().Offset == 0 && again.Base().Family == base.Family {
				got = anchored(t, again)
				break
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("line %d: read again from offset %d:\n%s\ninstead of\n%s", base.Line, base.Offset, render([]map[string]any{got}), render([]map[string]any{want}))
		}
	}
}

// anchored is a report without what depends on where reading began. A line
// without a stamp has the time of the line before, which is not read again.
func anchored(t testing.TB, r model.Report) map[string]any {
	m := asJSON(t, r)
	for _, k := range []string{"line", "offset", "boot", "time"} {
		delete(m, k)
	}
	return dropLines(m).(map[string]any)
}

// dropLines removes every "log_line".
func dropLines(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "log_line")
		for k := range v {
			v[k] = dropLines(v[k])
		}
	case []any:
		for i := range v {
			v[i] = dropLines(v[i])
		}
	}
	return v
}

// TestCut cuts small logs at every byte. What is left must be read without a
// panic, be encodable, and never hold more reports than the whole; the report
// that lost text its family always prints says so.
func TestCut(t *testing.T) {
	for _, f := range loadForms(t) {
		if len(f.log) > 400 {
			continue
		}
		whole := len(readText(t, f.log).Reports)
		for end := range len(f.log) {
			facts := readText(t, f.log[:end])
			if n := len(facts.Reports); n > whole {
				t.Fatalf("%s: cut at byte %d: %d reports, the whole log has %d", f.name, end, n, whole)
			}
			if _, err := json.Marshal(facts.Reports); err != nil {
				t.Fatalf("%s: cut at byte %d: %v", f.name, end, err)
			}
		}
	}
}

// TestCutIsTruncated cuts a splat after each line: until its own stack trace
// begins it is marked as cut.
func TestCutIsTruncated(t *testing.T) {
	for _, f := range loadForms(t) {
		if f.name != "circular, 6.x" && f.name != "6.1 with task line" && f.name != "sleep, 6.x" {
			continue
		}
		end := strings.LastIndex(f.log, "Call Trace:")
		for at := strings.Index(f.log, "\n[") + 1; at > 0 && at < end; {
			for _, r := range readText(t, f.log[:at]).Reports {
				if !r.Base().Truncated {
					t.Errorf("%s: cut at byte %d (%q) and not marked", f.name, at, f.log[max(0, at-60):at])
				}
			}
			next := strings.IndexByte(f.log[at:], '\n')
			if next < 0 {
				break
			}
			at += next + 1
		}
	}
}

// TestTwoLogs reads two logs into the same facts: inputs stay apart.
func TestTwoLogs(t *testing.T) {
	f := &model.Facts{}
	for i, log := range []string{"INFO: task a:1 blocked for more than 120 seconds.\n", "INFO: task a:1 blocked for more than 120 seconds.\n"} {
		if err := Read(context.Background(), strings.NewReader(log), i, f); err != nil {
			t.Fatal(err)
		}
	}
	if len(f.Reports) != 2 || f.Reports[0].Base().Input != 0 || f.Reports[1].Base().Input != 1 {
		t.Fatalf("%d reports of two logs", len(f.Reports))
	}
	if a, b := f.Reports[0].Base().Boot, f.Reports[1].Base().Boot; a == b {
		t.Errorf("two logs share the boot %q", a)
	}
}
