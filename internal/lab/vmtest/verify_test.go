package vmtest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gordian/internal/model"
)

// verified runs gordian lab verify on the distribution's kernel, with one
// short cycle, and returns the rows of its table, its notes, what it complains
// of and its exit status.
func verified(t *testing.T, args ...string) (rows [][]string, notes, complaint string, status int) {
	t.Helper()
	k := kernel(t, "stock")
	dir := t.TempDir()
	args = append([]string{"lab", "verify", "--kernel", k.Name, "--cycles", "1", "--stress-time", "1s", "--no-source", "--log-dir", dir, "--format", "json",
		"--junit", filepath.Join(dir, "junit.xml")}, args...)
	c := exec.CommandContext(t.Context(), binary(t), args...)
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	err := c.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if out.Len() == 0 {
		return nil, "", said.String(), status
	}
	doc, err := model.ReadDocument(&out)
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	i := slices.IndexFunc(doc.Sections, func(s model.Section) bool { return s.ID == "lab-verify" })
	if i < 0 {
		t.Fatalf("no verdict in %+v", doc.Sections)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "junit.xml")); err != nil || !strings.Contains(string(b), "<testsuite ") {
		t.Errorf("JUnit: %q, %v", b, err)
	}
	return doc.Sections[i].Rows, strings.Join(doc.Sections[i].Notes, "\n"), said.String(), status
}

const modules = "../../../lab/modules/"

func TestVerify(t *testing.T) {
	tests := map[string]struct {
		dir     string
		verdict string
		note    string // something that the notes say
		status  int
	}{
		"correct":         {modules + "cfgtree-fixed", "pass", "pass on", 0},
		"deadlock":        {modules + "cfgtree", "found", "[deadlock]", 1},
		"keeps reference": {"testdata/keepref", "failed", "still in use (1)", 1},
		"warns":           {"testdata/warns", "failed", "warned (WARN)", 1},
		"oopses":          {"testdata/oops", "failed", "NULL pointer", 1},
		"refuses":         {"testdata/refuses", "not run", "not run", 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			rows, notes, said, status := verified(t, tt.dir)
			if status != tt.status || len(rows) != 1 || rows[0][1] != tt.verdict || !strings.Contains(notes, tt.note) {
				t.Errorf("status %d, rows %q, notes %s\n%s", status, rows, notes, said)
			}
		})
	}
}

// TestVerifyOutOfTime: what was not run is not proven, and that is said.
func TestVerifyOutOfTime(t *testing.T) {
	rows, notes, said, status := verified(t, "--timeout", "2s", modules+"cfgtree-fixed")
	if status != 2 || len(rows) != 1 || rows[0][1] != "time-out" || !strings.Contains(notes, "0 of 1 cycles were completed") {
		t.Errorf("status %d, rows %q, notes %s\n%s", status, rows, notes, said)
	}
}

// TestVerifyWorksTheFiles: every function and lock site of a driver with a
// device and a debugfs file is reached by the stressors alone.
func TestVerifyWorksTheFiles(t *testing.T) {
	rows, notes, said, status := verified(t, "testdata/counter")
	if status != 0 || len(rows) != 1 || rows[0][1] != "pass" {
		t.Fatalf("status %d, %q, %s\n%s", status, rows, notes, said)
	}
	for _, fn := range []string{"counter_read", "counter_write", "counter_ioctl", "counter_poll", "counter_set"} {
		if strings.Contains(notes, fn) {
			t.Errorf("%s never ran: %s", fn, notes)
		}
	}
	if !strings.Contains(rows[0][5], "O") || rows[0][6] != "counter 0" {
		t.Errorf("taint and reference count: %q", rows[0])
	}
}

func TestVerifyFix(t *testing.T) {
	rows, notes, said, status := verified(t, "--before", modules+"pumpctl", "--after", modules+"pumpctl-fixed")
	if status != 0 || len(rows) != 2 || rows[0][2] != "found" || rows[1][2] != "pass" || !strings.HasPrefix(notes, "fixed: ") {
		t.Errorf("status %d, %q, %s\n%s", status, rows, notes, said)
	}
	rows, notes, said, status = verified(t, "--before", modules+"pumpctl-fixed", "--after", modules+"pumpctl")
	if status != 1 || len(rows) != 2 || !strings.HasPrefix(notes, "worse: ") {
		t.Errorf("swapped: status %d, %q, %s\n%s", status, rows, notes, said)
	}
}
