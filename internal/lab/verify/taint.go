package verify

import (
	"strconv"
	"strings"
)

// taints are the flags of /proc/sys/kernel/tainted, by bit
// (Documentation/admin-guide/tainted-kernels.rst and include/linux/panic.h, 6.1).
// bad marks those that say something went wrong; the others only say what was
// loaded.
func taints() []taint {
	return []taint{
		{"P", "a proprietary module was loaded", false}, {"F", "a module was loaded by force", false},
		{"S", "the kernel runs on a processor out of specification", false}, {"R", "a module was unloaded by force", true},
		{"M", "the processor reported a machine check", true}, {"B", "a page was in a bad state", true},
		{"U", "user space asked for it", false}, {"D", "the kernel has oopsed", true},
		{"A", "an ACPI table was replaced", false}, {"W", "the kernel warned (WARN)", true},
		{"C", "a staging driver was loaded", false}, {"I", "a firmware bug was worked around", false},
		{"O", "an out-of-tree module was loaded", false}, {"E", "an unsigned module was loaded", false},
		{"L", "a soft lockup has occurred", true}, {"K", "the kernel was live-patched", false},
		{"X", "an auxiliary taint of the distribution", false}, {"T", "the kernel's structures are laid out at random", false},
		{"N", "an in-kernel test was run", false},
	}
}

type taint struct {
	letter, meaning string
	bad             bool
}

// tainted reads the number in /proc/sys/kernel/tainted.
func tainted(text string) (uint64, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	return n, err == nil
}

// letters are the flags that are set, "none" if none is.
func letters(mask uint64) string {
	out := ""
	for bit, t := range taints() {
		if mask&(1<<bit) != 0 {
			out += t.letter
		}
	}
	if out == "" {
		return "none"
	}
	return out
}

// wrongs says what the flags that came with the run mean, of those that mean
// something bad.
func wrongs(before, after uint64) []string {
	var out []string
	for bit, t := range taints() {
		if t.bad && (after&^before)&(1<<bit) != 0 {
			out = append(out, t.meaning+" (taint "+t.letter+")")
		}
	}
	return out
}
