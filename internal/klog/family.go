package klog

import (
	"regexp"
	"strings"

	"gordian/internal/model"
)

// family is one kind of kernel report: how its header looks, and how its
// lines are read.
type family struct {
	name  string
	match func(text string) (at int, ok bool) // where the header begins in the text
	parse func(b *block) model.Report

	// child: the header stands inside another report and does not end it.
	child bool
	// oneLine: nothing behind the header belongs to the report.
	oneLine bool
	// twins: two CPUs can print this report at the same time. A second header
	// right behind the first does not end it; both get all the lines.
	twins bool
	// adopts: lines of other callers that begin "NMI backtrace for cpu"
	// belong to the report.
	adopts bool
	// warns: the header is the message of a WARN(), which most architectures
	// print before its "WARNING: CPU: …" line (kernel/panic.c).
	warns bool
}

// families is every report that gordian reads, most specific header first.
// A header is tried against each in this order.
func families() []family {
	var all []family
	for _, group := range [][]family{
		lockdepFamilies(), lockFamilies(), hungFamilies(), lockupFamilies(),
		rcuFamilies(), atomicFamilies(), workqueueFamilies(), dumpFamilies(), otherFamilies(),
	} {
		all = append(all, group...)
	}
	return all
}

// contains matches a header by one of several literals; the header begins at
// the literal.
func contains(lits ...string) func(string) (int, bool) {
	return func(text string) (int, bool) {
		for _, lit := range lits {
			if i := strings.Index(text, lit); i >= 0 {
				return i, true
			}
		}
		return 0, false
	}
}

// matches matches a header by a regular expression, tried only on lines that
// hold the literal.
func matches(lit string, rx *regexp.Regexp) func(string) (int, bool) {
	return func(text string) (int, bool) {
		if !strings.Contains(text, lit) {
			return 0, false
		}
		loc := rx.FindStringIndex(text)
		if loc == nil {
			return 0, false
		}
		return loc[0], true
	}
}

// marked matches lockdep's banner lines: "WARNING: x", "[ INFO: x ]" (up to
// 4.11) and "[ BUG: x ]"; the header begins at the mark.
func marked(lit string) func(string) (int, bool) {
	return func(text string) (int, bool) {
		i := strings.Index(text, lit)
		if i < 0 {
			return 0, false
		}
		for _, mark := range []string{"WARNING: ", "[ INFO: ", "[ BUG: ", "INFO: ", "BUG: "} {
			if j := strings.LastIndex(text[:i], mark); j >= 0 && i-j < 120 {
				return j, true
			}
		}
		return 0, false
	}
}

// crashes are how the kernel begins to tell that it, or a task in it, cannot
// go on (arch/*/mm/fault.c, arch/*/kernel/traps.c, lib/bug.c, kernel/panic.c).
var crashes = []string{
	"Kernel panic - not syncing", "general protection fault", "kernel BUG at", "Oops: ", "Oops[#",
	"BUG: unable to handle", "BUG: kernel NULL pointer dereference", "Unable to handle kernel",
	"divide error: ", "Internal error: ",
}

// Crash returns the part of a line of a kernel log that says that the kernel,
// or a task in it, has crashed, and whether it does.
func Crash(line string) (string, bool) {
	for _, c := range crashes {
		if i := strings.Index(line, c); i >= 0 {
			return line[i:], true
		}
	}
	return "", false
}

// terminators begin a report of another kind, which ends the one before it;
// crashes do too.
var terminators = []string{
	"BUG: ", "------------[ cut here ]------------", "WARNING: CPU: ", "INFO: ",
	"UBSAN: ", "Out of memory: ", "invoked oom-killer", "Linux version ", "Rebooting in ",
	"sysrq: ", "SysRq : ",
}

// notTerminators are lines with such a beginning that stand inside reports.
var notTerminators = []string{
	"INFO: lockdep is turned off", "INFO: NMI handler", "INFO: Slab", "INFO: Object", "INFO: Allocated", "INFO: Freed",
}

func terminates(text string) bool {
	for _, n := range notTerminators {
		if strings.Contains(text, n) {
			return false
		}
	}
	if strings.Contains(text, "WARNING: ") && strings.Contains(text, ", CPU#") { // since 6.18
		return true
	}
	for _, t := range terminators {
		if strings.Contains(text, t) {
			return true
		}
	}
	_, crash := Crash(text)
	return crash
}
