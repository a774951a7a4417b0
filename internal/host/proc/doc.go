// Package proc parses the files of procfs and sysfs that say what a kernel
// waits for. Each function takes a file's bytes and returns what stands in
// them; none opens anything. A line that is not understood is left out, and a
// file of which no line is understood gives an error, so that a changed format
// is seen and never guessed at.
package proc

import (
	"bufio"
	"bytes"
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// lines yields the lines of a file. A single line may be as long as a table
// of hundreds of CPUs makes it.
func lines(b []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		s := bufio.NewScanner(bytes.NewReader(b))
		s.Buffer(make([]byte, 0, 4096), len(b)+1)
		for s.Scan() {
			if !yield(s.Text()) {
				return
			}
		}
	}
}

// uints parses fields until one is no number.
func uints(fields []string) []uint64 {
	var out []uint64
	for _, f := range fields {
		n, err := strconv.ParseUint(f, 10, 64)
		if err != nil {
			break
		}
		out = append(out, n)
	}
	return out
}

// notUnderstood is the error of a file in which nothing was recognised.
func notUnderstood(what string, b []byte) error {
	first, _, _ := strings.Cut(string(b[:min(len(b), 80)]), "\n")
	return fmt.Errorf("%s: format not understood: %q", what, first)
}
