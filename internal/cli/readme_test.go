package cli

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"gordian/internal/evidence"
)

// TestReadme: every line of the README's transcripts is what the command
// prints, in that order; "[…]" stands for lines that are left out.
func TestReadme(t *testing.T) {
	t.Chdir("../..")
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	transcripts := strings.Split(string(readme), "```\n$ gordian ")[1:]
	if len(transcripts) != 3 {
		t.Fatalf("the README has %d transcripts", len(transcripts))
	}
	for _, shown := range transcripts {
		shown, _, _ = strings.Cut(shown, "```")
		args, shown, _ := strings.Cut(shown, "\n")
		transcript(t, strings.Fields(args), shown)
	}
}

func transcript(t *testing.T, args []string, shown string) {
	t.Helper()
	var out, errs bytes.Buffer
	s := fakeStreams(&out, &errs)
	s.read, s.source = evidence.Read, sourceAnalysis()
	if got := Run(t.Context(), args, s); got != exitFindings {
		t.Fatalf("%v: status %d, %s", args, got, errs.String())
	}
	printed := strings.Split(out.String(), "\n")
	for line := range strings.Lines(shown) {
		line = strings.TrimRight(line, "\n")
		if strings.TrimSpace(line) == "[…]" {
			continue
		}
		i := slices.Index(printed, line)
		if i < 0 {
			t.Fatalf("%v: the command does not print %q there", args, line)
		}
		printed = printed[i+1:]
	}
}
