package csource_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"gordian/internal/check"
	"gordian/internal/csource"
	"gordian/internal/csource/lockapi"
	"gordian/internal/csource/tree"
)

const (
	fuzzBytes = 32 << 10         // more would find the same, slower
	fuzzCPU   = 5 * time.Second  // for one input
	fuzzHang  = 60 * time.Second // by the clock, which other processes slow down
)

// FuzzAnalyze takes any text all the way from bytes to findings: no panic, no
// hang. Findings need not be sensible, since the text is not.
func FuzzAnalyze(f *testing.F) {
	apis, err := lockapi.Kernel()
	if err != nil {
		f.Fatal(err)
	}
	addFuzzSeeds(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > fuzzBytes {
			t.Skip("long")
		}
		file := filepath.Join(t.TempDir(), "x.c")
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		hang := time.AfterFunc(fuzzHang, func() { panic("it hangs") })
		defer hang.Stop()
		before := usedCPU(t)
		facts, err := csource.Analyze(t.Context(), csource.Options{
			Tree: tree.Options{Paths: []string{file}, NoRoot: true, Jobs: 1}, APIs: apis})
		if err != nil {
			t.Fatal(err)
		}
		check.Source(t.Context(), check.SourceFacts(facts), facts, nil)
		if used := usedCPU(t) - before; used > fuzzCPU {
			t.Errorf("%d bytes took %v", len(text), used)
		}
	})
}

// addFuzzSeeds adds the cases, which have most of what driver code has.
func addFuzzSeeds(f *testing.F) {
	f.Helper()
	seeds, err := filepath.Glob("testdata/cases/*.c")
	if err != nil || len(seeds) == 0 {
		f.Fatal("no cases", err)
	}
	for _, s := range seeds {
		text, err := os.ReadFile(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
}

// usedCPU is what this process has used so far: unlike the clock, it does not
// depend on what else the machine does.
func usedCPU(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano())
}
