package vmtest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"gordian/internal/check"
	"gordian/internal/evidence"
	"gordian/internal/lab"
	"gordian/internal/lab/kbuild"
	"gordian/internal/lab/kernels"
	"gordian/internal/model"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if dir := filepath.Dir(gordian.path); gordian.path != "" {
		os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	}
	os.Exit(code)
}

// gordian is the binary under test, built once: static, as it is released,
// and not this test's own, which may carry the race detector.
var gordian struct {
	once sync.Once
	path string
	err  error
}

func binary(t *testing.T) string {
	t.Helper()
	gordian.once.Do(func() {
		dir, err := os.MkdirTemp("", "gordian-vmtest-")
		if err != nil {
			gordian.err = err
			return
		}
		gordian.path = filepath.Join(dir, "gordian")
		c := exec.Command("go", "build", "-trimpath", "-o", gordian.path, "gordian/cmd/gordian")
		c.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := c.CombinedOutput(); err != nil {
			gordian.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if gordian.err != nil {
		t.Fatal(gordian.err)
	}
	return gordian.path
}

// missing skips a test that cannot run here; in CI it must be able to.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// kernel finds a kernel to boot, with headers to build modules for it.
func kernel(t *testing.T, name string) kernels.Kernel {
	t.Helper()
	if os.Getenv("GORDIAN_LAB") == "" {
		t.Skip("boots a kernel, which takes long: make test-lab")
	}
	if _, err := exec.LookPath("qemu-system-x86_64"); err != nil {
		missing(t, "QEMU is missing: apt-get install qemu-system-x86")
	}
	store, err := kernels.UserStore()
	if err != nil {
		missing(t, "%v", err)
	}
	k, err := store.Find(name)
	if err != nil {
		missing(t, "%v", err)
	}
	if err := k.MissingHeaders(); err != nil {
		missing(t, "%v", err)
	}
	return k
}

func job(t *testing.T, k kernels.Kernel) *lab.Job {
	t.Helper()
	j, err := lab.NewJob(k, binary(t))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// module builds the module in dir for k.
func module(t *testing.T, dir string, k kernels.Kernel) string {
	t.Helper()
	r, err := kbuild.Build(t.Context(), dir, t.TempDir(), kbuild.Headers{Dir: k.HeadersDir, Release: k.Release})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Modules) != 1 {
		t.Fatalf("%s: %d modules", dir, len(r.Modules))
	}
	return r.Modules[0]
}

// verdict is what became of a run, and what its log says.
type verdict struct {
	*lab.Result
	err      error
	log      string // file
	findings []model.Finding
}

// run boots a job as `gordian lab run` does.
func run(ctx context.Context, t *testing.T, j *lab.Job, l lab.Limits, d lab.Dump) verdict {
	t.Helper()
	v := verdict{log: filepath.Join(t.TempDir(), "console.log")}
	f, err := os.Create(v.log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // read below through its name
	v.Result, v.err = lab.Run(ctx, j, l, d, lab.Watcher{
		Log:   f,
		Judge: func() bool { return len(judge(ctx, v.log)) > 0 },
		Say:   func(s string) { t.Log(s) },
	})
	v.findings = judge(ctx, v.log)
	if t.Failed() || v.err != nil {
		t.Logf("console:\n%s", v.tail(60))
	}
	return v
}

// judge returns the findings that would stop a run.
func judge(ctx context.Context, log string) []model.Finding {
	f, err := evidence.Read(ctx, []string{log}, evidence.Options{})
	if err != nil {
		return nil
	}
	var out []model.Finding
	for _, found := range check.Run(ctx, f) {
		if found.Severity == model.SevError {
			out = append(out, found)
		}
	}
	return out
}

func (v verdict) rules() []string {
	var out []string
	for _, f := range v.findings {
		out = append(out, string(f.Rule))
	}
	return out
}

func (v verdict) text() string {
	b, _ := os.ReadFile(v.log) // "" fails the test that looks into it
	return string(b)
}

// tail is the end of the console.
func (v verdict) tail(lines int) string {
	b := []byte(v.text())
	for i, n := len(b), 0; i > 0; i-- {
		if b[i-1] == '\n' {
			if n++; n > lines {
				return string(b[i:])
			}
		}
	}
	return string(bytes.TrimSpace(b))
}
