package main

import (
	"os"
	"runtime"
	"strings"
	"testing"
)

func TestLine(t *testing.T) {
	want := line{"order", "mutex, static", "", 384.25}
	if got, ok := parse(want.String()); !ok || got != want {
		t.Errorf("%v, want %v", got, want)
	}
	for _, text := range []string{"", "bench: done", "bench|a|b|x|ms", "other|a|b|1|ms"} {
		if l, ok := parse(text); ok {
			t.Errorf("%q is %v", text, l)
		}
	}
}

// A tracer is compared with the run without any; another kernel's base is
// compared with that too; and what was not measured is said to be so.
func TestTable(t *testing.T) {
	var tab table
	tab.add("", []line{{nothing, "mutex", "", 29}, {"order", "mutex", "", 377}, {"order", "to detach", "ms", 5661}})
	tab.add("PROVE_LOCKING", []line{{nothing, "mutex", "", 1326}})
	var out strings.Builder
	if err := tab.write(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"13.00×", "45.72×", "5661 ms", " -\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}

// TestWork does all of it here.
func TestWork(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("Linux only")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(16)) // as in the guest
	for _, w := range works(t.TempDir()) {
		if err := w.do(16); err != nil {
			t.Errorf("%s: %v", w.name, err)
		}
	}
}
