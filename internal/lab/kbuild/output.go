package kbuild

import (
	"fmt"
	"regexp"
	"strings"
)

// maxLines bounds what is shown of a compiler's complaints.
const maxLines = 60

// complaints picks out what the compiler, modpost and make's own makefiles
// said, with the source lines beneath, as they are.
func complaints(out string) string {
	var b strings.Builder
	n, below := 0, false
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "make["), strings.HasPrefix(line, "make:"), strings.HasPrefix(line, "  CC "), strings.HasPrefix(line, "  LD "):
			below = strings.Contains(line, "No rule to make target")
		case strings.Contains(line, "error:"), strings.Contains(line, "ERROR:"), strings.Contains(line, "warning:"),
			strings.Contains(line, "In function"), strings.Contains(line, "*** "):
			below = true
		case !strings.HasPrefix(line, " "):
			below = false
		}
		if !below {
			continue
		}
		if n++; n > maxLines {
			b.WriteString("\n[…]")
			break
		}
		b.WriteString("\n" + line)
	}
	return b.String()
}

// notes are the warnings of a build that went well.
func notes(out string) []string {
	var ns []string
	for line := range strings.Lines(out) {
		if t := strings.TrimSpace(line); strings.Contains(t, "warning:") && len(ns) < maxLines && !strings.HasPrefix(t, "warning: the compiler differs") {
			ns = append(ns, t)
		}
	}
	return ns
}

// What the top makefile says when the compiler is another than the kernel's
// (Makefile, target checked by "the compiler differs", 6.1).
var compilers = regexp.MustCompile(`warning: the compiler differs from the one used to build the kernel\n\s+The kernel was built by: (.*)\n\s+You are using:\s+(.*)\n`)

var lastNumber = regexp.MustCompile(`(\d+)\.\d+(\.\d+)?\s*$`)

// compilerDiffers returns the error of a compiler whose code does not go with
// the kernel's. Releases of one major version do: they share plugins,
// structure layout and options.
func compilerDiffers(out string) string {
	m := compilers.FindStringSubmatch(out)
	if m == nil {
		return ""
	}
	kernel, mine := strings.TrimSpace(m[1]), strings.TrimSpace(m[2])
	a, b := lastNumber.FindStringSubmatch(kernel), lastNumber.FindStringSubmatch(mine)
	if a != nil && b != nil && a[1] == b[1] && strings.Contains(kernel, "clang") == strings.Contains(mine, "clang") {
		return ""
	}
	if mine == "" {
		mine = "none"
	}
	hint := ""
	if a != nil && !strings.Contains(kernel, "clang") {
		hint = ": apt-get install gcc-" + a[1]
	}
	return fmt.Sprintf("the kernel was built by %s, and the compiler here is %s: modules would not go with it%s", kernel, mine, hint)
}
