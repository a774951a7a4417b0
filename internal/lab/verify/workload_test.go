package verify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func folder(t *testing.T, workload string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, WorkloadFile), []byte(workload), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestReadWorkload(t *testing.T) {
	w, err := ReadWorkload(folder(t, `
cycles = 5
seconds = 7
exec = [["/bin/true", "-x"], ["prog"]]
ioctls = [0x40046b01]
stress = ["devices", "memory"]
[params]
foo = ["mode=1", "debug=y"]
[[trigger]]
write = "/sys/kernel/debug/foo/go"
data = "1"
[[trigger]]
read = "/proc/foo"
`))
	if err != nil {
		t.Fatal(err)
	}
	work := w.work(2)
	if w.cycles() != 5 || work.For != 7*time.Second || work.Seed != 2 || len(w.Exec) != 2 || w.Params["foo"][1] != "debug=y" {
		t.Errorf("%+v", w)
	}
	if !work.Devices || !work.Memory || work.Hotplug || work.Shuffle || len(work.Triggers) != 2 || work.Triggers[0].Data != "1" || work.Ioctls[0] != 0x40046b01 {
		t.Errorf("%+v", work)
	}
}

func TestNoWorkload(t *testing.T) {
	w, err := ReadWorkload(t.TempDir())
	work := w.work(0)
	if err != nil || w.cycles() != DefaultCycles || work.For != DefaultSeconds*time.Second || !work.Devices || !work.Hotplug || !work.Memory || !work.Shuffle {
		t.Errorf("%+v, %v", work, err)
	}
}

func TestBadWorkloads(t *testing.T) {
	for text, want := range map[string]string{
		"cycels = 3":                       "cycels",
		"cycles = -1":                      "must be from 1",
		"cycles = 100000":                  "must be from 1",
		"seconds = 4000":                   "must be from 1",
		"stress = [\"devices\", \"fire\"]": "must be some of devices",
		"exec = [[]]":                      "empty",
		"[[trigger]]\ndata = \"1\"":        "neither write nor read",
		"[[trigger]]\nread = \"proc/x\"":   "absolute",
		"cycles = [":                       WorkloadFile,
	} {
		if _, err := ReadWorkload(folder(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want something with %q", text, err, want)
		}
	}
}

func FuzzWorkload(f *testing.F) {
	f.Add("cycles = 3\n[params]\nx = [\"a=1\"]\n[[trigger]]\nread = \"/proc/x\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		w, err := ReadWorkload(folder(t, text))
		if err == nil && (w.cycles() < 1 || w.work(0).For <= 0) {
			t.Errorf("%+v", w)
		}
	})
}
