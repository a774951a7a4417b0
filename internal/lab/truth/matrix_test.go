package truth_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gordian/internal/lab/kernels"
	"gordian/internal/lab/truth"
	"gordian/internal/model"
)

// What the matrix reads from its environment.
const (
	// envLab must be set: the matrix takes minutes. `make test-lab` sets it.
	envLab = "GORDIAN_LAB"
	// envKernels names the kernels, as --kernel takes them.
	envKernels = "GORDIAN_LAB_KERNELS"
)

// TestMatrix boots every kernel with every module, in the way that a user
// would, and compares what gordian says of its log with the table.
//
//	make test-lab
//	GORDIAN_LAB=1 GORDIAN_LAB_KERNELS='6.1 lockdep' go test ./internal/lab/truth -run TestMatrix//pumpctl -count 20
func TestMatrix(t *testing.T) {
	gordian := labBinary(t)
	room := make(chan struct{}, machines(t))
	for _, k := range matrixKernels(t) {
		t.Run(k.Release, func(t *testing.T) {
			for _, m := range truth.All() {
				t.Run(m.Name, func(t *testing.T) {
					t.Parallel()
					room <- struct{}{}
					defer func() { <-room }()
					boot(t, gordian, k, m, expected(k, m), "")
				})
				if !m.Serial || m.Fixed == "" {
					continue
				}
				t.Run(m.Name+",serial=1", func(t *testing.T) {
					t.Parallel()
					room <- struct{}{}
					defer func() { <-room }()
					boot(t, gordian, k, m, expected(k, m).Harmless(), "serial=1")
				})
			}
		})
	}
}

// expected is what a log of the kernel shows.
func expected(k kernels.Kernel, m truth.Module) truth.Expect {
	if provesLocking(k) {
		return m.Lockdep
	}
	return m.Stock
}

// boot runs one cell of the matrix. Where the guest hangs on a distribution's
// kernel, its memory has to tell as well.
func boot(t *testing.T, gordian string, k kernels.Kernel, m truth.Module, want truth.Expect, param string) {
	t.Helper()
	spec := filepath.Join(modules, m.Name)
	if param != "" {
		spec += "," + param
	}
	dir := t.TempDir()
	log, core := filepath.Join(dir, "console.log"), filepath.Join(dir, "core")
	args := []string{"lab", "run", "--kernel", k.Name, "--module", spec, "--log", log, "--timeout", "4m"}
	dump := param == "" && len(m.Dump.Findings) > 0 && !provesLocking(k)
	cell := func() (diffs []string) {
		if !dump {
			return compare(t, "run", want, findings(t, gordian, args...))
		}
		diffs = compare(t, "run", m.Dump, findings(t, gordian, append(args, "--dump="+core)...))
		diffs = append(diffs, compare(t, "log", want, findings(t, gordian, "diagnose", log))...)
		return append(diffs, compare(t, "dump", m.Dump, findings(t, gordian, "diagnose", core))...)
	}
	// Where the watchdogs catch a processor, and whether another one's message
	// tears the report apart, is chance: a console that does not say which line is
	// whose may lose a report. What is wrong three times is no chance.
	diffs := cell()
	for try := 1; len(diffs) > 0 && try < 3; try++ {
		t.Logf("once more, since: %q", diffs)
		diffs = cell()
	}
	for _, d := range diffs {
		t.Error(d)
	}
	if len(diffs) > 0 {
		keep(t, log)
	}
}

// findings runs gordian and returns what it found. A guest whose processors get
// no time from this host never boots: that says nothing about the module, and is
// tried again.
func findings(t *testing.T, gordian string, args ...string) []model.Finding {
	t.Helper()
	for try := 1; ; try++ {
		c := exec.CommandContext(t.Context(), gordian, append(slices.Clone(args), "--format", "json")...)
		var out, said bytes.Buffer
		c.Stdout, c.Stderr = &out, &said
		err := c.Run()
		var exit *exec.ExitError
		if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
			if try < 3 && strings.Contains(said.String(), "never reached init") {
				t.Logf("try %d: the guest did not boot", try)
				continue
			}
			t.Fatalf("%s: %v\n%s", c, err, said.String())
		}
		var doc struct{ Findings []model.Finding }
		if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
			t.Fatalf("%s: %v\n%s", c, err, said.String())
		}
		return doc.Findings
	}
}

func compare(t *testing.T, what string, want truth.Expect, found []model.Finding) []string {
	t.Helper()
	diffs := want.Compare(found)
	for i, d := range diffs {
		diffs[i] = what + ": " + d
	}
	if len(diffs) == 0 {
		return nil
	}
	for _, f := range found {
		t.Logf("said: %s %s (%s, %s confidence): %s", f.Status, f.Rule, f.Severity, f.Confidence, f.Title)
	}
	return diffs
}

// keep saves the console of a cell that failed where a person finds it.
func keep(t *testing.T, log string) {
	dir := os.Getenv("GORDIAN_LAB_LOGS")
	if dir == "" {
		return
	}
	b, err := os.ReadFile(log)
	if err == nil {
		err = os.MkdirAll(dir, 0o777)
	}
	path := filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+".log")
	if err == nil {
		err = os.WriteFile(path, b, 0o666)
	}
	t.Logf("console: %s (%v)", path, err)
}

// missing ends a test for which something is not there. In CI nothing may be
// missing: a test that never runs proves nothing.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// labBinary builds gordian as it is shipped.
func labBinary(t *testing.T) string {
	t.Helper()
	if os.Getenv(envLab) == "" {
		t.Skip("boots every kernel with every module, which takes long: make test-lab")
	}
	for tool, pkg := range map[string]string{"qemu-system-x86_64": "qemu-system-x86", "make": "make", "gcc": "gcc"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, "no %s: apt-get install %s", tool, pkg)
		}
	}
	bin := filepath.Join(t.TempDir(), "gordian")
	c := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "gordian/cmd/gordian")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// matrixKernels finds the kernels to boot: those that the environment names,
// else the distribution's and the one with lockdep.
func matrixKernels(t *testing.T) []kernels.Kernel {
	t.Helper()
	names := strings.Fields(os.Getenv(envKernels))
	if len(names) == 0 {
		names = []string{kernels.Stock, kernels.Lockdep}
	}
	store, err := kernels.UserStore()
	if err != nil {
		t.Fatal(err)
	}
	var out []kernels.Kernel
	for _, name := range names {
		k, err := store.Find(name)
		if err == nil {
			err = k.MissingHeaders()
		}
		if err != nil {
			missing(t, "%v", err)
		}
		out = append(out, k)
	}
	return out
}

func provesLocking(k kernels.Kernel) bool {
	b, err := os.ReadFile(k.Config)
	return err == nil && slices.Contains(strings.Split(string(b), "\n"), "CONFIG_PROVE_LOCKING=y") || k.Flavour == kernels.Lockdep
}

// machines is how many guests this machine has cores and memory for: an
// emulated guest keeps a core busy, and takes its memory and QEMU's own.
func machines(t *testing.T) int {
	t.Helper()
	const each = 512 << 20
	free, err := available()
	if err != nil {
		t.Fatal(err)
	}
	return max(1, min(runtime.NumCPU(), int(free/each)))
}

// available is the memory that can be had without swapping, in bytes
// (Documentation/filesystems/proc.rst, MemAvailable).
func available() (int64, error) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	defer f.Close() //nolint:errcheck // opened for reading
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), "MemAvailable:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/meminfo has no MemAvailable")
}
