package vmtest

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gordian/internal/lab"
	"gordian/internal/lab/kernels"
	"gordian/internal/lab/proto"
	"gordian/internal/lab/truth"
	"gordian/internal/model"
)

// traceLimits leave time for the verifier on an emulated CPU.
var traceLimits = lab.Limits{Timeout: 6 * time.Minute}

// report is where gordian writes in the guest.
const report = "/report.json"

// live runs gordian trace in a guest, and returns the document that it wrote.
func live(t *testing.T, j *lab.Job, mode string, args ...string) *model.Document {
	t.Helper()
	if err := j.AddFile(binary(t), "/gordian"); err != nil {
		t.Fatal(err)
	}
	// The variable lets /sbin/insmod of the guest be started by others than init.
	args = append([]string{"env", "GORDIAN_LAB=1", "/gordian", "trace", mode, "--fail-on", "never", "--format", "json", "--output", report}, args...)
	if err := j.Exec(args); err != nil {
		t.Fatal(err)
	}
	j.Steps = append(j.Steps, proto.Step{Op: proto.Read, Name: "read " + report, Path: report})
	var console strings.Builder
	res, err := lab.Run(t.Context(), j, traceLimits, lab.Dump{}, lab.Watcher{
		Log:   io.MultiWriter(io.Discard, &console),
		Judge: func() bool { return false }, // what the log says of the hang must not end the run
		Say:   func(line string) { t.Log(line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := model.ReadDocument(strings.NewReader(res.Texts[len(j.Steps)-1]))
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", res.Stop, res.Why, err, console.String())
	}
	return doc
}

// labKernels are those that the environment names, or else the distribution's.
func labKernels(t *testing.T) []kernels.Kernel {
	t.Helper()
	names := strings.Fields(os.Getenv("GORDIAN_LAB_KERNELS"))
	if len(names) == 0 {
		names = []string{"stock"}
	}
	var out []kernels.Kernel
	for _, name := range names {
		out = append(out, kernel(t, name))
	}
	return out
}

// through are the findings of what happened in a module.
func through(found []model.Finding, module string) []model.Finding {
	return slices.DeleteFunc(slices.Clone(found), func(f model.Finding) bool { return !goesThrough(f, module) })
}

func goesThrough(f model.Finding, module string) bool {
	return slices.ContainsFunc(f.Tasks, func(task model.TaskInfo) bool {
		return slices.ContainsFunc(task.Stack, func(frame string) bool { return strings.HasSuffix(frame, "["+module+"]") })
	})
}

// agree compares what was found with the table. expect is the column.
func agree(t *testing.T, found []model.Finding, rows []truth.Module, expect func(truth.Module) truth.Expect) {
	t.Helper()
	for _, m := range rows {
		name := strings.TrimSuffix(m.Name, "-fixed")
		for _, d := range expect(m).Compare(through(found, name)) {
			t.Errorf("%s: %s", m.Name, d)
		}
	}
	for _, f := range found {
		t.Logf("said: %s %s (%s, %s confidence): %s", f.Status, f.Rule, f.Severity, f.Confidence, f.Title)
		if f.Confidence == model.High && !slices.ContainsFunc(rows, func(m truth.Module) bool { return goesThrough(f, strings.TrimSuffix(m.Name, "-fixed")) }) {
			t.Errorf("nothing is wrong there: %s", f.Title)
		}
	}
}

// TestOrder loads all modules, one after the other, in the way in which they take
// their locks in all orders without ever hanging; then those that are right.
func TestOrder(t *testing.T) {
	for _, k := range labKernels(t) {
		for name, rows := range map[string][]truth.Module{"wrong": wrong(), "right": right()} {
			t.Run(k.Release+"/"+name, func(t *testing.T) {
				rows = slices.DeleteFunc(rows, func(m truth.Module) bool { return !m.Serial })
				j := job(t, k)
				j.CPUs = 2
				for _, program := range []string{"/bin/sh", "/bin/sleep"} {
					if err := j.AddFile(program, program); err != nil {
						t.Fatal(err)
					}
				}
				for _, m := range rows {
					if err := j.AddFile(module(t, filepath.Join(modules, m.Name), k), "/m/"+m.Name+".ko"); err != nil {
						t.Fatal(err)
					}
				}
				doc := live(t, j, "order", "--", "/bin/sh", "-c", "for m in /m/*; do /sbin/insmod $m serial=1; done; /bin/sleep 5")
				if n := doc.Stats["lock_orders"]; n < int64(len(rows)) {
					t.Errorf("%d orders of %d modules", n, len(rows)) // nothing is found in what was not looked at
				}
				agree(t, doc.Findings, rows, func(m truth.Module) truth.Expect { return m.Order })
			})
		}
	}
}

// wrong and right are the two halves of the table.
func wrong() []truth.Module {
	return slices.DeleteFunc(truth.Modules(), func(m truth.Module) bool { return m.Correct() })
}

func right() []truth.Module {
	return slices.DeleteFunc(truth.All(), func(m truth.Module) bool { return !m.Correct() })
}

// TestOnce finds the deadlocks that there were before gordian came.
func TestOnce(t *testing.T) {
	for _, k := range labKernels(t) {
		for name, rows := range map[string][]truth.Module{"wrong": wrong(), "right": right()} {
			t.Run(k.Release+"/"+name, func(t *testing.T) {
				rows = slices.DeleteFunc(rows, func(m truth.Module) bool { return m.CPUs > 1 }) // nothing else would get to run
				j := job(t, k)
				j.CPUs = 2
				for _, m := range rows {
					if err := j.Load(module(t, filepath.Join(modules, m.Name), k), nil); err != nil {
						t.Fatal(err)
					}
				}
				j.Steps = append(j.Steps, proto.Step{Op: proto.Exec, Name: "wait", Args: []string{"/bin/sleep", "2"}})
				if err := j.AddFile("/bin/sleep", "/bin/sleep"); err != nil {
					t.Fatal(err)
				}
				doc := live(t, j, "--once")
				agree(t, doc.Findings, rows, func(m truth.Module) truth.Expect { return m.Dump })
			})
		}
	}
}
