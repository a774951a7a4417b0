package check

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gordian/internal/klog"
	"gordian/internal/model"
)

// TestNMIPanic: what an NMI finds is worth as much as its backtraces show.
func TestNMIPanic(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "lab", "cloud-standstill.log"))
	if err != nil {
		t.Fatal(err)
	}
	log := string(b)
	cut := func(pattern, by string) string {
		out := regexp.MustCompile(`(?s)`+pattern).ReplaceAllString(log, by)
		if out == log {
			t.Fatalf("%s does not match", pattern)
		}
		return out
	}
	const medium, low = "medium", "low"
	tests := map[string]struct {
		log      string
		lockup   string // confidence of hard-lockup, "" for none
		deadlock bool
	}{
		"all CPUs spin":         {log, medium, true},
		"one CPU did not say":   {cut(`\[ +7\.207005\] NMI backtrace for cpu 1.*?</TASK>\n`, ""), low, false},
		"two more were asked":   {cut(`to CPUs 1:`, "to CPUs 1-3:"), low, false},
		"nonsense was asked":    {cut(`to CPUs 1:`, "to CPUs 1-99999999999:"), low, false},
		"nobody was asked":      {cut(`\[ +7\.214866\] NMI backtrace.*?Shutting`, "[    7.214866] Shutting"), low, false},
		"one CPU is idle":       {idle(log), low, false},
		"nobody spins":          {idle(idle(log)), "", false},
		"cut after the header":  {log[:strings.Index(log, "Call Trace")], "", false},
		"both spin for one":     {strings.ReplaceAll(strings.ReplaceAll(log, "c02ac3c4", "c02ac3c0"), "tx_thread", "rx_thread"), medium, false},
		"only the end is there": {log[strings.Index(log, "Shutting"):], "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := &model.Facts{}
			if err := klog.Read(t.Context(), strings.NewReader(tt.log), 0, f); err != nil {
				t.Fatal(err)
			}
			lockup, deadlock := "", false
			for _, x := range Run(t.Context(), f) {
				checkFinding(t, x)
				switch x.Rule {
				case "hard-lockup":
					lockup = string(x.Confidence)
				case "deadlock":
					deadlock = true
				}
			}
			if lockup != tt.lockup || deadlock != tt.deadlock {
				t.Errorf("hard lockup %q, deadlock %v; want %q, %v", lockup, deadlock, tt.lockup, tt.deadlock)
			}
		})
	}
}

// idle makes the last CPU that spins in a log one that does nothing.
func idle(log string) string {
	for _, fn := range []string{"native_queued_spin_lock_slowpath", "_raw_spin_lock"} {
		at := strings.LastIndex(log, "for cpu 1")
		if !strings.Contains(log[at:], fn) {
			at = 0
		}
		log = log[:at] + strings.ReplaceAll(log[at:], fn, "default_idle")
	}
	return log
}
