package truth_test

import (
	"bytes"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gordian/internal/lab/kernels"
	"gordian/internal/lab/truth"
	"gordian/internal/model"
)

// TestVerify proves every module and every fix as a user would: something is
// found on each kernel where the table has something, and what is right passes.
// What exactly is found is for TestMatrix: here the stressors' tasks hang along.
//
//	GORDIAN_LAB=1 go test ./internal/lab/truth -run TestVerify/pumpctl
func TestVerify(t *testing.T) {
	gordian := labBinary(t)
	ks := matrixKernels(t)
	room := make(chan struct{}, machines(t))
	for _, m := range truth.Modules() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			room <- struct{}{}
			defer func() { <-room }()
			if m.Correct() {
				p := verified(t, gordian, ks, filepath.Join(modules, m.Name))
				p.compare(t, ks, m, "")
				return
			}
			p := verified(t, gordian, ks, "--before", filepath.Join(modules, m.Name), "--after", filepath.Join(modules, m.Fixed))
			p.compare(t, ks, m, "before")
			p.compare(t, ks, m.Twin(), "after")
			if p.status != 0 || !strings.HasPrefix(p.notes[0], "fixed: ") {
				t.Errorf("status %d: %s", p.status, p.notes[0])
			}
		})
	}
}

// proof is what gordian lab verify said.
type proof struct {
	status int
	rows   [][]string
	notes  []string
}

func verified(t *testing.T, gordian string, ks []kernels.Kernel, what ...string) proof {
	t.Helper()
	args := []string{"lab", "verify", "--cycles", "1", "--format", "json", "--log-dir", t.TempDir()}
	for _, k := range ks {
		args = append(args, "--kernel", k.Name)
	}
	c := exec.CommandContext(t.Context(), gordian, append(args, what...)...)
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", c, err)
	}
	doc, err := model.ReadDocument(&out)
	if err != nil {
		t.Fatalf("%s: %v\n%s", c, err, said.String())
	}
	for _, s := range doc.Sections {
		if s.ID == "lab-verify" && len(s.Notes) > 0 {
			return proof{c.ProcessState.ExitCode(), s.Rows, s.Notes}
		}
	}
	t.Fatalf("%s: no verdict\n%s", c, said.String())
	return proof{}
}

// compare holds the verdicts on a module against the table.
func (p proof) compare(t *testing.T, ks []kernels.Kernel, m truth.Module, label string) {
	t.Helper()
	p.row(t, label, "(source)", m.Source)
	for _, k := range ks {
		p.row(t, label, k.Name, expected(k, m))
	}
}

func (p proof) row(t *testing.T, label, kernel string, want truth.Expect) {
	t.Helper()
	verdict := "pass"
	if len(want.Findings) > 0 {
		verdict = "found"
	}
	for _, row := range p.rows {
		who := strings.Join(row[:len(row)-6], " ")
		if who == strings.TrimSpace(label+" "+kernel) && row[len(row)-6] == verdict {
			return
		}
	}
	t.Errorf("%s %s: want %s\n%q\n%s", label, kernel, verdict, p.rows, strings.Join(p.notes, "\n"))
}
