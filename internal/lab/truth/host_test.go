package truth_test

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestHost runs gordian host in a guest with two stuck threads: semaphores, of
// which no log and no file of /proc says who holds them. The memory does.
func TestHost(t *testing.T) {
	gordian := labBinary(t)
	k := matrixKernels(t)[0]
	c := exec.CommandContext(t.Context(), gordian, "lab", "run", "--kernel", k.Name, "--module", filepath.Join(modules, "pumpctl"),
		"--exec", gordian+" host --sample 12s --fail-on never --quiet", "--fail-on", "never", "--watch", "0s", "--timeout", "4m", "--log", filepath.Join(t.TempDir(), "console.log"))
	var said bytes.Buffer
	c.Stderr = &said
	if err := c.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", c, err, said.String())
	}
	for _, want := range []string{"deadlock: pump-dose/", "wait for each other (DEADLOCKED"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("no %q in:\n%s", want, said.String())
		}
	}
}
