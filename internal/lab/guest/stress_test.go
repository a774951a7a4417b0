package guest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gordian/internal/lab/proto"
)

// worked runs stressors that touch nothing but files.
func worked(t *testing.T, w proto.Work, files ...string) proto.Stressed {
	t.Helper()
	w.For = 200 * time.Millisecond
	s := &stressor{work: w, files: files, did: map[string]int{}, failed: map[string]bool{}, end: time.Now().Add(w.For)}
	s.startAll()
	time.Sleep(time.Until(s.end))
	s.finish()
	return s.result()
}

func TestStressFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "dev")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	got := worked(t, proto.Work{Devices: true}, file)
	for _, what := range []string{"open", "read", "write", "ioctl", "poll"} {
		if got.Did[what] == 0 {
			t.Errorf("no %s: %+v", what, got)
		}
	}
	if len(got.Failures) != 0 {
		t.Errorf("failures: %q", got.Failures)
	}
	if b, err := os.ReadFile(file); err != nil || len(b) == 0 {
		t.Errorf("nothing was written: %v", err)
	}
}

func TestTriggers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "go")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(t.TempDir(), "gone")
	got := worked(t, proto.Work{Triggers: []proto.Trigger{{Write: file, Data: "7"}, {Read: file}, {Read: missing}}})
	if got.Did["write "+file] == 0 || got.Did["read "+file] == 0 {
		t.Errorf("%+v", got)
	}
	if !slices.Equal(got.Failures, []string{"read " + missing + ": no such file or directory"}) {
		t.Errorf("failures: %q", got.Failures)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "7" {
		t.Errorf("%q, %v", b, err)
	}
}

// TestSameChoices: the stressors' choices depend on the seed and the loop only.
func TestSameChoices(t *testing.T) {
	draw := func(seed uint64) string {
		s := &stressor{work: proto.Work{Seed: seed}}
		var out []string
		for range 3 {
			r := s.choices()
			out = append(out, string(rune('a'+r.IntN(26)))+string(rune('a'+r.IntN(26))))
		}
		return strings.Join(out, " ")
	}
	if first := draw(1); first != draw(1) || first == draw(2) {
		t.Errorf("%s, %s, %s", draw(1), draw(1), draw(2))
	}
}

// TestSnapshot: what comes later is found, links and folders are not, nor what
// is no module's.
func TestSnapshot(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"node", "sub/node", "sub/deep/deep/deep/node", "power/control"} {
		p := filepath.Join(dir, f)
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("node", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	s := snapshot{files: map[string]bool{}}
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error { return s.visit(dir, 3, p, d, err) })
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{filepath.Join(dir, "node"): true, filepath.Join(dir, "sub/node"): true}
	if len(s.files) != len(want) || !s.files[filepath.Join(dir, "node")] || !s.files[filepath.Join(dir, "sub/node")] {
		t.Errorf("got %v", s.files)
	}
	if !elsewhere("/proc/1", "1") || elsewhere("/proc/driver", "driver") || !elsewhere("/sys/kernel/debug/tracing", "tracing") {
		t.Error("elsewhere is wrong")
	}
}
