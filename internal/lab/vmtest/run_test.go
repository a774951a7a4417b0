package vmtest

import (
	"context"
	"debug/elf"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gordian/internal/lab"
	"gordian/internal/lab/proto"
)

var limits = lab.Limits{Timeout: 2 * time.Minute}

func TestProgramRuns(t *testing.T) {
	j := job(t, kernel(t, "stock"))
	if err := j.Exec([]string{"cat", "/proc/sys/kernel/osrelease", "/etc/passwd"}); err != nil {
		t.Fatal(err)
	}
	if err := j.AddFile(filepath.Join("testdata", "oops", "oops.c"), "/etc/passwd"); err != nil {
		t.Fatal(err)
	}
	j.Steps = append(j.Steps,
		proto.Step{Op: proto.Write, Name: "write", Path: "/proc/sys/kernel/hostname", Data: "gordian"},
		proto.Step{Op: proto.Read, Name: "read", Path: "/proc/sys/kernel/hostname"},
		proto.Step{Op: proto.Write, Name: "may fail", Path: "/proc/nothing", Data: "x", MayFail: true},
	)
	v := run(t.Context(), t, j, limits, lab.Dump{})
	if v.err != nil || v.Stop != lab.Finished || len(v.findings) > 0 {
		t.Fatalf("%+v, %v, %v", v.Result, v.err, v.rules())
	}
	if len(v.Output) < 2 || v.Output[0].Text != j.Kernel.Release || !strings.HasPrefix(v.Output[1].Text, "// SPDX") {
		t.Errorf("output %v", v.Output)
	}
	if v.Texts[2] != "gordian\n" || v.Errors[3] == "" || v.Release != j.Kernel.Release {
		t.Errorf("texts %v, errors %v, release %s", v.Texts, v.Errors, v.Release)
	}
}

func TestProgramFails(t *testing.T) {
	j := job(t, kernel(t, "stock"))
	if err := j.Exec([]string{"false"}); err != nil {
		t.Fatal(err)
	}
	v := run(t.Context(), t, j, limits, lab.Dump{})
	if v.err != nil || v.Stop != lab.Failed || !strings.Contains(v.Why, "exit status 1") {
		t.Errorf("%+v, %v", v.Result, v.err)
	}
}

// A deadlock of two mutexes: found by the watchdog's report, with a dump whose
// VMCOREINFO note is there.
func TestDeadlockIsFoundAndDumped(t *testing.T) {
	k := kernel(t, "stock")
	j := job(t, k)
	if err := j.Load(module(t, "../../../lab/modules/cfgtree", k), nil); err != nil {
		t.Fatal(err)
	}
	j.Watch(5 * time.Second)
	dump := lab.Dump{Path: filepath.Join(t.TempDir(), "core"), Format: "elf"}
	v := run(t.Context(), t, j, limits, dump)
	if v.err != nil || v.Stop != lab.Found || !slices.Contains(v.rules(), "deadlock") {
		t.Fatalf("%+v, %v, %v", v.Result, v.err, v.rules())
	}
	if !strings.Contains(v.text(), "sysrq: Show Blocked State") {
		t.Error("the guest was not asked for its blocked tasks")
	}
	e, err := elf.Open(dump.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close() //nolint:errcheck // opened for reading
	notes, err := io.ReadAll(e.Progs[0].Open())
	if err != nil || !strings.Contains(string(notes), "VMCOREINFO") {
		t.Errorf("the dump has no VMCOREINFO note (%v)", err)
	}
	left, err := os.ReadDir(filepath.Dir(dump.Path))
	if err != nil || len(left) != 1 {
		t.Errorf("files beside the dump: %v, %v", left, err)
	}
}

func TestModuleThatOopses(t *testing.T) {
	k := kernel(t, "stock")
	j := job(t, k)
	if err := j.Load(module(t, "testdata/oops", k), nil); err != nil {
		t.Fatal(err)
	}
	v := run(t.Context(), t, j, limits, lab.Dump{})
	if v.err != nil || v.Stop != lab.Crashed || !strings.Contains(v.Crash, "NULL pointer") {
		t.Errorf("%+v, %v", v.Result, v.err)
	}
}

// With every CPU spinning and interrupts off no watchdog of the kernel can
// speak: the silence is noticed, and an NMI brings out the stacks.
func TestSilentGuestIsMadeToSpeak(t *testing.T) {
	k := kernel(t, "stock")
	j := job(t, k)
	j.CPUs = 2
	if err := j.Load(module(t, "testdata/frozen", k), nil); err != nil {
		t.Fatal(err)
	}
	j.Watch(5 * time.Second)
	v := run(t.Context(), t, j, limits, lab.Dump{})
	if v.err != nil || v.Stop != lab.Silent {
		t.Fatalf("%+v, %v", v.Result, v.err)
	}
	if n := strings.Count(v.text(), "frozen_thread+"); n < 2 {
		t.Errorf("%d stacks in frozen_thread, want one for each CPU:\n%s", n, v.tail(80))
	}
}

// Where all of them spin for locks, the NMI's stacks are a finding.
func TestSilentGuestThatDeadlocks(t *testing.T) {
	k := kernel(t, "stock")
	j := job(t, k)
	j.CPUs = 2
	if err := j.Load(module(t, "testdata/standstill", k), nil); err != nil {
		t.Fatal(err)
	}
	j.Watch(5 * time.Second)
	v := run(t.Context(), t, j, limits, lab.Dump{})
	if v.err != nil || v.Stop != lab.Silent || !slices.Contains(v.rules(), "hard-lockup") || !slices.Contains(v.rules(), "deadlock") {
		t.Errorf("%+v, %v, %v\n%s", v.Result, v.err, v.rules(), v.tail(80))
	}
}

func TestKernelWithoutInit(t *testing.T) {
	j := job(t, kernel(t, "stock"))
	j.Append = "rdinit=/nothing"
	v := run(t.Context(), t, j, limits, lab.Dump{})
	if v.err != nil || v.Stop != lab.Crashed || !strings.Contains(v.Crash, "Kernel panic") {
		t.Errorf("%+v, %v", v.Result, v.err)
	}
}

func TestTimeIsUp(t *testing.T) {
	j := job(t, kernel(t, "stock"))
	if err := j.Exec([]string{"sleep", "1000"}); err != nil {
		t.Fatal(err)
	}
	v := run(t.Context(), t, j, lab.Limits{Timeout: 3 * time.Second}, lab.Dump{})
	if v.err != nil || v.Stop != lab.TimeOut || !strings.Contains(v.Why, "sleep 1000") {
		t.Errorf("%+v, %v", v.Result, v.err)
	}
}

// An interrupt at any moment leaves no QEMU and no file.
func TestInterrupt(t *testing.T) {
	k := kernel(t, "stock")
	for _, after := range []time.Duration{0, 300 * time.Millisecond, 3 * time.Second} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		j := job(t, k)
		j.Append = "gordian.test=" + t.Name() // to know our QEMU from others
		if err := j.Exec([]string{"sleep", "1000"}); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		v := run(ctx, t, j, limits, lab.Dump{})
		cancel()
		if !errors.Is(v.err, context.DeadlineExceeded) {
			t.Errorf("after %s: %v", after, v.err)
		}
		if d := time.Since(begin) - after; d > 5*time.Second {
			t.Errorf("after %s: it took %s to end", after, d)
		}
		if pids := machines(t, "gordian.test="+t.Name()); len(pids) > 0 {
			t.Errorf("after %s: QEMU is still there: %v", after, pids)
		}
	}
}

// machines lists the processes that have word in their command line.
func machines(t *testing.T, word string) []string {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, n := range names {
		if b, err := os.ReadFile(n); err == nil && strings.Contains(string(b), word) && strings.Contains(string(b), "qemu") {
			out = append(out, n)
		}
	}
	return out
}

// Nothing can be tidied up by a process that is killed: the kernel ends QEMU.
func TestKilledGordianTakesQEMUAlong(t *testing.T) {
	kernel(t, "stock")
	word := "gordian.test=" + t.Name()
	c := exec.CommandContext(t.Context(), binary(t), "lab", "run", "--append", word, "--log", filepath.Join(t.TempDir(), "console.log"))
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "QEMU runs", func() bool { return len(machines(t, word)) > 0 })
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was killed
	until(t, "QEMU is gone", func() bool { return len(machines(t, word)) == 0 })
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

// A dump that does not fit leaves no part of it, and takes nothing from the verdict.
func TestDumpThatCannotBeWritten(t *testing.T) {
	j := job(t, kernel(t, "stock"))
	j.Watch(time.Second)
	dir := filepath.Join(t.TempDir(), "not", "there")
	v := run(t.Context(), t, j, limits, lab.Dump{Path: filepath.Join(dir, "core"), Format: "elf"})
	if v.err == nil || !strings.Contains(v.err.Error(), "dump:") || v.Result == nil || v.Stop != lab.Finished {
		t.Errorf("%+v, %v", v.Result, v.err)
	}
}
