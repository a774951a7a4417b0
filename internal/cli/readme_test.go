package cli

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"gordian/internal/evidence"
)

// TestReadme: every line of the README's transcript is what the command
// prints, in that order; "[…]" stands for lines that are left out.
func TestReadme(t *testing.T) {
	t.Chdir("../..")
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, ok := strings.Cut(string(readme), "$ gordian ")
	if !ok {
		t.Fatal("the README has no transcript")
	}
	shown, _, _ = strings.Cut(shown, "```")
	args, shown, _ := strings.Cut(shown, "\n")
	var out, errs bytes.Buffer
	s := fakeStreams(&out, &errs)
	s.read = evidence.Read
	if got := Run(t.Context(), strings.Fields(args), s); got != exitFindings {
		t.Fatalf("status %d, %s", got, errs.String())
	}
	printed := strings.Split(out.String(), "\n")
	for line := range strings.Lines(shown) {
		line = strings.TrimRight(line, "\n")
		if strings.TrimSpace(line) == "[…]" {
			continue
		}
		i := slices.Index(printed, line)
		if i < 0 {
			t.Fatalf("the command does not print %q there", line)
		}
		printed = printed[i+1:]
	}
}
