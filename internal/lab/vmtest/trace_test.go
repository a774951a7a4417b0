package vmtest

import (
	"os"
	"os/exec"
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

// gordianStep adds a step that runs gordian in the guest.
func gordianStep(t *testing.T, j *lab.Job, args ...string) {
	t.Helper()
	j.CPUs, j.MemoryMB = traceCPUs, 384 // gordian is there three times: as init, as a file of a root in memory, and at work
	if err := j.AddFile(binary(t), "/gordian"); err != nil {
		t.Fatal(err)
	}
	// The variable lets /sbin/insmod of the guest be started by others than init.
	if err := j.Exec(append([]string{"env", "GORDIAN_LAB=1", "/gordian"}, args...)); err != nil {
		t.Fatal(err)
	}
}

// documents boots, and returns the documents that gordian wrote in the guest.
func documents(t *testing.T, j *lab.Job, limit time.Duration, paths ...string) []*model.Document {
	t.Helper()
	first := len(j.Steps)
	for _, p := range paths {
		j.Steps = append(j.Steps, proto.Step{Op: proto.Read, Name: "read " + p, Path: p})
	}
	var console strings.Builder
	res, err := lab.Run(t.Context(), j, lab.Limits{Timeout: limit}, lab.Dump{}, lab.Watcher{
		Log:   &console,
		Judge: func() bool { return false }, // what the log says of the hang must not end the run
		Say:   func(line string) { t.Log(line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	var out []*model.Document
	for i := range paths {
		doc, err := model.ReadDocument(strings.NewReader(res.Texts[first+i]))
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", res.Stop, res.Why, err, console.String())
		}
		out = append(out, doc)
	}
	return out
}

// traceCPUs: attaching patches code, and QEMU may go on with the breakpoint that
// another CPU has put there meanwhile and taken away again, for ever.
const traceCPUs = 1

// traceTime leaves time for the verifier on an emulated CPU.
const traceTime = 6 * time.Minute

// live runs gordian trace in a guest, and returns the document that it wrote.
func live(t *testing.T, j *lab.Job, mode string, args ...string) *model.Document {
	t.Helper()
	const report = "/report.json"
	gordianStep(t, j, append([]string{"trace", mode, "--fail-on", "never", "--format", "json", "--output", report}, args...)...)
	return documents(t, j, traceTime, report)[0]
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
				rows = slices.DeleteFunc(rows, func(m truth.Module) bool { return !m.Serial || m.CPUs > traceCPUs })
				j := job(t, k)
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
				rows = slices.DeleteFunc(rows, func(m truth.Module) bool { return m.CPUs > traceCPUs }) // they spin
				j := job(t, k)
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

// TestMerge joins the graphs of two runs, each of which saw one order.
func TestMerge(t *testing.T) {
	k := kernel(t, "stock")
	j := job(t, k)
	if err := j.AddFile(module(t, "testdata/oneorder", k), "/m.ko"); err != nil {
		t.Fatal(err)
	}
	for i, param := range []string{"back=0", "back=1"} {
		gordianStep(t, j, "trace", "order", "--quiet", "--save", []string{"/a.json", "/b.json"}[i], "--", "/sbin/insmod", "/m.ko", param)
		j.Steps = append(j.Steps, proto.Step{Op: proto.Unload, Name: "unload", Path: "oneorder"})
	}
	paths := []string{"/only-a.json", "/only-b.json", "/both.json"}
	for i, graphs := range [][]string{{"/a.json"}, {"/b.json"}, {"/a.json", "/b.json"}} {
		gordianStep(t, j, append([]string{"diagnose", "--fail-on", "never", "--format", "json", "--output", paths[i]}, graphs...)...)
	}
	docs := documents(t, j, traceTime, paths...)
	for _, d := range docs[:2] {
		if found := through(d.Findings, "oneorder"); len(found) > 0 {
			t.Errorf("one order alone: %s", found[0].Title)
		}
	}
	want := truth.Expect{Findings: []truth.Finding{{Rule: "lock-order-inversion", Status: model.Potential, Locks: []string{"front_sem", "rear_sem"}, Least: model.High}}}
	for _, d := range want.Compare(through(docs[2].Findings, "oneorder")) {
		t.Error(d)
	}
}

// envHealthy says for how long TestHealthy works a guest: "2m".
const envHealthy = "GORDIAN_LAB_HEALTHY"

// TestHealthy traces a guest that is worked in twelve ways: nothing is wrong, so
// nothing may be found for sure.
func TestHealthy(t *testing.T) {
	d, err := time.ParseDuration(os.Getenv(envHealthy))
	if err != nil {
		t.Skipf("takes minutes: set %s to a time, such as 10m", envHealthy)
	}
	stressors := filepath.Join(t.TempDir(), "stressors")
	c := exec.CommandContext(t.Context(), "go", "build", "-o", stressors, "./testdata/stressors")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, k := range labKernels(t) {
		t.Run(k.Release, func(t *testing.T) {
			j := job(t, k)
			if err := j.AddFile(stressors, "/stressors"); err != nil {
				t.Fatal(err)
			}
			const report = "/report.json"
			gordianStep(t, j, "trace", "order", "--max-overhead", "100", "--fail-on", "never", "--format", "json", "--output", report, "--", "/stressors", d.String())
			doc := documents(t, j, d+traceTime, report)[0]
			t.Logf("%d orders of %d classes", doc.Stats["lock_orders"], doc.Stats["lock_classes"])
			for _, in := range doc.Incomplete {
				t.Log(in.Reason)
			}
			agree(t, doc.Findings, nil, nil)
		})
	}
}
